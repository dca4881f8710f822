"""`lookalikes [DATA_DIR]`, or `python -m lookalikes [DATA_DIR]`: report on a folder of images."""

import argparse
import json
import sys
from importlib.metadata import version

from lookalikes.hashing.views import VIEWS
from lookalikes.reporting.execution import ReportError
from lookalikes.reporting.report import make_report
from lookalikes.reporting.terminal import open_terminals
from lookalikes.words import make_visible, say


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, make the report, say what was found and where it is.

    Exit status 1 when a step failed, 3 when `--fail-on` finds what it asks for, 4 when that can't be judged.
    """
    options = vars(_make_parser().parse_args(arguments))
    asked = options.pop("fail_on")
    with open_terminals() as (output, errors):
        try:
            report = make_report(**options)
        except ReportError as error:
            errors.tell(say("cli.failed", error=error))
            return 1
        except KeyboardInterrupt:
            errors.tell(say("cli.interrupted"))
            return 130
        import pandas as pd  # all of these were loaded while the notebook ran

        from lookalikes.showing.findings import judge, tell_result
        from lookalikes.showing.notices import tell_notices

        facts = json.loads((report.parent / "summary.json").read_text(encoding="utf-8"))
        status, reasons = judge(facts, asked)
        notices = tell_notices(pd.read_csv(report.parent / "notices.csv"))
        told = [say("cli.notice", text=line) for line in notices]
        output.tell("\n".join([*told, *tell_result(facts), say("cli.done", path=make_visible(report))]))
        for reason in reasons:
            errors.tell(reason)
        return status


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lookalikes", description=say("cli.description"), epilog=say("cli.example"), add_help=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    reading = parser.add_argument_group(say("cli.group.read"))
    reading.add_argument("data_dir", nargs="?", metavar="DATA_DIR", help=say("cli.data_dir"))
    reading.add_argument("--label", metavar="COLUMN", help=say("cli.label"))
    reading.add_argument("--folds", nargs="+", metavar="FOLD", help=say("cli.folds"))
    reading.add_argument("--csv", nargs="+", metavar="FILE", help=say("cli.csv"))
    reading.add_argument("--file-column", metavar="COLUMN", help=say("cli.file_column"))
    reading.add_argument("--encoding", metavar="NAME", help=say("cli.encoding"))
    reading.add_argument("--exclude", nargs="+", default=[], metavar="GLOB", help=say("cli.exclude"))
    reading.add_argument("--max-pixels", type=int, metavar="NUMBER", help=say("cli.max_pixels"))
    matching = parser.add_argument_group(say("cli.group.match"))
    matching.add_argument("--below", type=int, default=10, metavar="BITS", help=say("cli.below"))
    matching.add_argument("--views", choices=VIEWS, default=VIEWS[0], help=say("cli.views"))
    matching.add_argument("--decisions", metavar="FILE", help=say("cli.decisions"))
    writing = parser.add_argument_group(say("cli.group.write"))
    writing.add_argument("--output", metavar="FOLDER", help=say("cli.output"))
    writing.add_argument("--cache", metavar="FILE", help=say("cli.cache"))
    writing.add_argument("--no-cache", dest="cache", action="store_const", const=False, help=say("cli.no_cache"))
    writing.add_argument("--fail-on", type=_read_asked, default=[], metavar="WHAT", help=say("cli.fail_on"))
    others = parser.add_argument_group(say("cli.group.other"))
    others.add_argument("-h", "--help", action="help", help=say("cli.help"))
    others.add_argument(
        "--version", action="version", version=f"lookalikes {version('lookalikes')}", help=say("cli.version")
    )
    return parser


def _read_asked(text: str) -> list[str]:
    if not set(asked := text.split(",")) <= {"leaks", "conflicts"}:
        raise argparse.ArgumentTypeError(say("cli.fail_on.unknown", given=text))
    return asked


if __name__ == "__main__":
    sys.exit(main())

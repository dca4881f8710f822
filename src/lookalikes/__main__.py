"""`lookalikes [DATA_DIR]`, or `python -m lookalikes [DATA_DIR]`: report on a folder of images."""

import argparse
import json
import sys
from importlib.metadata import version
from typing import Any

from lookalikes.hashing.views import VIEWS
from lookalikes.reporting.arguments import Parser, find_language
from lookalikes.reporting.execution import ReportError
from lookalikes.reporting.report import make_report
from lookalikes.reporting.terminal import open_terminals
from lookalikes.words import LANGUAGES, make_visible, say, speak


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, make the report, say what was found and where it is, in the language asked for.

    Exit status 1 when a step failed, 3 when `--fail-on` finds what it asks for, 4 when that can't be judged.
    """
    # jsonschema, which nbformat brings, takes seconds to build a grammar for IRIs, and no schema here has any.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    with speak(find_language(arguments)):
        return _run(vars(_make_parser().parse_args(arguments)))


def _make_parser() -> Parser:
    parser = Parser(prog="lookalikes", description=say("cli.description"), epilog=say("cli.example"))
    add = parser.add_argument_group(say("cli.group.read")).add_argument
    add("data_dir", nargs="?", metavar="DATA_DIR", help=say("cli.data_dir"))
    add("--label", metavar=say("cli.name.column"), help=say("cli.label"))
    add("--folds", nargs="+", metavar=say("cli.name.fold"), help=say("cli.folds"))
    add("--csv", nargs="+", metavar=say("cli.name.file"), help=say("cli.csv"))
    add("--file-column", metavar=say("cli.name.column"), help=say("cli.file_column"))
    add("--encoding", metavar=say("cli.name.name"), help=say("cli.encoding"))
    add("--exclude", nargs="+", default=[], metavar=say("cli.name.glob"), help=say("cli.exclude"))
    add("--max-pixels", type=int, metavar=say("cli.name.number"), help=say("cli.max_pixels"))
    add = parser.add_argument_group(say("cli.group.match")).add_argument
    add("--below", type=int, default=10, metavar=say("cli.name.bits"), help=say("cli.below"))
    add("--views", choices=VIEWS, default=VIEWS[0], help=say("cli.views"))
    add("--decisions", metavar=say("cli.name.file"), help=say("cli.decisions"))
    add = parser.add_argument_group(say("cli.group.write")).add_argument
    add("--output", metavar=say("cli.name.folder"), help=say("cli.output"))
    add("--language", choices=LANGUAGES, default=LANGUAGES[0], help=say("cli.language"))
    add("--cache", metavar=say("cli.name.file"), help=say("cli.cache"))
    add("--no-cache", dest="cache", action="store_const", const=False, help=say("cli.no_cache"))
    add("--fail-on", type=_read_asked, default=[], metavar=say("cli.name.what"), help=say("cli.fail_on"))
    add = parser.add_argument_group(say("cli.group.other")).add_argument
    add("-h", "--help", action="help", help=say("cli.help"))
    add("--version", action="version", version=f"lookalikes {version('lookalikes')}", help=say("cli.version"))
    return parser


def _run(options: dict[str, Any]) -> int:
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


def _read_asked(text: str) -> list[str]:
    if not set(asked := text.split(",")) <= {"leaks", "conflicts"}:
        raise argparse.ArgumentTypeError(say("cli.fail_on.unknown", given=text))
    return asked


if __name__ == "__main__":
    sys.exit(main())

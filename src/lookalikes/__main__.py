"""`lookalikes [DATA_DIR]`, or `python -m lookalikes [DATA_DIR]`: report on a folder of images."""

import argparse
import sys
from importlib.metadata import version

from lookalikes.reporting.execution import ReportError
from lookalikes.reporting.report import make_report
from lookalikes.reporting.terminal import open_terminals
from lookalikes.words import make_visible, say


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, make the report, say where it is; 1 when a step failed."""
    parser = argparse.ArgumentParser(prog="lookalikes", description=say("cli.description"))
    parser.add_argument("data_dir", nargs="?", metavar="DATA_DIR", help=say("cli.data_dir"))
    parser.add_argument("--output", metavar="FOLDER", help=say("cli.output"))
    parser.add_argument("--below", type=int, default=10, metavar="BITS", help=say("cli.below"))
    parser.add_argument("--label", metavar="COLUMN", help=say("cli.label"))
    parser.add_argument("--orientations", action="store_true", help=say("cli.orientations"))
    parser.add_argument("--folds", nargs="+", metavar="FOLD", help=say("cli.folds"))
    parser.add_argument("--file-column", metavar="COLUMN", help=say("cli.file_column"))
    parser.add_argument("--max-pixels", type=int, metavar="NUMBER", help=say("cli.max_pixels"))
    parser.add_argument("--cache", metavar="FILE", help=say("cli.cache"))
    parser.add_argument("--no-cache", dest="cache", action="store_const", const=False, help=say("cli.no_cache"))
    parser.add_argument("--version", action="version", version=f"lookalikes {version('lookalikes')}")
    options = vars(parser.parse_args(arguments))
    with open_terminals() as (output, errors):
        try:
            report = make_report(**options)
        except ReportError as error:
            errors.tell(say("cli.failed", error=error))
            return 1
        except KeyboardInterrupt:
            errors.tell(say("cli.interrupted"))
            return 130
        output.tell(say("cli.done", path=make_visible(report)))
        return 0


if __name__ == "__main__":
    sys.exit(main())

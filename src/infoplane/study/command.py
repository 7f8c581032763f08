"""The command `infoplane`: a study of one's own, laid out and kept up."""

import argparse
import sys
from pathlib import Path

from infoplane.errors import UserError
from infoplane.study import laying_out

NEXT = """{folder}: a study that uses the installed infoplane. Next:

    cd {folder}
    git add . && git commit -m "A study"
    dvc repro
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="infoplane", description="Information planes of neural networks.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    told = "lay out a study that uses the installed package: params.yaml, dvc.yaml, stages, extensions"
    new = commands.add_parser("new", help=told, description=told)
    new.add_argument("folder", type=Path, help="a new or empty folder", metavar="DIR")
    told = "give a study the pipeline of the installed package, after an upgrade"
    update = commands.add_parser("update", help=told, description=told)
    update.add_argument("folder", type=Path, nargs="?", default=Path(), help="the study (default: here)", metavar="DIR")
    given = parser.parse_args()
    try:
        if given.command == "new":
            laying_out.new(given.folder)
            print(NEXT.format(folder=given.folder), end="")
        else:
            changed = laying_out.update(given.folder)
            print("\n".join(["changed, see git diff:", *changed]) if changed else "nothing to change")
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename}: {(error.strerror or str(error)).lower()}")


if __name__ == "__main__":
    main()

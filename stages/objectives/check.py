"""check: objectives/params.yaml as a whole -> objectives/data/code/<stage>.json, the code of each other stage."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.running import code_files
from infoplane.running.code_files import Code
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives

CODE, STAGES = objectives.FOLDER / "data/code", ("data", "train", "measure", "plot")


def main() -> None:
    objectives.read()
    code_files.write({stage: Code((Path(f"stages/objectives/{stage}.py"),)) for stage in STAGES}, CODE)


if __name__ == "__main__":
    exit_in_one_line(main)

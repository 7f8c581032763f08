"""check: params.yaml as a whole, before DVC removes the outs of any other stage -> data/params.ok."""

from pathlib import Path

from infoplane import params
from infoplane.errors import exit_in_one_line

CHECKED = Path("data/params.ok")


def main() -> None:
    params.read()
    CHECKED.parent.mkdir(exist_ok=True)
    # Always the same bytes, so that no later stage reruns because of this one.
    CHECKED.write_text("params.yaml is valid\n")


if __name__ == "__main__":
    exit_in_one_line(main)

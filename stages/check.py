"""check: params.yaml as a whole, before DVC removes outs of other stages -> data/params.ok, data/network.json."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
from pathlib import Path

from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.training import chosen_network

CHECKED, NETWORK = Path("data/params.ok"), Path("data/network.json")


def main() -> None:
    chosen = params.read()
    chosen_network.check(chosen)
    CHECKED.parent.mkdir(exist_ok=True)
    # Always the same bytes, so that no later stage reruns because of this one.
    CHECKED.write_text("params.yaml is valid\n")
    # `train` depends on this file, so that a change of a network that is not chosen retrains nothing.
    NETWORK.write_text(json.dumps(chosen_network.identity(chosen), indent=2) + "\n")


if __name__ == "__main__":
    exit_in_one_line(main)

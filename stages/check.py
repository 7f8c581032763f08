"""check: params.yaml as a whole, before DVC removes outs of other stages -> data/params.ok, network.json, code/."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
from pathlib import Path

from infoplane import datasets
from infoplane.readout import choice
from infoplane.running import code_files, dropped
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import imported, measures, network, own_estimators, params
from infoplane.settings.stage_code import code_by_stage

CHECKED, NETWORK, CODE = Path("data/params.ok"), Path("data/network.json"), Path("data/code")


def checked_layers(chosen: params.Params) -> list[str]:
    """What is going to be recorded, where it can be."""
    if chosen.source == "import":
        return imported.imported(chosen).layers
    layers = network.check(chosen)
    if not layers:
        # A network of the user's own is known by what it does, which takes torch.
        from infoplane.training import chosen_network

        layers = chosen_network.check(chosen)
    if chosen.source == "record" and chosen.record.weights is not None:
        from infoplane.training import recorded_weights

        recorded_weights.check(chosen)
    return layers


def main() -> None:
    chosen = params.read()
    chosen.measured()  # a formula that cannot be filled in is told now, and not when figures are drawn
    own_estimators.check(chosen)
    measures.check_own(chosen.measures)
    datasets.check(chosen.dataset, chosen.reading)
    choice.check(chosen.readout.layer, chosen.record.splits, checked_layers(chosen))
    CHECKED.parent.mkdir(exist_ok=True)
    # Always the same bytes, so that no later stage reruns because of this one.
    CHECKED.write_text("params.yaml is valid\n")
    # `train` depends on this file, so that a change of a network that is not chosen retrains nothing.
    NETWORK.write_text(json.dumps(network.identity(chosen), indent=2) + "\n")
    code_files.write(code_by_stage(chosen), CODE)
    if gone := dropped.remove(chosen.estimators):
        print(f"no longer in params.yaml, so that its results are removed: {', '.join(gone)}")


if __name__ == "__main__":
    exit_in_one_line(main)

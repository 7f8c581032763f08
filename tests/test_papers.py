"""papers/: presets are valid, checks tell a finding from its absence, and two findings come out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from conftest import ROOT
from infoplane import chosen_network, params
from infoplane.planes import read_table
from papers import checks, presets, run

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
HIDDEN = [f"hidden{i}" for i in range(1, 6)]


def table(xt: dict[str, list[float]], ty: float = 1.0, bounds: float = 0.1, repetitions: int = 2) -> pd.DataFrame:
    """A table of a plane: I(X;T) in bits by layer, an entry an epoch; I(T;Y) rises to `ty` bits."""
    rows = [
        (repetition, epoch, layer, value, ty * min(1, epoch), value - bounds, value + bounds, 12.0, 1.0)
        for repetition in range(repetitions)
        for layer, values in xt.items()
        for epoch, value in enumerate(values)
    ]
    columns = ["mi_xt", "mi_ty", "mi_xt_low", "mi_xt_high", "ceiling_xt", "ceiling_ty"]
    result = pd.DataFrame(rows, columns=["repetition", "epoch", "layer", *columns])
    result[columns] *= np.log(2)
    return result.assign(flag="")


UP, DOWN = [5.0, 8.0, 8.0], [5.0, 9.0, 3.0]
TRAINING = pd.DataFrame({"epoch": [0, 1], "test_accuracy": [0.1, 0.98]})
RISES = dict.fromkeys([*HIDDEN, "output"], UP)
FULL = {layer: [12.0, 12.0, 12.0] for layer in HIDDEN}
OUTPUT_FALLS = RISES | {"output": DOWN}
ALL_FALL = dict.fromkeys([*HIDDEN, "output"], DOWN)


def noises(*levels: float) -> dict[str, pd.DataFrame]:
    return {f"std{i}": table({"hidden1": [level] * 3}) for i, level in enumerate(levels)} | {"training": TRAINING}


def dropouts(falls: list[float], binned: list[float], weak: float, strong: float) -> dict[str, dict[str, pd.DataFrame]]:
    noisy = {"dropout": table({"hidden3": falls}), "binning": table({"hidden3": binned})}
    informed = {
        name: {"dropout": table({"hidden3": [value] * 3})} for name, value in (("beta3", weak), ("beta20", strong))
    }
    return {
        name: tables | {"training": TRAINING} for name, tables in ({"fc": noisy, "lenet": noisy} | informed).items()
    }


HOLDS = {
    "szt2017": {"szt2017": {"binning": table(FULL | {"hidden5": DOWN})}},
    "saxe2018-relu": {"saxe2018-relu": {"binning": table(RISES | {"output": DOWN})}},
    "saxe2018-mnist": {"tanh": {"kde": table(ALL_FALL)}, "relu": {"kde": table(RISES)}},
    "goldfeld2019": {
        "noisy": {"noise": table({"hidden1": DOWN}), "binned": table({"hidden1": [4.0, 7.9, 2.0]})},
        "deterministic": {"fine": table(FULL)},
    },
    "elad2019": {"elad2019": noises(3, 2, 1)},
    "adilova2023": dropouts(DOWN, UP, 5, 4),
    "lorenzen2022": {"tanh": {"exact": table(ALL_FALL)}, "relu": {"exact": table(OUTPUT_FALLS)}},
}
DOES_NOT = {
    "szt2017": {"szt2017": {"binning": table(FULL | {"hidden5": UP})}},
    "saxe2018-relu": {"saxe2018-relu": {"binning": table(ALL_FALL)}},
    "saxe2018-mnist": {"tanh": {"kde": table(ALL_FALL, bounds=-0.1)}, "relu": {"kde": table(RISES)}},
    "goldfeld2019": {
        "noisy": {"noise": table({"hidden1": DOWN}), "binned": table({"hidden1": UP})},
        "deterministic": {"fine": table(FULL)},
    },
    "elad2019": {"elad2019": noises(3, 2, np.nan)},
    "adilova2023": dropouts(DOWN, DOWN, 5, 4),
    "lorenzen2022": {"tanh": {"exact": table(OUTPUT_FALLS)}, "relu": {"exact": table(OUTPUT_FALLS)}},
}


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", presets.names())
def test_overrides_make_valid_parameters(name: str, quick: bool, tmp_path: Path):
    preset = presets.read(name, quick=quick)
    for overrides in preset.runs.values():
        content = tmp_path / "params.yaml"
        content.write_text(yaml.safe_dump(presets.applied(PARAMS, overrides)))
        chosen = params.read(content)
        chosen_network.check(chosen)
        assert set(chosen.estimators) == set(overrides["estimators"])


@pytest.mark.parametrize("name", presets.names())
def test_arguments_of_dvc_say_the_same_as_the_overrides(name: str):
    for overrides in presets.read(name).runs.values():
        changed = yaml.safe_load(yaml.safe_dump(PARAMS))
        for argument in presets.arguments(PARAMS, overrides)[1::2]:
            (parsed,) = OverridesParser.create().parse_overrides([argument])
            *path, last = parsed.key_or_group.split(".")
            section = changed
            for key in path:
                section = section[key] if isinstance(section[key], dict) else section.setdefault(key, {})
            if parsed.is_delete():
                del section[last]
            else:
                value = parsed.value()
                section[last] = value if not isinstance(value, dict) else {str(k): v for k, v in value.items()}
        assert plain(changed) == presets.applied(PARAMS, overrides)


def plain(value):
    """Without Hydra's marks of which strings were quoted."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return getattr(value, "text", value)


@pytest.mark.parametrize("name", presets.names())
def test_checks_tell_a_finding_from_its_absence(name: str):
    check, preset = checks.of(name), presets.read(name)
    assert f"{name}: holds" in run.report(preset, check(HOLDS[name]))
    assert f"{name}: does not hold" in run.report(preset, check(DOES_NOT[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["szt2017", "saxe2018-relu"])
def test_quick_finding_comes_out(name: str, tmp_path: Path):
    preset = presets.read(name, quick=True)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(presets.applied(PARAMS, preset.runs[name])))
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    for stage in (["prepare"], ["train"], ["estimate", "binning"]):
        command = [sys.executable, str(ROOT / "stages" / f"{stage[0]}.py"), *stage[1:]]
        subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
    results = {name: {"binning": read_table(tmp_path / "plots" / "mi" / "binning.csv")}}
    quantities = checks.of(name)(results)
    assert checks.holds(quantities), run.report(preset, quantities)

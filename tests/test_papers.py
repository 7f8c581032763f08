"""papers/: presets are valid, checks tell a finding from its absence, and two come out as papers/README.md says."""

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
from PIL import Image

from conftest import ROOT
from infoplane.readout.table import table as readout_table
from infoplane.settings import params
from infoplane.storage.csv_files import read_table
from infoplane.training import chosen_network
from papers import checks, presets, run

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
HIDDEN = [f"hidden{i}" for i in range(1, 6)]


def table(xt: dict[str, list[float]], ty: float = 1.0, start: float = 0.0, fitted: int = 1) -> pd.DataFrame:
    """A table of a plane: I(X;T) in bits by layer, an entry an epoch; I(T;Y) is `ty` bits from epoch `fitted` on."""
    rows = [
        (repetition, epoch, layer, value, ty if epoch >= fitted else start, value - 0.1, value + 0.1, 12.0, 1.0)
        for repetition in (0, 1)
        for layer, values in xt.items()
        for epoch, value in enumerate(values)
    ]
    columns = ["mi_xt", "mi_ty", "mi_xt_low", "mi_xt_high", "ceiling_xt", "ceiling_ty"]
    result = pd.DataFrame(rows, columns=["repetition", "epoch", "layer", *columns])
    result[columns] *= np.log(2)
    return result.assign(flag="")


def training(accuracy: float = 0.99) -> pd.DataFrame:
    return pd.DataFrame({"repetition": [0, 0, 1, 1], "epoch": [0, 1, 0, 1], "test_accuracy": [0.1, accuracy] * 2})


def results(accuracy: float = 0.99, **runs: dict[str, pd.DataFrame]) -> checks.Results:
    """The results of each run, `-` in its name written as `_`, with its training."""
    return {run.replace("_", "-"): tables | {"training": training(accuracy)} for run, tables in runs.items()}


UP, DOWN, FLAT = [5.0, 8.0, 8.0], [5.0, 9.0, 3.0], [8.0, 8.0, 8.0]
ONLY_FALLS = [9.0, 6.0, 3.0]
LAYERS = [*HIDDEN, "output"]
RISES, ALL_FALL = dict.fromkeys(LAYERS, UP), dict.fromkeys(LAYERS, DOWN)
FULL = {layer: [12.0, 12.0, 12.0] for layer in HIDDEN}
OUTPUT_FALLS = RISES | {"output": DOWN}


def szt(hidden5: list[float], hidden1: list[float] = FULL["hidden1"], **labels) -> checks.Results:
    return results(szt2017={"binning": table(FULL | {"hidden1": hidden1, "hidden5": hidden5}, **labels)})


def relu(xt: dict[str, list[float]]) -> checks.Results:
    return results(saxe2018_relu={"binning": table(xt)})


def mnist(tanh: dict[str, list[float]], relu: dict[str, list[float]], accuracy: float = 0.99) -> checks.Results:
    return results(
        accuracy,
        tanh=dict.fromkeys(("kde", "lower", "upper"), table(tanh)),
        relu=dict.fromkeys(("kde", "lower", "upper"), table(relu)),
    )


def noisy(noise: dict[str, list[float]], binned: dict[str, list[float]], fine=FULL) -> checks.Results:
    noisy = {"noise": table(noise), "binned": table(binned)}
    return results(noisy=noisy, deterministic={"fine": table(fine)})


def noises(*levels: float, ty: float = 1.0, flag: str = "") -> checks.Results:
    tables = {f"std{i}": table({"hidden1": [level] * 3}, ty).assign(flag=flag) for i, level in enumerate(levels)}
    return results(elad2019=tables)


def dropouts(
    falls: list[float] = DOWN, binned: list[float] = UP, weak: float = 5, strong: float = 4, accuracy: float = 0.99
) -> checks.Results:
    gaussian = {"dropout": table({"hidden3": falls}), "binning": table({"hidden3": binned})}
    beta3, beta20 = ({"dropout": table({"hidden3": [value] * 3})} for value in (weak, strong))
    return results(accuracy, fc=gaussian, lenet=gaussian, beta3=beta3, beta20=beta20)


def exact(tanh: dict[str, list[float]], relu: dict[str, list[float]], **ty: float) -> checks.Results:
    return results(tanh={"exact": table(tanh, **ty)}, relu={"exact": table(relu, **ty)})


def frozen(
    knows: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6),
    accuracies: tuple[float, ...] = (0.7, 0.8, 0.9, 0.95),
    *,
    left: float = 0.05,
    accuracy: float = 0.99,
) -> checks.Results:
    """Networks whose predictions know so much of the label, and leave a share of what their embeddings know."""
    runs = {}
    for i, (know, share) in enumerate(zip(knows, accuracies, strict=True)):
        values = {"accuracy": share, "loss": 1 - share, "I(P;Y)": know}
        of_embedding = {"I(E;E+N)": 3.0 + know, "I(E;Y)": know / (1 - left)}
        rows = [(None, name, value) for name, value in of_embedding.items()]
        rows += [(length, name, value) for length in (1, 30, 200) for name, value in values.items()]
        readout = readout_table(
            [
                {"split": split, "repetition": 0, "epoch": 1, "layer": "e", "length": length, "measure": name}
                | {"value": value, "low": value, "high": value, "ceiling": np.log(2), "flag": ""}
                for split in ("train", "test")
                for length, name, value in rows
            ]
        )
        runs[f"net{i}"] = {"readout": readout}
    return results(accuracy, **runs)


def same_everywhere(results: checks.Results) -> checks.Results:
    """All I(X;T), with its bounds, 8 bits, which nothing follows from; the networks have learned."""
    eight = {column: 8 * np.log(2) for column in ("mi_xt", "mi_xt_low", "mi_xt_high", "value")}
    return {
        run: {key: each if key == "training" else each.assign(**eight) for key, each in tables.items()}
        for run, tables in results.items()
    }


def untrained(results: checks.Results) -> checks.Results:
    """Every epoch as the first."""

    def first_epoch(table: pd.DataFrame) -> pd.DataFrame:
        keys = [key for key in ("repetition", "layer") if key in table]
        return table.groupby(keys).transform("first").assign(**{key: table[key] for key in (*keys, "epoch")})

    return {
        run: {key: each if key == "readout" else first_epoch(each) for key, each in tables.items()}
        for run, tables in results.items()
    }


BINNED_AS_NOISE = {"hidden1": DOWN, "hidden2": UP}, {"hidden1": [4.0, 7.9, 2.0], "hidden2": [3.0, 7.0, 7.0]}
HOLDS = {
    "szt2017": szt(DOWN),
    "saxe2018-relu": relu(RISES | {"output": DOWN}),
    "saxe2018-mnist": mnist(ALL_FALL, RISES),
    "goldfeld2019": noisy(*BINNED_AS_NOISE),
    "elad2019": noises(3, 2, 1),
    "adilova2023": dropouts(),
    "lorenzen2022": exact(ALL_FALL, OUTPUT_FALLS),
    "tyshchuk": frozen(),
}
DOES_NOT = {
    "szt2017": {
        "no compression": szt(UP),
        "compresses before it fits": szt(ONLY_FALLS, fitted=2),
        "nothing of the labels": szt(DOWN, ty=0.5),
        "the first layer compresses": szt(DOWN, hidden1=[12.0, 12.0, 11.0]),
        "no number": szt([5.0, 9.0, np.nan]),
    },
    "saxe2018-relu": {
        "compression": relu(ALL_FALL),
        "in one layer": relu(RISES | {"hidden2": DOWN}),
        "no rise": relu(RISES | {"hidden5": FLAT}),
    },
    "saxe2018-mnist": {
        "tanh does not": mnist(RISES, RISES),
        "one late layer of tanh does not": mnist(ALL_FALL | {"hidden3": UP}, RISES),
        "relu does, too": mnist(ALL_FALL, ALL_FALL),
        "one has not learned": mnist(ALL_FALL, RISES, accuracy=0.5),
    },
    "goldfeld2019": {
        "another way": noisy(BINNED_AS_NOISE[0], {"hidden1": UP, "hidden2": DOWN}),
        "bins do not move": noisy(BINNED_AS_NOISE[0], {"hidden1": FLAT, "hidden2": FLAT}),
        "nothing moves": noisy({"hidden1": FLAT, "hidden2": FLAT}, {"hidden1": FLAT, "hidden2": FLAT}),
        "one layer moves": noisy({"hidden1": DOWN, "hidden2": FLAT}, {"hidden1": DOWN, "hidden2": FLAT}),
        "fine bins do not give ln n in the end": noisy(*BINNED_AS_NOISE, FULL | {"hidden5": [12.0, 12.0, 4.7]}),
    },
    "elad2019": {
        "no number": noises(3, 2, np.nan),
        "rises with the noise": noises(3, 1, 2),
        "as much with any noise": noises(2, 2, 2),
        "all at the ceiling": noises(3, 2, 1, flag="saturated"),
        "nothing of the labels": noises(3, 2, 1, ty=0.1),
    },
    "adilova2023": {
        "binning shows a fall": dropouts(binned=DOWN),
        "binning is at ln n": dropouts(binned=[5.0, 12.0, 12.0]),
        "no fall": dropouts(UP),
        "falls from the start": dropouts(ONLY_FALLS),
        "as much with either beta": dropouts(weak=5, strong=5),
        "less accurate": dropouts(accuracy=0.96),
    },
    "lorenzen2022": {
        "tanh as relu": exact(OUTPUT_FALLS, OUTPUT_FALLS),
        "output does not": exact(ALL_FALL | {"output": UP}, RISES),
        "no fitting": exact(ALL_FALL, OUTPUT_FALLS, ty=0.5, start=0.5),
        "all of H(Y) from the start": exact(ALL_FALL, OUTPUT_FALLS, ty=1.0, start=1.0),
    },
    "tyshchuk": {
        "accuracy goes another way": frozen(accuracies=(0.9, 0.7, 0.95, 0.8)),
        "too few networks": frozen((0.3, 0.4, 0.5), (0.7, 0.8, 0.9)),
        "predictions leave much of what the embedding knows": frozen(left=0.2),
        "more than the label holds": frozen((0.3, 0.4, 0.5, 0.72)),
        "one has not learned": frozen(accuracy=0.4),
    },
}
for name, holding in HOLDS.items():
    DOES_NOT[name] |= {"I(X;T) is the same everywhere": same_everywhere(holding), "untrained": untrained(holding)}


@pytest.fixture
def _pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cats and dogs, where the preset that is about them looks for them."""
    for name in ("cat", "dog"):
        (tmp_path / "inputs/cats-vs-dogs" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (300, 300)).save(tmp_path / f"inputs/cats-vs-dogs/{name}/{number}.png")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_pictures")
@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", presets.names())
def test_overrides_make_valid_parameters(name: str, quick: bool, tmp_path: Path):
    preset = presets.read(name, quick=quick)
    for overrides in preset.runs.values():
        content = tmp_path / "params.yaml"
        applied = presets.applied(PARAMS, overrides)
        applied["models"]["torchvision"]["weights"] = None  # published ones take a connection
        content.write_text(yaml.safe_dump(applied))
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
                section = section.setdefault(key, {})
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


def asked(name: str, results: checks.Results, *, quick: bool = False) -> list[checks.Quantity]:
    return checks.quantities(name, results, presets.read(name, quick=quick).words["accuracy"])


@pytest.mark.parametrize("name", presets.names())
def test_checks_hold_for_a_table_that_shows_the_finding(name: str):
    assert f"{name}: holds" in run.report(presets.read(name), asked(name, HOLDS[name]))


@pytest.mark.parametrize(("name", "why"), [(name, why) for name, cases in DOES_NOT.items() for why in cases])
def test_checks_do_not_hold_where_it_is_absent(name: str, why: str):
    assert f"{name}: does not hold" in run.report(presets.read(name), asked(name, DOES_NOT[name][why]))


@pytest.mark.parametrize("name", presets.names())
def test_each_bar_can_fail(name: str):
    bars = {quantity.name for quantity in asked(name, HOLDS[name]) if quantity.bounded}
    failed = {each.name for results in DOES_NOT[name].values() for each in asked(name, results) if not each.holds}
    assert bars - failed == set()


def test_quick_networks_are_asked_for_less():
    less_accurate = dropouts(accuracy=0.96)
    assert not checks.holds(asked("adilova2023", less_accurate))
    assert checks.holds(asked("adilova2023", less_accurate, quick=True))


def test_nothing_asked_is_nothing_shown():
    assert not checks.holds([])
    assert not checks.holds([checks.Quantity("a number to be read", (1.0,))])
    assert not checks.Quantity("of no network", (), low=0).holds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "missing"),
    [("szt2017", []), ("saxe2018-relu", [])],
)
def test_quick_outcome_is_that_of_the_readme(name: str, missing: list[str], tmp_path: Path):
    preset = presets.read(name, quick=True)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(presets.applied(PARAMS, preset.runs[name])))
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    for stage in (["prepare"], ["train"], ["estimate", "binning"]):
        command = [sys.executable, str(ROOT / "stages" / f"{stage[0]}.py"), *stage[1:]]
        subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
    paths = {"binning": "plots/mi/binning.csv", "training": "plots/training.csv"}
    quantities = asked(name, {name: {key: read_table(tmp_path / path) for key, path in paths.items()}}, quick=True)
    assert [each.name for each in quantities if not each.holds] == missing, run.report(preset, quantities)

"""How estimators are judged, and the judgement: the committed table of every method against the bars."""

import dataclasses
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import PositiveInt

from conftest import ROOT
from infoplane import estimators
from infoplane.errors import UserError
from infoplane.information import Comparable, Information, Noise
from infoplane.known import (
    channels,
    closed_forms,
    full_validation,
    judgements,
    judging,
    mixtures,
    real_validation,
    task_lists,
    transforms,
)
from infoplane.known.real_networks import NETWORKS
from infoplane.known.task import Task, generator
from infoplane.page import validation_report
from infoplane.reductions import Reduction
from infoplane.storage.csv_files import read_table, write_table

FOLDER = ROOT / "docs" / "validation"
CPU = torch.device("cpu")
LIVE_SAMPLES = 2000
SLOW = ("classifier", "doe", "mine")


def judged(module: Any, task: Task, **more: Any) -> pd.DataFrame:
    return next(iter(judging.judge(module, more, [task], name="some", n=50, seeds=range(2), device=CPU)))


def saying(value: float, **attributes: Any) -> Any:
    """An estimator that always says the same, and keeps what it was asked."""
    asked: list[dict] = []

    def estimate(x, t, y, **keywords):
        asked.append({"shape": tuple(t.shape), **keywords})
        return Information(np.array([value]), np.array([value]), flag=[""], diagnostics={"stderr_xt": np.array([0.1])})

    return SimpleNamespace(estimate=estimate, asked=asked, **attributes)


def test_a_row_for_each_seed_with_the_error_of_each():
    module = saying(0.5)
    table = judged(module, closed_forms.gaussian(3, 0.5), k=7)
    assert table["seed"].tolist() == [0, 1]
    assert table["axis"].tolist() == ["xt", "xt"]
    assert table["error"].tolist() == pytest.approx([0.5 + 1.5 * math.log(0.75)] * 2)
    assert table["stderr"].tolist() == [0.1, 0.1]
    assert [call["shape"] for call in module.asked] == [(1, 50, 3)] * 2
    assert [(call["k"], call["noise"]) for call in module.asked] == [(7, None)] * 2


def test_an_estimator_draws_other_numbers_than_the_samples():
    module = saying(0.5)
    judged(module, transforms.copies(closed_forms.gaussian(1, 0.5), 20))
    seeds = [call["seed"] for call in module.asked]
    assert len(set(seeds)) == 2
    # a control that repeated the sample's own numbers would know its noise
    x, t, _ = closed_forms.gaussian(1, 0.0).sample(2000, 0)
    drawn = torch.randn(2, 2000, generator=generator(seeds[0]), dtype=torch.float64)
    assert torch.corrcoef(torch.cat([x.T, t.T, drawn]))[:2, 2:].abs().max() < 0.1
    assert min(seeds) > 1_000_003 + 7919 * 21


def test_ksg_does_not_see_the_sample_in_its_control():
    # drawn as the control draws its Gaussians: the same numbers there cancel two fifths of the error
    task = closed_forms.student(1, 0.9, 50)
    tables = judging.judge(estimators.find("ksg"), {}, [task], name="ksg", n=300, seeds=range(20), device=CPU)
    assert next(iter(tables))["error"].std() > 0.08


@pytest.mark.parametrize("error", [ValueError("50 samples are too few"), torch.OutOfMemoryError("50 samples\nmore")])
def test_what_an_estimator_refuses_is_said_in_one_line(error: Exception):
    def estimate(x, t, y, **keywords):
        raise error

    with pytest.raises(UserError, match=r"^estimators\.some: gaussian d=3 rho=0\.5: 50 samples[^\n]*$"):
        judged(SimpleNamespace(estimate=estimate), closed_forms.gaussian(3, 0.5))


def test_noise_is_drawn_for_estimators_that_do_not_know_it_and_given_to_those_that_do():
    task = channels.gaussian_in_noise(1, 0.5)
    plain = saying(0.0)
    judged(plain, task)
    assert plain.asked[0]["noise"] is None
    informed = saying(0.0, comparable=lambda noise: noise and Comparable({"scale": float(noise.std)}))
    judged(informed, task, scale=9.0)
    assert informed.asked[0]["noise"] == task.noise
    assert informed.asked[0]["scale"] == 0.5
    assert judged(informed, closed_forms.gaussian(1, 0.5)).empty


@pytest.mark.parametrize(
    ("reduction", "judged_tasks"),
    [
        (None, {"1", "8", "1 in 20", "2 bent in 20"}),
        (Reduction("pca", 3), {"1", "1 in 20"}),
        (Reduction("autoencoder", 3), {"1", "1 in 20", "2 bent in 20"}),
        (Reduction("pca", 4), {"1", "1 in 20", "2 bent in 20"}),
        (Reduction("pca", 8), {"1", "8", "1 in 20", "2 bent in 20"}),
        (Reduction("pca", 3, of_x=False), {"1", "1 in 20", "8 to 1"}),
    ],
)
def test_after_a_reduction_only_truths_count_that_it_leaves(reduction: Reduction | None, judged_tasks: set[str]):
    to_one = closed_forms.from_covariance("", torch.eye(9), 8)
    tasks = {
        "1": closed_forms.gaussian(1, 0.5),
        "8": closed_forms.gaussian(8, 0.5),
        "1 in 20": transforms.embedded(closed_forms.gaussian(1, 0.5), 20, 0.1),
        "2 bent in 20": transforms.embedded(transforms.curved(closed_forms.gaussian(2, 0.5)), 20, 0.1),
    }
    if reduction and not reduction.of_x:
        tasks["8 to 1"] = to_one
    module = saying(0.5) if reduction is None else saying(0.5, reduction=reduction)
    assert {name for name, task in tasks.items() if not judged(module, task).empty} == judged_tasks


def test_tasks_in_many_dimensions_are_left_whole_by_a_reduction():
    for k in (1, 3, 10, 40):
        tasks = task_lists.in_many_dimensions(k)
        assert len({task.name for task in tasks}) == len(tasks)
        kept = [not judged(saying(0.0, reduction=Reduction("autoencoder", k)), task).empty for task in tasks]
        assert all(kept)
        assert all(task.sample(2, 0)[1].shape[1] > k for task in tasks)
        assert any(task.truth_ty for task in tasks) == (k >= 10)


def asked_of_inputs(annotation: Any, task: Task) -> str | int:
    """What an estimator whose keyword `inputs` has this type, and `sample` in its section, is called with."""
    module = saying(0.0)
    module.estimate.__annotations__["inputs"] = annotation
    judged(module, task, inputs="sample")
    return module.asked[0]["inputs"]


def test_an_estimator_is_told_how_many_inputs_there_are_if_it_can_be():
    endless = closed_forms.gaussian(1, 0.5)
    finite = dataclasses.replace(endless, population=60)
    able = Literal["sample", "population"] | PositiveInt
    assert [asked_of_inputs(able, task) for task in (finite, endless)] == [60, "population"]
    assert [asked_of_inputs(Literal["sample", "population"], task) for task in (finite, endless)] == ["sample"] * 2
    without = saying(0.0)
    judged(without, finite)
    assert "inputs" not in without.asked[0]


def test_a_sample_is_a_half_of_a_small_population_at_most():
    small, large = (dataclasses.replace(closed_forms.gaussian(1, 0.5), population=m) for m in (60, 200))
    assert [set(judged(saying(0.0), task)["n"]) for task in (small, large)] == [{30}, {50}]


def test_only_the_truths_that_an_estimator_can_be_held_to():
    module = saying(0.3, comparable=lambda noise: Comparable(truths={"xt": "sliced_xt"}))
    table = judged(module, closed_forms.gaussian(4, 0.6))
    assert table["truth"].tolist() == pytest.approx([closed_forms.sliced_information(4, 0.6)] * 2)


def test_infinite_information_is_off_whatever_is_said():
    table = judged(saying(20.0), closed_forms.identity(2))
    assert table["error"].isna().all()
    assert judgements.is_off(table).all()


@pytest.mark.parametrize(("truth", "error", "off"), [(0.5, 0.09, False), (0.5, -0.11, True), (3.0, -0.29, False)])
def test_off_is_more_than_a_tenth_of_a_nat_and_of_the_truth(truth: float, error: float, off: bool):
    table = pd.DataFrame({"truth": [truth], "error": [error]})
    assert judgements.is_off(table).tolist() == [off]


def test_rates_count_what_flags_and_bars_promise():
    rows = [
        # truth, estimate, low, high, flag
        (1.0, 1.05, 0.99, 1.09, ""),  # right, and so is its bar
        (1.0, 1.05, 1.02, 1.08, ""),  # right, and the bar misses
        (1.0, 1.05, 0.50, 1.10, ""),  # right, and the bar is long
        (1.0, 1.30, None, None, ""),  # off
        (1.0, 1.30, 0.00, 9.00, "x"),  # off, and says so
        (5.0, 5.40, 4.80, 5.80, "x"),  # right within 10 %, with a flag
        (math.inf, 7.0, 6.9, 7.1, ""),  # off whatever it says; no bar could reach the truth
        (math.inf, 7.0, None, None, "x"),
    ]
    table = pd.DataFrame(rows, columns=["truth", "estimate", "low", "high", "flag"]).astype({"low": float})
    table["error"] = (table["estimate"] - table["truth"]).where(np.isfinite(table["truth"]))
    assert judgements.rates(table) == judgements.Rates(
        values=8, unflagged=5, off=2, right=4, flagged_right=1, bars=3, missed=1, long=1
    )


def test_binning_is_held_to_layers_in_bins_and_not_to_those_under_noise():
    layer = dataclasses.replace(mixtures.gaussian_classes(3, 2.0), population=100)
    in_bins = dataclasses.replace(layer, entropy_t=2.0, noise=None)
    under_noise = dataclasses.replace(layer, noise=Noise("additive", torch.tensor(0.5)))
    module = estimators.find("binning")
    assert [set(judged(module, task)["axis"]) for task in (in_bins, layer, under_noise)] == [{"xt", "ty"}, set(), set()]


def test_names_of_tasks_are_unique():
    for chosen in (task_lists.full(), task_lists.quick([64, 16, 8, 10])):
        assert len({task.name for task in chosen}) == len(chosen)


@pytest.mark.parametrize(
    "method",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in full_validation.validated()],
)
def test_no_unflagged_value_is_off_at_the_widths_of_small_layers(method: str):
    tables = judging.judge(
        estimators.find(method), {}, task_lists.quick([8, 3]), name=method, n=LIVE_SAMPLES, seeds=[0], device=CPU
    )
    table = pd.concat(list(tables))
    assert len(table)
    wrong = table[(table["flag"] == "") & judgements.is_off(table)]
    assert wrong.empty, wrong.to_string()


@pytest.mark.parametrize("method", full_validation.validated())
class TestTheCommittedTable:
    def test_has_every_task_that_the_method_can_be_held_to(self, method: str):
        committed = read_table(FOLDER / f"{method}.csv")
        missing = set()
        for task in task_lists.full():
            given, _, truths = judging.comparison(estimators.find(method), task)
            axes = {axis for axis in truths if not (axis == "xt" and estimators.find(method).MEASURES_XT is None)}
            if axes - set(committed.loc[committed["task"] == task.name, "axis"]):
                missing.add(given.name)
        assert not missing

    def test_no_unflagged_value_is_off(self, method: str):
        table = read_table(FOLDER / f"{method}.csv")
        wrong = table[(table["flag"] == "") & judgements.is_off(table)]
        assert wrong.empty, wrong.to_string()

    def test_is_at_full_size(self, method: str):
        table = read_table(FOLDER / f"{method}.csv")
        assert (table["n"] == full_validation.SAMPLES).all()
        assert (table.groupby(["task", "axis"])["seed"].nunique() == full_validation.SEEDS).all()


@pytest.mark.parametrize("path", sorted((ROOT / real_validation.REAL).glob("*.csv")), ids=lambda path: path.stem)
def test_the_committed_table_of_real_layers_is_of_the_list(path: Path):
    table = read_table(path)
    parts = {name: network.for_tuning for network in NETWORKS for name in network.task_names}
    assert set(table["task"]) <= set(parts)
    assert (table["task"].map(parts) == (table["part"] == real_validation.TUNING)).all()
    assert (table.groupby(["task", "axis"])["seed"].nunique() == real_validation.SEEDS).all()
    assert (table["n"] <= real_validation.SAMPLES).all()


BARS = [
    *(("mine", f"gaussian d=1 rho={rho}", "xt", 0.02) for rho in ("0", "0.1", "0.5", "0.9")),
    ("mine", "gaussian d=1 rho=0.99", "xt", 0.1),
    ("mine", "gaussian d=5 rho=0.5", "xt", 0.04),
    ("mine", "gaussian d=5 rho=0.9", "xt", 0.15),
    ("mine", "gaussian d=20 rho=0.1", "xt", 0.03),
    ("mine", "gaussian d=20 rho=0.5", "xt", 0.2),
    *(("mine", f"gaussian d=1 rho=0.9, {how}", "xt", 0.02) for how in transforms.MONOTONE),
    *(("mine", f"gaussian d=5 rho=0.5, {how}", "xt", 0.04) for how in transforms.MONOTONE),
    *(("mine", f"gaussian d=5 rho=0.9, {how}", "xt", 0.15) for how in transforms.MONOTONE),
    *(("mine", f"gaussian d=20 rho=0.5, {how}", "xt", 0.2) for how in transforms.MONOTONE),
    # twice the bar of Gaussians of the same size on Student-t and mixtures
    *(("mine", f"student d=1 rho={rho} dof={dof}", "xt", 0.04) for rho, dof in (("0", 1), ("0.5", 3), ("0.9", 3))),
    *(("mine", f"student d=5 rho=0.5 dof={dof}", "xt", 0.08) for dof in (2, 3, 10)),
    ("mine", "student d=20 rho=0.5 dof=5", "xt", 0.4),
    *(("mine", f"xor mixture distance={distance}", "xt", 0.04) for distance in (1, 2, 4)),
    ("mine", "crossed gaussians rho=0.9", "xt", 0.04),
    ("mine", "5 x xor mixture distance=2", "xt", 0.08),
    ("mine", "5 x student d=1 rho=0.5 dof=3", "xt", 0.08),
    ("doe", "gaussian d=20 rho=0.9", "xt", 0.03 * 16.6),
    ("doe", "gaussian d=128 rho=0.5", "xt", 0.03 * 18.41),
    *(("ksg", f"gaussian d=1 rho={rho}", "xt", 0.02) for rho in ("0", "0.1", "0.5", "0.9", "0.99")),
    ("ksg", "gaussian d=5 rho=0.5", "xt", 0.04),
    *((method, f"10 classes radius={r}", "ty", 0.015) for method in ("mine", "classifier") for r in (2, 4)),
    *((m, f"gaussian d={d} rho=0", "xt", 0.02) for m in ("mine", "ksg", "edge", "gaussian", "doe") for d in (1, 5)),
]  # fmt: skip


@pytest.mark.parametrize(("method", "task", "axis", "bar"), BARS)
def test_bars(method: str, task: str, axis: str, bar: float):
    table = read_table(FOLDER / f"{method}.csv")
    rows = table[(table["task"] == task) & (table["axis"] == axis)]
    assert len(rows) == full_validation.SEEDS
    assert abs(rows["error"].mean()) < bar


def test_mine_beyond_its_reach_is_near_or_flagged_and_never_far_above():
    table = read_table(FOLDER / "mine.csv")
    assert np.isfinite(table["estimate"]).all()
    assert (table["error"].dropna() < 0.1).all()
    beyond = table[table["task"] == "gaussian d=20 rho=0.9"]
    assert ((beyond["error"].abs() < 0.1 * beyond["truth"]) | (beyond["flag"] != "")).all()


def test_bounds_of_dropout_and_kde_hold():
    dropout = read_table(FOLDER / "dropout.csv")
    channels = dropout[dropout["task"].str.startswith("dropout channel")]
    assert len(channels) == 6 * full_validation.SEEDS
    kde = read_table(FOLDER / "kde.csv")
    for table in (channels, kde):
        # H(Y) of 10 000 labels, where bounds on I(T;Y) end, is off by this much
        slack = np.where(table["axis"] == "ty", 1e-3, 0.0)
        assert (table["low"] <= table["truth"] + slack).all()
        assert (table["truth"] <= table["high"] + slack).all()
    trusted = channels[channels["flag"] == ""]
    assert len(trusted)
    assert (trusted["error"].abs() < 0.02 * trusted["truth"]).all()


def example() -> pd.DataFrame:
    rows = [
        ("gaussian d=5 rho=0.5", "xt", 100, 5, 0, 0.719, 0.7, -0.019, None, None, None, "", 2.0),
        ("gaussian d=5 rho=0.5", "xt", 100, 5, 1, 0.719, 0.8, 0.081, None, None, None, "", 4.0),
        ("gaussian d=20 rho=0.5", "xt", 100, 20, 0, 2.877, 2.0, -0.877, None, None, None, "saturated", 3.0),
        ("10 classes radius=2", "ty", 100, 10, 0, 1.34, 1.1, -0.24, None, None, None, "", 3.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(judgements.COLUMNS))


def test_the_summary_counts_what_is_flagged_and_what_is_off():
    row = validation_report.summary({"some": example()}).splitlines()[2]
    assert row == "| `some` | 4 | 25 % | 0.113 | -0.240 of 1.34 (10 classes radius=2) | 1 | 3 |"


def test_the_promises_of_each_axis():
    rows = validation_report.promises({"some": example(), "none": example().head(0)}).splitlines()[2:]
    assert rows == [
        "| `some` | I(X;T) | 3 | 0 of 2 | 0 % of 2 |  |  |",
        "| `some` | I(T;Y) | 1 | 1 of 1 |  |  |  |",
    ]


def test_the_page_tells_the_halves_of_the_real_layers_apart():
    first, other = (next(network for network in NETWORKS if network.for_tuning is tuning) for tuning in (True, False))
    table = pd.concat([example().assign(task=network.task_names[0]) for network in (first, other)])
    table["part"] = ["tuning"] * 4 + ["reported"] * 4
    page = validation_report._page({"some": example()}, {"some": table})
    reported, tuning = page.split("These are for tuning")
    assert f"without them:\n{other.name}." in reported
    assert tuning.startswith(f":\n{first.name}.")
    assert "Real layers" not in validation_report._page({"some": example()}, {})


def test_the_comparison_puts_flagged_means_in_parentheses():
    text = validation_report.comparison({"some": example(), "none": example().head(0)})
    assert "| task | truth | some |" in text
    assert "| gaussian d=5 rho=0.5, I(X;T) | 0.719 | 0.750 |" in text
    assert "| gaussian d=20 rho=0.5, I(X;T) | 2.877 | (2.000) |" in text
    assert "radius=2, I(T;Y) | 1.340 | 1.100 |" in text


def test_the_readme_shows_the_committed_tables():
    tables = validation_report.read(FOLDER)
    text = Path(ROOT / "README.md").read_text()
    assert validation_report.summary(tables) in text
    assert validation_report.comparison(tables) in (FOLDER / "README.md").read_text()
    real = validation_report.read(ROOT / real_validation.REAL)
    reported = {method: table[table["part"] == "reported"] for method, table in real.items()}
    assert validation_report.promises(reported) in text


def test_convergence_of_the_dropout_bounds():
    table = full_validation.convergence([100, 1000], range(2))
    assert list(table["d"]) == [1, 1, 5, 5]
    one = table[table["d"] == 1]
    gap = (one["upper"] - one["lower"]).tolist()
    assert gap[1] < gap[0]
    assert one["h_z_given_x"].iloc[1] == pytest.approx(one["h_z_given_x_truth"].iloc[1], abs=0.1)
    assert (one["gaussian_bound"] > one["truth"]).all()


def test_a_run_that_is_cut_short_leaves_the_rows_of_other_tasks(tmp_path: Path):
    path = tmp_path / "method.csv"
    first = pd.DataFrame({"task": ["a", "a", "b"], "error": [0.1, 0.2, 0.3]})
    assert full_validation.replaced(path, first) is first
    write_table(first, path)
    again = full_validation.replaced(path, pd.DataFrame({"task": ["a"], "error": [0.5]}))
    assert full_validation.in_order(again, {"a": 0, "b": 1})["error"].tolist() == [0.5, 0.3]

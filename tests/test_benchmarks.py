"""The benchmarks at tiny sizes: every row runs and its contestants find the truth, the plain loops among them."""

import numpy as np
import pytest
import torch

from benchmarks import contest, gpu, loops, memory, peers, plane_rows, report, rows, scaling, textbook
from benchmarks.contest import Bar, Contestant, Row
from infoplane.known import closed_forms


def accuracies(row: Row) -> dict[str, tuple[float, ...]]:
    return {timing.contestant.name: timing.accuracy for timing in contest.measure(row, 1)}


@pytest.mark.parametrize(
    ("row", "tolerance"),
    [
        (lambda: rows.dropout_mi(n=1000, d=4, centres=500, loop_share=0.5), 0.15),
        (lambda: rows.dropout_mi(n=600, d=4, centres=None, loop_share=0.5), 0.15),
        (lambda: rows.binned(epochs=2, n=500, d=6, loop_epochs=1), 1e-9),
        (lambda: rows.hashed(n=2000, d=6), 0.15),
        (lambda: rows.neighbours(n=800, d=1, loop_share=0.5), 0.1),
        pytest.param(
            lambda: rows.critics(n=600, d=1, rho=0.9, steps=150, defaults=rows.FEW_STEPS), 0.2, marks=pytest.mark.slow
        ),
    ],
)
def test_contestants_find_the_truth(row, tolerance):
    for name, errors in accuracies(row()).items():
        assert np.abs(errors).max() < tolerance, name


def test_textbook_loop_finds_the_information_of_a_gaussian_pair():
    task = closed_forms.gaussian(1, 0.9)
    x, t, _ = task.sample(3000, 0)
    assert textbook.mine(x, t, seed=0, steps=300) == pytest.approx(task.truth_xt, abs=0.05)


def test_plain_loops_agree_with_scikit_learn():
    x, t, _ = closed_forms.gaussian(3, 0.7).sample(300, 0)
    arrays = x.double().numpy(), t.double().numpy()
    assert loops.ksg(*arrays, 3, 300) == pytest.approx(peers.ksg(3)["scikit-learn"](*arrays), abs=1e-9)


def test_plane_and_recording(tmp_path):
    settings = plane_rows.default_settings()
    settings = settings.model_copy(
        update={
            "dataset": "szt",
            "train": settings.train.model_copy(update={"epochs": 1}),
            "record": settings.record.model_copy(update={"epochs": "all"}),
        }
    )
    settings.estimators["mine"].keywords["steps"] = 2
    found = accuracies(plane_rows.mine_plane(tmp_path, settings, samples=200, steps=2))
    assert found["ours"][1] > found["textbook"][1] - 0.1
    assert accuracies(plane_rows.recording(tmp_path, settings, samples=300))["ours"][0] < 1e-5


def test_shares_ratios_bars_and_the_page():
    row = Row(
        "a task",
        "error",
        [Contestant("ours", lambda seed: (0.1,)), Contestant("half", lambda seed: (0.3,), share=0.5)],
        Bar(1.0, {"half": 0.5, "absent": 0.1}),
        missing=("absent",),
    )
    ours, half = (
        contest.Timing(each, [s, s + 1, s + 2], (0.1,)) for each, s in zip(row.contestants, (1, 4), strict=True)
    )
    assert contest.ratios(half, ours) == (5 / 2, 2.0, 4.0)
    assert contest.verdict(row, [ours, half]) == "<= 1 s: **missed**; <= 0.5 x half: met"
    text = report.section(row, [ours, half])
    assert "| half | 5 (4–6) | 2.5 (2–4) | +0.100 | |" in text.replace("|  |", "| |")
    assert "| absent | – | – | – | not installed |" in text
    peak = memory.Peak(400, 100, 40, 30, 7, 2.0, False)
    page = report.document(
        ["a machine"], 3, "today", [text, report.memory_section({"binning": peak, "mine": None}, 100)]
    )
    assert "| binning | 400 | 40 | 30 | 7 | no |" in page
    assert "- a machine" in page


def test_times_of_a_share_are_those_of_the_whole():
    clock = Row("", "", [Contestant("a", lambda seed: (float(torch.ones(1)),), share=0.01)])
    assert contest.measure(clock, 2)[0].median > 0


def test_scaling(monkeypatch):
    assert scaling.exponent(np.array([1.0, 2, 4, 8]), np.array([3.0, 2, 8, 32])) == pytest.approx(2)
    monkeypatch.setattr(scaling, "METHODS", {"binning": {}, "dropout": {}})
    axes = {
        "n": [scaling.Size(100, 3), scaling.Size(200, 3)],
        "layers": [scaling.Size(60, 3), scaling.Size(60, 3, 1, 2)],
    }
    table = scaling.measure(axes, 1)
    assert list(table["size"]) == [100, 100, 200, 200, 1, 1, 2, 2]
    assert len(scaling.draw(table).axes) == 4


def test_the_report_of_a_gpu_has_rows_limits_and_differences():
    device, size = torch.device("cpu"), gpu.Size(n=60, epochs=2, d_dropout=4, d_binning=6, n_compared=60)
    limit = gpu.limits(device, side=64)
    page = gpu.report(gpu.rows(size, device, limit), [("binning", "xt", 0.0)], limit)
    assert "| MINE plane, 4 layers x 2 epochs, n = 60 |" in page
    assert page.count("40 % of") == 2
    assert "| `binning` | I(X;T) | 0 |" in page


def test_values_are_compared_with_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gpu.estimators, "names", lambda: ["binning", "classifier"])
    differences = gpu.compared(gpu.Size(n_compared=60), torch.device("cpu"))
    assert differences == [("binning", "xt", 0.0), ("binning", "ty", 0.0), ("classifier", "ty", 0.0)]


def test_without_a_gpu_there_is_one_line(capsys: pytest.CaptureFixture):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert gpu.main() == 1
    assert capsys.readouterr().err == "error: make gpu measures on a CUDA device, and there is none\n"

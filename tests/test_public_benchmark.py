"""The public benchmark's harness on a table of two tasks: rows are kept, go on, are replaced; and its report."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.public import estimating, kinds, picture, published, report, rows, run, scores, tables
from benchmarks.public.estimating import Job
from benchmarks.public.rows import Row
from benchmarks.public.tables import Table
from conftest import ROOT
from infoplane import estimators
from infoplane.errors import UserError
from infoplane.information import Information
from infoplane.known import bmi
from infoplane.known.closed_forms import gaussian

TASKS = [gaussian(1, 0.5), gaussian(2, 0.9)]
N = 50
SEEDS = {TASKS[0].name: range(10), TASKS[1].name: range(5, 10)}


@pytest.fixture(autouse=True)
def _small_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    small = Table("small", "Two tasks", "nobody", lambda: TASKS, (N,), tuned=True)
    monkeypatch.setattr(tables, "TABLES", (small,))
    monkeypatch.setattr(published, "ERRORS", {"small": {("", N): {"OTHER": 0.25}}})
    monkeypatch.setattr(published, "DIFFERS", {"small": "They have longer ears."})
    tables.tasks.cache_clear()
    yield
    tables.tasks.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Width and seed of each estimate that was made, by an estimator that says its seed's last digit, off or not."""
    made: list[tuple[int, int]] = []

    def estimate(x, t, y, *, noise=None, seed=0) -> Information:
        made.append((x.shape[1], seed))
        return Information(
            np.array([0.5]), mi_xt_low=np.array([0.4]), mi_xt_high=np.array([0.6]), flag=["wide bounds" * (seed % 2)],
            diagnostics={"xt_from_mine": np.zeros(1), "xt_from_ksg": np.ones(1)},
        )  # fmt: skip

    monkeypatch.setattr(estimators, "names", lambda: ["gaussian", "some"])
    monkeypatch.setattr(estimators, "find", lambda name: SimpleNamespace(estimate=estimate))
    return made


def jobs() -> list[Job]:
    return run.missing("small", ["some"], [task.name for task in TASKS], [N])


def test_seeds_for_tuning_are_of_odd_numbered_tasks():
    found = jobs()
    for name, seeds in SEEDS.items():
        assert sorted(job.seed for job in found if job.task == name) == list(seeds)
    # the report's come first
    assert [tables.part(job.seed) for job in found] == ["reported"] * 10 + ["tuning"] * 5


def test_a_run_that_is_cut_short_goes_on_where_it_was(asked: list, monkeypatch: pytest.MonkeyPatch):
    add, kept = rows.add, []

    def cut(*arguments):
        if len(kept) == 4:
            raise KeyboardInterrupt
        kept.append(add(*arguments))

    monkeypatch.setattr(rows, "add", cut)
    with pytest.raises(KeyboardInterrupt):
        run.run(jobs(), workers=1)
    monkeypatch.setattr(rows, "add", add)
    assert len(rows.read("small", "some")) == 4
    assert len(jobs()) == 11
    asked.clear()
    run.run(jobs(), workers=1)
    assert len(asked) == 11
    found = rows.read("small", "some")
    assert len(found) == len(found.drop_duplicates(["task", "n", "seed"])) == 15
    # in the order of tasks and seeds, whatever came first
    assert found[["task", "seed"]].values.tolist() == [[name, seed] for name, seeds in SEEDS.items() for seed in seeds]
    asked.clear()
    run.run(jobs(), workers=1)
    assert not asked


def test_a_file_is_whole_at_every_instant(asked: list, monkeypatch: pytest.MonkeyPatch):
    run.run(jobs()[:2], workers=1)
    before = rows.path("small", "some").read_bytes()

    def fail(*_):
        raise OSError(28, "no space")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        run.run(jobs()[:1], workers=1)
    assert rows.path("small", "some").read_bytes() == before


def test_again_forgets_what_was_chosen(asked: list, monkeypatch: pytest.MonkeyPatch):
    run.run(jobs(), workers=1)
    asked.clear()
    monkeypatch.setattr(
        sys, "argv", ["run", "small", "--methods", "some", "--only", "d=2", "--again", "--workers", "1"]
    )
    run.main()
    assert [width for width, _ in asked] == [2] * 5
    assert len(rows.read("small", "some")) == 15


def test_a_row_says_what_came_out(asked: list):
    run.run(jobs(), workers=1)
    row = rows.read("small", "some").iloc[7]
    assert (row["task"], row["n"], row["seed"]) == (TASKS[0].name, N, 7)
    assert row["truth"] == pytest.approx(TASKS[0].truth_xt, rel=1e-5)
    assert row[["mi_xt", "low", "high"]].tolist() == [0.5, 0.4, 0.6]
    assert row["took"] == "ksg"
    assert row["seconds"] >= 0


def test_what_a_method_refuses_is_a_row_too(monkeypatch: pytest.MonkeyPatch):
    def estimate(x, t, y, *, noise=None, seed=0):
        raise ValueError("50 samples are too few\nby far")

    monkeypatch.setattr(estimators, "find", lambda name: SimpleNamespace(estimate=estimate))
    run.run(jobs(), workers=1)
    found = rows.read("small", "some")
    assert found["mi_xt"].isna().all()
    assert set(found["flag"]) == {"refused: 50 samples are too few"}
    (score,) = scores.scores(tables.named("small"), scores.read(tables.named("small")), tables.REPORTED)
    assert (score.refused, score.rates.values) == (10, 0)


def test_a_method_that_has_nothing_to_say_leaves_no_row(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(estimators, "find", lambda name: SimpleNamespace(estimate=None, comparable=lambda noise: None))
    run.run(jobs(), workers=1)
    assert not rows.path("small", "some").exists()
    assert "some: left out" in capsys.readouterr().err


def test_other_errors_name_the_estimate(monkeypatch: pytest.MonkeyPatch):
    def estimate(x, t, y, *, noise=None, seed=0):
        raise RuntimeError("no convergence")

    monkeypatch.setattr(estimators, "find", lambda name: SimpleNamespace(estimate=estimate))
    with pytest.raises(RuntimeError, match="no convergence") as caught:
        run.run(jobs(), workers=1)
    assert TASKS[0].name in caught.value.__notes__[0]


def test_an_unknown_method_is_told():
    with pytest.raises(UserError, match=r"^mime: no such method; there are .*mine"):
        estimating.check("mime")


@pytest.mark.slow
def test_two_processes_give_the_rows_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    tables.tasks.cache_clear()
    options = ["images", "--methods", "gaussian", "--samples", "60", "--only", "plates, 1 "]
    two, one = tmp_path / "two", tmp_path / "one"
    two.mkdir()
    path = ":".join(map(str, (ROOT, ROOT / "src", *sys.path)))
    command = [sys.executable, "-m", "benchmarks.public.run", *options]
    subprocess.run(command, cwd=two, check=True, env={"PYTHONPATH": path, "PATH": "/usr/bin"})
    one.mkdir()
    monkeypatch.chdir(one)
    monkeypatch.setattr(sys, "argv", ["run", *options, "--workers", "1"])
    run.main()
    found = [
        pd.read_csv(folder / "docs/benchmark/images/gaussian.csv").drop(columns="seconds") for folder in (one, two)
    ]
    pd.testing.assert_frame_equal(*found)
    assert len(found[0]) == 5


PAGE = "# A page\n\n<!-- small: made by make bmi -->\n\n<!-- small: end -->\n"


def written(errors: dict[str, float], flag: str = "") -> None:
    """Rows of the method `some`: each task's error at the seeds 5 to 9, and twice that at those for tuning."""
    for task in TASKS:
        truth = task.truth_xt or 0.0
        for seed in SEEDS[task.name]:
            error = errors[task.name] * (1 if seed >= 5 else 2)
            row = Row(task.name, N, seed, truth, truth + error, truth - 1, truth + 1, flag, 2.0 + seed, "ksg")
            rows.add("small", "some", row, [each.name for each in TASKS])


def test_report_has_errors_rates_and_each_task():
    Path("docs").mkdir()
    Path("docs/benchmark.md").write_text(PAGE)
    written({TASKS[0].name: 0.3, TASKS[1].name: -0.05})
    report.main()
    page = Path("docs/benchmark/small.md").read_text()
    # (.3 + .05) / 2, beside the published error
    assert "| all | 50 | 0.175 | 0.25 |" in page
    assert "They have longer ears." in page
    reported, tuning = (line for line in page.splitlines() if line.startswith("| `some` | 50 |"))
    assert "| 0.175 | 5 of 10 | 0 % of 5 | 0 % of 10 | 100 % of 10 | 9 | 11 |" in reported
    assert "| 0.600 | 5 of 5 |" in tuning
    assert f"| 1 | {TASKS[0].name} | 0.144 | +0.300 !5 |" in page
    assert f"| 2 | {TASKS[1].name} | 1.661 | -0.050 |" in page
    assert "`some` took `ksg` 10 times." in page
    written_there = Path("docs/benchmark.md").read_text()
    assert "| `some` | 0.175 | 5 of 10 | 0 % of 5 | 9 |" in written_there
    assert "[each task](benchmark/small.md)" in written_there
    assert Path("docs/benchmark/small.png").read_bytes().startswith(b"\x89PNG")


def test_flagged_values_are_counted_in_parentheses():
    written({TASKS[0].name: 0.3, TASKS[1].name: 0.01}, flag="few samples")
    table = tables.named("small")
    data = scores.read(table)
    assert "| +0.300 (5) |" in report.by_task(table, data, N)
    (score,) = scores.scores(table, data, tables.REPORTED)
    assert (score.rates.unflagged, score.rates.flagged_right, score.rates.right) == (0, 5, 5)


def test_picture_marks_what_is_off_or_flagged():
    written({TASKS[0].name: 0.3, TASKS[1].name: 0.01})
    figure = picture.errors(tables.named("small"), scores.read(tables.named("small")))
    (marks,) = ([line.get_marker() for line in ax.lines] for ax in figure.axes[:1])
    assert marks == ["x"]
    colours = figure.axes[0].collections[0].get_array()
    assert np.asarray(colours).ravel().tolist() == pytest.approx([0.3, 0.01], abs=1e-5)


def test_each_task_of_bmi_is_of_one_kind():
    numbers = [number for kind in kinds.KINDS for number in kind.numbers]
    assert sorted(numbers) == list(range(1, len(bmi.tasks()) + 1))
    spirals = next(kind for kind in kinds.KINDS if kind.name == "spirals").numbers
    of_spirals = {number for number, task in enumerate(bmi.tasks(), 1) if task.name.endswith("spiral")}
    assert spirals == of_spirals


def test_errors_are_shares_of_the_truth_where_the_published_ones_are():
    written({TASKS[0].name: 0.3, TASKS[1].name: 0.0})
    table = tables.named("small")._replace(relative=True)
    errors = scores.mean_errors(table, scores.read(table)["some"].query("seed >= 5"))
    assert errors[TASKS[0].name] == pytest.approx(0.3 / TASKS[0].truth_xt, rel=1e-4)


def test_published_figures_are_of_groups_that_there_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    from benchmarks.public import published as of_others

    for table in tables.TABLES:
        assert table.name in of_others.ERRORS
        assert table.name in of_others.DIFFERS
        assert f"<!-- {table.name}: made by make bmi -->" in (ROOT / "docs/benchmark.md").read_text()
        if table.name == "lmi_mnist":  # needs MNIST
            continue
        groups = {table.group(name) for name in tables.tasks(table.name)}
        assert {group for group, _ in of_others.ERRORS[table.name]} in (groups, set())
        assert {n for _, n in of_others.ERRORS[table.name]} <= set(table.samples)

"""GANs with information in the loss: data and coverage against what is known of them, training, and going on."""

import math

import pytest
import torch
from small_objectives import changed

from infoplane.errors import UserError
from infoplane.learning import generators, runs
from infoplane.learning.gan import measuring
from infoplane.learning.gan.modes import Coverage, coverage
from infoplane.learning.gan.points import Modes, Points, gaussians25, spiral
from infoplane.learning.gan.targets import draw_points
from infoplane.learning.gan.training import GanTraining
from infoplane.running.journal import Journal
from infoplane.running.unfinished import work
from infoplane.settings import objectives

pytestmark = pytest.mark.usefixtures("in_tmp_path")
CPU = torch.device("cpu")


def chosen(**changes) -> objectives.Objectives:
    """The defaults, but small."""
    return changed("gan", **{"steps": 20, "looks": 4, "repetitions": 1, "samples": 200, "batch_size": 32, **changes})


def covered(points: torch.Tensor, modes: Modes) -> Coverage:
    target = Points(points, modes)
    return coverage(target.judge(points), target.m)


def train(settings: objectives.Objectives, work):
    return generators.train({"points": draw_points(settings.gan, 0)}, settings, CPU, work)


@pytest.mark.parametrize("modes", [gaussians25(4.23, 0.5), spiral()])
def test_the_data_cover_their_own_modes(modes: Modes):
    points = modes.draw(5000, torch.Generator().manual_seed(0))
    found = covered(points, modes)
    assert found.modes == len(modes.centres)
    # of a Gaussian of the plane, e^(-9/2) lie beyond 3 standard deviations
    assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert found.divergence == pytest.approx((len(modes.centres) - 1) / 10000, abs=0.01)


def test_the_grid_has_variance_one():
    points = gaussians25(4.23, 1.0).draw(20000, torch.Generator().manual_seed(0))
    assert points.var(0).tolist() == pytest.approx([1, 1], abs=0.03)


def test_a_collapsed_generator():
    modes = gaussians25(4.23, 0.3)
    found = covered(modes.centres[:1].expand(100, 2), modes)
    assert (found.modes, found.high_quality) == (1, 1.0)
    assert found.divergence == pytest.approx(math.log(25))
    assert covered(torch.full((10, 2), 50.0), modes).modes == 0


def test_every_run_is_there_and_only_those_with_a_weight_have_information():
    with work("objectives-train", {}) as partial:
        settings = chosen(weights=[0.0, 1.0])
        table, tensors = train(settings, partial)
    assert table.groupby("weight")["step"].apply(list).tolist() == [[0, 5, 10, 15, 20]] * 2
    assert table[table["weight"] == 0]["information"].isna().all()
    assert table[(table["weight"] == 1) & (table["step"] > 0)]["scale"].between(0, 1).all()
    assert set(tensors) == {f"weight_{w}_seed_0.{name}" for w in (0, 1) for name in ("z", "c", "made", "mode", "good")}


@pytest.mark.parametrize("of", ["noise", "label"])
def test_an_interrupted_training_goes_on_to_the_bit(of: str, monkeypatch: pytest.MonkeyPatch):
    settings = chosen(weights=[1.0], of=of)
    with work("whole", {}) as partial:
        expected, tensors = train(settings, partial)
    monkeypatch.setattr("infoplane.learning.checkpoints.EVERY_SECONDS", 0.0)
    told = GanTraining._train_discriminator
    steps = []

    def interrupted(training):
        steps.append(None)
        if len(steps) == 13:
            raise KeyboardInterrupt
        return told(training)

    monkeypatch.setattr(GanTraining, "_train_discriminator", interrupted)
    with pytest.raises(KeyboardInterrupt), work("part", {}) as partial:
        train(settings, partial)
    with work("part", {}) as partial:
        found, again = train(settings, partial)
    assert len(steps) == 13 + 10  # from step 10, where it was looked at last
    assert found.equals(expected)
    assert all(torch.equal(again[name], tensors[name]) for name in tensors)


def test_a_training_that_diverges_ends_in_one_line(monkeypatch: pytest.MonkeyPatch):
    settings = chosen(weights=[1.0], lr=9.9)
    monkeypatch.setattr(GanTraining, "with_noise", lambda training, points: points * math.nan)
    with (
        work("objectives-train", {}) as partial,
        pytest.raises(UserError, match=r"seed 0 diverged: step 1.*gan\.lr = 9"),
    ):
        train(settings, partial)


def test_rates_of_both_players_fall_after_their_share_of_the_steps():
    settings = chosen(steps=10, constant_for=0.5, lr=0.1, lr_discriminator=0.2, weights=[1.0])
    training = GanTraining(
        settings.gan, settings.information, 1.0, Points(torch.randn(9, 2), spiral()), device=CPU, seed=0
    )
    found = []
    for step in (1, 6, 8, 10):
        runs.set_rates(training, settings.gan, step)
        found.append([training.optimizers[name].param_groups[0]["lr"] for name in ("generator", "discriminator")])
    assert found == [pytest.approx([f * 0.1, f * 0.2]) for f in (1, 1, 0.6, 0.2)]
    assert training.optimizers["information"].param_groups[0]["lr"] == settings.information.lr


def test_what_is_measured_is_what_is_known_of_the_noise():
    """Of a generator that moves z alone, I(G + N; z) is that of uniform numbers in noise; one point has none."""
    settings = chosen(weights=[0.0, 1.0], noise=2, labels=2, output_noise=0.1)
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for run in runs.runs(settings.gan, 0):
        z = 2 * torch.rand(2000, 2, generator=generator) - 1
        c = torch.eye(2)[torch.randint(2, (2000,), generator=generator)]
        made = z if run.weight else 0 * z
        judged = Points(made, gaussians25(4.23, 0.2)).judge(made)._asdict()
        tensors |= {f"{run.name}.{name}": each for name, each in {"z": z, "c": c, "made": made, **judged}.items()}
    with work("objectives-measure", {}) as partial:
        table = measuring.measure(tensors, {"points": z}, settings, Journal(partial)).set_index("weight")
    y = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    density = (torch.special.ndtr((y + 1) / 0.1) - torch.special.ndtr((y - 1) / 0.1)) / 2
    h_y = -float(torch.special.xlogy(density, density).sum()) * 0.001
    truth = 2 * (h_y - math.log(0.1 * math.sqrt(2 * math.pi * math.e)))
    assert table.loc[1.0, "mi_zc"] == pytest.approx(truth, abs=0.15)
    assert table.loc[1.0, "mi_z"] == pytest.approx(truth, abs=0.25)
    assert table.loc[0.0, "mi_zc"] == pytest.approx(0, abs=0.02)
    assert table.loc[0.0, "flag"] == measuring.COLLAPSED
    assert len(list(measuring.in_markdown(table.reset_index()))) == 2 + 2 * 2

"""A bidirectional GAN: what is measured of an encoder against what is known, training, and going on after a kill."""

import math

import pytest
import torch
from small_objectives import changed

from infoplane.learning import generators
from infoplane.learning.bigan import measuring
from infoplane.learning.bigan.held_out import held_out
from infoplane.learning.bigan.training import BiganTraining
from infoplane.learning.gan.targets import draw_points, modes_of, target_of
from infoplane.learning.networks import with_unit_std
from infoplane.running.journal import Journal
from infoplane.running.unfinished import work
from infoplane.settings import objectives

pytestmark = pytest.mark.usefixtures("in_tmp_path")
CPU = torch.device("cpu")


def chosen(**changes) -> objectives.Objectives:
    return changed("bigan", **{"steps": 20, "looks": 4, "samples": 200, "batch_size": 32, **changes})


def samples(settings: objectives.Objectives) -> dict[str, torch.Tensor]:
    return {"points": draw_points(settings.bigan, settings.seed)}


def test_held_out_points_are_of_the_modes_and_not_of_the_data():
    settings = chosen()
    kept, modes = held_out(settings.bigan, samples(settings), 0), modes_of(settings.bigan)
    assert (kept.x - modes.centres[kept.mode]).std() == pytest.approx(modes.std, rel=0.05)
    both = torch.cat([kept.x, samples(settings)["points"]])
    assert len(both.unique(dim=0)) == len(both)
    assert kept.error(kept.x) == 0
    assert kept.error(kept.x.mean(0).expand_as(kept.x)) == pytest.approx(1)


def test_what_is_measured_of_an_encoder_that_tells_modes_alone():
    """Codes at 25 places, far apart in N: I(x; E(x) + N) is ln 25, and what is decoded is the mode's centre.

    N is in proportion to the codes: they may be as small as they like.
    """
    settings = chosen(weights=[1.0], std=0.2)
    kept, modes = held_out(settings.bigan, samples(settings), 0), modes_of(settings.bigan)
    centres = modes.centres[kept.mode]
    judged = target_of(settings, samples(settings)).judge(centres)
    name = "weight_1_seed_0"
    tensors = {"code": 1e-3 * centres, "reconstructed": centres, "reconstructed_mode": judged.mode, **judged._asdict()}
    with work("objectives-measure", {}) as partial:
        table = measuring.measure(
            {f"{name}.{key}": each for key, each in tensors.items()}, samples(settings), settings, Journal(partial)
        )
    row = table.iloc[0]
    assert row["mi_x"] == pytest.approx(math.log(25), abs=0.05)
    assert row["mi_mode"] == pytest.approx(math.log(25), abs=0.05)
    assert (row["same_mode"], row["modes"], row["flag"]) == (1.0, 25, "")
    assert row["reconstruction"] == pytest.approx(2 * modes.std**2 / 2, rel=0.1)  # in units of variance 2
    assert len(list(measuring.in_markdown(table))) == 2 + 2


def test_an_interrupted_training_goes_on_to_the_bit(monkeypatch: pytest.MonkeyPatch):
    settings = chosen()
    with work("whole", {}) as partial:
        expected, tensors = generators.train(samples(settings), settings, CPU, partial)
    assert expected[expected["weight"] == 0]["information"].isna().all()
    assert expected[(expected["weight"] == 1) & (expected["step"] > 0)]["scale"].between(0, 1).all()
    monkeypatch.setattr("infoplane.learning.checkpoints.EVERY_SECONDS", 0.0)
    told, steps = BiganTraining._train_discriminator, []

    def interrupted(training):
        steps.append(None)
        if len(steps) == 33:
            raise KeyboardInterrupt
        return told(training)

    monkeypatch.setattr(BiganTraining, "_train_discriminator", interrupted)
    with pytest.raises(KeyboardInterrupt), work("part", {}) as partial:
        generators.train(samples(settings), settings, CPU, partial)
    with work("part", {}) as partial:
        found, again = generators.train(samples(settings), settings, CPU, partial)
    assert len(steps) == 33 + 10  # from step 10 of the second, where it was looked at last
    assert found.equals(expected)
    assert all(torch.equal(again[name], tensors[name]) for name in tensors)


def test_codes_that_grow_gain_no_information():
    settings = chosen(weights=[1.0])
    target, kept = target_of(settings, samples(settings)), held_out(settings.bigan, samples(settings), 0)
    training = BiganTraining(settings.bigan, settings.information, 1.0, target, kept, CPU, seed=0)
    last = training.networks["encoder"][-1]
    seen = []
    for factor in (1.0, 1000.0):
        with torch.no_grad():
            last.weight.mul_(factor)
            last.bias.zero_()
        seen.append(with_unit_std(training.networks["encoder"](kept.x)))
    assert torch.allclose(*seen, atol=1e-4)
    assert torch.allclose(seen[0].std(0), torch.ones(settings.bigan.units))
    assert with_unit_std(torch.ones(3, 2)).isfinite().all()


def test_information_of_the_encoder_rises_with_its_weight_and_leaves_the_generator_alone():
    settings = chosen(weights=[1.0])
    target, kept = target_of(settings, samples(settings)), held_out(settings.bigan, samples(settings), 0)
    found = {}
    for weight in (1.0, 2.0):
        training = BiganTraining(settings.bigan, settings.information, weight, target, kept, CPU, seed=0)
        training.clip = False
        with torch.no_grad():
            training.networks["information"].critic.z[-2].normal_()  # zero at the start, and information with it
        training.step()
        found[weight] = {
            name: torch.cat([each.grad.flatten() for each in training.networks[name].parameters()])
            for name in ("generator", "encoder")
        }
    assert torch.equal(found[1.0]["generator"], found[2.0]["generator"])
    assert not torch.equal(found[1.0]["encoder"], found[2.0]["encoder"])

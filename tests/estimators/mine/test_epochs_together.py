"""The critics of several epochs in one batch: what each says alone, for a fraction of the operations."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from infoplane.estimators import mine
from infoplane.estimators.parts import by_epoch
from infoplane.estimators.parts.closed_forms import twisting
from infoplane.information import VALUES, Information
from infoplane.known.task import generator

N, EPOCHS = 200, 4
QUICK: dict[str, Any] = {"folds": 2, "steps": 40, "width": 16, "rank": 8, "noise_std": 0.5}


def sample(d: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Four classes that more and more of the units see; the last epoch's are the signs of a parity as well."""
    signs = torch.randint(2, (N, d), generator=generator(0)) * 2.0 - 1
    y = (signs[:, :3].prod(1) > 0).long() + 2 * (signs[:, 3] > 0).long()
    share = torch.linspace(0, 1, EPOCHS)[:, None, None]
    noise = torch.randn(EPOCHS, N, d, generator=generator(1))
    t = 0.5 * noise + share * y[:, None] * torch.randn(d, generator=generator(2))
    t[-1] = signs + 0.2 * noise[-1]
    return t[0], t, y


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(by_epoch.TOGETHER, "cpu", 1 << 40)


def assert_alike(one: Information, alone: list[Information]) -> None:
    for name in VALUES:
        of_each = [getattr(each, name) for each in alone]
        if of_each[0] is not None:
            np.testing.assert_allclose(getattr(one, name), np.concatenate(of_each), atol=1e-4)
    for name, values in one.diagnostics.items():
        np.testing.assert_allclose(values, np.concatenate([each.diagnostics[name] for each in alone]), atol=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ensemble": 2, "objective": "dv"},
        {"critic": "concat", "steps": 25},
        {"dropout": 0.2, "hidden_noise": 0.1},
    ],
    ids=lambda changes: "-".join(changes) or "defaults",
)
@pytest.mark.usefixtures("together")
def test_epochs_stop_and_change_their_phase_each_in_its_own_time(changes: dict[str, Any]):
    keywords = QUICK | changes
    x, t, y = sample(4)
    one = mine.estimate(x, t, y, **keywords)
    assert_alike(one, [mine.estimate(x, each[None], y, **keywords) for each in t])
    stopped = np.isnan(one.diagnostics["heldout_xt"]).sum(1)
    assert len(set(stopped)) > 1 or changes
    assert len(set(np.isnan(one.diagnostics["heldout_ty"]).sum(1))) > 1


@pytest.mark.usefixtures("together")
def test_epochs_of_samples_alone_are_a_batch_where_their_coordinates_are_as_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(twisting, "OPTIMISATION", twisting.OPTIMISATION._replace(steps=25))
    x, t, y = sample(4)
    x, t = x[:, :2], t[1:3, :, :3]
    keywords = QUICK | {"noise_std": 0.0, "steps": 20}
    assert_alike(mine.estimate(x, t, y, **keywords), [mine.estimate(x, each[None], y, **keywords) for each in t])


@pytest.mark.usefixtures("together")
def test_wide_layers_are_a_batch_too():
    x, t, y = sample(70)
    keywords = QUICK | {"steps": 5}
    assert_alike(mine.estimate(x, t[:2], y, **keywords), [mine.estimate(x, t[[e]], y, **keywords) for e in range(2)])


class Operations(TorchDispatchMode):
    """Counts what is dispatched, a stand-in for what a GPU is told to start."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.usefixtures("together")
def test_one_call_takes_a_fraction_of_the_operations(monkeypatch: pytest.MonkeyPatch):
    # the channel's bounds are computed epoch by epoch, and of few samples with many draws
    monkeypatch.setattr(mine, "held_to_channel", lambda info, *_: info)
    x, t, y = sample(4)
    t = t[:1].repeat(EPOCHS, 1, 1)
    counts = []
    for epochs in (t[:1], t):
        with Operations() as operations:
            mine.estimate(x, epochs, y, **QUICK)
        counts.append(operations.count)
    assert counts[1] < 1.2 * counts[0]

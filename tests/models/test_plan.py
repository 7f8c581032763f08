"""What is known of a network before it is built is what it is when it is built."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from infoplane import models
from infoplane.models.parts.layers import noise_of
from infoplane.models.parts.options import OPTIONS, Dropout
from infoplane.settings.schema import schema_of
from infoplane.training.recording import Recorder

SECTIONS = yaml.safe_load((ROOT / "params.yaml").read_text())["models"]
SHAPES = ((12,), (1, 28, 28), (3, 32, 32), (1, 9, 9), (1, 8, 8), (2, 5, 40))
CHANGES: dict[str, dict[str, st.SearchStrategy]] = {
    "mlp": {"widths": st.lists(st.integers(1, 4), min_size=1, max_size=3)},
    "cnn": {
        "channels": st.lists(st.integers(1, 3), min_size=1, max_size=4),
        "kernel": st.integers(1, 7),
        "padding": st.integers(0, 2),
        "pools": st.none() | st.lists(st.integers(1, 3), min_size=1, max_size=4),
    },
    "lenet": {"pad": st.booleans()},
    "fcn": {"width": st.just(0.02)},
    "resnet": {"bottleneck": st.integers(1, 3)},
    "transformer": {"depth": st.integers(1, 3), "width": st.integers(1, 6), "heads": st.integers(1, 4)},
    "recurrent": {"depth": st.integers(1, 3), "width": st.integers(1, 4)},
}
CHOICES = (None, "all", ["hidden1"], ["hidden"], ["conv1"], ["bottleneck"], ["output"], ["conv1", "hidden"])
"""Of layers that inject noise; some families have them and others not."""
NOISE: dict[str, dict[str, Any]] = {
    "gaussian": {"std": 0.1},
    "additive": {"std": 0.1},
    "standard": {"rate": 0.5},
    "information": {"prior": "log_uniform", "beta": 0.1, "largest_alpha": 0.5},
}


def planned(name: str, shape: tuple[int, ...], section: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    """Layers and those with noise by the plan, read from the file without importing it; None where it refuses."""
    try:
        plan = models.named(name).source.function("plan")(shape, **section)
        return list(plan.layers), plan.with_noise(section["dropout"])
    except ValueError:
        return None


def built(name: str, shape: tuple[int, ...], section: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    """The same of the network itself; standard dropout, which is no channel, by its module."""
    try:
        network = models.find(name)(shape, 3, **section)
    except ValueError:
        return None
    noisy = [layer for layer in network.layers if _injects(network.get_submodule(layer))]
    assert Recorder(network, "all", pre_activation=False).names == list(network.layers)
    return list(network.layers), noisy


def _injects(layer: Any) -> bool:
    return noise_of(layer) is not None or type(getattr(layer, "noise", None)).__name__ == "Dropout"


@pytest.mark.parametrize("name", models.names())
def test_every_family_has_a_plan_that_is_tried_here(name: str):
    assert "plan" in models.named(name).source.declared
    assert name in CHANGES


@pytest.mark.parametrize("name", models.names())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_plan_tells_what_is_built_or_refused(name: str, data: st.DataObject):
    schema = schema_of(name, models.named(name).keywords())
    shape = data.draw(st.sampled_from(SHAPES))
    kind = data.draw(st.sampled_from([None, *OPTIONS]))
    layers = data.draw(
        st.sampled_from(
            [None, "all", ["hidden1"], ["hidden"], ["conv1"], ["bottleneck"], ["output"], ["conv1", "hidden"]]
        )
    )
    changes = {key: data.draw(values) for key, values in CHANGES[name].items()}
    dropout = None if kind is None else Dropout(kind=kind, layers=layers, **NOISE[kind])
    section = dict(schema.model_validate(SECTIONS[name] | changes | {"dropout": dropout}))
    assert planned(name, shape, section) == built(name, shape, section)

"""What several test files share: the repository's root, a small store, which worker runs what."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from xdist.scheduler import LoadScopeScheduling

from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

ROOT = Path(__file__).parent.parent
pytest_plugins = ("pipeline", "s3_server")
LONG_FIXTURES = (
    "tests/test_end_to_end.py",
    "tests/faults/test_kill.py",
    "tests/faults/",
    "tests/study/test_installed.py",
    "tests/running/test_code_files.py",
    "tests/test_extending.py",
    "tests/page/test_dvc_plots.py",
    "tests/page/test_explorer_clicks.py",
    "tests/test_reruns.py",
)
"""Where the tests lie that share one, the longest first; the first that fits counts."""


class ByLongFixture(LoadScopeScheduling):
    """Tests that share a long fixture go to one worker, all others one by one to whoever is free."""

    def __init__(self, config: pytest.Config, log: Any):
        super().__init__(config, log)
        config.option.loadscopereorder = False  # by the number of tests, whatever they take

    def _split_scope(self, nodeid: str) -> str:
        return shares_fixture(nodeid) or nodeid


def shares_fixture(nodeid: str) -> str:
    """What tests with the same long fixture have in common; empty for all others."""
    return next((name for name in LONG_FIXTURES if nodeid.startswith(name)), "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLongFixture:
    return ByLongFixture(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, or else one worker has them when all others are done."""
    order = [*LONG_FIXTURES, ""]
    items.sort(key=lambda item: (order.index(shares_fixture(item.nodeid)), item.get_closest_marker("slow") is None))


@pytest.fixture(autouse=True)
def _the_same_random_numbers() -> None:
    """Each test begins with the same ones, whatever its worker ran before."""
    torch.manual_seed(0)


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the clone an empty folder; of a whole file: `pytestmark = pytest.mark.usefixtures(...)`."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Activations:
    """Two splits, epochs 0, 2 and 5, a layer `a` of 3 units and a noisy layer `b` of shape (2, 2), three classes."""
    rng = np.random.default_rng(0)
    path = tmp_path / "activations.zarr"
    with activations_writer.create(path, [0, 2, 5]) as writer:
        for split, n in (("train", 60), ("test", 40)):
            writer.add_split(split, rng.normal(size=(n, 1, 2, 2)).astype("float32"), np.arange(n) % 3)
            for epoch in (0, 2, 5):
                a = rng.normal(size=(n, 3)).astype("float32") * (epoch + 1)
                b = rng.normal(size=(n, 2, 2)).astype("float32")
                std = np.full((1, 1, 1), 0.2, "float32")
                writer.add_epoch(split, 0, epoch, {"a": Recorded(a, None, None), "b": Recorded(b, "gaussian", std)})
        writer.finish(splits=["train", "test"], layers=["a", "b"], model="mlp", dataset="mnist5k", seed=0)
    return Activations(path)

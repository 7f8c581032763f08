"""An estimate on a store that is larger than memory, under a limit on address space that the kernel enforces."""

import sys

import pytest

from benchmarks import memory, streaming

LIMIT = 128


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is enforced and /proc is there on Linux alone")
def test_a_store_four_times_as_large_as_memory(tmp_path):
    store, tiny = tmp_path / "large.zarr", tmp_path / "tiny.zarr"
    memory.write_store(store, size=4 * LIMIT, samples=5000, units=256)
    memory.write_store(tiny, size=1, samples=100, units=256)
    found = memory.peak(store, tiny, "binning", LIMIT)
    assert found.store >= 3.9 * LIMIT
    assert found.points > 100
    assert found.resident < LIMIT
    assert not found.store_fits


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is there on Linux alone")
@pytest.mark.parametrize(("method", "most"), [("binning", 2.5), ("exact", 2.5)])
def test_a_layer_that_is_read_in_blocks_is_never_held_in_double_precision(tmp_path, method, most):
    store, tiny = tmp_path / "large.zarr", tmp_path / "tiny.zarr"
    streaming.write_store(store, samples=200_000, units=64)
    streaming.write_store(tiny, samples=100, units=64)
    found = memory.peak(store, tiny, method, streaming.NO_LIMIT, {"large": 0})
    # one copy in double precision is two layers more; what does not grow with n is one
    assert found.resident < most * found.store

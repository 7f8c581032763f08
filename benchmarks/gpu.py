"""The pipeline's estimates on a GPU: times, shares of the card's limits, and values against the CPU's -> gpu.md.

    make gpu

The limits are measured, too: of products in single precision by one of two large matrices, of memory by copying it.
Work is counted as the formulas have it: n^2 products of the densities' features, and each activation read once.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from benchmarks import machine
from infoplane import estimators
from infoplane.information import Information, Noise
from infoplane.known.task import generator
from infoplane.running import devices
from infoplane.settings import params

REPORT = Path(__file__).with_name("gpu.md")
LAYERS = (128, 32, 16, 10)
"""Units of the default network's."""


class Size(NamedTuple):
    """Of the rows: samples, epochs, units of dropout's and of binning's layer, samples that are compared."""

    n: int = 60_000
    epochs: int = 12
    d_dropout: int = 128
    d_binning: int = 1024
    n_compared: int = 4000


class Timed(NamedTuple):
    """A row of the report; `work` in operations or bytes, and what the card does of these in a second."""

    name: str
    seconds: float
    bar: str
    work: float = 0.0
    limit: float = 0.0


def layer(n: int, d: int, epochs: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """x of 784 pixels, saturating units at each epoch that see ten hidden variables, ten classes."""
    hidden, to_x = torch.randn(n, 10, generator=generator(0)), torch.randn(10, 784, generator=generator(1))
    weights = torch.randn(epochs, 10, d, generator=generator(2)) / 3
    y = hidden.argmax(1)
    return (hidden @ to_x).to(device), torch.tanh(hidden.to(device) @ weights.to(device)), y.to(device)


def seconds(run: Callable[[], Any], device: torch.device, repeats: int = 2) -> float:
    """The least of a few times; the first, for what is loaded and chosen once, does not count."""
    taken = []
    for _ in range(repeats + 1):
        _wait(device)
        started = time.perf_counter()
        run()
        _wait(device)
        taken.append(time.perf_counter() - started)
    return min(taken[1:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def limits(device: torch.device, side: int = 8192) -> tuple[float, float]:
    """Operations a second of products in single precision, and bytes a second that memory reads and writes."""
    one = torch.randn(side, side, device=device)
    operations = 2 * side**3 / seconds(lambda: one @ one, device)
    copy = torch.empty_like(one)
    return operations, 2 * one.nbytes / seconds(lambda: copy.copy_(one), device)


def mine_plane(size: Size, device: torch.device) -> float:
    """Seconds of MINE's plane, both axes, with the section of params.yaml."""
    keywords, mine = params.estimator(params.read(), "mine").keywords, estimators.find("mine")
    layers = [layer(size.n, d, size.epochs, device) for d in LAYERS]
    return seconds(lambda: [mine.estimate(*each, **keywords) for each in layers], device, repeats=1)


def rows(size: Size, device: torch.device, limit: tuple[float, float]) -> list[Timed]:
    """MINE's plane; dropout MI with all centres; binning."""
    plane, find = mine_plane(size, device), estimators.find
    noisy, noise = layer(size.n, size.d_dropout, 1, device), Noise("additive", torch.tensor(0.4, device=device))
    dropout = seconds(lambda: find("dropout").estimate(*noisy, noise=noise), device)
    wide = layer(size.n, size.d_binning, size.epochs, device)
    binning = seconds(lambda: find("binning").estimate(*wide, bins=10), device)
    # features of the densities are a unit and its square
    products, read = 2.0 * size.n**2 * 2 * size.d_dropout, float(wide[1].nbytes)
    return [
        Timed(f"MINE plane, {len(LAYERS)} layers x {size.epochs} epochs, n = {size.n}", plane, "20 s"),
        Timed(f"dropout MI, n = {size.n}, d = {size.d_dropout}", dropout, "40 % of products", products, limit[0]),
        Timed(f"binning, {size.n} x {size.d_binning} x {size.epochs}", binning, "40 % of memory", read, limit[1]),
    ]


def compared(size: Size, device: torch.device) -> list[tuple[str, str, float]]:
    """For each method and axis, the largest difference between the device's values and those of the CPU, nats."""
    found = []
    for name in estimators.names():
        given: list[Information] = []
        for place in (torch.device("cpu"), device):
            noise = Noise("additive", torch.tensor(0.4, device=place))
            x, t, y = layer(size.n_compared, 10, 2, place)
            given.append(estimators.find(name).estimate(x[:, :10], t, y, noise=noise))
        for axis in ("xt", "ty"):
            here, there = (getattr(each, f"mi_{axis}") for each in given)
            if here is not None:
                found.append((name, axis, float(abs(there - here).max())))
    return found


def report(timed: list[Timed], differences: list[tuple[str, str, float]], limit: tuple[float, float]) -> str:
    """The page."""
    lines = [
        "# On a GPU",
        "",
        "Made by `make gpu` ([gpu.py](gpu.py)).",
        "",
        *(f"- {line}" for line in machine.describe()),
    ]
    lines += [f"- CUDA {torch.version.cuda}; measured limits: {limit[0] / 1e12:.3g} TFLOP/s, {limit[1] / 1e9:.4g} GB/s"]
    lines += ["", "| row | seconds | share of the limit | bar |", "| --- | ---: | ---: | --- |"]
    for row in timed:
        share = f"{row.work / row.seconds / row.limit:.0%}" if row.limit else ""
        lines.append(f"| {row.name} | {row.seconds:.3g} | {share} | {row.bar} |")
    lines += [
        "",
        "Largest difference from the CPU's values; methods that draw on the device have other noise there.",
        "",
    ]
    lines += ["| method | axis | nats |", "| --- | --- | ---: |"]
    lines += [f"| `{name}` | I({'X;T' if axis == 'xt' else 'T;Y'}) | {nats:.2g} |" for name, axis, nats in differences]
    return "\n".join(lines) + "\n"


def main() -> int:
    if not torch.cuda.is_available():
        print("error: make gpu measures on a CUDA device, and there is none", file=sys.stderr)
        return 1
    device = devices.choose("cuda")
    limit = limits(device)
    REPORT.write_text(report(rows(Size(), device, limit), compared(Size(), device), limit))
    print(f"{REPORT.relative_to(Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

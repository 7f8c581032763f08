"""The rows about one estimator each: data of known information, ours, the plain loop, and peers."""

import numpy as np
import torch
from torch import Tensor

from benchmarks import loops, peers, textbook
from benchmarks.contest import Bar, Contestant, Row
from infoplane.estimators import binning, dropout, edge, ksg, mine
from infoplane.information import Information
from infoplane.known import channels, closed_forms
from infoplane.known.task import generator


def dropout_mi(n: int = 10000, d: int = 32, centres: int | None = 1000, loop_share: float = 0.1) -> Row:
    """I(X;Z) of d Gaussians in noise; all n samples are centres where `centres` is None."""
    task = channels.gaussian_in_noise(d, 2.0)
    truth, std = task.truth_xt or 0.0, 2.0
    x, t, _ = task.sample(n, 0)
    y = _unrelated_labels(n)
    few = max(1, round(n * loop_share))

    def ours(seed: int):
        return (_first(dropout.estimate(x, t[None], y, noise=task.noise, seed=seed, centres=centres)) - truth,)

    def loop(seed: int):
        rng = np.random.default_rng(seed)
        z = t[:few].double().numpy() + std * rng.normal(size=(few, d))
        chosen = rng.permutation(n)[: centres or n]
        return (loops.dropout(t.double().numpy(), std, z, chosen) - truth,)

    which = f"{centres} centres" if centres else "all centres"
    return Row(
        f"dropout MI, n={n}, d={d}, {which}",
        f"error of I(X;Z) in nats; the truth is {truth:.3f}",
        [
            Contestant("ours", ours, note="I(X;Z) from both sides, and I(Z;Y)"),
            Contestant("textbook", loop, few / n, f"I(X;Z) alone; {few} samples of {n}, times {n / few:g}"),
        ],
        Bar(0.5 if centres else 5.0),
    )


def binned(epochs: int = 10, n: int = 10000, d: int = 84, bins: int = 10, loop_epochs: int = 2) -> Row:
    """H(bin T) and I(bin T;Y) of saturating units that see two hidden variables, by which there are ten classes."""
    hidden, weights = (torch.randn(*shape, generator=generator(1)) for shape in ((epochs, n, 2), (2, d)))
    t = torch.tanh(hidden @ weights)
    y = (torch.atan2(hidden[0, :, 0], hidden[0, :, 1]) / torch.pi * 4.99 + 5).long()
    arrays, labels = t.numpy(), y.numpy()
    counted = np.array([loops.binning(each, labels, bins) for each in arrays])

    def furthest(found: np.ndarray) -> tuple[float]:
        return (float(np.abs(found - counted[: len(found)]).max()),)

    def ours(seed: int):
        found = binning.estimate(t[0], t, y, seed=seed, bins=bins, edges="epoch")
        assert found.mi_xt is not None
        assert found.mi_ty is not None
        return furthest(np.stack([found.mi_xt, found.mi_ty], 1))

    def loop(seed: int):
        return furthest(np.array([loops.binning(each, labels, bins) for each in arrays[:loop_epochs]]))

    contestants = [
        Contestant("ours", ours),
        Contestant("textbook", loop, loop_epochs / epochs, f"{loop_epochs} epochs of {epochs}"),
    ]
    for name, peer in peers.discrete().items():

        def run(seed: int, peer=peer):
            low, high = arrays[0].min(), arrays[0].max()
            cut = ((arrays[0].astype(float) - low) / (high - low) * bins).astype(int).clip(0, bins - 1)
            return (abs(peer(cut, labels) - counted[0, 1]),)

        contestants.append(Contestant(name, run, 1 / epochs, f"I(bin T;Y) alone; 1 epoch of {epochs}"))
    return Row(
        f"binning, {epochs} epochs, n={n}, d={d}, both axes",
        "largest difference from counting in nats",
        contestants,
        Bar(1.0),
        peers.missing("npeet"),
    )


def hashed(n: int = 10000, d: int = 84) -> Row:
    """I(X;T) of d units on each side that are all multiples of one variable, of correlation .9."""
    task = closed_forms.gaussian(1, 0.9)
    truth = task.truth_xt or 0.0
    one, other, _ = task.sample(n, 0)
    x, t = (side @ torch.randn(1, d, generator=generator(i)) for i, side in enumerate((one, other)))
    y = _unrelated_labels(n)

    def ours(seed: int):
        return (_first(edge.estimate(x, t[None], y, seed=seed)) - truth,)

    def loop(seed: int):
        return (loops.edge(x.double().numpy(), t.double().numpy(), seed=seed) - truth,)

    return Row(
        f"EDGE, n={n}, d={d}",
        f"error of I(X;T) in nats; the truth is {truth:.3f}",
        [
            Contestant("ours", ours, note="I(X;T) and I(T;Y)"),
            Contestant("textbook", loop, note="I(X;T) alone, cells in Python's hash tables"),
        ],
        Bar(0.15),
    )


def neighbours(n: int = 10000, d: int = 10, k: int = 3, loop_share: float = 0.1) -> Row:
    """I(X;T) of d pairs of Gaussians, rho .5."""
    task = closed_forms.gaussian(d, 0.5)
    truth = task.truth_xt or 0.0
    x, t, _ = task.sample(n, 0)
    y = torch.zeros(n, dtype=torch.long)
    arrays = x.double().numpy(), t.double().numpy()
    few = max(1, round(n * loop_share))

    def plain(seed: int):
        found = ksg.estimate(x, t[None], y, seed=seed, k=k, marginals="raw", control=False)
        return (_first(found) - truth,)

    def controlled(seed: int):
        return (_first(ksg.estimate(x, t[None], y, seed=seed, k=k)) - truth,)

    def loop(seed: int):
        return (loops.ksg(*arrays, k, few) - truth,)

    contestants = [
        Contestant("ours", plain, note="control: false, marginals: raw, which is what the others compute"),
        Contestant("ours, control", controlled, note="the default: corrected and checked", most_repeats=2),
        Contestant("textbook", loop, few / n, f"{few} samples of {n}, times {n / few:g}"),
    ]
    found = peers.ksg(k)
    for name, peer in found.items():
        contestants.append(Contestant(name, lambda seed, peer=peer: (peer(*arrays) - truth,)))
    return Row(
        f"KSG, n={n}, d={d}, k={k}",
        f"error of I(X;T) in nats; the truth is {truth:.3f}",
        contestants,
        Bar(times=dict.fromkeys(found, 1.0)),
        peers.missing("ennemi", "npeet"),
    )


FEW_STEPS = {"folds": 2, "steps": 100, "width": 32, "rank": 16}
"""Keywords of `mine` that reach the error of MINE's bar: those of params.yaml."""


def critics(
    n: int = 10000, d: int = 20, rho: float = 0.5, steps: int = 2000, defaults: dict[str, int] | None = None
) -> Row:
    """I(X;T) of d pairs of Gaussians by MINE; `steps` are those of the others, `defaults` keywords of the second."""
    task = closed_forms.gaussian(d, rho)
    truth = task.truth_xt or 0.0
    x, t, _ = task.sample(n, 0)
    y = torch.zeros(n, dtype=torch.long)

    def ours(seed: int, **keywords: int):
        return (_first(mine.estimate(x, t[None], y, seed=seed, **keywords)) - truth,)  # pyright: ignore[reportArgumentType]

    contestants = [
        Contestant(
            "ours", lambda seed: ours(seed, **FEW_STEPS), note="folds: 2, steps: 100, width: 32, rank: 16; cross-fitted"
        ),
        Contestant(
            "ours, defaults", lambda seed: ours(seed, **defaults or {}), note="of the function: folds: 5, steps: 600"
        ),
        Contestant("textbook", lambda seed: (textbook.mine(x, t, seed=seed, steps=steps) - truth,), note="held out"),
    ]
    for name, peer in peers.mine(steps).items():

        def run(seed: int, peer=peer):
            torch.manual_seed(seed)  # the peer draws from the global generator
            return (peer(x, t) - truth,)

        contestants.append(Contestant(name, run, note=f"2 x 256, {steps} steps; evaluated on its training data"))
    return Row(
        f"MINE, n={n}, d={d}, rho={rho:g}",
        f"error of I(X;T) in nats; the truth is {truth:.3f}",
        contestants,
        Bar(3.0, {"torch-mist": 0.2}),
        peers.missing("torch-mist"),
    )


def _first(found: Information) -> float:
    """I(X;T) at the only epoch."""
    assert found.mi_xt is not None
    return float(found.mi_xt[0])


def _unrelated_labels(n: int) -> Tensor:
    """Ten classes that have nothing to do with the samples: both axes are computed, and I(T;Y) is 0."""
    return torch.randint(10, (n,), generator=generator(7))

"""The optimiser of the cross-fitted networks against PyTorch's."""

import pytest
import torch

from infoplane.estimators.parts.memberwise_adam import WARM_UP, MemberwiseAdamW, Optimisation
from infoplane.known.task import generator

MEMBERS, STEPS = 3, 40


def weights_and_targets() -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    draw = generator(0)
    shapes = [(MEMBERS, 4, 5), (MEMBERS, 1, 5)]
    return tuple([torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes] for _ in range(2))


def loss_of(weights: list[torch.Tensor], targets: list[torch.Tensor]) -> torch.Tensor:
    """A sum over members, of which the first has by far the largest gradient."""
    scale = torch.tensor([1000.0, 1.0, 0.1], dtype=torch.float64)[:, None, None]
    return sum((scale * (w - target).pow(4)).sum() for w, target in zip(weights, targets, strict=True))


@pytest.mark.parametrize("clip", [1e9, 0.5])
def test_it_is_the_optimiser_of_pytorch_with_each_member_clipped_alone(clip: float):
    optimisation = Optimisation(steps=STEPS, batch=1, learning_rate=0.05, clip=clip)
    weights, targets = weights_and_targets()
    adam = MemberwiseAdamW(weights, optimisation, weight_decay=0.3)
    # one optimizer a member of PyTorch, whose clipping knows no members
    members = [[w[i].clone().requires_grad_(True) for w in weights] for i in range(MEMBERS)]
    peers = [torch.optim.AdamW(own, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.3) for own in members]
    for step in range(1, STEPS + 1):
        adam.step(lambda: loss_of(weights, targets), step)
        for peer in peers:
            peer.param_groups[0]["lr"] = 0.05 * min(1, step / WARM_UP)
            peer.zero_grad()
        loss_of([torch.stack(parts) for parts in zip(*members, strict=True)], targets).backward()
        for own, peer in zip(members, peers, strict=True):
            torch.nn.utils.clip_grad_norm_(own, clip)
            peer.step()
        for w, parts in zip(weights, zip(*members, strict=True), strict=True):
            torch.testing.assert_close(w, torch.stack(parts).detach(), rtol=1e-6, atol=1e-9)

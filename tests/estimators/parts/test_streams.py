"""Several epochs that draw what each would draw alone."""

import torch

from infoplane.estimators.parts.streams import Streams


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def three(source: torch.Generator) -> torch.Tensor:
    return torch.rand(3, generator=source)


def test_epochs_in_step_share_what_is_drawn_once():
    drawn, alone = [], generator()
    streams = Streams([generator()], 4)
    first = streams.draw(lambda source: drawn.append(source) or three(source))
    assert torch.equal(first, three(alone).expand(4, 3))
    assert len(drawn) == 1


def test_who_leaves_draws_on_from_there_and_who_stays_does_not_notice():
    streams = Streams([generator()], 3)
    streams.draw(three)
    streams.leave([1])
    streams.draw(three, [True, False, True])
    streams.leave([0])
    third = streams.draw(three, [False, False, True])
    alone = generator()
    numbers = [three(alone) for _ in range(3)]
    assert torch.equal(third[2], numbers[2])
    assert torch.equal(streams.draw(three)[:2], torch.stack([numbers[2], numbers[1]]))


def test_a_single_epoch_leaves_nothing_behind():
    source = generator()
    streams = Streams([source], 1)
    streams.draw(three)
    streams.leave([0])
    assert streams.generators == [source]


def test_epochs_with_generators_of_their_own_draw_from_these():
    others = [generator().manual_seed(seed) for seed in (5, 6)]
    streams = Streams(others, 2)
    expected = torch.stack([three(generator().manual_seed(seed)) for seed in (5, 6)])
    assert torch.equal(streams.draw(three), expected)
    assert [streams.generator(epoch) for epoch in range(2)] == others

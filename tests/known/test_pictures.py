"""Pictures of plates and rectangles: that the numbers can be read from them, so that no information is lost."""

import pytest
import torch

from infoplane.known import pictures

N = 2000


def test_centres_of_plates_can_be_read():
    centres = torch.rand(N, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = pictures.plates(centres).float().double()
    # of a Gaussian bump, the logarithm is a parabola, whose steps from pixel to pixel tell where it is
    slope = (drawn[:, 1:] / drawn[:, :-1]).log().mean((1, 2)), (drawn[:, :, 1:] / drawn[:, :, :-1]).log().mean((1, 2))
    step = 1 / (pictures.PIXELS - 1)
    read = torch.stack([each * pictures.PLATE_STD**2 / step + 0.5 for each in slope], 1)
    assert (read - centres).abs().max() < 1e-4


def test_ends_of_rectangles_can_be_read():
    numbers = torch.rand(N, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = pictures.rectangles(numbers).float().double()
    read = []
    for axis in (1, 2):
        profile = drawn.amax(3 - axis)
        full = profile > 1 - 1e-9
        first = full.double().argmax(1)
        last = pictures.PIXELS - 1 - full.flip(1).double().argmax(1)
        inside = torch.arange(pictures.PIXELS)
        before = (profile * (inside < first[:, None])).sum(1)
        after = (profile * (inside > last[:, None])).sum(1)
        low, high = (first - before) / pictures.PIXELS, (last + 1 + after) / pictures.PIXELS
        read += [
            1 - (1 - low / (1 - pictures.SHORTEST)) ** 2,
            (high - low - pictures.SHORTEST) / (1 - pictures.SHORTEST - low),
        ]
    # the second number is a share of the room that is left, of which there may be little
    assert (torch.stack(read, 1) - numbers).abs().quantile(0.999) < 1e-4


@pytest.mark.parametrize("task", pictures.tasks(), ids=lambda task: task.name)
def test_samples_are_pictures_that_differ(task):
    x, t, _ = task.sample(300, 1)
    assert x.shape == t.shape == (300, pictures.PIXELS**2)
    assert x.min() >= 0
    assert max(x.max(), t.max()) <= 1
    assert len(torch.unique(x, dim=0)) == 300

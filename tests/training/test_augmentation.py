"""Images as the training sees them."""

import torch

from infoplane.settings.sections import Augment
from infoplane.training.augmentation import augmented

X = torch.arange(2 * 3 * 5 * 4, dtype=torch.float32).reshape(2, 3, 5, 4).repeat(50, 1, 1, 1) + 1


def is_shifted(image: torch.Tensor, original: torch.Tensor, by: int) -> bool:
    padded = torch.nn.functional.pad(original, (by,) * 4)
    height, width = original.shape[1:]
    places = [(top, left) for top in range(2 * by + 1) for left in range(2 * by + 1)]
    return any(torch.equal(image, padded[:, top : top + height, left : left + width]) for top, left in places)


def test_crops_are_shifts_that_differ_from_image_to_image():
    torch.manual_seed(0)
    made = augmented(X, Augment(crop=1))
    assert made.shape == X.shape
    assert all(is_shifted(image, original, 1) for image, original in zip(made, X, strict=True))
    assert len({tuple(image.flatten().tolist()) for image in made[::2]}) == 9


def test_about_half_are_mirrored_and_the_others_stay():
    torch.manual_seed(0)
    made = augmented(X, Augment(flip=True))
    mirrored = sum(torch.equal(image, original.flip(2)) for image, original in zip(made, X, strict=True))
    same = sum(torch.equal(image, original) for image, original in zip(made, X, strict=True))
    assert mirrored + same == 100
    assert 30 < mirrored < 70


def test_the_same_seed_gives_the_same_images_and_another_other_ones():
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(augmented(X, Augment(crop=2, flip=True)))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])

"""Images as the training sees them, other ones at every epoch: shifted, and flipped from left to right.

What is evaluated and recorded are the images as they are. Randomness comes from torch's global generator of the CPU,
so that every device draws the same.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from infoplane.settings.sections import Augment


def augmented(x: Tensor, how: Augment) -> Tensor:
    """Another draw of the same images.

    Args:
        x: shape (n, channels, height, width).
    Returns: of the same shape; a crop of each at a random place after zeros were added around it, as `crop` says, and
        half of them mirrored where `flip` is set.
    References: He et al. (2016), Deep residual learning for image recognition, doi:10.1109/CVPR.2016.90, section 4.2.
    """
    n, _, height, width = x.shape
    if how.crop:
        tops, lefts = torch.randint(0, 2 * how.crop + 1, (2, n)).to(x.device)
        rows = tops[:, None] + torch.arange(height, device=x.device)
        columns = lefts[:, None] + torch.arange(width, device=x.device)
        samples = torch.arange(n, device=x.device)[:, None, None]
        # indices on both sides of the slice put the channels last
        x = pad(x, (how.crop,) * 4)[samples, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)
    if how.flip:
        mirrored = (torch.rand(n) < 0.5).to(x.device)
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    return x

"""ST-LPIPS: a perceptual distance trained on human judgements, which forgives small shifts.

Ghildyal and Liu, "Shift-tolerant Perceptual Similarity Metric", ECCV 2022, with the published weights (``calotype
weights stlpips``). Numbers are on another scale than those of LPIPS and are never called LPIPS.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.metrics.lpips import Perceptual
from calotype.metrics.psnr import check_same_size
from calotype.nn.shift_tolerant import ShiftTolerant, shift_tolerant


def stlpips(real: Tensor, fake: Tensor, net: ShiftTolerant | None = None) -> Perceptual:
    """The distance of two images of one size; 0 for equal images, lower is closer.

    Args:
        real: the reference image, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, of the same size.
        net: the network; ``None``: AlexNet with the published weights.

    Raises:
        InputError: the sizes differ, the images are too small, or there are no weights.
    """
    check_same_size(real, fake)
    net = net or shift_tolerant()
    with torch.no_grad():
        return Perceptual(float(net(real[:, :3].float(), fake[:, :3].float())), net.name)

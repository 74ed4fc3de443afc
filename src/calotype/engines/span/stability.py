"""Where the network fails, and what is changed in the photo so that it does not.

Between pixels of very different values, as in drawings, text and masks without smoothed edges, the products in the
network's blocks may grow until the result is noise, up to ``REACH`` pixels around. The published weights do so in other
programs, too. The result reduced to the size of the photo tells: of photos it is the photo within 20 grey levels, of
noise it is not. There the photo is smoothed a little, and enlarged again.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.blur import blur
from calotype.image.resize_rows import RowResize

SMOOTHING = (0.5, 0.8, 1.2)  # standard deviations, pixels, one after the other where the one before is not enough
_MOST = 40 / 127.5  # difference of the reduced result from the photo, in -1..1
_AROUND = 4  # pixels around such a difference that are smoothed, too
_FADE = 1.5  # standard deviation of the mask's edge, pixels


def failed(given: Tensor, made: Tensor, rows: int) -> Tensor | None:
    """Where the result is not an enlargement.

    Args:
        given: what was enlarged, [1, C, H, W], -1..1.
        made: the result, [1, C, h, w].
        rows: of the result that are looked at together.

    Returns:
        [1, 1, H, W], 0..1, with soft edges; ``None`` if it is one everywhere.
    """
    resized = RowResize((made.shape[2], made.shape[3]), (given.shape[2], given.shape[3]))
    wrong, row = given.new_zeros((1, 1, *given.shape[2:])), 0
    for start in range(0, made.shape[2], rows):
        reduced = resized.feed(made[:, :, start : start + rows])
        stop = row + reduced.shape[2]
        difference = (reduced - given[:, :, row:stop]).abs_().amax(1, keepdim=True)
        wrong[:, :, row:stop] = difference > _MOST
        row = stop
    if not bool(wrong.any()):
        return None
    return blur(F.max_pool2d(wrong, 2 * _AROUND + 1, 1, _AROUND), _FADE).clamp(0, 1)


def smoothed(given: Tensor, where: Tensor, attempt: int) -> Tensor:
    """``given`` [1, C, H, W], smoothed where the mask [1, 1, H, W] says; ``attempt`` counts from 0."""
    return torch.lerp(given, blur(given, SMOOTHING[attempt]), where)

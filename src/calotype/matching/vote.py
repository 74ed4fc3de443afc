"""A picture from a field: every patch is replaced by its match, and where matches overlap they are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# Patches that vote at a time, in whole rows: what they lend is held beside the picture.
STRIP = 1 << 22
# Less weight than this on a pixel is none.
LEAST_TRUST = 1e-12


def vote(
    field: Tensor,
    grid: tuple[int, int],
    values: Tensor,
    key_columns: int,
    patch: int,
    size: tuple[int, int],
    spread: float = 0.0,
    trust: Tensor | None = None,
    otherwise: Tensor | None = None,
) -> Tensor:
    """Average the matched patches where they overlap.

    Pixel by pixel of the patch rather than patch by patch, so that memory is that of the picture, not ``patch ** 2``
    times it.

    Args:
        field: int64 [rows * columns], the key patch chosen for every query patch.
        grid: rows and columns of the query's patches; along an axis that wraps round, as many as pixels.
        values: [1, C, H, W], where the patches' pixels are taken from.
        key_columns: columns of the key's grid of patches, by which ``field`` counts.
        patch: side of a patch, pixels.
        size: height and width of the result.
        spread: standard deviation of a patch's weight around its middle, as a fraction of ``patch``; 0 is flat.
        trust: [rows * columns], how much each patch counts, or ``None`` for all alike.
        otherwise: [1, C, height, width], what stands where no patch counts; needed only with ``trust``.

    Returns:
        [1, C, height, width].
    """
    channels, width = values.shape[1], values.shape[3]
    pixels = values[0].permute(1, 2, 0).reshape(-1, channels).contiguous()
    rows, columns = grid
    window = weights(patch, spread)
    total = torch.zeros(rows + patch - 1, columns + patch - 1, channels, device=values.device)
    height = max(1, STRIP // columns)
    for top in range(0, rows, height):
        some = field.view(rows, columns)[top : top + height]
        corner = ((some // key_columns) * width + some % key_columns).flatten()
        for dy in range(patch):
            for dx in range(patch):
                part = pixels.index_select(0, corner + (dy * width + dx)).view(*some.shape, channels)
                if trust is not None:
                    part = part * trust.view(rows, columns, 1)[top : top + height]
                onto = total[top + dy : top + dy + some.shape[0], dx : dx + columns]
                onto.add_(part, alpha=window[dy] * window[dx])
    total, count = wrapped(total, size), wrapped(covered(grid, window, trust, values.device)[:, :, None], size)
    if otherwise is None:
        return total.div_(count).permute(2, 0, 1)[None]
    voted = (total / count.clamp_min(LEAST_TRUST)).permute(2, 0, 1)[None]
    return torch.where(count[None, None, :, :, 0] > LEAST_TRUST, voted, otherwise)


def covered(grid: tuple[int, int], window: Sequence[float], trust: Tensor | None, device: torch.device) -> Tensor:
    """The total weight [rows + patch - 1, columns + patch - 1] that the patches of ``grid`` lay on each pixel."""
    if trust is None:
        return cover(grid[0], window, device)[:, None] * cover(grid[1], window, device)[None]
    bell = torch.tensor(window, device=device)
    side = len(window) - 1
    spread = F.conv2d(F.pad(trust.view(1, 1, *grid), (side,) * 4), (bell[:, None] * bell[None]).flip(0, 1)[None, None])
    return spread[0, 0]


def weights(patch: int, spread: float) -> list[float]:
    """Weight of each row (and column) of a patch: a bell of standard deviation ``spread * patch`` pixels; 0 is flat."""
    middle, deviation = (patch - 1) / 2, spread * patch
    return [math.exp(-(((i - middle) / deviation) ** 2) / 2) if spread > 0 else 1.0 for i in range(patch)]


def cover(patches: int, window: Sequence[float], device: torch.device) -> Tensor:
    """The total weight with which ``patches`` patches in a row, one a pixel, cover each pixel."""
    total = torch.zeros(patches + len(window) - 1, device=device)
    for i, weight in enumerate(window):
        total[i : i + patches] += weight
    return total


def wrapped(canvas: Tensor, size: tuple[int, int]) -> Tensor:
    """Add what hangs over the end of a wrapping axis to its beginning."""
    height, width = size
    if canvas.shape[0] > height:
        canvas[: canvas.shape[0] - height] += canvas[height:]
    if canvas.shape[1] > width:
        canvas[:, : canvas.shape[1] - width] += canvas[:, width:]
    return canvas[:height, :width]

"""Image synthesis from a field: every patch is replaced by its match, and overlapping matches are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# Patches accumulated at a time, in whole rows; bounds the memory of their pixels.
STRIP = 1 << 22
# Pixels of less total weight get the fallback.
MIN_WEIGHT = 1e-12


def vote(
    field: Tensor,
    grid: tuple[int, int],
    values: Tensor,
    key_columns: int,
    patch: int,
    size: tuple[int, int],
    spread: float = 0.0,
    confidence: Tensor | None = None,
    fallback: Tensor | None = None,
) -> Tensor:
    """Average the matched patches where they overlap.

    Loops over the pixels of a patch rather than over patches, so that the memory is that of the image, not ``patch **
    2`` times as much.

    Args:
        field: int64 [rows * columns], the key patch of every query patch.
        grid: rows and columns of the query's patches; along a periodic axis, as many as pixels.
        values: [1, C, H, W], the source of pixels.
        key_columns: columns of the key's grid, by which ``field`` counts.
        patch: side of a patch, pixels.
        size: height and width of the result.
        spread: standard deviation of the Gaussian weights in a patch, as a fraction of ``patch``; 0 is uniform.
        confidence: [rows * columns], weight of each patch, or ``None`` for 1.
        fallback: [1, C, height, width], used where the total weight is 0; needed only with ``confidence``.

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
                if confidence is not None:
                    part = part * confidence.view(rows, columns, 1)[top : top + height]
                target = total[top + dy : top + dy + some.shape[0], dx : dx + columns]
                target.add_(part, alpha=window[dy] * window[dx])
    total, count = folded(total, size), folded(total_weights(grid, window, confidence, values.device)[:, :, None], size)
    if fallback is None:
        return total.div_(count).permute(2, 0, 1)[None]
    voted = (total / count.clamp_min(MIN_WEIGHT)).permute(2, 0, 1)[None]
    return torch.where(count[None, None, :, :, 0] > MIN_WEIGHT, voted, fallback)


def total_weights(
    grid: tuple[int, int], window: Sequence[float], confidence: Tensor | None, device: torch.device
) -> Tensor:
    """The total weight [rows + patch - 1, columns + patch - 1] of all patches of ``grid`` on each pixel."""
    if confidence is None:
        return total_weights_1d(grid[0], window, device)[:, None] * total_weights_1d(grid[1], window, device)[None]
    profile = torch.tensor(window, device=device)
    side = len(window) - 1
    spread = F.conv2d(
        F.pad(confidence.view(1, 1, *grid), (side,) * 4), (profile[:, None] * profile[None]).flip(0, 1)[None, None]
    )
    return spread[0, 0]


def weights(patch: int, spread: float) -> list[float]:
    """Weight of each row (and column) of a patch: a Gaussian of standard deviation ``spread * patch`` pixels; 0 is
    uniform.
    """
    middle, deviation = (patch - 1) / 2, spread * patch
    return [math.exp(-(((i - middle) / deviation) ** 2) / 2) if spread > 0 else 1.0 for i in range(patch)]


def total_weights_1d(patches: int, window: Sequence[float], device: torch.device) -> Tensor:
    """The total weight of ``patches`` patches in a row, one per pixel, on each pixel."""
    total = torch.zeros(patches + len(window) - 1, device=device)
    for i, weight in enumerate(window):
        total[i : i + patches] += weight
    return total


def folded(canvas: Tensor, size: tuple[int, int]) -> Tensor:
    """Add the part beyond the end of a periodic axis to its start."""
    height, width = size
    if canvas.shape[0] > height:
        canvas[: canvas.shape[0] - height] += canvas[height:]
    if canvas.shape[1] > width:
        canvas[:, : canvas.shape[1] - width] += canvas[:, width:]
    return canvas[:height, :width]

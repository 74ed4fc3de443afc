"""Descriptors of the parts of a photo that the patches of a hole are matched with.

At fine levels, matches come from the level before and move little: of large photos, nearly all of the time would be
spent on describing patches that none is compared with.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import Grid, PartialRows, forbid_rows, row_width, strip_size, write_key_rows

# Side of the squares of patches that are described together, and how far around a match patches are described.
SIDE, MARGIN = 32, 4


def rows_near(source: Grid, matches: Tensor) -> PartialRows:
    """The ``key_rows`` of the squares of patches that contain a match or come near one.

    Args:
        source: the patches of the photo; both sides of its grid are ``SIDE`` or more.
        matches: int64 [n], indices of patches.
    """
    corners = squares(matches, source.shape)
    within = torch.arange(SIDE, device=matches.device)
    y, x = corners[:, 0, None, None] + within[:, None], corners[:, 1, None, None] + within
    index = torch.zeros(source.shape, dtype=torch.int64, device=matches.device)
    index[y, x] = torch.arange(1, y.shape[0] * SIDE**2 + 1, device=matches.device).view(-1, SIDE, SIDE)
    if source.forbidden is not None:
        index.masked_fill_(source.forbidden, 0)
    rows = torch.empty(len(corners) * SIDE**2 + 1, row_width(source.width), device=matches.device)
    forbid_rows(rows, 0, source.width)
    side = SIDE + source.filters.shape[-1] - 1
    windows = source.picture[0].unfold(1, side, 1).unfold(2, side, 1)
    step = max(1, strip_size(matches.device) // SIDE**2)
    for start in range(0, len(corners), step):
        some = slice(start, start + step)
        pictures = windows[:, corners[some, 0], corners[some, 1]].transpose(0, 1)
        described = F.conv2d(pictures.contiguous(memory_format=torch.channels_last), source.filters)
        described = described.permute(0, 2, 3, 1)
        if source.position is not None:
            described = torch.cat([described, source.position[y[some], x[some]]], 3)
        described = described.reshape(-1, source.width)
        first = 1 + start * SIDE**2
        write_key_rows(rows[first : first + len(described)], described, source.unit)
    return PartialRows(rows, index.flatten())


def squares(matches: Tensor, shape: tuple[int, int]) -> Tensor:
    """Top and left of the squares of side ``SIDE`` that contain the matches and what is near them: int64 [n, 2].

    The last ones of a row or column overlap those before.
    """
    rows, columns = shape
    y, x = matches // columns, matches % columns
    found = torch.zeros(-(-rows // SIDE), -(-columns // SIDE), dtype=torch.bool, device=matches.device)
    for down in (-MARGIN, MARGIN):
        for across in (-MARGIN, MARGIN):
            found[(y + down).clamp(0, rows - 1) // SIDE, (x + across).clamp(0, columns - 1) // SIDE] = True
    last = torch.tensor([rows - SIDE, columns - SIDE], device=matches.device)
    return torch.minimum(found.nonzero() * SIDE, last)

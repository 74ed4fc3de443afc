"""Whether wide pictures are pairs side by side: each has a seam in the middle, where its halves meet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calotype.errors import InputError
from calotype.image.io import open_photo

_LOOKED_AT = 9  # pictures, evenly spaced
_LEAST_TOLD = 3  # pictures that tell something, below which none are refused
_SIDE = 512  # largest of a picture as it is looked at, pixels
_VISIBLE = 2.0  # least mean difference over the middle that tells something, of 255
_SEAM = 1.5  # least ratio of the difference over the middle and those near it
_NEAR = 1 / 20  # how far "near" reaches to either side, of the width


def without_seams(files: Sequence[Path]) -> bool:
    """Whether most pictures have no edge in the middle, as photos have none and pairs have one.

    The seam of a pair is a step between two columns of pixels. Pictures whose middle is plain, such as drawings on
    white paper, tell nothing, and where most are so the answer is no. It is no, too, where fewer than three tell
    something: single pairs have no seam where one half mirrors the other, or where its border is soft or dark.

    Args:
        files: the pictures, of which a few are looked at; what cannot be read tells nothing.
    """
    chosen = np.unique(np.linspace(0, len(files) - 1, _LOOKED_AT).round().astype(int)) if files else ()
    told = [seam for seam in (_seam(files[number]) for number in chosen) if seam is not None]
    return len(told) >= max(_LEAST_TOLD, len(chosen) / 2) and 2 * sum(told) < len(told)


def _seam(file: Path) -> bool | None:
    """Whether there is a step in the middle; ``None`` if the middle is plain or the file cannot be read."""
    try:
        grey = open_photo(file, max_side=_SIDE).rgb.mean(2, dtype=np.float32)
    except InputError:
        return None
    middle = grey.shape[1] // 2
    steps = np.abs(np.diff(grey, axis=1)).mean(0)
    # The middle of a picture made smaller may lie a pixel aside.
    steps = np.lib.stride_tricks.sliding_window_view(steps, 3).max(1)
    at, reach = middle - 2, max(6, round(grey.shape[1] * _NEAR))
    near = np.concatenate([steps[max(0, at - reach) : max(0, at - 2)], steps[at + 3 : at + reach + 1]])
    if not near.size or steps[at] < _VISIBLE:
        return None
    return bool(steps[at] > _SEAM * (np.median(near) + 0.5))

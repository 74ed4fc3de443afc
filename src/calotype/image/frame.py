"""The frame of a photo: a line or border of one colour along an edge, as scans and framed pictures have."""

from __future__ import annotations

from torch import Tensor

# Share of the longer side that a frame is at most wide; shares of a line's pixels that have to be of the frame's colour
# and, in the first line of the picture, of another: that line begins and ends with the frame of two other sides.
_WIDEST, _AGREE, _DIFFER = 0.15, 0.9, 0.6
# Of 255 levels: pixels of a frame differ less from its colour, those beside it more.
_SAME, _OTHER = 20 / 127.5, 28 / 127.5
# Lines between a frame and the picture, where resizing and lossy compression have mixed the two.
_MIXED, _MIXED_LOSSY = 2, 4
_SLANT = 6  # lines that the edge of a frame may rise by


def frame_widths(photo: Tensor) -> tuple[int, int, int, int]:
    """Width of the frame at the left, right, top and bottom of a photo, pixels; 0 where there is none.

    A frame is of one colour along the whole edge and ends abruptly: a smooth sky at the top of a photo is none.

    Args:
        photo: [1, C, H, W], -1..1.
    """
    colours = photo[0, :3]
    left, right = (_width(x.permute(2, 1, 0)) for x in (colours, colours.flip(2)))
    top, bottom = (_width(x.permute(1, 2, 0)) for x in (colours, colours.flip(1)))
    return left, right, top, bottom


def _width(lines: Tensor) -> int:
    """Width of the frame whose outermost line is the first of [lines, pixels, 3]."""
    most = round(_WIDEST * max(lines.shape[:2]))
    lines = lines[: min(most + 2 * _SLANT, len(lines) // 3)]
    if len(lines) < _MIXED + 2:
        return 0
    colour = lines[0].median(0).values
    apart = (lines - colour).abs().amax(2)
    width = int(((apart < _SAME).float().mean(1) >= _AGREE).cumprod(0).sum())
    if not width or width > most or width + _MIXED >= len(lines):
        return 0
    # The picture begins within a few lines: more of them for wide frames, whose edge may be slanted.
    others = (apart > _OTHER).float().mean(1)[width : width + min(max(_MIXED, width), _SLANT) + 1]
    picture = (others >= _DIFFER).nonzero()
    if not len(picture):
        return 0
    end = width + int(picture[0])
    # And abruptly in most pixels of the line, as a gradient does not.
    jumps = (lines[width : end + 2] - lines[width - 1 : -2][: end + 2 - width]).abs().amax(2).amax(0)
    if float((jumps > _OTHER).float().mean()) < _DIFFER:
        return 0
    lossy = float(apart[:width].amax()) > 0
    return end + (_MIXED_LOSSY if lossy else 1)

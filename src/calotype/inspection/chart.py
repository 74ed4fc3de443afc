"""The chart of a dissection: class areas in both sets, and their relative difference, as SVG and as a picture.

As figure 4 of the paper, turned so that names are read without tilting the head: one row a class, the largest of the
real set first, areas on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image, ImageDraw, ImageFont

from calotype.metrics.fsd import ClassArea

MOST = 30  # classes, as in the paper
REAL, FAKE, BAD, INK, GRID = "#4477aa", "#ee7733", "#bb2233", "#222222", "#d8d8d8"
_WIDTH, _ROW, _TOP, _TEXT = 760, 22, 44, 13
_NAMES, _AREAS, _CHANGES = (0, 150), (160, 440), (490, 740)  # columns, pixels
_LEAST, _MOST = -1.0, 1.1  # relative differences that are drawn; above, the number is written


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    left: float
    top: float
    right: float
    bottom: float
    colour: str


@dataclass(frozen=True)
class Line:
    """A line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: int = 1


@dataclass(frozen=True)
class Text:
    """A text, its middle at height ``y``; ``anchor`` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    colour: str = INK


Shape = Box | Line | Text


def chart_of(classes: Sequence[ClassArea]) -> tuple[int, int, list[Shape]]:
    """Width, height and shapes of the chart of classes, which are in the order of their real area."""
    shown = classes[:MOST]
    height = _TOP + _ROW * len(shown) + 8
    return _WIDTH, height, [*_frame(shown, height), *(s for i, one in enumerate(shown) for s in _row(i, one, shown))]


def _range(classes: Sequence[ClassArea]) -> tuple[float, float]:
    """Powers of ten around all areas above zero."""
    values = [value for one in classes for value in (one.real, one.fake) if value > 0] or [1.0]
    low = max(min(values), max(values) / 1e6)
    return math.floor(math.log10(low)), max(math.ceil(math.log10(max(values))), math.floor(math.log10(low)) + 1)


def _frame(classes: Sequence[ClassArea], height: int) -> Iterator[Shape]:
    low, high = _range(classes)
    yield Text(_AREAS[0], 10, "area, % of a picture")
    yield Text(_CHANGES[0], 10, "relative difference, 95 % interval")
    for power in range(int(low), int(high) + 1):
        x = _AREAS[0] + (power - low) / (high - low) * (_AREAS[1] - _AREAS[0])
        yield Line(x, _TOP - 4, x, height - 6, GRID)
        yield Text(x, 28, f"{10.0**power:g}", "middle")
    for value in (-1.0, -0.5, 0.0, 0.5, 1.0):
        x = _change_x(value)
        yield Line(x, _TOP - 4, x, height - 6, INK if value == 0 else GRID)
        yield Text(x, 28, f"{value:+g}" if value else "0", "middle")


def _row(number: int, one: ClassArea, classes: Sequence[ClassArea]) -> Iterator[Shape]:
    low, high = _range(classes)
    top, middle = _TOP + _ROW * number, _TOP + _ROW * (number + 0.5)

    def at(value: float) -> float:
        share = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
        return _AREAS[0] + max(0.0, share) * (_AREAS[1] - _AREAS[0])

    yield Text(_NAMES[1], middle, one.name if len(one.name) <= 20 else one.name[:19] + "…", "end")
    yield Box(_AREAS[0], top + 4, max(at(one.real), _AREAS[0] + 1), top + _ROW - 4, REAL)
    x = at(one.fake)
    yield Box(x - 3, top + 2, x + 3, top + _ROW - 2, FAKE)
    if one.change is None or one.least is None or one.most is None:
        yield Text(_change_x(0) + 6, middle, "not in the set")
        return
    colour = BAD if one.most < -0.3 else FAKE
    ends = sorted((_change_x(0), _change_x(one.change)))
    yield Box(ends[0], top + 5, max(ends[1], ends[0] + 1), top + _ROW - 5, colour)
    yield Line(_change_x(one.least), middle, _change_x(one.most), middle, INK, 2)
    if one.change > _MOST:
        yield Text(_CHANGES[1] - 4, middle, f"+{one.change:.1f}", "end")


def _change_x(value: float) -> float:
    share = (min(max(value, _LEAST), _MOST) - _LEAST) / (_MOST - _LEAST)
    return _CHANGES[0] + share * (_CHANGES[1] - _CHANGES[0])


def svg(width: int, height: int, shapes: Sequence[Shape], title: str) -> str:
    """The chart as an SVG element."""
    parts = []
    for shape in shapes:
        if isinstance(shape, Box):
            size = f'width="{shape.right - shape.left:.1f}" height="{shape.bottom - shape.top:.1f}"'
            parts.append(f'<rect x="{shape.left:.1f}" y="{shape.top:.1f}" {size} fill="{shape.colour}"/>')
        elif isinstance(shape, Line):
            ends = f'x1="{shape.x1:.1f}" y1="{shape.y1:.1f}" x2="{shape.x2:.1f}" y2="{shape.y2:.1f}"'
            parts.append(f'<line {ends} stroke="{shape.colour}" stroke-width="{shape.width}"/>')
        else:
            place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.anchor}" fill="{shape.colour}"'
            parts.append(f'<text {place} dominant-baseline="central">{escape(shape.text)}</text>')
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" font-size="{_TEXT}" '
        f'font-family="system-ui, sans-serif">{"".join(parts)}</svg>'
    )


def picture(width: int, height: int, shapes: Sequence[Shape], scale: int = 2) -> Image.Image:
    """The chart as a picture, RGB, ``scale`` times as large."""
    image = Image.new("RGB", (width * scale, height * scale), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(_TEXT * scale)
    anchors = {"start": "lm", "middle": "mm", "end": "rm"}
    for shape in shapes:
        if isinstance(shape, Box):
            corners = (shape.left * scale, shape.top * scale, shape.right * scale - 1, shape.bottom * scale - 1)
            draw.rectangle(corners, fill=shape.colour)
        elif isinstance(shape, Line):
            ends = (shape.x1 * scale, shape.y1 * scale, shape.x2 * scale, shape.y2 * scale)
            draw.line(ends, fill=shape.colour, width=shape.width * scale)
        else:
            place = (shape.x * scale, shape.y * scale)
            draw.text(place, shape.text, fill=shape.colour, font=font, anchor=anchors[shape.anchor])
    return image

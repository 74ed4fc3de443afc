"""Parts of the pages that inspections write: one HTML file each, with its pictures in it, that loads nothing."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.image.io import to_image
from calotype.image.labels import flat_colours
from calotype.image.resize import resize
from calotype.inspection.chart import FAKE, REAL

_STYLE = Path(__file__).with_name("page.css")
_SHOWN, _LARGEST = 96, 192  # side of a shown picture, pixels


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page."""
    style = _STYLE.read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; ``kind`` is a class of the style sheet."""
    return f"<p{_kind(kind)}>{escape(text)}</p>"


def heading(text: str, level: int = 2) -> str:
    """A heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def row(parts: Iterable[str]) -> str:
    """Parts beside each other, as many as there is room for."""
    return f'<div class="row">{"".join(parts)}</div>'


def figure(pictures: Sequence[Tensor], caption: str = "") -> str:
    """Pictures [3, H, W], -1..1, side by side, with a caption."""
    images = "".join(map(_image, pictures))
    text = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><div class="pair">{images}</div>{text}</figure>'


def key(names: Sequence[str], numbers: Iterable[int]) -> str:
    """The colours of some classes."""
    colours = flat_colours(len(names))
    items = "".join(f'<span style="--c: rgb{colours[i]}">{escape(names[i])}</span>' for i in numbers)
    return f'<div class="key">{items}</div>'


def seen(maps: Iterable[Tensor]) -> list[int]:
    """The classes that are in some label maps."""
    return sorted({int(i) for each in maps for i in torch.unique(each) if i >= 0})


def key_of_chart() -> str:
    """The colours of both sets."""
    return f'<div class="key"><span style="--c: {REAL}">real</span><span style="--c: {FAKE}">generated</span></div>'


def painted(maps: Tensor, classes: int) -> Tensor:
    """Label maps int64 [N, H, W] in the flat colours of ``key``; below 0 in black: [N, 3, H, W], -1..1."""
    colours = torch.tensor([*flat_colours(classes), (0, 0, 0)]).float() / 127.5 - 1
    return colours[maps.where(maps >= 0, classes)].permute(0, 3, 1, 2)


def _image(picture: Tensor) -> str:
    height, width = picture.shape[1:]
    if max(height, width) > _LARGEST:
        factor = _LARGEST / max(height, width)
        picture = resize(picture[None], (max(1, round(height * factor)), max(1, round(width * factor))))[0]
        height, width = picture.shape[1:]
    times = max(1, -(-_SHOWN // max(height, width)))
    data = io.BytesIO()
    image: Any = to_image(picture)
    image.save(data, format="PNG", optimize=True)
    text = base64.b64encode(data.getvalue()).decode("ascii")
    return f'<img alt="" width="{width * times}" height="{height * times}" src="data:image/png;base64,{text}">'


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""

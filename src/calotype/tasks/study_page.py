"""The page of a user study: one HTML file with its pictures, which neither names methods nor says what is real."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks.study_trials import Plan

if TYPE_CHECKING:
    from PIL import Image

_SMALLEST = 16  # pixels of the shorter side
_TEMPLATE = Path(__file__).with_name("study_page.html")
_PLACE = "/*STUDY*/"


def page(plan: Plan, id: str, *, seconds: float, twice: bool, side: int, criterion: str = "") -> str:
    """The text of the page.

    Args:
        plan: the trials.
        id: of the study.
        seconds: how long pictures are shown; 0 for no limit.
        twice: whether every trial comes again, with the pictures in reverse order.
        side: largest side of a shown picture, pixels; larger pictures are shrunk.
        criterion: for rankings, what participants rank by; empty: likeness to the photo.

    A photo and all that was generated from it have the same longer side, that of the smallest of them, as a difference
    would say which is which. In rankings, where the photo is known, they have one scale instead.
    """
    names, sides = sorted(plan.pictures), _sides(plan, side)
    content = {
        "id": id,
        "kind": plan.kind,
        "seconds": seconds,
        "twice": twice,
        "criterion": criterion,
        "forms": [[{"pictures": trial.pictures, "source": trial.source} for trial in form] for form in plan.forms],
        "pictures": {name: _embedded(plan.pictures[name].path, sides[name]) for name in names},
    }
    text = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    return _TEMPLATE.read_text(encoding="utf-8").replace(_PLACE, text)


def _sides(plan: Plan, side: int) -> dict[str, int]:
    """The longer side of each picture as it is shown, pixels.

    Raises:
        InputError: a picture cannot be read, or would have too few pixels.
    """
    from calotype.image.io import open_photo

    longer: dict[str, int] = {}
    for name, one in plan.pictures.items():
        size = open_photo(one.path).size
        longer[name] = max(size.height, size.width)
        if min(size.height, size.width) * min(1.0, side / longer[name]) < _SMALLEST:
            raise InputError(f"{shown(one.path)} would be too small with a side of {side} pixels: give more (--side)")
    groups: dict[str, list[int]] = {}
    for name, one in plan.pictures.items():
        groups.setdefault(one.photo, []).append(longer[name])
    if plan.kind == "ranking":
        scales = {photo: min(1.0, side / max(sides)) for photo, sides in groups.items()}
        return {name: max(1, round(longer[name] * scales[one.photo])) for name, one in plan.pictures.items()}
    return {name: min(side, *groups[one.photo]) for name, one in plan.pictures.items()}


def study_id(plan: Plan, settings: Any) -> str:
    """Hash of all that the study shows: 16 hexadecimal digits."""
    shown = [(name, sha256_of(one.path)) for name, one in sorted(plan.pictures.items())]
    forms = [[(trial.pictures, trial.source) for trial in form] for form in plan.forms]
    return hashlib.sha256(json.dumps([shown, forms, settings]).encode()).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """Hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _embedded(path: Path, side: int) -> str:
    """The pixels as a PNG without metadata, in a data URL."""
    from calotype.image.io import open_photo, to_image, to_tensor

    data = io.BytesIO()
    picture: Image.Image = to_image(to_tensor(open_photo(path, max_side=side)))
    picture.save(data, format="PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode("ascii")

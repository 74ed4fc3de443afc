"""Pictures in place of those that are still to be painted, to estimate a job before they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.studio.forms import is_painted, parameters
from calotype.tasks import model_store

if TYPE_CHECKING:
    from PIL.Image import Image

_MAP = 256  # pixels of the sides of a layout that is painted without a photo
_SIDE = 512  # pixels of the longer side: masks and the like may be smaller than the photo


@contextmanager
def with_stand_ins(verb: str, given: Mapping[str, Any], share: float) -> Iterator[dict[str, Any]]:
    """The arguments of a verb in the block, with a picture for each that is painted on the photo and is missing.

    Args:
        verb: name of the verb.
        given: its arguments; pictures as paths, with the photo.
        share: the share of the photo that a mask covers, 0..1.
    """
    known = parameters(verb)
    photo = next((name for name, (about, _) in known.items() if about.kind == "photo"), None)
    missing = {
        name: about.kind
        for name, (about, _) in known.items()
        if is_painted(about) and (about.first or about.begins or about.kind != "mask") and _is_open(given.get(name))
    }
    if photo is None:  # only the layout is painted there
        missing = {name: kind for name, kind in missing.items() if name == "layout"}
    if not missing:
        yield dict(given)
        return
    small = _blank() if photo is None else _small(given[photo])
    colours = _colours(given.get("model"))
    with tempfile.TemporaryDirectory() as folder:
        made = {name: str(Path(folder) / f"{name}.png") for name in missing}
        for name, path in made.items():
            _picture(missing[name], small, share, colours).save(path)
        yield {**given, **made}


def _small(photo: str) -> Image:
    from PIL import ImageOps

    from calotype.image.io import opened

    with open(photo, "rb") as file, opened(file, f"'{Path(photo).name}'") as image:
        image.draft("RGB", (_SIDE, _SIDE))
        small: Image = ImageOps.exif_transpose(image)
        small.thumbnail((_SIDE, _SIDE))
        return small.convert("RGB")


def _blank() -> Image:
    from PIL import Image as Images

    return Images.new("RGB", (_MAP, _MAP))


def _colours(model: Any) -> list[tuple[int, int, int]]:
    """The colours of two classes of a model; black and white if it has none."""
    about = model_store.described(Path(model)).get("about", {}) if model else {}
    found = [tuple(colour) for colour in about.get("colours", [])[:2]]
    return found if len(found) > 1 else [(0, 0, 0), (255, 255, 255)]


def _is_open(value: Any) -> bool:
    return value is None or value == "auto"


def _picture(kind: str, photo: Image, share: float, colours: list[tuple[int, int, int]]) -> Image:
    """A mask or a label map with a box in the middle, or the photo, changed there."""
    from PIL import Image as Images
    from PIL import ImageChops

    side = max(0.02, min(0.95, share)) ** 0.5
    width, height = photo.size
    wide, high = max(1, round(side * width)), max(1, round(side * height))
    box = ((width - wide) // 2, (height - high) // 2, (width + wide) // 2, (height + high) // 2)
    mask = Images.new("L", photo.size, 0)
    mask.paste(255, box)
    if kind == "mask":
        return mask
    if kind == "label map":
        ground, box_colour = (Images.new("RGB", photo.size, colour) for colour in colours)
        return Images.composite(box_colour, ground, mask)
    return Images.composite(ImageChops.invert(photo), photo, mask)

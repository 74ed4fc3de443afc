"""Sets and models for ``studio_walk.py``: one of every system that the page offers, trained for some steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import calotype
from calotype.data.sets import solids
from calotype.data.writing import Made, write_samples
from calotype.tasks.data import data
from calotype.tasks.models import take_over

EXAMPLES = Path(__file__).parents[1] / "examples"
SHOWN = {"faces": "stylegan", "landscapes": "spade", "parts": "smis"}  # example models, and their systems
SHAPES = 120  # pictures
_COLOURS = ((230, 60, 50), (60, 170, 80), (60, 90, 220), (240, 200, 60))


def prepared(folder: Path, only: Collection[str] = ()) -> tuple[dict[str, str], dict[str, Path]]:
    """The names of models in the model store, by system or purpose, and the folders of sets, by name.

    Args:
        folder: of the sets.
        only: these models; empty: all.
    """
    sets = {
        "shapes": data("shapes", out=folder / "shapes", size=32, count=SHAPES),
        "clips": clips(folder / "clips"),
        "lines": _pairs(folder / "lines", lambda image: image.convert("L").filter(ImageFilter.FIND_EDGES)),
        "blurs": _pairs(folder / "blurs", lambda image: image.filter(ImageFilter.GaussianBlur(4))),
        "artworks": _artworks(folder / "artworks"),
        "solids": _rooms(folder / "solids"),
    }
    names: dict[str, str] = {}
    for name, make in _makers(sets, names).items():
        if not only or name in only:
            names[name] = make()
    return names, sets


def _makers(sets: Mapping[str, Path], names: Mapping[str, str]) -> dict[str, Callable[[], str]]:
    """How each model is made; one that is taught needs that of an earlier name."""

    def taken(folder: str) -> Callable[[], str]:
        return lambda: take_over(EXAMPLES / "models" / folder).name

    def trained(system: str, name: str, **settings: str) -> Callable[[], str]:
        return lambda: _trained(system, sets[name], **settings)

    def taught() -> str:
        return calotype.teach(names["bicyclegan"], sets["blurs"], locked=True, device="cpu").folder.name

    return {
        **{system: taken(name) for name, system in SHOWN.items()},
        **{system: trained(system, "shapes") for system in ("scenegraph", "bachgan", "pyramid")},
        **{system: trained(system, "clips") for system in ("disentangle", "idpose")},
        "cocogan": trained("cocogan", "shapes", beyond="1", beyond_steps="3"),
        "cylindrical": trained("cocogan", "shapes", coordinates="cylindrical"),
        "control3d": trained("control3d", "solids", classes="2"),
        "styledisentangle": trained("styledisentangle", "artworks"),
        "bicyclegan": trained("bicyclegan", "lines"),
        "lifelong": taught,
    }


def _trained(system: str, folder: Path, **settings: str) -> str:
    return calotype.train(system, folder, preset="tiny", settings=settings, device="cpu").folder.name


def _rooms(folder: Path) -> Path:
    write_samples(folder, {"labels": ["background", "scenes"]}, solids.compose([], 16, 9, 0))
    return folder


def clips(folder: Path) -> Path:
    """Folders of frames: a figure of one colour at four places."""
    for i, colour in enumerate(_COLOURS):
        (folder / f"figure{i}").mkdir(parents=True)
        for k in range(4):
            picture = np.full((64, 64, 3), 225, np.uint8)
            picture[16:52, 6 + 11 * k : 22 + 11 * k] = colour
            picture[8:18, 9 + 11 * k : 19 + 11 * k] = 40
            Image.fromarray(picture).save(folder / f"figure{i}" / f"{k}.png")
    return folder


def _pieces(count: int, side: int = 32) -> list[Image.Image]:
    """Squares of the example photos."""
    photos = [Image.open(path).convert("RGB") for path in sorted((EXAMPLES / "photos").glob("*.jpg"))]
    found = []
    for i in range(count):
        image = photos[i % len(photos)]
        wide = min(image.size) // 2
        left, top = (i * 71) % (image.width - wide), (i * 43) % (image.height - wide)
        found.append(image.crop((left, top, left + wide, top + wide)).resize((side, side)))
    return found


def _pairs(folder: Path, change: Callable[[Image.Image], Image.Image]) -> Path:
    """Pictures, each with a condition."""
    write_samples(folder, {}, [Made(image=one, other=change(one).convert("RGB")) for one in _pieces(8)])
    return folder


def _artworks(folder: Path) -> Path:
    """Photos, and the same in few colours: two styles."""
    made = []
    for i, one in enumerate(_pieces(12)):
        flat = one if i % 3 == 0 else one.quantize(2 + 4 * (i % 3)).convert("RGB")
        made.append(Made(image=flat, label=i % 3, info={"category": "ab"[i % 2]}))
    write_samples(folder, {"labels": ["photo", "one", "two"]}, made)
    return folder

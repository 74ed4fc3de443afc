"""Frames of the units of a game: each unit walks, strikes and defends; no labels but who it is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.writing import Made
from calotype.errors import InputError, counted

_UNITS = re.compile(r"usr/share/games/wesnoth/[0-9.]+/data/core/images/units/.+\.png")
_SIDE = 72  # pixels of the frames that are used; a few units are larger
_LEAST = 5  # frames of a unit
TURF = ((176, 170, 150), (150, 160, 132), (168, 160, 160), (190, 178, 152))

ABOUT = About(
    name="sprites",
    summary="units of a game: frames of walking, striking and defending, by unit",
    packages=(
        Package(
            "apt",
            "wesnoth-1.16-data",
            "1:1.16.9-1",
            "1012b964bd412a6770685e3324ae3b61e176caff7846192d1ee63d55cd621e26",
            146,
            "GPL-2+ (Battle for Wesnoth)",
        ),
    ),
    size=_SIDE,
    sizes=(16, 256),
    count=4000,
    most=4261,
    identity="identity",
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield all frames of one unit after another, the units in a random order, on a ground of one colour each."""
    found = _pictures(packages[0])
    order = np.random.default_rng(seed).permutation(len(found))
    names = sorted(found)
    done = 0
    for number in order:
        name = names[int(number)]
        turf = TURF[int(np.random.default_rng((seed, int(number))).integers(len(TURF)))]
        for action, data in found[name]:
            if done == count:
                return
            yield Made(image=_on(turf, data, size), info={"identity": name, "action": action})
            done += 1
    if done < count:
        raise InputError(f"the package has {counted(done, 'frame')} only: give --count {done} or fewer")


def _pictures(package: Fetched) -> dict[str, list[tuple[str, bytes]]]:
    """The frames of each unit that has enough of the usual size, as action and file, by the unit's name."""
    files: dict[str, bytes] = {}
    for path, data in package.files(lambda path: _UNITS.fullmatch(path) is not None):
        with Image.open(io.BytesIO(data)) as picture:
            if picture.size == (_SIDE, _SIDE):
                files[path.partition("images/units/")[2]] = data
    units: dict[str, list[tuple[str, bytes]]] = {}
    for path in sorted(files):
        name = unit_of(path, files)
        action = PurePosixPath(path).stem[len(PurePosixPath(name).name) :].lstrip("-")
        units.setdefault(name, []).append((re.sub(r"-?\d+.*$", "", action) or "standing", files[path]))
    kept = {name: frames for name, frames in units.items() if len(frames) >= _LEAST}
    if not kept:
        raise InputError(f"{package.package} contains no units: fetch it again")
    return kept


def unit_of(path: str, files: dict[str, bytes]) -> str:
    """The unit of a frame: the shortest beginning of its name, up to a hyphen, that is a picture of its own."""
    folder, _, file = path.rpartition("/")
    parts = file.removesuffix(".png").split("-")
    for count in range(1, len(parts)):
        name = "-".join(parts[:count])
        if f"{folder}/{name}.png".lstrip("/") in files:
            return f"{folder}/{name}".lstrip("/")
    return path.removesuffix(".png")


def _on(turf: tuple[int, int, int], data: bytes, size: int) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        canvas = Image.new("RGBA", picture.size, (*turf, 255))
        canvas.alpha_composite(picture.convert("RGBA"))
    made = canvas.convert("RGB")
    return made if size == _SIDE else made.resize((size, size), Image.Resampling.LANCZOS)

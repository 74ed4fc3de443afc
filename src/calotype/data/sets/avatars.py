"""Game characters in many clothes and poses, from eight viewpoints, with a body-part label for every pixel.

A character is composited from layers (feet, legs, chest, hands, head, and held items). This gives about ten thousand
distinct identities in the same poses, and the layer that each pixel comes from is known exactly.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.writing import Made
from calotype.errors import InputError

_MODS = "usr/share/games/flare/mods/fantasycore/"
_SEXES = ("female", "male")
PARTS = ("ground", "feet", "legs", "hands", "chest", "head", "weapon", "shield")
# Drawing order of the layers for each viewpoint, back to front.
_ORDER = {
    0: "weapon feet legs hands chest head shield",
    1: "weapon feet legs hands chest head shield",
    2: "shield feet legs hands chest head weapon",
    3: "shield feet legs hands chest head weapon",
    4: "shield feet legs hands chest head weapon",
    5: "feet legs hands chest head shield weapon",
    6: "weapon feet legs hands chest head shield",
    7: "weapon feet legs hands chest head shield",
}
_WEAR = {
    "head": "head_long head_bald head_short leather_hood chain_coif mage_hood mage_hood_alt1 mage_hood_alt2 plate_helm",
    "chest": "default_chest cloth_shirt leather_chest chain_cuirass mage_vest mage_vest_alt1 mage_vest_alt2 "
    "plate_cuirass",
    "legs": "default_legs cloth_pants leather_pants chain_greaves mage_skirt mage_skirt_alt1 mage_skirt_alt2 "
    "plate_greaves",
    "feet": "default_feet cloth_sandals leather_boots chain_boots mage_boots mage_boots_alt1 mage_boots_alt2 "
    "plate_boots",
    "hands": "default_hands cloth_gloves leather_gloves chain_gloves mage_sleeves mage_sleeves_alt1 mage_sleeves_alt2 "
    "plate_gauntlets",
    "weapon": "- - dagger shortsword club mace hand_axe wand rod",
    "shield": "- - buckler iron_buckler shield",
}
_ACTIONS = ("stance", "run", "swing", "cast", "block", "hit")
_POSES = 16  # per character
_FRONT = 6  # the viewpoint that faces the camera
_VIEWS = 8
_SIDE, _ORIGIN = 64, (30, 54)  # pixels on the sheets: the side of a character's box, and the position of its feet in it
_SOLID = 200  # minimum alpha of a solid pixel, of 255; lower values are shadow
_TURF = ((176, 170, 150), (150, 160, 132), (168, 160, 160), (190, 178, 152))

ABOUT = About(
    name="avatars",
    summary="figures of a game: 8 sides, 26 poses, many clothes; maps of the parts, and a reference of each",
    packages=(
        Package(
            "apt",
            "flare-game",
            "1.14-1",
            "4ab6a8298276013d35a0806257e130d992761af1b749041433b409c3dafec508",
            123,
            "CC-BY-SA-3.0 (Flare)",
        ),
    ),
    size=64,
    sizes=(32, 256),
    count=8000,
    names={"map_classes": PARTS, "labels": tuple(f"view {i}" for i in range(_VIEWS))},
    identity="identity",
    other="the same figure from the front",
)


@dataclass(frozen=True)
class _Frame:
    """One frame of one layer: its box on the sprite sheet, and the offset of its corner from the feet, pixels."""

    box: tuple[int, int, int, int]
    left: int
    top: int


@dataclass(frozen=True)
class _Layer:
    """One item of clothing: its sprite sheet, and its frames by (action, frame number, viewpoint)."""

    sheet: Image.Image
    frames: Mapping[tuple[str, int, int], _Frame]


Pose = tuple[str, int, int]  # action, frame number, viewpoint


@dataclass(frozen=True)
class Identity:
    """Who is shown.

    Attributes:
        sex: ``female`` or ``male``.
        worn: body part and layer of each item.
        turf: colour of the ground.
    """

    sex: str
    worn: tuple[tuple[str, str], ...]
    turf: tuple[int, int, int]


class Figures:
    """All characters in all poses, so that the true picture of any identity in any pose is known.

    Args:
        package: the fetched package.

    Attributes:
        poses: all of them, sorted.
    """

    def __init__(self, package: Fetched) -> None:
        self._layers = _layers(package)
        frames = {frame for layer in self._layers.values() for frame in layer.frames}
        self.poses: list[Pose] = sorted(frame for frame in frames if frame[0] in _ACTIONS)

    def identity(self, seed: int, number: int) -> tuple[Identity, list[Pose]]:
        """An identity of the set of that seed, and the poses that the set shows it in."""
        rng = np.random.default_rng((seed, number))
        sex, worn = _dressed(rng, self._layers)
        turf = _TURF[int(rng.integers(len(_TURF)))]
        chosen = rng.permutation(len(self.poses))[:_POSES]
        return Identity(sex, tuple(worn), turf), [self.poses[int(i)] for i in chosen]

    def picture(self, identity: Identity, pose: Pose, size: int) -> tuple[Image.Image, NDArray[np.uint8]]:
        """An identity in a pose, and the map of its parts, of ``size`` pixels a side."""
        return _picture(self._layers, identity.worn, pose, size, identity.turf)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield character after character, each in several poses; ``other`` is the same character standing, seen from the
    front.
    """
    figures = Figures(packages[0])
    for number in range(count):
        who, turn = divmod(number, _POSES)
        identity, poses = figures.identity(seed, who)
        action, frame, view = poses[turn]
        image, parts = figures.picture(identity, poses[turn], size)
        yield Made(
            image=image,
            map=parts,
            other=figures.picture(identity, ("stance", 0, _FRONT), size)[0],
            label=view,
            info={
                "identity": who,
                "sex": identity.sex,
                "action": action,
                "frame": frame,
                "worn": dict(identity.worn),
            },
        )


def _dressed(rng: np.random.Generator, layers: Mapping[tuple[str, str], _Layer]) -> tuple[str, list[tuple[str, str]]]:
    """Draw a random identity: the sex, and the layer of each body part."""
    sex = _SEXES[int(rng.integers(2))]
    worn = []
    for part, names in _WEAR.items():
        there = [name for name in names.split() if name == "-" or (sex, name) in layers]
        name = there[int(rng.integers(len(there)))]
        if name != "-":
            worn.append((part, f"{sex}/{name}"))
    return sex, worn


def _picture(
    layers: Mapping[tuple[str, str], _Layer],
    worn: Sequence[tuple[str, str]],
    pose: Pose,
    size: int,
    turf: tuple[int, int, int],
) -> tuple[Image.Image, NDArray[np.uint8]]:
    """Render a character in a pose; return the image and the body-part label map."""
    canvas = Image.new("RGBA", (_SIDE, _SIDE), (*turf, 255))
    parts = Image.new("L", (_SIDE, _SIDE))
    by_part = dict(worn)
    for part in _ORDER[pose[2]].split():
        if part not in by_part:
            continue
        sex, _, name = by_part[part].partition("/")
        layer = layers[sex, name]
        frame = layer.frames.get(pose)
        if frame is None:  # the layer has no frames for this action
            continue
        piece = layer.sheet.crop(frame.box)
        at = (_ORIGIN[0] - frame.left, _ORIGIN[1] - frame.top)
        held = Image.new("RGBA", canvas.size)
        held.paste(piece, at)
        canvas.alpha_composite(held)
        solid = held.getchannel("A").point(lambda alpha: 255 if alpha >= _SOLID else 0)
        parts.paste(PARTS.index(part), mask=solid)
    if size == _SIDE:
        return canvas.convert("RGB"), np.array(parts)
    small = canvas.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    return small, np.array(parts.resize((size, size), Image.Resampling.NEAREST))


def _layers(package: Fetched) -> dict[tuple[str, str], _Layer]:
    """Read all layers, by sex and name."""
    names = {name for names in _WEAR.values() for name in names.split() if name != "-"}
    wanted = {}
    for sex in _SEXES:
        for name in names:
            wanted[f"{_MODS}images/avatar/{sex}/{name}.png"] = (sex, name)
            wanted[f"{_MODS}animations/avatar/{sex}/{name}.txt"] = (sex, name)
    sheets: dict[tuple[str, str], Image.Image] = {}
    frames: dict[tuple[str, str], dict[tuple[str, int, int], _Frame]] = {}
    for path, data in package.files(lambda path: path in wanted):
        if path.endswith(".png"):
            with Image.open(io.BytesIO(data)) as picture:
                sheets[wanted[path]] = picture.convert("RGBA")
        else:
            frames[wanted[path]] = _frames(data.decode("utf-8"))
    if not sheets:
        raise InputError(f"{package.package} contains no characters: fetch it again")
    return {key: _Layer(sheets[key], frames[key]) for key in sorted(sheets.keys() & frames.keys())}


def _frames(text: str) -> dict[tuple[str, int, int], _Frame]:
    """Parse an animation file: ``frame=number,side,x,y,width,height,left,top`` under ``[action]``."""
    found, action = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            action = line.strip("[] \r")
        elif line.startswith("frame="):
            number, side, x, y, width, height, left, top = (int(part) for part in line[6:].split(",")[:8])
            found[action, number, side] = _Frame((x, y, x + width, y + height), left, top)
    return found

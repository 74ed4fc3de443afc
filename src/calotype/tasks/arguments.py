"""Arguments that several verbs share: their descriptions, and parsing of their values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import SupportsIndex

from calotype.catalog import ENGINES
from calotype.errors import ArgumentError, unknown
from calotype.tasks.param import Param
from calotype.types import Factor, Size

SizeLike = Size | str | tuple[int, int]
FactorLike = Factor | str | float

# Named values of the structure, from 0 (no layout of the photo) to 1 (the photo itself). They are close to 0 because
# the coarse scales alone determine most of the layout.
STRUCTURES = {"free": 0.0, "loose": 0.12, "close": 0.25}
# The default of verb and engine; engines declare it for each verb.
AUTO = "auto"
# Which edges match without a seam: (top and bottom, left and right).
TILES = {"none": (False, False), "x": (False, True), "y": (True, False), "both": (True, True)}

PHOTO = Param(
    "a photo, a folder of photos, or - for a photo on standard input", kind="photo", metavar="PHOTO", sets=True
)
COUNT = Param(
    "how many pictures to make of each photo",
    kind="whole",
    metavar="COUNT",
    flags=("-n", "--count"),
    at_least=1,
    first=True,
)
SEED = Param(
    "seed of the first picture; the next ones have the following numbers", kind="seed", metavar="NUMBER", at_least=0
)
ENGINE = Param(
    "engine that makes the pictures; 'calotype engines' lists them",
    kind="engine",
    metavar="NAME",
    choices=tuple(ENGINES),
)
PRESET = Param("preset of the engine; 'calotype engines' lists them", kind="preset", metavar="NAME")
SIZE = Param("size of the pictures in pixels, like 640x360", kind="size", metavar="WIDTHxHEIGHT")
FACTOR = Param(
    "size as a multiple of the photo's, like 1.5x1 for half as wide again", kind="factor", metavar="WIDTHxHEIGHT"
)
STRUCTURE = Param(
    "how much of the photo's layout is kept: free, loose, close, a number from 0 (free) to 1 (the photo), the scale to "
    "start from, scale0 the coarsest, or auto, the default of the engine",
    kind="structure",
    metavar="WORD|NUMBER|SCALE",
    choices=(AUTO, *STRUCTURES),
    first=True,
)
# For the verbs that take a second picture: the scale at which it is injected.
TAKEN_IN = Param(
    "how much of the given picture is kept: a number from 0 (its layout) to 1 (all of it), free (0), loose (0.12), "
    "close (0.25), the injection scale, scale0 the coarsest, or auto, the default of verb and engine",
    kind="structure",
    metavar="WORD|NUMBER|SCALE",
    choices=(AUTO, *STRUCTURES),
    first=True,
)
TILE = Param("directions in which the result tiles without a seam", metavar="none|x|y|both", choices=tuple(TILES))
WEIGHTS = Param(
    "Inception weights for sifid, a file or its folder; default: the folder CALOTYPE_WEIGHTS",
    kind="folder",
    metavar="FILE",
)
ALSO = Param("a further photo to take patches from; can be given several times", kind="photos", metavar="PHOTO")
MAX_SIDE = Param("shrink the photos first so that no side is longer", kind="whole", metavar="PIXELS", at_least=1)
SETTINGS = Param(
    "change one value of the preset; can be given several times", kind="settings", flags=("--set",), metavar="KEY=VALUE"
)
UNFINISHED = Param(
    "use the finished stages of a stopped training instead of resuming it (engines that are trained)", kind="switch"
)
MODEL = Param(
    "a trained model, by its folder or by its name in 'calotype models'; preset and settings are then its own",
    kind="model",
    metavar="FOLDER|NAME",
)
METHOD = Param(
    "models of a data set: fast, or paper, the published steps and features (VGG-16)",
    metavar="fast|paper",
    choices=("fast", "paper"),
)
STEPS = Param(
    "models of a data set: steps of optimising the styles, and of the search for the photo before; without it, those "
    "of the method",
    kind="whole",
    metavar="COUNT",
    at_least=1,
)
NOISE_STEPS = Param(
    "models of a data set: steps of optimising the noise maps afterwards; without it, those of the method",
    kind="whole",
    metavar="COUNT",
    at_least=0,
)
LEVEL = Param(
    "with a pyramid model: the level of the features from which it draws, 0 (the finest) to 1 (the deepest)",
    kind="number",
    at_least=0,
    at_most=1,
)
STAGES = Param(
    "also write what every stage of the search made (.stages.png), and loss and PSNR of its steps (.stages.csv)",
    kind="switch",
)
CODE = Param(
    "models of a data set: the latent code of the photo that embed wrote; without it, it is searched for first",
    kind="latent",
    metavar="CODE",
)
DEVICE = Param("where to compute: auto, cpu, cuda, mps", kind="device", metavar="NAME")


def one_of(known: Iterable[str], word: str, kind: str) -> str:
    """Check that ``word`` is one of ``known``, and return it.

    Raises:
        ArgumentError: it is not; the message names the closest one and lists all.
    """
    if word in known:
        return word
    raise ArgumentError(unknown(kind, word, known))


def whole(value: float, name: str, example: str) -> int:
    """Check that ``value`` is a whole number, and return it.

    Raises:
        ArgumentError: it is not; the message uses ``name`` for the value and ``example`` for a valid one.
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise ArgumentError(f"{name} of {value} cannot be used: give a whole number, like {example}")
    return value.__index__()


def size_from(size: SizeLike) -> Size:
    """Parse a size: ``"WIDTHxHEIGHT"``, ``(width, height)`` or a ``Size``, pixels.

    Raises:
        ArgumentError: it is not a valid size.
    """
    if isinstance(size, str):
        return Size.parse(size)
    if isinstance(size, Size):
        return size
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise ArgumentError(f"'{size}' is not a size: give WIDTHxHEIGHT in pixels, like 640x360 (size=)")
    width, height = size  # the order of PIL; ``Size`` has the height first
    return Size(height, width)


def factor_from(factor: FactorLike) -> Factor:
    """Parse a factor: ``"1.5x1"``, a number for both directions, or a ``Factor``.

    Raises:
        ArgumentError: it is not a valid factor.
    """
    if isinstance(factor, Factor):
        return factor
    return Factor.parse(factor) if isinstance(factor, str) else Factor(factor, factor)


def structure_from(structure: str | float) -> float | str:
    """Parse a structure: a number 0 (free) .. 1, a word of ``STRUCTURES``, or a scale of the photo, like ``"scale3"``.

    Raises:
        ArgumentError: it is none of these.
    """
    try:
        value = math.nan if isinstance(structure, bool) else float(structure)
    except TypeError:
        value = math.nan
    except ValueError:
        scale = re.fullmatch(r"scale(\d{1,3})", str(structure))
        if scale:
            return f"scale{int(scale[1])}"
        if structure in STRUCTURES:
            return STRUCTURES[str(structure)]
        raise ArgumentError(unknown("structure", str(structure), (AUTO, *STRUCTURES))) from None
    if not 0 <= value <= 1:
        raise ArgumentError(
            f"a structure of {structure} cannot be used: give a number from 0 (free) to 1 (the photo itself)"
        )
    return value


def level_of(structure: float, levels: int) -> int:
    """The index, 0 .. ``levels`` - 1, of the level for a structure of 0..1; only a structure of 0 gives level 0."""
    return min(levels - 1, max(1, round(structure * (levels - 1)))) if structure > 0 else 0


def between(value: float, low: float, high: float, name: str, example: str) -> float:
    """Check that ``value`` is between ``low`` and ``high`` inclusive, and return it.

    Raises:
        ArgumentError: it is not; the message uses ``name`` for the value and ``example`` for a valid one.
    """
    if not low <= value <= high:  # also true for NaN
        raise ArgumentError(
            f"{name} of {value:g} cannot be used: give a number from {low:g} to {high:g}, like {example}"
        )
    return value

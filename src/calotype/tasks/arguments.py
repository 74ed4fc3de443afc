"""What the arguments mean that several verbs share, and the words and numbers that can stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from calotype.catalog import ENGINES
from calotype.errors import InputError, unknown
from calotype.tasks.param import Param
from calotype.types import Factor, Size

SizeLike = Size | str | tuple[int, int]
FactorLike = Factor | str | float

# How much of the photo's layout is kept. The words are points on a scale from 0 (none of it) to 1 (the photo itself),
# and near its free end, because little of the layout has to be given to the patches for the rest to follow.
STRUCTURES = {"free": 0.0, "loose": 0.12, "close": 0.25}
# What suits verb and engine: an engine says it in its own ``STRUCTURES``.
AUTO = "auto"
# Which edges meet without a seam: (top and bottom, left and right).
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
    "start from, scale0 the coarsest, or auto, what suits the engine",
    kind="structure",
    metavar="WORD|NUMBER|SCALE",
    choices=(AUTO, *STRUCTURES),
    first=True,
)
# For the verbs that are handed a picture: where it is taken in, and so how much of it stays as it is.
TAKEN_IN = Param(
    "how much of the picture given is kept: free, loose, close, a number from 0 (its layout) to 1 (all of it), the "
    "scale it is taken in at, scale0 the coarsest, or auto, what suits verb and engine",
    kind="structure",
    metavar="WORD|NUMBER|SCALE",
    choices=(AUTO, *STRUCTURES),
    first=True,
)
TILE = Param("which way copies can be laid side by side without a seam", metavar="none|x|y|both", choices=tuple(TILES))
ALSO = Param("a further photo that lends its patches; can be given several times", kind="photos", metavar="PHOTO")
MAX_SIDE = Param("shrink the photos first so that no side is longer", kind="whole", metavar="PIXELS", at_least=1)
SETTINGS = Param(
    "change one value of the preset; can be given several times", kind="settings", flags=("--set",), metavar="KEY=VALUE"
)
UNFINISHED = Param(
    "use what a stopped training has finished instead of going on with it (engines that are trained)", kind="switch"
)
MODEL = Param(
    "a trained model, by its folder or by its name in 'calotype models'; preset and settings are then its own",
    kind="model",
    metavar="FOLDER|NAME",
)
DEVICE = Param("where to compute: auto, cpu, cuda, mps", kind="device", metavar="NAME")


def one_of(known: Iterable[str], word: str, kind: str) -> str:
    """``word``, which has to be one of ``known``.

    Raises:
        InputError: it is not; the message names the nearest and lists all.
    """
    if word in known:
        return word
    raise InputError(unknown(kind, word, known))


def size_from(size: SizeLike) -> Size:
    """A size as it may be given.

    Raises:
        InputError: it is not a size.
    """
    if isinstance(size, str):
        return Size.parse(size)
    if isinstance(size, Size):
        return size
    width, height = size  # as in PIL; inside calotype it is height first, hence the named type
    return Size(height, width)


def factor_from(factor: FactorLike) -> Factor:
    """A factor as it may be given.

    Raises:
        InputError: it is not a factor.
    """
    if isinstance(factor, Factor):
        return factor
    return Factor.parse(factor) if isinstance(factor, str) else Factor(factor, factor)


def structure_from(structure: str | float) -> float | str:
    """A structure as it may be given: 0 (free) .. 1, or ``"scale3"``, which means something only with a photo.

    Raises:
        InputError: it is neither a number in that range, nor a known word, nor a scale.
    """
    try:
        value = float(structure)
    except ValueError:
        scale = re.fullmatch(r"scale(\d{1,3})", str(structure))
        if scale:
            return f"scale{int(scale[1])}"
        if structure in STRUCTURES:
            return STRUCTURES[str(structure)]
        raise InputError(unknown("structure", str(structure), (AUTO, *STRUCTURES))) from None
    if not 0 <= value <= 1:
        raise InputError(
            f"a structure of {structure} cannot be used: give a number from 0 (free) to 1 (the photo itself)"
        )
    return value


def level_of(structure: float, levels: int) -> int:
    """The level that ``structure`` points to, of so many: 0 only where it is 0, so that loose is never free."""
    return min(levels - 1, max(1, round(structure * (levels - 1)))) if structure > 0 else 0


def between(value: float, low: float, high: float, name: str, example: str) -> float:
    """``value``, which has to be from ``low`` to ``high``.

    Raises:
        InputError: it is not; ``name`` says what it is, ``example`` how to write one.
    """
    if not low <= value <= high:  # written so that NaN is refused too
        raise InputError(f"{name} of {value:g} cannot be used: give a number from {low:g} to {high:g}, like {example}")
    return value

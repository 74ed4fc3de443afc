"""What the verbs that make pictures have in common: arguments checked, photos read, samples made one by one.

An ``Order`` is a verb's arguments, checked before any photo is opened. A ``Job`` is an order for one photo: it knows
what it will cost and what repeats it, and makes any of its pictures alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from calotype.catalog import ENGINES, config_from
from calotype.catalog import engine as engine_of
from calotype.errors import InputError, unknown
from calotype.tasks.memory import available_bytes
from calotype.tasks.param import Param
from calotype.types import Cost, Factor, Photo, PhotoLike, Result, Size

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from calotype.run import Run

SizeLike = Size | str | tuple[int, int]
FactorLike = Factor | str | float

# How much of the photo's layout is kept. The words are points on a scale from 0 (none of it) to 1 (the photo itself),
# and near its free end, because little of the layout has to be given to the patches for the rest to follow.
STRUCTURES = {"free": 0.0, "loose": 0.12, "close": 0.25}
# Which edges meet without a seam: (top and bottom, left and right).
TILES = {"none": (False, False), "x": (False, True), "y": (True, False), "both": (True, True)}

# What the arguments mean that every one of these verbs has.
PHOTO = Param("a photo, a folder of photos, or - for a photo on standard input", kind="photo", metavar="PHOTO")
COUNT = Param(
    "how many pictures to make of each photo", kind="whole", metavar="COUNT", flags=("-n", "--count"), at_least=1
)
SEED = Param(
    "seed of the first picture; the next ones have the following numbers", kind="whole", metavar="NUMBER", at_least=0
)
ENGINE = Param("engine that makes the pictures; 'calotype engines' lists them", metavar="NAME", choices=tuple(ENGINES))
PRESET = Param("preset of the engine; 'calotype engines' lists them", metavar="NAME")
SIZE = Param("size of the pictures in pixels, like 640x360", metavar="WIDTHxHEIGHT")
FACTOR = Param("size as a multiple of the photo's, like 1.5x1 for half as wide again", metavar="WIDTHxHEIGHT")
TILE = Param("which way copies can be laid side by side without a seam", metavar="none|x|y|both", choices=tuple(TILES))
ALSO = Param("a further photo that lends its patches; can be given several times", kind="photos", metavar="PHOTO")
MAX_SIDE = Param("shrink the photos first so that no side is longer", kind="whole", metavar="PIXELS", at_least=1)
SETTINGS = Param(
    "change one value of the preset; can be given several times", kind="settings", flags=("--set",), metavar="KEY=VALUE"
)
DEVICE = Param("where to compute: auto, cpu, cuda, mps", metavar="NAME")


@dataclass(frozen=True)
class Order:
    """A verb's arguments, checked. Whatever is still wrong after this is wrong with a photo."""

    verb: str
    engine: str
    preset: str
    changes: Mapping[str, Any]
    config: Any
    n: int
    seed: int
    size: Size | None
    factor: Factor | None
    structure: float | None
    tile: str
    max_side: int | None
    device: str

    @property
    def seeds(self) -> range:
        """The seed of each picture: the i-th has ``seed + i``, so that each can be made again alone."""
        return range(self.seed, self.seed + self.n)

    def size_for(self, photo: Size) -> Size:
        """The size of the pictures made from a photo of size ``photo``."""
        return self.size or (self.factor.of(photo) if self.factor else photo)


def order(
    verb: str,
    *,
    n: int,
    seed: int,
    engine: str,
    preset: str,
    size: SizeLike | None,
    factor: FactorLike | None,
    tile: str,
    max_side: int | None,
    settings: Mapping[str, Any] | None,
    device: str,
    structure: str | float | None = None,
) -> Order:
    """Check a verb's arguments.

    Raises:
        InputError: one of them cannot be used as given.
    """
    if size is not None and factor is not None:
        raise InputError("--size and --factor were both given: give one of the two (size=, factor=)")
    if verb == "retarget" and size is None and factor is None:
        raise InputError("retarget needs a new size: give --size 1280x480 or --factor 2x1 (size=, factor=)")
    if n < 1:
        raise InputError(f"{n} pictures cannot be made: give a count of at least 1")
    if not 0 <= seed <= 2**53 - n:
        raise InputError(f"a seed of {seed} cannot be used: give a whole number from 0 to 2**53")
    from calotype.run import choose_device

    changes = dict(settings or {})
    module = engine_of(engine)
    if not hasattr(module, verb):
        able = ", ".join(name for name in ENGINES if hasattr(engine_of(name), verb))
        raise InputError(f"the engine {engine} cannot {verb}: use one that can ({able})")
    return Order(
        verb=verb,
        engine=engine,
        preset=preset,
        changes=changes,
        config=config_from(module, preset, changes),
        n=n,
        seed=seed,
        size=None if size is None else _size(size),
        factor=None if factor is None else _factor(factor),
        structure=None if structure is None else _structure(structure),
        tile=_one_of(TILES, tile, "tile"),
        max_side=max_side,
        device=str(choose_device(device)),
    )


def _size(size: SizeLike) -> Size:
    if isinstance(size, str):
        return Size.parse(size)
    if isinstance(size, Size):
        return size
    width, height = size  # as in PIL; inside calotype it is height first, hence the named type
    return Size(height, width)


def _factor(factor: FactorLike) -> Factor:
    if isinstance(factor, Factor):
        return factor
    return Factor.parse(factor) if isinstance(factor, str) else Factor(factor, factor)


def _structure(structure: str | float) -> float:
    try:
        value = float(structure)
    except ValueError:
        return STRUCTURES[_one_of(STRUCTURES, str(structure), "structure")]
    if not 0 <= value <= 1:
        raise InputError(
            f"a structure of {structure} cannot be used: give a number from 0 (free) to 1 (the photo itself)"
        )
    return value


def _one_of(known: Iterable[str], word: str, kind: str) -> str:
    if word in known:
        return word
    raise InputError(unknown(kind, word, known))


class Job:
    """An order for one photo.

    Attributes:
        order: the checked arguments.
        photo: the photo that is worked on, already shrunk to ``max_side``.
        also: further photos that lend their patches.
        size: the size of the pictures.
    """

    def __init__(self, order: Order, photo: PhotoLike, also: Sequence[PhotoLike] = (), run: Run | None = None) -> None:
        """Read the photos.

        Raises:
            InputError: a photo cannot be used.
        """
        from calotype.image.io import open_photo

        self.order = order
        self.photo = open_photo(photo, max_side=order.max_side)
        self.also = [open_photo(other, max_side=order.max_side) for other in also]
        for other in self.also:
            if self.photo.alpha is None and other.alpha is not None:
                raise InputError(
                    f"'{other.name}' has transparency and '{self.photo.name}' has none: "
                    "give further photos without transparency"
                )
        self.size = order.size_for(self.photo.size)
        self._run = run

    @cached_property
    def cost(self) -> Cost:
        """What one picture is expected to take on this machine."""
        sizes = [(p.size.height, p.size.width) for p in (self.photo, *self.also)]
        cost: Cost = engine_of(self.order.engine).cost(sizes, (self.size.height, self.size.width), self.order.config)
        return cost

    def check_memory(self) -> None:
        """Refuse what this machine cannot do.

        Raises:
            InputError: more memory would be needed than there is.
        """
        there_is = available_bytes()
        if self.run.device.type == "cpu" and there_is is not None and self.cost.bytes > there_is:
            raise InputError(
                f"{self.size} pixels from '{self.photo.name}' ({self.photo.size}) would need about "
                f"{gigabytes(self.cost.bytes)} of memory and {gigabytes(there_is)} are free: "
                f"add --max-side {self._side_that_fits(there_is)} (max_side)"
            )

    def _side_that_fits(self, there_is: int) -> int:
        # Memory grows with the number of pixels, or faster; rounded down to something that people would type.
        side = max(self.photo.size.height, self.photo.size.width) * (there_is / self.cost.bytes) ** 0.5 * 0.9
        return max(100, int(side) // 100 * 100)

    @cached_property
    def run(self) -> Run:
        """Where the work runs and reports to."""
        from calotype.run import Run

        return self._run or Run(seed=self.order.seed, device=self.order.device)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that repeats the first picture, as JSON-ready values. The others differ in ``seed`` alone."""
        from calotype import __version__

        asked = self.order
        settings: dict[str, Any] = {
            "calotype": __version__,
            "verb": asked.verb,
            "engine": asked.engine,
            "preset": asked.preset,
            "set": {key: getattr(asked.config, key) for key in asked.changes},
            "config": asdict(asked.config),
            "photo": _identity(self.photo),
            "also": [_identity(other) for other in self.also],
            "max_side": asked.max_side,
            "size": str(self.size),
            "tile": asked.tile,
            "seed": asked.seed,
            "device": self.run.device.type,
        }
        if asked.structure is not None:
            settings["structure"] = asked.structure
        return settings

    def make(self, seed: int) -> tuple[Image, float]:
        """The picture of one seed, independent of every other one, and the seconds it took.

        Raises:
            Stopped: the run was asked to stop.
        """
        from calotype.image.io import to_image

        began = time.perf_counter()
        asked = self.order
        how: dict[str, Any] = {"size": (self.size.height, self.size.width), "seed": seed, "tile": TILES[asked.tile]}
        if asked.structure is not None:
            how["structure"] = asked.structure
        verb = getattr(engine_of(asked.engine), asked.verb)
        image = to_image(verb(self._tensors, asked.config, self.run, **how))
        return image, time.perf_counter() - began

    @cached_property
    def _tensors(self) -> list[torch.Tensor]:
        import torch

        from calotype.image.io import to_tensor

        tensors = [to_tensor(photo, self.run.device) for photo in (self.photo, *self.also)]
        channels = tensors[0].shape[1]
        # An opaque photo lends to a transparent one: its alpha is 1 (opaque) everywhere.
        return [t if t.shape[1] == channels else torch.cat([t, torch.ones_like(t[:, :1])], dim=1) for t in tensors]

    def result(self) -> Result:
        """All the pictures of the order.

        Raises:
            InputError: the machine has too little memory for it.
            Stopped: the run was asked to stop.
        """
        self.check_memory()
        made = [self.make(seed) for seed in self.order.seeds]
        return Result(
            images=[image for image, _ in made],
            seeds=list(self.order.seeds),
            settings=self.settings,
            name=self.photo.name,
            seconds=[seconds for _, seconds in made],
        )


def gigabytes(amount: int) -> str:
    """An amount of memory as people say it: ``850 MB``, ``1.9 GB``."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{max(1, round(amount / 1e6))} MB"


def _identity(photo: Photo) -> dict[str, str]:
    # The file's name without its folders: where somebody keeps their photos is not for everybody to read.
    name = photo.source.name if photo.source else photo.name
    return {"name": name, "size": str(photo.size), "sha256": photo.sha256}

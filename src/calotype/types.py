"""Types of arguments and results: photos, label maps, sizes. Imports no torch, to keep ``calotype --help`` fast."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, Union

from calotype.errors import ArgumentError, unknown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# Accepted types of a photo argument: a path, an open binary file, a PIL image, or an array [H, W], [H, W, 3] or
# [H, W, 4] of uint8 (0..255), uint16 (0..65535) or float (0..1).
PhotoLike: TypeAlias = Union[str, Path, BinaryIO, "Image", "NDArray[Any]", "Photo"]
# Accepted types of a label map argument: the same, or an array [H, W] of integer class numbers.
LabelMapLike: TypeAlias = Union[PhotoLike, "LabelMap"]
# Accepted types of a layout: a label map, boxes, or a scene graph; the latter two also as the content of a JSON file.
LayoutLike: TypeAlias = Union[LabelMapLike, "Boxes", "SceneGraph", Mapping[str, Any]]


MOST_SEED = 2**53  # numbers up to it are exact in JSON


@dataclass(frozen=True)
class Carried:
    """What came with a photo and is kept in its results, and what they say of their origin.

    Position, serial numbers and the like are left out.

    Attributes:
        date: when it was taken, as EXIF writes it, ``YYYY:MM:DD HH:MM:SS``; empty if unknown.
        artist: who took it; empty if unknown.
        copyright: the notice of rights; empty if there is none.
        dpi: pixels per inch, horizontal and vertical; ``None`` if unknown.
        source_type: IPTC digital source type, a term like ``composite``; empty if unknown. See ``image.xmp``.
        made_by: name of the trained system that made it, or a part of it; empty if none did.
    """

    date: str = ""
    artist: str = ""
    copyright: str = ""
    dpi: tuple[float, float] | None = None
    source_type: str = ""
    made_by: str = ""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo after decoding: upright, sRGB, 8 bits per channel.

    Attributes:
        rgb: uint8 array [height, width, 3], sRGB, EXIF orientation already applied.
        alpha: uint8 array [height, width], 255 opaque, or ``None`` when the file has no transparency.
        name: stem for result files; ``"image"`` for a photo without a file name.
        source: the path it was read from, or ``None``.
        notes: what was not read as it stands, for the user, one line each.
        carried: what came with the photo and goes into its results.
        fine: uint16 array [height, width, 3], the colours of a file with 16 bits a channel, in sRGB as well; ``None``
            for other files, and where they were shrunk.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    name: str
    source: Path | None = None
    notes: tuple[str, ...] = ()
    carried: Carried = Carried()
    fine: NDArray[np.uint16] | None = None

    @cached_property
    def sha256(self) -> str:
        """Hex digest of size, pixels and alpha, independent of the file format."""
        digest = hashlib.sha256(f"{self.rgb.shape[1]}x{self.rgb.shape[0]}".encode())
        digest.update(self.rgb.tobytes())
        if self.alpha is not None:
            digest.update(b"alpha")
            digest.update(self.alpha.tobytes())
        return digest.hexdigest()

    @property
    def size(self) -> Size:
        """Height and width in pixels."""
        return Size(self.rgb.shape[0], self.rgb.shape[1])


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A label map (semantic segmentation): a class number for each pixel, and a display colour for each class.

    Attributes:
        index: uint8 array [height, width] of class numbers, 0 .. K - 1; not all classes need to occur.
        colours: red, green and blue, 0..255, of each of the K classes.
        name: stem for result files; ``"map"`` for a map without a file name.
        source: the path it was read from, or ``None``.
        notes: what was not read as it stands, for the user, one line each.
        numbers: the number that the file has for each class, if it holds numbers and they differ from the classes.
    """

    index: NDArray[np.uint8]
    colours: tuple[tuple[int, int, int], ...]
    name: str = "map"
    source: Path | None = None
    notes: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def size(self) -> Size:
        """Height and width in pixels."""
        return Size(self.index.shape[0], self.index.shape[1])

    @property
    def classes(self) -> int:
        """The number of classes, K."""
        return len(self.colours)

    def image(self) -> Image:
        """The map as an RGB picture with each class in its colour, editable in any paint program."""
        import numpy as np
        from PIL import Image

        return Image.fromarray(np.array(self.colours, np.uint8)[self.index])


@dataclass(frozen=True)
class FacePlaces:
    """Where eyes and mouth are: [x, y] each, pixels from the upper left corner.

    Attributes:
        left: the eye that lies left in the picture, with the face upright.
        right: the other one.
        mouth: the middle of the mouth.
    """

    left: tuple[float, float]
    right: tuple[float, float]
    mouth: tuple[float, float]

    @property
    def all(self) -> tuple[tuple[float, float], ...]:
        """The three places."""
        return self.left, self.right, self.mouth

    @property
    def exchanged(self) -> bool:
        """Whether the eyes are exchanged: with the face upright, the one called left would lie right."""
        (ax, ay), (bx, by), (mx, my) = self.all
        return (bx - ax) * (my - (ay + by) / 2) < (by - ay) * (mx - (ax + bx) / 2)

    @property
    def upside_down(self) -> bool:
        """Whether the mouth lies above the eyes in the picture, at most 45 degrees from straight up."""
        x, y = (self.mouth[i] - (self.left[i] + self.right[i]) / 2 for i in range(2))
        return -y > abs(x)

    @property
    def contradictory(self) -> bool:
        """Whether the mouth tells a face upside down, and the order of the eyes an upright one."""
        return self.upside_down and self.exchanged

    def in_order(self) -> FacePlaces:
        """The same places, the eye first that lies left with the face upright."""
        return FacePlaces(self.right, self.left, self.mouth) if self.exchanged else self


@dataclass(frozen=True, order=True)
class Size:
    """A size in pixels, height first as in tensors. Its text form is ``WIDTHxHEIGHT``."""

    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ArgumentError(
                f"a size of {self} has no pixels: give a width and a height of at least 1, like 640x360"
            )

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        """Height times width."""
        return self.height * self.width

    def within(self, side: int | None) -> Size:
        """The size after shrinking, with the same aspect ratio, so that no side is longer than ``side`` pixels."""
        longest = max(self.height, self.width)
        if side is None or longest <= side:
            return self
        return Size(max(1, round(self.height * side / longest)), max(1, round(self.width * side / longest)))

    @classmethod
    def parse(cls, text: str) -> Size:
        """Parse a size: ``"640x360"`` is 640 pixels wide and 360 high.

        Raises:
            InputError: the text is not two whole numbers with an x between them, or one of them is 0.
        """
        match = re.fullmatch(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*", text)
        if not match:
            raise ArgumentError(f"'{text}' is not a size: write WIDTHxHEIGHT in pixels, like 640x360")
        return cls(int(match[2]), int(match[1]))


@dataclass(frozen=True)
class Factor:
    """A size relative to the photo's, up to 100 times. Its text form is ``WIDTHxHEIGHT``, like ``1.5x1``."""

    height: float
    width: float

    def __post_init__(self) -> None:
        if not (0 < self.height <= 100 and 0 < self.width <= 100):
            raise ArgumentError(
                f"a factor of {self} cannot be used: give two numbers above 0 and up to 100, like 1.5x1"
            )

    def __str__(self) -> str:
        return f"{self.width:g}x{self.height:g}"

    def of(self, size: Size) -> Size:
        """The size multiplied by the factor, rounded, at least one pixel in each direction."""
        return Size(max(1, round(size.height * self.height)), max(1, round(size.width * self.width)))

    @classmethod
    def parse(cls, text: str) -> Factor:
        """Parse a factor: ``"1.5x1"`` is 1.5 times the width and the same height; ``"2"`` is twice both.

        Raises:
            InputError: the text is not one or two positive numbers with an x between them.
        """
        number = r"(\d+(?:\.\d*)?|\.\d+)"
        match = re.fullmatch(rf"\s*{number}(?:\s*[xX×]\s*{number})?\s*", text)
        if not match:
            raise ArgumentError(f"'{text}' is not a factor: write WIDTHxHEIGHT, like 1.5x1 for 1.5 times the width")
        width = float(match[1])
        return cls(float(match[2]) if match[2] else width, width)


# Shapes with one number: its meaning, default value, minimum and maximum.
_SHAPES: dict[str, tuple[str, float, float, float]] = {
    "trapezoid": ("the ratio of the lengths of the upper and the lower edge", 0.4, 0.05, 20.0),
    "slant": ("the shift of the upper edge to the right, as a fraction of the width", 0.3, -0.9, 0.9),
    "arc": ("the height of the arc of the upper edge, as a fraction of the height", 0.3, -0.9, 0.9),
}
_UNIT_SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Shape:
    """The shape that a result fills within its rectangle. Its text form is a word and numbers, like ``trapezoid:0.4``.

    Attributes:
        word: ``trapezoid``, ``slant``, ``arc`` or ``quad``.
        values: one number for the first three; for a quad x and y of four corners, as fractions of width and height:
            the upper left, upper right, lower right and lower left corner.
    """

    word: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.word == "quad":
            if len(self.values) != 8 or not all(0 <= value <= 1 for value in self.values):
                raise ArgumentError(
                    f"'{self}' is no valid shape: a quad has x,y of four corners, as fractions from 0 to 1, "
                    "like quad:0.2,0,1,0.1,0.9,1,0,0.8"
                )
            if not _is_convex(self.corners):
                raise ArgumentError(
                    f"'{self}' is folded or has no area: give the corners in the order upper left, upper right, lower "
                    "right, lower left, none on a line with its neighbours"
                )
            return
        if self.word not in _SHAPES:
            raise ArgumentError(unknown("shape", self.word, [*_SHAPES, "quad"]))
        meaning, example, low, high = _SHAPES[self.word]
        if len(self.values) != 1 or not low <= self.values[0] <= high:
            raise ArgumentError(
                f"'{self}' is no valid shape: give {meaning}, from {low:g} to {high:g}, like {self.word}:{example:g}"
            )

    def __str__(self) -> str:
        return f"{self.word}:{','.join(f'{value:.12g}' for value in self.values)}"

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The four corners as in ``values`` of a quad; those of an arc are the ends of its edges."""
        if self.word == "quad":
            return tuple(zip(self.values[::2], self.values[1::2], strict=True))
        (value,) = self.values
        if self.word == "trapezoid":
            # The longer edge fills the width.
            upper, lower = (1 - min(1.0, value)) / 2, (1 - min(1.0, 1 / value)) / 2
            return (upper, 0.0), (1 - upper, 0.0), (1 - lower, 1.0), (lower, 1.0)
        if self.word == "slant":
            right, left = max(0.0, value), max(0.0, -value)
            return (right, 0.0), (1 - left, 0.0), (1 - right, 1.0), (left, 1.0)
        end = max(0.0, value)
        return (0.0, end), (1.0, end), (1.0, 1.0), (0.0, 1.0)

    def partly(self, share: float) -> Shape:
        """The interpolation between the rectangle (0) and this shape (1)."""
        if self.word == "arc":
            return Shape("arc", (self.values[0] * share,))
        mixed = (
            (1 - share) * start + share * end
            for corner, target in zip(_UNIT_SQUARE, self.corners, strict=True)
            for start, end in zip(corner, target, strict=True)
        )
        return Shape("quad", tuple(min(1.0, max(0.0, value)) for value in mixed))

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Parse a shape like ``"trapezoid:0.4"``; a word alone has its default number.

        Raises:
            InputError: an unknown word, or invalid numbers.
        """
        word, colon, numbers = text.strip().partition(":")
        if not colon and word in _SHAPES:
            return cls(word, (_SHAPES[word][1],))
        try:
            values = tuple(float(number) for number in numbers.split(",")) if numbers.strip() else ()
        except ValueError:
            raise ArgumentError(
                f"'{text}' is not a shape: write a word and its numbers, like trapezoid:0.4, arc:0.3 or "
                "quad:0.2,0,1,0.1,0.9,1,0,0.8"
            ) from None
        return cls(word, values)


def _is_convex(corners: tuple[tuple[float, float], ...]) -> bool:
    """Whether the corners form a convex quadrilateral in clockwise order with a nonzero area."""
    for i in range(4):
        (ax, ay), (bx, by), (cx, cy) = (corners[(i + k) % 4] for k in range(3))
        # Also true for NaN.
        if not (bx - ax) * (cy - by) - (by - ay) * (cx - bx) > 1e-3:
            return False
    return True


@dataclass(frozen=True)
class Poses:
    """Where the objects of a scene are, and how the scene was drawn.

    Attributes:
        rotations: of each object, rows of a rotation matrix.
        places: the middle of each object; scenes reach from -1 to 1 on each axis.
        half_sizes: half of the extent of each object along its own axes.
        drawn: ``seed`` of the scene and, where they were given, ``look``, ``azimuth`` and ``polar``, see ``scene``.
        name: stem for result files.
        removed: numbers, from 1, of the objects that are left out.
        model: name of the model that drew the scene; empty if it is not known.
        model_sha256: SHA-256 of its weights, hexadecimal; empty if it is not known.
        notes: how the file was read, one line each.
    """

    rotations: tuple[tuple[tuple[float, float, float], ...], ...]
    places: tuple[tuple[float, float, float], ...]
    half_sizes: tuple[tuple[float, float, float], ...]
    drawn: Mapping[str, Any] = field(default_factory=dict)
    name: str = "scene"
    removed: tuple[int, ...] = ()
    model: str = ""
    model_sha256: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Boxes:
    """Bounding boxes of objects in a picture, and their classes.

    Attributes:
        boxes: left, top, right and bottom of each box, as fractions of width and height, 0..1.
        classes: the class of each box, by number or name.
        name: stem for result files.
    """

    boxes: tuple[tuple[float, float, float, float], ...]
    classes: tuple[int | str, ...]
    name: str = "boxes"


@dataclass(frozen=True)
class SceneObject:
    """An object of a scene graph.

    Attributes:
        kind: its class, by number or name.
        size: 0 (small) to 9 (the whole picture); ``None`` leaves it to the model.
        location: x and y of its centre, as fractions of width and height, 0..1; ``None`` leaves it to the model.
        box: left, top, right and bottom, 0..1: exactly there; ``None`` leaves it to the model.
        seed: of a random look; ``None`` for that of the picture's seed.
        archetype: number of a typical look of its class, -1 for the mean; ``None`` for a random one.
        photo: a photo from which its look is taken.
        crop: the box in that photo, 0..1; the whole photo by default.
    """

    kind: int | str
    size: int | None = None
    location: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    seed: int | None = None
    archetype: int | None = None
    photo: Photo | None = None
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class SceneGraph:
    """A scene graph: objects and how they lie to each other.

    Attributes:
        objects: at least one.
        relations: subject, relation and object: numbers of objects, and a name in ``calotype.data.boxes.RELATIONS``.
        name: stem for result files.
        seed: of the picture that it was read from; ``None`` if it was read from no picture.
    """

    objects: tuple[SceneObject, ...]
    relations: tuple[tuple[int, str, int], ...] = ()
    name: str = "graph"
    seed: int | None = None


@dataclass(frozen=True)
class Cost:
    """Estimated time (seconds) and memory (bytes) of some work, and a note for the user."""

    seconds: float
    bytes: int
    note: str = ""

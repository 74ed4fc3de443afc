"""A sketch turned into a picture in the manner of a photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.image_conditioned import ImageConditionedJob, same_shape
from calotype.tasks.param import Param
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch


_MOST_COLOURS = 256


class PaintJob(ImageConditionedJob):
    """What the verb makes of one photo and the sketch."""

    verb = "paint"
    default_structure = "close"
    takes = ("photo", "sketch")
    conditioned_on = "sketch"
    extends = True

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        colours = own["colours"]
        if not 0 <= colours <= _MOST_COLOURS:
            raise InputError(f"{colours} colours cannot be used: give a number from 1 to {_MOST_COLOURS}, or 0 for all")

    def fitting_size(self) -> Size:
        """The size asked for; else the photo's, in the sketch's shape where that is another."""
        sketch, photo = self.pictures["sketch"].size, self.photo.size
        if self.request.size is not None or same_shape(sketch, photo):
            return self.request.size_for(photo)
        grown = (photo.pixels / sketch.pixels) ** 0.5
        return Size(max(1, round(sketch.height * grown)), max(1, round(sketch.width * grown)))

    def adaptation(self) -> dict[str, Any]:
        """The colours that a net has to know, and the scale where it gets them."""
        return {"colours": self.request.own["colours"], "scale": self.level}

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The sketch in colours of the photo, at the size of the result: [1, C, h, w]."""
        from calotype.image.palette import palette, quantized

        sketch, colours = super().picture, self.request.own["colours"]
        return quantized(sketch, palette(self.tensors[0], colours)) if colours else sketch


def paint(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    sketch: Annotated[
        PhotoLike,
        Param("a sketch in flat colours of where things are to be", kind="sketch", metavar="SKETCH", begins="photo"),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    colours: Annotated[
        int,
        Param(
            "reduce the sketch to the nearest of so many colours of the photo; 0 leaves it as it is",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = 5,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    **options: Unpack[TrainedOptions],
) -> Result:
    """Turn a sketch into a picture made of what is in a photo.

    The sketch says where which colours are to be, and the photo what they are made of: paint its sky with its blue and
    its grass with its green. The result is as large as the photo; a sketch of another shape gives its shape to it.


    Args:
        photo: a path, PIL image, array or ``Photo``.
        sketch: the same; flat colours, like those of the photo, say what is to be where.
        n: how many.
        seed: of the first picture; the i-th has ``seed + i``.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        structure: where the sketch is taken in: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of it),
            or ``"scale3"``. ``"auto"``: what suits the engine; close, unless it says otherwise.
        colours: the sketch is first reduced to so many colours of the photo; 0: it stays as it is.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return PaintJob.of(locals()).result()

"""The verb ``paint``: turn a sketch into a picture with the textures of a photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import ArgumentError, counted
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.aligned import same_shape
from calotype.tasks.image_conditioned import ImageConditionedJob
from calotype.tasks.param import Param
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch


_MAX_COLOURS = 256


class PaintJob(ImageConditionedJob):
    """Job of the verb ``paint``."""

    verb = "paint"
    effect = "edited"
    default_structure = "close"
    takes = ("photo", "sketch")
    conditioned_on = "sketch"
    extends = True

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        colours = own["colours"]
        if not 0 <= colours <= _MAX_COLOURS:
            raise ArgumentError(
                f"{counted(colours, 'colour')} cannot be used: give a number from 1 to {_MAX_COLOURS}, or 0 for all"
            )

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import exchanged_sketch

        return [exchanged_sketch(self.photo, self.pictures["sketch"])]

    def fitting_size(self) -> Size:
        """The requested size; by default the photo's size, in the sketch's aspect ratio if that differs."""
        sketch, photo = self.pictures["sketch"].size, self.photo.size
        if self.request.size is not None or same_shape(sketch, photo):
            return self.request.size_for(photo)
        scale = (photo.pixels / sketch.pixels) ** 0.5
        return Size(max(1, round(sketch.height * scale)), max(1, round(sketch.width * scale)))

    def adaptation(self) -> dict[str, Any]:
        """The number of colours that the net is trained for, and the injection scale."""
        return {"colours": self.request.own["colours"], "scale": self.level}

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The sketch in the photo's colours, resized to the size of the result: [1, C, h, w], -1..1."""
        from calotype.image.palette import palette, quantized

        sketch, colours = super().picture, self.request.own["colours"]
        return quantized(sketch, palette(self.tensors[0], colours)) if colours else sketch


def paint(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    sketch: Annotated[
        PhotoLike,
        Param("a sketch of the layout in flat colours", kind="sketch", metavar="SKETCH", begins="photo"),
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
            "number of colours of the photo to which the sketch is reduced; 0: no reduction",
            kind="whole",
            metavar="COUNT",
            at_least=0,
        ),
    ] = 5,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    **options: Unpack[TrainedOptions],
) -> Result:
    """Turn a sketch into a picture with the textures of a photo.

    The sketch gives the layout of the colours, the photo their textures: paint sky with the photo's blue and grass with
    its green. The result has the size of the photo, and the aspect ratio of the sketch.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        sketch: the layout in flat colours similar to the photo's, of the same types.
        n: number of pictures.
        seed: seed of the first picture; picture i uses ``seed + i``.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        structure: injection scale of the sketch: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of it),
            or ``"scale3"``. ``"auto"``: the engine's default, or close.
        colours: number of colours of the photo to which the sketch is reduced; 0: no reduction.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return PaintJob.of(locals()).result()

"""A photo at several times its size."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    pass

ENLARGEMENT = Param("how many times as wide and high, above 1 and up to 8", kind="number", metavar="NUMBER", first=True)


class UpscaleJob(PhotoJob):
    """What the verb makes of one photo."""

    verb = "upscale"
    takes = ("photo",)
    own_model = True

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``; ``factor`` is a number here."""
        factor = enlargement(given.pop("factor"))
        return replace(super().ordered(**given), own={"factor": factor})

    def fitting_size(self) -> Size:
        """So many times the photo."""
        factor = self.request.own["factor"]
        return Size(round(self.photo.size.height * factor), round(self.photo.size.width * factor))

    def adaptation(self) -> dict[str, Any]:
        """A net is trained for one factor."""
        return dict(self.request.own)


def enlargement(factor: float) -> float:
    """``factor`` as a number, which has to be above 1 and at most 8.

    Raises:
        InputError: it is not.
    """
    if not 1 < factor <= 8:
        raise InputError(f"a factor of {factor:g} cannot be used: give a number above 1 and up to 8, like 4")
    return float(factor)


def upscale(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    factor: Annotated[float, ENLARGEMENT] = 4.0,
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "singan",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[TrainedOptions],
) -> Result:
    """Make a photo larger, with details that it could have.

    The details are learned from the photo itself: what it has at a coarse scale is continued at scales it never had.


    Args:
        photo: a path, PIL image, array or ``Photo``.
        factor: how many times as wide and high, above 1 and at most 8.
        n: how many.
        seed: of the first picture; the i-th has ``seed + i``.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return UpscaleJob.of(locals()).result()

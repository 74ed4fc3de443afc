"""The verb ``upscale``: enlarge a photo (super-resolution)."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from typing import Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike, Size

ENLARGEMENT = Param("enlargement of width and height, above 1 and up to 8", kind="number", metavar="NUMBER", first=True)


class UpscaleJob(PhotoJob):
    """Job of the verb ``upscale``."""

    verb = "upscale"
    takes = ("photo",)
    own_model = True

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``; ``factor`` is a number here."""
        factor = enlargement(given.pop("factor"))
        return replace(super().ordered(**given), own={"factor": factor})

    def fitting_size(self) -> Size:
        """The photo's size times the factor, rounded."""
        factor = self.request.own["factor"]
        return Size(round(self.photo.size.height * factor), round(self.photo.size.width * factor))

    def adaptation(self) -> dict[str, Any]:
        """The factor, for which the net is trained."""
        return dict(self.request.own)


def enlargement(factor: float) -> float:
    """Check that ``factor`` is above 1 and at most 8, and return it as a float.

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
    """Enlarge a photo and add plausible details.

    The details are learned from the photo itself: its statistics across scales are extrapolated to finer scales.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        factor: enlargement of width and height, above 1 and at most 8.
        n: number of pictures.
        seed: seed of the first picture; picture i uses ``seed + i``.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return UpscaleJob.of(locals()).result()

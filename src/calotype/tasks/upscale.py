"""A photo at several times its size."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    from calotype.run import Run

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
    max_side: Annotated[int | None, arguments.MAX_SIDE] = None,
    unfinished: Annotated[bool, arguments.UNFINISHED] = False,
    model: Annotated[str | Path | None, arguments.MODEL] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
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
        max_side: in pixels: shrink the photos first, so that no side is longer.
        unfinished: use the finished stages of a stopped training instead of going on with it.
        model: the folder of a trained model, instead of the one that belongs to photo and settings.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns:
        The pictures, their seeds, and the settings that repeat them; ``save`` writes them.

    Raises:
        InputError: a photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return UpscaleJob.of(locals()).result()

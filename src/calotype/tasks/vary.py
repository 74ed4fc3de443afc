"""The verb ``vary``: generate variations of one photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Unpack

from calotype.errors import ArgumentError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike


class VaryJob(PhotoJob):
    """Job of the verb ``vary``."""

    verb = "vary"
    default_structure = "loose"

    @classmethod
    def check_given(cls, given: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if given.get("all_scales") and given.get("structure", "auto") != "auto":
            raise ArgumentError(
                "--all-scales makes a picture for every start scale: leave out --structure (structure=) or "
                "--all-scales (all_scales=)"
            )


def vary(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    factor: Annotated[arguments.FactorLike | None, arguments.FACTOR] = None,
    structure: Annotated[str | float, arguments.STRUCTURE] = "auto",
    all_scales: Annotated[
        bool, Param("one picture for each start scale, instead of --structure, and a contact sheet", kind="switch")
    ] = False,
    tile: Annotated[str, arguments.TILE] = "none",
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    **options: Unpack[TrainedOptions],
) -> Result:
    """Generate variations of one photo.

    The result is made only from the content of the photo. The same photo, seed and settings give the same picture;
    picture i of a call uses seed + i and is made independently, so ``--seed 2`` reproduces the third picture of
    ``-n 4``.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures.
        seed: seed of the first picture.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as large as the photo.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number.
        structure: ``"free"``, ``"loose"``, ``"close"``, 0 (free) .. 1 (the photo itself), or ``"scale3"``. ``"auto"``:
            the engine's default, or loose.
        all_scales: one picture for each start scale, instead of ``structure``; all use the same seed.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: the directions in which copies tile without a seam.
        also: further photos to take patches from.
        options: see ``TrainedOptions``.

    Returns:
        The pictures, their seeds, and the settings that reproduce them; ``save`` writes them.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return VaryJob.of(locals()).result()

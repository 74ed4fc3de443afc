"""A photo at another size or shape."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.tasks import arguments
from calotype.tasks.making import Job
from calotype.types import PhotoLike, Result

if TYPE_CHECKING:
    from calotype.run import Run


class Retargeting(Job):
    """What the verb makes of one photo."""

    verb = "retarget"
    tiles = True


def retarget(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    factor: Annotated[arguments.FactorLike | None, arguments.FACTOR] = None,
    tile: Annotated[str, arguments.TILE] = "none",
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    max_side: Annotated[int | None, arguments.MAX_SIDE] = None,
    unfinished: Annotated[bool, arguments.UNFINISHED] = False,
    model: Annotated[str | Path | None, arguments.MODEL] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Give a photo another size or shape, its contents neither stretched nor cropped.

    The photo's own patches fill the new shape: things keep their proportions and there are more or fewer of them. Say
    the new shape with ``--size`` or ``--factor``.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: how many, each with the next seed.
        seed: of the first picture.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number. One of the two is needed.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: which way copies can be laid side by side without a seam.
        also: further photos that lend their patches.
        max_side: in pixels: shrink the photos first, so that no side is longer.
        unfinished: sample from the finished stages of a stopped training instead of going on with it.
        model: the folder of a trained model, instead of the one that belongs to photo and settings.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns:
        The pictures, their seeds, and the settings that repeat them; ``save`` writes them.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    order = Retargeting.ordered(
        n=n,
        seed=seed,
        engine=engine,
        preset=preset,
        size=size,
        factor=factor,
        tile=tile,
        max_side=max_side,
        unfinished=unfinished,
        model=model,
        settings=settings,
        device=device,
    )
    return Retargeting(order, photo, also, run).result()

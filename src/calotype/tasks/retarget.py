"""A photo at another size or shape."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.tasks import making
from calotype.types import PhotoLike, Result

if TYPE_CHECKING:
    from calotype.run import Run


def retarget(
    photo: Annotated[PhotoLike, making.PHOTO],
    n: Annotated[int, making.COUNT] = 1,
    seed: Annotated[int, making.SEED] = 0,
    *,
    engine: Annotated[str, making.ENGINE] = "gpnn",
    preset: Annotated[str, making.PRESET] = "fast",
    size: Annotated[making.SizeLike | None, making.SIZE] = None,
    factor: Annotated[making.FactorLike | None, making.FACTOR] = None,
    tile: Annotated[str, making.TILE] = "none",
    also: Annotated[Sequence[PhotoLike], making.ALSO] = (),
    max_side: Annotated[int | None, making.MAX_SIDE] = None,
    settings: Annotated[Mapping[str, Any] | None, making.SETTINGS] = None,
    device: Annotated[str, making.DEVICE] = "auto",
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
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns:
        The pictures, their seeds, and the settings that repeat them; ``save`` writes them.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    order = making.order(
        "retarget",
        n=n,
        seed=seed,
        engine=engine,
        preset=preset,
        size=size,
        factor=factor,
        tile=tile,
        max_side=max_side,
        settings=settings,
        device=device,
    )
    return making.Job(order, photo, also, run).result()

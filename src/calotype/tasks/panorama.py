"""The verb ``panorama``: generate 360-degree panoramas with a model of a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.tasks.sample import COUNT, MODEL, UNFINISHED

if TYPE_CHECKING:
    from calotype.run import Run


class PanoramaJob(ModelJob):
    """Job of the verb ``panorama``."""

    verb = "panorama"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["turn"], 0.0, 1.0, "a turn", "0.5")


def panorama(
    model: Annotated[str | Path, MODEL],
    n: Annotated[int, COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    size: Annotated[
        arguments.SizeLike | None,
        Param(
            "size in pixels, like 512x64; wider than in training covers more than 360 degrees",
            kind="size",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None,
    turn: Annotated[
        float,
        Param(
            "position of the left edge, as a fraction of 360 degrees from 0 to 1: rotates the panorama",
            kind="number",
            metavar="NUMBER",
            at_least=0,
            at_most=1,
        ),
    ] = 0.0,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Generate new 360-degree panoramas, whose right edge continues at the left one.

    The model is trained on panoramas: calotype train cocogan FOLDER --set coordinates=cylindrical --set size=64,256
    (height and width).

    Args:
        model: a name that ``calotype models`` lists, or a folder.
        n: number of pictures.
        seed: seed of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: the training size,
            which covers 360 degrees.
        turn: position of the left edge, as a fraction of 360 degrees, 0..1.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns and raises what ``vary`` does.
    """
    return PanoramaJob.of(locals()).result()

"""New panoramas, whose right edge continues at the left one."""

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
    """What the verb makes."""

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
            "size in pixels, like 512x64; wider than in training goes round more than once",
            kind="size",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None,
    turn: Annotated[
        float,
        Param(
            "where the left edge is, as a share of the way round from 0 to 1: the same panorama, turned",
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
    """Make new panoramas, whose right edge continues at the left one.

    The model is one that has learned from panoramas: calotype train cocogan FOLDER --set coordinates=cylindrical --set
    size=64,256 (height and width).

    Args:
        model: a name that ``calotype models`` lists, or a folder.
        n: how many.
        seed: of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as in training, once
            round.
        turn: where the left edge is, as a share of the way round, 0..1.
        unfinished: use a training that has not ended, as it was saved last.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns and raises what ``vary`` does.
    """
    return PanoramaJob.of(locals()).result()

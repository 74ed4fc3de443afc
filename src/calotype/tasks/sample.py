"""New pictures like those that a model has learned from."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.types import PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run

MODEL = Param(
    "a model of many photos, by its name in 'calotype models' or by its folder", kind="model", metavar="MODEL|FOLDER"
)
COUNT = Param(
    "how many pictures to make", kind="whole", metavar="COUNT", flags=("-n", "--count"), at_least=1, first=True
)
UNFINISHED = Param("use a model whose training has not ended, as it was saved last", kind="switch")


class SampleJob(ModelJob):
    """What the verb makes."""

    verb = "sample"
    takes = ("guide",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["strength"], 0.0, 1.0, "a strength", "0.3")

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        if "guide" not in self.inputs and self.request.own["strength"]:
            raise InputError("--strength says how far to go from a guide: give --guide PICTURE too (guide=)")
        super().check_inputs()


def sample(
    model: Annotated[str | Path, MODEL],
    n: Annotated[int, COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    size: Annotated[
        arguments.SizeLike | None,
        Param(
            "size of the pictures in pixels, like 96x96; what is larger than in training goes beyond the edges, as far "
            "as the model has learned to",
            kind="size",
            metavar="WIDTHxHEIGHT",
        ),
    ] = None,
    guide: Annotated[
        PhotoLike | None,
        Param("a square piece of a picture; a whole picture is made to go with it", kind="picture", metavar="PICTURE"),
    ] = None,
    strength: Annotated[
        float,
        Param(
            "how far to go from what the guide says, from 0 to 1: seeds then differ",
            kind="number",
            metavar="NUMBER",
            at_least=0,
            at_most=1,
        ),
    ] = 0.0,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Make new pictures like those that a model has learned from.

    The model is one of many photos: calotype train cocogan FOLDER. Picture i of a call has seed + i and is made
    independently.

    Args:
        model: a name that ``calotype models`` lists, or a folder.
        n: how many.
        seed: of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as in training.
        guide: a square piece of a picture, brought to the size of the pieces that the model judges: a whole picture is
            made to go with it. For models that were trained with ``latent_weight`` above 0.
        strength: how far to go from what the guide says: 0, then all seeds are alike, to 1, none of it.
        unfinished: use a training that has not ended, as it was saved last.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.
        inputs: further inputs that the model declares, by name.

    Returns and raises what ``vary`` does.
    """
    return SampleJob.of(locals()).result()

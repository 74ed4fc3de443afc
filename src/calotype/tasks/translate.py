"""The verb ``translate``: make pictures from another picture with a model that was trained on pairs."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.tasks.sample import UNFINISHED
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    from calotype.run import Run

TASK = Param(
    "name of the task, for models that were taught several; without it, the likeliest", kind="task", metavar="NAME"
)


class TranslateJob(ModelJob):
    """Job of the verb ``translate``."""

    verb = "translate"
    takes = ("picture", "style")
    main = "picture"

    def check_inputs(self) -> None:
        """See ``ModelJob``."""
        if self.request.own["task"] is not None and "task" not in self.declared.options:
            raise InputError(f"the model {self.request.engine} knows one task: leave out --task (task=)")
        super().check_inputs()

    def fitting_size(self) -> Size:
        """The requested size; by default the number of pixels of the training size, in the picture's aspect ratio."""
        if self.request.size is not None:
            return self.request.size
        given, trained = self.inputs["picture"].size, Size(*self.loaded.photo_size)
        scale = (trained.pixels / given.pixels) ** 0.5
        return Size(max(1, round(given.height * scale)), max(1, round(given.width * scale)))

    @property
    def name(self) -> str:
        """The name of the picture, and the task where one is given."""
        task = self.request.own["task"]
        return str(self.inputs["picture"].name) + (f"_{task}" if task else "")


def translate(
    picture: Annotated[
        PhotoLike,
        Param("the picture, such as edges or a map, or a folder of them", kind="photo", metavar="PICTURE", sets=True),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    task: Annotated[str | None, replace(TASK, first=True)] = None,
    style: Annotated[
        PhotoLike | None,
        Param("a picture whose look is taken over; without it, the seed's", kind="picture", metavar="PICTURE"),
    ] = None,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Make pictures from another picture, as a model learned from pairs: edges to faces, maps to places.

    calotype train bicyclegan face_edges learns from pairs, and calotype translate edges.png --model MODEL -n 4 makes
    four pictures that differ in what the edges leave open. --style PICTURE takes over the look of one. A model that was
    taught several tasks (calotype teach) does all of them.

    Args:
        picture: the condition: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        task: name of the task, for models that were taught several.
        style: a picture whose look is taken over, of the same types; then all seeds give the same picture.
        model: a name that ``calotype models`` lists, or a folder.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: the number of pixels of
            the training size, in the picture's aspect ratio.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.
        inputs: further inputs that the model declares, by name.

    Returns and raises what ``vary`` does.
    """
    return TranslateJob.of(locals()).result()

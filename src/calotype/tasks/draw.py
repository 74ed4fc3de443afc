"""New pictures of a layout, by a model that has learned from pictures with layouts."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.kinds import KINDS
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.job import OutputSpec
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.tasks.sample import UNFINISHED
from calotype.types import LabelMap, LabelMapLike, Size

if TYPE_CHECKING:
    from calotype.run import Run


class DrawJob(ModelJob):
    """What the verb makes of one layout."""

    verb = "draw"
    takes = ("layout",)
    main = "layout"

    def fitting_size(self) -> Size:
        """The size asked for; else as many pixels as in training, in the shape of the layout."""
        layout, learned = self.inputs["layout"], Size(*self.loaded.photo_size)
        if self.request.size is not None or not isinstance(layout, LabelMap):
            return self.request.size or learned
        scale = (learned.pixels / layout.size.pixels) ** 0.5
        return Size(max(1, round(layout.size.height * scale)), max(1, round(layout.size.width * scale)))

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every model, with a label map brought to the size of the result."""
        arguments, layout = super().model_arguments(output), self.inputs["layout"]
        if isinstance(layout, LabelMap):
            from calotype.image.labelmap import fitted

            name = next(given.argument or given.name for given in self.declared.inputs if given.name == "layout")
            arguments[name] = KINDS["label map"].tensor(fitted(layout, self.size), self.run.device)
        return arguments

    @property
    def name(self) -> str:
        """The layout's."""
        return str(self.inputs["layout"].name)


def draw(
    layout: Annotated[
        LabelMapLike,
        Param(
            "what is to lie where: a label map in the classes of the model, or a folder of label maps",
            kind="label map",
            metavar="MAP",
            sets=True,
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
    **inputs: Any,
) -> Result:
    """Draw pictures of a layout: what lies where is given, how it looks is the model's.

    The model is one that has learned from pictures with label maps, such as those of the set scenes: calotype data
    scenes, then calotype train MODEL scenes. A map is a grey PNG of class numbers, or a picture painted in the colours
    of the model's classes.

    Args:
        layout: what lies where: a label map as a path, PIL image, array [H, W] of class numbers, or ``LabelMap``.
        n: how many pictures, each with the next seed.
        seed: of the first picture: another draws another look.
        model: a name that ``calotype models`` lists, or a folder.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as many pixels as in
            training, in the shape of the layout.
        unfinished: use a training that has not ended, as it was saved last.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.
        inputs: further inputs that the model declares, by name, such as ``style``, a photo whose look is taken over.

    Returns and raises what ``vary`` does.
    """
    return DrawJob.of(locals()).result()

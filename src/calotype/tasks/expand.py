"""A photo continued beyond its edges."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.inpainting import InpaintingJob
from calotype.tasks.param import Param
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch


_SIDES = ("left", "right", "top", "bottom")


def _side(name: str) -> Param:
    return Param(f"pixels to add on the {name}", kind="margin", metavar="PIXELS", at_least=0, first=True)


class ExpandJob(InpaintingJob):
    """What the verb makes of one photo."""

    verb = "expand"
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if not own["margin"] and not any(own[name] for name in _SIDES):
            raise InputError(
                "expand needs to know by how much: give --margin 200, or --left, --right, --top, --bottom (margin= ...)"
            )
        for name in ("margin", *_SIDES):
            if own[name] is not None and own[name] < 0:
                raise InputError(f"{name}={own[name]} would cut the photo: give a number of pixels from 0 up")

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Pixels added on the left, on the right, at the top and at the bottom."""
        own = self.request.own
        left, right, top, bottom = ((own["margin"] or 0) if own[name] is None else own[name] for name in _SIDES)
        return left, right, top, bottom

    def fitting_size(self) -> Size:
        """The photo's size and the margins."""
        left, right, top, bottom = self.margins
        return Size(self.photo.size.height + top + bottom, self.photo.size.width + left + right)

    @property
    def missing(self) -> int:
        """Pixels that are added: known before there is memory for them."""
        return self.size.pixels - self.photo.size.pixels

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``."""
        return {**super().options, "margins": self.margins}

    @cached_property
    def canvas(self) -> "torch.Tensor":
        """The photo with room around it."""
        import torch.nn.functional as F

        return F.pad(self.tensor(self.photo), self.margins)

    @cached_property
    def hole(self) -> "torch.Tensor":
        """The room around it."""
        import torch
        import torch.nn.functional as F

        return F.pad(torch.zeros_like(self.tensor(self.photo)[:, :1]), self.margins, value=1.0)


def expand(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    margin: Annotated[
        int | None, Param("pixels to add on every side", kind="margin", metavar="PIXELS", at_least=0, first=True)
    ] = None,
    left: Annotated[int | None, _side("left")] = None,
    right: Annotated[int | None, _side("right")] = None,
    top: Annotated[int | None, _side("top")] = None,
    bottom: Annotated[int | None, _side("bottom")] = None,
    engine: Annotated[str, arguments.ENGINE] = "completion",
    preset: Annotated[str, arguments.PRESET] = "fast",
    model: Annotated[
        str | Path | None,
        Param(
            "a model of many photos that has learned what lies beyond their edges, by its name in 'calotype models' or "
            "its folder; the photo is brought to the size that it learned",
            kind="model",
            metavar="FOLDER|NAME",
        ),
    ] = None,
    **options: Unpack[EngineOptions],
) -> Result:
    """Continue a photo beyond its edges.

    What is added is put together from pieces of the photo and continues it; the photo itself stays as it is, to the
    pixel. Say how much with ``--margin`` for all sides, and ``--left``, ``--right``, ``--top``, ``--bottom`` for one.

    With ``--model``, a model of many photos that has learned what lies beyond their edges (calotype train cocogan
    FOLDER --set beyond=1 --set beyond_steps=1000), what is added is what it has learned.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: how many, each with the next seed.
        seed: of the first picture.
        margin: pixels to add on every side that has no number of its own.
        left: pixels to add on the left.
        right: pixels to add on the right.
        top: pixels to add at the top.
        bottom: pixels to add at the bottom.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        model: a model of many photos, by its name or its folder. The photo is then cut to the middle and brought to the
            size that the model has learned, and margins count pixels of that.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return ExpandJob.of(locals()).result()

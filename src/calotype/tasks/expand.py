"""The verb ``expand``: extend a photo beyond its edges (outpainting)."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import ArgumentError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import whole
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
    """Job of the verb ``expand``."""

    verb = "expand"
    effect = "edited"
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if not own["margin"] and not any(own[name] for name in _SIDES):
            raise ArgumentError(
                "expand needs a margin: give --margin 200, or --left, --right, --top, --bottom (margin= ...)"
            )
        for name in ("margin", *_SIDES):
            if own[name] is not None and whole(own[name], f"a margin --{name}", "200") < 0:
                raise ArgumentError(
                    f"--{name} {own[name]} would crop the photo: give a number of pixels from 0 up ({name}=)"
                )

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Pixels added at the left, right, top and bottom."""
        own = self.request.own
        left, right, top, bottom = ((own["margin"] or 0) if own[name] is None else own[name] for name in _SIDES)
        return left, right, top, bottom

    def fitting_size(self) -> Size:
        """The photo's size plus the margins."""
        left, right, top, bottom = self.margins
        return Size(self.photo.size.height + top + bottom, self.photo.size.width + left + right)

    @property
    def smaller_result(self) -> str:
        """See ``PhotoJob``."""
        return "give smaller margins (--margin, margin=)" if self.missing > self.photo.size.pixels else ""

    @property
    def missing(self) -> int:
        """Number of added pixels, known without allocating the canvas."""
        return self.size.pixels - self.photo.size.pixels

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``."""
        return {**super().options, "margins": self.margins}

    @cached_property
    def canvas(self) -> "torch.Tensor":
        """The photo padded by the margins: [1, C, h, w]."""
        import torch.nn.functional as F

        return F.pad(self.tensor(self.photo), self.margins)

    @cached_property
    def frame(self) -> tuple[int, int, int, int]:
        """Width of the photo's own frame at the left, right, top and bottom, pixels; 0 if no margin is beside it.

        Then all of it is replaced: what is synthesized beside the other sides has no frame.
        """
        from calotype.image.frame import frame_widths

        if self.request.own["keep_frame"] or self.system.of_sets:
            return 0, 0, 0, 0
        found = frame_widths(self.tensor(self.photo))
        between = any(width and margin for width, margin in zip(found, self.margins))
        return found if between else (0, 0, 0, 0)

    def doubts(self) -> Sequence[str | None]:
        """See ``Job``."""
        if not any(self.frame):
            return super().doubts()
        wide = ", ".join(f"{width} at the {side}" for side, width in zip(_SIDES, self.frame) if width)
        replaced = f"the photo has a frame, which is replaced (pixels: {wide}): --keep-frame keeps it (keep_frame=True)"
        return [*super().doubts(), replaced]

    @cached_property
    def hole(self) -> "torch.Tensor":
        """The margins, and the frame of the photo if it is replaced: [1, 1, h, w], 0 or 1."""
        import torch
        import torch.nn.functional as F

        left, right, top, bottom = self.frame
        height, width = self.photo.size.height, self.photo.size.width
        hole = torch.ones_like(self.tensor(self.photo)[:, :1])
        hole[:, :, top : height - bottom, left : width - right] = 0
        return F.pad(hole, self.margins, value=1.0)


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
    keep_frame: Annotated[
        bool,
        Param("keep a frame of one colour at the photo's edges; it is replaced otherwise", kind="switch"),
    ] = False,
    engine: Annotated[str, arguments.ENGINE] = "completion",
    preset: Annotated[str, arguments.PRESET] = "fast",
    model: Annotated[
        str | Path | None,
        Param(
            "a model of a data set that was trained to extend pictures, by its name in 'calotype models' or its "
            "folder; the photo is cropped and resized to the training size",
            kind="model",
            metavar="FOLDER|NAME",
        ),
    ] = None,
    **options: Unpack[EngineOptions],
) -> Result:
    """Extend a photo beyond its edges.

    The margins are filled with patches of the photo that continue it; the photo itself is not changed, but for a frame
    of one colour at its edges, which is replaced. Set their width
    with ``--margin`` for all sides, and ``--left``, ``--right``, ``--top``, ``--bottom`` for one side.

    With ``--model``, a model of a data set that was trained to extend pictures (calotype train cocogan FOLDER --set
    beyond=1 --set beyond_steps=1000), the margins are generated by that model.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        margin: pixels to add on every side without its own value.
        left: pixels to add on the left.
        right: pixels to add on the right.
        top: pixels to add at the top.
        bottom: pixels to add at the bottom.
        keep_frame: keep a line or border of one colour that the photo has at its edges.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        model: a model of a data set, by its name or its folder. The photo is then center-cropped and resized to the
            training size, and the margins are in pixels of that size.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return ExpandJob.of(locals()).result()

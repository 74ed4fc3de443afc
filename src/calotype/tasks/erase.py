"""A thing taken out of a photo, and what was behind it invented."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.inpainting import InpaintingJob
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# What a hand that paints a mask leaves out at the edges of things: 4 pixels for every 1000 of the longer side.
_LEFT_OUT = 0.004


class EraseJob(InpaintingJob):
    """What the verb makes of one photo and a mask."""

    verb = "erase"
    takes = ("photo", "mask")

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["grow"] is not None:
            between(own["grow"], 0, 1000, "a margin to grow by", "3")

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        *,
        mask: PhotoLike | None = None,
    ) -> None:
        """Read the photo and the mask.

        Raises:
            InputError: one of them cannot be used, or they do not fit together.
        """
        from calotype.image.io import open_photo
        from calotype.image.mask import open_mask

        super().__init__(request, photo, also, run)
        self._selected = None
        if mask is not None:  # only now, since a mask may be transparent where the photo is not
            self.pictures["mask"] = open_photo(mask, max_side=request.max_side)
            self._selected = open_mask(self.pictures["mask"], self.size)
        elif self.photo.alpha is None or self.photo.alpha.min() >= 128:
            raise InputError(
                f"nothing says what is to be erased from '{self.photo.name}': give --mask, white where it is "
                "(mask=), or make it transparent"
            )

    @cached_property
    def canvas(self) -> "torch.Tensor":
        """The photo; without its transparency where that says what is to be filled."""
        picture = self.tensor(self.photo)
        return picture if self._selected is not None else picture[:, :3]

    @cached_property
    def hole(self) -> "torch.Tensor":
        """The mask, or what is transparent, a little wider."""
        from calotype.image.mask import grown

        selected = (self.tensor(self.photo)[:, 3:] < 0).float() if self._selected is None else self._selected
        grow = self.request.own["grow"]
        width = round(_LEFT_OUT * max(self.size.height, self.size.width) if grow is None else grow)
        return grown(selected.to(self.run.device), width)


def erase(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "what is to be erased, in white on black; without it, what is transparent",
            kind="mask",
            metavar="PICTURE",
            first=True,
        ),
    ] = None,
    grow: Annotated[
        float | None,
        Param(
            "pixels by which the mask is widened; by default 4 for every 1000 of the longer side",
            kind="number",
            at_least=0,
        ),
    ] = None,
    engine: Annotated[str, arguments.ENGINE] = "completion",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Take something out of a photo and fill the hole with what could be behind it.

    The hole is put together from pieces of the photo, nothing of what was in it. Say what is to go with ``--mask``,
    white on black; the rest of the photo stays as it is, to the pixel. Several seeds give several fills to choose from.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: how many, each with the next seed.
        seed: of the first picture.
        mask: white where something is to be erased, of the photo's size or shape; several holes are filled one by one.
            ``None``: what is transparent in the photo.
        grow: pixels by which the mask is widened, since hands paint too little; ``None``: 4 for every 1000 of the
            longer side.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return EraseJob.of(locals()).result()

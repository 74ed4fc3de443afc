"""Two photos made into one picture."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.image_conditioned import ImageConditionedJob
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# Where nothing says which photo goes where, they meet along a border that winds about the middle: knots across the
# picture, and how far it strays from the middle, as a share of the width.
_KNOTS, _STRAY = 5, 0.15


class MixJob(ImageConditionedJob):
    """What the verb makes of two photos."""

    verb = "mix"
    default_structure = "close"
    takes = ("photo", "also", "other", "mask")
    conditioned_on = "other"

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        *,
        mask: PhotoLike | None = None,
        **pictures: PhotoLike | None,
    ) -> None:
        """Read the photos and the mask.

        Raises:
            InputError: one of them cannot be used, or they do not fit together.
        """
        from calotype.image.io import open_photo
        from calotype.image.mask import open_mask

        super().__init__(request, photo, also, run, **pictures)
        self._selected = None
        if mask is not None:  # only now, since a mask may be transparent where the photo is not
            self.pictures["mask"] = open_photo(mask, max_side=request.max_side)
            self._selected = open_mask(self.pictures["mask"], self.photo.size)

    @cached_property
    def tensors(self) -> "list[torch.Tensor]":
        """Both photos and the further ones, which lend their patches: [1, C, H, W] each."""
        return [self.tensor(photo) for photo in (self.photo, self.pictures["other"], *self.also)]

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every job, but with the picture that belongs to the seed."""
        return {**super().engine_arguments(output), "picture": self.collage(output.seed)}

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The first seed's collage."""
        return self.collage(self.request.seed)

    def collage(self, seed: int) -> "torch.Tensor":
        """One photo beside the other, [1, C, h, w]: the other one where the mask says, or to the right of a border."""
        from calotype.image.mask import composite
        from calotype.image.resize import resize

        size = (self.size.height, self.size.width)
        one, two = (resize(photo, size) for photo in self.tensors[:2])
        share = border(size, seed).to(one) if self._selected is None else resize(self._selected.to(one), size)
        return composite(one, two, share.clamp(0, 1))


def border(size: tuple[int, int], seed: int) -> "torch.Tensor":
    """Which pixels lie to the right of a winding line from top to bottom: [1, 1, h, w], 0 or 1."""
    import torch
    import torch.nn.functional as F

    noise = torch.Generator().manual_seed(seed)
    strays = _STRAY * torch.randn(1, 1, _KNOTS, generator=noise)
    line = 0.5 + F.interpolate(strays, size=size[0], mode="linear", align_corners=True)[0, 0]
    across = (torch.arange(size[1]) + 0.5) / size[1]
    return (across[None] > line.clamp(0.1, 0.9)[:, None]).float()[None, None]


def mix(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    other: Annotated[PhotoLike, Param("the photo that it is mixed with", kind="picture", metavar="OTHER")],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "where the other photo goes, in white on black; without it, to the right", kind="mask", metavar="PICTURE"
        ),
    ] = None,
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Make one picture of two photos.

    One goes where the mask is black, the other where it is white; where they meet, and as far as the structure lets go,
    pieces of both are put together anew. Without a mask they meet along a line that winds from top to bottom, another
    for every seed.

    Args:
        photo: a path, PIL image, array or ``Photo``; the result has its size.
        other: the same; it is stretched to that size where it only says the layout.
        n: how many, each with the next seed.
        seed: of the first picture.
        mask: white where the other photo goes, of the photo's size or shape.
        structure: where the collage is taken in: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of it),
            or ``"scale3"``. ``"auto"``: what suits the engine; close, unless it says otherwise.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        also: further photos that lend their patches.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return MixJob.of(locals()).result()

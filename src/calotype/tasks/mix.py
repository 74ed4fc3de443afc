"""The verb ``mix``: combine two photos into one picture."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.coded_photo import CodedPhotoJob
from calotype.tasks.image_conditioned import ImageConditionedJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.verb_options import DrawnOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# Without a mask, the photos are separated by a random curve around the middle: its number of knots, and the standard
# deviation of its position, as a fraction of the width.
_KNOTS, _DEVIATION = 5, 0.15


class MixJob(CodedPhotoJob, ImageConditionedJob):
    """Job of the verb ``mix``."""

    verb = "mix"
    effect = "edited"
    default_structure = "close"
    takes = ("photo", "also", "other", "mask", "code")
    conditioned_on = "other"

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        *,
        mask: PhotoLike | None = None,
        **pictures: Any,
    ) -> None:
        """Read the photos and the mask.

        Raises:
            InputError: an image cannot be used, or the sizes do not match.
        """
        super().__init__(request, photo, also, run, **pictures)
        self._selected = None
        if mask is not None:  # after the photo: a mask may have transparency where the photo has none
            self._selected = self.read_mask(mask)

    @cached_property
    def tensors(self) -> "list[torch.Tensor]":
        """Both photos and the further ones, whose patches are used: [1, C, H, W] each."""
        return [self.tensor(photo) for photo in (self.photo, self.pictures["other"], *self.also)]

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, with the collage of the output's seed."""
        return {**super().engine_arguments(output), "picture": self.collage(output.seed)}

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        return self.coded_doubts()

    def keeps_alpha(self, name: str) -> bool:
        """See ``Job``."""
        return True

    def fitted_alpha(self, name: str) -> "torch.Tensor":
        """See ``CodedPhotoJob``; models without latent codes stretch the second photo."""
        from calotype.image.io import to_tensor
        from calotype.image.resize import resize

        given = self.as_given(name)
        if name == "photo" or self.declared.coded or given.alpha is None:
            return super().fitted_alpha(name)
        return resize(to_tensor(given)[:, 3:], (self.size.height, self.size.width)).clamp(-1, 1)

    def kept_alpha(self, output: OutputSpec) -> "torch.Tensor | None":
        """See ``PhotoJob``; that of both photos along the border."""
        return self.alpha_of_both("other", self.region_of(output.seed))

    def region_of(self, seed: int) -> "torch.Tensor":
        """See ``CodedPhotoJob``: where the second photo is wanted."""
        if self._selected is not None:
            return self._selected
        return border((self.photo.size.height, self.photo.size.width), seed)

    def placed(self, made: Any, output: OutputSpec) -> Any:
        """See ``CodedPhotoJob``; along the border of the output's seed."""
        return self.finished(self.blended(made, self.region_of(output.seed)))

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The collage of the first seed: [1, C, h, w]."""
        return self.collage(self.request.seed)

    def collage(self, seed: int) -> "torch.Tensor":
        """The photos combined, [1, C, h, w]: the second one where the mask is white, or to the right of the border."""
        from calotype.image.mask import composite
        from calotype.image.resize import resize

        size = (self.size.height, self.size.width)
        first, second = (resize(photo, size) for photo in self.tensors[:2])
        weight = border(size, seed).to(first) if self._selected is None else resize(self._selected.to(first), size)
        return composite(first, second, weight.clamp(0, 1))


def border(size: tuple[int, int], seed: int) -> "torch.Tensor":
    """A mask of the pixels to the right of a random curve from top to bottom: [1, 1, h, w], 0 or 1."""
    import torch
    import torch.nn.functional as F

    noise = torch.Generator().manual_seed(seed)
    offsets = _DEVIATION * torch.randn(1, 1, _KNOTS, generator=noise)
    curve = 0.5 + F.interpolate(offsets, size=size[0], mode="linear", align_corners=True)[0, 0]
    columns = (torch.arange(size[1]) + 0.5) / size[1]
    return (columns[None] > curve.clamp(0.1, 0.9)[:, None]).float()[None, None]


def mix(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    other: Annotated[PhotoLike, Param("the second photo", kind="picture", metavar="OTHER")],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "the region of the second photo, in white on black; without it, what is right of a random curve",
            kind="mask",
            metavar="PICTURE",
        ),
    ] = None,
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    code: Annotated[Latent | str | Path | None, arguments.CODE] = None,
    **options: Unpack[DrawnOptions],
) -> Result:
    """Combine two photos into one picture.

    The first fills the black part of the mask, the second the white part. Along their border, and further away the less
    structure is kept, patches of both are recombined. Without a mask the border is a random curve from top to bottom
    that depends on the seed. With ``--model``, a StyleGAN model of a data set, both are embedded in it, and it draws
    what is along the border (Image2StyleGAN++); they are cropped and resized to its size, and have to be aligned. A
    pyramid model composes them from its features of ``--level``.

    Args:
        photo: a path, PIL image, array or ``Photo``; the result has its size.
        other: the second photo, of the same types; it is stretched to that size for the layout.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        mask: white where the second photo goes, of the photo's size or aspect ratio.
        structure: injection scale of the collage: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of
            it), or ``"scale3"``. ``"auto"``: the engine's default, or close.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``.
        also: further photos to take patches from.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        code: latent code of the first photo that ``embed`` found in the model; ``None``: it is searched for first.
        options: see ``DrawnOptions``.

    Returns and raises what ``vary`` does.
    """
    return MixJob.of(locals()).result()

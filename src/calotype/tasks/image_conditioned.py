"""What the verbs have in common that are handed a picture and make it again in the manner of the photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.errors import InputError
from calotype.tasks.arguments import between
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.types import LabelMap, Photo, PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# What SinGAN's mask has at 250 pixels, the size its pictures are made at; both grow with the picture.
_SINGAN_SIDE, _SINGAN_BLUR = 250, 5.0
_SAME_SHAPE = 0.02  # how much two widths over heights may differ

MASK = Param(
    "what was changed, in white on black; without it, found by comparing with the photo", kind="mask", metavar="PICTURE"
)
FEATHER = Param(
    "how soft the edge of the mask is, in pixels; by default 5 for every 250 of the longer side",
    kind="number",
    metavar="PIXELS",
)
UNMASKED = Param("the engine's whole picture, not blended into the photo by the mask", kind="switch")


class ImageConditionedJob(PhotoJob):
    """A picture, the first that the verb wants, made again in the manner of the photo."""

    conditioned_on: ClassVar[str]  # the input that is made again

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every job, and the picture."""
        return {**super().engine_arguments(output), "picture": self.picture}

    @cached_property
    def picture(self) -> torch.Tensor:
        """The picture handed to the verb, at the size of the result: [1, C, h, w].

        Where it is transparent and the photo is not, the photo shows through: a cut-out on nothing is a paste.
        """
        from calotype.image.io import to_tensor
        from calotype.image.resize import resize

        given, size = self.pictures[self.conditioned_on], (self.size.height, self.size.width)
        if self.photo.alpha is not None or given.alpha is None:
            return resize(self.tensor(given), size)
        above = resize(to_tensor(given, self.run.device), size)
        share = (above[:, 3:] + 1) / 2
        # The colours of a transparent picture lie on mid-grey, which is 0: they are multiplied by its opacity already.
        return (above[:, :3] + (1 - share) * resize(self.tensors[0], size)).clamp(-1, 1)


class BlendedJob(ImageConditionedJob):
    """A changed photo made again, of which only what was changed is taken over into the photo."""

    dilation: ClassVar[float]  # pixels by which the mask grows at 250 pixels

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["feather"] is not None:
            between(own["feather"], 0, 1000, "a feather", "5")

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: Run | None = None,
        *,
        mask: PhotoLike | None = None,
        **pictures: PhotoLike | None,
    ) -> None:
        """Read the photo, the changed one and the mask.

        Raises:
            InputError: one of them cannot be used, or they do not fit together.
        """
        from calotype.image.io import open_photo

        super().__init__(request, photo, also, run, **pictures)
        if mask is not None:  # only now, since a mask may be transparent where the photo is not
            self.pictures["mask"] = open_photo(mask, max_side=request.max_side)
        changed = self.pictures[self.conditioned_on]
        if not same_shape(changed.size, self.size):
            raise InputError(
                f"'{changed.name}' is {changed.size} and '{self.photo.name}' {self.size} pixels: "
                "give a picture of the photo's size, or of its shape"
            )
        self._mask = None if request.own["unmasked"] else self._selected(self.pictures.get("mask"))

    def _selected(self, mask: Photo | None) -> torch.Tensor:
        """What was changed: [1, 1, h, w], 0 or 1."""
        from calotype.image.mask import derived_mask, open_mask

        return derived_mask(self.tensors[0], self.picture) if mask is None else open_mask(mask, self.size)

    def finished(self, made: Any) -> Any:
        """The engine's picture where something was changed, and the photo elsewhere."""
        from calotype.image.io import to_image
        from calotype.image.mask import composite

        return to_image(made if self._mask is None else composite(self.tensors[0], made, self._soft))

    @cached_property
    def _soft(self) -> torch.Tensor:
        """The mask widened and with a soft edge: [1, 1, h, w], 0..1."""
        from calotype.image.mask import soften

        assert self._mask is not None
        grown = max(self.size.height, self.size.width) / _SINGAN_SIDE
        feather = self.request.own["feather"]
        blur = _SINGAN_BLUR * grown if feather is None else feather
        return soften(self._mask.to(self.run.device), round(self.dilation * grown), blur)


def same_shape(one: Size, other: Size) -> bool:
    """Whether width over height is the same, but for what rounding to pixels or a careless crop does."""
    return abs(one.width * other.height / (one.height * other.width) - 1) <= _SAME_SHAPE


def of_photo(labels: LabelMap, photo: Photo) -> LabelMap:
    """A map at the size of the photo that it is of.

    Raises:
        InputError: it has another shape.
    """
    from calotype.image.labelmap import fitted

    if not same_shape(labels.size, photo.size):
        raise InputError(
            f"the label map '{labels.name}' is {labels.size} and '{photo.name}' {photo.size} pixels: "
            "give a map of the photo's size, or of its shape"
        )
    return fitted(labels, photo.size)

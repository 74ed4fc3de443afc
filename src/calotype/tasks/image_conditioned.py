"""Common bases of the verbs that inject a picture into the generation from a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.errors import InputError
from calotype.tasks.aligned import aligned_mask, same_shape
from calotype.tasks.arguments import between
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.types import LabelMap, Photo, PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# Mask blur of SinGAN, pixels, and the image size that it is meant for; the blur is scaled with the image size.
_SINGAN_SIDE, _SINGAN_BLUR = 250, 5.0

MASK = Param(
    "the changed area, in white on black; without it, found by comparing with the photo", kind="mask", metavar="PICTURE"
)
FEATHER = Param(
    "softness of the mask's edge in pixels; default: 5 per 250 pixels of the longer side",
    kind="number",
    metavar="PIXELS",
)
UNMASKED = Param("return the engine's whole picture, not blended into the photo", kind="switch")


class ImageConditionedJob(PhotoJob):
    """A job that reconstructs a picture, the input ``conditioned_on``, from patches of the photo."""

    conditioned_on: ClassVar[str]  # name of the input that is reconstructed

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments and the picture."""
        return {**super().engine_arguments(output), "picture": self.picture}

    @cached_property
    def picture(self) -> torch.Tensor:
        """The injected picture, resized to the size of the result: [1, C, h, w], -1..1.

        If it has transparency and the photo has none, it is composited on the photo.
        """
        from calotype.image.io import to_tensor
        from calotype.image.resize import resize

        given, size = self.pictures[self.conditioned_on], (self.size.height, self.size.width)
        if self.photo.alpha is not None or given.alpha is None:
            return resize(self.tensor(given), size)
        foreground = resize(to_tensor(given, self.run.device), size)
        alpha = (foreground[:, 3:] + 1) / 2
        # Colours are premultiplied by alpha, on mid-grey (0).
        return (foreground[:, :3] + (1 - alpha) * resize(self.tensors[0], size)).clamp(-1, 1)


class BlendedJob(ImageConditionedJob):
    """A job that reconstructs a changed photo, and blends only the changed area into the photo."""

    dilation: ClassVar[float]  # dilation of the mask, pixels, for an image size of 250 pixels

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
        """Open the photo, the changed photo and the mask.

        Raises:
            InputError: an image cannot be used, or the sizes do not match.
        """
        from calotype.image.io import open_photo

        super().__init__(request, photo, also, run, **pictures)
        if mask is not None:  # after the photo: a mask may have transparency where the photo has none
            self.pictures["mask"] = self.aligned_mask(open_photo(mask, max_side=request.max_side))
        changed = self.pictures[self.conditioned_on]
        if not same_shape(changed.size, self.given.size):
            raise InputError(
                f"'{changed.name}' is {changed.size} and '{self.photo.name}' {self.given.size} pixels: "
                "give a picture of the photo's size or aspect ratio"
            )
        self.pictures[self.conditioned_on] = self.aligned(self.conditioned_on, changed)
        self._mask = None if request.own["unmasked"] else self._changed_area(self.pictures.get("mask"))

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import exchanged_paste, inverted_change

        if self._mask is None:
            return []
        changed, area = self.pictures[self.conditioned_on], (self._mask[0, 0] > 0).cpu().numpy()
        inverted = inverted_change(self.photo, changed, area) if "mask" in self.pictures else None
        return [inverted or exchanged_paste(self.photo, changed, area)]

    def _changed_area(self, mask: Photo | None) -> torch.Tensor:
        """Mask of the changed area: [1, 1, h, w], 0 or 1."""
        from calotype.image.mask import derived_mask, open_mask

        if mask is None and self.system.of_sets:
            mask = self._change_as_given()
        return derived_mask(self.tensors[0], self.picture) if mask is None else open_mask(mask, self.size)

    def _change_as_given(self) -> Photo:
        """The changed area for a model, found before both pictures are shrunk: thin strokes are seen."""
        from calotype.image.io import open_photo, to_image, to_tensor
        from calotype.image.mask import derived_mask
        from calotype.image.resize import resize

        before, after = to_tensor(self.given)[:, :3], to_tensor(self.as_given(self.conditioned_on))[:, :3]
        found = derived_mask(before, resize(after, (before.shape[2], before.shape[3])))
        selected = open_photo(to_image((found * 2 - 1).expand(-1, 3, -1, -1)))
        return aligned_mask(selected, self.given, (self.size.height, self.size.width))

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, the changed area and the softness of its edge, for engines that blend themselves."""
        return {**super().engine_arguments(output), "region": self._mask, "feather": self.request.own["feather"]}

    def finished(self, made: Any) -> Any:
        """The engine's result in the changed area, and the photo elsewhere."""
        from calotype.image.io import to_image
        from calotype.image.mask import composite
        from calotype.image.transparency import with_alpha

        inside = "region" in self.declared.options  # the engine blends into the photo itself
        if made.shape[1] == 4:  # the verb changes colours; what is transparent was decided by the pictures given
            given = self.picture
            if self._mask is not None and inside:
                given = composite(self.tensors[0], self.picture, self._soft_mask)
            made = with_alpha(made, given[:, 3:], given)
        blended = self._mask is None or inside
        whole = made if blended else composite(self.tensors[0], made, self._soft_mask)
        return to_image(whole, sixteen=self.sixteen)

    @cached_property
    def _soft_mask(self) -> torch.Tensor:
        """The dilated mask with a soft edge: [1, 1, h, w], 0..1."""
        from calotype.image.mask import soften

        assert self._mask is not None
        scale = max(self.size.height, self.size.width) / _SINGAN_SIDE
        feather = self.request.own["feather"]
        blur = _SINGAN_BLUR * scale if feather is None else feather
        return soften(self._mask.to(self.run.device), round(self.dilation * scale), blur)


def of_photo(labels: LabelMap, photo: Photo) -> LabelMap:
    """The label map of a photo, resized to the photo's size.

    Raises:
        InputError: its aspect ratio differs.
    """
    from calotype.image.labelmap import fitted

    if not same_shape(labels.size, photo.size):
        raise InputError(
            f"the label map '{labels.name}' is {labels.size} and '{photo.name}' {photo.size} pixels: "
            "give a map of the photo's size or aspect ratio"
        )
    return fitted(labels, photo.size)

"""The verb ``erase``: remove an object from a photo and fill the hole (inpainting)."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.aligned import aligned_mask
from calotype.tasks.arguments import between
from calotype.tasks.coded_photo import CodedPhotoJob
from calotype.tasks.inpainting import InpaintingJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.verb_options import DrawnOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# Default dilation of the mask, as hand-painted masks miss the edges of objects, as a fraction of the longer side.
_DILATION = 0.004


class EraseJob(CodedPhotoJob, InpaintingJob):
    """Job of the verb ``erase``."""

    verb = "erase"
    effect = "edited"
    takes = ("photo", "mask")
    code_given = False

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["grow"] is not None:
            between(own["grow"], 0, 1000, "a margin to grow by", "3")

    @classmethod
    def check_inputs_of(cls, system: str, inputs: Mapping[str, Any]) -> None:
        """See ``Job``; without a mask, a photo needs transparency."""
        from calotype.image.io import SUFFIXES
        from calotype.image.reading import is_opaque

        photo = inputs.get("photo")
        if inputs.get("mask") is not None or not isinstance(photo, str | Path):
            return
        below = Path(photo).rglob("*") if Path(photo).is_dir() else [Path(photo)]
        photos = [path for path in below if path.suffix.lower() in SUFFIXES]
        if photos and all(map(is_opaque, photos)):
            raise _no_mask(Path(photo).stem)

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
            InputError: an image cannot be used, or the sizes do not match.
        """
        import numpy as np

        from calotype.image.io import open_photo
        from calotype.image.mask import open_mask

        super().__init__(request, photo, also, run)
        self._selected = None
        alpha = self.given.alpha
        if mask is not None:  # after the photo: a mask may have transparency where the photo has none
            self._selected = self.read_mask(mask)
        elif alpha is not None and alpha.min() < 128 and self.system.of_sets:
            clear = open_photo(np.where(alpha < 128, 255, 0).astype(np.uint8))
            self._selected = open_mask(aligned_mask(clear, self.given, (self.size.height, self.size.width)), self.size)
        elif alpha is None or alpha.min() >= 128:
            raise _no_mask(self.photo.name)

    @cached_property
    def canvas(self) -> "torch.Tensor":
        """The photo, without its alpha channel if that is used as the mask: [1, C, H, W]."""
        picture = self.tensor(self.photo)
        return picture if self._selected is not None else picture[:, :3]

    @cached_property
    def hole(self) -> "torch.Tensor":
        """The dilated mask, from ``mask`` or the photo's transparency: [1, 1, H, W], 0 or 1."""
        from calotype.image.mask import grown

        grow = self.request.own["grow"]
        width = round(_DILATION * max(self.size.height, self.size.width) if grow is None else grow)
        return grown(self._marked.to(self.run.device), width)

    @property
    def _marked(self) -> "torch.Tensor":
        """The mask before its dilation, or the photo's transparency: [1, 1, H, W], 0 or 1."""
        return (self.tensor(self.photo)[:, 3:] < 0).float() if self._selected is None else self._selected

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import grown_over, inverted_hole

        given, hole = ((mask[0, 0] > 0).cpu().numpy() for mask in (self._marked, self.hole))
        inverted = None if self._selected is None else inverted_hole(given, self.photo.name)
        return [inverted or grown_over(given, hole, self.photo.name), *self.coded_doubts()]

    def keeps_alpha(self, name: str) -> bool:
        """See ``Job``."""
        return name == "photo"

    def kept_alpha(self, output: OutputSpec) -> "torch.Tensor | None":
        """See ``PhotoJob``; opaque if the transparent area was the mask, and where opaque surroundings are filled."""
        return None if self.given.alpha is None or "mask" not in self.pictures else self._filled_alpha

    @cached_property
    def _filled_alpha(self) -> "torch.Tensor":
        """The photo's alpha with the hole filled, the same for every output: [1, 1, H, W], -1..1."""
        from calotype.image.transparency import alpha_filled

        return alpha_filled(self.fitted_alpha("photo"), self.hole.cpu())

    def region_of(self, seed: int) -> "torch.Tensor":
        """See ``CodedPhotoJob``."""
        return self.hole

    def finished(self, made: Any) -> Any:
        """See ``PhotoJob``; in opaque surroundings a filled hole is opaque."""
        from calotype.image.transparency import opaque_within

        if self.declared.coded:
            return super().finished(self.blended(made, self.hole))
        return super().finished(opaque_within(made, self.tensors[0], self.hole))


def _no_mask(name: str) -> InputError:
    return InputError(
        f"no mask of what to erase from '{name}': give --mask, white on black (mask=), or a photo in which it is "
        "transparent"
    )


def erase(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "the area to erase, in white on black; without it, the transparent area of the photo",
            kind="mask",
            metavar="PICTURE",
            first=True,
        ),
    ] = None,
    grow: Annotated[
        float | None,
        Param(
            "dilation of the mask in pixels; default: 4 per 1000 pixels of the longer side",
            kind="number",
            at_least=0,
        ),
    ] = None,
    engine: Annotated[str, arguments.ENGINE] = "completion",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[DrawnOptions],
) -> Result:
    """Remove an object from a photo and fill the hole with plausible background.

    The hole is filled with patches from the rest of the photo. Mark it with ``--mask``, white on black; other pixels
    are not changed, but for a margin of a few pixels (``--grow``). Different seeds give different fills. With
    ``--model``, a StyleGAN or pyramid model of a data set, the hole is filled with what it draws there
    (Image2StyleGAN++; Semantic Pyramid); the photo is cropped and resized to its size.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        mask: white in the area to erase, of the photo's size or aspect ratio; several holes are filled one by one.
            ``None``: the transparent area of the photo.
        grow: dilation of the mask, pixels, since hand-painted masks are often too small; ``None``: 4 per 1000 pixels
            of the longer side.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``DrawnOptions``.

    Returns and raises what ``vary`` does.
    """
    return EraseJob.of(locals()).result()

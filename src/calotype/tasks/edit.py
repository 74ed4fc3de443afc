"""The verb ``edit``: remove the seams of an edited photo."""

# Annotations are values here, not strings: the command line is made from them.
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.coded_photo import CodedPhotoJob
from calotype.tasks.image_conditioned import FEATHER, MASK, UNMASKED, BlendedJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.verb_options import TrainedCodedOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch


class EditJob(CodedPhotoJob, BlendedJob):
    """Job of the verb ``edit``."""

    verb = "edit"
    effect = "edited"
    default_structure = 0.4
    takes = ("photo", "edited", "mask", "code")
    conditioned_on = "edited"
    dilation = 20

    @cached_property
    def region(self) -> "torch.Tensor":
        """The changed area: [1, 1, h, w], 0 or 1."""
        return self._changed_area(self.pictures.get("mask")) if self._mask is None else self._mask

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        return [*super().doubts(), *self.coded_doubts()]

    def keeps_alpha(self, name: str) -> bool:
        """See ``Job``."""
        return True

    def kept_alpha(self, output: OutputSpec) -> "torch.Tensor | None":
        """See ``PhotoJob``; in the changed area that of the edited photo."""
        return self.alpha_of_both("edited", None if self._mask is None else self.region)

    def placed(self, made: Any, output: OutputSpec) -> Any:
        """See ``CodedPhotoJob``; with a soft edge as wide as other edits of a model have, unless one is given."""
        from calotype.image.io import to_image

        if self._mask is None or self.request.own["feather"] is not None:
            return self.finished(made)
        return to_image(self.blended(made, self.region))

    def region_of(self, seed: int) -> "torch.Tensor":
        """See ``CodedPhotoJob``."""
        return self.region


def edit(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    edited: Annotated[
        PhotoLike,
        Param("the photo with objects moved, copied or cut out", kind="picture", metavar="EDITED", begins="photo"),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    mask: Annotated[PhotoLike | None, MASK] = None,
    feather: Annotated[float | None, FEATHER] = None,
    unmasked: Annotated[bool, UNMASKED] = False,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    code: Annotated[Latent | str | Path | None, arguments.CODE] = None,
    **options: Unpack[TrainedCodedOptions],
) -> Result:
    """Remove the seams of an edited photo, in which objects were moved, copied, stretched or painted over.

    The changed area and a margin around it are synthesised again from the content of the photo; the rest of the photo
    is not changed. The changed area is found by comparing the two pictures, unless a mask is given. With ``--model``, a
    StyleGAN model of a data set, a scribble is enough: what the model draws follows it (Image2StyleGAN++); the photo is
    cropped and resized to the model's size.

    Args:
        photo: the original photo: a path, PIL image, array or ``Photo``.
        edited: the same photo with objects moved, copied or cut out, of the photo's size or aspect ratio.
        n: number of pictures.
        seed: seed of the first picture; picture i uses ``seed + i``.
        mask: white in the changed area; ``None``: found by comparing the two pictures.
        feather: softness of the mask's edge, pixels; ``None``: 5 per 250 pixels of the longer side.
        unmasked: return the engine's whole picture, not blended into the photo.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        structure: injection scale of the edited picture: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1
            (all of it), or ``"scale3"``. ``"auto"``: the engine's default, or 0.4.
        code: latent code of the photo that ``embed`` found in the model; ``None``: it is searched for first.
        options: see ``TrainedCodedOptions``.

    Returns and raises what ``vary`` does.
    """
    return EditJob.of(locals()).result()

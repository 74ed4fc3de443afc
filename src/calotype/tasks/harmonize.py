"""Something pasted onto a photo made to belong there."""

# Annotations are values here, not strings: the command line is made from them.
from typing import TYPE_CHECKING, Annotated, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.image_conditioned import FEATHER, MASK, UNMASKED, BlendedJob
from calotype.tasks.param import Param
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    pass


class HarmonizeJob(BlendedJob):
    """What the verb makes of one photo and the changed one."""

    verb = "harmonize"
    default_structure = 0.9
    takes = ("photo", "pasted", "mask")
    conditioned_on = "pasted"
    dilation = 7


def harmonize(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    pasted: Annotated[
        PhotoLike, Param("the photo with something pasted onto it", kind="picture", metavar="PASTED", begins="photo")
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
    **options: Unpack[TrainedOptions],
) -> Result:
    """Make something that was pasted onto a photo look as if it belonged there.

    Textures and colours of the pasted thing follow the photo; the rest of the photo stays as it is. What was pasted is
    found by comparing the two pictures, unless a mask says it.


    Args:
        photo: a path, PIL image, array or ``Photo``: as it was before.
        pasted: the same photo with something pasted onto it, as large as the photo or of its shape.
        n: how many.
        seed: of the first picture; the i-th has ``seed + i``.
        mask: white where something was changed; ``None``: found by comparing the two pictures.
        feather: of the mask's edge, pixels; ``None``: 5 for every 250 pixels of the longer side.
        unmasked: the engine's whole picture, not blended into the photo.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        structure: where the pasted picture is taken in: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1
            (all of it), or ``"scale3"``. ``"auto"``: what suits the engine; 0.9, unless it says otherwise.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return HarmonizeJob.of(locals()).result()

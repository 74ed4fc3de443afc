"""The verb ``harmonize``: adapt a pasted object to the photo around it."""

# Annotations are values here, not strings: the command line is made from them.
from typing import Annotated, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.image_conditioned import FEATHER, MASK, UNMASKED, BlendedJob
from calotype.tasks.param import Param
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import PhotoLike


class HarmonizeJob(BlendedJob):
    """Job of the verb ``harmonize``."""

    verb = "harmonize"
    effect = "edited"
    default_structure = 0.9
    takes = ("photo", "pasted", "mask")
    conditioned_on = "pasted"
    dilation = 7


def harmonize(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    pasted: Annotated[
        PhotoLike, Param("the photo with an object pasted onto it", kind="picture", metavar="PASTED", begins="photo")
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
    """Adapt a pasted object to the photo around it.

    Texture and colours of the pasted object are matched to the photo; the rest of the photo is not changed. The object
    is found by comparing the two pictures, unless a mask is given.

    Args:
        photo: the original photo: a path, PIL image, array or ``Photo``.
        pasted: the same photo with an object pasted onto it, of the photo's size or aspect ratio.
        n: number of pictures.
        seed: seed of the first picture; picture i uses ``seed + i``.
        mask: white in the changed area; ``None``: found by comparing the two pictures.
        feather: softness of the mask's edge, pixels; ``None``: 5 per 250 pixels of the longer side.
        unmasked: return the engine's whole picture, not blended into the photo.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        structure: injection scale of the pasted picture: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1
            (all of it), or ``"scale3"``. ``"auto"``: the engine's default, or 0.9.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return HarmonizeJob.of(locals()).result()

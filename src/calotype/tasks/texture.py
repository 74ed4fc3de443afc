"""More of a material, from a photo of some of it."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch


# How much larger the result is each way, where nobody says.
_LARGER = 2


class TextureJob(PhotoJob):
    """What the verb makes of one photo."""

    verb = "texture"
    takes = ("photo", "also", "guide")

    def fitting_size(self) -> Size:
        """The size asked for; else that of the guide; else twice the photo's each way."""
        if self.request.size is not None or self.request.factor is not None:
            return self.request.size_for(self.photo.size)
        if "guide" in self.pictures:
            size: Size = self.pictures["guide"].size
            return size
        return Size(_LARGER * self.photo.size.height, _LARGER * self.photo.size.width)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every job, and the guide."""
        return {**super().engine_arguments(output), "guide": self.guide}

    @cached_property
    def guide(self) -> "torch.Tensor | None":
        """The guide at the size of the result: [1, C, h, w]."""
        from calotype.image.io import to_tensor
        from calotype.image.resize import resize

        if "guide" not in self.pictures:
            return None
        given = to_tensor(self.pictures["guide"], self.run.device)[:, :3]
        return resize(given, (self.size.height, self.size.width))


def texture(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    size: Annotated[arguments.SizeLike | None, replace(arguments.SIZE, first=True)] = None,
    factor: Annotated[arguments.FactorLike | None, arguments.FACTOR] = None,
    tile: Annotated[str, arguments.TILE] = "none",
    guide: Annotated[
        PhotoLike | None,
        Param(
            "a picture that says by its brightness where bright and dark parts of the photo go",
            kind="picture",
            metavar="PICTURE",
        ),
    ] = None,
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Make more of a material, of any size, from a photo of some of it.

    Grass, stone, cloth, a pattern: the result is everywhere like the photo and in no place a copy of all of it. With
    ``--tile both`` copies of it can be laid side by side without a seam; with ``--also`` several photos are mixed; with
    ``--guide`` a second picture says where it is bright and where dark.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: how many, each with the next seed.
        seed: of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: that of the guide, or
            twice the photo's each way.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: which way copies can be laid side by side without a seam.
        guide: the brighter it is somewhere, the brighter the part of the photo that is put there. It is stretched to
            the size of the result.
        also: further photos that lend their patches.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return TextureJob.of(locals()).result()

"""The verb ``texture``: synthesise a larger texture from a photo of a material."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch


# Default factor of width and height.
_DEFAULT_FACTOR = 2


class TextureJob(PhotoJob):
    """Job of the verb ``texture``."""

    verb = "texture"
    takes = ("photo", "also", "guide")

    def fitting_size(self) -> Size:
        """The requested size; by default that of the guide, or twice the photo's width and height."""
        if self.request.size is not None or self.request.factor is not None:
            return self.request.size_for(self.photo.size)
        if "guide" in self.pictures:
            size: Size = self.pictures["guide"].size
            return size
        return Size(_DEFAULT_FACTOR * self.photo.size.height, _DEFAULT_FACTOR * self.photo.size.width)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments and the guide."""
        return {**super().engine_arguments(output), "guide": self.guide}

    @cached_property
    def guide(self) -> "torch.Tensor | None":
        """The guide resized to the size of the result: [1, 3, h, w], -1..1; ``None`` if there is none."""
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
            "a picture whose brightness sets where bright and dark parts of the texture go",
            kind="picture",
            metavar="PICTURE",
        ),
    ] = None,
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Synthesise a texture of any size from a photo of a material.

    For grass, stone, cloth or patterns: the result looks like the photo everywhere without repeating it. With ``--tile
    both`` the result tiles without a seam; with ``--also`` several photos are mixed; with ``--guide`` a second picture
    sets where it is bright and dark.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        size: of the pictures: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: that of the guide, or
            twice the photo's width and height.
        factor: instead of ``size``: a ``Factor``, ``"1.5x1"`` or a number.
        tile: ``"none"``, ``"x"``, ``"y"`` or ``"both"``: the directions in which copies tile without a seam.
        guide: a picture whose brightness sets the local brightness of the result. It is stretched to the size of the
            result.
        also: further photos to take patches from.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return TextureJob.of(locals()).result()

"""A photo in the manner of another picture."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.image_conditioned import ImageConditionedJob
from calotype.tasks.param import Param
from calotype.tasks.verb_options import ModelOptions
from calotype.types import Cost, PhotoLike, Size

if TYPE_CHECKING:
    import torch


class StylizeJob(ImageConditionedJob):
    """What the verb makes of one photo and the picture that shows the style."""

    verb = "stylize"
    default_structure = 0.55
    takes = ("photo", "style")
    conditioned_on = "style"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["colours"], 0, 1, "a share of colours", "0.5")

    @cached_property
    def tensors(self) -> "list[torch.Tensor]":
        """The style, which lends the patches: [1, C, h, w]."""
        return [self._without_alpha(self.pictures["style"])]

    @cached_property
    def content(self) -> "torch.Tensor":
        """The photo: [1, 3, H, W]."""
        return self._without_alpha(self.photo)

    def _without_alpha(self, photo: Any) -> "torch.Tensor":
        from calotype.image.io import to_tensor

        return to_tensor(photo, self.run.device)[:, :3]

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The photo in the colours of the style, in which its patches are found."""
        from calotype.image.colours import recoloured

        return recoloured(self.content, self.tensors[0])

    @cached_property
    def scales(self) -> list[tuple[int, int]]:
        """Height and width of the levels of the style, which decides them, coarsest first."""
        style = self.pictures["style"].size
        found: list[tuple[int, int]] = self.package.scales((style.height, style.width), self.config)
        return found

    def engine_cost(self) -> Cost:
        """What one picture is expected to take on this machine."""
        style: Size = self.pictures["style"].size
        size = (self.size.height, self.size.width)
        cost: Cost = self.package.cost([(style.height, style.width)], size, self.working_config)
        return cost

    def finished(self, made: Any) -> Any:
        """The engine's picture, in the colours that are wanted, and as transparent as the photo."""
        import torch

        from calotype.image.colours import with_light_of
        from calotype.image.io import to_image, to_tensor

        share = self.request.own["colours"]
        if share < 1:
            made = share * made + (1 - share) * with_light_of(self.content, made)
        if self.photo.alpha is not None:
            made = torch.cat([made, to_tensor(self.photo, self.run.device)[:, 3:]], 1)
        return to_image(made)


def stylize(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    style: Annotated[PhotoLike, Param("a picture whose manner the photo is to have", kind="picture", metavar="STYLE")],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    colours: Annotated[
        float,
        Param(
            "how much of the style's colours to take over: 1 all, 0 none, the photo keeps its own",
            kind="number",
            at_least=0,
            at_most=1,
            first=True,
        ),
    ] = 1.0,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[ModelOptions],
) -> Result:
    """Give a photo the manner of another picture: its strokes, its grain, its colours.

    The photo is made anew from pieces of the style, laid out as the photo is. The less structure is kept, the larger
    the pieces and the freer the result.

    Args:
        photo: a path, PIL image, array or ``Photo``: what is to be seen.
        style: the same: how it is to look. Its pieces are used at their own size: a larger style gives larger strokes.
        n: how many, each with the next seed.
        seed: of the first picture.
        structure: where the photo is taken in: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of it),
            or ``"scale3"``. ``"auto"``: what suits the engine; 0.55, unless it says otherwise.
        colours: 0..1, how much of the style's colours is taken over; 0: the photo keeps its own.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``ModelOptions``.

    Returns and raises what ``vary`` does.
    """
    return StylizeJob.of(locals()).result()

"""The verb ``stylize``: transfer the style of another picture to a photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.catalog import declared
from calotype.errors import ArgumentError, InputError
from calotype.results import Latent, Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.coded_photo import CodedPhotoJob
from calotype.tasks.image_conditioned import ImageConditionedJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.request import Request
from calotype.tasks.verb_options import CodedOptions
from calotype.types import Cost, PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


class StylizeJob(CodedPhotoJob, ImageConditionedJob):
    """Job of the verb ``stylize``."""

    verb = "stylize"
    effect = "edited"
    default_structure = 0.55
    takes = ("photo", "style", "to_style", "mask", "code")
    conditioned_on = "style"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["colours"], 0, 1, "a weight of colours", "0.5")
        if own.get("blend") is not None:
            between(own["blend"], 0, 1, "a share", "0.5")

    @classmethod
    def check_inputs_of(cls, system: str, inputs: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if declared(system).verbs[cls.verb].coded and inputs.get("mask") is None:
            raise InputError("a model transfers the style to a region: give --mask, white where it is wanted (mask=)")

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
        """Read the photo, the style and the mask.

        Raises:
            InputError: an image cannot be used, or the mask is missing or has another shape than the photo.
        """
        if pictures.get("to_style") is not None and all(one.name != "to_style" for one in request.declared.inputs):
            wrong = InputError if request.loaded else ArgumentError
            raise wrong(
                f"{request.engine} takes one style picture: leave out --to-style (to_style=), or give a --model that "
                "takes two (styledisentangle)"
            )
        super().__init__(request, photo, also, run, **pictures)
        self.region: torch.Tensor | None = None
        if mask is not None:
            self.region = self.read_mask(mask)
        else:
            self.check_inputs_of(request.engine, {})

    def keeps_alpha(self, name: str) -> bool:
        """See ``Job``."""
        return name == "photo"

    def kept_alpha(self, output: OutputSpec) -> "torch.Tensor | None":
        """See ``PhotoJob``; photos of any size keep theirs, see ``finished``."""
        return self.fitted_alpha("photo") if self.declared.coded and self.given.alpha is not None else None

    def region_of(self, seed: int) -> "torch.Tensor":
        """See ``CodedPhotoJob``."""
        assert self.region is not None
        return self.region

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import exchanged_style

        if self.declared.coded:
            return self.coded_doubts()
        return [exchanged_style(self.photo, self.pictures["style"])]

    @cached_property
    def tensors(self) -> "list[torch.Tensor]":
        """The style picture, whose patches are used: [1, 3, h, w], -1..1."""
        return [self._without_alpha(self.pictures["style"])]

    @cached_property
    def content(self) -> "torch.Tensor":
        """The photo: [1, 3, H, W], -1..1."""
        return self._without_alpha(self.photo)

    def _without_alpha(self, photo: Any) -> "torch.Tensor":
        from calotype.image.io import to_tensor

        return to_tensor(photo, self.run.device)[:, :3]

    @cached_property
    def picture(self) -> "torch.Tensor":
        """The photo recoloured to match the style, for patch matching: [1, 3, H, W]."""
        from calotype.image.colours import recoloured

        return recoloured(self.content, self.tensors[0])

    @cached_property
    def scales(self) -> list[tuple[int, int]]:
        """Height and width, pixels, of the scales of the style picture, coarsest first."""
        style = self.pictures["style"].size
        found: list[tuple[int, int]] = self.package.scales((style.height, style.width), self.config)
        return found

    def engine_cost(self) -> Cost:
        """Expected time and memory for one picture on this machine."""
        style: Size = self.pictures["style"].size
        size = (self.size.height, self.size.width)
        cost: Cost = self.package.cost([(style.height, style.width)], size, self.working_config)
        return cost

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``CodedPhotoJob``; the result of a model for photos of any size takes colours, mask and alpha, too."""
        made, seconds = super().make(output)
        if not self.declared.any_size:
            return made, seconds
        from calotype.image.io import open_photo, to_tensor

        return self.finished(to_tensor(open_photo(made), self.run.device)[:, :3]), seconds

    def finished(self, made: Any) -> Any:
        """The engine's result with the requested colours and the photo's alpha channel."""
        import torch

        from calotype.image.colours import with_light_of
        from calotype.image.io import to_image, to_tensor

        weight = self.request.own["colours"]
        if weight < 1:
            made = weight * made + (1 - weight) * with_light_of(self.content, made)
        if self.region is not None:
            made = self.blended(made, self.region)
        if self.photo.alpha is not None:
            made = torch.cat([made, to_tensor(self.photo, self.run.device)[:, 3:]], 1)
        return to_image(made, sixteen=self.sixteen)


def stylize(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    style: Annotated[PhotoLike, Param("the style picture", kind="picture", metavar="STYLE")],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    structure: Annotated[str | float, arguments.TAKEN_IN] = "auto",
    colours: Annotated[
        float,
        Param(
            "weight of the style's colours, from 0 (the photo's colours) to 1 (the style's)",
            kind="number",
            at_least=0,
            at_most=1,
            first=True,
        ),
    ] = 1.0,
    to_style: Annotated[
        PhotoLike | None,
        Param(
            "a second artwork, for a style between both; with a --model that takes two", kind="picture", metavar="STYLE"
        ),
    ] = None,
    blend: Annotated[
        float | None,
        Param("share of the second artwork's style, 0 to 1; default: half", kind="number", at_least=0, at_most=1),
    ] = None,
    vector: Annotated[
        str | None,
        Param(
            "how the style vectors of an artwork's patches are combined, for a --model that has them; default: mean",
            choices=("mean", "median", "closest"),
            metavar="mean|median|closest",
        ),
    ] = None,
    mask: Annotated[
        PhotoLike | None,
        Param(
            "the region to stylize, in white on black; without it, the whole photo",
            kind="mask",
            metavar="PICTURE",
        ),
    ] = None,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    code: Annotated[Latent | str | Path | None, arguments.CODE] = None,
    **options: Unpack[CodedOptions],
) -> Result:
    """Transfer the style of another picture to a photo: its strokes, texture and colours.

    The photo is reconstructed from patches of the style picture in the photo's layout. The less structure is kept, the
    larger the patches and the freer the result. With ``--model``, a StyleGAN model of a data set, and ``--mask``, the
    style is that of the same region of the style picture (Image2StyleGAN++); both are cropped and resized to its size.
    With a model of styledisentangle the photo keeps its size, and --to-style and --blend give a style between two
    artworks.

    Args:
        photo: the content: a path, PIL image, array or ``Photo``.
        style: the style, of the same types. Patches are not resized: a larger style picture gives larger strokes.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        structure: injection scale of the photo: ``"free"``, ``"loose"``, ``"close"``, 0 (its layout) .. 1 (all of it),
            or ``"scale3"``. ``"auto"``: the engine's default, or 0.55.
        colours: weight of the style's colours, 0 (the photo's colours) .. 1 (the style's).
        to_style: a second artwork, with models of ``styledisentangle``.
        blend: share of the second artwork's style, 0..1; ``None``: half.
        vector: with such models, how style vectors of an artwork's patches are combined: ``"mean"``, ``"median"`` or
            ``"closest"``.
        mask: white in the region to stylize, of the photo's size or aspect ratio; ``None``: the whole photo.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        code: latent code of the photo that ``embed`` found in the model; ``None``: it is searched for first.
        options: see ``CodedOptions``.

    Returns and raises what ``vary`` does.
    """
    return StylizeJob.of(locals()).result()

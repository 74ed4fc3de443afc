"""The verb ``remix``: draw a photo anew from what a classifier sees in it, as a whole or in a region."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import ArgumentError, InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.aligned import fitted_alpha, same_shape
from calotype.tasks.arguments import between
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import ModelOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

_LEVEL = 0.6  # if none is given
_COLOURS = 3  # channels that models of this verb draw
LEVELS = 7  # of the classifier: maps of five sizes, pooled features, classes

LEVEL = Param(
    "how much may change: 0, the photo itself (by a model: drawn from its finest features), to 1, anything with "
    "what the classifier says is in it",
    kind="number",
    at_least=0,
    at_most=1,
    first=True,
)


class RemixJob(PhotoJob):
    """Job of the verb ``remix``."""

    verb = "remix"
    takes = ("photo", "also", "mask", "like")

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        between(own["level"], 0, 1, "a level", "0.5")
        if own["all_levels"] and own["level"] != _LEVEL:
            raise ArgumentError(
                "--all-levels makes a picture for every level: leave out --level (level=) or --all-levels (all_levels=)"
            )

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
        """Read the photo and the mask.

        Raises:
            InputError: an image cannot be used, the sizes do not match, or the mask selects nothing.
        """
        from calotype.image.io import open_photo
        from calotype.image.mask import open_mask

        super().__init__(request, photo, also, run, **pictures)
        if "like" in self.pictures and not any(given.name == "like" for given in self.declared.inputs):
            raise ArgumentError(
                f"the engine {request.engine} takes no subject from another photo: give --model NAME of a pyramid "
                "model, or leave out --like (like=)"
            )
        if request.own.get("label") is not None and "label" not in self.declared.options:
            raise ArgumentError(
                f"the engine {request.engine} knows no classes: give --model NAME of a pyramid model, or leave out "
                "--label (label=)"
            )
        self._selected = None
        if mask is not None:
            given = open_photo(mask, max_side=request.max_side)
            if not same_shape(given.size, self.given.size):
                raise InputError(
                    f"the mask '{given.name}' is {given.size} and '{self.photo.name}' {self.given.size} pixels: give "
                    "one of the photo's size or aspect ratio (mask=)"
                )
            self.pictures["mask"] = self.aligned_mask(given)
            self._selected = open_mask(self.pictures["mask"], self.photo.size)
            if not self._selected.any():
                raise InputError(
                    f"the mask '{given.name}' selects nothing: paint the region to change in white (mask=)"
                )

    @property
    def outputs(self) -> list[OutputSpec]:
        """See ``Job``; with ``all_levels`` one for each level of the classifier."""
        if not self.request.own["all_levels"]:
            return super().outputs
        names = [f"level{number}" for number in range(LEVELS)]
        several = self.request.n > 1
        return [
            OutputSpec(seed, name, f"level {k / (LEVELS - 1):.2g}" + (f", seed {seed}" if several else ""))
            for seed in self.request.seeds
            for k, name in enumerate(names)
        ]

    def recorded(self, output: OutputSpec) -> dict[str, Any]:
        """See ``Job``; with the level of the output."""
        settings = {name: value for name, value in super().recorded(output).items() if name != "structure"}
        own = settings.get("own", {})
        return {**settings, "own": {**own, "level": self._level(output)}} if settings and output.scale else settings

    def _level(self, output: OutputSpec) -> float:
        """The level of an output, 0..1."""
        if not output.scale:
            return float(self.request.own["level"])
        return round(int(output.scale.removeprefix("level")) / (LEVELS - 1), 6)

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, the level and the region."""
        plain = replace(output, scale="")  # a level is no start scale
        return {**super().engine_arguments(plain), "level": self._level(output), "mask": self._region()}

    def model_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, with the level of the output, and the region as a mask."""
        arguments = {**super().model_arguments(output), "level": self._level(output)}
        return arguments if self._selected is None else {**arguments, "mask": self._region()}

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import grey_photo

        return [grey_photo(self.given, _COLOURS)] if self.system.of_sets else []

    def keeps_alpha(self, name: str) -> bool:
        """See ``Job``; what is drawn as a whole is opaque."""
        return name == "photo" and self._selected is not None

    def kept_alpha(self, output: OutputSpec) -> "torch.Tensor | None":
        """See ``PhotoJob``."""
        kept = self.given.alpha is not None and self.keeps_alpha("photo")
        return fitted_alpha(self.given, (self.size.height, self.size.width)) if kept else None

    def _region(self) -> "torch.Tensor | None":
        return None if self._selected is None else self._selected.to(self.run.device)


def remix(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    level: Annotated[float, LEVEL] = _LEVEL,
    all_levels: Annotated[
        bool, Param("one picture for each level, instead of --level, and a contact sheet", kind="switch")
    ] = False,
    mask: Annotated[
        PhotoLike | None,
        Param("only this region changes, white on black; the rest stays as it is", kind="mask", metavar="PICTURE"),
    ] = None,
    like: Annotated[
        PhotoLike | None,
        Param(
            "with a model: a second photo that gives the subject, where it is deeper than the level",
            kind="picture",
            metavar="PHOTO",
        ),
    ] = None,
    label: Annotated[
        str | None,
        Param(
            "with a model that learned the classes of its set: the class of the result, by name or number",
            metavar="CLASS",
        ),
    ] = None,
    also: Annotated[Sequence[PhotoLike], arguments.ALSO] = (),
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[ModelOptions],
) -> Result:
    """Draw a photo anew from what a classifier sees in it: one slider from the photo itself to its idea.

    At level 0 the result is the photo, at 1 it shares with it only what the classifier says is there. Between them are
    the levels of the classifier (EfficientNet-Lite0), from edges to parts to objects. Without a model the photo's own
    patches are laid out anew, at full size: the deeper the level, the farther they move. With ``--model``, a pyramid
    model of a set of photos (Semantic Pyramid, Shocher et al., CVPR 2020), it is drawn by that, at its size.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        level: 0, the photo itself, to 1, its idea.
        all_levels: one picture for each of seven levels, instead of ``level``; all use the same seed.
        mask: white where the photo changes, of its size or aspect ratio; ``None``: everywhere.
        like: with a model: a second photo, whose pooled features and classes replace those of the first where they
            are deeper than ``level``.
        label: with a model that was trained with ``classifier=set``: name or number of a class, whose typical features
            replace those of the photo.
        also: further photos to take patches from, without a model.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``ModelOptions``.

    Returns and raises what ``vary`` does.
    """
    return RemixJob.of(locals()).result()

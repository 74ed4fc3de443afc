"""The verb ``analogy``: apply the relation between two pictures to a third (image analogies)."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.catalog import declared
from calotype.errors import ArgumentError, InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.aligned import same_shape
from calotype.tasks.arguments import one_of
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.request import Request
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

# As in ``matching.counterparts``, which imports torch.
GUIDES = ("auto", "labels", "light", "colours")
COLOURS = ("auto", "photo", "target")


class AnalogyJob(PhotoJob):
    """Job of the verb ``analogy``."""

    verb = "analogy"
    takes = ("photo", "target", "before")

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        one_of(GUIDES, own["guide"], "guide")
        one_of(COLOURS, own["colours"], "choice of colours")

    @classmethod
    def ordered(cls, **given: Any) -> Request:
        """See ``Job``."""
        request = super().ordered(**given)
        for name in ("guide", "colours"):
            if name not in declared(request.engine).verbs[cls.verb].options and request.own[name] != "auto":
                raise ArgumentError(
                    f"the engine {request.engine} has no --{name}, as it compares features of a network: leave it out "
                    f"({name}=)"
                )
        return request

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        **pictures: PhotoLike | None,
    ) -> None:
        """Read the photo, its counterpart and the target.

        Raises:
            InputError: an image cannot be used, or the sizes do not match.
        """
        super().__init__(request, photo, also, run, **pictures)
        before = self.pictures.get("before")
        if before is not None and not same_shape(before.size, self.photo.size):
            raise InputError(
                f"'{before.name}' is {before.size} and '{self.photo.name}' {self.photo.size} pixels: "
                "give a counterpart (--before) of the photo's size or aspect ratio"
            )
        if before is None and request.own["guide"] == "labels":
            raise ArgumentError(
                "--guide labels needs a label map: give one of the photo, --before MAP (before=), or leave it out"
            )

    def validate(self) -> None:
        """See ``Job``; a counterpart that is compared by labels is a label map."""
        from calotype.image.labels import label_colours

        super().validate()
        before = self._guide_arguments["before"]
        if self.request.own["guide"] == "labels" and before is not None and label_colours(before) is None:
            raise InputError("the counterpart is no label map: paint it in a few flat colours, without shades")

    def doubts(self) -> list[str | None]:
        """See ``Job``."""
        from calotype.tasks.plausibility import map_without_counterpart

        if "before" in self.pictures:
            return []
        return [map_without_counterpart(self.photo, self.pictures["target"])]

    def fitting_size(self) -> Size:
        """The size of the target."""
        size: Size = self.pictures["target"].size
        return size

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments, the counterpart and the target."""
        return {**super().engine_arguments(output), **self._guide_arguments}

    @cached_property
    def _guide_arguments(self) -> "dict[str, torch.Tensor | None]":
        from calotype.image.io import to_tensor
        from calotype.image.resize import resize

        target = to_tensor(self.pictures["target"], self.run.device)
        if "before" not in self.pictures:
            return {"before": None, "picture": target}
        size = self.photo.size
        before = resize(to_tensor(self.pictures["before"], self.run.device), (size.height, size.width))
        return {"before": before, "picture": target}


def analogy(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    target: Annotated[
        PhotoLike,
        Param(
            "the picture to transform: a photo, or a label map in flat colours",
            kind="picture",
            metavar="TARGET",
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    before: Annotated[
        PhotoLike | None,
        Param(
            "the photo's counterpart, of its size or aspect ratio and of the same type as the target: a photo without "
            "the effect, or a label map; without it, the photo's brightness",
            kind="picture",
            metavar="PICTURE",
        ),
    ] = None,
    guide: Annotated[
        str,
        Param(
            "how target and counterpart are compared: labels (each flat colour is a class), light (brightness), "
            "colours, or auto, labels if both are label maps",
            metavar="WORD",
            choices=GUIDES,
        ),
    ] = "auto",
    colours: Annotated[
        str,
        Param(
            "colours of the result: the photo's, the target's (only the brightness changes), or auto, the target's if "
            "the counterpart is a photo",
            metavar="photo|target|auto",
            choices=COLOURS,
        ),
    ] = "auto",
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Apply the relation between a counterpart and the photo to a target.

    A new layout: photo.jpg, its label map painted in a few flat colours (sky blue, trees green), and a new map in the
    same colours: ``calotype analogy photo.jpg new_map.png --before map.png``.

    An effect: a drawing of a photo, that photo, and another photo to draw in the same way: ``calotype analogy
    drawing.jpg other.jpg --before photo.jpg``. The result has the other photo's colours, unless ``--colours photo`` is
    given.

    A texture: without ``--before``, the photo's texture is given the brightness of the target: ``calotype analogy
    moss.jpg portrait.jpg``.

    Args:
        photo: the picture with the effect or the texture: a path, PIL image, array or ``Photo``.
        target: the picture to transform, of the same types. The result has its size.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        before: the photo's counterpart, of its size or aspect ratio; ``None``: its brightness, blurred.
        guide: ``"auto"``, ``"labels"``, ``"light"`` or ``"colours"``: how counterpart and target are compared.
        colours: ``"auto"``, ``"photo"`` or ``"target"``: colours of the result.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``EngineOptions``.

    Returns and raises what ``vary`` does.
    """
    return AnalogyJob.of(locals()).result()

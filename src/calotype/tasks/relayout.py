"""A photo in a new layout, as a map in flat colours has it."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import AUTO
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.photo_model import check_labels
from calotype.tasks.request import Request
from calotype.tasks.segment import is_auto, map_of
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run


class RelayoutJob(PhotoJob):
    """What the verb makes of one photo, a map of it and a map of what is wanted."""

    verb = "relayout"
    takes = ("photo", "labels", "target")

    @classmethod
    def opened(cls, name: str, picture: LabelMapLike, request: Request) -> Photo | None:
        """A map as a picture, at its full size: shrunk as photos are, its colours would blend."""
        from calotype.image.io import open_photo
        from calotype.image.labelmap import as_picture

        if name == "labels" and is_auto(picture):
            return None
        read = open_photo(as_picture(picture))
        # What came without a file is called what it is, so that a message about it can be understood.
        return read if read.name != "image" else replace(read, name=name)

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        **pictures: Any,
    ) -> None:
        """Read the photo and both maps.

        Raises:
            InputError: one of them cannot be used, or they do not fit together.
        """
        from calotype.image.io import open_photo

        if is_auto(pictures.get("labels")):  # a map of the whole photo, as the one that was edited
            photo = open_photo(photo)
            pictures["labels"] = map_of(photo, request.device)
        # A map that came as one keeps its numbers: by them the model is found that was trained on it.
        self._numbered = pictures["labels"] if isinstance(pictures.get("labels"), LabelMap) else None
        super().__init__(request, photo, also, run, **pictures)
        _check_lent(self.labels, self.target)

    def _check_start(self) -> None:
        super()._check_start()
        if self.request.loaded is not None and self.request.model is not None:
            check_labels(self.request.loaded, self.request.model, self.labels)

    @cached_property
    def _given(self) -> LabelMap:
        """The map of the photo at its full size."""
        from calotype.image.labelmap import open_labels

        return self._numbered or open_labels(self.pictures["labels"])

    @cached_property
    def labels(self) -> LabelMap:
        """The map of the photo, of its size.

        Raises:
            InputError: it cannot be used, or is of another shape.
        """
        return of_photo(self._given, self.photo)

    @cached_property
    def target(self) -> LabelMap:
        """The map of what is wanted, of the size of the result, in the same numbers.

        Raises:
            InputError: it cannot be used.
        """
        from calotype.image.labelmap import fitted

        return fitted(_in_its_colours(self.pictures["target"], self._given), self.size)

    def learned_labels(self) -> LabelMap:
        """See ``Job``."""
        return self.labels

    def fitting_size(self) -> Size:
        """The size of the target."""
        size: Size = self.pictures["target"].size
        return size.within(self.request.max_side)

    def adaptation(self) -> dict[str, Any]:
        """How many labels there are."""
        return {"classes": self.labels.classes}

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The layouts and the seed: the size is that of the target."""
        return {"seed": output.seed, **self._layouts}

    @cached_property
    def _layouts(self) -> "dict[str, torch.Tensor]":
        import torch

        maps = {"before": self.labels, "target": self.target}
        return {name: torch.from_numpy(given.index).long()[None].to(self.run.device) for name, given in maps.items()}


def _in_its_colours(target: Photo, given: LabelMap) -> LabelMap:
    from calotype.image.labelmap import open_labels

    try:
        return open_labels(target, like=given)
    except InputError as error:
        if given.name != AUTO:
            raise
        raise InputError(
            f"{error} (auto is the map that 'calotype segment' makes of the photo: give an edit of it, or your own map)"
        ) from None


def _check_lent(labels: LabelMap, target: LabelMap) -> None:
    import numpy as np

    lacking = np.setdiff1d(target.index, labels.index)
    if lacking.size:
        colour = "#{:02x}{:02x}{:02x}".format(*target.colours[lacking[0]])
        raise InputError(
            f"of what is {colour} in '{labels.name}' nothing is left at {labels.size} pixels: give a larger "
            f"--max-side (max_side), or leave it out of '{target.name}'"
        )


def relayout(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    labels: Annotated[
        LabelMapLike,
        Param(
            "a map of the photo: what lies where, each thing painted in a flat colour of its own; or auto, the one "
            "that 'calotype segment' makes",
            kind="label map",
            metavar="LABELS",
        ),
    ],
    target: Annotated[
        LabelMapLike,
        Param(
            "a map in the same colours: what is to lie where; of any size",
            kind="label map",
            metavar="TARGET",
            begins="labels",
        ),
    ],
    n: Annotated[int, arguments.COUNT] = 1,
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "gpnn",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[TrainedOptions],
) -> Result:
    """Lay a photo out anew, as a painted map has it: move, resize, add or remove what is in it.

    Paint a map of the photo in a few flat colours (sky blue, trees green), change a copy of it, and give both: calotype
    relayout photo.jpg map.png changed.png. A region that is painted over with its background is gone; one that is
    painted larger, elsewhere or twice is there so in the result.

    Or let calotype make the map: calotype segment photo.jpg, change a copy of photo_segment_0.png, and then calotype
    relayout photo.jpg auto changed.png.

    Maps are PNG or JPEG pictures without shades, or PNGs with class numbers for grey levels. A drawing and its change,
    in white lines on black, work too.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        labels: a map of the photo, of its size or shape: a path, PIL image, array (also [H, W] of class numbers),
            ``Photo`` or ``LabelMap``; or ``"auto"``, the map that ``segment`` makes.
        target: the same kinds: a map in the same colours or numbers. The result has its size.
        n: how many, each with the next seed.
        seed: of the first picture.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return RelayoutJob.of(locals()).result()

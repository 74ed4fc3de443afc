"""The verb ``relayout``: rearrange a photo by an edited label map."""

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
from calotype.tasks.outputs import OutputSpec
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
    """Job of the verb ``relayout``."""

    verb = "relayout"
    takes = ("photo", "labels", "target")

    @classmethod
    def opened(cls, name: str, picture: LabelMapLike, request: Request) -> Photo | None:
        """Open a label map as a picture at its full size, as the resampling of photos would blend its colours."""
        from calotype.image.mapfile import open_map

        if name == "labels" and is_auto(picture):
            return None
        read = open_map(picture)
        # A picture without a file is named after its argument, for messages.
        return read if read.name != "image" else replace(read, name=name)

    def __init__(
        self,
        request: Request,
        photo: PhotoLike,
        also: Sequence[PhotoLike] = (),
        run: "Run | None" = None,
        **pictures: Any,
    ) -> None:
        """Open the photo and both label maps.

        Raises:
            InputError: an image cannot be used, or the sizes do not match.
        """
        from calotype.image.io import open_photo

        if is_auto(pictures.get("labels")):  # segmented at the photo's full size, like the map that was edited
            photo = open_photo(photo)
            pictures["labels"] = map_of(photo, request.device)
        # A ``LabelMap`` keeps its class numbers, which are part of the key of the model that was trained on it.
        self._given_labels = pictures["labels"] if isinstance(pictures.get("labels"), LabelMap) else None
        super().__init__(request, photo, also, run, **pictures)
        _check_colours_present(self.labels, self.target)

    def _check_start(self) -> None:
        super()._check_start()
        if self.request.loaded is not None and self.request.model is not None:
            check_labels(self.request.loaded, self.request.model, self.labels)

    @cached_property
    def _full_size_labels(self) -> LabelMap:
        """The label map of the photo at its full size."""
        from calotype.image.labelmap import open_labels

        return self._given_labels or open_labels(self.pictures["labels"])

    @cached_property
    def labels(self) -> LabelMap:
        """The label map of the photo, resized to its size.

        Raises:
            InputError: it cannot be used, or its aspect ratio differs.
        """
        return of_photo(self._full_size_labels, self.photo)

    @cached_property
    def target(self) -> LabelMap:
        """The target label map, at the size of the result, with the same class numbers.

        Raises:
            InputError: it cannot be used.
        """
        from calotype.image.labelmap import fitted

        return fitted(self._full_size_target, self.size)

    @cached_property
    def _full_size_target(self) -> LabelMap:
        return _open_target(self.pictures["target"], self._full_size_labels)

    def learned_labels(self) -> LabelMap:
        """See ``Job``."""
        return self.labels

    def doubts(self) -> tuple[str, ...]:
        """See ``Job``."""
        return (*self._full_size_labels.notes, *self._full_size_target.notes)

    def fitting_size(self) -> Size:
        """The size of the target."""
        size: Size = self.pictures["target"].size
        return size.within(self.request.max_side)

    def adaptation(self) -> dict[str, Any]:
        """The number of classes."""
        return {"classes": self.labels.classes}

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The seed and both label maps, int64 [1, H, W]."""
        return {"seed": output.seed, **self._layouts}

    @cached_property
    def _layouts(self) -> "dict[str, torch.Tensor]":
        import torch

        maps = {"before": self.labels, "target": self.target}
        return {
            name: torch.from_numpy(label_map.index).long()[None].to(self.run.device) for name, label_map in maps.items()
        }


def _open_target(target: Photo, label_map: LabelMap) -> LabelMap:
    from calotype.image.labelmap import open_labels

    try:
        return open_labels(target, like=label_map)
    except InputError as error:
        if label_map.name != AUTO:
            raise
        raise InputError(
            f"{error} (auto is the map that 'calotype segment' makes of the photo: give an edit of it, or your own map)"
        ) from None


def _check_colours_present(labels: LabelMap, target: LabelMap) -> None:
    import numpy as np

    missing = np.setdiff1d(target.index, labels.index)
    if missing.size:
        colour = "#{:02x}{:02x}{:02x}".format(*target.colours[missing[0]])
        raise InputError(
            f"the colour {colour} of '{labels.name}' is lost at {labels.size} pixels: give a larger --max-side "
            f"(max_side), or do not use it in '{target.name}'"
        )


def relayout(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    labels: Annotated[
        LabelMapLike,
        Param(
            "a label map of the photo, with each region in its own flat colour; or auto, the one that 'calotype "
            "segment' makes",
            kind="label map",
            metavar="LABELS",
        ),
    ],
    target: Annotated[
        LabelMapLike,
        Param(
            "the new layout: a label map in the same colours, of any size",
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
    """Rearrange a photo by an edited label map: move, resize, add or remove regions.

    Paint a label map of the photo in a few flat colours (sky blue, trees green), edit a copy of it, and give both:
    calotype relayout photo.jpg map.png changed.png. A region that is painted over is removed; one that is enlarged,
    moved or copied appears so in the result.

    Or use an automatic label map: calotype segment photo.jpg, edit a copy of photo_segment_0.png, and then calotype
    relayout photo.jpg auto changed.png.

    Label maps are PNG or JPEG pictures in flat colours, or grey PNGs of class numbers. A line drawing and its edited
    copy, in white on black, work too.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        labels: a label map of the photo, of its size or aspect ratio: a path, PIL image, array (also [H, W] of class
            numbers), ``Photo`` or ``LabelMap``; or ``"auto"``, the map that ``segment`` makes.
        target: the new layout, of the same types, in the same colours or numbers. The result has its size.
        n: number of pictures; each uses the next seed.
        seed: seed of the first picture.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``TrainedOptions``.

    Returns and raises what ``vary`` does.
    """
    return RelayoutJob.of(locals()).result()

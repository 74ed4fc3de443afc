"""The verb ``segment``: make a label map of a photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Unpack

from calotype.errors import InputError, counted
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import AUTO
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike

_MAX_CLASSES = 255  # as in ``image.labels``, which is not imported here as it imports torch


class SegmentJob(PhotoJob):
    """Job of the verb ``segment``."""

    verb = "segment"
    effect = ""
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["classes"] is not None and not 2 <= own["classes"] <= _MAX_CLASSES:
            raise InputError(
                f"{counted(own['classes'], 'label')} cannot be used: give a count from 2 to {_MAX_CLASSES}, "
                f"like 5 (classes=)"
            )

    def finished(self, made: Any) -> Any:
        """The label map as a picture, with each label in a flat colour."""
        from calotype.image.labels import flat_colours

        index = made[0]
        colours = flat_colours(int(index.max()) + 1)
        return LabelMap(index.cpu().numpy().astype("uint8"), colours, self.photo.name).image()


def segment(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    *,
    classes: Annotated[
        int | None,
        Param(
            "number of labels; default: estimated, at most 8",
            kind="whole",
            metavar="COUNT",
            first=True,
        ),
    ] = None,
    seed: Annotated[
        int, Param("seed of the clustering; another may give other regions", kind="seed", metavar="NUMBER", at_least=0)
    ] = 0,
    engine: Annotated[str, arguments.ENGINE] = "superpixels",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Make a label map of a photo: regions of similar appearance, each in a flat colour.

    Labels are clusters of appearance (sky, leaves, stone), not recognised objects. Edit a copy of the map in any paint
    program and rearrange the photo accordingly: calotype segment photo.jpg, then calotype relayout photo.jpg
    photo_segment_0.png changed.png.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        classes: number of labels, 2 to 255; ``None``: estimated, at most 8. There are fewer if the photo has
            fewer distinct regions.
        seed: seed of the clustering.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``EngineOptions``.

    Returns:
        One picture, RGB, of the photo's size; ``save`` writes it. ``calotype.open_labels(result[0])`` returns the
        class numbers.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return SegmentJob.of(locals()).result()


def is_auto(labels: LabelMapLike | None) -> bool:
    """Whether the automatic label map is requested instead of a given one."""
    return labels is None or (isinstance(labels, str) and labels == AUTO)


def map_of(photo: Photo, device: str) -> Photo:
    """The automatic label map of a photo, made with default settings, as a picture named ``auto``.

    Raises:
        InputError: the photo is too small.
    """
    from calotype.image.io import open_photo

    request = SegmentJob.ordered(
        classes=None, engine="superpixels", preset="fast", settings=None, max_side=None, device=device
    )
    made, _ = SegmentJob(request, photo).make(OutputSpec(0))
    return replace(open_photo(made), name=AUTO)

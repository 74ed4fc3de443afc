"""A map of what lies where in a photo, to be edited and laid out anew."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import AUTO
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike

if TYPE_CHECKING:
    pass

_MOST = 255  # labels, as in ``image.labels``, which imports torch


class SegmentJob(PhotoJob):
    """What the verb makes of one photo."""

    verb = "segment"
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["classes"] is not None and not 2 <= own["classes"] <= _MOST:
            raise InputError(
                f"{own['classes']} labels cannot be told apart: give a count from 2 to {_MOST}, like 5 (classes=)"
            )

    def finished(self, made: Any) -> Any:
        """The map as a picture, each label in a flat colour."""
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
            "how many labels; without it, as many as seem to be there, up to 8",
            kind="whole",
            metavar="COUNT",
            first=True,
        ),
    ] = None,
    seed: Annotated[
        int, Param("seed of the clustering: another may see other regions", kind="seed", metavar="NUMBER", at_least=0)
    ] = 0,
    engine: Annotated[str, arguments.ENGINE] = "superpixels",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Make a map of a photo: regions that look alike, each in a flat colour.

    Nothing is understood: a label is a look (sky, leaves, stone), not a thing. Change a copy of the map in any paint
    program and have the photo laid out as it says: calotype segment photo.jpg, then calotype relayout photo.jpg
    photo_segment_0.png changed.png.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        classes: how many labels, 2 to 255; ``None``: as many as seem to be there, at most 8. Fewer come out where there
            is not that much to tell apart.
        seed: of the clustering.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``EngineOptions``.

    Returns:
        One picture, RGB, of the photo's size; ``calotype.open_labels(result[0])`` has the numbers. ``save`` writes it.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return SegmentJob.of(locals()).result()


def is_auto(labels: LabelMapLike | None) -> bool:
    """Whether the map that this verb makes is to stand in for one that is given."""
    return labels is None or (isinstance(labels, str) and labels == AUTO)


def map_of(photo: Photo, device: str) -> Photo:
    """The map that this verb makes of a photo unless it is told otherwise, as a picture called ``auto``.

    Raises:
        InputError: the photo is too small.
    """
    from calotype.image.io import open_photo

    request = SegmentJob.ordered(
        classes=None, engine="superpixels", preset="fast", settings=None, max_side=None, device=device
    )
    made, _ = SegmentJob(request, photo).make(OutputSpec(0))
    return replace(open_photo(made), name=AUTO)

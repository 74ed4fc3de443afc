"""The verb ``edges``: draw the edges in a photo, in white on black."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from typing import Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike


class EdgesJob(PhotoJob):
    """Job of the verb ``edges``."""

    verb = "edges"
    effect = ""
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["thickness"] is not None:
            between(own["thickness"], 1, 100, "a thickness", "2")

    def finished(self, made: Any) -> Any:
        """The edge map, [1, 1, H, W] in 0..1, as a picture in white on black."""
        from calotype.image.io import to_image

        return to_image((2 * made - 1).expand(-1, 3, -1, -1))


def edges(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    *,
    thickness: Annotated[
        int | None,
        Param(
            "line thickness in pixels; default: 1 per 400 pixels of the longer side",
            kind="whole",
            metavar="PIXELS",
            first=True,
        ),
    ] = None,
    engine: Annotated[str, arguments.ENGINE] = "canny",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Draw the edges in a photo, in white on black.

    The drawing is a label map of two labels: edit a copy of it and rearrange the photo to match: calotype relayout
    photo.jpg photo_edges_0.png changed.png.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        thickness: line thickness, pixels, 1 to 100; ``None``: 1 per 400 pixels of the longer side, at least 1.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``EngineOptions``.

    Returns:
        One picture, RGB, of the photo's size; ``save`` writes it.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return EdgesJob.of(locals()).result()

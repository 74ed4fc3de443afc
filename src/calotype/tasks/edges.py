"""The outlines of what a photo shows, as a drawing in white on black."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import PhotoLike

if TYPE_CHECKING:
    pass


class EdgesJob(PhotoJob):
    """What the verb makes of one photo."""

    verb = "edges"
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["thickness"] is not None:
            between(own["thickness"], 1, 100, "a thickness", "2")

    def finished(self, made: Any) -> Any:
        """The lines in white on black."""
        from calotype.image.io import to_image

        return to_image((2 * made - 1).expand(-1, 3, -1, -1))


def edges(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    *,
    thickness: Annotated[
        int | None,
        Param(
            "of the lines, in pixels; by default one for every 400 of the longer side",
            kind="whole",
            metavar="PIXELS",
            first=True,
        ),
    ] = None,
    engine: Annotated[str, arguments.ENGINE] = "canny",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Draw the outlines of what a photo shows, in white on black.

    The drawing is a label map of two labels: change a copy of it, and have the photo made anew to fit: calotype
    relayout photo.jpg photo_edges_0.png changed.png.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        thickness: of the lines, pixels, 1 to 100; ``None``: one for every 400 of the longer side, at least 1.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        options: see ``EngineOptions``.

    Returns:
        One picture, RGB, of the photo's size; ``save`` writes it.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return EdgesJob.of(locals()).result()

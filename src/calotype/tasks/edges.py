"""The outlines of what a photo shows, as a drawing in white on black."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.types import PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run


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
    max_side: Annotated[int | None, arguments.MAX_SIDE] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Result:
    """Draw the outlines of what a photo shows, in white on black.

    The drawing is a label map of two labels: change a copy of it, and have the photo made anew to fit: calotype
    relayout photo.jpg photo_edges_0.png changed.png.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        thickness: of the lines, pixels, 1 to 100; ``None``: one for every 400 of the longer side, at least 1.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        max_side: in pixels: shrink the photo first, so that no side is longer; the drawing has its size then.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns:
        One picture, RGB, of the photo's size; ``save`` writes it.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return EdgesJob.of(locals()).result()

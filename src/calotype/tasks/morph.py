"""The verb ``morph``: a film from one embedded photo to another."""

# Annotations are values here, not strings: the command line is made from them.
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from calotype.results import Animation, Latent
from calotype.tasks import arguments
from calotype.tasks.film_job import BACK, FPS, FRAMES, FilmJob
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from calotype.run import Run


class MorphJob(FilmJob):
    """Job of the verb ``morph``, whose output is a film."""

    verb = "morph"
    takes = ("first", "second")

    @property
    def name(self) -> str:
        """The names of both codes."""
        return f"{self.inputs['first'].name}-{self.inputs['second'].name}"


CODE = "the .safetensors file that embed wrote beside the picture"


def morph(
    first: Annotated[
        Latent | str | Path, Param(f"the latent code to begin with: {CODE}", kind="latent", metavar="FIRST")
    ],
    second: Annotated[Latent | str | Path, Param("the latent code to end with", kind="latent", metavar="SECOND")],
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    frames: Annotated[int, FRAMES] = 24,
    fps: Annotated[float, FPS] = 12.0,
    back: Annotated[bool, BACK] = True,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Animation:
    """Make a film that changes one embedded photo into another.

    The pictures lie on the straight line between the styles of both. The suffix of ``-o`` sets the format: GIF, WebP,
    APNG (.png) or MP4.

    Args:
        first: a ``Latent``, or the path of the file that ``embed`` wrote.
        second: another one, of the same model.
        model: the model that both photos were embedded in.
        frames: from the first picture to the second, 2 to 5000.
        fps: frames per second.
        back: whether the film goes back to the first picture.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The frames and the settings that reproduce them; ``save`` writes a film.

    Raises:
        InputError: a code or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return MorphJob.of(locals()).film()

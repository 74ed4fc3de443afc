"""The verb ``turntable``: a film of a full turn around a scene, or of objects in it."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.results import Animation
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.film_job import FPS, FRAMES, FilmJob
from calotype.tasks.param import Param
from calotype.tasks.sample import MODEL, UNFINISHED
from calotype.tasks.scene import POLAR, REMOVE, check_objects, numbers

if TYPE_CHECKING:
    from calotype.run import Run


class TurntableJob(FilmJob):
    """Job of the verb ``turntable``, whose output is a film."""

    verb = "turntable"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        super().check(own)
        check_objects(own)
        if own["polar"] is not None:
            between(own["polar"], 1, 89, "an angle of --polar", "60")

    @property
    def options(self) -> dict[str, Any]:
        """See ``Job``; the objects as numbers."""
        own = self.request.own
        return {
            **super().options,
            "objects": numbers(own["object"], "object"),
            "remove": numbers(own["remove"], "remove"),
        }


def turntable(
    model: Annotated[str | Path, MODEL],
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    object: Annotated[
        str | int | None,
        Param("the objects that turn, by number; without it, the camera goes around the scene", metavar="NUMBERS"),
    ] = None,
    remove: Annotated[str | int | None, REMOVE] = None,
    polar: Annotated[float | None, POLAR] = None,
    frames: Annotated[int, FRAMES] = 36,
    fps: Annotated[float, FPS] = 12.0,
    back: Annotated[bool, Param("and back again", kind="switch")] = False,
    unfinished: Annotated[bool, UNFINISHED] = False,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Animation:
    """Make a film of a full turn: of the camera around a scene, or of objects in it.

    The scene is that of the verb scene with the same seed. The suffix of ``-o`` sets the format: GIF, WebP, APNG (.png)
    or MP4.

    Args:
        model: a name that ``calotype models`` lists, or a folder: a model of the system ``control3d``.
        seed: seed of the scene.
        object: numbers of the objects that turn, like ``"1,2"``; ``None``: the camera does.
        remove: numbers of the objects that are left out.
        polar: of the camera from straight above, degrees, 1..89.
        frames: of the turn, 2 to 5000.
        fps: frames per second.
        back: whether the film goes back to the first picture.
        unfinished: use the last saved state of an unfinished training.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: receives progress reports, and can stop the work.

    Returns:
        The film; ``save`` writes it.

    Raises:
        InputError: the model or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return TurntableJob.of(locals()).film()

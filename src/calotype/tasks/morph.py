"""The verb ``morph``: a film from one embedded photo to another."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.errors import InputError
from calotype.results import Animation, Latent
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.job import OutputSpec
from calotype.tasks.model_job import ModelJob
from calotype.tasks.param import Param
from calotype.types import Cost

if TYPE_CHECKING:
    from calotype.run import Run

_MOST_FRAMES = 5000


class MorphJob(ModelJob):
    """Job of the verb ``morph``, whose output is a film."""

    verb = "morph"
    takes = ("first", "second")
    gives = "film"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        frames = own["frames"]
        if not 2 <= frames <= _MOST_FRAMES:
            raise InputError(f"{frames} frames cannot be used: give a number from 2 to {_MOST_FRAMES}, like 24")
        between(own["fps"], 0.01, 1000, "a speed", "12")

    @property
    def name(self) -> str:
        """The names of both codes."""
        return f"{self.inputs['first'].name}-{self.inputs['second'].name}"

    @property
    def cost(self) -> Cost:
        """Expected time and memory for all frames, which are held in memory until the film is written."""
        one, frames = super().cost, self.request.own["frames"]
        return replace(one, seconds=one.seconds * frames, bytes=one.bytes + frames * self.size.pixels * 16)

    def make(self, output: OutputSpec) -> tuple[Animation, float]:
        """See ``Job``."""
        from calotype.image.io import to_image

        made, seconds = super().make(output)
        own = self.request.own
        frames = [to_image(frame) for frame in made]
        frames += frames[-2:0:-1] if own["back"] else []
        return Animation(frames, own["fps"], own["back"], self.settings, self.name, seconds), seconds

    def film(self) -> Animation:
        """Make the film.

        Raises:
            InputError: the machine has too little memory.
            Stopped: the run was stopped.
        """
        self.check_memory()
        return self.make(self.outputs[0])[0]


CODE = "the .safetensors file that embed wrote beside the picture"


def morph(
    first: Annotated[
        Latent | str | Path, Param(f"the latent code to begin with: {CODE}", kind="latent", metavar="FIRST")
    ],
    second: Annotated[Latent | str | Path, Param("the latent code to end with", kind="latent", metavar="SECOND")],
    *,
    model: Annotated[str | Path | None, replace(arguments.MODEL, first=True)] = None,
    frames: Annotated[int, Param("number of frames", kind="whole", metavar="COUNT", at_least=2, first=True)] = 24,
    fps: Annotated[float, Param("frames per second", kind="number", metavar="NUMBER")] = 12.0,
    back: Annotated[bool, Param("and back again, as a loop", kind="switch")] = True,
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

"""The verb ``animate``: make a film from one photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Unpack

from calotype.errors import ArgumentError, counted
from calotype.results import Animation
from calotype.tasks import arguments
from calotype.tasks.arguments import between, whole
from calotype.tasks.frames import named_frames
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import Cost, PhotoLike

_MOST_FRAMES = 5000


class AnimateJob(PhotoJob):
    """Job of the verb ``animate``, whose output is a film instead of a picture."""

    verb = "animate"
    takes = ("photo",)
    own_model = True
    default_structure = "loose"
    gives = "film"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        frames = own["frames"]
        if not 2 <= whole(frames, "a number of frames", "60") <= _MOST_FRAMES:
            raise ArgumentError(
                f"{counted(frames, 'frame')} cannot be used: give a number from 2 to {_MOST_FRAMES}, like 60"
            )
        between(own["fps"], 0.01, 1000, "a speed", "10")
        between(own["alpha"], 0, 1, "an alpha", "0.1")
        between(own["beta"], 0, 1, "a beta", "0.9")

    def engine_cost(self) -> Cost:
        """Expected time and memory for all frames, which are held in memory until the film is written."""
        one, frames = super().engine_cost(), self.request.own["frames"]
        return replace(one, seconds=one.seconds * frames, bytes=one.bytes + frames * self.size.pixels * 4)

    def finished(self, made: Any) -> Animation:
        """The frames as a film."""
        from calotype.image.io import to_image

        own = self.request.own
        frames = [to_image(frame) for frame in named_frames(made, own["frames"], self.run)]
        return Animation(frames, own["fps"], own["loop"], self.settings, self.photo.name, carried=self.carried)

    def film(self) -> Animation:
        """Make the film.

        Raises:
            InputError: the machine has too little memory.
            Stopped: the run was stopped.
        """
        self.check_memory()
        made, seconds = self.make(self.outputs[0])
        film: Animation = replace(made, seconds=seconds)
        return film


def animate(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "singan",
    preset: Annotated[str, arguments.PRESET] = "fast",
    frames: Annotated[int, Param("number of frames", kind="whole", metavar="COUNT", at_least=2, first=True)] = 60,
    fps: Annotated[float, Param("frames per second", kind="number", metavar="NUMBER")] = 10.0,
    structure: Annotated[str | float, arguments.STRUCTURE] = "auto",
    alpha: Annotated[
        float,
        Param("similarity of each frame to the photo, 0 to 1", kind="number", metavar="NUMBER", at_least=0, at_most=1),
    ] = 0.1,
    beta: Annotated[
        float,
        Param("smoothness of the movement, 0 to 1", kind="number", metavar="NUMBER", at_least=0, at_most=1),
    ] = 0.9,
    loop: Annotated[bool, Param("seamless loop: the last frame leads back to the first", kind="switch")] = True,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    **options: Unpack[TrainedOptions],
) -> Animation:
    """Make a film from one photo with small movements.

    Flames, water, leaves and clouds work best. The suffix of ``-o`` sets the format: GIF, WebP, APNG (.png) or MP4.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        seed: seed of the movement.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        frames: number of frames, 2 to 5000.
        fps: frames per second.
        structure: what moves: ``"free"``, ``"loose"``, ``"close"``, 0 (everything) .. 1 (only fine details), or
            ``"scale3"``. ``"auto"``: the engine's default, or loose.
        alpha: similarity of each frame to the photo, 0 .. 1.
        beta: smoothness of the movement, 0 (independent frames) .. 1 (constant direction).
        loop: whether the last frame leads back to the first.
        size: of the film: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as large as the photo.
        options: see ``TrainedOptions``.

    Returns:
        The frames and the settings that reproduce them; ``save`` writes a film.

    Raises:
        InputError: a photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return AnimateJob.of(locals()).film()

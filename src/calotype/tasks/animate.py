"""A photo that moves."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import InputError
from calotype.results import Animation
from calotype.tasks import arguments
from calotype.tasks.arguments import between
from calotype.tasks.job import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import TrainedOptions
from calotype.types import Cost, PhotoLike

if TYPE_CHECKING:
    pass

_MOST_FRAMES = 5000


class AnimateJob(PhotoJob):
    """What the verb makes of one photo: a film in the place of a picture."""

    verb = "animate"
    takes = ("photo",)
    own_model = True
    default_structure = "loose"
    gives = "film"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        frames = own["frames"]
        if not 2 <= frames <= _MOST_FRAMES:
            raise InputError(f"{frames} frames make no film: give a number from 2 to {_MOST_FRAMES}, like 60")
        between(own["fps"], 0.01, 1000, "a speed", "10")
        between(own["alpha"], 0, 1, "an alpha", "0.1")
        between(own["beta"], 0, 1, "a beta", "0.9")

    def engine_cost(self) -> Cost:
        """What all frames are expected to take: they are held until the film is written."""
        one, frames = super().engine_cost(), self.request.own["frames"]
        return replace(one, seconds=one.seconds * frames, bytes=one.bytes + frames * self.size.pixels * 4)

    def finished(self, made: Any) -> Animation:
        """The film."""
        from calotype.image.io import to_image

        own = self.request.own
        return Animation([to_image(frame) for frame in made], own["fps"], own["loop"], self.settings, self.photo.name)

    def film(self) -> Animation:
        """The one film of the order.

        Raises:
            InputError: the machine has too little memory for it.
            Stopped: the run was asked to stop.
        """
        self.check_memory()
        made, seconds = self.make(self.outputs[0])
        film: Animation = replace(made, seconds=seconds)
        return film

    def save(self, made: Any, path: Any, output: OutputSpec) -> None:
        """Write the film."""
        made.save(path)


def animate(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    seed: Annotated[int, arguments.SEED] = 0,
    *,
    engine: Annotated[str, arguments.ENGINE] = "singan",
    preset: Annotated[str, arguments.PRESET] = "fast",
    frames: Annotated[int, Param("how many frames", kind="whole", metavar="COUNT", at_least=2, first=True)] = 60,
    fps: Annotated[float, Param("frames a second", kind="number", metavar="NUMBER")] = 10.0,
    structure: Annotated[str | float, arguments.STRUCTURE] = "auto",
    alpha: Annotated[
        float,
        Param(
            "how much every frame keeps of the photo, 0 to 1", kind="number", metavar="NUMBER", at_least=0, at_most=1
        ),
    ] = 0.1,
    beta: Annotated[
        float,
        Param("how smoothly the movement goes on, 0 to 1", kind="number", metavar="NUMBER", at_least=0, at_most=1),
    ] = 0.9,
    loop: Annotated[bool, Param("let the last frame lead back to the first", kind="switch")] = True,
    size: Annotated[arguments.SizeLike | None, arguments.SIZE] = None,
    **options: Unpack[TrainedOptions],
) -> Animation:
    """Make a film from one photo: what could move in it moves a little.

    Flames, water, leaves and clouds do best. The suffix of ``-o`` says the format: GIF, WebP, APNG (.png) or MP4.


    Args:
        photo: a path, PIL image, array or ``Photo``.
        seed: of the movement.
        engine: which engine; ``calotype engines`` lists them.
        preset: which of the engine's presets.
        frames: how many.
        fps: frames a second.
        structure: what moves: ``"free"``, ``"loose"``, ``"close"``, 0 (everything) .. 1 (fine details alone), or
            ``"scale3"``. ``"auto"``: what suits the engine; loose, unless it says otherwise.
        alpha: how much every frame keeps of the photo, 0 .. 1.
        beta: how smoothly the movement goes on, 0 (a new one every frame) .. 1 (always the same).
        loop: whether the last frame leads back to the first.
        size: of the film: a ``Size``, ``"WIDTHxHEIGHT"`` or ``(width, height)``. ``None``: as large as the photo.
        options: see ``TrainedOptions``.

    Returns:
        The frames, and the settings that repeat them; ``save`` writes a film.

    Raises:
        InputError: a photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was asked to stop.
    """
    return AnimateJob.of(locals()).film()

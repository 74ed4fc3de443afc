"""Jobs that make a film with a model of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from calotype.errors import ArgumentError, counted
from calotype.results import Animation
from calotype.tasks.arguments import between, whole
from calotype.tasks.model_job import ModelJob
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.types import Cost

_MOST_FRAMES = 5000
FRAMES = Param("number of frames", kind="whole", metavar="COUNT", at_least=2, first=True)
FPS = Param("frames per second", kind="number", metavar="NUMBER")
BACK = Param("and back again, as a loop", kind="switch")


class FilmJob(ModelJob):
    """A job for a model whose function gives the frames of a film; its verb has ``frames``, ``fps`` and ``back``."""

    gives = "film"

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        frames = own["frames"]
        if not 2 <= whole(frames, "a number of frames", "24") <= _MOST_FRAMES:
            raise ArgumentError(
                f"{counted(frames, 'frame')} cannot be used: give a number from 2 to {_MOST_FRAMES}, like 24"
            )
        between(own["fps"], 0.01, 1000, "a speed", "12")

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
        frames += self.way_back(frames) if own["back"] else []
        return Animation(frames, own["fps"], own["back"], self.settings, self.name, seconds, self.carried), seconds

    def way_back(self, frames: list[Any]) -> list[Any]:
        """The frames after the last one that lead back to the first: the same backwards."""
        return frames[-2:0:-1]

    def film(self) -> Animation:
        """Make the film.

        Raises:
            InputError: the machine has too little memory.
            Stopped: the run was stopped.
        """
        self.check_memory()
        return self.make(self.outputs[0])[0]

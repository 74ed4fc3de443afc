"""What the verbs have in common that fill a part of a picture from the rest of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from calotype.tasks.job import Job, OutputSpec
from calotype.types import Cost

if TYPE_CHECKING:
    import torch


class InpaintingJob(Job):
    """A picture of which a part is missing: ``canvas`` and ``hole`` say which."""

    engine_function = "fill"

    @cached_property
    def canvas(self) -> torch.Tensor:
        """The picture, [1, C, h, w]; what it has in the hole does not matter."""
        raise NotImplementedError

    @cached_property
    def hole(self) -> torch.Tensor:
        """What is to be filled: [1, 1, h, w], 0 or 1."""
        raise NotImplementedError

    @property
    def missing(self) -> torch.Tensor | int:
        """What is to be filled, or how many pixels it has, where that is known before there is a picture."""
        return self.hole

    @cached_property
    def cost(self) -> Cost:
        """What one picture is expected to take on this machine."""
        size = (self.size.height, self.size.width)
        cost: Cost = self.engine.cost([size], size, self.config, hole=self.missing)
        return cost

    def work(self, function: Any, output: OutputSpec, **net: Any) -> Any:
        """The whole picture."""
        from calotype.image.io import to_image

        return to_image(function([self.canvas], self.config, self.run, hole=self.hole, seed=output.seed, **net))

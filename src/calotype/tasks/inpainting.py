"""What the verbs have in common that fill a part of a picture from the rest of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from calotype.tasks.job import OutputSpec
from calotype.tasks.photo_job import PhotoJob
from calotype.types import Cost

if TYPE_CHECKING:
    import torch


class InpaintingJob(PhotoJob):
    """A picture of which a part is missing: ``canvas`` and ``hole`` say which."""

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

    def engine_cost(self) -> Cost:
        """What one picture is expected to take on this machine."""
        size = (self.size.height, self.size.width)
        cost: Cost = self.package.cost([size], size, self.config, hole=self.missing)
        return cost

    @cached_property
    def tensors(self) -> list[torch.Tensor]:
        """The picture with the hole."""
        return [self.canvas]

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """As for every job, and the hole."""
        return {**super().engine_arguments(output), "hole": self.hole}

"""Common base of the verbs that fill a hole in a picture."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from calotype.tasks.outputs import OutputSpec
from calotype.tasks.photo_job import PhotoJob
from calotype.types import Cost

if TYPE_CHECKING:
    import torch


class InpaintingJob(PhotoJob):
    """A job that fills the ``hole`` in a ``canvas``."""

    @cached_property
    def canvas(self) -> torch.Tensor:
        """The picture, [1, C, h, w], -1..1; its values in the hole are ignored."""
        raise NotImplementedError

    @cached_property
    def hole(self) -> torch.Tensor:
        """Mask of the area to fill: [1, 1, h, w], 0 or 1."""
        raise NotImplementedError

    @property
    def missing(self) -> torch.Tensor | int:
        """The hole, or its number of pixels if that is known without the mask, for cost estimates."""
        return self.hole

    def engine_cost(self) -> Cost:
        """Expected time and memory for one picture on this machine."""
        size = (self.size.height, self.size.width)
        cost: Cost = self.package.cost([size], size, self.config, hole=self.missing)
        return cost

    @cached_property
    def tensors(self) -> list[torch.Tensor]:
        """The canvas as the only input picture."""
        return [self.canvas]

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """The usual arguments and the hole."""
        return {**super().engine_arguments(output), "hole": self.hole}

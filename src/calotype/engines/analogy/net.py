"""A trained model: the generator, and what it is told of a photo and two maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.labelling import coded
from calotype.engines.analogy.network import Generator
from calotype.engines.analogy.sizes import Size, fitted, fitted_map, inner_size


class Net(nn.Module):
    """The generator for a photo of ``size`` pixels (height, width).

    Attributes:
        generator: the weights that are kept: those of the last step, or their running mean.
        finished: how many parts of the training it has been through.
    """

    finished: Tensor

    def __init__(self, cfg: Config, size: Size) -> None:
        super().__init__()
        self.cfg, self.size = cfg, size
        inner_size(size, size, cfg)
        self.generator = Generator(cfg)
        self.register_buffer("finished", torch.zeros((), dtype=torch.long))

    def forward(self, photo: Tensor, before: Tensor, target: Tensor) -> Tensor:
        """The photo laid out like the target, as large as the net makes it.

        Args:
            photo: [1, 3, H, W], -1..1.
            before: [1, H, W], its class indices.
            target: [1, h, w], those wanted. A target of another shape gets the photo stretched to it.

        Returns:
            [1, 3, h', w'], -1..1; sides are multiples of 8.
        """
        cfg, whole = self.cfg, (photo.shape[2], photo.shape[3])
        size = inner_size((target.shape[1], target.shape[2]), whole, cfg)
        own = inner_size(whole, whole, cfg)
        picture, source = fitted(photo, own, whole, cfg), fitted_map(coded(before, cfg), own, whole, cfg)
        if own != size:
            # Scale and shift are per pixel: source and target have to lie upon each other.
            picture, source = fitted(photo, size, whole, cfg), fitted_map(coded(before, cfg), size, whole, cfg)
        wanted = fitted_map(coded(target, cfg), size, whole, cfg)
        made: Tensor = self.generator(picture, self.generator.changes(source, wanted))
        return made.clamp(-1, 1)

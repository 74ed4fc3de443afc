"""A trained model: the generator with its input preprocessing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.labelling import encode_labels
from calotype.engines.analogy.network import Generator
from calotype.engines.analogy.sizes import Size, fitted, fitted_map, inner_size


class Net(nn.Module):
    """The generator for a photo of ``size`` pixels (height, width).

    Attributes:
        generator: with the final weights, or their exponential moving average.
        finished: number of finished parts of the training.
    """

    finished: Tensor

    def __init__(self, cfg: Config, size: Size) -> None:
        super().__init__()
        self.cfg, self.size = cfg, size
        inner_size(size, size, cfg)
        self.generator = Generator(cfg)
        self.register_buffer("finished", torch.zeros((), dtype=torch.long))

    def forward(self, photo: Tensor, before: Tensor, target: Tensor) -> Tensor:
        """Render the photo in the layout of the target, at the generator's own size.

        Args:
            photo: [1, 3, H, W], -1..1.
            before: [1, H, W], class indices of the photo.
            target: [1, h, w], class indices of the result. For another aspect ratio the photo is stretched.

        Returns:
            [1, 3, h', w'], -1..1; sides are multiples of 8.
        """
        cfg, whole = self.cfg, (photo.shape[2], photo.shape[3])
        size = inner_size((target.shape[1], target.shape[2]), whole, cfg)
        own = inner_size(whole, whole, cfg)
        picture, source = fitted(photo, own, whole, cfg), fitted_map(encode_labels(before, cfg), own, whole, cfg)
        if own != size:
            # Scale and shift are per pixel, so source and target need the same size.
            picture, source = fitted(photo, size, whole, cfg), fitted_map(encode_labels(before, cfg), size, whole, cfg)
        wanted = fitted_map(encode_labels(target, cfg), size, whole, cfg)
        result: Tensor = self.generator(picture, self.generator.modulations(source, wanted))
        return result.clamp(-1, 1)

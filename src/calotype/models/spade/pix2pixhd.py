"""The generator of pix2pixHD, as the published code of SPADE has it for comparison."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.nn.instance import instance_norm
from calotype.nn.patchgan import initialise
from calotype.nn.spectral import spectral_norm
from calotype.semantic.labels import LabelMaps, input_channels


class Pix2PixHDGenerator(nn.Module):
    """Convolutions that halve the size, residual blocks, and transposed convolutions that double it.

    Wang, Liu, Zhu, Tao, Kautz, Catanzaro, "High-Resolution Image Synthesis and Semantic Manipulation with Conditional
    GANs", CVPR 2018: the global generator, with spectral and instance normalisation.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()

        def wrap(layer: nn.Module) -> nn.Module:
            return spectral_norm(layer) if spectral else layer

        widths = [min(cfg.max_width, cfg.width << i) for i in range(cfg.halvings + 1)]
        self.first = wrap(nn.Conv2d(input_channels(cfg), widths[0], 7, bias=False))
        self.down = nn.ModuleList(wrap(nn.Conv2d(a, b, 3, 2, 1, bias=False)) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(
            nn.ModuleList(wrap(nn.Conv2d(widths[-1], widths[-1], 3, bias=False)) for _ in range(2))
            for _ in range(cfg.residual_blocks)
        )
        self.up = nn.ModuleList(
            wrap(nn.ConvTranspose2d(b, a, 3, 2, 1, output_padding=1, bias=False)) for b, a in pairwise(reversed(widths))
        )
        self.last = nn.Conv2d(widths[0], 3, 7)
        initialise(self)

    def forward(self, maps: LabelMaps, code: Tensor | None = None) -> Tensor:
        """[B, 3, H, W], float32, -1..1; there is no style code.

        Args:
            maps: label maps of a size that is a multiple of 2 to the power of ``halvings``.
            code: not used.
        """
        x = _rectified(self.first(_mirrored(maps.one_hot(), 3)))
        for conv in self.down:
            x = _rectified(conv(x))
        for block in self.blocks:
            assert isinstance(block, nn.ModuleList)
            y = _rectified(block[0](_mirrored(x, 1)))
            x = x + instance_norm(block[1](_mirrored(y, 1)))
        for conv in self.up:
            x = _rectified(conv(x))
        return torch.tanh(self.last(_mirrored(x, 3)).float())


def _rectified(x: Tensor) -> Tensor:
    return F.relu(instance_norm(x))


def _mirrored(x: Tensor, pixels: int) -> Tensor:
    # Grids of a few pixels cannot be mirrored that far.
    mode = "reflect" if min(x.shape[2:]) > pixels else "replicate"
    return F.pad(x, (pixels,) * 4, mode=mode)

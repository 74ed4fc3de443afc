"""The encoder: distributions of codes, one for each class of a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.smis.config import Config
from calotype.models.smis.plan import base_grid, code_size
from calotype.nn.instance import instance_norm
from calotype.nn.patchgan import initialise
from calotype.nn.spectral import spectral_norm
from calotype.semantic.labels import LabelMaps, label_channels
from calotype.semantic.normalization import SLOPE

_LOG_VARIANCE = -3.0  # of codes before training
_GROWTH = (1, 2, 4, 8)  # channels of the first layers, in widths


class Encoder(nn.Module):
    """Mean and logarithm of the variance of Gaussians over codes, with groups of a class each.

    Zhu, Xu, You, Bai, "Semantically Multi-modal Image Synthesis", CVPR 2020, sec. 3.3. No activation of one class
    depends on pixels of another.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        self.classes, self.normalised = label_channels(cfg), cfg.encoder_norm == "instance"
        self.vector = cfg.code_grid == "vector"
        height, width = base_grid(cfg)
        self.side = (height << cfg.encoder_layers, width << cfg.encoder_layers)
        widths = encoder_widths(cfg)
        self.convs = nn.ModuleList(
            spectral_norm(conv) if spectral and self.normalised else conv
            for conv in (
                nn.Conv2d(a, b, 3, 2, 1, bias=not self.normalised, groups=self.classes)
                for a, b in zip([3 * self.classes, *widths], widths)
            )
        )
        kernel = 1 if self.vector else 3
        self.mean, self.log_variance = (
            nn.Conv2d(widths[-1], cfg.code * self.classes, kernel, padding=kernel // 2, groups=self.classes)
            for _ in range(2)
        )
        initialise(self)
        # Codes that say something from the start: what looks like noise the decoder learns to ignore.
        nn.init.kaiming_normal_(self.mean.weight, 1.0)
        nn.init.constant_(self.log_variance.bias, _LOG_VARIANCE)  # type: ignore[arg-type]
        if not self.normalised:
            for conv in self.convs:
                nn.init.kaiming_normal_(conv.weight, SLOPE)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor, maps: LabelMaps) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W], -1..1, of the size of the maps, to mean and logarithm of the variance.

        Returns:
            [B, classes x code, h, w] each, float32, the channels of a class together; h and w are 1 for vectors. The
            code of a class that the map does not have is a constant.
        """
        x = class_crops(pictures, maps, self.side).contiguous(memory_format=torch.channels_last)
        for conv in self.convs:
            x = instance_norm(conv(x), SLOPE) if self.normalised else F.leaky_relu(conv(x), SLOPE)
        x = x.float()
        if self.vector:
            x = x.mean((2, 3), keepdim=True)
        with torch.autocast(x.device.type, enabled=False):
            return self.mean(x), self.log_variance(x)


def encoder_widths(cfg: Config) -> list[int]:
    """Channels of each layer, all classes together."""
    each = cfg.encoder_width * label_channels(cfg)
    return [each * _GROWTH[min(i, len(_GROWTH) - 1)] for i in range(cfg.encoder_layers)]


def code_shape(cfg: Config) -> tuple[int, int, int]:
    """Channels of all classes, height and width of the codes of pictures of ``cfg.size``."""
    return (cfg.code * label_channels(cfg), *code_size(cfg))


def class_crops(pictures: Tensor, maps: LabelMaps, size: tuple[int, int]) -> Tensor:
    """The pixels of every class alone, cut out and resized: [B, 3, H, W] to [B, 3 x classes, *size].

    The tight box around a class is resized to ``size`` by nearest neighbours, so that codes do not tell where a class
    is and how large; pixels of other classes are 0, and so is everything where a class is absent.
    """
    batch, width = pictures.shape[0], pictures.shape[3]
    there = F.one_hot(maps.numbers, maps.kinds)[..., : maps.channels].permute(0, 3, 1, 2).bool()
    down, across = _span(there.any(3), size[0]), _span(there.any(2), size[1])
    index = (down[..., :, None] * width + across[..., None, :]).flatten(2)  # [B, classes, pixels]
    seen = there.flatten(2).gather(2, index)
    flat = pictures.flatten(2)[:, None].expand(-1, maps.channels, -1, -1)
    found = flat.gather(3, index[:, :, None].expand(-1, -1, 3, -1)) * seen[:, :, None]
    return found.view(batch, 3 * maps.channels, *size)


def _span(there: Tensor, length: int) -> Tensor:
    """Positions at which the stretch from the first to the last true value is sampled: [B, C, n] to [B, C, length]."""
    first = there.int().argmax(2, keepdim=True)
    extent = there.shape[2] - there.int().flip(2).argmax(2, keepdim=True) - first
    return first + torch.arange(length, device=there.device) * extent // length

"""The encoder: a distribution of style codes from a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.nn.instance import instance_norm
from calotype.nn.patchgan import initialise
from calotype.nn.spectral import spectral_norm
from calotype.semantic.normalization import SLOPE

_GRID = 4  # side of the last activations
_LOG_VARIANCE = -3.0  # of codes before training
_GROWTH = (1, 2, 4, 8)  # channels of the first layers, in widths


class Encoder(nn.Module):
    """Mean and logarithm of the variance of a Gaussian over style codes (Park et al., CVPR 2019, fig. 14).

    Args:
        cfg: the settings, with ``latent`` above 0.
        spectral: whether convolutions have spectral normalisation, as in training.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        self.side, self.normalised = cfg.encoder_size, cfg.encoder_norm == "instance"
        widths = encoder_widths(cfg)
        self.convs = nn.ModuleList(
            spectral_norm(conv) if spectral and self.normalised else conv
            for conv in (nn.Conv2d(a, b, 3, 2, 1, bias=not self.normalised) for a, b in zip([3, *widths], widths))
        )
        self.mean = nn.Linear(widths[-1] * _GRID**2, cfg.latent)
        self.log_variance = nn.Linear(widths[-1] * _GRID**2, cfg.latent)
        initialise(self)
        # Codes that say something from the start: what looks like noise the generator learns to ignore.
        nn.init.xavier_normal_(self.mean.weight)
        nn.init.constant_(self.log_variance.bias, _LOG_VARIANCE)
        if not self.normalised:
            for conv in self.convs:
                nn.init.kaiming_normal_(conv.weight, SLOPE)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 3, H, W], -1..1, of any size, to mean and logarithm of the variance, [B, latent] each."""
        x = pictures
        if x.shape[2:] != (self.side, self.side):
            x = F.interpolate(x, size=(self.side, self.side), mode="bilinear", align_corners=False)
        for conv in self.convs:
            x = instance_norm(conv(x), SLOPE) if self.normalised else F.leaky_relu(conv(x), SLOPE)
        x = x.flatten(1).float()
        with torch.autocast(x.device.type, enabled=False):
            return self.mean(x), self.log_variance(x)


def encoder_widths(cfg: Config) -> list[int]:
    """Channels of each layer; every one halves the size, down to 4 x 4."""
    layers = cfg.encoder_size.bit_length() - _GRID.bit_length()
    return [cfg.encoder_width * _GROWTH[min(i, len(_GROWTH) - 1)] for i in range(layers)]

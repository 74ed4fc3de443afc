"""What a trained model is: a generator, and the encoder of style pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.models.spade.encoder import Encoder
from calotype.models.spade.generator import SpadeGenerator
from calotype.models.spade.labels import LabelMaps
from calotype.models.spade.pix2pixhd import Pix2PixHDGenerator


class Net(nn.Module):
    """Generator and encoder.

    Args:
        cfg: the settings.
        spectral: whether weights are spectrally normalised whenever they are used, as in training. Without, they are
            those of a trained network, normalised once.

    Attributes:
        generator: called with label maps and style codes.
        encoder: of style pictures; ``None`` where ``cfg.latent`` is 0.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        self.cfg = cfg
        network = Pix2PixHDGenerator if cfg.generator == "pix2pixhd" else SpadeGenerator
        self.generator: nn.Module = network(cfg, spectral=spectral)
        self.encoder = Encoder(cfg, spectral=spectral) if cfg.latent else None

    def forward(self, maps: LabelMaps, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Pictures of the maps in the style of other pictures, as in training.

        Args:
            maps: B label maps.
            pictures: [B, 3, H, W], -1..1; not used where there is no encoder.
            noise: [B, latent], from a standard normal distribution.

        Returns:
            Pictures [B, 3, H, W], -1..1; mean and logarithm of the variance of the codes [B, latent], or ``None``.
        """
        if self.encoder is None:
            return self.generator(maps, None), None, None
        mean, log_variance = self.encoder(pictures)
        code = mean + noise * (0.5 * log_variance).exp()
        return self.generator(maps, code), mean, log_variance

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {self.cfg.classes} classes"


def build(cfg: Config, *, spectral: bool = False) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg, spectral=spectral).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net

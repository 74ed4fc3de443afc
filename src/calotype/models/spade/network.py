"""What a trained model is: a generator, and the encoder of style pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from calotype.errors import counted
from calotype.models.spade.config import Config
from calotype.models.spade.encoder import Encoder
from calotype.models.spade.pix2pixhd import Pix2PixHDGenerator
from calotype.semantic import network
from calotype.semantic.labels import LabelMaps
from calotype.semantic.spade_generator import SpadeGenerator


class Net(network.Net):
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
        self.noise_shape = (max(1, cfg.latent),)

    def forward(self, maps: LabelMaps, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """See ``calotype.semantic.network.Net``; the codes are [B, latent]."""
        if self.encoder is None:
            return self.generator(maps, None), None, None
        mean, log_variance = self.encoder(pictures)
        code = mean + noise * (0.5 * log_variance).exp()
        return self.generator(maps, code), mean, log_variance

    def sampled(self, maps: LabelMaps, seeds: Sequence[int]) -> Tensor:
        """See ``calotype.semantic.network.Net``."""
        codes = [code for seed in seeds if (code := code_of(seed, self.cfg)) is not None]
        device = next(self.parameters()).device
        pictures: Tensor = self.generator(maps, torch.cat(codes).to(device) if codes else None)
        return pictures

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'class')}"


def code_of(seed: int, cfg: Config) -> Tensor | None:
    """The style code of a seed, from a standard normal distribution: [1, latent], on the CPU; ``None`` without any."""
    if not cfg.latent:
        return None
    return torch.randn(1, cfg.latent, generator=torch.Generator().manual_seed(seed))


def build(cfg: Config, *, spectral: bool = False) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg, spectral=spectral).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net

"""What a trained model is: a decoder, and the encoder of codes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.errors import counted
from calotype.models.smis.config import Config
from calotype.models.smis.encoder import Encoder, code_shape
from calotype.models.smis.generator import Decoder
from calotype.semantic import network
from calotype.semantic.labels import LabelMaps


class Net(network.Net):
    """Decoder and encoder.

    Args:
        cfg: the settings.
        spectral: whether weights are spectrally normalised whenever they are used, as in training. Without, they are
            those of a trained network, normalised once.

    Attributes:
        generator: called with label maps and codes.
        encoder: called with pictures and their label maps; ``None`` where ``cfg.encoder_width`` is 0.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        self.cfg = cfg
        self.generator = Decoder(cfg, spectral=spectral)
        self.encoder = Encoder(cfg, spectral=spectral) if cfg.encoder_width else None
        self.noise_shape = code_shape(cfg)

    def forward(self, maps: LabelMaps, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """See ``calotype.semantic.network.Net``; the codes are [B, classes x code, h, w]."""
        if self.encoder is None:
            return self.generator(maps, noise), None, None
        mean, log_variance = self.encoder(pictures, maps)
        return self.generator(maps, mean + noise * (0.5 * log_variance).exp()), mean, log_variance

    def sampled(self, maps: LabelMaps, seeds: Sequence[int]) -> Tensor:
        """See ``calotype.semantic.network.Net``."""
        codes = torch.cat([codes_of(seed, self.cfg) for seed in seeds])
        pictures: Tensor = self.generator(maps, codes.to(next(self.parameters()).device))
        return pictures

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'class')}"


def codes_of(seed: int, cfg: Config) -> Tensor:
    """The codes of a seed, from a standard normal distribution: [1, classes x code, h, w], on the CPU."""
    return torch.randn(1, *code_shape(cfg), generator=torch.Generator().manual_seed(seed))


def build(cfg: Config, *, spectral: bool = False) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg, spectral=spectral).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net

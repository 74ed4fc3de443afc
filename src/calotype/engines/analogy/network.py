"""The generator: an encoder and a decoder whose features are modulated by the change of the label map."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.layers import conv, down, head, up
from calotype.engines.analogy.sft import Translation, modulated

LEVELS = 3
# Sides of the generator's inputs are multiples of this, pixels.
MULTIPLE = 2**LEVELS

Modulations = Sequence[tuple[Tensor, Tensor]]


class Encoder(nn.Module):
    """Features of a map or an image at 1/2, 1/4 and 1/8 of its size; 1,502,640 parameters as released.

    Args:
        inputs: channels of the input.
        cfg: settings.
    """

    def __init__(self, inputs: int, cfg: Config) -> None:
        super().__init__()
        self.head = head(inputs, cfg.width, 7, cfg.norm, cfg.spectral)
        self.downs = nn.ModuleList(down(cfg.width << level, cfg.norm, cfg.spectral) for level in range(LEVELS))
        deepest = cfg.width << LEVELS
        self.tail = head(deepest, deepest, 3, cfg.norm, cfg.spectral)

    def levels(self, x: Tensor) -> list[Tensor]:
        """The features of [B, C, h, w] at the three levels, finest first."""
        x, features = self.head(x), []
        for step in self.downs:
            x = step(x)
            features.append(x)
        return features

    def forward(self, x: Tensor, modulations: Modulations) -> Tensor:
        """[B, C, h, w] to [B, 8 width, h / 8, w / 8], modulated at every level."""
        x = self.head(x)
        for step, (scale, shift) in zip(self.downs, modulations, strict=True):
            x = modulated(step(x), scale, shift)
        encoded: Tensor = self.tail(x)
        return encoded


class Decoder(nn.Module):
    """From the deepest features to an image, modulated again at every level; 2,148,902 parameters as released."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        deepest = cfg.width << LEVELS
        self.head = head(deepest, deepest, 3, cfg.norm, cfg.spectral)
        self.ups = nn.ModuleList(up(deepest >> level, cfg.norm, cfg.spectral) for level in range(LEVELS))
        # The released last layer has norm and leaky ReLU like all others, so that it is hardly below 0.
        last = head(cfg.width, 3, 3, cfg.norm, cfg.spectral)
        self.tail = last if cfg.output == "leaky" else _tanh_output(cfg)

    def forward(self, x: Tensor, modulations: Modulations) -> Tensor:
        """[B, 8 width, h / 8, w / 8] to [B, 3, h, w]."""
        x = self.head(x)
        for step, (scale, shift) in zip(self.ups, reversed(modulations), strict=True):
            x = step(modulated(x, scale, shift))
        picture: Tensor = self.tail(x)
        return picture


class Generator(nn.Module):
    """G of the paper: maps an image with its label map to an image with another label map.

    5,511,686 parameters with 32 channels and maps in colours, as released.

    Args:
        cfg: settings; label maps have ``cfg.classes`` channels, or 3.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.labels = Encoder(map_channels(cfg), cfg)
        self.encoder = Encoder(3, cfg)
        self.decoder = Decoder(cfg)
        self.translations = nn.ModuleList(
            Translation(cfg.width << (level + 1), cfg.ratio, cfg.anchored, cfg.spectral) for level in range(LEVELS)
        )

    def modulations(self, before: Tensor, target: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Scale and shift at every level, finest first, for two maps [B, K, h, w]."""
        source, wanted = self.labels.levels(before), self.labels.levels(target)
        return [translate(s, t) for translate, s, t in zip(self.translations, source, wanted, strict=True)]

    def forward(self, picture: Tensor, modulations: Modulations) -> Tensor:
        """The modulated image of [B, 3, h, w], -1..1: [B, 3, h, w], in the same range if ``cfg.output`` is ``tanh``."""
        result: Tensor = self.decoder(self.encoder(picture, modulations), modulations)
        return result


def map_channels(cfg: Config) -> int:
    """Channels of an encoded label map."""
    return 3 if cfg.coding == "colours" else cfg.classes


def _tanh_output(cfg: Config) -> nn.Sequential:
    """A last layer without norm and with tanh: the range is -1..1."""
    return nn.Sequential(nn.ReflectionPad2d(1), conv(cfg.width, 3, 3, False), nn.Tanh())

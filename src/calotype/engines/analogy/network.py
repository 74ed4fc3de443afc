"""The generator: a picture is encoded and decoded, and on the way its features are changed as its map is to change."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from calotype.engines.analogy.config import Config
from calotype.engines.analogy.layers import conv, down, head, up
from calotype.engines.analogy.sft import Translation, modulated

LEVELS = 3
# Sides of whatever the generator takes are multiples of this, pixels.
MULTIPLE = 2**LEVELS

Changes = Sequence[tuple[Tensor, Tensor]]


class Encoder(nn.Module):
    """Features of a map or a picture at a half, a quarter and an eighth of its size; 1,502,640 parameters as released.

    Args:
        inputs: channels of what is encoded.
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
        x, found = self.head(x), []
        for step in self.downs:
            x = step(x)
            found.append(x)
        return found

    def forward(self, x: Tensor, changes: Changes) -> Tensor:
        """[B, C, h, w] to [B, 8 width, h / 8, w / 8], changed at every level."""
        x = self.head(x)
        for step, (scale, shift) in zip(self.downs, changes, strict=True):
            x = modulated(step(x), scale, shift)
        encoded: Tensor = self.tail(x)
        return encoded


class Decoder(nn.Module):
    """From the deepest features to a picture, changed once more at every level; 2,148,902 parameters as released."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        deepest = cfg.width << LEVELS
        self.head = head(deepest, deepest, 3, cfg.norm, cfg.spectral)
        self.ups = nn.ModuleList(up(deepest >> level, cfg.norm, cfg.spectral) for level in range(LEVELS))
        # As released the last layer is like all others: normalised, and hardly below 0.
        last = head(cfg.width, 3, 3, cfg.norm, cfg.spectral)
        self.tail = last if cfg.output == "leaky" else _bounded(cfg)

    def forward(self, x: Tensor, changes: Changes) -> Tensor:
        """[B, 8 width, h / 8, w / 8] to [B, 3, h, w]."""
        x = self.head(x)
        for step, (scale, shift) in zip(self.ups, reversed(changes), strict=True):
            x = step(modulated(x, scale, shift))
        picture: Tensor = self.tail(x)
        return picture


class Generator(nn.Module):
    """G of the paper: a picture and its map, and another map, to a picture that the other map is of.

    5,511,686 parameters with 32 channels and maps in colours, as released.

    Args:
        cfg: settings; ``cfg.classes`` channels a map has, or 3.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.labels = Encoder(map_channels(cfg), cfg)
        self.encoder = Encoder(3, cfg)
        self.decoder = Decoder(cfg)
        self.translations = nn.ModuleList(
            Translation(cfg.width << (level + 1), cfg.ratio, cfg.anchored, cfg.spectral) for level in range(LEVELS)
        )

    def changes(self, before: Tensor, target: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Scale and shift at every level, finest first, for two maps [B, K, h, w]."""
        source, wanted = self.labels.levels(before), self.labels.levels(target)
        return [translate(s, t) for translate, s, t in zip(self.translations, source, wanted, strict=True)]

    def forward(self, picture: Tensor, changes: Changes) -> Tensor:
        """[B, 3, h, w], -1..1, changed: [B, 3, h, w], in that range where ``cfg.output`` is ``tanh``."""
        made: Tensor = self.decoder(self.encoder(picture, changes), changes)
        return made


def map_channels(cfg: Config) -> int:
    """How many channels a map has that the nets are shown."""
    return 3 if cfg.coding == "colours" else cfg.classes


def _bounded(cfg: Config) -> nn.Sequential:
    """The last layer without norm and with tanh: any picture can be made, none leaves -1..1."""
    return nn.Sequential(nn.ReflectionPad2d(1), conv(cfg.width, 3, 3, False), nn.Tanh())

"""The space W of a generator: styles of random pictures and of photos, and the pictures of styles."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.encoder_config import drawn_side
from calotype.models.stylegan.generate import displayed, latents_of
from calotype.models.stylegan.network import Net

_LARGEST = 128  # side of the pictures that are drawn, pixels, where a network can be cut there
_PIXELS = 50 * _LARGEST**2  # of pictures that are drawn at a time, at most, so that large ones need little memory


@dataclass(frozen=True)
class StyleSpace:
    """Styles, one for all layers.

    Attributes:
        cfg: as in training.
        net: trained or imported.
    """

    cfg: Config
    net: Net

    @property
    def device(self) -> torch.device:
        """Where the net is."""
        return next(self.net.parameters()).device

    @torch.no_grad()
    def sample(self, seeds: range) -> Tensor:
        """The styles of seeds, [N, style]; a model with labels draws the class of a seed at random."""
        z = latents_of(seeds, self.cfg).to(self.device)
        label = None
        if self.cfg.classes:
            chance = torch.Generator().manual_seed(seeds.start)
            chosen = torch.randint(self.cfg.classes, (len(seeds),), generator=chance)
            label = torch.eye(self.cfg.classes)[chosen].to(self.device)
        styles: Tensor = self.net.generator.mapping(z, label)
        return styles

    @torch.no_grad()
    def draw(self, styles: Tensor) -> Tensor:
        """The pictures of styles [N, style]: [N, 3, side, side], -1..1; those of large networks at 128 pixels."""
        generator = self.net.generator
        rows, side = styles[:, None].expand(-1, generator.rows, -1), drawn_side(self.cfg, _LARGEST)
        parts = torch.split(rows, max(1, _PIXELS // side**2))
        return torch.cat([displayed(generator(part, "const", until=side)) for part in parts])

    @torch.no_grad()
    def encode(self, encoder: nn.Module, pictures: Tensor) -> Tensor:
        """The styles of pictures [N, 3, side, side], -1..1, by an encoder, the mean of all layers: [N, style]."""
        given = pictures if self.cfg.channels == 3 else pictures.mean(1, keepdim=True)
        styles: Tensor = encoder.encoded(self.net.generator, given)  # type: ignore[operator]
        return styles.mean(1)


def style_space(cfg: Config, net: Net) -> StyleSpace:
    """The space W of a model."""
    return StyleSpace(cfg, net)

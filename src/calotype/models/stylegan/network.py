"""What a model is: a generator, and the discriminator where it is kept."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.models.stylegan.alias_free import AliasFreeSynthesis
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.lucid import LucidMapping, LucidSynthesis
from calotype.models.stylegan.residual_encoder import ResidualEncoder
from calotype.models.stylegan.synthesis import Noise, Synthesis
from calotype.nn.style_mapping import Mapping

_MAPPED = 10_000  # latent vectors over which the mean style is measured


class Generator(nn.Module):
    """Mapping and synthesis network.

    Attributes:
        rows: number of style vectors of a picture.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.mapping: Mapping | LucidMapping
        self.synthesis: Synthesis | AliasFreeSynthesis | LucidSynthesis
        if cfg.generator == "lucidrains":
            self.mapping, self.synthesis = LucidMapping(cfg), LucidSynthesis(cfg)
        else:
            self.mapping = Mapping(cfg.latent, cfg.classes, cfg.style, cfg.mapping_layers, cfg.mapping_rate)
            self.synthesis = AliasFreeSynthesis(cfg) if cfg.generator == "stylegan3" else Synthesis(cfg)
        self.rows = self.synthesis.rows

    def styles(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """Latent vectors [N, latent], and one-hot labels [N, classes], to styles [N, rows, style]."""
        w: Tensor = self.mapping(z, label)
        return self.mapping.truncated(w[:, None].expand(-1, self.rows, -1), truncation)

    def forward(self, ws: Tensor, noise: Noise = "const", *, until: int | None = None) -> Tensor:
        """Styles [N, rows, style] to pictures [N, channels, side, side], about -1..1; see ``Synthesis``."""
        picture: Tensor = self.synthesis(ws, noise, until=until)
        return picture


class Net(nn.Module):
    """A trained or imported model.

    Attributes:
        generator: draws pictures.
        encoder: gives the styles of a photo, where it was imported with the generator.
    """

    encoder: ResidualEncoder | None

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.generator = Generator(cfg)
        self.encoder = None if cfg.encoder == "none" else ResidualEncoder(cfg)

    def extra_repr(self) -> str:
        """Kind and size."""
        return f"{self.cfg.generator}, {self.cfg.resolution}x{self.cfg.resolution}"


@torch.no_grad()
def measure_mean(generator: Generator, cfg: Config) -> None:
    """Set the mean style of a generator that comes without one, over latent vectors of a fixed seed."""
    chance = torch.Generator().manual_seed(0)
    z = torch.randn(_MAPPED, cfg.latent, generator=chance)
    label = None
    if cfg.classes:
        label = torch.eye(cfg.classes)[torch.randint(cfg.classes, (_MAPPED,), generator=chance)]
    generator.mapping.w_avg.copy_(generator.mapping(z, label).mean(0))


def build(cfg: Config) -> Net:
    """A new model, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net

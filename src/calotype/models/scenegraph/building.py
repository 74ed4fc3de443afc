"""Making the networks that the settings name."""

from __future__ import annotations

from torch import nn

from calotype.models.scenegraph import network
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.sg2im import Sg2im


def build(cfg: Config) -> nn.Module:
    """The networks, with weights drawn from torch's global generator."""
    return Sg2im(cfg) if cfg.network == "sg2im" else network.build(cfg)

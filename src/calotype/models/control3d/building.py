"""Making the networks that the settings name."""

from __future__ import annotations

from torch import nn

from calotype.models.control3d.config import Config
from calotype.models.control3d.giraffe import GiraffeNet
from calotype.models.control3d.giraffe_settings import parsed
from calotype.models.control3d.network import Net


def build(cfg: Config) -> nn.Module:
    """A new net; its weights are drawn from torch's global generator."""
    return GiraffeNet(parsed(cfg.giraffe)) if cfg.giraffe else Net(cfg)

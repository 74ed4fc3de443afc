"""The networks, built from settings."""

from __future__ import annotations

from calotype.models.bicyclegan.config import Config
from calotype.translation.net import Net
from calotype.translation.network import in_memory


def build(cfg: Config) -> Net:
    """Generator and encoder, with weights drawn from torch's global generator; channels last in memory."""
    return in_memory(Net(cfg))

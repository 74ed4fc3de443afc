"""Settings of BicycleGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from calotype.translation.config import SMALL, STUDY, TINY, TranslationConfig


@dataclass(frozen=True)
class Config(TranslationConfig):
    """Settings of BicycleGAN, see ``TranslationConfig``."""


def _config(values: dict[str, Any]) -> Config:
    return Config(**values)


PRESETS: dict[str, Config] = {
    # For some thousand pictures and one processor core.
    "small": _config(SMALL),
    # For tests.
    "tiny": _config(TINY),
    # For comparisons of settings: narrower networks, for a shorter time.
    "study": _config(STUDY),
    # As published for edges to shoes at 256 pixels, for GPUs.
    "paper": Config(),
}

"""Semantic Image Analogy."""

from calotype.engines.analogy.config import PRESETS, Config
from calotype.engines.analogy.cost import cost, training_cost
from calotype.engines.analogy.generate import relayout
from calotype.engines.analogy.train import adapted, build, stages, train, unfinished

__all__ = [
    "PRESETS",
    "Config",
    "adapted",
    "build",
    "cost",
    "relayout",
    "stages",
    "train",
    "training_cost",
    "unfinished",
]

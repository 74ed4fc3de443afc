"""GPDM: new pictures from one photo by matching the distribution of its patches."""

from calotype.engines.gpdm.config import PRESETS, Config
from calotype.engines.gpdm.cost import cost
from calotype.engines.gpdm.generate import retarget, scales, vary
from calotype.engines.gpdm.remake import remake, stylize

# What results can be beyond a picture from one photo: patches of further photos (also), without a seam (tile).
ABILITIES = frozenset({"also", "tile"})

# Where each verb starts, unless the user says it: as ``structure``.
STRUCTURES: dict[str, str | float] = {"vary": "free", "harmonize": 0.9, "edit": 0.4, "paint": "close"}

__all__ = ["ABILITIES", "PRESETS", "STRUCTURES", "Config", "cost", "remake", "retarget", "scales", "stylize", "vary"]

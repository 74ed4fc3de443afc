"""What a result says of its origin: the IPTC digital source type of a verb's outputs, and the system that made them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from calotype.declaration import System
from calotype.image.xmp import COMPOSITE, ENHANCED, TRAINED, WITH_TRAINED, combined
from calotype.types import Carried

# What a verb does to a photo: all is made anew, a part of the photo is kept, or only its quality is changed; outputs
# that are no pictures of something, such as label maps, have no origin to tell.
Effect = Literal["made", "edited", "enhanced", ""]


def source_type(effect: Effect, system: System) -> str:
    """The source type of an output that is made from photos of unknown origin; empty if it has none."""
    if effect in ("", "enhanced"):
        return ENHANCED if effect else ""
    if not (system.of_sets or system.trained):
        return COMPOSITE
    return TRAINED if effect == "made" else WITH_TRAINED


def with_origin(carried: Carried, effect: Effect, system: System, name: str) -> Carried:
    """What came with a photo, with the origin of a result made from it by the system ``name``."""
    made = combined(carried.source_type, source_type(effect, system))
    learned = system.of_sets or system.trained
    return replace(carried, source_type=made, made_by=name if effect and learned else "")

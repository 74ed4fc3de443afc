"""Portraits seen from the front, drawn in one style: 119 people in six skin tones each.

One image per person and tone, on a white background, with aligned faces. Suited to COCO-GAN and similar models, since
image coordinates carry meaning here. The label of a sample is its tone; its line in ``samples.jsonl`` gives the name of
the drawing, its tone, and ``base``, the name of the person (the same for all tones).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.drawing import NEEDS, drawn
from calotype.data.sets.iconify import NOTO, icon, icons, svg
from calotype.data.writing import Made

# The default yellow first, then from light to dark.
TONES = ("none", "light", "medium-light", "medium", "medium-dark", "dark")
_TONED = re.compile(r"-(light|medium-light|medium|medium-dark|dark)-skin-tone")
_CATEGORY = "People & Body"

# Heads, or heads with shoulders, facing the camera: no gestures, no full bodies, no groups.
_ROLES = (
    "artist astronaut construction-worker cook detective elf factory-worker firefighter guard health-worker judge mage "
    "mechanic office-worker pilot police-officer scientist singer student teacher technologist vampire"
)
_LOOKS = "bald beard blond-hair curly-hair frowning in-tuxedo pouting red-hair wearing-turban white-hair with-veil"
_OTHERS = (
    "baby baby-angel boy child girl mrs-claus mx-claus ninja old-man old-woman older-person person-with-crown "
    "person-with-skullcap prince princess santa-claus woman-with-headscarf"
)
_WHO = "man woman person"

# Adjacent shapes are drawn one after the other, so the lower one bleeds through along their common edge. Rendering at
# four times the size and averaging (supersampling) removes nearly all of it.
_FINER = 4

ABOUT = About(
    name="people",
    summary="people seen from the front, each in six skin tones",
    packages=(NOTO,),
    size=64,
    sizes=(32, 256),
    count=714,
    most=714,
    names={"labels": TONES},
    needs=NEEDS,
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the people in a random order, each in all tones."""
    held = icons(packages[0])
    people = _people(held)
    order = np.random.default_rng(seed).permutation(len(people))
    base_of = list(people)
    drawings = [(base_of[int(n)], tone) for n in order for tone in TONES if tone in people[base_of[int(n)]]]
    for base, tone in drawings[:count]:
        name = people[base][tone]
        yield Made(
            image=drawn(svg(held, name), _FINER * size).reduce(_FINER),
            label=TONES.index(tone),
            info={"name": name, "tone": tone, "base": base},
        )


def _people(held: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """For each person, the names of the drawings by tone, in an order independent of the package's."""
    roles, who, looks = _ROLES.split(), _WHO.split(), _LOOKS.split()
    wanted = [*_OTHERS.split(), *roles, *who, *(f"{one}-{what}" for one in who for what in (*roles, *looks))]
    people: dict[str, dict[str, str]] = {base: {} for base in wanted}
    for name in held["categories"].get(_CATEGORY, []):
        tone = _TONED.search(name)
        base = _TONED.sub("", name)
        if base in people and icon(held, name) is not None:
            people[base][tone[1] if tone else TONES[0]] = name
    return {base: drawings for base, drawings in people.items() if drawings}

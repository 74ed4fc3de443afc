"""People seen from the front, by one hand: the same 119 of them in six skin tones each.

One image for each person and tone, on white, with faces at about the same place. What COCO-GAN and its like learn
from: places mean something here. A sample's label is its tone; the lines of ``samples.jsonl`` tell the drawing's name,
its tone, and ``base``, the person's name (one for all tones).
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

# The yellow of all emoji first, then from light to dark.
TONES = ("none", "light", "medium-light", "medium", "medium-dark", "dark")
_TONED = re.compile(r"-(light|medium-light|medium|medium-dark|dark)-skin-tone")
_CATEGORY = "People & Body"

# Heads, or heads with shoulders, that look at the viewer: no gestures, no whole figures, no groups.
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

# Shapes that meet are drawn one after the other, so what is below shows along their edges; drawn at four times the
# size and averaged, an image is nearly what it would be with endless pixels.
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
    """Person after person, each in all tones, in a random order of the people."""
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
    """For each person the names of the drawings by tone, in an order that does not depend on the package's."""
    roles, who, looks = _ROLES.split(), _WHO.split(), _LOOKS.split()
    wanted = [*_OTHERS.split(), *roles, *who, *(f"{one}-{what}" for one in who for what in (*roles, *looks))]
    people: dict[str, dict[str, str]] = {base: {} for base in wanted}
    for name in held["categories"].get(_CATEGORY, []):
        tone = _TONED.search(name)
        base = _TONED.sub("", name)
        if base in people and icon(held, name) is not None:
            people[base][tone[1] if tone else TONES[0]] = name
    return {base: drawings for base, drawings in people.items() if drawings}

"""``docs/choosing.md``: what each verb is for, with pictures, from ``calotype.studio.choosing``.

``python benchmarks/choosing.py`` writes the page; with ``--check`` it exits with status 1 when that is not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from calotype.studio.choosing import CHOICES, HAVES, WANTS, needs

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "choosing.md"
PICTURES = "../src/calotype/studio/page/verbs"
INTRODUCTION = """\
# Choosing a verb

What do you have, and what do you want? The [studio](studio.md) asks the same on its first page. Commands and further
pictures are in [verbs.md](verbs.md); this page is written by `python benchmarks/choosing.py`.

In each picture, what is given is on the left and what is made of it on the right.
"""
ALIKE = """\
## Verbs that are often taken for each other

| you want | verb | not |
|---|---|---|
| a part of the photo in another place | `edit` | `mix` (needs two photos), `relayout` (changes regions, not objects) |
| an object of another picture in the photo | `harmonize` | `edit` (only parts of the photo itself), `mix` |
| two photos that flow into each other | `mix` | `crossover` (shapes of one, colours of the other, in a model) |
| the textures of a painting | `stylize` | `transfer` (an expression), `restyle` (one class), `translate` (pairs) |
| other hair, another roof, the rest as it is | `restyle` | `stylize` (the whole picture) |
| the same person in another pose | `repose` | `transfer` (a difference of two photos) |
| a picture from edges or maps, as in the pairs | `translate` | `draw` (classes), `paint` (a photo's patches) |
| a picture from painted classes | `draw` | `paint` (colours, no classes) |
| the same scene, seen or arranged anew | `remix` | `vary` (patches, no meaning) |
"""


# What verbs take in place of a model.
WITHOUT_MODEL = {"draw": "photos with maps (`--photos`)"}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for want, title in WANTS.items():
        rows = [row(name) for name, choice in CHOICES.items() if choice.want == want]
        parts.append("\n".join([f"## {title}\n", "| | verb | you have | |", "|---|---|---|---|", *rows]) + "\n")
    return "\n".join([*parts, ALIKE])


def row(name: str) -> str:
    """The line of a verb in a table."""
    choice = CHOICES[name]
    # What needs a model says so in its last sentence.
    given = [one for one in choice.have if one != "model"] or list(choice.have)
    have = " or ".join(HAVES[one][0].lower() + HAVES[one][1:] for one in given)
    systems = needs(name)
    needed = f" Needs a model: {', '.join(f'`{system}`' for system in systems)}." if systems else ""
    if name in WITHOUT_MODEL:
        needed = f"{needed[:-1]}; or {WITHOUT_MODEL[name]}."
    picture = name if (ROOT / "docs" / PICTURES / f"{name}.webp").resolve().exists() else ""
    shown = f'<img src="{PICTURES}/{picture}.webp" width="200" alt="{name}">' if picture else ""
    return f"| {shown} | [`{name}`](verbs.md#{name}) | {have} | {choice.differs}{needed} |"


def main(arguments: list[str]) -> int:
    text = page()
    if "--check" in arguments:
        return 0 if PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

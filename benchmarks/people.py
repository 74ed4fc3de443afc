"""The pictures that ``cocogan.py`` learns from: the people of Noto Emoji, seen from the front, in up to six skin tones.

Noto Emoji is Apache-2.0; the drawings are taken from ``icons.json`` of the npm package ``@iconify-json/noto`` 1.2.9 and
rasterised with ``resvg-py`` (``pip install resvg-py``), which nothing else here needs.

    npm pack @iconify-json/noto@1.2.9 && tar xzf iconify-json-noto-1.2.9.tgz
    python benchmarks/people.py package --out people --side 128
"""

from __future__ import annotations

import argparse
import io
import json
import re
from pathlib import Path

from PIL import Image

TONE = re.compile(r"-(light|medium-light|medium|medium-dark|dark)-skin-tone")
ROLES = [
    "artist",
    "astronaut",
    "construction-worker",
    "cook",
    "detective",
    "elf",
    "factory-worker",
    "firefighter",
    "guard",
    "health-worker",
    "judge",
    "mage",
    "mechanic",
    "office-worker",
    "pilot",
    "police-officer",
    "scientist",
    "singer",
    "student",
    "teacher",
    "technologist",
    "vampire",
]
LOOKS = [
    "bald",
    "beard",
    "blond-hair",
    "curly-hair",
    "frowning",
    "in-tuxedo",
    "pouting",
    "red-hair",
    "wearing-turban",
    "white-hair",
    "with-veil",
]
OTHERS = [
    "baby",
    "baby-angel",
    "boy",
    "child",
    "girl",
    "mrs-claus",
    "mx-claus",
    "ninja",
    "old-man",
    "old-woman",
    "older-person",
    "person-with-crown",
    "person-with-skullcap",
    "prince",
    "princess",
    "santa-claus",
    "woman-with-headscarf",
]
GROUND = (245, 245, 245)


def names(metadata: dict[str, list[str]]) -> list[str]:
    """The drawings that are wanted, in a fixed order."""
    wanted = [*OTHERS, *ROLES]
    for who in ("man", "woman", "person"):
        wanted += [who, *(f"{who}-{each}" for each in (*ROLES, *LOOKS))]
    tones: dict[str, list[str]] = {}
    for name in metadata["People & Body"]:
        tones.setdefault(TONE.sub("", name), []).append(name)
    return [name for base in wanted for name in sorted(tones.get(base, []))]


def drawn(body: str, side: int) -> Image.Image:
    """A drawing on a light ground."""
    import resvg_py

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 128 128">'
        f"{body}</svg>"
    )
    large = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=2 * side, height=2 * side))))
    small = large.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", (side, side), GROUND)
    ground.paste(small, (0, 0), small)
    return ground


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=128)
    asked = parser.parse_args()
    icons = json.loads((asked.package / "icons.json").read_text(encoding="utf-8"))["icons"]
    metadata = json.loads((asked.package / "metadata.json").read_text(encoding="utf-8"))["categories"]
    asked.out.mkdir(parents=True, exist_ok=True)
    chosen = names(metadata)
    for name in chosen:
        drawn(icons[name]["body"], asked.side).save(asked.out / f"{name}.png")
    print(f"{len(chosen)} pictures in {asked.out}")


if __name__ == "__main__":
    main()

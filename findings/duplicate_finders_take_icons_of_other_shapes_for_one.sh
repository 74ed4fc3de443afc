#!/usr/bin/env bash
# ImageHash and difPy take icons of different shapes on a transparent ground for duplicates.
#
# Guess before running: two black icons of different shape on a transparent ground are not taken for duplicates (guess
# 260; it was doubted).
# Found (ImageHash 4.3.2, difPy 4.2.1): each hash of ImageHash of a disk, a triangle and a bar is the same, at distance
# 0, and difPy lists the three as duplicates, which its delete() would remove. Both drop the alpha channel by
# convert("L") or convert("RGB"), and the colours under it are black everywhere, so that the shape is lost. Sets of
# icons, of glyphs and of emoji in outline are of this form. Composite on a ground first, or hash the alpha channel too;
# an issue at ImageHash (122) asks for this.
# Source: imagehash/__init__.py (convert("L") in each hash); difPy/dif.py (img.convert('RGB')).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'imagehash==4.3.2' 'difPy==4.2.1' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
from pathlib import Path

import difPy
import imagehash
from PIL import Image, ImageDraw

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("imagehash", "difPy", "pillow")), sep=", ")


def icon(shape, corners):
    picture = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    getattr(ImageDraw.Draw(picture), shape)(corners, fill=(0, 0, 0, 255))
    return picture


def on_white(picture):
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def duplicates(folder, pictures):
    folder.mkdir()
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    search = difPy.search(difPy.build(str(folder), show_progress=False), similarity="duplicates", show_progress=False)
    return {Path(name).stem for key, found in search.result.items() for name in (key, *(other for other, *_ in found))}


if __name__ == "__main__":
    icons = {
        "disk": icon("ellipse", (10, 10, 85, 85)),
        "triangle": icon("polygon", [(48, 5), (90, 90), (5, 50)]),
        "bar": icon("rectangle", (5, 60, 90, 75)),
    }
    shown = {name: on_white(picture) for name, picture in icons.items()}
    holds = True
    for make in (imagehash.average_hash, imagehash.phash, imagehash.dhash, imagehash.whash):
        one, two = (
            [int(make(pictures["disk"]) - make(pictures[name])) for name in ("triangle", "bar")]
            for pictures in (icons, shown)
        )
        print(f"{make.__name__}: distances of the disk to the others {one}; of the same icons on white {two}")
        holds = holds and one == [0, 0] and min(two) > 0
    found = [duplicates(Path(name), pictures) for name, pictures in (("icons", icons), ("shown", shown))]
    print(f"difPy, duplicates: {sorted(found[0])}; on white: {sorted(found[1])}")
    holds = holds and found == [set(icons), set()]
    print("the shapes are not seen" if holds else "not as it was")
    sys.exit(0 if holds else 1)
PYTHON

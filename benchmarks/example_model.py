"""A trained model in half precision, for ``examples/models``: without discriminator, optimizers and checkpoints.

How ``examples/models/landscapes`` was made, a quarter of an hour on one core:

    calotype data landscapes --size 64 --count 4600 --out work/landscapes
    calotype train spade work/landscapes --out work/model
    python benchmarks/example_model.py work/model examples/models/landscapes

Prints by how much half precision changes a picture at most.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import calotype
from calotype import saving
from calotype.catalog import load
from calotype.image.io import open_photo

LAYOUTS = sorted((Path(__file__).parents[1] / "examples" / "layouts").glob("*.png"))


def sheet(folder: Path) -> Image.Image:
    """Three pictures of each example layout, beside it."""
    rows = []
    for layout in LAYOUTS:
        given = Image.open(layout).convert("RGB").resize((128, 128), Image.Resampling.NEAREST)
        made = calotype.draw(layout, model=folder, n=3, seed=0, device="cpu")
        rows.append(np.hstack([np.asarray(each.convert("RGB").resize((128, 128))) for each in (given, *made)]))
    return Image.fromarray(np.vstack(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()

    saved, net = saving.read(asked.model), load(asked.model).net
    net.half()
    saving.write(asked.out, saved.system, saved.config, net, "", saved.photo_size, about=saved.meta.get("about"))
    changes = []
    for layout in LAYOUTS:
        pairs = zip(*(calotype.draw(layout, model=folder, n=3, device="cpu") for folder in (asked.model, asked.out)))
        changes += [np.abs(open_photo(a).rgb.astype(int) - open_photo(b).rgb).max() for a, b in pairs]
    print(f"largest change by half precision: {max(changes)} of 255")
    sheet(asked.out).save(asked.out / "preview.png", optimize=True)


if __name__ == "__main__":
    main()

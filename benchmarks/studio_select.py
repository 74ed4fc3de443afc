"""How much of a photo a click selects in the studio, by the number of regions that ``segment`` tells apart.

    python benchmarks/studio_select.py --out benchmarks/results/studio_select.json

A click takes the connected region of one label; 81 clicks on a grid of each example photo, with tolerance 0. The studio
asks for 16 regions; ``estimated`` is what ``segment`` does without a number.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

import calotype
from machine import provenance

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
SIDE, GRID = 640, 9
COUNTS = (None, 8, 16, 32)


def shares(photo: Image.Image, classes: int | None) -> list[float]:
    """The share of the photo that each click selects."""
    labels = np.asarray(calotype.segment(photo, classes=classes, device="cpu")[0].convert("RGB"))
    index = np.unique(labels.reshape(-1, 3), axis=0, return_inverse=True)[1].reshape(labels.shape[:2])
    height, width = index.shape
    found = []
    for y in np.linspace(0.1, 0.9, GRID):
        for x in np.linspace(0.1, 0.9, GRID):
            row, column = int(y * height), int(x * width)
            parts, _ = ndimage.label(index == index[row, column])
            found.append(float((parts == parts[row, column]).mean()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for path in sorted(PHOTOS.glob("*.jpg")):
        photo = Image.open(path).convert("RGB")
        photo.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        for classes in COUNTS:
            began = time.process_time()
            found = shares(photo, classes)
            quartiles = [round(float(one), 4) for one in np.percentile(found, [25, 50, 75, 100])]
            seconds = round(time.process_time() - began, 2)
            rows.append({"photo": path.stem, "classes": classes, "quartiles": quartiles, "cpu_seconds": seconds})
            print(rows[-1], flush=True)
    if options.out:
        options.out.write_text(json.dumps({**provenance(), "clicks": GRID**2, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

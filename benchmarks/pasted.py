"""Pasted objects and moved pieces: what the engine keeps of them, and what it takes from the photo.

    python benchmarks/pasted.py --data DATA --out benchmarks/results/pasted.json --sheets SHEETS

DATA holds ``places20/photos`` and ``sigd16/photos``. Into each photo of ``--photos`` an ellipse of the next photo is
pasted (harmonize), and a rectangle of the photo itself is moved (edit), at places drawn from ``--seed``. ``before`` is
``gpnn.remake`` blended with SinGAN's mask, which is what both verbs did up to commit 0243954; ``naive`` is the picture
handed in. Of what was pasted:

- shapes: correlation of its luminance with that of the naive paste, both blurred by a pixel: 1 keeps all shapes.
- colours: mean distance of a pixel to the nearest colour of the photo (-1..1, Euclidean): 0 has the photo's colours.
- detail, of moved pieces: root mean square of what a blur of 1.5 pixels removes, relative to the naive picture: well
  below 1 is blurred. It is measured in the piece and the margin of 20 pixels per 250 that is made anew.

Settings were chosen on the three pictures of ``tasks/harmonize``, the five of ``tasks/edit`` and every second photo of
``sigd16``, of which none is among the default photos.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.engines import gpnn
from calotype.image.blur import blur
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.luminance import luminance
from calotype.image.mask import composite, grown, soften
from calotype.image.resize import resize
from calotype.run import Run
from machine import provenance

PHOTOS = ",".join(f"places20/{number}" for number in range(1, 21))
SIDE = 250
FAST = gpnn.PRESETS["fast"]


def opened(data: Path, name: str) -> Tensor:
    group, stem = name.split("/")
    return to_tensor(open_photo(next((data / group / "photos").glob(f"{stem}.*")), max_side=SIDE))[:, :3]


def size_of(x: Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]


def ellipse(photo: Tensor, other: Tensor, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """An ellipse of another photo on a photo, and where it is."""
    height, width = size_of(photo)
    down, across = (float(torch.rand((), generator=noise)) * 0.4 + 0.3 for _ in range(2))
    y = torch.linspace(0, 1, height)[:, None] - down
    x = torch.linspace(0, 1, width)[None] - across
    region = ((y / 0.2) ** 2 + (x / 0.16) ** 2 < 1)[None, None].to(photo)
    return composite(photo, resize(other, (height, width)), region), region


def moved(photo: Tensor, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """The photo with a rectangle of it moved to the side, and where it is now."""
    height, width = size_of(photo)
    tall, wide = height // 4, width // 4
    top = int(torch.randint(height - tall, (), generator=noise))
    left = int(torch.randint(width - wide, (), generator=noise))
    to = (left + width // 2) % (width - wide)
    edited, region = photo.clone(), torch.zeros_like(photo[:, :1])
    edited[:, :, top : top + tall, to : to + wide] = photo[:, :, top : top + tall, left : left + wide]
    region[:, :, top : top + tall, to : to + wide] = 1
    return edited, region


def before(photo: Tensor, picture: Tensor, region: Tensor, structure: float, dilation: int) -> Tensor:
    made = gpnn.remake([photo], FAST, Run(seed=0), picture=picture, size=size_of(photo), seed=0, structure=structure)
    return composite(photo, made, soften(region, dilation, 5.0))


def now(verb: Callable[..., Tensor], photo: Tensor, picture: Tensor, region: Tensor) -> Tensor:
    return verb([photo], FAST, Run(seed=0), picture=picture, size=size_of(photo), seed=0, region=region)


def shapes(made: Tensor, naive: Tensor, region: Tensor) -> float:
    inside = region[0, 0] > 0
    pair = [luminance(blur(x, 1.0))[0, 0][inside] for x in (made, naive)]
    return float(torch.corrcoef(torch.stack(pair))[0, 1])


def colours(made: Tensor, photo: Tensor, region: Tensor) -> float:
    own = made[0, :, region[0, 0] > 0].T
    there = photo[0].flatten(1).T[::7]
    return float(torch.cdist(own, there).amin(1).mean())


def detail(made: Tensor, naive: Tensor, region: Tensor) -> float:
    inside = (grown(region, 20)[0, 0] > 0).expand(3, -1, -1)
    strengths = [(x - blur(x, 1.5))[0][inside].square().mean().sqrt() for x in (made, naive)]
    return float(strengths[0] / strengths[1])


def timed(make: Callable[[], Tensor]) -> tuple[Tensor, float]:
    began = time.process_time()
    return make(), time.process_time() - began


def pasted_rows(photo: Tensor, other: Tensor, noise: torch.Generator) -> tuple[dict[str, Any], list[Tensor]]:
    naive, region = ellipse(photo, other, noise)
    made = {
        "naive": (naive, 0.0),
        "before": timed(lambda: before(photo, naive, region, 0.9, 7)),
        "gpnn": timed(lambda: now(gpnn.harmonize, photo, naive, region)),
    }
    row = {
        name: {"shapes": shapes(x, naive, region), "colours": colours(x, photo, region), "seconds": seconds}
        for name, (x, seconds) in made.items()
    }
    return row, [x for x, _ in made.values()]


def moved_rows(photo: Tensor, noise: torch.Generator) -> tuple[dict[str, Any], list[Tensor]]:
    naive, region = moved(photo, noise)
    made = {
        "naive": (naive, 0.0),
        "before": timed(lambda: before(photo, naive, region, 0.4, 20)),
        "gpnn": timed(lambda: now(gpnn.edit, photo, naive, region)),
    }
    row = {
        name: {"shapes": shapes(x, naive, region), "detail": detail(x, naive, region), "seconds": seconds}
        for name, (x, seconds) in made.items()
    }
    return row, [x for x, _ in made.values()]


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Means over the photos, by method."""
    return {
        method: {name: round(statistics.fmean(row[method][name] for row in rows), 4) for name in rows[0][method]}
        for method in rows[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--photos", default=PHOTOS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = options.photos.split(",")
    photos = [opened(options.data, name) for name in names]
    noise = torch.Generator().manual_seed(options.seed)
    found: dict[str, list[dict[str, Any]]] = {"harmonize": [], "edit": []}
    for number, photo in enumerate(photos):
        of_paste, paste = pasted_rows(photo, photos[(number + 1) % len(photos)], noise)
        of_move, move = moved_rows(photo, noise)
        found["harmonize"].append(of_paste)
        found["edit"].append(of_move)
        print(names[number], flush=True)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            labels = [f"{verb}, {method}" for verb in found for method in ("naive", "before", "gpnn")]
            shown = [to_image(x) for x in (*paste, *move)]
            contact_sheet(shown, labels, columns=3).save(options.sheets / f"{names[number].replace('/', '_')}.png")
    record = {
        **provenance(),
        "photos": names,
        "seed": options.seed,
        "summary": {verb: summary(rows) for verb, rows in found.items()},
        "rows": found,
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["summary"], indent=1))


if __name__ == "__main__":
    main()

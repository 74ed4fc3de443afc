"""What each choice of GPDM costs and gains: one thing changed at a time, the same photos, the same seeds.

First the paper's settings and what they lose or gain by each shortcut alone, then the fast preset's. Photos are named
before anything is made, and are reduced so that the paper's settings take half a minute or so. Times are those of the
processor, for one core, so that other work on the machine does not count.

    python benchmarks/gpdm_ablation.py --out benchmarks/results/gpdm_ablation.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from calotype.engines import gpdm
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.originality import originality
from calotype.metrics.sifid import sifid
from calotype.metrics.sliced import sliced
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance

COLUMNS = ("sifid", "sliced", "copied", "seconds")

# The preset that each begins with, and what is changed in it.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "paper": ("paper", {}),
    "paper, levels 4/3 apart": ("paper", {"ratio": 4 / 3}),
    "paper, 16 directions": ("paper", {"projections": 16, "fine_projections": 16}),
    "paper, every second patch": ("paper", {"stride": 2, "fine_above": 0}),
    "paper, 100 steps": ("paper", {"steps": 100}),
    "paper, nearest patches above 64 px": ("paper", {"replaced_above": 64}),
    "fast": ("fast", {}),
    "fast, distributions to 32 px": ("fast", {"replaced_above": 32}),
    "fast, distributions everywhere": ("fast", {"replaced_above": 0}),
    "fast, 100 steps": ("fast", {"steps": 100}),
    "fast, no completeness": ("fast", {"alpha": 0.0}),
    "fast, begun with the photo": ("fast", {"start": "photo"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--only", default="sigd16/13,places20/5", help="photos")
    parser.add_argument("--max-side", type=int, default=112, help="of the photos, pixels")
    parser.add_argument("--variants", help="only these, with semicolons between")
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    variants = {name: VARIANTS[name] for name in options.variants.split(";")} if options.variants else VARIANTS
    features, rows = inception_stem(None), []
    for photo in options.only.split(","):
        rows += one_photo(photo, variants, features, options)
        summary = [averaged(name, [row for row in rows if row["variant"] == name]) for name in variants]
        facts = {"samples": options.samples, "max_side": options.max_side, "features": features.name}
        photos = ",".join(dict.fromkeys(row["photo"] for row in rows))
        record = {**provenance(), **facts, "photos": photos, "summary": summary, "rows": rows}
        if options.out:  # after each photo: all of it takes a while
            options.out.write_text(json.dumps(record, indent=1) + "\n")
    for line in summary:
        print(line)


def one_photo(name: str, variants: dict[str, Any], features: Any, options: argparse.Namespace) -> list[dict[str, Any]]:
    group, stem = name.split("/")
    path = next((options.data / group / "photos").glob(f"{stem}.*"))
    photo = to_tensor(open_photo(path, max_side=options.max_side))[:, :3]
    rows, pictures, labels = [], [to_image(photo)] * options.samples, [name] * options.samples
    for variant, (preset, changes) in variants.items():
        cfg, began = replace(gpdm.PRESETS[preset], **changes), time.process_time()
        made = [
            gpdm.vary([photo], cfg, Run(), size=(photo.shape[2], photo.shape[3]), seed=seed)
            for seed in range(options.samples)
        ]
        took = (time.process_time() - began) / options.samples
        row = {
            "photo": name,
            "size": list(photo.shape[2:]),
            "variant": variant,
            "sifid": statistics.fmean(sifid(photo, one, features) for one in made),
            "sliced": statistics.fmean(sliced(photo, one) for one in made),
            "copied": statistics.fmean(originality(photo, one).copied for one in made),
            "seconds": took,
        }
        rows.append({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
        print(rows[-1], flush=True)
        pictures += [to_image(one) for one in made]
        labels += [variant] * options.samples
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        sheet: Image.Image = contact_sheet(pictures, labels, columns=4 * options.samples, cell=200)
        sheet.save(options.sheets / f"{group}_{stem}.png")
    return rows


def averaged(variant: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"variant": variant, **{name: round(statistics.fmean(row[name] for row in rows), 4) for name in COLUMNS}}


if __name__ == "__main__":
    main()

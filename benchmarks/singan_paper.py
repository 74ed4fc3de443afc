"""The published schedule in full, on photos small enough for a processor, beside what the authors' models made of them.

The published results have 250 pixels; they and the photos are reduced to the size that is trained at. SIFID is of these
reduced pictures and cannot be compared with that of full ones. ``scales`` has the error of the reconstruction at every
scale and the largest value in it: pictures are -1..1, and the sum of the scales is not limited.

    python benchmarks/singan_paper.py --out benchmarks/results/singan_paper.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from calotype.engines import singan
from calotype.engines.singan.pyramid import reals
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.metrics.diversity import diversity
from calotype.metrics.originality import originality
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--only", default="places20/1,sigd16/3,places20/14", help="photos, named before training")
    parser.add_argument("--side", type=int, default=50, help="longer side that they are reduced to, pixels")
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--work", type=Path, default=Path("runs/singan_paper"), help="where models are kept")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    features, rows = inception_stem(None), []
    for photo in options.only.split(","):
        rows.append(one_photo(photo, features, options))
        print(json.dumps(rows[-1]), flush=True)
        if options.out:
            cfg = asdict(singan.PRESETS[options.preset])
            record = {
                **provenance(),
                "config": cfg,
                "side": options.side,
                "seed": options.seed,
                "features": features.name,
                "rows": rows,
            }
            options.out.write_text(json.dumps(record, indent=1) + "\n")


def one_photo(name: str, features: Any, options: argparse.Namespace) -> dict[str, Any]:
    group, stem = name.split("/")
    photo = to_tensor(open_photo(next((options.data / group / "photos").glob(f"{stem}.*")), max_side=options.side))
    photo = photo[:, :3]
    size = (photo.shape[2], photo.shape[3])
    authors = resize(to_tensor(open_photo(options.data / group / "singan" / f"{stem}.png"))[:, :3], size)
    cfg = singan.PRESETS[options.preset]
    began = time.perf_counter()
    seeded = f"_seed{options.seed}" if options.seed else ""
    folder = options.work / f"{options.preset}_{group}_{stem}_{options.side}{seeded}"
    finished = folder.exists()
    net = singan.train(photo, cfg, Run(folder, seed=options.seed))
    seconds = None if finished else round(time.perf_counter() - began, 1)
    row: dict[str, Any] = {"photo": name, "size": list(size), "training": seconds}
    row["authors"] = {"sifid": sifid(photo, authors, features), "copied": originality(photo, authors, patch=7).copied}
    pictures, labels = [to_image(photo), to_image(authors)], [name, "authors"]
    for structure in ("free", "loose"):
        level = {"free": 0.0, "loose": 1 / (len(net.sizes) - 1)}[structure]
        made = [
            singan.vary([photo], cfg, Run(), size=size, seed=seed, structure=level, net=net)
            for seed in range(options.samples)
        ]
        row[structure] = {
            "sifid": statistics.fmean(sifid(photo, one, features) for one in made),
            "copied": statistics.fmean(originality(photo, one, patch=7).copied for one in made),
            "diversity": diversity(photo, torch.cat(made)),
        }
        pictures += [to_image(one) for one in made[:6]]
        labels += [f"{structure} {seed}" for seed in range(len(made[:6]))]
    again = net.reconstruction(net.depth).clamp(-1, 1)
    row["reconstruction_rmse"] = float((again - photo).square().mean().sqrt())
    row["scales"] = [
        {
            "rmse": round(float((made - real).square().mean().sqrt()), 4),
            "largest": round(float(made.abs().max()), 3),
        }
        for real, made in ((real, net.reconstruction(k + 1)) for k, real in enumerate(reals(photo, cfg)))
    ]
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        sheet = contact_sheet([*pictures, to_image(again)], [*labels, "again"], columns=5, cell=200)
        sheet.save(options.sheets / f"{group}_{stem}.png")
    return row


if __name__ == "__main__":
    main()

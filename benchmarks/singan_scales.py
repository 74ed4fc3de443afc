"""The effect of the number of scales (figure 9 of SinGAN): what is learned when the coarsest scale is a finer one.

At a coarsest scale of 25 pixels the critic's 11 pixels are nearly half the picture, and whole scenes are arranged; the
larger the coarsest scale, the smaller the pieces that are. Everything else is the preset fast.

    python benchmarks/singan_scales.py --photo PHOTO --out benchmarks/results/singan_scales.json --figure FILE.png
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

import torch

from calotype.engines import singan
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.diversity import diversity
from calotype.metrics.originality import originality
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--coarsest", default="25,32,40", help="shorter sides of the coarsest scale, pixels")
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--work", type=Path, default=Path("runs/singan_scales"), help="where models are kept")
    parser.add_argument("--figure", type=Path, help="picture file for a sheet of the samples")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    photo, features = to_tensor(open_photo(options.photo))[:, :3], inception_stem(None)
    size, rows = (photo.shape[2], photo.shape[3]), []
    pictures, labels = [], []
    for coarsest in map(int, options.coarsest.split(",")):
        cfg = replace(singan.PRESETS["fast"], coarsest=coarsest)
        began = time.perf_counter()
        net = singan.train(photo, cfg, Run(options.work / f"{options.photo.stem}_{coarsest}"))
        seconds = time.perf_counter() - began
        made = [singan.vary([photo], cfg, Run(), size=size, seed=i, net=net) for i in range(options.samples)]
        rows.append(
            {
                "coarsest": coarsest,
                "learned": [list(scale) for scale in net.sizes],
                "sifid": round(statistics.fmean(sifid(photo, one, features) for one in made), 3),
                "copied": round(statistics.fmean(originality(photo, one).copied for one in made), 3),
                "diversity": round(diversity(photo, torch.cat(made)), 3),
                "training": round(seconds, 1),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
        pictures += [to_image(photo), *(to_image(one) for one in made)]
        labels += ["photo", *(f"{len(net.sizes)} learned scales, seed {i}" for i in range(len(made)))]
    if options.figure:
        contact_sheet(pictures, labels, columns=options.samples + 1, cell=250).save(options.figure)
    if options.out:
        record = {**provenance(), "photo": options.photo.name, "features": features.name, "rows": rows}
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The baseline of ``control3d.py`` that knows no space: a DCGAN on the same scenes, for as many CPU seconds.

The DCGAN is that of ``dcgan.py``, without mirrored pictures. It learns from the scenes that ``study`` learned from, at
32 pixels, for the seconds of its first seed. The Frechet distance is that of ``control3d.py``: as many samples, to the
same held-out pictures, with the same features. Nothing in its pictures can be moved, turned or removed.

    python benchmarks/control3d_gan.py solids --work work --out benchmarks/results/control3d_gan.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
from pathlib import Path

import torch

import dcgan
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.metrics.frechet import fid
from calotype.nn.embedding import chosen, embed
from control3d import HELD_OUT, SCENES
from machine import provenance
from spade import Part

RESULTS = Path(__file__).parent / "results"
BESIDE = "all 0"  # the training of control3d.json whose seconds are taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the set, of 32 pixels")
    parser.add_argument("--work", type=Path, required=True, help="folder for the model, outside the repository")
    parser.add_argument("--sheet", type=Path, help="picture file for samples, outside the repository")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    samples = Samples(options.folder, (32, 32), keys=["image", "label"])
    scenes = [i for i in range(len(samples)) if int(samples[i]["label"])]
    learned = Part(samples, [i for i in scenes if i < len(samples) - HELD_OUT])
    real = torch.stack([samples[i]["image"] for i in scenes if i >= len(samples) - HELD_OUT])
    seconds = json.loads((RESULTS / "control3d.json").read_text("utf-8"))["rows"][BESIDE]["trained"]["seconds"]
    options.work.mkdir(parents=True, exist_ok=True)
    steps, used = dcgan.trained(Stream(learned, dcgan.BATCH, seed=0), options.work, seconds, mirrored=False)
    net = chosen()
    wanted = embed(real.split(50), net)
    record = {
        **provenance(),
        "seed": 0,
        "learned_from": len(learned),
        "samples": SCENES,
        "real": len(real),
        "features": net.name,
        "steps": steps,
        "cpu_seconds": round(used, 1),
        "frechet": {},
    }
    for name in ("generator", "average"):
        made = dcgan.samples(dcgan.kept(options.work, name, dcgan.MARKS), SCENES)
        record["frechet"][name] = float(fid(wanted, embed(made.split(50), net)))
        if options.sheet:
            images = [to_image(each[None]).resize((96, 96), 0) for each in made[:24]]
            contact_sheet(images, columns=8, cell=96).save(options.sheet.with_stem(f"{options.sheet.stem}_{name}"))
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

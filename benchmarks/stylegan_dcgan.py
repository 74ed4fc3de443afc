"""StyleGAN2's ``small`` preset on drawn faces, beside a DCGAN that was trained for as many CPU seconds.

The pictures and what is measured are those of ``stylegan.py``. ``train`` gives the DCGAN of ``dcgan.py`` the seconds
that ``small`` had there, and keeps it at every eighth of them: five eighths are what the plain GAN of ``stylegan.py``
had. ``quality`` samples all models again: ``small`` is ``examples/models/faces``, the model of ``stylegan.py``, seed 0,
in half precision.

    python benchmarks/stylegan_dcgan.py train --work WORK
    python benchmarks/stylegan_dcgan.py quality --work WORK --out benchmarks/results/stylegan_dcgan.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
from pathlib import Path

import torch

import dcgan
from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.data.stream import Stream
from machine import provenance
from stylegan import STYLE, TRAINED, Faces

RESULTS = Path(__file__).parent / "results"


def train(asked: argparse.Namespace, faces: Faces) -> None:
    """Train the DCGAN as long as ``small``; writes ``WORK/training.json``."""
    seconds = json.loads((RESULTS / "stylegan.json").read_text("utf-8"))["cpu_seconds"]["small, seed 0"]
    steps, used = dcgan.trained(Stream(faces, dcgan.BATCH, seed=0), asked.work, asked.seconds or seconds)
    found = {"steps": steps, "cpu_seconds": round(used), **provenance()}
    (asked.work / "training.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train",))
    parser.add_argument("--work", type=Path, default=Path("dcgan-work"))
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--seconds", type=float, help="of the training, instead of those of small")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    held = dicebear.style(fetched(dicebear.STYLES, asked.packages), STYLE)
    asked.work.mkdir(parents=True, exist_ok=True)
    train(asked, Faces(held, TRAINED))


if __name__ == "__main__":
    main()

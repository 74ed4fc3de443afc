"""Textures larger than their sample, and tiles of them, by Calotype and by G'MIC.

Samples are squares of 128 pixels of materials in photos (``SAMPLES``), on which no setting was chosen; ``--choosing``
takes those of other photos, by which they were (``CHOOSING``). Of each, ``calotype texture`` makes 512 x 512 pixels,
and a tile of 256 x 256; G'MIC continues the sample, in the middle of a picture of that size, by
``inpaint_matchpatch``, and makes a tile by ``frame_seamless`` of one of 240 pixels. Each is made ``--seeds`` times:
G'MIC, too, draws at random, but takes no seed.

Measured is the texture distance to the sample: that of the Gram matrices of VGG-16 (Gatys, Ecker and Bethge, "Texture
Synthesis Using Convolutional Neural Networks", NIPS 2015, eq. 2-4), of each layer relative to the sample's, summed over
the last layers before each pooling. Tiles are measured across their seams: laid out two by two, cut out in the middle.

    python benchmarks/textures.py --data DATA --weights WEIGHTS --gmic gmic --out benchmarks/results/textures.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import calotype
from calotype.image.io import open_photo, to_tensor
from calotype.nn.vgg import vgg16
from machine import provenance

SIDE, SHEET, TILE, FRAME = 128, 512, 256, 16
# File below DATA, and the left and upper corner of the sample in the photo whose shorter side has at least ``SIDE``.
SAMPLES = {
    "waves": ("tasks/texture/green_waves.jpg", (0, 0)),
    "olives": ("tasks/texture/olives.png", (0, 0)),
    "bricks": ("tasks/style/brick.jpg", (0, 0)),
    "planks": ("sigd16/photos/3.*", (0, 0)),
    "water": ("sigd16/photos/5.*", (110, 0)),
    "lawn": ("sigd16/photos/7.*", (40, 90)),
    "meadow": ("places20/photos/9.*", (60, 60)),
    "wheat": ("places20/photos/14.*", (60, 60)),
    "shrubs": ("places20/photos/3.*", (60, 110)),
    "plantation": ("places20/photos/7.*", (110, 10)),
}
# Files of the shipped photos are taken from there.
PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
CHOOSING = {
    "leaves": (str(PHOTOS / "dandelions.jpg"), (300, 250)),
    "slope": (str(PHOTOS / "mountains.jpg"), (100, 380)),
    "rapids": (str(PHOTOS / "stream.jpg"), (300, 300)),
    "galaxies": (str(PHOTOS / "galaxies.jpg"), (100, 100)),
    "lava": ("places20/photos/1.*", (60, 100)),
    "hedge": ("places20/photos/4.*", (40, 100)),
    "forest": ("places20/photos/10.*", (60, 110)),
    "arch": ("places20/photos/15.*", (60, 110)),
    "cattle": ("sigd16/photos/9.*", (0, 90)),
    "balloons": ("sigd16/photos/12.*", (60, 100)),
    "bay": ("sigd16/photos/14.*", (60, 100)),
    "valley": ("places20/photos/18.*", (60, 110)),
}
LAYERS = (1, 2, 3, 4)
Make = Callable[[Image.Image, int, bool, int], tuple[Image.Image, float]]


def sample_of(data: Path, pattern: str, corner: tuple[int, int]) -> Image.Image:
    """A square of ``SIDE`` pixels of a photo, which is enlarged if it is too small."""
    folder, name = (data / pattern).parent, (data / pattern).name
    photo = Image.open(next(folder.glob(name))).convert("RGB")
    if min(photo.size) < SIDE:
        scale = SIDE / min(photo.size)
        photo = photo.resize((round(scale * photo.width), round(scale * photo.height)), Image.Resampling.BICUBIC)
    left, top = min(corner[0], photo.width - SIDE), min(corner[1], photo.height - SIDE)
    return photo.crop((left, top, left + SIDE, top + SIDE))


def by_gmic(program: str, sample: Image.Image, side: int, tile: bool) -> tuple[Image.Image, float]:
    """The sample continued to ``side`` pixels, as a tile or not, and the CPU seconds of the program."""
    inner = side - FRAME if tile else side
    first = (inner - SIDE) // 2
    canvas, mask = np.zeros((inner, inner, 3), np.uint8), np.full((inner, inner), 255, np.uint8)
    canvas[first : first + SIDE, first : first + SIDE] = np.asarray(sample)
    mask[first : first + SIDE, first : first + SIDE] = 0
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("canvas.png", "mask.png", "made.png")]
        Image.fromarray(canvas).save(names[0])
        Image.fromarray(mask).save(names[1])
        then = ["frame_seamless[0]", str(FRAME)] if tile else []
        before = os.times()
        command = [program, *names[:2], "inpaint_matchpatch[0]", "[1]", *then, "output[0]", names[2]]
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        with Image.open(names[2]) as made:
            seconds = after.children_user + after.children_system - before.children_user - before.children_system
            return made.convert("RGB"), seconds


def by_calotype(sample: Image.Image, side: int, tile: bool, seed: int) -> tuple[Image.Image, float]:
    """The same by ``calotype.texture``."""
    began = time.process_time()
    axes = "both" if tile else "none"
    made = calotype.texture(sample, size=f"{side}x{side}", tile=axes, seed=seed, device="cpu")[0]
    return made, time.process_time() - began


def across_seams(tile: Image.Image) -> Image.Image:
    """The tile rolled by half of its size, so that its seams cross in the middle."""
    pixels = np.asarray(tile)
    return Image.fromarray(np.roll(pixels, (pixels.shape[0] // 2, pixels.shape[1] // 2), (0, 1)))


def grams(net: Any, picture: Image.Image) -> list[Tensor]:
    """The Gram matrix of each layer, relative to the number of places."""
    layers = net.layers(to_tensor(open_photo(picture))[:, :3])
    flat = [layers[number][0].flatten(1) for number in LAYERS]
    return [values @ values.T / values.shape[1] for values in flat]


def distance(net: Any, sample: Image.Image, made: Image.Image) -> float:
    """The texture distance; see the module."""
    pairs = zip(grams(net, sample), grams(net, made), strict=True)
    return sum(float((one - other).norm() / one.norm()) for one, other in pairs)


def version_of(program: str) -> str:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr)
    return found[0] if found else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--gmic", default="gmic", help="command of G'MIC")
    parser.add_argument("--choosing", action="store_true", help="the samples by which settings were chosen")
    parser.add_argument("--seeds", type=int, default=3, help="pictures of each sample, size and program")
    parser.add_argument("--sheets", type=Path, help="folder for the pictures of the first seed")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = vgg16(Path(options.weights))
    methods: dict[str, Make] = {
        "calotype": by_calotype,
        "gmic": lambda sample, side, tile, seed: by_gmic(options.gmic, sample, side, tile),
    }
    samples = CHOOSING if options.choosing else SAMPLES
    rows = []
    for name, (pattern, corner) in samples.items():
        sample = sample_of(options.data, pattern, corner)
        for task, side in (("texture", SHEET), ("tile", TILE)):
            for seed in range(options.seeds):
                for method, make in methods.items():
                    made, seconds = make(sample, side, task == "tile", seed)
                    seen = across_seams(made) if task == "tile" else made
                    with torch.no_grad():
                        apart = distance(net, sample, seen)
                    row = {"sample": name, "task": task, "method": method, "seed": seed}
                    rows.append({**row, "distance": round(apart, 4), "cpu_seconds": round(seconds, 2)})
                    if options.sheets and not seed:
                        options.sheets.mkdir(parents=True, exist_ok=True)
                        seen.save(options.sheets / f"{name}_{task}_{method}.png")
                        sample.save(options.sheets / f"{name}.png")
                    print(rows[-1], flush=True)
    summary = [
        {
            "task": task,
            "method": method,
            "distance": round(statistics.fmean(row["distance"] for row in mine), 4),
            "of_seeds": [
                round(statistics.fmean(row["distance"] for row in mine if row["seed"] == seed), 4)
                for seed in range(options.seeds)
            ],
            "cpu_seconds": round(statistics.fmean(row["cpu_seconds"] for row in mine), 2),
        }
        for task in ("texture", "tile")
        for method in methods
        if (mine := [row for row in rows if row["task"] == task and row["method"] == method])
    ]

    def mean_of(name: str, task: str, method: str) -> float:
        return statistics.fmean(
            float(row["distance"])
            for row in rows
            if (row["sample"], row["task"], row["method"]) == (name, task, method)
        )

    nearer = {
        task: sum(mean_of(name, task, "calotype") < mean_of(name, task, "gmic") for name in samples)
        for task in ("texture", "tile")
    }
    result = {
        "benchmark": "textures",
        **provenance(),
        "seeds": list(range(options.seeds)),
        "torch_threads": torch.get_num_threads(),
    }
    result |= {"gmic": version_of(options.gmic), "samples": list(samples), "summary": summary, "nearer": nearer}
    options.out.write_text(json.dumps({**result, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

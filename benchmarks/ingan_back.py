"""InGAN's way back: how well the photo is reconstructed from results of other sizes and shapes, G(G(x; T); T^-1).

Measured where the network works, at the photo reduced to it. ``network`` is the way back from the network's own result,
``finished`` that from the result of the preset, whose patches are those of the photo, reduced to the network again.
``stretched`` is plain bilinear resampling there and back: of a larger result it returns nearly the photo, since nothing
is lost on the way. Trained are ``fast``, and the same without the loss of the way back.

    python benchmarks/ingan_back.py --out benchmarks/results/ingan_back.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.engines import ingan
from calotype.engines.ingan.geometry import Form, Size, form_of, warped
from calotype.engines.ingan.net import Net
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.run import Run
from calotype.types import Shape
from machine import provenance

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
SIDE = 250
# What the height and the width are multiplied by, and the shape.
TARGETS: dict[str, tuple[float, float, Shape | None]] = {
    "half as wide": (1.0, 0.5, None),
    "half as high": (0.5, 1.0, None),
    "twice as wide": (1.0, 2.0, None),
    "twice as high": (2.0, 1.0, None),
    "trapezoid:0.4": (1.0, 1.0, Shape("trapezoid", (0.4,))),
    "arc:0.3": (1.0, 1.0, Shape("arc", (0.3,))),
}
BASE = ingan.PRESETS["fast"]
VARIANTS = {"fast": BASE, "without its loss": replace(BASE, reconstruction=0.0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="photos of examples/photos, with commas between; default: all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--work", type=Path, default=Path("runs/ingan_back"), help="where models are kept")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else sorted(path.stem for path in PHOTOS.glob("*.jpg"))
    rows: list[dict[str, Any]] = []
    for seed in range(options.seeds):
        for variant in options.variants.split(","):
            for name in names:
                rows += measured(name, variant, seed, options)
                if options.out:
                    write(options.out, rows, names)


def measured(name: str, variant: str, seed: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each target of one trained model."""
    photo = to_tensor(open_photo(PHOTOS / f"{name}.jpg", max_side=SIDE))
    cfg, began = VARIANTS[variant], time.process_time()
    net = ingan.train(photo, cfg, Run(options.work / f"{name}_{variant}_{seed}".replace(" ", "_"), seed=seed))
    seconds = round(time.process_time() - began, 1)
    small, rows, pictures = resize(photo, net.size), [], []
    for target, (down, across, shape) in TARGETS.items():
        backs = ways_back(net, small, photo, (down, across), shape, cfg)
        rows.append({"photo": name, "variant": variant, "seed": seed, "target": target, "training": seconds})
        rows[-1] |= {way: compared(small, back) for way, back in backs.items()}
        pictures += [to_image(back) for back in backs.values()]
        print(rows[-1], flush=True)
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        labels = [f"{target}: {way}" for target in TARGETS for way in backs]
        sheet = contact_sheet(pictures, labels, columns=len(backs), cell=200)
        sheet.save(options.sheets / f"{name}_{variant}_{seed}.png".replace(" ", "_"))
    return rows


@torch.no_grad()
def ways_back(
    net: Net, small: Tensor, photo: Tensor, factors: tuple[float, float], shape: Shape | None, cfg: ingan.Config
) -> dict[str, Tensor]:
    """The photo, reconstructed in each way from one target: [1, 3, h, w], at the network's size."""
    form = form_of(shape)
    layout: Size = (round(net.size[0] * factors[0]), round(net.size[1] * factors[1]))
    size: Size = (round(photo.shape[2] * factors[0]), round(photo.shape[3] * factors[1]))
    finished = ingan.retarget([photo], cfg, Run(), size=size, seed=0, shape=shape, net=net)[:, :3]
    return {
        "network": net.back(net.resized(small, layout, form), form),
        "finished": net.back(resize(finished, layout), form),
        "stretched": stretched_back(small, layout, form),
    }


def stretched_back(small: Tensor, layout: Size, form: Form | None) -> Tensor:
    """Bilinear resampling to a target and back, with antialiasing where it gets smaller."""
    size: Size = (small.shape[2], small.shape[3])
    if form is not None:
        return warped(warped(small, layout, form), size, form, undo=True)
    return resize(resize(small, layout, mode="bilinear"), size, mode="bilinear")


def compared(photo: Tensor, back: Tensor) -> dict[str, float]:
    """Peak signal-to-noise ratio in dB, and mean absolute difference in levels of 255."""
    difference = (back.clamp(-1, 1) - photo) * 127.5
    return {
        "psnr": round(20 * math.log10(255) - 10 * math.log10(max(1e-12, float(difference.square().mean()))), 2),
        "l1": round(float(difference.abs().mean()), 3),
    }


def write(out: Path, rows: list[dict[str, Any]], names: list[str]) -> None:
    record = {**provenance(), "photos": names, "side": SIDE, "seeds": len({row["seed"] for row in rows}), "rows": rows}
    out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

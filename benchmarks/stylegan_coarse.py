"""Embedding from coarse to fine, beside the search with the whole network, at 512 pixels.

No network of 512 pixels that is trained comes with the package. The generator is the example model of drawn faces, 32
pixels, enlarged: further channels that have no effect, and further blocks up to 512 pixels with random weights, whose
colours are weak, as the fine ones of trained networks are. Targets are held-out faces drawn at 512 pixels, and samples
of the generator. Both searches begin from the mean with the same losses and rates. Of each the ST-LPIPS of the result
at 512 pixels and the CPU seconds of one thread are said. The search from coarse to fine gets more and more steps, until
it comes as near as that with the whole network did (within 0.002). ``ratio`` divides the seconds of the latter by those
of the first that does; where none does, by those of the longest: the ratio is then at most that.

    calotype weights stlpips
    python benchmarks/stylegan_coarse.py --out benchmarks/results/stylegan_coarse.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype.catalog import load
from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.data.sets.drawing import drawn
from calotype.image.io import to_image
from calotype.metrics.stlpips import stlpips
from calotype.models import stylegan
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.embedding import embed, psnr
from calotype.models.stylegan.generate import sample
from calotype.models.stylegan.network import Net
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Run
from machine import provenance
from stylegan import HELD_OUT, TRAINED
from stylegan_common import STYLE

MODEL = Path(__file__).parent.parent / "examples" / "models" / "faces"
SIDE, BASE, FINE = 512, 8192, 0.1  # the last: colours of a random block, relative to their usual strength
WHOLE, COARSE = 60, (40, 50, 60, 70, 80, 100)
FACES, SAMPLES = 1, 2
EQUAL = 0.002  # of ST-LPIPS
LEAST_RATIO = 3.0


def enlarged(cfg: Config, net: Net) -> tuple[Config, Net]:
    """A generator of ``SIDE`` pixels that draws what ``net`` draws, with faint details of random weights."""
    large = replace(cfg, resolution=SIDE, base=BASE)
    torch.manual_seed(0)
    made = stylegan.build(large).eval()
    known = net.state_dict()
    state = made.state_dict()
    for name, value in state.items():
        if name in known:
            given = known[name]
            padded = torch.ones_like(value) if name.endswith("affine.bias") else torch.zeros_like(value)
            padded[tuple(slice(size) for size in given.shape)] = given
            # The gain of equalized learning rates depends on the number of inputs, of which the new ones are zeros.
            if name.endswith("torgb.weight"):
                padded = padded * (value.shape[1] / given.shape[1]) ** 0.5
            state[name] = padded
        elif name.endswith("torgb.weight"):
            state[name] = value * FINE
    made.load_state_dict(state)
    return large, made.requires_grad_(False)


def targets(cfg: Config, net: Net, held: dict[str, Any]) -> dict[str, list[Tensor]]:
    """Held-out faces drawn at the size, and samples."""
    faces = []
    for i in range(FACES):
        chosen = dicebear.choose(held, np.random.default_rng((0, TRAINED + HELD_OUT + i)))
        picture = np.asarray(drawn(dicebear.svg(held, chosen), SIDE))
        faces.append(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 127.5 - 1)
    return {"held-out": faces, "samples": [sample(cfg, Run(), net=net, seed=i) for i in range(SAMPLES)]}


def searched(cfg: Config, net: Net, photo: Tensor, steps: int, judge: Any) -> tuple[dict[str, float], Tensor]:
    began = time.process_time()
    found = embed(cfg, Run(), net=net, photo=photo, steps=steps)
    seconds = time.process_time() - began
    return {
        "st-lpips": round(stlpips(photo, found.picture, judge).distance, 4),
        "psnr": round(float(psnr(found.picture, photo)), 2),
        "seconds": round(seconds, 1),
    }, found.picture


def compared(cfg: Config, net: Net, photo: Tensor, judge: Any) -> tuple[dict[str, Any], list[Tensor]]:
    """Both searches of a photo."""
    other = replace(cfg, architecture="orig")  # the search then does not know of the pictures of lower resolutions
    whole, picture = searched(other, net, photo, WHOLE, judge)
    rows, pictures = {}, [photo, picture]
    for steps in COARSE:
        rows[str(steps)], picture = searched(cfg, net, photo, steps, judge)
        if reached := rows[str(steps)]["st-lpips"] <= whole["st-lpips"] + EQUAL:
            break
    last = rows[str(steps)]["seconds"]
    return {
        "whole": whole,
        "coarse to fine": rows,
        "reached": reached,
        "ratio": round(whole["seconds"] / last, 2),
    }, [*pictures, picture]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to write a sheet of the targets and results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    held = dicebear.style(fetched(dicebear.STYLES, asked.packages), STYLE)
    loaded, judge = load(asked.model), shift_tolerant("alex")
    assert isinstance(loaded.net, Net)
    cfg, net = enlarged(loaded.config, loaded.net)
    small, large = (sample(c, Run(), net=n, seed=0) for c, n in ((loaded.config, loaded.net), (cfg, net)))
    same = float((torch.nn.functional.interpolate(large, size=small.shape[2:], mode="area") - small).abs().mean() / 2)
    rows: dict[str, list[dict[str, Any]]] = {}
    shown = []
    for kind, photos in targets(cfg, net, held).items():
        for photo in photos:
            row, pictures = compared(cfg, net, photo, judge)
            rows.setdefault(kind, []).append(row)
            shown.append(torch.cat(pictures, 3))
            print(kind, json.dumps(row), flush=True)
    result = {
        "benchmark": "stylegan_coarse",
        **provenance(),
        "seed": 0,
        "side": SIDE,
        "base": BASE,
        "max_channels": cfg.max_channels,
        "steps": WHOLE,
        "features": judge.name,
        "enlarged_differs_by": round(same, 4),
        "equal": EQUAL,
        "kinds": rows,
        "least_ratio": min(row["ratio"] for each in rows.values() for row in each),
        "bound": LEAST_RATIO,
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if asked.sheet:
        to_image(torch.nn.functional.interpolate(torch.cat(shown, 2).clamp(-1, 1), scale_factor=0.5)).save(asked.sheet)


if __name__ == "__main__":
    main()

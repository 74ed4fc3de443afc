"""Embedding photos in a StyleGAN2 that was trained here: one style against one for each layer, noise maps, the encoder,
and defects.

The generator is a model on the set ``faces`` (32 pixels), such as ``stylegan.py`` trains, with its encoder. Photos are
held-out faces of the set, and faces of another style that it has never seen (foreign). Said are means over the photos:
PSNR in decibel, ST-LPIPS with AlexNet of pictures enlarged to 64 pixels, and CPU seconds of one thread. ``encoder`` is
the encoder alone, ``preview`` with its refinements, ``encoder and steps`` a short search that begins with it, ``mean
and steps`` the same from the mean. In as many steps, ``shifted`` photos are moved by 15 % of their width, ``covered``
ones have a black square of a quarter of it: its PSNR is that outside of the square. ``resampled`` draws noise maps anew
after they were optimised.

    calotype weights stlpips
    calotype train encoder MODEL
    python benchmarks/stylegan_embedding.py MODEL --out benchmarks/results/stylegan_embedding.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype.catalog import load
from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.image.io import to_image
from calotype.metrics.stlpips import stlpips
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.drawn import Drawn, drawn
from calotype.models.stylegan.embedding import embed, psnr
from calotype.models.stylegan.encoder import Encoder
from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Net
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Event, Run
from calotype.tasks.encoder_model import encoder_of
from machine import provenance
from stylegan import HELD_OUT, TRAINED, face
from stylegan_common import SIDE, STYLE

PHOTOS, FOREIGN = 3, "open-peeps"
STEPS, NOISE_STEPS, FEW_STEPS = 500, 500, 100
# Acceptance: W+ over W on foreign photos, noise maps over W+, and W+ over the encoder at most, decibel; seconds.
LEAST_GAIN, LEAST_NOISE, MOST_LOSS, MOST_SECONDS = 2.0, 8.0, 3.0, 1.0


def shifted(photo: Tensor) -> Tensor:
    across = round(0.15 * SIDE)
    return torch.cat([photo[..., :across].flip(3), photo[..., :-across]], 3)


def covered(photo: Tensor) -> tuple[Tensor, Tensor]:
    """With a black square, and the mask of what is outside of it."""
    side = SIDE // 4
    mask = torch.ones_like(photo)
    mask[..., SIDE // 2 - side : SIDE // 2, SIDE // 2 : SIDE // 2 + side] = 0
    return photo * mask - (1 - mask), mask


def outside(made: Tensor, photo: Tensor, mask: Tensor) -> float:
    return float(10 * torch.log10(4 * mask.mean() / ((made - photo) * mask).square().mean()))


class Measured:
    """Embeds photos, and keeps what is measured and shown."""

    def __init__(self, cfg: Config, net: Net, encoder: Encoder, judge: Any) -> None:
        self.cfg, self.net, self.encoder, self.judge = cfg, net, encoder, judge
        self.found: dict[str, list[float]] = {}
        self.shown: dict[str, list[Tensor]] = {}

    def embedded(self, photo: Tensor, run: Run | None = None, **how: Any) -> Drawn:
        return embed(self.cfg, run or Run(), net=self.net, photo=photo, encoder=self.encoder, **how)

    def note(self, name: str, value: float) -> None:
        self.found.setdefault(name, []).append(value)

    def compared(self, name: str, photo: Tensor, make: Callable[[], Drawn]) -> Drawn:
        """What is made of a photo, timed and compared with it."""
        began = time.process_time()
        made = make()
        self.judged(name, photo, made, time.process_time() - began)
        return made

    def judged(self, name: str, photo: Tensor, made: Drawn, seconds: float | None = None) -> None:
        if seconds is not None:
            self.note(f"{name} seconds", seconds)
        self.note(f"{name} psnr", float(psnr(made.picture, photo)))
        sizes = {"size": (64, 64), "mode": "bilinear", "align_corners": False}
        pair = [torch.nn.functional.interpolate(each, **sizes) for each in (photo, made.picture)]
        self.note(f"{name} st-lpips", stlpips(pair[0], pair[1], self.judge).distance)
        self.shown.setdefault(name, []).append(made.picture)

    def with_noise(self, photo: Tensor) -> Drawn:
        """W+, and the noise maps after that: two results of one search."""
        began, at = time.process_time(), []

        def heard(event: Event) -> None:
            if event.kind == "begin" and event.stage == "noise":
                at.append(time.process_time())

        noisy = self.embedded(photo, Run(on_event=heard), steps=STEPS, noise_steps=NOISE_STEPS)
        ended = time.process_time()
        self.judged("w+", photo, drawn(self.net, noisy.styles), at[0] - began)
        self.judged("w+ and noise", photo, noisy, ended - began)
        return noisy

    def add(self, photo: Tensor) -> None:
        """All of one photo."""
        self.shown.setdefault("photo", []).append(photo)
        with torch.no_grad():
            styles = self.encoder.encoded(self.net.generator, photo)
        self.judged("encoder", photo, drawn(self.net, styles))
        self.compared("preview", photo, lambda: self.embedded(photo, preview=True))
        few = {"steps": FEW_STEPS}
        short = self.compared("mean and steps", photo, lambda: self.embedded(photo, **few))
        self.compared("encoder and steps", photo, lambda: self.embedded(photo, start="encoder", **few))
        self.compared("w", photo, lambda: self.embedded(photo, space="w", steps=STEPS))
        noisy = self.with_noise(photo)
        torch.manual_seed(0)
        fresh = displayed(self.net.generator(noisy.styles, [torch.randn_like(each) for each in noisy.noise]))
        self.note("resampled psnr", float(psnr(fresh, photo)))
        moved = shifted(photo)
        self.note("shifted psnr", float(psnr(self.embedded(moved, **few).picture, moved)))
        spoilt, mask = covered(photo)
        self.note("covered psnr", outside(self.embedded(spoilt, **few).picture, photo, mask))
        self.note("uncovered psnr", outside(short.picture, photo, mask))

    @property
    def means(self) -> dict[str, float]:
        return {name: round(float(np.mean(values)), 4) for name, values in self.found.items()}


def acceptance(held_out: dict[str, float], foreign: dict[str, float]) -> dict[str, Any]:
    """What has to be reached, beside what is."""
    rows = {
        "w+ over w, foreign, dB": (foreign["w+ psnr"] - foreign["w psnr"], LEAST_GAIN, True),
        "noise over w+, held-out, dB": (held_out["w+ and noise psnr"] - held_out["w+ psnr"], LEAST_NOISE, True),
        "noise over w+, foreign, dB": (foreign["w+ and noise psnr"] - foreign["w+ psnr"], LEAST_NOISE, True),
        "w+ over preview, held-out, dB": (held_out["w+ psnr"] - held_out["preview psnr"], MOST_LOSS, False),
        "w+ over the encoder alone, held-out, dB": (held_out["w+ psnr"] - held_out["encoder psnr"], MOST_LOSS, False),
        "preview, seconds": (max(held_out["preview seconds"], foreign["preview seconds"]), MOST_SECONDS, False),
    }
    return {
        name: {"value": round(value, 3), "bound": bound, "least": least} for name, (value, bound, least) in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the model, with its encoder")
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--encoder-seconds", type=float, help="CPU seconds that the encoder was trained for")
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to write a sheet of the photos and results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    package = fetched(dicebear.STYLES, asked.packages)
    held, other = dicebear.style(package, STYLE), dicebear.style(package, FOREIGN)
    loaded, judge = load(asked.model), shift_tolerant("alex")
    encoder = encoder_of(loaded, asked.model)
    assert isinstance(loaded.net, Net)
    assert isinstance(encoder, Encoder)
    loaded.net.requires_grad_(False)
    first = TRAINED + HELD_OUT  # settings were chosen with faces before these
    kinds = {
        "held-out": [face(held, first + i) for i in range(asked.photos)],
        "foreign": [face(other, first + i) for i in range(asked.photos)],
    }
    found = {kind: Measured(loaded.config, loaded.net, encoder, judge) for kind in kinds}
    for kind, photos in kinds.items():
        for photo in photos:
            found[kind].add(photo)
    means = {kind: measured.means for kind, measured in found.items()}
    result = {
        "benchmark": "stylegan_embedding",
        **provenance(),
        "trained_pictures": TRAINED,
        "training_steps": loaded.config.steps,
        "encoder": asdict(encoder.own),
        "encoder_cpu_seconds": asked.encoder_seconds,
        "photos": asked.photos,
        "steps": STEPS,
        "few_steps": FEW_STEPS,
        "noise_steps": NOISE_STEPS,
        "features": judge.name,
        "kinds": means,
        "acceptance": acceptance(means["held-out"], means["foreign"]),
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if asked.sheet:
        sheet = torch.cat(
            [torch.cat([torch.cat(row, 3) for row in each.shown.values()], 2) for each in found.values()], 3
        )
        image = to_image(sheet.clamp(-1, 1))
        image.resize((3 * image.width, 3 * image.height), 0).save(asked.sheet)
    print(json.dumps({"kinds": means, "acceptance": result["acceptance"]}, indent=2))


if __name__ == "__main__":
    main()

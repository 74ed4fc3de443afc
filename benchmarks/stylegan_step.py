"""How long a training step of StyleGAN2 takes, beside the same step written from the published formulas.

``published``: weights of its own for every picture in one grouped convolution, filters by zero insertion, new
pictures for the discriminator's update; float32 (``tests/contract/stylegan_reference.py``, the oracle of the tests).
``float32`` and ``bfloat16``: Calotype's, with the same loss and filters. Networks have 32 channels at full size, those
of the presets 16. Kinds take turns, each in a process of its own, with one thread; said are CPU seconds, which hold on
a busy machine, and the peak memory beyond that of a process that only imports. R1 is computed at every sixteenth step;
means are over sixteen steps. Then the time of one layer that resamples, with filter and convolution apart and fused
into one of 6 x 6, and a picture of configuration F at 1024 pixels.

    python benchmarks/stylegan_step.py --out benchmarks/results/stylegan_step.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models import stylegan
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.generate import sample
from calotype.models.stylegan.trainer import Trainer
from calotype.nn.style_layers import conv_down, conv_up
from calotype.processor import bfloat16_tiles, fast_bfloat16
from calotype.run import Run
from machine import provenance
from stylegan_common import AS_PUBLISHED

REFERENCE = Path(__file__).parents[1] / "tests" / "contract"
PRESETS, KINDS = ("small", "medium"), ("published", "float32", "bfloat16")
WIDTHS = {"small": {"base": 1024, "discriminator_base": 1024}, "medium": {"base": 2048, "discriminator_base": 2048}}
PLAIN, ROUNDS = 4, 3
LAYERS = (("up", 128, 64, 8), ("up", 64, 32, 16), ("down", 32, 64, 32), ("down", 64, 128, 16))
MIB = 1024  # KiB, the unit of ru_maxrss on Linux


def steps(preset: str, kind: str) -> Callable[[int], object]:
    cfg = replace(stylegan.PRESETS[preset], **AS_PUBLISHED, **WIDTHS[preset], augment="none", bf16=kind == "bfloat16")
    torch.manual_seed(0)
    real = torch.rand(cfg.batch, 3, cfg.resolution, cfg.resolution) * 2 - 1
    if kind != "published":
        trainer = Trainer(cfg, torch.device("cpu"))
        return lambda i: trainer.step({}, {"image": real}, i)
    sys.path.insert(0, str(REFERENCE))
    import stylegan_reference as reference

    state = reference.training(cfg, stylegan.build(cfg).generator, Discriminator(cfg))
    return lambda i: reference.step(cfg, state, real, i)


def one(preset: str, kind: str) -> dict[str, Any]:
    """Times of some steps of a kind, in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    step, times = steps(preset, kind), []
    for i in (1, 2, *range(3, 3 + PLAIN), 0):
        began = time.process_time()
        step(i)
        times.append(time.process_time() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"plain": times[2:-1], "regularized": times[-1], "mib": memory / MIB}


def picture() -> dict[str, Any]:
    """A picture of configuration F at 1024 pixels."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cfg = Config(resolution=1024)
    net = stylegan.build(cfg).eval().requires_grad_(False)
    times = []
    for seed in range(2):
        began = time.process_time()
        sample(cfg, Run(), net=net, seed=seed)
        times.append(time.process_time() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"cpu_seconds": round(min(times), 2), "mib": round(memory / MIB)}


def called(*words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(preset: str) -> dict[str, Any]:
    kinds = [kind for kind in KINDS if kind != "bfloat16" or fast_bfloat16()]
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in kinds:
            runs[kind].append(called("--one", preset, kind))
    rows = {}
    for kind, found in runs.items():
        plain = statistics.median([each for run in found for each in run["plain"]])
        regularized = statistics.median([run["regularized"] for run in found])
        mean = (15 * plain + regularized) / 16
        rows[kind] = {
            "seconds": round(mean, 4),
            "plain": round(plain, 4),
            "with_r1": round(regularized, 4),
            "mib": round(statistics.median([run["mib"] for run in found])),
        }
    for row in rows.values():
        row["times_as_quick"] = round(rows["published"]["seconds"] / row["seconds"], 2)
    return {"preset": preset, "kinds": rows}


def fused_kernel(weight: Tensor, gain: float) -> Tensor:
    """The kernel of 6 x 6 of a filter and a convolution: [O, I, 3, 3] to [O, I, 6, 6]."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps)[None, None] * (gain / 64)
    wide = F.pad(weight.reshape(-1, 1, 3, 3), (3, 3, 3, 3))
    return F.conv2d(wide, kernel).reshape(*weight.shape[:2], 6, 6)


def layer(kind: str, inputs: int, outputs: int, side: int, *, fused: bool, half: bool) -> float:
    """CPU milliseconds of a layer there and back."""
    x = torch.randn(16, inputs, side, side).to(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(outputs, inputs, 3, 3, requires_grad=True)
    times = []
    for _ in range(6):
        began = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            if not fused:
                y = conv_up(x, weight) if kind == "up" else conv_down(x, weight)
            elif kind == "up":
                y = F.conv_transpose2d(x, fused_kernel(weight, 4.0).transpose(0, 1), stride=2, padding=2)
            else:
                y = F.conv2d(x, fused_kernel(weight, 1.0), stride=2, padding=2)
        y.backward(torch.ones_like(y))
        times.append(time.process_time() - began)
    return min(times) * 1000


def resampling() -> list[dict[str, Any]]:
    halves = (False, True) if fast_bfloat16() else (False,)
    return [
        {
            "layer": f"{kind}, {inputs} to {outputs} channels, {side} pixels",
            "type": "bfloat16" if half else "float32",
            "apart_ms": round(layer(kind, inputs, outputs, side, fused=False, half=half), 1),
            "fused_ms": round(layer(kind, inputs, outputs, side, fused=True, half=half), 1),
        }
        for kind, inputs, outputs, side in LAYERS
        for half in halves
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("PRESET", "KIND"), help="measure one kind and print it")
    parser.add_argument("--picture", action="store_true", help="measure a picture and print it")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.one or asked.picture:
        print(json.dumps(picture() if asked.picture else one(*asked.one)))
        return
    result = {
        "benchmark": "stylegan_step",
        **provenance(),
        "bfloat16": "tiles" if bfloat16_tiles() else "vectors" if fast_bfloat16() else "none",
        "presets": [measured(preset) for preset in PRESETS],
        "resampling": resampling(),
        "picture_of_1024_pixels": called("--picture"),
    }
    text = json.dumps(result, indent=2) + "\n"
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

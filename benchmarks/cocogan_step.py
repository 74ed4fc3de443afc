"""How long a training step of COCO-GAN takes, beside the same step with nothing done about its time.

``apart``: sizes are doubled before a convolution and halved after one, as the published networks are written down.
``at once``: one convolution that steps by two does both; the result is the same (``tests/nn/test_resample.py``).
Each in float32 and, where the processor multiplies it, in bfloat16. Steps of all kinds take turns, so that whatever
else the machine does slows all of them; said are medians, one thread. What a whole training takes when nothing is set
is worked out from steps with as many threads as there are cores.

    python benchmarks/cocogan_step.py --out benchmarks/results/cocogan_step.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models import cocogan
from calotype.models.cocogan import network
from calotype.models.cocogan.trainer import Trainer
from calotype.processor import bfloat16_tiles, fast_bfloat16
from machine import provenance

PRESETS = ("small", "medium")


def doubled_first(conv: nn.Conv2d, x: Tensor) -> Tensor:
    return conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def halved_after(conv: nn.Conv2d, x: Tensor) -> Tensor:
    return F.avg_pool2d(conv(x), 2)


@contextmanager
def apart(asked: bool) -> Iterator[None]:
    """Convolutions and changes of the size one after the other, where that is asked for."""
    before = network.conv_of_upsampled, network.conv_then_pooled
    if asked:
        network.conv_of_upsampled, network.conv_then_pooled = doubled_first, halved_after
    try:
        yield
    finally:
        network.conv_of_upsampled, network.conv_then_pooled = before


class Kind:
    """A way to take steps, and how long they took."""

    def __init__(self, cfg: cocogan.Config, apart: bool, bf16: bool) -> None:
        cfg = replace(cfg, bf16=bf16)
        torch.manual_seed(0)
        self.name = f"{'apart' if apart else 'at once'}, {'bfloat16' if bf16 else 'float32'}"
        self.apart = apart
        self.trainer = Trainer(cocogan.build(cfg), cfg, torch.device("cpu"), cfg.steps)
        self.batch = {"image": torch.rand(cfg.batch, 3, *cfg.size) * 2 - 1}
        self.seconds: list[float] = []

    def step(self, i: int) -> None:
        began = time.perf_counter()
        with apart(self.apart):
            self.trainer.step(None, self.batch, i)
        self.seconds.append(time.perf_counter() - began)


def measured(preset: str, steps: int) -> dict[str, Any]:
    halves = (False, True) if fast_bfloat16() else (False,)
    kinds = [Kind(cocogan.PRESETS[preset], apart, half) for half in halves for apart in (True, False)]
    for i in range(steps):
        for kind in kinds:
            kind.step(i)
    seconds = {kind.name: statistics.median(kind.seconds[2:]) for kind in kinds}
    slowest = seconds["apart, float32"]
    usual = Kind(cocogan.PRESETS[preset], apart=False, bf16=True)
    torch.set_num_threads(os.cpu_count() or 1)
    for i in range(steps):
        usual.step(i)
    torch.set_num_threads(1)
    each = statistics.median(usual.seconds[2:])
    return {
        "preset": preset,
        "seconds_with_all_cores": round(each, 4),
        "minutes_of_a_training_with_all_cores": round(each * cocogan.PRESETS[preset].steps / 60, 1),
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "times_as_quick": {name: round(slowest / value, 2) for name, value in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=17, help="of each kind; the first two are not counted")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        "benchmark": "cocogan_step",
        **provenance(),
        "bfloat16": "tiles" if bfloat16_tiles() else "vectors" if fast_bfloat16() else "none",
        "presets": [measured(preset, asked.steps) for preset in PRESETS],
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

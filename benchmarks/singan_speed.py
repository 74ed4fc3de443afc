"""What training costs: the preset fast against the published schedule, measured scale by scale in the same run.

The published schedule takes days on a processor, so of every scale a few steps are timed (their median, the first left
out) and multiplied by the steps it has. Fast is timed so too; what it takes in full is in the quality results. Also the
seconds of a sample after training, and the peak memory of the process.

    python benchmarks/singan_speed.py --photo PHOTO --out benchmarks/results/singan_speed.json
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from calotype.engines import singan
from calotype.image.io import open_photo, to_tensor
from calotype.run import Event, Run
from machine import provenance


def timed(photo: torch.Tensor, preset: str, steps: int) -> tuple[dict[str, Any], Any]:
    """Seconds of every scale, and the net, which a few steps have not taught anything."""
    cfg, times = singan.PRESETS[preset], defaultdict(list)
    last = time.perf_counter()

    def event(event: Event) -> None:
        nonlocal last
        now = time.perf_counter()
        if event.kind == "step" and event.step > 1:
            times[event.stage].append(now - last)
        last = now

    net = singan.train(photo, replace(cfg, steps=steps), Run(on_event=event))
    sizes = singan.scales(tuple(photo.shape[2:]), cfg)
    rows = [
        {
            "scale": list(size),
            "step": round(statistics.median(times[stage]), 4),
            "seconds": round(statistics.median(times[stage]) * cfg.steps, 1),
        }
        for size, stage in zip(sizes, times)
    ]
    return {"preset": preset, "scales": rows, "seconds": round(sum(row["seconds"] for row in rows), 1)}, net


def sampled(photo: torch.Tensor, preset: str, net: Any, samples: int) -> list[float]:
    """Seconds of each of several samples, after one that is not counted."""
    seconds = []
    for seed in range(samples + 1):
        began = time.perf_counter()
        singan.vary([photo], singan.PRESETS[preset], Run(), size=tuple(photo.shape[2:]), seed=seed, net=net)
        seconds.append(round(time.perf_counter() - began, 3))
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6, help="timed at each scale")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--presets", default="fast,paper", help="with commas between")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    photo = to_tensor(open_photo(options.photo))[:, :3]
    found = []
    for preset in options.presets.split(","):
        row, net = timed(photo, preset, options.steps)
        row["sample"] = sampled(photo, preset, net, options.samples)
        row["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        found.append(row)
        print(json.dumps(row), flush=True)
    result = {**provenance(), "photo": options.photo.name, "size": list(photo.shape[2:]), "presets": found}
    if len(found) > 1:
        result["times_faster"] = round(found[1]["seconds"] / found[0]["seconds"], 1)
        print(f"{result['times_faster']} times")
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

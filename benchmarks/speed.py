"""Seconds and peak memory of GPNN by size, and against the exact search in the same run.

Every measurement is a process of its own: it reads the photo, makes one small picture to warm up, then one of the size
asked for, and reports the seconds of that one and the process's peak memory. Fast and exact runs of a size take turns,
so that their ratio holds even when the machine's speed drifts.

    python benchmarks/speed.py --photo examples/photos/mountains.jpg --out benchmarks/results/speed.json
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from machine import provenance

FAST_SIZES = ["128x96", "250x188", "512x384", "1000x1000", "2000x2000", "4000x4000", "10000x10000"]
EXACT_SIZES = ["128x96", "250x188"]


def measure(photo_path: Path, size: str, preset: str, device: str, threads: int) -> dict[str, float]:
    """One picture: runs in a process of its own."""
    import torch

    from calotype.catalog import config_from, engine
    from calotype.image.io import open_photo, to_tensor
    from calotype.image.resize import resize
    from calotype.run import Run
    from calotype.types import Size

    torch.set_num_threads(threads)
    gpnn = engine("gpnn")
    wanted = Size.parse(size)
    shape = (wanted.height, wanted.width)
    photo = to_tensor(open_photo(photo_path))
    # Enlarged where need be, with the grain that an enlargement lacks: what is timed is pixels, not content.
    large = resize(photo, shape)
    grain = torch.randn(large.shape, generator=torch.Generator().manual_seed(0))
    large = large.add_(grain, alpha=0.02).clamp_(-1, 1).to(device)
    del grain
    cfg = config_from(gpnn, preset, {})
    gpnn.vary([resize(photo, (32, 48)).to(device)], cfg, Run(device=device), size=(32, 48), seed=0, structure=0.12)
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    made = gpnn.vary([large], cfg, Run(device=device), size=shape, seed=0, structure=0.12)
    assert made.isfinite().all()  # also waits for a GPU
    row = {
        "seconds": time.perf_counter() - start,
        "expected_seconds": gpnn.cost([shape], shape, cfg).seconds,
        "expected_gib": gpnn.cost([shape], shape, cfg).bytes / 2**30,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    if device == "cuda":
        row["peak_gpu_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return row


def in_a_process(arguments: argparse.Namespace, size: str, preset: str) -> dict[str, Any]:
    """Run ``measure`` apart, and read what it prints."""
    command = [sys.executable, __file__, "--photo", str(arguments.photo), "--one", size, "--preset", preset]
    command += ["--device", arguments.device, "--threads", str(arguments.threads)]
    row: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(size, preset, {k: round(v, 3) for k, v in row.items()}, file=sys.stderr, flush=True)
    return row


def summary(size: str, preset: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Median of a few runs, and what a pixel costs."""
    width, height = map(int, size.split("x"))
    seconds = statistics.median(row["seconds"] for row in rows)
    return {
        "size": size,
        "preset": preset,
        "runs": len(rows),
        "seconds": round(seconds, 3),
        "microseconds_per_pixel": round(seconds / (width * height) * 1e6, 2),
        **{name: round(max(row[name] for row in rows), 3) for name in rows[0] if name != "seconds"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sizes", default=",".join(FAST_SIZES))
    parser.add_argument("--exact-sizes", default=",".join(EXACT_SIZES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.photo, options.one, options.preset, options.device, options.threads)))
        return
    table, ratios = [], {}
    exact_sizes = [s for s in options.exact_sizes.split(",") if s]
    for size in options.sizes.split(","):
        pixels = int(size.split("x")[0]) * int(size.split("x")[1])
        fast = [in_a_process(options, size, options.preset) for _ in range(3 if pixels < 300_000 else 1)]
        if size in exact_sizes:
            exact = [in_a_process(options, size, "paper")]
            fast += [in_a_process(options, size, options.preset) for _ in range(2)]
            table.append(summary(size, "paper", exact))
        table.append(summary(size, options.preset, fast))
        if size in exact_sizes:
            ratios[size] = round(table[-2]["seconds"] / table[-1]["seconds"], 1)
    result = {**provenance(), "torch_threads": options.threads, "device": options.device, "seed": 0}
    result |= {"photo": options.photo.name, "exact_over_fast": ratios, "table": table}
    print(json.dumps(ratios), file=sys.stderr)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Seconds and peak memory of label maps and outlines, against what their engines say before they begin.

    python benchmarks/maps.py --out benchmarks/results/maps.json

Processor time on one thread, each in a fresh process, of a shipped photo shrunk or enlarged; what is expected is meant
for all cores. The preset ``deep`` and the engine ``hed`` are measured where their weights are installed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from machine import provenance

PHOTO = Path(__file__).parent.parent / "examples" / "photos" / "mountains.jpg"
ENGINES = (("superpixels", "fast"), ("superpixels", "deep"), ("canny", "fast"), ("hed", "fast"), ("hed", "paper"))
WIDTHS = (512, 1155, 4096)


def one(engine: str, preset: str, width: int) -> dict[str, Any]:
    """One map or drawing, once."""
    from PIL import Image

    from calotype.catalog import engine as engine_of
    from calotype.errors import InputError
    from calotype.image.io import open_photo, to_tensor
    from calotype.run import Run

    with Image.open(PHOTO) as image:
        photo = to_tensor(open_photo(image.resize((width, width * 3 // 4), Image.Resampling.LANCZOS)))
    module = engine_of(engine)
    cfg, size = module.PRESETS[preset], (photo.shape[2], photo.shape[3])
    row: dict[str, Any] = {"engine": engine, "preset": preset, "size": f"{size[1]}x{size[0]}"}
    began = time.process_time()
    try:
        if hasattr(module, "segment"):
            module.segment([photo], cfg, Run(), classes=None, seed=0)
        else:
            module.edges([photo], cfg, Run())
    except InputError as error:
        return row | {"not_measured": str(error)}
    expected = module.cost([size], size, cfg)
    return row | {
        "seconds": round(time.process_time() - began, 2),
        "expected_seconds": round(expected.seconds, 2),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "expected_megabytes": round(expected.bytes / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.one:
        engine, preset, width = options.one
        print(json.dumps(one(engine, preset, int(width))))
        return
    rows = []
    for engine, preset in ENGINES:
        for width in WIDTHS:
            # As published the network sees all of a photo: at the largest that is minutes and gigabytes.
            if preset == "paper" and width > 1155:
                continue
            command = [sys.executable, __file__, "--one", engine, preset, str(width)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            print(rows[-1], flush=True)
    if options.out:
        options.out.write_text(json.dumps({**provenance(), "torch_threads": 1, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

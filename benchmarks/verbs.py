"""Seconds and peak memory of the verbs that need no training, at the sizes that people use, each in a fresh process.

    python benchmarks/verbs.py --out benchmarks/results/verbs.json

Photos are the shipped ones, enlarged or shrunk. And seams: of textures made to tile, from 64 to 2048 pixels, how large
the steps across the joint are, against those within (mean absolute difference of neighbours; 1 is no seam at all).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from machine import provenance

PHOTOS = Path(__file__).parent.parent / "examples" / "photos"
SIDES = (64, 256, 1024, 2048)


def sized(name: str, width: int, height: int) -> Image.Image:
    return Image.open(PHOTOS / f"{name}.jpg").convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def works() -> dict[str, Any]:
    """Each makes one picture."""
    import calotype

    photo = sized("mountains", 512, 384)
    large = sized("mountains", 1155, 866)
    hole = Image.new("L", large.size, 0)
    ImageDraw.Draw(hole).rectangle((400, 300, 623, 523), 255)
    sample = sized("mountains", 1200, 900).crop((60, 640, 316, 896))
    return {
        "vary gpdm 250 x 188": lambda: calotype.vary(sized("mountains", 250, 188), engine="gpdm"),
        "retarget 512 x 384 to 768 x 384": lambda: calotype.retarget(photo, size="768x384"),
        "stylize 512 x 384": lambda: calotype.stylize(photo, sized("stream", 512, 384)),
        "stylize 512 x 384, gpdm": lambda: calotype.stylize(photo, sized("stream", 512, 384), engine="gpdm"),
        "mix 512 x 384": lambda: calotype.mix(photo, sized("stream", 512, 384)),
        "texture 1024 x 1024 from 256 x 256": lambda: calotype.texture(sample, size="1024x1024"),
        "erase 1155 x 866, a square of 5 %": lambda: calotype.erase(large, mask=hole, grow=0),
        "expand 512 x 384 by 100 on all sides": lambda: calotype.expand(photo, margin=100),
    }


def seam(side: int) -> dict[str, Any]:
    import calotype

    sample = sized("mountains", 1200, 900).crop((60, 640, 316, 896))
    made = calotype.texture(sample, size=(side, side), tile="both")
    x = np.asarray(made[0], np.float32)
    ratios = {}
    for axis, name in ((0, "top_to_bottom"), (1, "left_to_right")):
        steps = np.abs(x - np.roll(x, 1, axis)).mean(axis=(1 - axis, 2))
        ratios[name] = round(float(steps[0] / steps[1:].mean()), 3)
        ratios[name + "_spread_within"] = round(float(steps[1:].std() / steps[1:].mean()), 3)
    return {"side": side, **ratios, "seconds": round(made.seconds[0], 2)}


def one(name: str) -> dict[str, Any]:
    """One of the works, once."""
    began = time.perf_counter()
    works()[name]()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": round(seconds, 2), "peak_gib": round(peak, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one)))
        return
    rows = {}
    for name in works():
        done = subprocess.run([sys.executable, __file__, "--one", name], capture_output=True, text=True, check=True)
        rows[name] = json.loads(done.stdout.splitlines()[-1])
        print(name, rows[name], flush=True)
    seams = [seam(side) for side in SIDES]
    for row in seams:
        print(row, flush=True)
    if options.out:
        options.out.write_text(json.dumps({**provenance(), "verbs": rows, "seams": seams}, indent=1) + "\n")


if __name__ == "__main__":
    main()

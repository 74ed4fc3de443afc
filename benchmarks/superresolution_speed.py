"""The engine ``span`` beside the same weights run by ncnn: the same pictures? and CPU seconds, by turns.

    python benchmarks/superresolution_speed.py --data DATA --peers OTHER_ENVIRONMENT/bin/python --out OUT.json

``--peers`` is the Python of an environment with ncnn. Both run on one thread; ncnn computes the whole picture at once.
For each photo of ``superresolution.REPORTING``: the difference in PSNR and the largest difference in grey levels, of
the results in strips as well as of strips and whole picture. ``--large WIDTHxHEIGHT`` also doubles a picture of that
size, for its peak memory.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from calotype.data.packages import fetched
from calotype.data.weights import ALL
from calotype.engines import span
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.metrics.psnr import psnr
from calotype.run import Run
from machine import provenance
from superresolution import REPORTING, found

HERE = Path(__file__).parent
SIZE, TURNS, STRIP = (640, 480), 5, 1000
CASES = ((4, 48), (2, 48), (4, 52))  # factor and channels


class Ncnn:
    """A process of ``superresolution_ncnn.py``."""

    def __init__(self, python: str, folder: Path) -> None:
        self._folder = folder
        for name, content in fetched(ALL["span"].package).files(lambda name: "/models/spanx" in name):
            (folder / name.rsplit("/", 1)[-1]).write_bytes(content)
        self._process = subprocess.Popen(
            [python, str(HERE / "superresolution_ncnn.py"), str(folder)],
            env={**os.environ, "PYTHONPATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def enlarge(self, photo: Tensor, factor: int, channels: int) -> tuple[Tensor, float]:
        """The photo [1, 3, H, W], -1..1, enlarged, not clamped, and the CPU seconds."""
        paths = [self._folder / f"{name}.npy" for name in ("photo", "made")]
        np.save(paths[0], (photo[0].numpy() + 1) / 2)
        request = {"network": f"spanx{factor}_ch{channels}", "photo": str(paths[0]), "made": str(paths[1])}
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        seconds = self._answer()["cpu_seconds"]
        return torch.from_numpy(np.load(paths[1]))[None] * 2 - 1, seconds

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("ncnn ended with an error")
        answer: dict[str, float] = json.loads(line)
        return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--peers", required=True, help="Python of the environment with ncnn")
    parser.add_argument("--large", help="like 6000x4000")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        ncnn = Ncnn(options.peers, Path(folder))
        pictures = [compared(options.data, name, factor, ncnn) for name in REPORTING.split(",") for factor in (4, 2)]
        times = [timed(ncnn, factor, channels) for factor, channels in CASES]
    record = {
        "benchmark": "superresolution_speed",
        **provenance(),
        "ncnn": version(options.peers),
        "weights": str(ALL["span"].package),
        "turns": TURNS,
        "pictures": pictures,
        "times": times,
        **({"large": large(options.large)} if options.large else {}),
    }
    print(json.dumps(record, indent=1))
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def compared(data: Path, name: str, factor: int, ncnn: Ncnn) -> dict[str, Any]:
    """The results of a shrunk photo by both, and of strips of a few rows."""
    photo = to_tensor(open_photo(found(data, name)))[:, :3]
    height, width = (side // factor for side in photo.shape[2:])
    true = photo[:, :, : height * factor, : width * factor]
    small = to_tensor(open_photo(to_image(resize(true, (height, width)))))
    other = ncnn.enlarge(small, factor, 48)[0].clamp(-1, 1)
    fast = span.PRESETS["fast"]
    whole, strips = (
        span.upscale([small], replace(fast, strip=strip), Run(), factor=float(factor)) for strip in (10**9, STRIP)
    )
    mine, theirs = (psnr(true, to_tensor(open_photo(to_image(x)))) for x in (strips, other))
    return {
        "photo": name,
        "factor": factor,
        "psnr": round(mine, 4),
        "psnr_ncnn": round(theirs, 4),
        "levels_from_ncnn": round(float((strips - other).abs().max()) * 127.5, 5),
        "levels_of_strips": round(float((strips - whole).abs().max()) * 127.5, 5),
    }


def timed(ncnn: Ncnn, factor: int, channels: int) -> dict[str, Any]:
    """CPU seconds of both for an example photo, by turns."""
    path = sorted((HERE.parent / "examples" / "photos").glob("*.jpg"))[0]
    with Image.open(path) as image:
        photo = to_tensor(open_photo(image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)))
    cfg = replace(span.PRESETS["fast"], channels=channels)
    seconds: dict[str, list[float]] = {"calotype": [], "ncnn": []}
    for turn in range(TURNS + 1):
        began = time.process_time()
        span.upscale([photo], cfg, Run(), factor=float(factor))
        mine, theirs = time.process_time() - began, ncnn.enlarge(photo, factor, channels)[1]
        if turn:  # the first one loads
            seconds["calotype"].append(round(mine, 4))
            seconds["ncnn"].append(round(theirs, 4))
    ratios = [mine / theirs for mine, theirs in zip(*seconds.values())]
    return {
        "factor": factor,
        "channels": channels,
        "size": list(SIZE),
        "cpu_seconds": {name: round(statistics.median(found), 3) for name, found in seconds.items()},
        "ratio": round(statistics.median(ratios), 3),
        "all": seconds,
    }


def large(size: str) -> dict[str, Any]:
    """CPU seconds and peak memory of doubling a smooth picture, in a process of its own."""
    width, height = map(int, re.findall(r"\d+", size))
    code = (
        "import resource, time, torch; from calotype.engines import span; from calotype.run import Run; "
        "from calotype.image.io import to_image; torch.set_num_threads(1); "
        "small = torch.rand(1, 3, 40, 60) * 2 - 1; "
        f"photo = torch.nn.functional.interpolate(small, size=({height}, {width}), mode='bilinear'); "
        "began = time.process_time(); "
        "made = to_image(span.upscale([photo], span.PRESETS['fast'], Run(), factor=2.0)); "
        "print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, *made.size)"
    )
    source = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
    said = subprocess.run([sys.executable, "-c", code], env=source, capture_output=True, text=True, check=True)
    seconds, peak, *made = said.stdout.split()
    estimate = span.cost([(height, width)], (2 * height, 2 * width), span.PRESETS["fast"])
    return {
        "size": [width, height],
        "made": list(map(int, made)),
        "cpu_seconds": round(float(seconds), 1),
        "peak_mib": int(peak),
        "estimated_mib": estimate.bytes >> 20,
    }


def version(python: str) -> str:
    """Of ncnn."""
    code = "from importlib.metadata import version; print(version('ncnn'))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()

"""Commands from their start on one photo: the processor's seconds and the memory, beside those of earlier builds.

    git archive 0070264 src | tar -x -C EARLIER
    python benchmarks/cold_start.py --build 0070264=EARLIER/src --out benchmarks/results/cold_start.json

Every run is a process of its own with one thread; ``import torch`` alone is the floor, and the builds take turns.
``seconds`` is the median of user and system time, ``beyond`` that less the floor's, ``memory_mib`` the largest resident
size. ``erase`` fills a disc in the middle, a fifth of the shorter side wide. Modules are compiled once, as those of an
installed package are, by a run of each that is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import provenance

HERE = Path(__file__).parents[1]
NOW, FLOOR = "now", "import torch"


def inputs(photo: Path, side: int, folder: Path) -> tuple[Path, Path]:
    """The photo with so many pixels on its longer side, and a mask of a disc in its middle."""
    from PIL import Image, ImageDraw

    with Image.open(photo) as image:
        small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    small.save(folder / "photo.png")
    mask = Image.new("L", small.size)
    radius = min(small.size) / 10
    x, y = small.width / 2, small.height / 2
    ImageDraw.Draw(mask).ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    mask.save(folder / "mask.png")
    return folder / "photo.png", folder / "mask.png"


def taken(words: list[str], source: Path, compiled: Path) -> tuple[float, float]:
    """The processor's seconds and the MiB of a process that ends well; its compiled modules are kept in ``compiled``.

    Raises:
        RuntimeError: it did not.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept |= {"PYTHONPATH": str(source.resolve()), "PYTHONPYCACHEPREFIX": str(compiled)}
    environment = {**kept, "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen([sys.executable, *words], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} ended with {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="append", default=[], metavar="NAME=SRC", help="an earlier build")
    parser.add_argument("--photo", type=Path, default=HERE / "examples" / "photos" / "pagoda.jpg")
    parser.add_argument("--side", type=int, default=250, help="longer side of the photo, pixels")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    began = provenance()
    builds = {name: Path(source) for name, _, source in (one.partition("=") for one in options.build)}
    builds[NOW] = HERE / "src"
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        photo, mask = inputs(options.photo, options.side, Path(folder))
        compiled = Path(folder) / "compiled"
        for turn in range(options.repeats + 1):
            found.setdefault((FLOOR, ""), []).append(taken(["-c", "import torch"], HERE, compiled))
            for verb, more in (("vary", []), ("erase", ["--mask", str(mask)])):
                for name, source in builds.items():
                    to = Path(folder) / f"{verb}_{list(builds).index(name)}_{turn}"
                    words = ["-m", "calotype", verb, str(photo), *more, "-q", "-o", str(to)]
                    found.setdefault((verb, name), []).append(taken(words, source, compiled))
    found = {what: runs[1:] for what, runs in found.items()}
    floor = statistics.median(seconds for seconds, _ in found[FLOOR, ""])
    rows: list[dict[str, Any]] = []
    for (task, build), runs in found.items():
        seconds = statistics.median(one for one, _ in runs)
        memory = statistics.median(one for _, one in runs)
        row = {"task": task, "build": build, "seconds": round(seconds, 3), "beyond": round(seconds - floor, 3)}
        rows.append({**row, "memory_mib": round(memory), "runs": [round(one, 3) for one, _ in runs]})
        print(row, round(memory), flush=True)
    record = {**began, "photo": options.photo.name, "side": options.side, "repeats": options.repeats, "rows": rows}
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

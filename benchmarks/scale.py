"""Seconds, memory and bytes of each verb on one core, and a plan for a million pictures a day from them.

    OMP_NUM_THREADS=1 python benchmarks/scale.py --out benchmarks/results/scale.json
    python benchmarks/scale.py --page            # simulates again from what was measured, and writes docs/scale.md

Each verb runs in a process forked with everything imported, as in a worker that has been started: processor seconds of
one thread, largest resident memory, bytes of the photo and the result; the median of three seeds at 250 pixels, one at
1000. ``driver_ms``: what the command that writes the results needs for each of them. ``scale_plan.py`` simulates the
rest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

from forked import imported, run
from machine import provenance
from scale_page import page
from scale_plan import plans

HERE = Path(__file__).parent
RESULT, PAGE = HERE / "results" / "scale.json", HERE.parent / "docs" / "scale.md"
PHOTO = HERE.parent / "examples" / "photos" / "stream.jpg"
STYLE = HERE.parent / "examples" / "photos" / "dandelions.jpg"
VERBS: dict[str, tuple[str, ...]] = {
    "vary": ("{photo}",),
    "retarget": ("{photo}", "--size", "{wide}"),
    "erase": ("{photo}", "--mask", "{mask}"),
    "expand": ("{photo}", "--right", "{margin}"),
    "texture": ("{photo}",),
    "stylize": ("{photo}", "{style}"),
    "mix": ("{photo}", "{style}", "--mask", "{mask}"),
    "segment": ("{photo}",),
    "edges": ("{photo}",),
}


def inputs(folder: Path, side: int) -> dict[str, str]:
    """Photo, style and mask whose longer side has so many pixels."""
    found = {}
    for name, path in (("photo", PHOTO), ("style", STYLE)):
        with Image.open(path) as image:
            scale = side / max(image.size)
            size = (round(image.width * scale), round(image.height * scale))
            made = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        made.save(folder / f"{name}{side}.jpg", quality=90)
        found[name] = str(folder / f"{name}{side}.jpg")
        if name == "photo":
            mask = Image.new("L", size)
            mask.paste(255, (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
            mask.save(folder / f"mask{side}.png")
            found |= {"mask": str(folder / f"mask{side}.png"), "wide": f"{round(size[0] * 1.3)}x{size[1]}"}
            found["margin"] = str(size[0] // 5)
    return found


def verb_row(verb: str, side: int, folder: Path, seeds: int) -> dict[str, Any]:
    given = inputs(folder, side)
    done, sizes = [], []
    for seed in range(seeds):
        words = [verb, *(word.format(**given) for word in VERBS[verb]), "-q", "-o", f"{verb}{side}_{seed}.png"]
        words += ["--seed", str(seed)] if verb != "edges" else []
        done.append(run(words, folder, limit=900, variables={"CALOTYPE_CACHE": str(folder / "cache")}))
        if done[-1].status != 0:
            raise RuntimeError(f"{verb}: {done[-1].err[-400:]}")
        sizes.append((folder / done[-1].out.splitlines()[0]).stat().st_size)
    return {
        "verb": verb,
        "side": side,
        "seeds": seeds,
        "seconds": round(statistics.median(one.seconds for one in done), 2),
        "mebibytes": round(max(one.bytes for one in done) / 2**20),
        "bytes_in": Path(given["photo"]).stat().st_size,
        "bytes_out": round(statistics.median(sizes)),
    }


def driver_ms(folder: Path, count: int = 300) -> float:
    """Milliseconds of the command for each picture: it is written, synchronised and recorded."""
    from calotype.files import write_whole
    from calotype.tasks.manifest import Manifest

    manifest, data = Manifest(folder), bytes(100_000)
    began = time.perf_counter()
    for number in range(count):
        path = folder / f"{number}.png"
        write_whole(path, lambda file: file.write(data))
        manifest.done(path, "0" * 16, 1.0, photo="photo.jpg", sha256="0" * 64, seed=number)
    return round(1000 * (time.perf_counter() - began) / count, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--page", action="store_true", help="write docs/scale.md from the committed result")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation")
    options = parser.parse_args()
    if options.page:
        result = json.loads(RESULT.read_text("utf-8"))
        result["plans"] = plans(result["measured"], result["seed"])
        RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        PAGE.write_text(page(result), "utf-8")
        return 0
    imported()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for side, seeds in ((250, 3), (1000, 1)):
            for verb in VERBS:
                rows.append(verb_row(verb, side, Path(name), seeds))
                print(json.dumps(rows[-1]), flush=True)
        (Path(name) / "driver").mkdir()
        measured = {"verbs": rows, "driver_ms": driver_ms(Path(name) / "driver")}
    result = {
        "benchmark": "scale",
        **provenance(),
        "seed": options.seed,
        "measured": measured,
        "plans": plans(measured, options.seed),
    }
    print(json.dumps(result["plans"], indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

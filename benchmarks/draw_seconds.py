"""Seconds of ``draw --photos`` by the clock, with two threads, for the photographs of ``draw_segmented.py``.

Each photograph of 512 pixels is drawn from its map of ``segment --shared``, by the others of the folder: the layouts
are compared, and patches of the chosen photographs laid out anew. The first picture is drawn once before. The machine
should have no other work: ``cpu_seconds`` above twice the seconds, or far below them, tell that it had.

    python benchmarks/draw_seconds.py --out benchmarks/results/draw_seconds.json
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "2"  # before torch is imported

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

from calotype.engines import gpnn
from calotype.matching.light import label_colours, usual_colours
from calotype.matching.retrieval import chosen, label_shares
from calotype.run import Run
from draw_segmented import Folder, differing, halves, labelled
from machine import provenance


def drawn(folder: Folder, names: list[str], i: int) -> tuple[float, float, int]:
    """The seconds by the clock, the processor seconds and the number of photographs of the ``i``-th map."""
    began, used = time.perf_counter(), time.process_time()
    classes, target = len(names), folder.maps[i]
    rest = [j for j in range(len(folder.maps)) if j != i]
    shares = torch.stack([label_shares(folder.maps[j], classes) for j in rest])
    colours = [label_colours(a, b, classes) for a, b in zip(folder.photos, folder.maps, strict=True)]
    own = label_shares(target, classes)
    picked = [rest[k] for k in chosen(own, shares, names, unlike=differing(colours, rest))]
    maps = [folder.maps[j] for j in picked]
    how = {"maps": maps, "target": target, "usual": usual_colours([colours[j] for j in rest])}
    gpnn.draw([folder.photos[j] for j in picked], gpnn.PRESETS["fast"], Run(), seed=0, **how)
    return time.perf_counter() - began, time.process_time() - used, len(picked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    began = provenance()
    torch.set_num_threads(2)
    folder, _, names = labelled("segment", *(halves(False)[0], []))
    drawn(folder, names, 0)
    rows = []
    for i, target in enumerate(folder.maps):
        seconds, used, count = drawn(folder, names, i)
        size = [target.shape[2], target.shape[1]]
        rows.append({"size": size, "photos": count, "seconds": round(seconds, 2), "cpu_seconds": round(used, 2)})
        print(rows[-1], flush=True)
    summary = {
        key: {"median": statistics.median(row[key] for row in rows), "most": max(row[key] for row in rows)}
        for key in ("seconds", "cpu_seconds")
    }
    record = {"benchmark": "draw_seconds", **began, "torch_threads": 2, "seed": 0, "target": 8.0, **summary}
    options.out.write_text(json.dumps({**record, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Does the fast search cost quality? The same settings and seeds, fast and exact, measured alike.

    python benchmarks/equal.py --photos FOLDER --weights WEIGHTS --count 8 --out benchmarks/results/equal.json

With ``--published`` it is the published schedule in full, from a free structure, against the preset ``fast`` from the
same; small photos (``--max-side 128``) keep that affordable.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: two processes share the cores

import argparse
import json
import statistics
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import calotype
from calotype.image.io import list_photos
from machine import provenance

SEARCHES: dict[str, dict[str, Any]] = {"fast": {}, "exact": {"settings": {"search": "exact", "components": 0}}}
PUBLISHED: dict[str, dict[str, Any]] = {
    "fast": {"structure": "free", "preset": "paper-fast"},
    "preset fast": {"structure": "free"},
    "exact": {"structure": "free", "preset": "paper"},
}


def work(job: tuple[Path, str, dict[str, Any], str, int, int | None]) -> dict[str, Any]:
    """One photo, one search."""
    path, search, arguments, weights, seed, max_side = job
    photo = calotype.open_photo(path, max_side=max_side)
    made = calotype.vary(photo, seed=seed, **arguments)
    row = calotype.evaluate(photo, made.images, weights=weights).rows[0]
    return {
        "photo": path.stem,
        "search": search,
        "sifid": round(row.sifid or 0, 4),
        "copied": round(row.copied, 4),
        "seconds_on_one_core": round(made.seconds[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--published", action="store_true")
    parser.add_argument("--max-side", type=int)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    searches = PUBLISHED if options.published else SEARCHES
    jobs = [
        (path, name, arguments, options.weights, options.seed, options.max_side)
        for path in list_photos(options.photos)[: options.count]
        for name, arguments in searches.items()
    ]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(work, jobs))
    names = ("sifid", "copied", "seconds_on_one_core")
    medians = {s: {n: statistics.median(r[n] for r in rows if r["search"] == s) for n in names} for s in searches}
    means = {s: {n: statistics.fmean(r[n] for r in rows if r["search"] == s) for n in names} for s in searches}
    result = {
        **provenance(),
        "seed": options.seed,
        "max_side": options.max_side,
        "medians": medians,
        "means": means,
        "rows": rows,
    }
    print(json.dumps({"medians": medians, "means": means}, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

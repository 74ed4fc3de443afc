"""How close the fast search of GPNN comes to the exact one, level by level, in the middle of real work.

At every replacement of every patch the field that the fast search found is held against the exact field for the same
two pictures on the same descriptions: how many patches have the very same match (recall), how much worse the chosen
scores are on average, and how the two score distributions lie. The exact search on all pixels tells what the components
cost.

    python benchmarks/search.py --photos FOLDER --out benchmarks/results/search.json
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.engines.gpnn import PRESETS, generate
from calotype.image.io import list_photos, open_photo, to_tensor
from calotype.image.patches import principal_filters
from calotype.matching import field as fields
from calotype.matching import refine
from calotype.run import Run
from machine import provenance


def scores_of(query: fields.Grid, key: fields.Grid, alpha: float, chosen: list[Tensor]) -> list[Tensor]:
    """GPNN's scores, with the true denominators, of each of several fields."""
    queries = fields.query_rows(query.describe(0, query.shape[0]))
    targets = fields.key_rows(key)
    nearest = torch.full((len(key),), float("inf"))
    for part in torch.split(queries, max(1, (1 << 22) // len(key))):
        nearest = torch.minimum(nearest, (part @ targets.T).amin(0))
    targets = fields.key_rows(key, fields.completeness_weight(nearest, alpha))
    return [torch.linalg.vecdot(queries, targets[field]).clamp_min(0) for field in chosen]


def compared(query: fields.Grid, key: fields.Grid, found: Tensor, alpha: float) -> dict[str, float]:
    """One replacement: fast against exact."""
    best = fields.exact(query, key, alpha)
    fast, exact = scores_of(query, key, alpha, [found, best])
    everything = key.picture.shape[1] * query.filters.shape[-1] ** 2
    pixels = principal_filters(key.picture, query.filters.shape[-1], everything)
    whole = fields.exact(fields.Grid(query.picture, pixels), fields.Grid(key.picture, pixels, key.forbidden), alpha)
    quantiles = torch.tensor([0.5, 0.9, 0.99])
    return {
        "recall": float((found == best).float().mean()),
        "within_5_percent": float((fast <= exact * 1.05 + 1e-4).float().mean()),
        "mean_score_ratio": float(fast.mean() / exact.mean()),
        "components_recall": float((best == whole).float().mean()),
        "used_fast": len(found.unique()) / len(key),
        "used_exact": len(best.unique()) / len(key),
        **{f"fast_q{int(q * 100)}": float(v) for q, v in zip(quantiles, fast.quantile(quantiles))},
        **{f"exact_q{int(q * 100)}": float(v) for q, v in zip(quantiles, exact.quantile(quantiles))},
    }


def one_photo(path: Path, preset: str, max_side: int, seed: int) -> dict[str, list[dict[str, float]]]:
    """Rows by level size for one photo."""
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    honest = refine.find_matches

    def watched(query: fields.Grid, key: fields.Grid, *rest: Any) -> refine.Matches:
        fit = honest(query, key, *rest)
        how = rest[1]
        if max(len(query), len(key)) >= how.exact_below:
            rows[f"{query.shape[1]}x{query.shape[0]}"].append(compared(query, key, fit.field, how.alpha))
        return fit

    refine.find_matches = watched
    try:
        photo = to_tensor(open_photo(path, max_side=max_side))
        generate.vary([photo], PRESETS[preset], Run(), size=tuple(photo.shape[2:]), seed=seed, structure=0.12)
    finally:
        refine.find_matches = honest
    return dict(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--count", type=int, default=6, help="photos to take")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--max-side", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    photos = [
        {"photo": path.name, "levels": one_photo(path, options.preset, options.max_side, options.seed)}
        for path in list_photos(options.photos)[: options.count]
    ]
    flat = [row for photo in photos for level in photo["levels"].values() for row in level]
    summary = {name: float(torch.tensor([row[name] for row in flat]).mean()) for name in flat[0]}
    result = {**provenance(), "preset": options.preset, "seed": options.seed, "max_side": options.max_side}
    result |= {"mean_over_all_replacements": summary, "photos": photos}
    print(json.dumps(summary, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

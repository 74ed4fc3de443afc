"""What the distances of sets say of changes that everybody can judge, on sets that ``calotype data`` makes.

For each set: half of it against the other half, against that half blurred, with noise, with one label left out, and
against another set. A distance that is of use ranks the untouched half nearest.

    calotype data photos -n 400 --size 64 && calotype data scenes -n 400 --size 64
    PYTHONPATH=src python benchmarks/sets.py photos scenes --out benchmarks/results/sets.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.data.samples import Samples
from calotype.image.blur import blur
from calotype.metrics.frechet import fid, self_distance
from calotype.metrics.kid import kid
from calotype.metrics.neighbours import neighbours
from calotype.nn.embedding import Vectors, chosen, embed
from machine import provenance

_BATCH = 25
_BLUR, _NOISE = 1.0, 0.1  # standard deviations: pixels, and of -1..1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, help="folders made by 'calotype data', with labels")
    parser.add_argument("--features", default="efficientnet,offline")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sets = {path.name: Samples(path, keys=["label"], keep=False) for path in options.sets}
    rows = []
    for features in options.features.split(","):
        embedding = chosen(features)
        halves = {name: [vectors(samples, half, embedding) for half in (0, 1)] for name, samples in sets.items()}
        for name, samples in sets.items():
            real = halves[name][0]
            made = {"other half": halves[name][1], **changed(samples, embedding)}
            made |= {other: halves[other][1] for other in sets if other != name}
            for change, fake in made.items():
                row = {"set": name, "features": embedding.name, "change": change, **measured(real, fake)}
                rows.append(row)
                print(" ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()), flush=True)
    if options.out is not None:
        about = {name: {"samples": len(samples), "size": list(samples.size)} for name, samples in sets.items()}
        options.out.write_text(json.dumps({**provenance(), "sets": about, "rows": rows}, indent=1) + "\n")


def measured(real: Vectors, fake: Vectors) -> dict[str, Any]:
    return {
        "fid": fid(real, fake),
        "fid_floor": self_distance(real),
        "kid": kid(real, fake, subset=100).mean,
        **asdict(neighbours(real, fake)),
        "real": len(real),
        "fake": len(fake),
    }


def changed(samples: Samples, embedding: Any) -> dict[str, Vectors]:
    """The second half, made worse in several ways."""
    largest = max(set(labels(samples)), key=labels(samples).count)
    return {
        "blurred": vectors(samples, 1, embedding, lambda x: blur(x, _BLUR)),
        "noisy": vectors(samples, 1, embedding, noisy),
        "largest label left out": vectors(samples, 1, embedding, without=largest),
    }


def labels(samples: Samples) -> list[int]:
    return [int(line["label"]) for line in samples.lines]


def noisy(pictures: Tensor) -> Tensor:
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0))
    return (pictures + _NOISE * noise).clamp(-1, 1)


def vectors(samples: Samples, half: int, embedding: Any, change: Any = None, without: int | None = None) -> Vectors:
    """The vectors of every second sample."""
    numbers = [i for i, label in enumerate(labels(samples)) if i % 2 == half and label != without]

    def batches() -> Iterator[Tensor]:
        for first in range(0, len(numbers), _BATCH):
            batch = torch.stack([samples[i]["image"] for i in numbers[first : first + _BATCH]])
            yield batch if change is None else change(batch)

    return embed(batches(), embedding)


if __name__ == "__main__":
    main()

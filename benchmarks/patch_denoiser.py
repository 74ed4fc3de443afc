"""Is a closed-form patch denoiser better, or more diverse, than replacing patches by their nearest neighbours?

    python benchmarks/patch_denoiser.py --data DATA --weights WEIGHTS --out OUT.json --sheets FOLDER

The denoiser (efficient-SID, arXiv 2606.04299) is the exact posterior mean under the photo's own patches: at noise level
(alpha, sigma = 1 - alpha) every patch of the noisy picture becomes the mean of the photo's patches y, weighted by
exp(-|x - alpha y|^2 / 2 sigma^2); overlaps are averaged under a narrow Gaussian window; DDIM steps lead from noise to
picture, level by level of a pyramid whose coarser result fixes the low frequencies. What departs from it is a field of
``Denoiser``. Systems ending in ``@96`` saw photos reduced to 96 px, where comparing all with all is affordable;
``seconds`` is processor time of one core for a sample.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import plan, refinement, vary
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_tensor
from calotype.image.patches import principal_filters, unfold
from calotype.image.pyramid import gpnn_sizes
from calotype.image.resize import resize
from calotype.matching.refine import refine
from calotype.metrics.diversity import diversity
from calotype.metrics.originality import originality
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance

PHOTOS = ("sigd16/1", "places20/5", "sigd16/9", "places20/2", "sigd16/5", "places20/8", "sigd16/13", "places20/14")
SMALL = 4  # photos that are also done at 96 px
COLUMNS = ("sifid", "copied", "coverage", "diversity", "seconds")


@dataclass(frozen=True)
class Denoiser:
    patch: int = 15
    coarsest: int = 24
    steps: int = 10
    late: int = 10  # steps at levels that are searched approximately
    eta: float = 0.0  # 1 renews all the noise at each step
    soft: bool = True  # False takes the nearest patch instead of the weighted mean
    components: int = 0  # principal components that stand for a patch when distances are taken; 0 is all pixels
    complete: float = 0.0  # above 0, GPNN's alpha: distances over alpha + the patch's least distance
    anchor: float = 0.0  # alpha from which the coarsest level starts, with the photo in place of nothing
    start: float = 0.0  # the same for finer levels, with the coarser result
    exact_below: int = 10**9  # levels with more patches are searched approximately, nearest patch only


FAITHFUL = Denoiser()
NEAREST = Denoiser(soft=False, components=24)
FAST = replace(NEAREST, late=4, eta=1.0, complete=0.005, start=0.5, exact_below=3000)
COARSE = replace(FAST, patch=11, coarsest=18)


class Level:
    """The photo's patches at one size."""

    def __init__(self, photo: Tensor, cfg: Denoiser) -> None:
        self.photo, self.cfg = photo, cfg
        self.mean = photo.mean((2, 3), keepdim=True)
        self.filters = principal_filters(photo, cfg.patch, cfg.components or 10**9)
        self.keys = self.described(photo - self.mean)
        self.columns = photo.shape[3] - cfg.patch + 1
        line = torch.linspace(-1, 1, cfg.patch).div(0.2).square().div(-2).exp()
        self.window = line[:, None] * line[None]
        self.approximate = len(self.keys) > cfg.exact_below

    def described(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.filters)[0].flatten(1).T.contiguous()

    def denoised(self, x: Tensor, alpha: float, field: Tensor | None, rng: torch.Generator) -> tuple[Tensor, Any]:
        """The clean picture behind ``x``, and the match of each patch where there is one."""
        if alpha == 0:
            return self.mean.expand_as(x), field
        queries, keys = self.described(x - alpha * self.mean), alpha * self.keys
        if self.approximate:
            field = followed(queries, keys, self.columns, field, rng)
            return self.folded(unfold(self.photo, self.cfg.patch)[field], x), field
        return self.folded(self.compared(queries, keys, 2 * (1 - alpha) ** 2), x), field

    def compared(self, queries: Tensor, keys: Tensor, width: float) -> Tensor:
        values, square, weight = unfold(self.photo, self.cfg.patch), keys.square().sum(1), None
        parts = torch.split(queries, max(1, (1 << 22) // len(keys)))
        if self.cfg.complete:
            least = torch.stack([distances(q, keys, square).amin(0) for q in parts]).amin(0)
            weight = 1 / (self.cfg.complete + least / values.shape[1])
            weight = weight / (1 / weight).mean().reciprocal()
        found = []
        for q in parts:
            d = distances(q, keys, square) if weight is None else distances(q, keys, square) * weight
            found.append(torch.softmax(d / -width, 1) @ values if self.cfg.soft else values[d.argmin(1)])
        return torch.cat(found)

    def folded(self, patches: Tensor, x: Tensor) -> Tensor:
        size, p, channels = x.shape[2:], self.cfg.patch, x.shape[1]
        total = F.fold((patches * self.window.flatten().repeat(channels)).T[None], size, p)
        return total / F.fold(self.window.reshape(1, -1, 1).expand(-1, -1, len(patches)), size, p)


def distances(queries: Tensor, keys: Tensor, square: Tensor) -> Tensor:
    return (torch.addmm(square, queries, keys.T, alpha=-2) + queries.square().sum(1, keepdim=True)).clamp_min_(0)


def followed(queries: Tensor, keys: Tensor, columns: int, field: Tensor | None, rng: torch.Generator) -> Tensor:
    """PatchMatch on grids of equal shape: what the neighbours' matches propose, the own place, and random guesses."""
    place = torch.arange(len(queries))
    field = place if field is None or len(field) != len(queries) else field
    best = (queries - keys[field]).square().sum(1)
    for step in (8, 4, 2, 1, 1):
        tries = [torch.roll(field, s * step) + s * step for s in (1, -1, columns, -columns)]
        tries += [field + (torch.randn(len(field), generator=rng) * s).long() for s in (3, columns * step)]
        for candidate in tries:
            candidate = candidate.clamp(0, len(keys) - 1)
            score = (queries - keys[candidate]).square().sum(1)
            field, best = torch.where(score < best, candidate, field), torch.minimum(score, best)
    return field


def denoised_sample(photo: Tensor, cfg: Denoiser, seed: int) -> Tensor:
    rng, below = torch.Generator().manual_seed(seed), None
    for size in gpnn_sizes(photo.shape[2], photo.shape[3], coarsest=cfg.coarsest, ratio=2):
        level, field = Level(resize(photo, size), cfg), None
        low = resize(photo, size) if below is None else resize(below, size)
        first = cfg.anchor if below is None else cfg.start
        alphas = torch.linspace(first, 1 - 1e-4, cfg.late if level.approximate else cfg.steps).tolist()
        x = first * low + (1 - first) * torch.randn(low.shape, generator=rng)
        for alpha, after in zip(alphas, [*alphas[1:], 1.0]):
            clean, field = level.denoised(x, alpha, field, rng)
            if after == 1.0:
                break
            noise = (x - alpha * clean) / (1 - alpha)
            if below is not None:  # the low frequencies are the coarser level's
                small = resize(clean, (below.shape[2], below.shape[3]), clamp=False)
                clean = low + clean - resize(small, size, clamp=False)
            fresh = torch.randn(x.shape, generator=rng)
            x = after * clean + (1 - after) * (math.sqrt(1 - cfg.eta**2) * noise + cfg.eta * fresh)
        below = clean.clamp(-1, 1)
    assert below is not None
    return below


def neighbours(photo: Tensor, cfg: Config, seed: int) -> Tensor:
    return vary([photo], cfg, Run(), size=(photo.shape[2], photo.shape[3]), seed=seed)


def mixed(photo: Tensor, cfg: Denoiser, seed: int) -> Tensor:
    """The denoiser up to about 47 px, nearest neighbours from there."""
    levels = plan((photo.shape[2], photo.shape[3]), (photo.shape[2], photo.shape[3]), Config())
    first = min(range(len(levels)), key=lambda i: abs(min(levels[i].size) - 47))
    start = denoised_sample(resize(photo, levels[first].size), cfg, seed)
    rng = torch.Generator().manual_seed(seed)
    return refine(start, [photo], refinement(Config()), Run(), levels[first:], rng, (False, False))


SYSTEMS: dict[str, tuple[Callable[..., Tensor], Any]] = {
    "gpnn 14": (neighbours, Config(coarsest=14)),
    "gpnn 20": (neighbours, Config(coarsest=20)),
    "denoiser fast": (denoised_sample, FAST),
    "denoiser fast, patch 7": (denoised_sample, replace(FAST, patch=7, coarsest=14)),
    "denoiser then gpnn": (mixed, COARSE),
    "denoiser anchored then gpnn": (mixed, replace(COARSE, anchor=0.4)),
    "gpnn 20 @96": (neighbours, Config(coarsest=20)),
    "softmax @96": (denoised_sample, FAITHFUL),
    "softmax, 48 components @96": (denoised_sample, replace(FAITHFUL, components=48)),
    "nearest @96": (denoised_sample, NEAREST),
    "nearest, complete @96": (denoised_sample, replace(NEAREST, complete=0.005)),
    "nearest, complete, eta 1 @96": (denoised_sample, replace(NEAREST, complete=0.005, eta=1.0)),
    "nearest, 5 steps @96": (denoised_sample, replace(NEAREST, steps=5)),
    "nearest, 20 steps @96": (denoised_sample, replace(NEAREST, steps=20)),
    "nearest, patch 7, coarsest 12 @96": (denoised_sample, replace(NEAREST, patch=7, coarsest=12)),
}


def work(task: tuple[str, argparse.Namespace]) -> list[dict[str, Any]]:
    name, options = task
    torch.set_num_threads(1)
    group, stem = name.split("/")
    full = to_tensor(open_photo(options.data / group / "photos" / f"{stem}.jpg"))[:, :3]
    factor = 96 / max(full.shape[2:])
    small = resize(full, (round(full.shape[2] * factor), round(full.shape[3] * factor)))
    made: dict[str, tuple[list[Tensor], float | None]] = {}
    for author in ("gpnn", "singan"):
        made[f"authors' {author}"] = [to_tensor(open_photo(options.data / group / author / f"{stem}.png"))[:, :3]], None
    for system, (function, cfg) in SYSTEMS.items():
        if system.endswith("@96") and name not in PHOTOS[:SMALL]:
            continue
        began, photo = time.process_time(), small if system.endswith("@96") else full
        pictures = [function(photo, cfg, seed) for seed in range(2 if photo is small else 3)]
        made[system] = pictures, (time.process_time() - began) / len(pictures)
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        cells = [(key, image(x)) for key, (some, _) in made.items() for x in some]
        sheet = contact_sheet([image(full), *(x for _, x in cells)], ["photo", *(k for k, _ in cells)], columns=8)
        sheet.save(options.sheets / f"{group}_{stem}.png")
    features = inception_stem(options.weights)
    return [row(name, key, small if key.endswith("@96") else full, *value, features) for key, value in made.items()]


def row(
    name: str, system: str, photo: Tensor, pictures: list[Tensor], seconds: float | None, features: Any
) -> dict[str, Any]:
    traced = originality(photo, pictures[0])  # the slow one: of one sample
    values = (
        statistics.fmean(sifid(photo, x, features) for x in pictures),
        traced.copied,
        traced.coverage,
        diversity(photo, torch.cat(pictures)) if len(pictures) > 1 else None,
        seconds,
    )
    rounded = (None if v is None else round(v, 4) for v in values)
    return {"photo": name, "system": system, **dict(zip(COLUMNS, rounded))}


def image(x: Tensor) -> Image.Image:
    return Image.fromarray(x[0].permute(1, 2, 0).add(1).mul(127.5).round().clamp(0, 255).byte().numpy())


def means(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for system in dict.fromkeys(r["system"] for r in rows):
        chosen = [r for r in rows if r["system"] == system]
        columns = {c: [r[c] for r in chosen if r[c] is not None] for c in COLUMNS}
        table[system] = {c: round(statistics.fmean(v), 4) for c, v in columns.items() if v}
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="holds sigd16/ and places20/")
    parser.add_argument("--weights", type=Path, required=True, help="of the Inception stem")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--photos", type=int, default=len(PHOTOS), help="only the first so many")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(work, [(name, options) for name in PHOTOS[: options.photos]]):
            rows += found
            # Written after each photo: a run that is cut short leaves what it has.
            record = {**provenance(), "means": means(rows), "rows": rows}
            options.out.write_text(json.dumps(record, indent=1) + "\n")
    for system, values in means(rows).items():
        print(f"{system:36}" + "".join(f"{c} {values.get(c, math.nan):8.3f}  " for c in COLUMNS))


if __name__ == "__main__":
    main()

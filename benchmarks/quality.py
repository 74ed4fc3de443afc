"""How good are our variations, next to those that the authors of SinGAN and GPNN published of the same photos?

    python benchmarks/quality.py --data DATA --weights WEIGHTS --presets fast,paper --jobs 2 --out OUT.json --sheets OUT

DATA holds ``sigd16/`` and ``places20/``, each with ``photos/``, ``singan/`` and ``gpnn/`` (files of equal stem). With
``--authors-only`` nothing is generated and only the published results are measured. Each process uses one torch thread;
the times of results in the JSON are therefore those of one core, with ``--jobs`` of them busy.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import list_photos
from calotype.tasks.evaluate import MEASURES, Evaluation, evaluate
from machine import provenance

SETS = ("sigd16", "places20")
AUTHORS = ("singan", "gpnn")
COLUMNS = (*MEASURES, "diversity", "seconds", "training")


@dataclass(frozen=True)
class Job:
    """One photo and what is to be done with it."""

    group: str
    photo: Path
    published: dict[str, Path]
    engine: str
    presets: tuple[str, ...]
    structures: tuple[str, ...]
    seed: int
    count: int
    diverse: int
    weights: str | None
    sheet: Path | None


def main() -> None:
    options = arguments()
    jobs = list(planned(options))
    started = time.perf_counter()
    rows: list[dict[str, Any]] = []
    features: dict[str, str] = {}
    with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done, (found, names) in enumerate(pool.map(work, jobs), 1):
            rows += found
            features |= names
            print(f"{done}/{len(jobs)} {found[0]['set']} {found[0]['photo']}", flush=True)
    record = {
        **provenance(),
        "engine": None if options.authors_only else options.engine,
        "presets": [] if options.authors_only else options.presets,
        "structures": [] if options.authors_only else options.structures,
        "seed": options.seed,
        "samples": 0 if options.authors_only else options.samples,
        "diversity_samples": 0 if options.authors_only else max(options.samples, options.diverse),
        "jobs": options.jobs,
        "seconds": round(time.perf_counter() - started, 1),
        "features": features,
        "summary": summary(rows),
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(table(record["summary"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--sets", type=names, default=SETS, help="default: all")
    parser.add_argument("--photos", type=int, help="only the first so many of each set")
    parser.add_argument("--only", type=names, default=(), help="only these, like sigd16/3,places20/12")
    parser.add_argument("--engine", default="gpnn")
    parser.add_argument("--presets", type=names, default=("fast",), help="compared with each other, like fast,paper")
    parser.add_argument("--structures", type=names, default=("loose",), help="of the samples, like free,loose")
    parser.add_argument("--samples", type=int, default=3, help="of each photo and preset")
    parser.add_argument(
        "--diverse",
        type=int,
        default=0,
        help="samples that diversity is measured over, if more than --samples: the spread of three looks smaller than "
        "it is (that of a normal distribution by a quarter); the papers take 100",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first sample")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--authors-only", action="store_true", help="measure the published results alone")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--sheet-photos", type=int, default=8, help="contact sheets for so many photos of each set")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the photos are: --data, or the environment variable CALOTYPE_DATA")
    return options


def names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def planned(options: argparse.Namespace) -> Any:
    for group in options.sets:
        published = {a: {path.stem: path for path in list_photos(options.data / group / a)} for a in AUTHORS}
        photos = list_photos(options.data / group / "photos")
        if options.only:
            photos = [photo for photo in photos if f"{group}/{photo.stem}" in options.only]
        for i, photo in enumerate(photos[: options.photos]):
            sheet = (
                options.sheets / f"{group}_{photo.stem}.png" if options.sheets and i < options.sheet_photos else None
            )
            yield Job(
                group=group,
                photo=photo,
                published={author: files[photo.stem] for author, files in published.items() if photo.stem in files},
                engine=options.engine,
                presets=() if options.authors_only else tuple(options.presets),
                structures=tuple(options.structures),
                seed=options.seed,
                count=options.samples,
                diverse=options.diverse,
                weights=options.weights,
                sheet=sheet,
            )


def work(job: Job) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of one photo, and the names of the features used."""
    import torch

    torch.set_num_threads(1)
    rows, pictures, features = [], [("photo", Image.open(job.photo))], {}
    for author, path in job.published.items():
        found = evaluate(job.photo, path, weights=job.weights)
        features |= found.features
        rows += scored(job, author, found, [None], [None])
        pictures.append((author, Image.open(path)))
    for preset in job.presets:
        training = trained(job, preset)
        for structure in job.structures:
            result = generated(job, preset, structure, job.count)
            found = evaluate(job.photo, result.images, weights=job.weights)
            features |= found.features
            system = f"{job.engine} {preset}" + (f" {structure}" if len(job.structures) > 1 else "")
            if job.diverse > job.count:
                found = replace(found, diversity=spread(job, preset, structure))
            rows += scored(job, system, found, result.seeds, result.seconds, training)
            labels = [f"{preset} {structure} {seed}" for seed in result.seeds]
            pictures += list(zip(labels, result.images, strict=True))
    if job.sheet:
        job.sheet.parent.mkdir(parents=True, exist_ok=True)
        labels, images = zip(*pictures, strict=True)
        # With three samples the photo and the published results are the first row, and each preset is a row.
        contact_sheet(images, labels, columns=max(3, job.count), mark_first=True).save(job.sheet)
    return rows, features


def trained(job: Job, preset: str) -> float | None:
    """Seconds that training took; ``None`` where nothing is learned, or was learned before."""
    from calotype import train
    from calotype.catalog import engine

    if not hasattr(engine(job.engine), "train"):
        return None
    model = train(job.engine, job.photo, preset=preset)
    return model.seconds if model.new else None


def spread(job: Job, preset: str, structure: str) -> float:
    """The diversity of ``job.diverse`` samples."""
    import torch

    from calotype.image.io import open_photo, to_tensor
    from calotype.metrics.diversity import diversity

    images = generated(job, preset, structure, job.diverse).images
    return diversity(to_tensor(open_photo(job.photo)), torch.cat([to_tensor(open_photo(one)) for one in images]))


def generated(job: Job, preset: str, structure: str, count: int) -> Any:
    from calotype import vary

    return vary(job.photo, n=count, seed=job.seed, engine=job.engine, preset=preset, structure=structure)


def scored(
    job: Job,
    system: str,
    found: Evaluation,
    seeds: list[Any],
    seconds: list[Any],
    training: float | None = None,
) -> list[dict[str, Any]]:
    rows = []
    for row, seed, format_duration in zip(found.rows, seeds, seconds, strict=True):
        values = {**asdict(row), "diversity": found.diversity, "seconds": format_duration, "training": training}
        measured = {name: None if values[name] is None else round(values[name], 5) for name in COLUMNS}
        rows.append({"set": job.group, "photo": job.photo.stem, "system": system, "seed": seed, **measured})
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Median and mean over the photos of a set, and of all; a photo counts once, with the mean of its samples."""
    lines = []
    for group in (*dict.fromkeys(row["set"] for row in rows), "all"):
        for system in dict.fromkeys(row["system"] for row in rows):
            chosen = [row for row in rows if group in (row["set"], "all") and row["system"] == system]
            columns = {name: photo_means(chosen, name) for name in COLUMNS}
            lines.append(
                {
                    "set": group,
                    "system": system,
                    "photos": len({(row["set"], row["photo"]) for row in chosen}),
                    "median": {name: round(statistics.median(v), 5) for name, v in columns.items() if v},
                    "mean": {name: round(statistics.fmean(v), 5) for name, v in columns.items() if v},
                }
            )
    return lines


def photo_means(rows: list[dict[str, Any]], name: str) -> list[float]:
    photos: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row[name] is not None:
            photos.setdefault((row["set"], row["photo"]), []).append(row[name])
    return [statistics.fmean(values) for values in photos.values()]


def table(lines: list[dict[str, Any]]) -> str:
    text = [f"{'medians':24}" + "".join(f"{name:>14}" for name in COLUMNS)]
    for line in lines:
        cells = (f"{line['median'][name]:14.4f}" if name in line["median"] else f"{'-':>14}" for name in COLUMNS)
        text.append(f"{line['set']:9}{line['system']:15}" + "".join(cells))
    return "\n".join(text)


if __name__ == "__main__":
    main()

"""How new can layouts be without training, and what does it cost? Settings of ``vary --structure free``, compared.

    python benchmarks/frontier.py --data DATA --weights WEIGHTS --out benchmarks/results/frontier.json

Of each setting of ``gpnn`` and ``gpdm``: SIFID to the photo, and the share of neighbouring patches that are neighbours
in the photo, too ("copied"), the median over photos of the mean over samples. All settings run on the photos of
``--choose``; those on the frontier (no other has both figures lower) and the defaults run again on the photos of
``--report``, with what the authors of SinGAN and GPNN published of them. DATA is as in ``quality.py``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from calotype import vary
from calotype.tasks.evaluate import evaluate
from machine import provenance

CHOOSE = "sigd16/2,sigd16/4,sigd16/6,sigd16/8,places20/2,places20/4,places20/6,places20/8"
REPORT = "sigd16/1,sigd16/3,sigd16/5,sigd16/7,places20/1,places20/3,places20/5,places20/7"
# Of the engine "gpnn", from the most copied to the least.
NEW = {"restless": 1.0, "spread": 0.2, "fine_steps": 3}
SETTINGS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "gpnn": ("gpnn", {}),
    "gpnn, larger coarsest level": ("gpnn", {"coarsest": 24}),
    "gpnn, more noise": ("gpnn", {"noise": 1.5}),
    "gpnn, restless .5": ("gpnn", {"restless": 0.5}),
    "gpnn, restless 1": ("gpnn", {"restless": 1.0}),
    "gpnn, restless 1, spread .2": ("gpnn", NEW),
    "gpnn, restless 1.5, spread .2": ("gpnn", {**NEW, "restless": 1.5}),
    "gpnn, restless 2, spread .2": ("gpnn", {**NEW, "restless": 2.0}),
    "gpnn, restless 1, spread .2, patches of 3": ("gpnn", {**NEW, "fine_patch": 3}),
    "gpnn, restless .5, patches of 3": ("gpnn", {"restless": 0.5, "fine_patch": 3, "spread": 0.2}),
    "gpnn, restless 1, spread .2, alpha .001": ("gpnn", {**NEW, "alpha": 0.001}),
    "gpnn, restless 1, spread .2, alpha .02": ("gpnn", {**NEW, "alpha": 0.02}),
    "gpdm": ("gpdm", {}),  # patches of 3 are replaced above 64
    "gpdm, patches replaced above 32": ("gpdm", {"replaced_above": 32}),
    "gpdm, patches replaced above 48": ("gpdm", {"replaced_above": 48}),
    "gpdm, patches replaced above 96": ("gpdm", {"replaced_above": 96}),
    "gpdm, distributions at all levels": ("gpdm", {"replaced_above": 0}),
    "gpdm, patches replaced twice": ("gpdm", {"replacements": 2}),
    "gpdm, larger coarsest level": ("gpdm", {"coarsest": 28}),
    "gpdm, patches of 5 replaced": ("gpdm", {"free_patch": 5}),
    "gpdm, patches of 5 replaced above 32": ("gpdm", {"free_patch": 5, "replaced_above": 32}),
    "gpdm, patches of 5 replaced above 96": ("gpdm", {"free_patch": 5, "replaced_above": 96}),
    "gpdm, patches of 5 replaced, larger coarsest level": ("gpdm", {"free_patch": 5, "coarsest": 28}),
}
DEFAULTS = ("gpnn", "gpdm")
AUTHORS = ("singan", "gpnn")


def photo_of(data: Path, name: str, folder: str = "photos") -> Path:
    group, stem = name.split("/")
    return next((data / group / folder).glob(f"{stem}.*"))


def measured(photo: Path, given: Any, weights: str | None) -> dict[str, float]:
    rows = evaluate(photo, given, weights=weights).rows
    return {name: statistics.mean(getattr(row, name) for row in rows) for name in ("sifid", "copied")}


def samples(photo: Path, setting: str, count: int, weights: str | None) -> dict[str, float]:
    engine, values = SETTINGS[setting]
    began = time.process_time()
    made = vary(photo, count, engine=engine, structure="free", settings=dict(values), device="cpu").images
    seconds = (time.process_time() - began) / count
    return {**measured(photo, made, weights), "seconds": seconds}


def medians(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    rows = list(rows)
    return {name: round(statistics.median(row[name] for row in rows), 4) for name in rows[0]}


def on_frontier(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The settings that no other beats in both figures."""
    return [
        name
        for name, row in found.items()
        if not any(other["sifid"] < row["sifid"] and other["copied"] < row["copied"] for other in found.values())
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--choose", default=CHOOSE)
    parser.add_argument("--report", default=REPORT)
    parser.add_argument("--samples", type=int, default=2, help="of each photo and setting")
    parser.add_argument("--settings", default=",,".join(SETTINGS), help="their names, with two commas between")
    options = parser.parse_args()
    torch.set_num_threads(1)
    photos = {name: options.__dict__[name].split(",") for name in ("choose", "report")}
    chosen = {}
    for setting in options.settings.split(",,"):
        rows = [
            samples(photo_of(options.data, name), setting, options.samples, options.weights)
            for name in photos["choose"]
        ]
        chosen[setting] = medians(rows)
        print(setting, chosen[setting], flush=True)
    best = on_frontier(chosen)
    reported = {}
    for setting in dict.fromkeys((*(name for name in DEFAULTS if name in chosen), *best)):
        rows = [
            samples(photo_of(options.data, name), setting, options.samples, options.weights)
            for name in photos["report"]
        ]
        reported[setting] = medians(rows)
        print("report:", setting, reported[setting], flush=True)
    authors = {
        author: medians(
            measured(photo_of(options.data, name), photo_of(options.data, name, author), options.weights)
            for name in photos["report"]
        )
        for author in AUTHORS
    }
    record = {
        **provenance(),
        "photos": photos,
        "samples": options.samples,
        "settings": {name: {"engine": SETTINGS[name][0], **SETTINGS[name][1]} for name in chosen},
        "choose": chosen,
        "frontier": best,
        "report": reported,
        "authors": authors,
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

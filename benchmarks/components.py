"""How many principal components a patch needs where labels are compared along with colours.

    python benchmarks/components.py --data DATA --weights WEIGHTS --out benchmarks/results/components.json

Patches of a layout carry a channel a label beside the colours, and two for the place: hundreds of values, of which
``relayout`` compares the leading principal components. A label that is rare hardly varies: few components leave it
out, and what was to lie there is lost.

Photos that no case of ``relayout.py`` uses, with the maps that ``segment`` makes of them, of few labels and of ten, are
laid out mirrored, and shifted by a sixth. No net is trained: every pixel starts from the mean colour of its label.
Judged as in ``relayout.py``; seconds are of the processor, one thread.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import calotype
from calotype.engines import analogy
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.labelmap import open_labels
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.nn.vgg import vgg16
from calotype.run import Run
from machine import provenance
from relayout import Case, found, numbers, segmenters_of
from sia_ablation import MeanColours

PHOTOS = ("sigd16/1", "sigd16/4", "sigd16/11", "places20/5", "places20/9", "places20/14")
CLASSES = (None, 10)  # what ``segment`` finds by itself, and so many
COMPONENTS = (24, 32, 48, 64, 96)


def main() -> None:
    options = arguments()
    stem, deep = inception_stem(options.weights), vgg16(options.weights)
    rows, pictures = [], []
    for classes in CLASSES:
        for case in cases(options, classes):
            segmenters = segmenters_of(case, deep)
            pictures += [to_image(case.photo), case.target.image()]
            for components in COMPONENTS:
                made, seconds = drawn(case, components)
                pictures.append(to_image(made))
                values = {**found(case.target, made, segmenters), "sifid": sifid(case.photo, made, stem)}
                rows.append(line(case, components, values | {"seconds": seconds}))
            print(case.name, case.layout, case.own.classes, flush=True)
    record = {**provenance(), "side": options.side, "summary": summary(rows), "rows": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.sheet:
        captions = ["photo", "target", *map(str, COMPONENTS)]
        contact_sheet(pictures, captions * (len(pictures) // len(captions)), columns=len(captions)).save(options.sheet)
    for each in record["summary"]:
        print(each)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--side", type=int, default=128, help="the longer side of all pictures, pixels")
    parser.add_argument("--sheet", type=Path, help="a contact sheet, outside the repository")
    options = parser.parse_args()
    if options.data is None or options.weights is None:
        parser.error("say where pictures and weights are: --data and --weights, or CALOTYPE_DATA and CALOTYPE_WEIGHTS")
    return options


def cases(options: argparse.Namespace, classes: int | None) -> Iterator[Case]:
    for name in PHOTOS:
        folder, number = name.split("/")
        picture = open_photo(Path(options.data) / folder / "photos" / f"{number}.jpg", max_side=options.side)
        own = open_labels(calotype.segment(picture, classes=classes, device="cpu")[0])
        sixth = own.index.shape[1] // 6
        shifted = np.concatenate([own.index[:, :1].repeat(sixth, 1), own.index[:, :-sixth]], 1)
        for layout, index in (("mirrored", own.index[:, ::-1].copy()), ("shifted", shifted)):
            yield Case(name, layout, to_tensor(picture)[:, :3], own, replace(own, index=index))


def drawn(case: Case, components: int) -> tuple[torch.Tensor, float]:
    """The result, and the seconds of the processor that it took."""
    cfg = analogy.adapted(replace(analogy.PRESETS["fast"], components=components), "relayout", classes=case.own.classes)
    began = time.process_time()
    made = analogy.relayout(
        [case.photo],
        cfg,
        Run(),
        before=numbers(case.own)[None],
        target=numbers(case.target)[None],
        seed=0,
        net=MeanColours(),  # type: ignore[arg-type]
    )
    return made, time.process_time() - began


def line(case: Case, components: int, values: dict[str, float]) -> dict[str, Any]:
    figures = {name: round(value, 4) for name, value in values.items()}
    return {"photo": case.name, "layout": case.layout, "labels": case.own.classes, "components": components} | figures


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means for each number of components, of maps of few labels and of ten."""
    lines = []
    for many in (False, True):
        for components in COMPONENTS:
            chosen = [each for each in rows if (each["labels"] >= 10, each["components"]) == (many, components)]
            names = [name for name in chosen[0] if name not in ("photo", "layout", "labels", "components")]
            means = {name: round(statistics.fmean(each[name] for each in chosen), 4) for name in names}
            lines.append({"labels": "ten" if many else "few", "components": components, **means})
    return lines


if __name__ == "__main__":
    main()

"""Layouts drawn from other pictures without training, and by a trained model, for a blind study.

20 held-out landscapes, others than those of ``draw_photos.py``, on which settings were chosen, are drawn from their
maps: ``photos``, patches of the 40 other landscapes laid out anew at full size, 256 pixels (``draw --photos``);
``spade``, the example model, which learned from thousands of landscapes of 64 pixels, at full size; ``enlarged``, its
picture of 64 pixels enlarged (bicubic). Two studies: of all three at full size, and of the first and the last one,
which is not enlarged there, at 64 pixels. What they are pictures of, the map in flat colours, takes the place of the
photo of the study.

    calotype data landscapes --size 256 --count 60 --seed 78 --out large
    python benchmarks/drawn.py make large --work work --out benchmarks/results/drawn.json
    python benchmarks/drawn.py sheets --work work

With ``--side 512`` the full size is 512 pixels (and of the set, too):

    calotype data landscapes --size 512 --count 60 --seed 79 --out larger
    python benchmarks/drawn.py make larger --side 512 --work work --out benchmarks/results/drawn_512.json

``drawn_usual.json`` is the same with ``--seed 82``, other landscapes, after the light of the photos was made usual.

``sheets`` writes a picture of every trial into WORK/sheets, with the order of the study, which hides the methods; the
second half of the trials has the other order. Whoever judges them writes a line for each, the best first, such as
``full_03: 2 1 3``. Then:

    python benchmarks/drawn.py judged ANSWERS.txt --work work --out benchmarks/results/drawn.json

Or the pages ``WORK/study */study.html`` are answered, and then:

    python benchmarks/drawn.py answered large --work work --out benchmarks/results/drawn.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from calotype.data.samples import Samples
from calotype.engines import gpnn
from calotype.image.labels import flat_colours
from calotype.matching.light import label_colours, unlike, usual_colours
from calotype.matching.retrieval import chosen, label_shares
from calotype.run import Run
from calotype.tasks.study import study
from drawn_common import CRITERION, HELD, STUDIES, keep, write_studies
from machine import provenance

SPADE = Path(__file__).parents[1] / "examples" / "models" / "landscapes"
SIDE = 256


def make(folder: Path, work: Path, full_side: int = SIDE) -> dict[str, Any]:
    """The pictures of all methods, and both studies."""
    large = Samples(folder, (full_side, full_side), keys=["image", "map"])
    names = list(large.about["map_classes"])
    given = [large[i] for i in range(len(large))]
    held, lent = given[:HELD], given[HELD:]
    shares = torch.stack([label_shares(one["map"][None], len(names)) for one in lent])
    light = [label_colours(one["image"][None], one["map"][None], len(names)) for one in lent]

    def differing(one: int, other: int) -> float:
        return unlike(light[one], light[other])

    colours = torch.tensor(flat_colours(len(names))).float() / 127.5 - 1
    for i, one in enumerate(held):
        picked = chosen(label_shares(one["map"][None], len(names)), shares, names, unlike=differing)
        photos, maps = [lent[k]["image"][None] for k in picked], [lent[k]["map"][None] for k in picked]
        how: dict[str, Any] = {"maps": maps, "target": one["map"][None], "usual": usual_colours(light)}
        laid_out = gpnn.draw(photos, gpnn.PRESETS["fast"], Run(), seed=0, **how)
        flat = colours[one["map"]].permute(2, 0, 1)[None]
        keep(work, i, flat, laid_out, SPADE, one["map"].numpy().astype("uint8"))
        print(i, len(picked), flush=True)
    return {
        "benchmark": "drawn",
        **provenance(),
        "seed": 0,
        "side": full_side,
        "drawn": len(held),
        "lent": len(lent),
        "classes": names,
        "pictures": write_studies(work),
    }


def trials(work: Path, task: str) -> Iterator[tuple[str, int, int, Mapping[str, Any], list[str]]]:
    """Name, number, pass, key and order of the pictures of each trial: each twice, the second time the other way."""
    key = json.loads((work / f"study {task}" / "key.json").read_text("utf-8"))
    (form,) = key["forms"][:1]
    for again in (0, 1):
        for number, trial in enumerate(form):
            order = trial["pictures"][:: -1 if again else 1]
            yield f"{task}_{again * len(form) + number:02d}", number, again, key, order


def sheets(work: Path, legend: list[str]) -> None:
    """A picture of every trial: the map with the names of its classes, and the pictures in the study's order."""
    for task in STUDIES:
        for name, _, _, key, order in trials(work, task):
            found = [key["pictures"][one] for one in order]
            stem = Path(found[0]["photo"]).stem
            files = [work / task / each["method"] / f"{stem}.png" for each in found]
            shown = [Image.open(work / task / "maps" / f"{stem}.png"), *(Image.open(path) for path in files)]
            enlarged = [one.convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST) for one in shown]
            sheet = Image.new("RGB", (len(shown) * (SIDE + 12) + 12, SIDE + 110), "white")
            pen = ImageDraw.Draw(sheet)
            for k, one in enumerate(enlarged):
                left = 12 + k * (SIDE + 12)
                sheet.paste(one, (left, 24))
                pen.text((left, 6), str(k) if k else "map", fill="black")
            present = sorted({tuple(c) for c in np.asarray(enlarged[0]).reshape(-1, 3).tolist()})
            colours = [tuple(int(v) for v in colour) for colour in flat_colours(len(legend))]
            for row, number in enumerate(n for n, colour in enumerate(colours) if colour in present):
                left, top = 12 + 200 * (row % 3), SIDE + 32 + 18 * (row // 3)
                pen.rectangle((left, top, left + 14, top + 12), fill=colours[number])
                pen.text((left + 20, top), legend[number], fill="black")
            (work / "sheets").mkdir(parents=True, exist_ok=True)
            sheet.save(work / "sheets" / f"{name}.png")
    (work / "sheets" / "README.txt").write_text(
        f"{CRITERION}\nFor each sheet write a line with the numbers of its pictures, the best first: full_03: 2 1 3\n"
    )


def judged(answers: Path, work: Path, out: Path) -> None:
    """Turn lines of answers into those of a participant, and add the results of the studies."""
    lines = [line.split(":") for line in answers.read_text("utf-8").splitlines() if ":" in line]
    ranks = {name.strip(): [int(each) for each in rest.split()] for name, rest in lines}
    result = json.loads(out.read_text("utf-8"))
    for task in STUDIES:
        place, found, rows = work / f"study {task}", [], []
        key: Mapping[str, Any] = {}
        for name, number, again, key, order in trials(work, task):
            if name not in ranks:
                continue
            choice = [order[each - 1] for each in ranks[name]]
            if sorted(choice) != sorted(order):
                raise SystemExit(f"{name} ranks not all of its pictures once")
            found.append({"trial": number, "pass": again, "order": order, "choice": choice})
            rows.append(
                {
                    "map": key["pictures"][order[0]]["photo"],
                    "pass": again,
                    "best_first": [key["pictures"][one]["method"] for one in choice],
                }
            )
        if not found:
            continue
        given = {"format": 1, "study": key["study"], "participant": "1", "form": 0, "answers": found}
        (place / "answers" / "1.json").write_text(json.dumps(given))
        result.setdefault("studies", {})[task] = told(place, rows)
    out.write_text(json.dumps(result, indent=1) + "\n")


def answered(work: Path, out: Path) -> None:
    """Add the results of studies that were answered on their pages."""
    result = json.loads(out.read_text("utf-8"))
    for task in STUDIES:
        place = work / f"study {task}"
        pictures = json.loads((place / "key.json").read_text("utf-8"))["pictures"]
        rows = [
            {
                "map": pictures[answer["choice"][0]]["photo"],
                "pass": answer["pass"],
                "best_first": [pictures[one]["method"] for one in answer["choice"]],
            }
            for path in sorted((place / "answers").glob("*.json"))
            for answer in json.loads(path.read_text("utf-8"))["answers"]
        ]
        result.setdefault("studies", {})[task] = told(place, rows)
    out.write_text(json.dumps(result, indent=1) + "\n")


def told(place: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The results of a study, and the rankings."""
    found = study([place]).as_dict()
    return {
        **{name: found[name] for name in ("participants", "rows", "preferences")},
        "ranks": sorted(rows, key=lambda row: (row["map"], row["pass"])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("make", "sheets", "judged", "answered"):
        command = commands.add_parser(name)
        if name != "sheets":
            command.add_argument("given", type=Path, help="the set, or the answers")
            command.add_argument("--out", type=Path, required=True)
        command.add_argument("--work", type=Path, default=Path("drawn-work"))
        if name == "make":
            command.add_argument("--side", type=int, default=SIDE, help="full size, pixels")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "make":
        result = make(asked.given, asked.work, asked.side)
        asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        (asked.work / "classes.json").write_text(json.dumps(result["classes"]))
    elif asked.command == "sheets":
        sheets(asked.work, json.loads((asked.work / "classes.json").read_text()))
    elif asked.command == "answered":
        answered(asked.work, asked.out)
    else:
        judged(asked.given, asked.work, asked.out)


if __name__ == "__main__":
    main()

"""Directions of attributes of drawn faces: what moving along each changes, and what stays.

The generator is the example model, 32 pixels. ``calotype.directions`` learns from one half of a set; the directions
are measured on samples that it has not seen, by another classifier that was trained with another seed on the other
half. At each strength, in standard deviations, samples are moved towards what they have not: ``changed`` is how often
the attribute comes or goes, ``kept`` the mean share of the other attributes that stay. Random directions are measured
beside them.

    calotype data faces -n 3000 --size 32 -o faces
    python benchmarks/stylegan_directions.py --faces faces --out benchmarks/results/stylegan_directions.json \
        --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import calotype
import stylegan_common as common
from calotype.catalog import load
from calotype.data.attributes import read_attributes
from calotype.data.folder import decoded_photos
from calotype.data.writing import ABOUT, SAMPLES
from calotype.inspection.attribute_classifier import balanced_accuracy, trained_classifier
from calotype.models.stylegan.style_space import StyleSpace
from calotype.run import Run
from machine import provenance
from stylegan_common import EXAMPLE_MODEL, begun, write_result, write_sheet

NAMES = ("glasses", "sad", "colours.mouth=#de0f0d", "colours.skin=#ffdbac", "colours.skin=#8d5524")
STRENGTHS = (1.0, 2.0, 3.0)
FIRST, SAMPLES_MOVED = 100_000, 300  # seeds that directions were not learned from
SHOWN = 5


def part(faces: Path, folder: Path, which: slice) -> Path:
    """A set of some of the faces."""
    lines = (faces / SAMPLES).read_text().splitlines()[which]
    folder.mkdir()
    (folder / SAMPLES).write_text("\n".join(lines) + "\n")
    (folder / ABOUT).write_bytes((faces / ABOUT).read_bytes())
    (folder / "images").symlink_to((faces / "images").resolve())
    return folder


class Judge:
    """A classifier of the attributes that is not the one which directions were learned by."""

    def __init__(self, faces: Path, side: int) -> None:
        told = read_attributes(faces, NAMES)
        rows = torch.from_numpy(decoded_photos(told.files, (side, side), keep=False).rows.copy())
        pictures = rows.permute(0, 3, 1, 2).float() / 127.5 - 1
        truth = {name: torch.tensor(told.column(name)) for name in NAMES}
        held = torch.arange(len(pictures)) % 4 == 0
        known = {name: values[~held].long() for name, values in truth.items()}
        self.net = trained_classifier(pictures[~held], known, dict.fromkeys(NAMES, 2), Run(seed=1))
        said = self.said(pictures[held])
        self.accuracy = {name: round(balanced_accuracy(said[name], truth[name][held]), 4) for name in NAMES}

    def said(self, pictures: Tensor) -> dict[str, Tensor]:
        return {name: each[:, 1] > each[:, 0] for name, each in self.net.logits(pictures).items()}


class Moving:
    """Samples, what the judge says of them, and the same when they are moved."""

    def __init__(self, space: StyleSpace, judge: Judge) -> None:
        self.space, self.judge = space, judge
        self.styles = space.sample(range(FIRST, FIRST + SAMPLES_MOVED))
        self.before = judge.said(space.draw(self.styles))

    def row(self, name: str, direction: Tensor, strength: float) -> dict[str, float]:
        towards = (1 - 2 * self.before[name].float())[:, None]
        after = self.judge.said(self.space.draw(self.styles + strength * towards * direction))
        same = {key: float((after[key] == self.before[key]).float().mean()) for key in NAMES}
        others = [value for key, value in same.items() if key != name and not both_colours(key, name)]
        return {
            "strength": strength,
            "changed": round(1 - same[name], 4),
            "kept": round(sum(others) / len(others), 4),
        }

    def pictures(self, direction: Tensor) -> Tensor:
        """Some samples, moved back and forth: [3, side x strengths, side x samples]."""
        some = self.styles[:SHOWN]
        rows = [torch.cat(list(self.space.draw(some + s * direction)), 2) for s in (-3.0, -1.5, 0.0, 1.5, 3.0)]
        return torch.cat(rows, 1)


def both_colours(one: str, other: str) -> bool:
    """Whether two attributes are values of the same part, which exclude each other."""
    return "=" in one and one.partition("=")[0] == other.partition("=")[0]


def measured(faces: Path, moving: Moving, *, orthogonal: bool, folder: Path) -> tuple[dict[str, Any], list[Tensor]]:
    began = time.process_time()
    learned = calotype.directions(
        EXAMPLE_MODEL, faces, attributes=NAMES, orthogonal=orthogonal, out=folder / f"orthogonal-{orthogonal}"
    )
    seconds = time.process_time() - began
    rows, sheets = {}, []
    for one in learned.found:
        direction = torch.from_numpy(one.latent.values["direction"])
        rows[one.attribute] = {
            "share": round(one.share, 4),
            "classifier": round(one.classifier or 0.0, 4),
            "accuracy": round(one.accuracy, 4),
            "moved": [moving.row(one.attribute, direction, strength) for strength in STRENGTHS],
        }
        sheets.append(moving.pictures(direction))
        print(one.attribute, json.dumps(rows[one.attribute]), flush=True)
    return {"cpu_seconds": round(seconds), "notes": learned.notes, "directions": rows}, sheets


def at_random(moving: Moving) -> dict[str, list[dict[str, float]]]:
    """Directions drawn at random, of one standard deviation, one for each attribute."""
    found = {}
    for number, name in enumerate(NAMES):
        drawn = torch.randn(moving.styles.shape[1], generator=torch.Generator().manual_seed(number))
        unit = drawn / drawn.norm()
        direction = unit * (moving.styles @ unit).std()
        found[name] = [moving.row(name, direction, strength) for strength in STRENGTHS]
    return found


def main() -> None:
    parser = common.parser(__doc__, "a sheet of moved samples")
    parser.add_argument("--faces", type=Path, required=True, help="the set, at the size of the model")
    asked, _ = begun(parser)
    loaded = load(EXAMPLE_MODEL)
    count = len((asked.faces / SAMPLES).read_text(encoding="utf-8").splitlines())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        learned_from = part(asked.faces, folder / "learned", slice(0, count // 2))
        judge = Judge(part(asked.faces, folder / "judged", slice(count // 2, count)), loaded.config.resolution)
        print(json.dumps(judge.accuracy), flush=True)
        moving = Moving(StyleSpace(loaded.config, loaded.net.requires_grad_(False)), judge)
        plain, sheets = measured(learned_from, moving, orthogonal=False, folder=folder)
        apart, others = measured(learned_from, moving, orthogonal=True, folder=folder)
    result = {
        "benchmark": "stylegan_directions",
        **provenance(),
        "seed": 0,
        "faces": count,
        "moved_samples": SAMPLES_MOVED,
        "judge": judge.accuracy,
        "boundaries": plain,
        "orthogonal": apart,
        "random": at_random(moving),
    }
    write_result(result, asked.out)
    sheet = torch.cat([torch.cat(sheets, 2), torch.cat(others, 2)], 1)[None]
    write_sheet(sheet, asked.sheet)


if __name__ == "__main__":
    main()

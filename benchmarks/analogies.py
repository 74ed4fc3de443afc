"""Does ``analogy`` put things where a map wants them, and do they still look like the photo?

    python benchmarks/analogies.py --data DATA --weights WEIGHTS --out OUT.json --sheets OUT

DATA holds ``tasks/analogy/``, one folder a case: ``img`` the photo, ``label`` a map of it, ``cond/`` other layouts. All
are shrunk to ``--side`` pixels. Three figures for each result: the seconds it took; SIFID to the photo; and how far a
segmenter finds in it the layout that was asked for, as the share of right pixels and as intersection over union, the
mean over the labels. The segmenter knows nothing of the engines: each pixel takes the label that most of the nearest
pixels of the photo have, by colour and by mean and deviation of the colours around it, whatever its place. It errs
too, so two more rows tell what its figures mean: ``photo, own map`` is what it finds in the photo itself, compared with
the photo's own map, each pixel being kept from its own vicinity; ``photo, target`` is the photo left as it is, compared
with the layout asked for.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import list_photos, open_photo, to_image, to_tensor
from calotype.image.labels import label_colours, one_hot
from calotype.metrics.sifid import sifid
from calotype.nn.features import Features, inception_stem, offline_features
from machine import provenance

COLUMNS = ("pixels", "iou", "sifid_offline", "sifid", "seconds")
SYSTEMS = ("gpnn fast", "imageanalogies fast")
NEIGHBOURS, SAMPLE, VICINITY = 9, 6000, 4


@dataclass(frozen=True)
class Case:
    """A photo and its map [1, K, H, W], and a layout asked for [1, K, h, w]; pictures [1, 3, H, W]."""

    name: str
    layout: str
    photo: torch.Tensor
    map_path: Path
    target_path: Path
    own: torch.Tensor
    target: torch.Tensor


def main() -> None:
    options = arguments()
    features = {"sifid_offline": offline_features()}
    if options.weights:
        features["sifid"] = inception_stem(options.weights)
    started, rows, pictures = time.perf_counter(), [], {}
    for case in cases(options):
        segmenter = Segmenter(case.photo, case.own)
        if case.name not in pictures:
            pictures[case.name] = []
            rows.append(floor(case, "photo, own map", case.own, segmenter(case.photo, itself=True)))
        target = F.interpolate(case.target, size=case.photo.shape[2:], mode="nearest-exact")
        rows.append(floor(case, "photo, target", target, segmenter(case.photo)))
        line = [to_image(case.photo), Image.open(case.target_path).convert("RGB")]
        for system in options.systems:
            made, seconds = drawn(case, system, options)
            line.append(to_image(made))
            rows.append(measured(case, system, made, seconds, segmenter, features))
        pictures[case.name] += line
        print(f"{case.name} {case.layout}", flush=True)
    record = {
        **provenance(),
        "side": options.side,
        "systems": options.systems,
        "seconds": round(time.perf_counter() - started, 1),
        "features": {name: found.name for name, found in features.items()},
        "summary": summary(rows),
        "rows": rows,
    }
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        labels = ["photo", "target", *options.systems]
        for name, found in pictures.items():
            repeated = labels * (len(found) // len(labels))
            contact_sheet(found, repeated, columns=len(labels)).save(options.sheets / f"{name}.png")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(table(record["summary"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--side", type=int, default=250, help="the longer side of all pictures, pixels")
    parser.add_argument("--layouts", type=int, help="only the first so many of each case")
    parser.add_argument(
        "--systems", type=lambda text: tuple(text.split(",")), default=SYSTEMS, help="engine and preset, with commas"
    )
    parser.add_argument("--set", nargs="*", default=[], help="KEY=VALUE, for every system")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the pictures are: --data, or the environment variable CALOTYPE_DATA")
    return options


def cases(options: argparse.Namespace) -> Iterator[Case]:
    for folder in sorted(path for path in (Path(options.data) / "tasks" / "analogy").iterdir() if path.is_dir()):
        given = {path.stem: path for path in list_photos(folder)}
        photo, own = (read(given[name], options.side) for name in ("img", "label"))
        palette = label_colours(own)
        layouts = [path for path in list_photos(folder / "cond") if not path.stem.startswith("mask")]
        for path in layouts[: options.layouts]:
            target = one_hot(read(path, options.side), palette)
            yield Case(folder.name, path.stem, photo, given["label"], path, one_hot(own, palette), target)


def read(path: Path, side: int) -> torch.Tensor:
    return to_tensor(open_photo(path, max_side=side))[:, :3]


def drawn(case: Case, system: str, options: argparse.Namespace) -> tuple[torch.Tensor, float]:
    """The result, and the seconds it took."""
    import calotype

    engine, preset = system.split()
    result = calotype.analogy(
        to_image(case.photo),
        case.target_path,
        before=case.map_path,
        engine=engine,
        preset=preset,
        max_side=options.side,
        settings=dict(pair.split("=") for pair in options.set),
        device="cpu",
    )
    return to_tensor(open_photo(result[0])), result.seconds[0]


class Segmenter:
    """Labels for the pixels of a picture, from a photo and a map of it."""

    def __init__(self, photo: torch.Tensor, own: torch.Tensor) -> None:
        found = described(photo)
        self.scale = found.std(0).clamp(min=1e-3)
        chosen = torch.randperm(len(found), generator=torch.Generator().manual_seed(0))[:SAMPLE]
        self.known = found[chosen] / self.scale
        self.labels = own[0].argmax(0).flatten()[chosen]
        width = photo.shape[3]
        self.places = torch.stack([chosen // width, chosen % width], 1).float()
        self.count = own.shape[1]

    def __call__(self, picture: torch.Tensor, itself: bool = False) -> torch.Tensor:
        """Labels int64 [h, w]; a pixel of the photo ``itself`` takes none from within ``VICINITY`` pixels."""
        height, width = picture.shape[2:]
        rows, found = described(picture) / self.scale, []
        for start in range(0, len(rows), 2000):
            distance = torch.cdist(rows[start : start + 2000], self.known)
            if itself:
                index = torch.arange(start, min(start + 2000, len(rows)))
                here = torch.stack([index // width, index % width], 1).float()
                distance[torch.cdist(here, self.places, p=float("inf")) <= VICINITY] = float("inf")
            votes = self.labels[distance.topk(NEIGHBOURS, largest=False).indices]
            found.append(F.one_hot(votes, self.count).sum(1).argmax(1))
        return torch.cat(found).view(height, width)


def described(picture: torch.Tensor) -> torch.Tensor:
    """[h * w, 15]: colour, its mean in windows of 5 and 13 pixels, and its deviation in both."""
    parts = [picture]
    for side in (5, 13):
        mean = F.avg_pool2d(picture, side, 1, side // 2, count_include_pad=False)
        square = F.avg_pool2d(picture.square(), side, 1, side // 2, count_include_pad=False)
        parts += [mean, (square - mean.square()).clamp(min=0).sqrt()]
    return torch.cat(parts, 1)[0].flatten(1).T


def agreement(wanted: torch.Tensor, found: torch.Tensor) -> dict[str, float]:
    """Share of right pixels, and the mean intersection over union of the labels that were wanted."""
    wanted = wanted[0].argmax(0)
    ious = [float(((wanted == k) & (found == k)).sum() / ((wanted == k) | (found == k)).sum()) for k in wanted.unique()]
    return {"pixels": float((wanted == found).float().mean()), "iou": statistics.fmean(ious)}


def floor(case: Case, system: str, wanted: torch.Tensor, found: torch.Tensor) -> dict[str, Any]:
    return row(case, system, agreement(wanted, found))


def measured(
    case: Case,
    system: str,
    made: torch.Tensor,
    seconds: float,
    segmenter: Segmenter,
    features: dict[str, Features],
) -> dict[str, Any]:
    values = {**agreement(case.target, segmenter(made)), "seconds": seconds}
    return row(case, system, values | {name: sifid(case.photo, made, each) for name, each in features.items()})


def row(case: Case, system: str, values: dict[str, float]) -> dict[str, Any]:
    rounded = {name: round(values[name], 5) for name in COLUMNS if name in values}
    size = f"{case.photo.shape[3]}x{case.photo.shape[2]}"
    return {"case": case.name, "layout": case.layout, "size": size, "system": system, **rounded}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means for each case and system, and over the cases, each counting once."""
    lines = []
    systems = list(dict.fromkeys(row["system"] for row in rows))
    for system in systems:
        means = []
        for case in dict.fromkeys(row["case"] for row in rows):
            chosen = [row for row in rows if (row["case"], row["system"]) == (case, system)]
            means.append({name: statistics.fmean(r[name] for r in chosen) for name in COLUMNS if name in chosen[0]})
            lines.append({"case": case, "system": system, "layouts": len(chosen), "mean": rounded(means[-1])})
        overall = {name: statistics.fmean(mean[name] for mean in means) for name in means[0]}
        lines.append({"case": "all", "system": system, "layouts": None, "mean": rounded(overall)})
    return lines


def rounded(mean: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in mean.items()}


def table(lines: list[dict[str, Any]]) -> str:
    text = [f"{'means':34}" + "".join(f"{name:>15}" for name in COLUMNS)]
    for line in lines:
        cells = (f"{line['mean'][name]:15.4f}" if name in line["mean"] else f"{'-':>15}" for name in COLUMNS)
        text.append(f"{line['case']:10}  {line['system']:22}" + "".join(cells))
    return "\n".join(text)


if __name__ == "__main__":
    main()

"""Photographs drawn at 512 pixels from maps of ``segment``, without training and by trained models, for a blind study.

The monuments of the set ``photos`` with sides of at least 400 pixels, their middle squares at 512 pixels: 20 are held
out, 28 are a folder of photographs as a user has one. ``segment --shared`` finds classes in the 28 and makes the maps
of all. From the map of each that is held out: ``photos``, patches of the folder laid out anew (``draw --photos``);
``spade``, trained on the folder (preset ``small``, 64 pixels), in one piece at 512 pixels; ``enlarged``, its picture
of 64 pixels enlarged (bicubic). Two studies as in ``drawn.py``: all at 512 pixels, and the first and the last one, not
enlarged, at 64 pixels, where the first is shrunk. The map is shown in the mean colours of its classes in the folder, as
its classes have no names.

    python benchmarks/drawn_photographs.py folder --work work
    calotype train spade work/lent --out work/spade
    python benchmarks/drawn_photographs.py make --work work --out benchmarks/results/drawn_photographs.json

Once the pages ``WORK/study */study.html`` are answered:

    python benchmarks/drawn_photographs.py answered --work work --out benchmarks/results/drawn_photographs.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from calotype.data.packages import fetched
from calotype.data.sets import photos as photographs
from calotype.engines import gpnn, superpixels
from calotype.image.io import open_photo, save_png, to_image, to_tensor
from calotype.matching.light import label_colours, usual_colours
from calotype.matching.retrieval import chosen, label_shares
from calotype.run import Run
from draw_photos import differing
from drawn import answered
from drawn_common import HELD, keep, write_studies
from machine import provenance

LEAST_SIDE, SIDE = 400, 512
LENT = 28


def squares() -> list[Tensor]:
    """The middle squares of the photographs, [1, 3, 512, 512] each."""
    found = []
    for label, _, picture in photographs.pictures(fetched(photographs.ABOUT.packages[0])):
        if label != "monuments" or min(picture.size) < LEAST_SIDE:
            continue
        width, height = picture.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        found.append(to_tensor(open_photo(square))[:, :3])
    return found


def write(work: Path) -> None:
    """The folder of photographs with maps, and the photographs that are held out with theirs."""
    cfg, found = superpixels.PRESETS["fast"], squares()
    lent, held = found[:LENT], found[LENT : LENT + HELD]
    shared = superpixels.shared_labels(lent, cfg, classes=None, seed=0)
    for name, photos in (("lent", lent), ("held", held)):
        for kind in ("images", "maps"):
            (work / name / kind).mkdir(parents=True, exist_ok=True)
        for i, photo in enumerate(photos):
            labels = superpixels.segment([photo], cfg, Run(), classes=None, seed=0, shared=shared)
            save_png(to_image(photo), work / name / "images" / f"{i:02d}.png", {})
            grey = Image.fromarray(labels[0].numpy().astype("uint8"))
            grey.save(work / name / "maps" / f"{i:02d}.png")
        print(name, len(photos), flush=True)


def pairs(folder: Path) -> list[tuple[Tensor, Tensor]]:
    """Photographs [1, 3, H, W], -1..1, and their maps, int64 [1, H, W]."""
    read = []
    for path in sorted((folder / "images").glob("*.png")):
        labels = torch.from_numpy(np.array(Image.open(folder / "maps" / path.name)).astype("int64"))
        read.append((to_tensor(open_photo(path))[:, :3], labels[None]))
    return read


def make(work: Path) -> dict[str, Any]:
    """The pictures of all methods, and both studies."""
    lent, held = pairs(work / "lent"), pairs(work / "held")
    classes = 1 + max(int(labels.max()) for _, labels in lent)
    names = [str(i) for i in range(classes)]
    shares = torch.stack([label_shares(labels, classes) for _, labels in lent])
    colours = [label_colours(photo, labels, classes) for photo, labels in lent]
    means = class_means(lent, classes)
    for i, (_, target) in enumerate(held):
        unlike = differing(colours, range(len(lent)))
        picked = chosen(label_shares(target, classes), shares, names, unlike=unlike)
        photos, maps = [lent[k][0] for k in picked], [lent[k][1] for k in picked]
        how: dict[str, Any] = {"maps": maps, "target": target, "usual": usual_colours(colours)}
        laid_out = gpnn.draw(photos, gpnn.PRESETS["fast"], Run(), seed=0, **how)
        flat = means[target[0]].permute(2, 0, 1)[None]
        keep(work, i, flat, laid_out, work / "spade", target[0].numpy().astype("uint8"))
        print(i, len(picked), flush=True)
    return {
        "benchmark": "drawn_photographs",
        **provenance(),
        "seed": 0,
        "side": SIDE,
        "drawn": len(held),
        "lent": len(lent),
        "classes": classes,
        "config": json.loads((work / "spade" / "model.json").read_text("utf-8"))["config"],
        "pictures": write_studies(work),
    }


def class_means(lent: list[tuple[Tensor, Tensor]], classes: int) -> Tensor:
    """The mean colour of each class in a folder, [classes, 3], -1..1."""
    sums, counts = torch.zeros(classes, 3), torch.zeros(classes)
    for photo, labels in lent:
        sums.index_add_(0, labels.flatten(), photo[0].permute(1, 2, 0).reshape(-1, 3))
        counts += torch.bincount(labels.flatten(), minlength=classes)
    return sums / counts.clamp_min(1)[:, None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("folder", "make", "answered"))
    parser.add_argument("--work", type=Path, required=True, help="folder of photographs, models, pictures and studies")
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "folder":
        write(asked.work)
    elif asked.command == "make":
        asked.out.write_text(json.dumps(make(asked.work), indent=1) + "\n", encoding="utf-8")
    else:
        answered(asked.work, asked.out)


if __name__ == "__main__":
    main()

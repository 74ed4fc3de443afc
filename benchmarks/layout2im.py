"""Layout2Im as a baseline: of BachGAN on boxes of salient objects, and of ``control3d`` in the plane.

- ``shapes``: the preset ``study`` learns from the boxes of the things of the scenes that ``benchmarks/bachgan.py``
  learns from, and draws the same held-out boxes. Measured as there: the Frechet distance to real scenes with features
  of EfficientNet-Lite0 (not FID), pixel accuracy and mean IoU by the same kind of segmenter.
- ``solids``: it learns from the boxes of the solids of the pictures that ``benchmarks/control3d.py`` learns from, and
  draws held-out layouts. Edited are all of them: the first box is moved to the right by a tenth of the picture, which
  is a move of .2 units there; an object cannot be turned. Measured are the Frechet distances to real pictures of both,
  and the mean absolute change of pixels outside of the old and the new box (values -1..1).

    calotype data shapes shapes; calotype data solids solids --size 32
    python benchmarks/layout2im.py train shapes --set shapes --work work
    python benchmarks/layout2im.py train solids --set solids --work work
    python benchmarks/layout2im.py measure shapes solids --work work --out benchmarks/results/layout2im.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import bachgan as of_bachgan
from calotype import saving
from calotype.catalog import load
from calotype.data.boxes import box_of
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.metrics.frechet import fid
from calotype.models import bachgan, layout2im
from calotype.models.bachgan.boxes import boxes_of_map
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from machine import provenance
from spade import UNet, seconds_of, seen, segmentation_loss, timed, trained_unet

SIDE, HELD_OUT_SOLIDS, STEPS, MOVED = 32, 600, 600, 0.1
KINDS = ("shapes", "solids")
Layout = tuple[Tensor, Tensor]  # boxes [n, 4] and classes [n]


class Boxed:
    """Pictures with their boxes.

    Args:
        samples: whose.
        numbers: which of them.
        layout: the boxes of a sample.
    """

    def __init__(self, samples: Any, numbers: Sequence[int], layout: Any) -> None:
        self.samples, self.numbers, self.layout = samples, numbers, layout

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        sample = self.samples[self.numbers[i]]
        boxes, classes = self.layout(sample)
        return {"image": sample["image"], "boxes": boxes, "classes": classes}


def of_shapes(folder: Path) -> tuple[Boxed, Boxed, list[str]]:
    """Scenes with the boxes of their things: to learn from, held out; and the names of the classes."""
    learned, held_out, about = of_bachgan.parts(folder)
    cfg = bachgan.adapted(bachgan.PRESETS["study"], about)

    def layout(sample: dict[str, Tensor]) -> Layout:
        return boxes_of_map(sample["map"], cfg)

    return *(Boxed(part, range(len(part)), layout) for part in (learned, held_out)), about["names"]  # type: ignore[return-value]


def of_solids(folder: Path) -> tuple[Boxed, Boxed, list[str]]:
    """Rooms with the boxes of their solids: to learn from, held out; and the names of the classes."""
    samples = Samples(folder, (SIDE, SIDE), keys=["image", "map", "instances", "label"])
    furnished = [i for i, line in enumerate(samples.lines) if line["label"]]
    learned = [i for i in furnished if i < len(samples) - HELD_OUT_SOLIDS]

    def layout(sample: dict[str, Tensor]) -> Layout:
        instances = sample["instances"].numpy()
        numbers = [n for n in range(1, int(instances.max()) + 1) if (instances == n).any()]
        boxes = torch.tensor([box_of(instances == n) for n in numbers]).reshape(-1, 4)
        kinds = [int(sample["map"][torch.from_numpy(instances == n)][0]) - 1 for n in numbers]
        return boxes, torch.tensor(kinds, dtype=torch.int64)

    parts = (Boxed(samples, numbers, layout) for numbers in (learned, furnished[len(learned) :]))
    return *parts, list(samples.about["classes"])  # type: ignore[return-value]


SETS = {"shapes": of_shapes, "solids": of_solids}


def train(kind: str, folder: Path, work: Path, seed: int, steps: int) -> float:
    """Train on a set, or go on; its processor seconds."""
    learned, _, names = SETS[kind](folder)
    cfg = layout2im.adapted(replace(layout2im.PRESETS["study"], steps=steps), {"names": names})
    place = work / f"{kind} {seed}"
    stream = Stream(learned, cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: layout2im.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "layout2im", cfg, net, "", cfg.size, about=layout2im.about(cfg))
    return seconds


def drawn(loaded: Any, layouts: Sequence[Layout]) -> Tensor:
    """A picture of each layout, with the codes of its number: [N, 3, H, W]."""
    made = []
    for number, (boxes, classes) in enumerate(layouts):
        given = {"boxes": boxes[None], "classes": classes[None]}
        made.append(layout2im.draw(loaded.config, Run(), net=loaded.net, boxes=given, seed=number))
    return torch.cat(made)


def on_shapes(loaded: Any, folder: Path, work: Path) -> dict[str, Any]:
    """The figures of ``benchmarks/bachgan.py`` for scenes that have things."""
    learned, held_out, about = of_bachgan.parts(folder)
    _, boxed, names = of_shapes(folder)
    layouts = [(each["boxes"], each["classes"]) for each in (boxed[i] for i in range(len(boxed)))]
    numbers = [i for i, (_, classes) in enumerate(layouts) if len(classes)]
    samples = [held_out[i] for i in numbers]
    maps, real = (torch.stack([sample[key] for sample in samples]) for key in ("map", "image"))
    made = drawn(loaded, [layouts[i] for i in numbers])
    segmenter, _ = trained_unet(
        of_bachgan.Maps(learned),  # type: ignore[arg-type]
        UNet(3, len(names), 16, depth=3),
        segmentation_loss,
        work,
        "segmenter",
        of_bachgan.SEGMENTER_STEPS,
    )
    network = chosen("auto")
    distance = fid(embed(real.split(40), network), embed(made.split(40), network))
    return {"scenes": len(numbers), "frechet": round(distance, 2), **seen(segmenter, made, maps, len(about["names"]))}


def on_solids(loaded: Any, folder: Path) -> dict[str, Any]:
    """Frechet distances before and after a move, and what changes outside of the boxes."""
    _, boxed, _ = of_solids(folder)
    samples = [boxed[i] for i in range(len(boxed))]
    layouts = [(each["boxes"], each["classes"]) for each in samples]
    moved = [(torch.cat([shifted(boxes[:1]), boxes[1:]]), classes) for boxes, classes in layouts]
    before, after = drawn(loaded, layouts), drawn(loaded, moved)
    outside = []
    for number, ((old, _), (new, _)) in enumerate(zip(layouts, moved)):
        touched = torch.zeros(SIDE, SIDE, dtype=torch.bool)
        for left, top, right, bottom in ((box * SIDE).round().int().tolist() for box in (old[0], new[0])):
            touched[top:bottom, left:right] = True
        outside.append((before[number] - after[number]).abs().mean(0)[~touched].mean())
    network, real = chosen("auto"), torch.stack([each["image"] for each in samples])
    wanted = embed(real.split(50), network)
    halves = real[torch.randperm(len(real), generator=torch.Generator().manual_seed(0))].chunk(2)
    return {
        "scenes": len(samples),
        "frechet": round(fid(wanted, embed(before.split(50), network)), 2),
        "frechet_edited": round(fid(wanted, embed(after.split(50), network)), 2),
        "frechet_halves": round(fid(*(embed(half.split(50), network) for half in halves)), 2),
        "change_outside": round(float(torch.stack(outside).mean()), 5),
    }


def shifted(box: Tensor) -> Tensor:
    """Boxes [n, 4] moved to the right, or to the left where they would leave the picture."""
    way = torch.where(box[:, 2] + MOVED <= 1, MOVED, -torch.minimum(box[:, 0], torch.tensor(MOVED)))
    return box + way[:, None] * torch.tensor([1.0, 0, 1, 0])


def sheet(kind: str, folder: Path, loaded: Any, rows: int = 6) -> Any:
    """Real pictures, and three of each layout."""
    _, boxed, _ = SETS[kind](folder)
    samples = [boxed[i] for i in range(3 * rows)]
    samples = [each for each in samples if len(each["classes"])][:rows]
    layouts = [(each["boxes"], each["classes"]) for each in samples]
    again = [drawn(loaded, [layouts[0]] * k + layouts)[k:] for k in range(3)]
    images = [each for i in range(rows) for each in (samples[i]["image"][None], *(found[i][None] for found in again))]
    shown = [to_image(each.clamp(-1, 1)).resize((96, 96), 0) for each in images]
    return contact_sheet(shown, ["real", "0", "1", "2"] * rows, columns=4, cell=96)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "measure"))
    asked.add_argument("kinds", choices=KINDS, nargs="+")
    asked.add_argument("--set", type=Path, help="the set's folder; default: the name of the kind")
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--steps", type=int, default=STEPS)
    asked.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    told: dict[str, Any] = {**provenance(), "side": SIDE, "seed": given.seed, "features": chosen("auto").name}
    for kind in given.kinds:
        folder = given.set or Path(kind)
        if given.what == "train":
            print(f"{kind} {given.seed}: {train(kind, folder, given.work, given.seed, given.steps):.0f} s")
            continue
        place = given.work / f"{kind} {given.seed}"
        loaded = load(place / "net")
        measured = on_shapes(loaded, folder, given.work) if kind == "shapes" else on_solids(loaded, folder)
        told[kind] = {"steps": loaded.config.steps, "cpu_seconds": round(seconds_of(place)), **measured}
        print(kind, told[kind], flush=True)
        if given.sheets:
            sheet(kind, folder, loaded).save(given.sheets / f"layout2im {kind}.png")
    if given.what == "measure" and given.out:
        given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

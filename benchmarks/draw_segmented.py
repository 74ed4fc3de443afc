"""``draw --photos`` from photographs of 512 pixels: does matter lie where the map says, as in the photographs?

Half of the monuments of the set ``photos`` are a folder of photos of 512 pixels: each is drawn in turn from its map, of
patches of the others. Maps are those of ``segment --shared`` with default settings (``segment``), or of ESPNetv2 with
the classes of Cityscapes that at least four of the photos have (``city``). The judge is a small U-Net that learned such
maps from other photographs, the other half of the monuments and animals: it sees neither what is drawn nor what lends
patches, and judges photographs and drawn pictures alike. For ``city`` that network itself judges the mirrored pictures,
too. Beside it the photo with the nearest map as it is, and the map with the mean colour of each class in the folder.
Mean IoU is that of the set, over classes with at least 1 % of its pixels. ``--choose`` exchanges both halves: settings
are chosen there.

    python benchmarks/draw_segmented.py --maps segment --work work --out benchmarks/results/draw_segmented.json
    python benchmarks/draw_segmented.py --maps city --weights WEIGHTS --work work --keep RESULT --out RESULT
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from calotype.data.packages import fetched
from calotype.data.sets import photos as photographs
from calotype.engines import gpnn, superpixels
from calotype.image.io import open_photo, save_png, to_image, to_tensor
from calotype.image.labelmap import resized
from calotype.image.labels import flat_colours
from calotype.image.resize import resize
from calotype.matching.light import label_colours, usual_colours
from calotype.matching.retrieval import chosen, label_shares
from calotype.metrics.segmentation import Confusion
from calotype.nn.espnet import segmenter
from calotype.run import Run
from draw_photos import differing, kept_classes, nearest_kept
from machine import provenance
from spade import UNet

SIDE, LEAST_SIDE = 512, 400  # longer side that is drawn, least shorter side of a photograph in the package, pixels
SEEN, CROP, STEPS, BATCH, RATE = 144, 96, 300, 16, 2e-3  # longer side that the judge sees, and its training
LEAST = 0.01  # share of all pixels of a class that counts
See = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Folder:
    """Photographs and their maps.

    Attributes:
        photos: [1, 3, H, W] each, -1..1.
        maps: int64 [1, H, W] each.
    """

    photos: list[Tensor]
    maps: list[Tensor]


def halves(choose: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The photographs of the folder, and those that the judge learns from."""
    found = [
        (label, to_tensor(open_photo(picture, max_side=SIDE))[:, :3])
        for label, _, picture in photographs.pictures(fetched(photographs.ABOUT.packages[0]))
        if min(picture.size) >= LEAST_SIDE
    ]
    monuments = [photo for label, photo in found if label == "monuments"]
    animals = [photo for label, photo in found if label == "animals"]
    first, second = monuments[0::2], monuments[1::2]
    return (first, [*second, *animals]) if choose else (second, [*first, *animals])


def labelled(kind: str, own: list[Tensor], others: list[Tensor]) -> tuple[Folder, Folder, list[str]]:
    """Both lists of photographs with maps in one numbering, and the names of the classes."""
    if kind == "segment":
        cfg = superpixels.PRESETS["fast"]
        shared = superpixels.shared_labels(own, cfg, classes=None, seed=0)

        def found(photo: Tensor) -> Tensor:
            return superpixels.segment([photo], cfg, Run(), classes=None, seed=0, shared=shared)

        names = [str(i) for i in range(len(shared.centres))]
        return Folder(own, [found(x) for x in own]), Folder(others, [found(x) for x in others]), names
    net = segmenter(kind)
    first, second = [net(x) for x in own], [net(x) for x in others]
    kept = kept_classes(first, len(net.classes))
    maps = [[nearest_kept(x, kept) for x in each] for each in (first, second)]
    return Folder(own, maps[0]), Folder(others, maps[1]), [net.classes[c] for c in kept]


def judge(learned: Folder, classes: int, path: Path) -> tuple[UNet, float]:
    """A U-Net that learned maps from photographs, and the processor seconds that it took; kept in a file."""
    net = UNet(3, classes, 16).to(memory_format=torch.channels_last)
    if path.exists():
        kept = torch.load(path, weights_only=True)
        net.load_state_dict(kept["net"])
        return net.eval().requires_grad_(False), float(kept["seconds"])
    torch.manual_seed(0)
    small = [small_pair(*pair) for pair in zip(learned.photos, learned.maps, strict=True)]
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    began = time.process_time()
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, 2 * (1 - step / STEPS))
        pairs = [cut(*small[int(torch.randint(len(small), ()))]) for _ in range(BATCH)]
        pictures = torch.cat([a for a, _ in pairs]).contiguous(memory_format=torch.channels_last)
        loss = F.cross_entropy(net.train()(pictures), torch.cat([b for _, b in pairs]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    spent = time.process_time() - began
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"net": net.state_dict(), "seconds": spent}, path)
    return net.eval().requires_grad_(False), spent


def small_pair(photo: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """A photograph and its map as the judge sees them, sides of multiples of 16 pixels."""
    small = as_seen(photo)
    return small, resized(labels, (small.shape[2], small.shape[3]))


def as_seen(photo: Tensor) -> Tensor:
    scale = SEEN / max(photo.shape[2:])
    height, width = (16 * max(6, round(scale * length / 16)) for length in photo.shape[2:])
    return resize(photo, (height, width))


def cut(photo: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """A random square of both, mirrored at random."""
    top, left = (int(torch.randint(length - CROP + 1, ())) for length in photo.shape[2:])
    photo = photo[:, :, top : top + CROP, left : left + CROP]
    labels = labels[:, top : top + CROP, left : left + CROP]
    return (photo.flip(3), labels.flip(2)) if torch.rand(()) < 0.5 else (photo, labels)


def scores(see: See, pictures: Sequence[Tensor], maps: Sequence[Tensor], classes: int) -> dict[str, Any]:
    """What a judge sees in pictures, beside what there should be."""
    confusion = Confusion(classes)
    for picture, wanted in zip(pictures, maps, strict=True):
        found = see(picture)
        confusion.add(resized(wanted, (found.shape[1], found.shape[2])), found)
    iou, shares = confusion.iou(), confusion.counts.sum(1) / confusion.counts.sum()
    return {
        "mean_iou": round(float(iou[shares >= LEAST].nanmean()), 4),
        "pixel_accuracy": round(confusion.pixel_accuracy(), 4),
        "iou": [round(float(x), 3) for x in iou],
    }


def drawn(folder: Folder, names: Sequence[str]) -> tuple[dict[str, list[Tensor]], dict[str, Any]]:
    """Pictures of every map of the folder, by the other photos; by name, and what they took."""
    classes = len(names)
    shares = torch.stack([label_shares(x, classes) for x in folder.maps])
    colours = [label_colours(a, b, classes) for a, b in zip(folder.photos, folder.maps, strict=True)]
    made: dict[str, list[Tensor]] = {"draw --photos": [], "the nearest photo": [], "mean colours": []}
    used, seconds = [], []
    for i, target in enumerate(folder.maps):
        rest = [j for j in range(len(folder.maps)) if j != i]
        picked = [rest[k] for k in chosen(shares[i], shares[rest], names, unlike=differing(colours, rest))]
        lent = {"maps": [folder.maps[j] for j in picked], "target": target, "seed": 0}
        usual = usual_colours([colours[j] for j in rest])
        began = time.process_time()
        picture = gpnn.draw([folder.photos[j] for j in picked], gpnn.PRESETS["fast"], Run(), usual=usual, **lent)
        seconds.append(time.process_time() - began)
        used.append(len(picked))
        weights = torch.stack([colours[j] for j in rest])
        means = (weights[..., :3] * weights[..., 3:]).sum(0) / weights[..., 3:].sum(0).clamp_min(1e-9)
        flat = 2 * means[target[0]].permute(2, 0, 1)[None] - 1
        size = (target.shape[1], target.shape[2])
        nearest = F.interpolate(folder.photos[picked[0]], size=size, mode="bilinear", antialias=True)
        for name, each in zip(made, (picture, nearest, flat), strict=True):
            made[name].append(each)
        print(i, picked, round(seconds[-1], 1), flush=True)
    about = {
        "cpu_seconds_median": round(statistics.median(seconds), 2),
        "cpu_seconds_most": round(max(seconds), 2),
        "photos_used": {count: used.count(count) for count in sorted(set(used))},
    }
    return made, about


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """All figures of one kind of maps."""
    own, others = halves(asked.choose)
    folder, learned, names = labelled(asked.maps, own, others)
    classes = len(names)
    net, seconds = judge(learned, classes, asked.work / f"judge {asked.maps}{' choose' if asked.choose else ''}.pt")
    pictures, about = drawn(folder, names)
    pictures = {"the photo itself": folder.photos, **pictures}
    judges: dict[str, See] = {"judge": lambda picture: net(as_seen(picture)).argmax(1)}
    if asked.maps != "segment":
        itself = segmenter(asked.maps)
        kept = [itself.classes.index(name) for name in names]
        judges["itself"] = lambda picture: nearest_kept(itself(picture.flip(3)).flip(2), kept)
    rows = {key: {n: scores(see, x, folder.maps, classes) for n, x in pictures.items()} for key, see in judges.items()}
    if asked.sheet:
        sheet(folder, pictures["draw --photos"], classes, asked.sheet)
    return {
        **provenance(),
        "photos": len(own),
        "judge_learned_from": len(others),
        "judge_cpu_seconds": round(seconds),
        "classes": names,
        **about,
        "rows": rows["judge"],
        "by_the_network_itself": rows.get("itself", {}),
        "relative_mean_iou": {
            key: {n: round(row["mean_iou"] / each["the photo itself"]["mean_iou"], 4) for n, row in each.items()}
            for key, each in rows.items()
        },
    }


def sheet(folder: Folder, made: Sequence[Tensor], classes: int, path: Path) -> None:
    """Photo, map and drawn picture of each, three in a row, at 320 pixels."""
    colours = np.array(flat_colours(classes), np.uint8)
    cell, across = 324, 2
    page = Image.new("RGB", (3 * across * cell, -(-len(made) // across) * 250))
    for k, (photo, labels, picture) in enumerate(zip(folder.photos, folder.maps, made, strict=True)):
        for n, image in enumerate((to_image(photo), Image.fromarray(colours[labels[0].numpy()]), to_image(picture))):
            small = image.convert("RGB")
            small.thumbnail((320, 246))
            page.paste(small, ((3 * (k % across) + n) * cell, k // across * 250))
    save_png(page, path, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", choices=("segment", "city"), default="segment")
    parser.add_argument("--weights", type=Path, help="folder of the weights of ESPNetv2, for city")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--choose", action="store_true", help="the half on which settings are chosen")
    parser.add_argument("--keep", type=Path, help="a result whose other maps are kept")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if asked.weights:
        os.environ["CALOTYPE_WEIGHTS"] = str(asked.weights)
    torch.set_num_threads(1)
    kept = json.loads(asked.keep.read_text("utf-8")) if asked.keep else {}
    result = {"benchmark": "draw_segmented", **kept, **provenance(), "seed": 0, asked.maps: measure(asked)}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result[asked.maps]["relative_mean_iou"], indent=1))


if __name__ == "__main__":
    main()

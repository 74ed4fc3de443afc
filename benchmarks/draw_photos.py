"""``draw --photos``: does a layout laid out from other photos look to a segmenter like what the map says, and how long
does it take?

Each photo in turn is left out: its map is drawn from patches of the others. Maps are those of ESPNetv2 with the
classes of Cityscapes (``espnetv2_s2_city20.pth`` in --weights), of which the ones are kept that at least four photos
have; pixels of others take the class that is nearest. The judge is the same network looking at the mirrored picture,
so that it has to find the map anew in real photos, too. Beside it the photo with the nearest map as it is, without
synthesis. Time: processor seconds of one thread for 512 x 512 pixels from two of the shipped photos with maps of
``segment``, the layout of ``gallery.py``, median of a few. ``--keep`` takes all but the time from a result.

``landscapes`` does the same with drawn landscapes of 256 pixels and their exact maps: 20 maps are drawn from 40 other
landscapes, and judged at 64 pixels by a segmentation network that was trained on landscapes alone. Beside it the
example model of SPADE, which learned from thousands.

    calotype data landscapes --size 256 --count 60 --seed 77 --out large
    calotype data landscapes --size 64 --count 4600 --out small
    python benchmarks/draw_photos.py large --learned small --work work --keep RESULT --out RESULT
    python benchmarks/draw_photos.py PHOTOS --weights WEIGHTS --out benchmarks/results/draw_photos.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import calotype
import gallery
from calotype.data.samples import Samples
from calotype.engines import gpnn
from calotype.image.io import list_photos, open_photo, save_png, to_image, to_tensor
from calotype.image.labelmap import resized
from calotype.image.resize import resize
from calotype.matching.light import label_colours, unlike, usual_colours
from calotype.matching.retrieval import agreement, chosen, label_shares
from calotype.metrics.segmentation import mean_iou, pixel_accuracy
from calotype.nn.espnet import Segmenter, segmenter
from calotype.run import Run
from machine import provenance
from spade import UNet, seen, segmentation_loss, trained_unet

LEAST, PHOTOS_WITH = 0.02, 4  # share of a photo, and photos that have to have so much of a class
SPADE = Path(__file__).parents[1] / "examples" / "models" / "landscapes"
TARGET = 8.0  # seconds for 512 x 512 pixels on two cores


def kept_classes(maps: list[Tensor], classes: int) -> list[int]:
    """The classes that enough photos have enough of."""
    return [c for c in range(classes) if sum(float((x == c).float().mean()) >= LEAST for x in maps) >= PHOTOS_WITH]


def nearest_kept(label_map: Tensor, kept: list[int]) -> Tensor:
    """A map [1, H, W] in which pixels of other classes have that of the nearest pixel of a kept one."""
    found = torch.full_like(label_map, -1)
    for number, c in enumerate(kept):
        found[label_map == c] = number
    while (found < 0).any() and (found >= 0).any():
        grown = F.max_pool2d(found[None].float(), 3, 1, 1)[0].long()
        found = torch.where(found < 0, grown, found)
    return found.clamp_min(0)


def judged(judge: Segmenter, kept: list[int], picture: Tensor, wanted: Tensor) -> tuple[float, float]:
    """Mean IoU and pixel accuracy of the map that the judge finds in the mirrored picture."""
    found = nearest_kept(judge(picture.flip(3)).flip(2), kept)
    return mean_iou(wanted, found), pixel_accuracy(wanted, found)


def differing(colours: Sequence[Tensor], numbers: Sequence[int]) -> Callable[[int, int], float]:
    """How much the colours of two of some photos differ."""
    return lambda one, other: unlike(colours[numbers[one]], colours[numbers[other]])


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    os.environ["CALOTYPE_WEIGHTS"] = str(asked.weights)
    torch.set_num_threads(1)
    judge = segmenter("city")
    paths = list_photos(asked.photos)
    photos = [to_tensor(open_photo(path))[:, :3] for path in paths]
    found = [judge(photo) for photo in photos]
    kept = kept_classes(found, len(judge.classes))
    maps = [nearest_kept(x, kept) for x in found]
    shares = torch.stack([label_shares(x, len(kept)) for x in maps])
    names = [judge.classes[c] for c in kept]
    colours = [label_colours(photo, x, len(kept)) for photo, x in zip(photos, maps, strict=True)]
    rows: dict[str, list[tuple[float, float]]] = {"the photo itself": [], "draw --photos": [], "the nearest photo": []}
    used, strips, seconds = [], [], []
    for i, target in enumerate(maps):
        rest = [j for j in range(len(maps)) if j != i]
        picked = [rest[k] for k in chosen(shares[i], shares[rest], names, unlike=differing(colours, rest))]
        used.append(len(picked))
        began = time.process_time()
        lent, labels = [photos[j] for j in picked], [maps[j] for j in picked]
        how: dict[str, Any] = {"maps": labels, "target": target, "usual": usual_colours([colours[j] for j in rest])}
        made = gpnn.draw(lent, gpnn.PRESETS["fast"], Run(), seed=0, **how)
        seconds.append(time.process_time() - began)
        nearest = F.interpolate(photos[picked[0]], size=made.shape[2:], mode="bilinear", antialias=True)
        for name, picture in (("the photo itself", photos[i]), ("draw --photos", made), ("the nearest photo", nearest)):
            rows[name].append(judged(judge, kept, picture, target))
        strips.append([photos[i], made, nearest])
        print(paths[i].stem, len(picked), [rows[name][-1] for name in rows], flush=True)
    if asked.sheet:
        cells = [torch.cat([F.interpolate(x, size=(120, 160)) for x in row], 3) for row in strips]
        columns = [torch.cat(cells[k::4], 2) for k in range(4) if cells[k::4]]
        tall = max(x.shape[2] for x in columns)
        save_png(to_image(torch.cat([F.pad(x, (0, 8, 0, tall - x.shape[2])) for x in columns], 3)), asked.sheet, {})
    means = {
        name: {
            "mean_iou": round(statistics.mean(a for a, _ in values), 4),
            "pixel_accuracy": round(statistics.mean(b for _, b in values), 4),
        }
        for name, values in rows.items()
    }
    real = means["the photo itself"]
    return {
        "benchmark": "draw_photos",
        **provenance(),
        "seed": 0,
        "photos": len(paths),
        "judge": judge.name,
        "classes": names,
        "agreement_of_the_nearest_map": round(
            statistics.mean(
                float(agreement(shares[i], shares[[j for j in range(len(maps)) if j != i]]).max())
                for i in range(len(maps))
            ),
            4,
        ),
        "photos_used": {count: used.count(count) for count in sorted(set(used))},
        "rows": means,
        "relative_mean_iou": {name: round(row["mean_iou"] / real["mean_iou"], 4) for name, row in means.items()},
        "cpu_seconds_at_native_size": round(statistics.median(seconds), 3),
        "at_512": timed(),
    }


def landscapes(folder: Path, learned: Path, work: Path, steps: int) -> dict[str, Any]:
    """Layouts of drawn landscapes, from patches of others."""
    torch.set_num_threads(1)
    large, small = (Samples(path, size, keys=["image", "map"]) for path, size in ((folder, 256), (learned, 64)))
    names = list(large.about["map_classes"])
    classes = len(names)
    judge, seconds = trained_unet(small, UNet(3, classes, 16), segmentation_loss, work, "judge", steps)  # type: ignore[arg-type]
    given = [large[i] for i in range(len(large))]
    lent, held = given[20:], given[:20]
    shares = torch.stack([label_shares(x["map"][None], classes) for x in lent])
    colours = [label_colours(x["image"][None], x["map"][None], classes) for x in lent]
    unlikeness = differing(colours, range(len(lent)))
    made: dict[str, list[Tensor]] = {"the landscape itself": [], "draw --photos": [], "the nearest": [], "spade": []}
    for i, one in enumerate(held):
        picked = chosen(label_shares(one["map"][None], classes), shares, names, unlike=unlikeness)
        photos, maps = [lent[k]["image"][None] for k in picked], [lent[k]["map"][None] for k in picked]
        how = {"maps": maps, "target": one["map"][None], "usual": usual_colours(colours)}
        drawn = gpnn.draw(photos, gpnn.PRESETS["fast"], Run(), seed=0, **how)
        layout = one["map"].numpy().astype("uint8")
        trained = calotype.draw(layout, model=SPADE, size="64x64", seed=i, device="cpu")[0]
        pictures = (one["image"][None], drawn, photos[0], to_tensor(open_photo(trained))[:, :3])
        for name, picture in zip(made, pictures, strict=True):
            made[name].append(resize(picture, (64, 64)))
    wanted = torch.cat([resized(one["map"][None], (64, 64)) for one in held])
    rows = {name: seen(judge, torch.cat(pictures), wanted, classes) for name, pictures in made.items()}
    real = rows["the landscape itself"]["mean_iou"]
    return {
        "drawn": len(held),
        "lent": len(lent),
        "rows": {name: {key: row[key] for key in ("mean_iou", "pixel_accuracy")} for name, row in rows.items()},
        "relative_mean_iou": {name: round(row["mean_iou"] / real, 4) for name, row in rows.items()},
        "judge_cpu_seconds": round(seconds),
        **provenance(),
    }


def timed(turns: int = 3) -> dict[str, Any]:
    """Processor seconds of the whole verb for 512 x 512 pixels, files included, on one thread."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        gallery.SIDE = 720
        gallery.lenders(Path(work))
        layout = gallery.painted_matter(gallery.LAYOUTS_OF_MATTER[0], (512, 512))
        took = []
        for turn in range(turns):
            began = time.process_time()
            calotype.draw(layout, photos=work, size="512x512", seed=turn, device="cpu")
            took.append(time.process_time() - began)
    return {"cpu_seconds": round(statistics.median(took), 2), "target": TARGET}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--learned", type=Path, help="landscapes of 64 pixels, for the judge of landscapes")
    parser.add_argument("--work", type=Path, default=Path("draw-photos-work"))
    parser.add_argument("--steps", type=int, default=350, help="of the judge's training")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--keep", type=Path, help="a result of which all but the time is kept")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    kept = json.loads(asked.keep.read_text()) if asked.keep else {}
    if asked.learned:
        result = {**kept, "landscapes": landscapes(asked.photos, asked.learned, asked.work, asked.steps)}
    elif kept:
        result = {**kept, "time_measured": provenance(), "at_512": timed()}
    else:
        result = measure(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

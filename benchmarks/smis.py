"""SMIS beside SPADE with one style code (V-SPADE), on drawn faces with a map of their parts.

These models learn from the same faces for about the same processor seconds: SMIS (preset ``study``), SPADE with its
style encoder, and SMIS with one group in every block of the decoder; and as baselines DSCGAN and BicycleGAN, see
``smis_baselines.py``. All but the last 600 faces are learned from. Of
the others whose maps are not among those, 160 are drawn. Measured are:

- mCSD and mOCD: ten pictures of a map that differ in the code of one class; with V-SPADE, in the one code it has. The
  mean absolute difference of 19 pairs inside and outside of the class, over the pixels, mean over maps and classes;
  and for six of the maps the same by ST-LPIPS of masked
  pictures enlarged to 64 pixels.
- Donors: each class of a face takes the look of that class in another face. The correlation of its mean colour with
  that of the donor, over faces and channels, mean over the classes; and how much pixels of the other classes change.
- The Frechet distance to real faces, with features of EfficientNet-Lite0 (not FID); pixel accuracy and mean IoU by a
  segmenter that was trained on real faces alone.
- Morphing: the share of steps of a film in which the colour of a class comes nearer to its last one.
- Redrawing: processor seconds of one thread for a picture in which one class has another code, drawn from the start
  and by ``Drawing``, by turns, and the greatest difference.

    calotype data faces faces --count 3000
    python benchmarks/smis.py train faces --work work --model smis --seed 0      # vspade, one, dscgan, bicyclegan
    python benchmarks/smis.py measure faces --work work --seeds 0 --out benchmarks/results/smis.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.metrics.class_diversity import ClassDiversityMeter, masked
from calotype.metrics.frechet import fid, self_distance
from calotype.metrics.stlpips import stlpips
from calotype.models import smis, spade
from calotype.models.smis.draw import channel_of, codes_for, drawn_with
from calotype.models.smis.network import codes_of
from calotype.models.spade.draw import drawn_with as drawn_by_spade
from calotype.models.spade.network import code_of
from calotype.nn.embedding import chosen, embed
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Run
from machine import provenance
from smis_baselines import (
    BASELINES,
    ColourDrawer,
    bicyclegan_config,
    dscgan_config,
    train_bicyclegan,
    train_dscgan,
)
from spade import HELD_OUT, Part, UNet, seconds_of, seen, segmentation_loss, timed, trained_unet

SIDE = 32
DRAWN = 160  # held-out faces
LAYOUTS, VARIANTS = 24, 10  # maps of which a class is changed, and how many times
PERCEPTUAL = 6  # of these maps, those that ST-LPIPS is measured for
LEAST = 12  # pixels that a class has to have to count
STEPS = 2500
MODELS = ("smis", "vspade", "one", *BASELINES)


def config(model: str, names: list[str], steps: int = STEPS) -> Any:
    """The settings of a model."""
    if model == "vspade":  # the same budget and sizes; as wide as costs as many seconds
        cfg = replace(
            spade.PRESETS["study"],
            size=(SIDE, SIDE),
            doublings=3,
            width=32,
            max_width=96,
            pixel_pool=2,
            batch=16,
            generator_rate=1e-3,
        )
        return spade.adapted(replace(cfg, unknown="zeros", steps=steps), {"names": names})
    cfg = replace(smis.PRESETS["study"], unknown="zeros", steps=steps)
    return smis.adapted(replace(cfg, schedule="one") if model == "one" else cfg, {"names": names})


def parts(folder: Path) -> tuple[Part, Part, list[str]]:
    """Faces to learn from, held-out ones with other maps than those have, and the names of the classes."""
    samples = Samples(folder, (SIDE, SIDE), keys=["image", "map"])
    count = len(samples) - HELD_OUT
    known = {samples[i]["map"].numpy().tobytes() for i in range(count)}
    new = [i for i in range(count, len(samples)) if samples[i]["map"].numpy().tobytes() not in known]
    return Part(samples, range(count)), Part(samples, new), list(samples.about["map_classes"])  # type: ignore[arg-type]


def train(folder: Path, work: Path, model: str, seed: int, steps: int) -> float:
    """Train a model, or go on; its processor seconds."""
    learned, _, names = parts(folder)
    place = work / f"{model} {seed}"
    if model == "dscgan":
        return train_dscgan(learned, dscgan_config(config("vspade", names, steps)), place, seed)
    if model == "bicyclegan":
        return train_bicyclegan(learned, len(names), bicyclegan_config(SIDE, steps), place, seed)
    cfg = config(model, names, steps)
    package = spade if model == "vspade" else smis
    stream = Stream(learned, cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: package.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(
            place / "net", "spade" if model == "vspade" else "smis", cfg, net, "", cfg.size, about=package.about(cfg)
        )
    return seconds


class Drawer:
    """A trained model: what it draws of a map with codes of each class.

    Args:
        folder: of the model.
        encoder: whether it has codes of pictures.
    """

    def __init__(self, folder: Path, *, encoder: bool = True) -> None:
        loaded = load(folder)
        self.has_encoder = encoder
        self.cfg, self.net, self.global_code = loaded.config, loaded.net, loaded.system == "spade"

    def codes(self, seed: int) -> Tensor:
        return code_of(seed, self.cfg) if self.global_code else codes_of(seed, self.cfg)  # type: ignore[return-value]

    def encoded(self, picture: Tensor, label_map: Tensor) -> Tensor:
        with torch.no_grad():
            if self.global_code:
                return self.net.encoder(picture)[0]  # type: ignore[no-any-return, operator]
            return codes_for(self.cfg, self.net, picture, label_map, 0)  # type: ignore[arg-type]

    def with_class(self, codes: Tensor, other: Tensor, number: int) -> Tensor:
        """The codes with that of a class from others; one code for everything is replaced as a whole."""
        if self.global_code:
            return other
        first = channel_of(self.cfg, number) * self.cfg.code
        result = codes.clone()
        result[:, first : first + self.cfg.code] = other[:, first : first + self.cfg.code]
        return result

    def draw(self, label_map: Tensor, codes: Tensor) -> Tensor:
        draw = drawn_by_spade if self.global_code else drawn_with
        return draw(self.cfg, Run(), self.net, label_map, codes)  # type: ignore[operator]


AnyDrawer = Drawer | ColourDrawer


def drawer_of(model: str, folder: Path, classes: int) -> AnyDrawer:
    """What draws by a trained model."""
    if model == "bicyclegan":
        return ColourDrawer(folder, classes)
    return Drawer(folder, encoder=model != "dscgan")


def present(label_map: Tensor, classes: int) -> list[int]:
    """The classes with enough pixels."""
    return [number for number in range(classes) if int((label_map == number).sum()) >= LEAST]


def diversity(drawer: AnyDrawer, maps: Tensor, classes: int, perceptual: Any) -> dict[str, Any]:
    meters = {"mean absolute difference": ClassDiversityMeter()}
    if perceptual is not None:
        meters["ST-LPIPS"] = ClassDiversityMeter(masked(lambda a, b: larger_distance(a, b, perceptual)), "ST-LPIPS")
    for i, label_map in enumerate(maps[:LAYOUTS]):
        base = drawer.codes(1000 + i)
        for number in present(label_map, classes):
            codes = [drawer.with_class(base, drawer.codes(2000 + 100 * i + k), number) for k in range(VARIANTS)]
            pictures = torch.cat([drawer.draw(label_map[None], each) for each in codes])
            for name, meter in meters.items():
                if name != "ST-LPIPS" or i < PERCEPTUAL:
                    meter.add(number, pictures, label_map == number)
    found = {name: meter.result() for name, meter in meters.items()}
    return {
        name: {
            "mcsd": round(each.mcsd, 5),
            "mocd": round(each.mocd, 5),
            "ratio": round(each.ratio, 4),
            "by_class": {number: [round(x, 5) for x in values] for number, values in each.by_class.items()},
        }
        for name, each in found.items()
    }


def larger_distance(one: Tensor, other: Tensor, net: Any) -> float:
    """ST-LPIPS of pictures enlarged to 64 pixels, which its network needs."""
    large = [F.interpolate(x, scale_factor=2.0, mode="nearest") for x in (one, other)]
    return stlpips(large[0], large[1], net).distance


def donors(drawer: AnyDrawer, maps: Tensor, real: Tensor, classes: int) -> dict[str, Any]:
    """How far a class takes the colour that it has in another face, and how much the rest changes."""
    wanted: dict[int, list[Tensor]] = {}
    got: dict[int, list[Tensor]] = {}
    elsewhere = []
    count = len(maps)
    for i in range(count):
        own = drawer.encoded(real[i][None], maps[i][None])
        before = drawer.draw(maps[i][None], own)
        j = (i + 1) % count
        given = drawer.encoded(real[j][None], maps[j][None])
        for number in set(present(maps[i], classes)) & set(present(maps[j], classes)):
            after = drawer.draw(maps[i][None], drawer.with_class(own, given, number))
            there = maps[i] == number
            wanted.setdefault(number, []).append(real[j][:, maps[j] == number].mean(1))
            got.setdefault(number, []).append(after[0][:, there].mean(1))
            elsewhere.append(float((after - before).abs()[0][:, ~there].mean()))
    by_class = {}
    for number in sorted(wanted):
        pairs = torch.stack([torch.stack(wanted[number]).flatten(), torch.stack(got[number]).flatten()])
        if len(wanted[number]) >= 10 and float(pairs[0].std()) > 0.05:  # a colour that varies
            by_class[number] = round(float(torch.corrcoef(pairs)[0, 1]), 4)
    return {
        "correlation": round(statistics.mean(by_class.values()), 4),
        "by_class": by_class,
        "change_elsewhere": round(statistics.mean(elsewhere), 5),
    }


def of_pictures(drawer: AnyDrawer, maps: Tensor, real: Tensor, classes: int) -> dict[str, Any]:
    """What needs the codes of pictures, and films."""
    own = [drawer.draw(m[None], drawer.encoded(r[None], m[None])) for m, r in zip(maps, real, strict=True)]
    return {
        "donors": donors(drawer, maps, real, classes),
        "error_with_own_codes": round(float((torch.cat(own) - real).abs().mean()), 4),
        "morphing": morphing(drawer, maps, classes),
    }


def used(name: str, drawer: AnyDrawer) -> bool:
    """Whether a parameter is one of the model; DSCGAN has no encoder."""
    return drawer.has_encoder or not name.startswith("encoder.")


def morphing(drawer: AnyDrawer, maps: Tensor, classes: int, frames: int = 9) -> dict[str, Any]:
    """Whether colours of classes go straight from the first to the last picture of a film, and how it begins."""
    if drawer.global_code or isinstance(drawer, ColourDrawer):
        return {}
    nearer, steps, off = 0, 0, 0.0
    for i, label_map in enumerate(maps[:12]):
        film = smis.interpolate(
            drawer.cfg, Run(), net=drawer.net, label_map=label_map[None], seed=i, to_seed=i + 50, frames=frames
        )
        off = max(off, float((film[0] - drawer.draw(label_map[None], drawer.codes(i))).abs().max()))
        for number in present(label_map, classes):
            colours = torch.stack([frame[0][:, label_map == number].mean(1) for frame in film])
            left = (colours - colours[-1]).norm(dim=1)
            if left[0] > 0.1:
                nearer += int((left.diff() <= 0.01).sum())
                steps += frames - 1
    return {"steps_nearer": round(nearer / max(1, steps), 4), "first_frame_off_by": off}


def redrawing(drawer: Drawer, maps: Tensor, classes: int, turns: int = 60) -> dict[str, Any]:
    """Processor seconds of one thread for another look of one class."""
    torch.set_num_threads(1)
    ratios, whole, part, off = [], [], [], 0.0
    for k in range(turns):
        label_map = maps[k % len(maps)][None]
        number = present(label_map[0], classes)[k % len(present(label_map[0], classes))]
        codes = drawer.codes(k)
        drawing = smis.Drawing(drawer.cfg, Run(), drawer.net, label_map, codes)  # type: ignore[arg-type]
        other = drawer.with_class(codes, drawer.codes(k + 500), number)
        began = time.process_time()
        again = drawing.redraw(other)
        middle = time.process_time()
        made = drawer.draw(label_map, other)
        whole.append(time.process_time() - middle)
        part.append(middle - began)
        ratios.append(whole[-1] / part[-1])
        off = max(off, float((again - made).abs().max()))
    return {
        "whole_seconds": round(statistics.median(whole), 6),
        "redrawn_seconds": round(statistics.median(part), 6),
        "times_as_fast": round(statistics.median(ratios), 3),
        "greatest_difference": off,
    }


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    learned, held, names = parts(asked.folder)
    classes = len(names)
    samples = [held[i] for i in range(DRAWN)]
    maps, real = (torch.stack([sample[key] for sample in samples]) for key in ("map", "image"))
    embedding = chosen(asked.features)
    perceptual = shift_tolerant() if asked.stlpips else None
    reference = embed(real.split(40), embedding)
    segmenter, seconds = trained_unet(
        learned, UNet(3, classes, 16, depth=3), segmentation_loss, asked.work, "segmenter", asked.segmenter_steps
    )
    before = json.loads(asked.keep.read_text()) if asked.keep else {}
    rows: dict[str, Any] = dict(before.get("rows", {}))
    earlier = set(rows)
    for seed in asked.seeds:
        for model in asked.models:
            place = asked.work / f"{model} {seed}"
            if not (place / "net").exists():
                continue
            drawer = drawer_of(model, place / "net", classes)
            made = torch.cat([drawer.draw(m[None], drawer.codes(i)) for i, m in enumerate(maps)])
            earlier.discard(f"{model}, seed {seed}")
            rows[f"{model}, seed {seed}"] = {
                "steps": drawer.cfg.steps,
                "cpu_seconds": round(seconds_of(place)),
                "parameters": sum(p.numel() for name, p in drawer.net.named_parameters() if used(name, drawer)),
                "diversity": diversity(drawer, maps, classes, perceptual),
                "frechet": round(fid(reference, embed(made.split(40), embedding)), 2),
                **seen(segmenter, made, maps, classes),
                **(of_pictures(drawer, maps, real, classes) if drawer.has_encoder else {}),
            }
            print(model, seed, json.dumps(rows[f"{model}, seed {seed}"]), flush=True)
            if asked.sheets:
                write_sheet(asked.sheets / f"{model} {seed}.png", drawer, maps, real, classes)
    more = torch.stack([learned[i]["image"] for i in range(DRAWN)])
    result = {
        "benchmark": "smis",
        **provenance(),
        "seed": asked.seeds[0],
        "seeds": asked.seeds,
        "pictures": {"learned_from": len(learned), "drawn": DRAWN, "size": [SIDE, SIDE]},
        "classes": names,
        "features": embedding.name,
        "real": seen(segmenter, real, maps, classes),
        "segmenter_cpu_seconds": round(seconds),
        "floor": {
            "frechet_of_as_many_training_pictures": round(fid(reference, embed(more.split(40), embedding)), 2),
            "frechet_of_halves": round(self_distance(reference), 2),
        },
        "rows": rows,
    }
    if earlier:
        kept = before.get("kept", {name: before[name] for name in ("commit", "date", "machine", "versions", "real")})
        result["kept"] = {**kept, "rows": sorted(earlier)}
    first = asked.work / f"smis {asked.seeds[0]}" / "net"
    if first.exists():
        result["redrawing"] = {"study, 32 pixels": redrawing(Drawer(first), maps, classes)}
        result["redrawing"]["small, 64 pixels"] = redrawing_untrained("small", names)
    return result


def redrawing_untrained(preset: str, names: list[str]) -> dict[str, Any]:
    """The time of a preset does not depend on its weights."""
    cfg = smis.adapted(smis.PRESETS[preset], {"names": names})
    torch.manual_seed(0)
    drawer = Drawer.__new__(Drawer)
    drawer.has_encoder = True
    drawer.cfg, drawer.net, drawer.global_code = cfg, smis.build(cfg).eval().requires_grad_(False), False
    maps = torch.randint(0, len(names), (8, 8, 8)).repeat_interleave(cfg.size[0] // 8, 1)
    return redrawing(drawer, maps.repeat_interleave(cfg.size[1] // 8, 2), len(names))


def write_sheet(path: Path, drawer: AnyDrawer, maps: Tensor, real: Tensor, classes: int) -> None:
    """Real faces, with their own codes, random ones, and other hair and clothes alone."""
    from calotype.image.io import save_png, to_image

    rows = [real[:10]]
    own = [drawer.encoded(real[i][None], maps[i][None]) if drawer.has_encoder else drawer.codes(i) for i in range(10)]
    rows.append(torch.cat([drawer.draw(maps[i][None], own[i]) for i in range(10)]))
    for seed in (0, 100):
        rows.append(torch.cat([drawer.draw(maps[i][None], drawer.codes(seed + i)) for i in range(10)]))
    for number in (3, 8):
        codes = [drawer.with_class(own[i], drawer.codes(7 + i), number) for i in range(10)]
        rows.append(torch.cat([drawer.draw(maps[i][None], codes[i]) for i in range(10)]))
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(to_image(F.interpolate(sheet, scale_factor=3.0)), path, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("folder", type=Path)
    one.add_argument("--work", type=Path, default=Path("smis-work"))
    one.add_argument("--model", choices=MODELS, default="smis")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--steps", type=int, default=STEPS)
    two = commands.add_parser("measure")
    two.add_argument("folder", type=Path)
    two.add_argument("--work", type=Path, default=Path("smis-work"))
    two.add_argument("--seeds", type=int, nargs="+", default=[0])
    two.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    two.add_argument("--segmenter-steps", type=int, default=400)
    two.add_argument("--features", default="efficientnet")
    two.add_argument("--no-stlpips", dest="stlpips", action="store_false")
    two.add_argument(
        "--keep", type=Path, help="an earlier result: its rows of models that are not measured now are kept"
    )
    two.add_argument("--sheets", type=Path)
    two.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "train":
        seconds = train(asked.folder, asked.work, asked.model, asked.seed, asked.steps)
        print(f"{asked.model} {asked.seed}: {seconds:.0f} processor seconds")
        return
    result = measure(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""3D-controllable synthesis on rooms with boxes and balls: what edits do, and what the consistency loss adds.

Two models learn from the same pictures, with and without geometric consistency. Measured on scenes of fresh seeds:

- control: each object is moved to the right by .2 units as a camera of azimuth 0 sees it; the slope of the middle of
  its alpha against the focal length over its depth, and the mean absolute change of pixels outside of its old and new
  outlines (values -1..1);
- consistency: depth and colours of objects that are turned by 30 degrees, followed from one picture to the other;
- the share of pixels of generated surroundings that a segmenter, trained on real pictures, takes for a solid;
- mean area of the primitives, and IoU of an object with its primitive;
- the Frechet distance to real pictures with features of EfficientNet-Lite0 (not FID): of scenes, of edited scenes (the
  largest object moved and turned), of the same edit in two dimensions (its layer shifted and not turned), and that of
  two halves of the real pictures;
- the colour error of these edits: pixels of the object are followed to where the edit takes them, and compared with
  what is there, for the edit in space and for the one in two dimensions. The consistency loss is the same error, for
  smaller angles;
- seconds of a turntable of 36 views.

    calotype data solids solids --size 32
    python benchmarks/control3d.py train solids --work work --variant all
    python benchmarks/control3d.py train solids --work work --variant "no consistency"
    python benchmarks/control3d.py measure solids --work work --out benchmarks/results/control3d.json

``--preset small`` takes pictures of 64 pixels. The peak memory of a training is that of its last process.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import math
import resource
import statistics
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.metrics.frechet import fid
from calotype.models import control3d
from calotype.models.control3d.generate import camera_at, edited, latent_of
from calotype.models.control3d.losses import consistency_errors
from calotype.models.control3d.network import Layers, view_of
from calotype.models.control3d.scene import turned_objects
from calotype.nn.embedding import chosen, embed
from calotype.render.camera import Pose, View
from calotype.render.compose import composed
from calotype.run import Run
from machine import provenance
from spade import Part, UNet, segmentation_loss, timed, trained_unet

VARIANTS: dict[str, dict[str, Any]] = {"all": {}, "no consistency": {"consistency": 0.0}}
SCENES, MOVED, TURNED = 200, 0.2, 30.0
FIRST = 10_000  # seed of the first scene
HELD_OUT = 600  # pictures at the end of the set


def config(preset: str, variant: str, steps: int) -> Any:
    cfg = replace(control3d.PRESETS[preset], classes=2, **VARIANTS[variant])
    return replace(cfg, steps=steps or cfg.steps)


def side_of(options: argparse.Namespace) -> int:
    """Side of the pictures, pixels."""
    return int(control3d.PRESETS[options.preset].size)


def train(options: argparse.Namespace) -> None:
    """Train a variant, or go on."""
    cfg, side = config(options.preset, options.variant, options.steps), side_of(options)
    samples = Samples(options.folder, (side, side), keys=["image", "label"])
    learned = Part(samples, range(len(samples) - HELD_OUT))
    place = options.work / f"{options.variant} {options.seed}"
    stream = Stream(learned, cfg.batch, seed=options.seed)
    net, seconds = timed(place, options.seed, lambda run: control3d.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "control3d", cfg, net, "", (side, side))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        (place / "seconds.json").write_text(json.dumps({"seconds": seconds, "peak_gib": peak, **provenance()}))


class Model:
    """A trained variant: scenes and their layers."""

    def __init__(self, folder: Path) -> None:
        loaded = load(folder)
        self.cfg, self.net = loaded.config, loaded.net.eval()
        self.view = view_of(self.cfg)

    @torch.no_grad()
    def layers(self, seed: int, number: int = 0, turn: float = 0.0, right: float = 0.0) -> Layers:
        """A scene at azimuth 0; an object is edited if it has a number, from 1."""
        latent = latent_of(seed, self.cfg)
        scene = self.net.scene(latent)  # type: ignore[operator]
        objects = (number,) if number else ()
        scene = edited(scene, objects, turn, (right, 0.0, 0.0), 1.0, ())
        found: Layers = self.net.layers(scene, latent, camera_at(0, None, self.cfg, latent.device))  # type: ignore[operator]
        return found

    @torch.no_grad()
    def consistency(self, seed: int) -> tuple[float, float]:
        latent = latent_of(seed, self.cfg)
        scene, camera = self.net.scene(latent), camera_at(0, None, self.cfg, latent.device)  # type: ignore[operator]
        angle = torch.full((1, self.cfg.objects), math.radians(TURNED))
        pair = [self.net.layers(each, latent, camera) for each in (scene, turned_objects(scene, angle))]  # type: ignore[operator]
        depth, colours = consistency_errors(pair[0], pair[1], self.view)
        return float(depth), float(colours)


def control(model: Model) -> dict[str, float | None]:
    """Slope of moves of each object, and change outside of outlines."""
    ratios, outside, columns = [], [], torch.arange(model.cfg.size) + 0.5
    pixel = model.cfg.size / 32  # limits are those of 32 pixels
    for seed, k in product(range(FIRST, FIRST + SCENES), range(model.cfg.objects)):
        before, after = model.layers(seed, k + 1), model.layers(seed, k + 1, right=MOVED)
        masks = [layers.alpha[0, k, 0] for layers in (before, after)]
        # Whole objects alone: alpha at the edge of the picture would be cut.
        edge = [float(torch.cat([m[0], m[-1], m[:, 0], m[:, -1]]).max()) for m in masks]
        touched = (before.outline[0, k, 0] > 1e-3) | (after.outline[0, k, 0] > 1e-3)
        if not touched.all():
            outside.append(float((before.picture - after.picture).abs().mean(1)[0][~touched].mean()))
        if min(float(m.sum()) for m in masks) < 8 * pixel**2 or max(edge) > 0.1:
            continue
        middle = [float((m.sum(0) * columns).sum() / m.sum()) for m in masks]
        moved = after.pose.place[0, k] - before.pose.place[0, k]
        z = float(before.pose.place[0, k, 2])
        expected = model.view.focal * float(moved[0]) / z
        if abs(expected) > 0.5 * pixel:
            ratios.append((middle[1] - middle[0]) / expected)
    return {
        "objects": len(ratios),
        "slope": statistics.median(ratios) if ratios else None,
        "within_20_percent": statistics.fmean(abs(each - 1) <= 0.2 for each in ratios) if ratios else None,
        "change_outside": statistics.fmean(outside) if outside else None,
    }


def most_seen(layers: Layers) -> int:
    """Number of the object with the largest area, from 1."""
    return int(layers.alpha[0].sum((1, 2, 3)).argmax()) + 1


def shifted(layers: Layers, after: Layers, number: int) -> Layers:
    """The edit in two dimensions: an object's layer is shifted as its middle moves, and not turned.

    Its depth and pose are those of the edit in space.
    """
    k = number - 1
    before, to = (each.pose.place[0, k] for each in (layers, after))
    side = layers.picture.shape[-1]
    pixels = [side * float(to[axis] / to[2] - before[axis] / before[2]) for axis in (0, 1)]
    move = torch.tensor([[[1.0, 0, -2 * pixels[0] / side], [0, 1.0, -2 * pixels[1] / side]]])
    grid = F.affine_grid(move, [1, 4, side, side], align_corners=False)
    both = torch.cat([layers.colours[:, k] * layers.alpha[:, k], layers.alpha[:, k]], 1)
    layer = F.grid_sample(both, grid, padding_mode="zeros", align_corners=False)
    alpha, colours, depth = layers.alpha.clone(), layers.colours.clone(), layers.rendered.clone()
    alpha[:, k] = layer[:, 3:]
    colours[:, k] = layer[:, :3] / layer[:, 3:].clamp_min(1e-3)
    depth[:, k] = F.grid_sample(depth[:, k], grid, mode="nearest", padding_mode="border", align_corners=False)
    picture = composed(colours, alpha, depth, layers.background)[0]
    return after._replace(picture=picture, colours=colours, alpha=alpha)


def alone(layers: Layers, number: int) -> Layers:
    """The layers of one object."""
    own = slice(number - 1, number)
    pose = Pose(*(part[:, own] for part in layers.pose))
    colours, alpha, depth = (each[:, own] for each in (layers.colours, layers.alpha, layers.depth))
    return layers._replace(colours=colours, alpha=alpha, depth=depth, pose=pose)


def colour_error(befores: list[Layers], afters: list[Layers], numbers: list[int], view: View) -> float:
    """Mean colour error of edited objects (values -1..1), followed from one picture to the other."""
    pairs = zip(befores, afters, numbers)
    errors = [consistency_errors(alone(one, k), alone(other, k), view)[1] for one, other, k in pairs]
    return statistics.fmean(map(float, errors))


def edits(model: Model, real: Tensor) -> dict[str, dict[str, float]]:
    """Frechet distances of scenes, edited in space and in the plane, and colour errors of both edits."""
    plain = [model.layers(FIRST + i) for i in range(SCENES)]
    numbers = [most_seen(each) for each in plain]
    turned = [model.layers(FIRST + i, number, turn=75.0, right=MOVED) for i, number in enumerate(numbers)]
    flat = [shifted(*each) for each in zip(plain, turned, numbers)]
    colours = {
        "edited": colour_error(plain, turned, numbers, model.view),
        "edited_in_the_plane": colour_error(plain, flat, numbers, model.view),
    }
    return {"frechet": distances(plain, turned, flat, real), "edit_colours": colours}


def distances(plain: list[Layers], turned: list[Layers], flat: list[Layers], real: Tensor) -> dict[str, float]:
    """Frechet distances to real pictures."""
    net = chosen()
    wanted = embed(real.split(50), net)

    def distance(pictures: list[Tensor]) -> float:
        return float(fid(wanted, embed(torch.cat(pictures).clamp(-1, 1).split(50), net)))

    halves = real[torch.randperm(len(real), generator=torch.Generator().manual_seed(0))].chunk(2)
    return {
        "scenes": distance([each.picture for each in plain]),
        "edited": distance([each.picture for each in turned]),
        "edited_in_the_plane": distance([each.picture for each in flat]),
        "halves_of_the_real_ones": float(fid(*(embed(half.split(50), net) for half in halves))),
    }


def solid_share(model: Model, segmenter: Any) -> float:
    """Share of the pixels of generated surroundings that a segmenter takes for a solid."""
    with torch.no_grad():
        made = torch.cat([model.layers(FIRST + i).background for i in range(SCENES)])
        return float((segmenter(made.clamp(-1, 1)).argmax(1) > 0).float().mean())


def turntable_seconds(cfg: Any) -> float:
    """Processor seconds of 36 views at 64 pixels, with the networks of ``small``."""
    net = control3d.build(cfg).eval()
    began = time.process_time()
    control3d.turntable(cfg, Run(), net=net, frames=36)
    return time.process_time() - began


def sheet(model: Model, count: int = 6) -> Any:
    """A row for each scene: it, its largest object turned, moved and removed, background, other views, depth."""
    images, captions = [], []
    for i in range(count):
        seed = FIRST + i
        plain = model.layers(seed)
        given = {"net": model.net, "seed": seed}
        views = [control3d.scene(model.cfg, Run(), azimuth=angle, **given) for angle in (90, 180)]
        number = most_seen(plain)
        gone = control3d.scene(model.cfg, Run(), azimuth=0, remove=(number,), **given)
        row = [
            plain.picture,
            model.layers(seed, number, turn=60).picture,
            model.layers(seed, number, right=0.4).picture,
            gone,
            plain.background,
            *views,
            (1 - plain.fused / 4).expand(-1, 3, -1, -1) * 2 - 1,
        ]
        names = ("scene", "one turned", "one moved", "without it", "background", "azimuth 90", "azimuth 180", "depth")
        images += [to_image(each.clamp(-1, 1)).resize((96, 96), 0) for each in row]
        captions += list(names)
    return contact_sheet(images, captions, columns=8, cell=96)


def measure(options: argparse.Namespace) -> None:
    """Measure all trained variants."""
    side = side_of(options)
    samples = Samples(options.folder, (side, side), keys=["image", "label", "map"])
    held = [samples[i] for i in range(len(samples) - HELD_OUT, len(samples))]
    real = torch.stack([each["image"] for each in held if int(each["label"])])
    known = Part(samples, range(len(samples) - HELD_OUT))
    segmenter, _ = trained_unet(
        known, UNet(3, 3, 16, depth=3), segmentation_loss, options.work, "segmenter", options.unet_steps
    )
    rows = {}
    for place in sorted(path for path in options.work.iterdir() if (path / "net").is_dir()):
        model = Model(place / "net")
        errors = [model.consistency(FIRST + i) for i in range(SCENES)]
        plain = [model.layers(FIRST + i) for i in range(SCENES)]
        overlap = [
            float((layers.alpha[0, k] > 0.5).logical_and(outline).sum() / outline.sum())
            for layers in plain
            for k, outline in enumerate(layers.outline[0] > 0.5)
            if outline.any()
        ]
        rows[place.name] = {
            "steps": model.cfg.steps,
            "trained": json.loads((place / "seconds.json").read_text()),
            "control": control(model),
            "consistency": {
                "depth": statistics.fmean(each[0] for each in errors),
                "colours": statistics.fmean(each[1] for each in errors),
            },
            "solids_in_surroundings": solid_share(model, segmenter),
            "area": statistics.fmean(float(layers.outline.mean()) for layers in plain),
            "object_in_primitive": statistics.fmean(overlap) if overlap else None,
            **edits(model, real),
        }
        print(place.name, json.dumps(rows[place.name], indent=1), flush=True)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet(model).save(options.sheets / f"control3d {place.name}.png")
        if options.picture and place.name == "all 0":
            sheet(model).save(options.picture, quality=80, optimize=True)
    record = {
        **provenance(),
        "preset": options.preset,
        "side": side,
        "scenes": SCENES,
        "real": len(real),
        "learned_from": len(samples) - HELD_OUT,
        "features": chosen().name,
        "turntable_cpu_seconds": turntable_seconds(control3d.PRESETS["small"]),
        "rows": rows,
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "measure"))
    parser.add_argument("folder", type=Path, help="the set")
    parser.add_argument("--work", type=Path, required=True, help="folder for models, outside the repository")
    parser.add_argument("--variant", choices=VARIANTS, default="all")
    parser.add_argument("--preset", choices=("study", "small"), default="study")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unet-steps", type=int, default=400, help="of the segmenter")
    parser.add_argument("--picture", type=Path, help="also write the sheet of docs/models.md")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/control3d.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(options) if options.what == "train" else measure(options)


if __name__ == "__main__":
    main()

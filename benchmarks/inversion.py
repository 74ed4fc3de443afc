"""Photos found in a generator that never saw glasses: the six methods of layer inversion, and what they lose.

The generators are those of ``dissection.py``, StyleGAN2 for faces without glasses: ``half0`` of 32 pixels with two
blocks before the inspected ones, a training of the preset ``small`` as it was half-way, and ``omitted0`` of 16 pixels
with one. The layer-wise encoder and a direct one, the same network trained as a whole, take as many steps, on samples
of the generator. Their cosine errors are those of 256 samples that neither has seen; what the paper compares are those
of the activations. Settings were chosen on 8 faces (``choose``), results are those of 12 others, half of them with
glasses, and of 4 samples of the generator, which are targets that it can draw: PSNR, ST-LPIPS (not LPIPS) at the
pictures' size and enlarged to 128 pixels, and the share of the area that every class keeps, by the segmenter of
``calotype dissect``. What is optimised is compared in ST-LPIPS's layers too, in all methods alike. ``methods`` keeps
what it has done in ``--work`` and goes on.

    python benchmarks/inversion.py encoders --faces FACES32 --work WORK32
    python benchmarks/inversion.py choose --faces FACES32 --work WORK32
    python benchmarks/inversion.py methods --faces FACES32 --work WORK32 --out benchmarks/results/inversion.json
    python benchmarks/inversion.py methods --model omitted0 --faces FACES --work WORK \\
        --out benchmarks/results/inversion_16.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from calotype.catalog import Loaded, load
from calotype.data.sample_lines import read_about
from calotype.image.io import to_image
from calotype.inspection.inversion import METHODS, invert
from calotype.inspection.inversion_page import Seen, class_losses
from calotype.inspection.inverter import Inverter, cosine_error
from calotype.inspection.layers import Layered
from calotype.inspection.learned import LearnedSegmenter
from calotype.nn.shift_tolerant import SMALLEST, shift_tolerant
from calotype.run import Run
from calotype.tasks.dataset import Dataset
from calotype.tasks.inverter_model import inverter_of
from calotype.tasks.set_segmenter import set_segmenter
from dissection import OMITTED, part_of
from machine import provenance

SEEN, ENLARGED = 256, 128
CHOSEN_ON, REPORTED_ON, SAMPLED, FIRST, FEWEST = 8, 12, 4, 6000, 4  # faces, samples; where faces are looked for
STEPS, PENALTY, LAST = 300, 1.0, False
# Half of the usual steps of the encoder, most of them together and at a higher rate: what takes minutes of one core.
ENCODER = {"layer_steps": 150, "image_steps": 350, "joint_steps": 700, "joint_rate": 1e-3}
OPTIONS: dict[str, dict[str, Any]] = {
    "layers+r, with a tenth of the penalty": {"penalty": 0.1},
    "layers+r, without the penalty": {"penalty": 0.0},
    "layers+r, with something added to the last layer": {"last": True},
}


def encoder(loaded: Loaded, layered: Layered, asked: argparse.Namespace, direct: bool) -> tuple[Inverter, float]:
    """An encoder of the generator, kept beside it, and the processor seconds of its training."""
    folder, name = asked.work / asked.model / "net", f"{asked.model}-{'direct' if direct else 'layers'}"

    def told(stage: str, done: int, steps: int) -> None:
        if done % 200 == 0:
            print(name, stage, done, steps, flush=True)

    spent, began = asked.work / f"{name}.seconds", time.process_time()
    found = inverter_of(loaded, folder, layered, Run(), direct=direct, settings=ENCODER, on_step=told)
    if not spent.exists():
        spent.write_text(str(time.process_time() - began))
    return found, float(spent.read_text())


def faces(folder: Path, skipped: int, count: int) -> Tensor:
    """Faces that no training saw, half of them with glasses."""
    omitted = read_about(folder)["map_classes"].index(OMITTED)
    pictures, maps = part_of(folder, FIRST, 1200)
    with_glasses = (maps == omitted).flatten(1).any(1)
    half = slice(skipped // 2, (skipped + count) // 2)
    return torch.cat([pictures[with_glasses][half], pictures[~with_glasses][half]])


def errors(layered: Layered, inverter: Inverter) -> dict[str, float]:
    """Cosine errors of an encoder on samples, and the squared error of pixels."""
    z = layered.latents(range(SEEN))
    n = layered.inverted
    with torch.no_grad():
        wanted = layered.all(z)
        found = inverter(wanted[-1].clamp(-1, 1))
        again = layered.all(found[0])
    return {
        "latent": round(float(cosine_error(z, found[0])), 4),
        "activations": round(float(cosine_error(wanted[n], found[-1])), 4),
        "activations of the latent vector": round(float(cosine_error(wanted[n], again[n])), 4),
        "pixels": round(float(F.mse_loss(again[-1], wanted[-1])), 5),
    }


def measured(made: Tensor, photos: Tensor, seen: Any, distance: Any) -> dict[str, Any]:
    """What is reported of reconstructions: of faces with glasses, as many without, and samples of the generator."""
    psnr = 10 * torch.log10(4 / (made - photos).square().mean((1, 2, 3)))
    count = min(len(photos), REPORTED_ON)
    half, faces = count // 2, slice(0, count)
    maps = Seen(seen(photos[faces]), seen(made[faces]), seen.classes)
    parts = {
        "faces": faces,
        "with": slice(0, half),
        "without": slice(half, count),
        "samples": slice(count, None),
    }
    wide = [F.interpolate(each, (ENLARGED, ENLARGED), mode="nearest") for each in (photos, made)]
    apart = {"st_lpips_enlarged": distance(*wide)}
    if min(photos.shape[2:]) >= SMALLEST:
        apart["st_lpips"] = distance(photos, made)
    means = {
        which: {name: round(float(values[some].mean()), 4) for name, some in parts.items() if len(values[some])}
        for which, values in {"psnr": psnr, **apart}.items()
    }
    return {
        **means,
        "kept": {one.name: round(one.kept, 3) for one in class_losses(maps) if one.photos >= FEWEST},
        "photos": {one.name: one.photos for one in class_losses(maps)},
    }


def tried(
    layered: Layered, photos: Tensor, encoders: dict[bool, Inverter], seen: Any, distance: Any, method: str, **own: Any
) -> tuple[dict[str, Any], Tensor]:
    """One method on some photos."""
    began = time.process_time()
    options = {"steps": STEPS, "penalty": PENALTY, "last": LAST, **own}
    inverter = None if method == "z" else encoders[method.startswith("direct")]
    found = invert(layered, photos, Run(), method=method, inverter=inverter, features=distance, **options)
    seconds = round(time.process_time() - began, 1)
    return {**measured(found.pictures, photos, seen, distance), "cpu_seconds": seconds}, found.pictures


def done(path: Path, work: Callable[[], tuple[dict[str, Any], Tensor]]) -> tuple[dict[str, Any], Tensor]:
    """A row and its pictures, from a file if they are there."""
    if not path.exists():
        row, made = work()
        path.parent.mkdir(exist_ok=True)
        save_file({"made": made.contiguous()}, path, {"row": json.dumps(row)})
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["row"]), file.get_tensor("made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["encoders", "choose", "methods"])
    parser.add_argument("--model", choices=["half0", "small0", "omitted0"], default="half0")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sheet", type=Path, help="a picture of what each method makes of some photos")
    asked = parser.parse_args()
    loaded = load(asked.work / asked.model / "net")
    layered: Layered = loaded.engine.layered(loaded.config, loaded.net)
    encoders = {direct: encoder(loaded, layered, asked, direct) for direct in (False, True)}
    found = {
        "layers": {**errors(layered, encoders[False][0]), "cpu_seconds": round(encoders[False][1])},
        "direct": {**errors(layered, encoders[True][0]), "cpu_seconds": round(encoders[True][1])},
    }
    print(json.dumps(found, indent=1), flush=True)
    if asked.what == "encoders":
        return
    dataset = Dataset(asked.faces, ("image", "label map"))
    size = layered.size
    seen: LearnedSegmenter = set_segmenter(dataset, dataset.opened(size), size, Run(), None)
    distance = shift_tolerant("alex")
    nets = {direct: each[0] for direct, each in encoders.items()}
    if asked.what == "choose":
        photos = faces(asked.faces, 0, CHOSEN_ON)
        for last in (False, True):
            for penalty in (0.1, 1.0):
                row, _ = tried(layered, photos, nets, seen, distance, "layers+r", penalty=penalty, last=last)
                print(last, penalty, json.dumps(row), flush=True)
        return
    photos = faces(asked.faces, CHOSEN_ON, REPORTED_ON)
    photos = torch.cat([photos, layered.pictures(range(SEEN, SEEN + SAMPLED))])  # not among the starts of "z"
    rows: dict[str, Any] = {}
    pictures = [photos]
    kept = asked.work / f"{asked.model}-methods"
    for name, method, own in [
        *((method, method, {}) for method in METHODS),
        *((name, "layers+r", own) for name, own in OPTIONS.items()),
    ]:
        work = partial(tried, layered, photos, nets, seen, distance, method, **own)
        rows[name], made = done(kept / f"{name}.safetensors", work)
        pictures.append(made)
        print(name, json.dumps(rows[name]), flush=True)
    if asked.sheet:
        half = REPORTED_ON // 2
        shown = [0, 1, 2, 3, half, half + 1, half + 2, REPORTED_ON, REPORTED_ON + 1]
        grid = torch.cat([torch.cat([each[i] for i in shown], 2) for each in pictures], 1)
        to_image(F.interpolate(grid[None], scale_factor=4.0, mode="nearest")).save(asked.sheet)
    best, guess = rows["layers+r"], rows["layers"]
    result = {
        "benchmark": "inversion",
        **provenance(),
        "model": asked.model,
        "trained_for": loaded.config.steps,
        "side": layered.size[0],
        "photos": REPORTED_ON,
        "samples": SAMPLED,
        "latent_vectors": SEEN,
        "steps": STEPS,
        "penalty": PENALTY,
        "layers": [layer.name for layer in layered.layers[: layered.inverted]],
        "features": distance.name,
        "segmenter": {"pixels": round(seen.accuracy.pixels, 4), "mean_iou": round(seen.accuracy.mean_iou, 3)}
        if seen.accuracy
        else None,
        "encoder": ENCODER,
        "encoders": found,
        "methods": rows,
        "psnr_above_the_encoder": {name: round(best["psnr"][name] - guess["psnr"][name], 2) for name in best["psnr"]},
        "below": {
            which: {
                name: {part: round(1 - best[which][part] / rows[name][which][part], 3) for part in best[which]}
                for name in ("z", "direct", "layers")
            }
            for which in ("st_lpips", "st_lpips_enlarged")
            if which in best
        },
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()

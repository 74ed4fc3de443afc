"""Masked edits of Image2StyleGAN++ and pivotal tuning, in a StyleGAN2 of drawn faces of 32 pixels.

Photos are faces of the set ``faces`` with another seed than that of the training; their maps give the regions: an eye
is erased, the mouth of the same face with the other expression is the scribble, and hair comes from the next face. Said
are means over the photos. ``outside`` is the mean absolute change of the result outside of the mask, 0..1, and
``generator outside`` that of the picture before it is blended; ``inside`` is the mean absolute difference to what is
wanted inside, ``inside before`` that of the photo. ``filled`` is a hole filled with the blurred colours around it.

    python benchmarks/stylegan.py train --work WORK --seed 1      # the committed result is of WORK/seed1/net
    calotype data faces --seed 1 -n 40 -o held && calotype weights stlpips
    python benchmarks/stylegan_editing.py --model MODEL --faces held --out benchmarks/results/stylegan_editing.json \
        --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import stylegan_common as common
from calotype.catalog import load
from calotype.image.mask import composite, grown, soften
from calotype.image.resize import resize
from calotype.models.stylegan import recipes
from calotype.models.stylegan.distances import fast_distance, style_features
from calotype.models.stylegan.embedding import embed, psnr
from calotype.models.stylegan.search import Target, gram_loss, maps_of, search_noise
from calotype.models.stylegan.tuning import tune
from calotype.run import Run
from calotype.tasks import coded_photo, model_store
from machine import provenance
from stylegan_common import begun, write_result, write_sheet

PHOTOS, FIRST = 3, 10
TUNE_STEPS, NOISE_STEPS = 350, 100
SAMPLES = 16  # pictures of random styles whose change by tuning is measured


class Held:
    """Faces of a set, at the size of the model."""

    def __init__(self, folder: Path, side: int) -> None:
        self.folder, self.side = folder, side
        self.classes = json.loads((folder / "about.json").read_text())["map_classes"]

    def picture(self, number: int, of: str = "images") -> Tensor:
        with Image.open(self.folder / of / f"{number:06d}.png") as image:
            pixels = torch.from_numpy(np.asarray(image.convert("RGB")).copy())
        return resize(pixels.permute(2, 0, 1)[None].float() / 127.5 - 1, (self.side, self.side))

    def region(self, number: int, *names: str) -> Tensor:
        """Where the parts of these names are: [1, 1, side, side], 0 or 1, grown by a pixel."""
        with Image.open(self.folder / "maps" / f"{number:06d}.png") as image:
            index = np.asarray(image)
        found = np.isin(index, [self.classes.index(name) for name in names]).astype(np.float32)
        small = resize(torch.from_numpy(found)[None, None], (self.side, self.side), mode="bilinear")
        return grown((small > 0.3).float(), 1)


def blended(made: Tensor, photo: Tensor, mask: Tensor) -> Tensor:
    """The result as the verbs give it."""
    side = mask.shape[3]
    soft = soften(mask, round(coded_photo.DILATION * side), coded_photo.SOFTNESS * side)
    return composite(photo, made, soft)


def apart(one: Tensor, other: Tensor, where: Tensor) -> float:
    """The mean absolute difference in a region, 0..1."""
    return float(((one - other).abs() * where).sum() / where.sum() / 3 / 2)


def seam(made: Tensor, photo: Tensor, mask: Tensor) -> float:
    """Differences of neighbours across the edge of a mask, relative to those of the photo."""

    def jump(picture: Tensor) -> float:
        total = 0.0
        for axis in (2, 3):
            across = (mask.diff(dim=axis) != 0).float()
            total += float((picture.diff(dim=axis).abs() * across).sum())
        return total

    return jump(made) / max(jump(photo), 1e-6)


def measured(net: Any, cfg: Any, held: Held) -> tuple[dict[str, float], list[Tensor]]:
    found: dict[str, list[float]] = {}
    rows = []

    def note(
        name: str, made: Any, photo: Tensor, wanted: Tensor, mask: Tensor, seconds: float, before: Tensor
    ) -> Tensor:
        result = blended(made.picture, photo, mask)
        values = {
            "outside": apart(result, photo, 1 - mask),
            "generator outside": apart(made.picture, photo, 1 - mask),
            "inside": apart(result, wanted, mask),
            "inside before": apart(before, wanted, mask),
            "seconds": seconds,
        }
        for what, value in values.items():
            found.setdefault(f"{name} {what}", []).append(value)
        return result

    def timed(recipe: Any, **given: Any) -> tuple[Any, float]:
        began = time.process_time()
        made = recipe(cfg, Run(), net=net, **given)
        return made, time.process_time() - began

    for number in range(FIRST, FIRST + PHOTOS):
        photo, other = held.picture(number), held.picture(number + 1)
        began = time.process_time()
        code = embed(cfg, Run(), net=net, photo=photo)
        found.setdefault("w+ seconds", []).append(time.process_time() - began)
        known = {"code": {"styles": code.styles}}
        eye = held.region(number, "eyes", "glasses")
        eye[..., : held.side // 2] = 0
        covered = photo * (1 - eye) + eye * torch.tensor([1.0, -1.0, 1.0])[None, :, None, None]
        made, seconds = timed(recipes.erase, photo=covered, mask=eye)
        erased = note("erase", made, photo, photo, eye, seconds, covered)
        plain = recipes.filled(covered, eye)
        found.setdefault("filled inside", []).append(apart(plain, photo, eye))
        found.setdefault("erase seam", []).append(seam(erased, photo, eye))

        changed = held.picture(number, "others")
        mouth = held.region(number, "mouth")
        scribbled = photo * (1 - mouth) + mouth * changed
        made, seconds = timed(recipes.edit, photo=photo, edited=scribbled, mask=mouth, **known)
        edited = note("edit", made, photo, scribbled, mouth, seconds, photo)

        hair = (held.region(number, "hair", "hat") + held.region(number + 1, "hair", "hat")).clamp(max=1)
        made, seconds = timed(recipes.mix, photo=photo, other=other, mask=hair, **known)
        mixed = note("mix", made, photo, other, hair, seconds, photo)

        made, seconds = timed(recipes.stylize, photo=photo, style=other, mask=hair, **known)
        styled = note("stylize", made, photo, other, hair, seconds, photo)
        style = gram_loss(style_features("fast", photo), other, recipes.blurred(hair, recipes.BLUR))
        found.setdefault("stylize gram before", []).append(float(style(photo)))
        found.setdefault("stylize gram", []).append(float(style(styled)))

        began = time.process_time()
        _, noisy = search_noise(net.generator, code.styles, maps_of(net.generator), [Target(photo)], Run(), NOISE_STEPS)
        found.setdefault("noise seconds", []).append(time.process_time() - began)
        began = time.process_time()
        distance = fast_distance(photo)
        tuned, last = tune(
            cfg, Run(), net=net, styles=code.styles, noise=[], target=photo, distance=distance, steps=TUNE_STEPS
        )
        found.setdefault("tuning seconds", []).append(time.process_time() - began)
        for name, each in (("w+", code), ("w+ and noise", noisy), ("tuned", last)):
            found.setdefault(f"{name} psnr", []).append(float(psnr(each.picture, photo)))
        z = torch.randn(SAMPLES, cfg.latent, generator=torch.Generator().manual_seed(0))
        styles = net.generator.styles(z)
        with torch.no_grad():
            pair = [each(styles).clamp(-1, 1) for each in (net.generator, tuned.generator)]
        found.setdefault("tuned others", []).append(float((pair[0] - pair[1]).abs().mean() / 2))
        rows.append(
            torch.cat([photo, covered, erased, scribbled, edited, other, mixed, styled, code.picture, last.picture], 3)
        )
        print(number, {name: round(values[-1], 3) for name, values in found.items()}, flush=True)
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}, rows


def main() -> None:
    parser = common.parser(__doc__, "a sheet of the photos and results")
    parser.add_argument("--model", required=True, help="name or folder of the model")
    parser.add_argument("--faces", type=Path, required=True, help="the set of another seed")
    asked, _ = begun(parser)
    loaded = load(model_store.folder_of(asked.model))
    net = loaded.net.requires_grad_(False)
    values, rows = measured(net, loaded.config, Held(asked.faces, loaded.config.resolution))
    result = {
        **provenance(),
        "seed": 0,
        "photos": PHOTOS,
        "model": {"resolution": loaded.config.resolution, "steps": loaded.config.steps},
        "tune_steps": TUNE_STEPS,
        "noise_steps": NOISE_STEPS,
        "values": values,
    }
    write_result(result, asked.out)
    write_sheet(torch.cat(rows, 2), asked.sheet)


if __name__ == "__main__":
    main()

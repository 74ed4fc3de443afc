"""StyleGAN2's ``small`` preset on drawn faces, beside a plain GAN of as many parameters with the same time; what
adaptive augmentation is worth with few pictures; and the preset ``medium``.

Training pictures are the first 4000 faces of the set ``faces`` (32 pixels, seed 0), held-out ones the 1000 after them.
Of each model 1000 samples are compared with the held-out faces: the Frechet distance of EfficientNet-Lite0's features,
which is not FID, precision and recall (k = 3). Pictures are mirrored at random in training, so half of the held-out
ones are, too. Beside the models stand 1000 of the training pictures, and the plain GAN: that of ``cocogan.py``, wider.
``ada`` trains the preset ``study`` on 200 faces, with augmentation and without; ``--few-steps`` trains longer, with the
moving average of ``small``. ``--preset medium`` trains on the same faces drawn at 64 pixels, and measures that training
alone. Trainings are kept in ``--work`` and go on where they were stopped.

    python benchmarks/stylegan.py train --work WORK --seed 0       # and 1, and 2
    python benchmarks/stylegan.py plain --work WORK
    python benchmarks/stylegan.py early --work WORK
    python benchmarks/stylegan.py ada --work WORK
    python benchmarks/stylegan.py quality --work WORK --seeds 0 1 2 --out benchmarks/results/stylegan.json --sheet SHEET
    python benchmarks/stylegan.py train --preset medium --work MEDIUM
    python benchmarks/stylegan.py quality --preset medium --seeds 0 --work MEDIUM \\
        --out benchmarks/results/stylegan_medium.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

import cocogan as plain_gan
import stylegan_common as common
from calotype import saving
from calotype.catalog import load
from calotype.data.sets import dicebear
from calotype.data.stream import Stream
from calotype.image.io import to_image
from calotype.metrics.frechet import fid
from calotype.metrics.neighbours import neighbours
from calotype.models import cocogan, stylegan
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.generate import sample
from calotype.models.stylegan.network import Net
from calotype.nn.embedding import Embedding, Vectors, chosen, embed
from calotype.run import Run
from machine import provenance
from spade import seconds_of, timed
from stylegan_common import SIDE, begun, face_picture, with_packages, write_result

TRAINED, HELD_OUT, FEW, SAMPLES = 4000, 1000, 200, 1000
EARLY = 0.05  # of the training
PLAIN_WIDTHS = (52, 74)  # 0.65 and 0.88 million parameters; ``small`` has 0.35 and 0.57
EARLY_NAME, PLAIN_GAN = "small, a twentieth of it", "plain GAN"
ADAPTED, PLAIN_FEW = "200 pictures, augmented", "200 pictures, as they are"
PLAIN = replace(cocogan.PRESETS["small"], tint=0.0)  # batch 64


# ------------------------------------------------------------------------------------------------------------------
# The pictures


class Faces:
    """Some pictures of the set ``faces``, without its label maps.

    Args:
        held: the style.
        count: how many.
        first: number of the first one.
        side: of the pictures, pixels.
    """

    def __init__(self, held: dict[str, Any], count: int, first: int = 0, side: int = SIDE) -> None:
        self.pictures = torch.cat([face(held, first + i, side) for i in range(count)])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return {"image": self.pictures[i]}


def face(held: dict[str, Any], number: int, side: int = SIDE) -> Tensor:
    """A face of a style: [1, 3, side, side], -1..1."""
    return face_picture(held, dicebear.choose(held, np.random.default_rng((0, number))), side)


def mirrored(pictures: Tensor) -> Tensor:
    """Pictures, every second one flipped horizontally."""
    odd = torch.arange(len(pictures)) % 2 == 1
    return torch.where(odd[:, None, None, None], pictures.flip(3), pictures)


# ------------------------------------------------------------------------------------------------------------------
# The trainings


@dataclass(frozen=True)
class Training:
    """A training of StyleGAN2: its name, its settings, the number of its pictures and its seed."""

    name: str
    cfg: Config
    pictures: int = TRAINED
    seed: int = 0


def whole(seed: int, steps: int | None = None, preset: str = "small") -> Training:
    """The preset ``small``, or another one."""
    cfg = stylegan.PRESETS[preset]
    return Training(f"seed{seed}", replace(cfg, steps=steps or cfg.steps), TRAINED, seed)


def early(steps: int | None = None) -> Training:
    """A twentieth of it."""
    cfg = whole(0, steps).cfg
    return Training("early", replace(cfg, steps=round(EARLY * cfg.steps), decay_at=1.0))


def few(augment: bool, steps: int | None = None) -> Training:
    """The preset ``study`` on few pictures, or ``small`` in so many steps."""
    cfg = replace(stylegan.PRESETS["small"], steps=steps) if steps else stylegan.PRESETS["study"]
    if augment:
        return Training("few", replace(cfg, augment="bgc"), FEW)
    return Training("few_without", replace(cfg, augment="none"), FEW)


def trained(what: Training, held: dict[str, Any], work: Path) -> None:
    """Train, or go on with it; the model is written to ``WORK/NAME/net``."""
    faces = Faces(held, what.pictures, side=what.cfg.resolution)
    stream = Stream(faces, what.cfg.batch, seed=what.seed)
    net, seconds = timed(work / what.name, what.seed, lambda run: stylegan.train(stream, what.cfg, run))
    if not (work / what.name / "net").exists():
        saving.write(work / what.name / "net", "stylegan", what.cfg, net, "", stylegan.picture_size(what.cfg))
    print(f"{what.name}: {what.cfg.steps} steps in {seconds:.0f} CPU seconds", flush=True)


def trained_plain(held: dict[str, Any], work: Path, seconds: float) -> tuple[plain_gan.Plain, float]:
    """The plain GAN, after so many processor seconds."""
    stream = Stream(Faces(held, TRAINED), PLAIN.batch, seed=0)
    spent = work / "plain.seconds"
    made: tuple[plain_gan.Plain, float] = plain_gan.timed(
        work, "plain", lambda run: plain_gan.trained_plain(stream, PLAIN, run, seconds, spent, PLAIN_WIDTHS)
    )
    return made


# ------------------------------------------------------------------------------------------------------------------
# What is measured


def samples_of(folder: Path) -> Tensor:
    """Samples of a saved model, each of its own seed."""
    loaded = load(folder)
    assert isinstance(loaded.net, Net)
    made = [sample(loaded.config, Run(), net=loaded.net, seed=seed) for seed in range(SAMPLES)]
    return torch.cat(made)


@torch.no_grad()
def plain_samples(generator: plain_gan.Plain) -> Tensor:
    z = torch.randn(SAMPLES, 64, generator=torch.Generator().manual_seed(0))
    return torch.cat([generator(some) for some in z.split(64)])


def vectors_of(pictures: Tensor, features: Embedding, work: Path) -> Vectors:
    """Feature vectors of pictures, kept in ``work``."""
    key = hashlib.sha256(features.name.encode() + pictures.contiguous().numpy().tobytes()).hexdigest()[:16]
    kept = work / "vectors" / f"{key}.safetensors"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        save_file({"values": embed(pictures.split(64), features).values}, kept)
    return Vectors(load_file(kept)["values"], features.name)


def measured(real: Vectors, made: Vectors) -> dict[str, float]:
    found = neighbours(real, made)
    return {
        "fd": round(fid(real, made), 2),
        "precision": round(found.precision, 3),
        "recall": round(found.recall, 3),
    }


def steps_of(folders: list[Path]) -> int | None:
    """The steps of the first of some trainings; ``None`` if there is none."""
    return load(folders[0] / "net").config.steps if folders else None


def ratio(rows: dict[str, dict[str, float]], above: list[str], below: list[str], digits: int = 3) -> float | None:
    """The largest distance of some models over the largest of others; ``None`` where one was not trained."""
    if not (above and below and all(name in rows for name in (*above, *below))):
        return None
    return round(max(rows[name]["fd"] for name in above) / max(rows[name]["fd"] for name in below), digits)


def quality(asked: argparse.Namespace, held: dict[str, Any]) -> None:
    """Measure what was trained; models that were not are left out."""
    work, seeds = asked.work, [f"{asked.preset}, seed {seed}" for seed in asked.seeds]
    side = stylegan.PRESETS[asked.preset].resolution
    folders = {name: work / f"seed{seed}" for name, seed in zip(seeds, asked.seeds)}
    folders |= {EARLY_NAME: work / "early", ADAPTED: work / "few", PLAIN_FEW: work / "few_without"}
    folders = {name: folder for name, folder in folders.items() if (folder / "net").exists()}
    seeds = [name for name in seeds if name in folders]
    pictures = {"training pictures": mirrored(Faces(held, SAMPLES, side=side).pictures)}
    pictures |= {name: samples_of(folder / "net") for name, folder in folders.items()}
    seconds = {name: seconds_of(folder) for name, folder in folders.items()}
    if (work / "plain.safetensors").exists():
        generator, seconds[PLAIN_GAN] = trained_plain(held, work, seconds[seeds[0]])
        pictures[PLAIN_GAN] = plain_samples(generator)
    real, features = mirrored(Faces(held, HELD_OUT, TRAINED, side).pictures), chosen(asked.features)
    reference = vectors_of(real, features, work)
    rows = {name: measured(reference, vectors_of(made, features, work)) for name, made in pictures.items()}
    result = {
        "benchmark": "stylegan",
        **provenance(),
        "preset": asked.preset,
        "size": side,
        "steps": steps_of([folders[name] for name in seeds]),
        "study_steps": steps_of([folders[name] for name in (ADAPTED, PLAIN_FEW) if name in folders]),
        "pictures": TRAINED,
        "few_pictures": FEW,
        "held_out": HELD_OUT,
        "compared": SAMPLES,
        "features": reference.features,
        "cpu_seconds": {name: round(value) for name, value in seconds.items()},
        "models": rows,
        "fd_of_the_worst_seed_over_that_of_the_plain_gan": ratio(rows, seeds, [PLAIN_GAN]),
        "fd_of_a_twentieth_over_that_of_the_worst_seed": ratio(rows, [EARLY_NAME], seeds, 2),
        "fd_with_augmentation_over_that_without": ratio(rows, [ADAPTED], [PLAIN_FEW]),
    }
    write_result(result, asked.out)
    if asked.sheet:
        sheet({"held out": real, **pictures}).save(asked.sheet)


def sheet(pictures: dict[str, Tensor], columns: int = 20) -> Any:
    """Two rows of each, each pixel doubled."""
    rows = []
    for made in pictures.values():
        for first in (0, columns):
            rows.append(torch.cat(list(F.pad(made[first : first + columns].clamp(-1, 1), (1, 1, 1, 1), value=1.0)), 2))
        rows.append(torch.ones_like(rows[-1][:, :4]))
    grid = torch.cat(rows, 1)[None]
    return to_image(F.interpolate(grid, scale_factor=2.0))


def main() -> None:
    parser = with_packages(common.parser(__doc__, "samples of each model", trains="stylegan-work"))
    parser.add_argument("what", choices=("train", "plain", "early", "ada", "quality"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--preset", choices=("small", "medium"), default="small", help="of ``train`` and ``quality``")
    parser.add_argument("--steps", type=int, help="instead of those of the preset")
    parser.add_argument("--few-steps", type=int, help="of ``ada``: small in so many steps instead of study")
    parser.add_argument("--seconds", type=float, help="of the plain GAN, instead of those of small with seed 0")
    parser.add_argument("--features", default="auto")
    asked, held = begun(parser)
    if asked.what == "train":
        trained(whole(asked.seed, asked.steps, asked.preset), held, asked.work)
    elif asked.what == "early":
        trained(early(asked.steps), held, asked.work)
    elif asked.what == "ada":
        for augment in (True, False):
            trained(few(augment, asked.few_steps), held, asked.work)
    elif asked.what == "plain":
        trained_plain(held, asked.work, seconds_of(asked.work / "seed0") if asked.seconds is None else asked.seconds)
    else:
        quality(asked, held)


if __name__ == "__main__":
    main()

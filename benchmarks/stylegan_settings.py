"""Settings of StyleGAN2's preset ``study`` on drawn faces, beside a plain GAN with as many processor seconds.

Data and measures are those of ``stylegan.py``: 4000 faces of 32 pixels; the Frechet distance (features that need no
weights, and those of EfficientNet-Lite0), precision and recall of 1000 samples. Each training differs from the preset
``study``, as it was with the loss and filters of StyleGAN2, by what its row says. ``chosen_by`` compares with the faces
5000 to 5999, by which settings are chosen, and ``models`` with the faces 4000 to 4999. ``plain GAN`` had as many
seconds as the longest of the trainings.

    python benchmarks/stylegan_settings.py train --work WORK --name "study"       # and each other name
    python benchmarks/stylegan_settings.py plain --work WORK
    python benchmarks/stylegan_settings.py measure --work WORK --out benchmarks/results/stylegan_settings.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import stylegan_common as common
from calotype.catalog import load
from calotype.models import stylegan
from calotype.nn.embedding import chosen
from machine import provenance
from spade import seconds_of
from stylegan import (
    HELD_OUT,
    PLAIN_GAN,
    SAMPLES,
    TRAINED,
    Faces,
    Training,
    measured,
    mirrored,
    plain_samples,
    samples_of,
    sheet,
    trained,
    trained_plain,
    vectors_of,
)
from stylegan_common import AS_PUBLISHED, begun, with_packages, write_result

# The preset ``study`` as it was, with what is published.
STUDY: dict[str, Any] = {
    **AS_PUBLISHED,
    "base": 1024,
    "discriminator_base": 1024,
    "steps": 1500,
    "decay_at": 0.6,
    "average": 2.0,
    "augment": "bgc",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "study": {},
    "R1 of weight 0.02": {"gradient_penalty": 0.02},
    "R1 of weight 0.02, not augmented": {"gradient_penalty": 0.02, "augment": "none"},
}


def training(name: str, steps: int | None) -> Training:
    cfg = replace(stylegan.PRESETS["study"], **{**STUDY, **SETTINGS[name]})
    return Training(f"settings{list(SETTINGS).index(name)}", replace(cfg, steps=steps or cfg.steps))


def there(work: Path) -> dict[str, Path]:
    """Folders of the trainings that are done, by name."""
    folders = {name: work / training(name, None).name for name in SETTINGS}
    return {name: folder for name, folder in folders.items() if (folder / "net").exists()}


def measure(asked: argparse.Namespace, held: dict[str, Any]) -> None:
    """Measure what was trained; what was not is left out."""
    folders = there(asked.work)
    pictures = {"training pictures": mirrored(Faces(held, SAMPLES).pictures)}
    pictures |= {name: samples_of(folder / "net") for name, folder in folders.items()}
    seconds = {name: seconds_of(folder) for name, folder in folders.items()}
    if (asked.work / "plain.safetensors").exists():
        generator, seconds[PLAIN_GAN] = trained_plain(held, asked.work, max(seconds.values()))
        pictures[PLAIN_GAN] = plain_samples(generator)
    parts = {"chosen_by": TRAINED + HELD_OUT, "models": TRAINED}
    found: dict[str, dict[str, Any]] = {part: {} for part in parts}
    for kind in asked.features:
        features = chosen(kind)
        for part, first in parts.items():
            reference = vectors_of(mirrored(Faces(held, HELD_OUT, first).pictures), features, asked.work)
            found[part][features.name] = {
                name: measured(reference, vectors_of(made, features, asked.work)) for name, made in pictures.items()
            }
    result = {
        "benchmark": "stylegan_settings",
        **provenance(),
        "seed": 0,
        "steps": load(next(iter(folders.values())) / "net").config.steps,
        "pictures": TRAINED,
        "held_out": HELD_OUT,
        "compared": SAMPLES,
        "settings": {name: SETTINGS[name] for name in folders},
        "cpu_seconds": {name: round(value) for name, value in seconds.items()},
        **found,
    }
    write_result(result, asked.out)
    if asked.sheet:
        sheet(pictures).save(asked.sheet)


def main() -> None:
    work, features = "stylegan-settings-work", ("offline", "efficientnet")
    parser = with_packages(common.parser(__doc__, "samples of each model", trains=work, features=features))
    parser.add_argument("what", choices=("train", "plain", "measure"))
    parser.add_argument("--name", choices=list(SETTINGS), default="study")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    asked, held = begun(parser)
    if asked.what == "train":
        trained(training(asked.name, asked.steps), held, asked.work)
    elif asked.what == "plain":
        trained_plain(held, asked.work, max(seconds_of(folder) for folder in there(asked.work).values()))
    else:
        measure(asked, held)


if __name__ == "__main__":
    main()

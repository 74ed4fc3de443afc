#!/usr/bin/env bash
# Albumentations and MONAI give the same augmentations to every worker of a DataLoader, and the same again in every
# pass.
#
# Guess before running: with two workers of a DataLoader the random numbers of the two differ, and those of two passes
# too (guesses 153 and 156; both were doubted).
# Found (albumentations 2.0.8, monai 1.6.1, torch 2.13.0): both keep a NumPy generator of their own, which each worker
# copies from the main process, where it never moves on. With two workers each flip or crop is used twice, with eight
# eight times, and each pass over the set brings exactly the augmentations of the one before, with
# persistent_workers=False, the default. It does not need a seed, and NumPy and PyTorch, which PyTorch seeds for each
# worker, do not show it. Nothing is said. Let worker_init_fn call set_random_seed(torch.initial_seed() % 2**32) of the
# Compose of albumentations; MONAI has monai.data.DataLoader. Without workers all is well.
# Source: albumentations/core/composition.py, set_random_seed (np.random.default_rng); monai/transforms/transform.py,
# Randomizable.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'albumentations==2.0.8' 'opencv-python-headless==5.0.0.93' 'monai==1.6.1' 'torch==2.13.0' 'numpy>=2,<3'
cat > "$folder/main.py" <<'PYTHON'
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations
import monai
import numpy as np
import torch
from monai.transforms import RandShiftIntensity
from torch.utils.data import DataLoader, Dataset, get_worker_info

PICTURES = 8


class Pictures(Dataset):
    """Equal grey pictures; an item is the mean of one after its augmentation."""

    def __init__(self, kind):
        self.kind = kind
        if kind == "albumentations":
            brighter = albumentations.RandomBrightnessContrast(brightness_limit=0.3, contrast_limit=0, p=1)
            self.transform = albumentations.Compose([brighter])
        else:
            self.transform = RandShiftIntensity(offsets=(-0.3, 0.3), prob=1)

    def __len__(self):
        return PICTURES

    def __getitem__(self, index):
        if self.kind == "albumentations":
            return float(self.transform(image=np.full((4, 4, 3), 0.5, np.float32))["image"].mean())
        return float(self.transform(torch.full((1, 4, 4), 0.5)).mean())


def seed(worker):
    get_worker_info().dataset.transform.set_random_seed(torch.initial_seed() % 2**32)


def distinct(loader):
    """The number of different augmentations in one pass and in two."""
    passes = [[round(float(value), 6) for value in loader] for _ in range(2)]
    return len(set(passes[0])), len(set(passes[0] + passes[1]))


def main():
    print(f"albumentations {albumentations.__version__}, monai {monai.__version__}, torch {torch.__version__}")
    found = {}
    for kind in ("albumentations", "monai"):
        data = Pictures(kind)
        found[kind] = distinct(DataLoader(data, batch_size=None, num_workers=2))
        found[kind, "no workers"] = distinct(DataLoader(data, batch_size=None))
    found["albumentations", "seeded"] = distinct(
        DataLoader(Pictures("albumentations"), batch_size=None, num_workers=2, worker_init_fn=seed)
    )
    found["monai", "its own loader"] = distinct(monai.data.DataLoader(Pictures("monai"), batch_size=1, num_workers=2))
    for name, (one, two) in found.items():
        name = name if isinstance(name, str) else ", ".join(name)
        print(f"{name}: {PICTURES} pictures have {one} different augmentations, two passes {two}")
    wrong = (PICTURES // 2, PICTURES // 2)
    holds = all((value == wrong) == isinstance(name, str) for name, value in found.items())
    print("augmentations are repeated" if holds else "not as it was")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
PYTHON
"$folder/venv/bin/python" "$folder/main.py"

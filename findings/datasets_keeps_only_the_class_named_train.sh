#!/usr/bin/env bash
# The imagefolder loader of Hugging Face's datasets keeps only the pictures of trains of a folder with the classes bus,
# car and train.
#
# Guess before running: load_dataset("imagefolder") of one folder a class has the pictures of all three (guess 59).
# Found (datasets 5.2.0): a folder whose name is that of a split (train, training, dev, valid, test, eval and others) is
# taken for the split, and every picture outside such folders is left out, and with it the labels. Nothing is said. With
# "tram" in the place of "train" all pictures and three labels are there. A class "test" does the same, and so does one
# picture called train_1.png in a folder of pictures without classes. COCO, CIFAR-100 and Pascal VOC all have a class
# "train". data_files={"train": "folder/**"} says which files are meant, and avoids it.
# Source: datasets/data_files.py (the keywords of splits and their patterns are tried before that for all files).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'datasets==5.2.0' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys
from pathlib import Path

os.environ["HF_HOME"] = str(Path("cache").resolve())
import datasets
import numpy as np
from PIL import Image

datasets.disable_progress_bars()
rng = np.random.default_rng(0)


def load(names):
    folder = Path("_".join(names))
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")
    found = datasets.load_dataset("imagefolder", data_dir=str(folder))
    listed = datasets.load_dataset("imagefolder", data_files={"train": f"{folder}/**"})
    return {split: (len(part), list(part.features)) for split, part in found.items()}, len(listed["train"])


print(f"datasets {datasets.__version__}, 3 pictures of each class")
trams, _ = load(("bus", "car", "tram"))
trains, listed = load(("bus", "car", "train"))
tests, _ = load(("bus", "car", "test"))
print(f"bus, car, tram: {trams}\nbus, car, train: {trains}; with data_files: {listed}\nbus, car, test: {tests}")
holds = trams == {"train": (9, ["image", "label"])} and trains == {"train": (3, ["image"])}
holds = holds and tests == {"test": (3, ["image"])} and listed == 9
print("the other classes are left out" if holds else "the other classes are not left out any more")
sys.exit(0 if holds else 1)
PYTHON

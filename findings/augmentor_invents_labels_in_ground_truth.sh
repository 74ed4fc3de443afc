#!/usr/bin/env bash
# Augmentor interpolates label maps that it is given as ground truth, and so invents labels.
#
# Guess before running: a label map given as ground_truth of the labels 0 and 200 has no other label after a rotation, a
# zoom, a skew and a distortion (guess 237; it was doubted).
# Found (Augmentor 0.2.12, Pillow 12.3.0): a rotation by 15 degrees makes about two hundred labels of two, and a zoom, a
# shear, a skew, a distortion and resize do so too, as every picture of a pair is interpolated by the same bicubic
# filter. At the edge between the classes 0 and 200 all classes between them appear, each in a few pixels, which
# training takes for truth. Only what moves whole pixels (flips, crops without resizing) keeps the labels. Save label
# maps with a palette (mode P), which Pillow does not interpolate, and read the numbers of the palette back.
# Source: Augmentor/Operations.py (resample=Image.BICUBIC in all operations), Augmentor/Pipeline.py (ground_truth).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'Augmentor==0.2.12' 'pillow==12.3.0' 'tqdm>=4,<5' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import random
import sys
from pathlib import Path

import Augmentor
import numpy as np
from PIL import Image

labels = np.zeros((96, 96), np.uint8)
labels[24:72, 30:75] = 200
with_palette = Image.fromarray((labels > 0).astype(np.uint8))
with_palette.putpalette([0, 0, 0, 200, 0, 0])
picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8))
operations = {
    "rotate": lambda pipeline: pipeline.rotate(1, 15, 15),
    "zoom": lambda pipeline: pipeline.zoom(1, 1.2, 1.5),
    "shear": lambda pipeline: pipeline.shear(1, 15, 15),
    "skew": lambda pipeline: pipeline.skew(1),
    "random_distortion": lambda pipeline: pipeline.random_distortion(1, 4, 4, 6),
    "flip_left_right": lambda pipeline: pipeline.flip_left_right(1),
}
found = {}
for kind, truth in {"grey": Image.fromarray(labels), "palette": with_palette}.items():
    for name, add in operations.items():
        place = Path(f"{kind}_{name}")
        for part, image in {"picture": picture, "truth": truth}.items():
            (place / part).mkdir(parents=True)
            image.save(place / part / "0.png")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            random.seed(0)
            np.random.seed(0)
            pipeline = Augmentor.Pipeline(str(place / "picture"))
            pipeline.ground_truth(str(place / "truth"))
            add(pipeline)
            pipeline.sample(1, multi_threaded=False)
        (made,) = (place / "picture" / "output").glob("*groundtruth*")
        found[kind, name] = len(np.unique(np.asarray(Image.open(made))))
        print(f"{kind}, {name}: {found[kind, name]} labels")
holds = all((found["grey", name] > 2) == (name != "flip_left_right") for name in operations)
holds = holds and found["grey", "rotate"] > 50 and all(found["palette", name] == 2 for name in operations)
print("labels are invented" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# pycocotools takes an empty list of images or classes for "all of them".
#
# Guess before running: getAnnIds(imgIds=[]) finds no annotation, and the images of a class that does not exist are none.
# Found (pycocotools 2.0.11): an empty list is the default, which means no filter. getAnnIds(imgIds=[]) gives every annotation of the
# set, and getImgIds(catIds=getCatIds(catNms=["zebra"])), the usual way to choose training pictures by class, gives every
# image where the set has no zebra: a misspelt class name trains on everything, without a message.
# Source: pycocotools/coco.py, getAnnIds and getImgIds (conditions on len(...) == 0).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pycocotools==2.0.11' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import importlib.metadata
import io
import sys

from pycocotools.coco import COCO

coco = COCO()
coco.dataset = {
    "images": [{"id": 1, "width": 8, "height": 8}, {"id": 2, "width": 8, "height": 8}],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    "annotations": [
        {"id": 10, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 16, "bbox": [0, 0, 4, 4]},
        {"id": 11, "image_id": 2, "category_id": 2, "iscrowd": 0, "area": 16, "bbox": [0, 0, 4, 4]},
    ],
}
with contextlib.redirect_stdout(io.StringIO()):
    coco.createIndex()
one, none = coco.getAnnIds(imgIds=[1]), coco.getAnnIds(imgIds=[])
zebra = coco.getCatIds(catNms=["zebra"])
images = coco.getImgIds(catIds=zebra)
print(f"pycocotools {importlib.metadata.version('pycocotools')}")
print(f"annotations of image 1: {one}; of no image: {none}")
print(f"classes named zebra: {zebra}; images with these classes: {sorted(images)}")
holds = one == [10] and sorted(none) == [10, 11] and zebra == [] and sorted(images) == [1, 2]
print("empty lists select everything" if holds else "empty lists select nothing now")
sys.exit(0 if holds else 1)
PYTHON

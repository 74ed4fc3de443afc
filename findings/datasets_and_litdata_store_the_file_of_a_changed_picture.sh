#!/usr/bin/env bash
# Hugging Face datasets and LitData store the file of a picture, not the picture that it was changed into.
#
# Guesses before running: pictures of Pillow that were opened from a file and then changed in place (thumbnail, drawing,
# the frames of a GIF by seek) are in the data set as they were when it was made (guess 223), and so is a JPEG in a
# shard of LitData (guess 224) and of mosaicml-streaming (guess 225; all were doubted).
# Found (datasets 5.2.0, LitData 0.2.76, mosaicml-streaming 0.13.0, Pillow 13.0.0): as long as the picture has the name
# of the file that it was opened from, the file is stored. A thumbnail comes back in its full size, what was painted
# over is visible again, and three frames of a GIF are three times the first one; datasets does so for every format,
# by from_dict and by map, LitData and mosaicml-streaming (encoding "jpeg") for JPEG files. Nothing is said. Faces that
# were made unreadable in place are readable in the data set. Changes that return a new picture (resize, crop,
# convert) are kept, and picture.copy() before storing is enough.
# Source: datasets/features/image.py (encode_pil_image), litdata/streaming/serializers.py (JPEGSerializer) and
# streaming/base/format/mds/encodings.py (JPEG): each reads the file if the picture has a filename.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'datasets==5.2.0' 'litdata==0.2.76' 'torch==2.13.0' 'pillow==13.0.0' 'numpy>=2,<3'
# Of mosaicml-streaming only the module of encodings is used: the package needs several clouds.
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/streaming" \
  'mosaicml-streaming==0.13.0'
cd "$folder"
HF_HOME="$folder/cache" HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 "$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import importlib.util
import io
import sys

import numpy as np
from datasets import Dataset, Features, Image
from litdata.streaming.serializers import JPEGSerializer
from PIL import Image as Pillow
from PIL import ImageDraw

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("datasets", "litdata", "pillow")), sep=", ")
where = "streaming/streaming/base/format/mds/encodings.py"
specification = importlib.util.spec_from_file_location("encodings", where)
encodings = importlib.util.module_from_spec(specification)
specification.loader.exec_module(encodings)

patches = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
for name in ("a.png", "a.jpg"):
    Pillow.fromarray(patches).save(name)
frames = [Pillow.new("RGB", (32, 32), colour) for colour in ("red", "lime", "blue")]
frames[0].save("a.gif", save_all=True, append_images=frames[1:])


def thumbnail(name):
    picture = Pillow.open(name)
    picture.thumbnail((32, 32))
    return picture


def painted_over(name):
    picture = Pillow.open(name)
    ImageDraw.Draw(picture).rectangle((0, 0, 127, 127), fill="white")
    return picture


def frame(number):
    picture = Pillow.open("a.gif")
    picture.seek(number)
    return picture


def by_datasets(pictures):
    table = Dataset.from_dict({"image": pictures}, features=Features({"image": Image()}))
    return [row["image"] for row in table]


def by_litdata(pictures):
    return [Pillow.open(io.BytesIO(JPEGSerializer().serialize(picture)[0])) for picture in pictures]


def by_streaming(pictures):
    return [encodings.mds_decode("jpeg", encodings.mds_encode("jpeg", picture)) for picture in pictures]


def is_the_file(picture, name):
    with Pillow.open(name) as file:
        return picture.size == file.size and np.array_equal(picture.convert("RGB"), file.convert("RGB"))


holds = True
for library, store, names in (
    ("datasets", by_datasets, ("a.png", "a.jpg")),
    ("LitData", by_litdata, ("a.jpg",)),
    ("mosaicml-streaming", by_streaming, ("a.jpg",)),
):
    for name in names:
        for change in (thumbnail, painted_over):
            picture = change(name)
            (back,) = store([picture])
            (copied,) = store([picture.copy()])
            old = is_the_file(back, name) and not is_the_file(copied, name)
            print(f"{library}, {name}, {change.__name__}: size {picture.size} comes back as {back.size}; the file: {old}")
            holds = holds and old
shown = [frame(number).convert("RGB").getpixel((9, 9)) for number in range(3)]
stored = [picture.convert("RGB").getpixel((9, 9)) for picture in by_datasets([frame(number) for number in range(3)])]
print(f"datasets, frames of a GIF: {shown} come back as {stored}")
holds = holds and len(set(shown)) == 3 and len(set(stored)) == 1
print("the files are stored" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

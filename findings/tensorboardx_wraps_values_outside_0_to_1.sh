#!/usr/bin/env bash
# tensorboardX logs a pixel of 1.02 as nearly black, and one of -0.02 as nearly white.
#
# Guess before running: add_image of a float picture with values of -0.02 and 1.02 logs them as 0 and 255 (guess 249; it
# was doubted).
# Found (tensorboardX 2.6.5, Pillow 12.3.0): they are logged as 251 and 4. Values are multiplied by 255 and turned to
# bytes without a limit, so that they go round. Pictures of a generator overshoot a little at edges and highlights,
# where the log shows speckles that are not in the picture. What becomes of negative values in a byte is left open by
# NumPy; 251 was seen on x86-64. Log picture.clip(0, 1).
# Source: tensorboardX/summary.py (image: (tensor * 255.0).astype(np.uint8)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'tensorboardX==2.6.5' 'pillow==12.3.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - "$folder/log" <<'PYTHON'
import importlib.metadata
import io
import sys
import warnings

import numpy as np
from PIL import Image
from tensorboardX import SummaryWriter
from tensorboardX.record_writer import RecordWriter

warnings.simplefilter("ignore")
print(f"tensorboardX {importlib.metadata.version('tensorboardX')}")
values = np.float32([-0.02, 0.0, 0.5, 1.0, 1.02])
picture = np.broadcast_to(values[None, None, :], (3, 8, 5)).astype(np.float32)
events = []
written = RecordWriter.write


def kept(self, data):
    events.append(data)
    return written(self, data)


RecordWriter.write = kept


def logged(one):
    events.clear()
    with SummaryWriter(sys.argv[1]) as writer:
        writer.add_image("picture", one)
    (event,) = [data for data in events if b"\x89PNG" in data]
    start = event.index(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(event[start:])))[4, :, 0].tolist()


plain, limited = logged(picture), logged(picture.clip(0, 1))
print(f"values {[round(float(value), 2) for value in values]}")
print(f"logged {plain}")
print(f"after clip(0, 1) {limited}")
holds = plain[4] < 50 and limited[0] == 0 and limited[4] == 255 and plain[1:4] == limited[1:4]
print("values go round" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

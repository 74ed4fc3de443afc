#!/usr/bin/env bash
# img2dataset makes 16-bit pictures white.
#
# Guess before running: a 16-bit picture in colour through Resizer is its high bytes, to 3 levels on the mean (guess
# 239; it was doubted).
# Found (img2dataset 1.47.0, OpenCV 4.13.0): written as JPEG, which is the default, or as WebP, 98 per cent of values
# of a ramp from black to white are 255: everything above 255 of 65535 is white. So it is in grey and with alpha, and
# with alpha as PNG too. The sample counts as a success, with its caption. 16-bit PNG and TIFF files are photographs and
# renderings of quality, and depth maps, which a collection loses in this way. PNG without alpha keeps all 16 bits. Look
# for white pictures afterwards, or turn the files to 8 bits before.
# Source: img2dataset/resizer.py (Resizer.__call__, cv2.imdecode with IMREAD_UNCHANGED, then cv2.imencode, which cuts at
# 255; the blend with white divides alpha by 255).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-python-headless==4.13.0.92' 'albumentations==1.4.24' 'numpy>=2,<3'
# Of img2dataset only the module of the resizer is used: the package needs much else.
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/library" \
  'img2dataset==1.47.0'
cd "$folder"
NO_ALBUMENTATIONS_UPDATE=1 "$folder/venv/bin/python" - <<'PYTHON'
import importlib.util
import io
import sys

import cv2
import numpy as np

specification = importlib.util.spec_from_file_location("resizer", "library/img2dataset/resizer.py")
resizer = importlib.util.module_from_spec(specification)
specification.loader.exec_module(resizer)
print(f"img2dataset 1.47.0, OpenCV {cv2.__version__}")

ramp = np.linspace(0, 65535, 96 * 128).reshape(96, 128)
colour = np.stack([ramp, ramp[::-1], ramp[:, ::-1]], 2)
with_alpha = np.dstack([colour, np.full(ramp.shape, 65535.0)])
pictures = {
    "colour, 16 bits": colour.astype(np.uint16),
    "colour and alpha, 16 bits": with_alpha.astype(np.uint16),
    "grey, 16 bits": ramp.astype(np.uint16),
    "colour, 8 bits": (colour / 257).round().astype(np.uint8),
    "colour and alpha, 8 bits": (with_alpha / 257).round().astype(np.uint8),
}
white = {}
for name, picture in pictures.items():
    file = io.BytesIO(cv2.imencode(".png", picture)[1].tobytes())
    for written, quality in {"jpg": 95, "webp": 95, "png": 6}.items():
        resize = resizer.Resizer(64, "keep_ratio", False, encode_quality=quality, encode_format=written)
        file.seek(0)
        data, *_, error = resize(file)
        back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        levels = back / (257 if back.dtype == np.uint16 else 1)
        white[name, written] = float((levels >= 254.5).mean())
        print(f"{name}, as {written}: mean {levels.mean():.1f}, white {white[name, written]:.3f}, error {error}")
holds = all(share > 0.9 for (name, written), share in white.items() if "16" in name and written != "png")
holds = holds and all(share < 0.02 for (name, written), share in white.items() if "8 bits" in name)
print("16-bit pictures are white" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# PyMuPDF hands pictures with alpha to Pillow with their colours multiplied by alpha, and saves others than it hands
# over.
#
# Guess before running: a half-transparent red square of an SVG or PDF file, rendered with alpha and given to Pillow, is
# (255, 0, 0, 128), to 2 levels (guess 262; it was doubted).
# Found (PyMuPDF 2.0, pypdfium2 5.15.2): pil_image() gives (126, 0, 0, 126), and so do pil_save, pil_tobytes and
# samples, whereas save() writes a PNG file with (255, 0, 0, 126). pypdfium2 gives (255, 0, 0, 127). Emoji and logos
# that are drawn from SVG or PDF on a transparent ground thus get dark fringes by one way and none by the other. Save
# with save() and open the file, or read samples as mode "RGBa" and convert.
# Source: pymupdf/__init__.py, Pixmap.pil_image (Image.frombytes("RGBA", size, self.samples)); MuPDF keeps colours
# multiplied by alpha.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pymupdf==2.0' 'pypdfium2==5.15.2' 'pillow==13.0.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import pymupdf
import pypdfium2
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("pymupdf", "pypdfium2", "pillow")), sep=", ")
svg = b"""<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
<rect x="12" y="12" width="40" height="40" fill="#f00" fill-opacity="0.5"/></svg>"""
drawing = pymupdf.open(stream=svg, filetype="svg")
pixmap = drawing[0].get_pixmap(alpha=True)
pixmap.save("saved.png")
page = pypdfium2.PdfDocument(drawing.convert_to_pdf())[0]
pictures = {
    "PyMuPDF, pil_image": pixmap.pil_image(),
    "PyMuPDF, pil_tobytes": Image.open(io.BytesIO(pixmap.pil_tobytes("PNG"))),
    "PyMuPDF, samples": Image.frombytes("RGBA", (pixmap.width, pixmap.height), pixmap.samples),
    "PyMuPDF, samples as RGBa": Image.frombytes("RGBa", (pixmap.width, pixmap.height), pixmap.samples).convert("RGBA"),
    "PyMuPDF, save": Image.open("saved.png"),
    "pypdfium2, to_pil": page.render(scale=1, fill_color=(0, 0, 0, 0)).to_pil(),
}
dark = {}
for name, picture in pictures.items():
    red, green, blue, alpha = picture.convert("RGBA").getpixel((32, 32))
    dark[name] = red == alpha < 130
    print(f"{name}: {(red, green, blue, alpha)}")
holds = list(dark.values()) == [True, True, True, False, False, False]
print("colours are multiplied by alpha" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

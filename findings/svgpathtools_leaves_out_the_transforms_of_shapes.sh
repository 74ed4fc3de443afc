#!/usr/bin/env bash
# svgpathtools' svg2paths gives the shapes of an SVG file without their transforms, and without those of their groups.
#
# Guess before running: svg2paths gives the shapes of an SVG file where they are drawn, transforms of shapes and
# groups included (guess 388; it was doubted).
# Found (svgpathtools 1.8.0): three squares that a group, an attribute of their own and a scale put at three places
# all lie at the origin in their own units. Files of drawing programs and emoji have such transforms nearly always, so
# that data sets of strokes that are made so have their parts in one heap. The text of svg2paths does not tell. The
# class Document of the same package is right: Document(path).paths().
# Source: svgpathtools/svg_to_paths.py (svg2paths reads the attribute d, and no transform).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'svgpathtools==1.8.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

from svgpathtools import Document, svg2paths

print(f"svgpathtools {importlib.metadata.version('svgpathtools')}")
picture = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
<g transform="translate(50 50)"><path d="M0 0H10V10H0Z"/></g>
<rect width="10" height="10" transform="translate(30 0)"/>
<path d="M0 0H10V10H0Z" transform="scale(2)"/>
</svg>"""
drawn = [(0, 20, 0, 20), (30, 40, 0, 10), (50, 60, 50, 60)]  # from x, to x, from y, to y
with open("picture.svg", "w") as file:
    file.write(picture)
paths, _ = svg2paths("picture.svg")
by_list = sorted(tuple(round(value) for value in path.bbox()) for path in paths)
by_document = sorted(tuple(round(value) for value in path.bbox()) for path in Document("picture.svg").paths())
print(f"drawn: {drawn}")
print(f"svg2paths: {by_list}")
print(f"Document.paths: {by_document}")
holds = by_list == [(0, 10, 0, 10)] * 3 and by_document == drawn
print("the transforms are left out" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

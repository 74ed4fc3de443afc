#!/usr/bin/env bash
# trimesh.load(..., process=False) still drops and moves vertices of an OBJ file.
#
# Guess before running: process=False, "leave the mesh as it is", keeps the vertices of the file: their number and their
# order, which the shape and expression bases of a morphable face model are indexed by.
# Found (trimesh 5.2.0): a vertex that no face uses disappears, and those after it move up by one: the fifth of six is gone
# and the sixth is in its place. A basis of as many rows as the file has vertices then deforms the wrong points, or does
# not fit. maintain_order=True together with process=False keeps all.
# Source: trimesh/exchange/obj.py (load_obj: vertices that faces use, unless maintain_order).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'trimesh==5.2.0' 'numpy>=2,<3'
cat > "$folder/mesh.obj" <<'OBJ'
v 0 0 0
v 1 0 0
v 0 1 0
v 1 1 0
v 0 0 5
v 2 2 0
f 1 2 3
f 6 4 3
OBJ
"$folder/venv/bin/python" - "$folder/mesh.obj" <<'PYTHON'
import sys

import trimesh

path = sys.argv[1]
plain = trimesh.load(path, process=False)
ordered = trimesh.load(path, process=False, maintain_order=True)
print(f"trimesh {trimesh.__version__}; the file has 6 vertices, the fifth is (0, 0, 5), the sixth (2, 2, 0)")
for name, mesh in (("process=False", plain), ("process=False, maintain_order=True", ordered)):
    print(f"{name}: {len(mesh.vertices)} vertices, the fifth is {mesh.vertices[4].tolist()}")
holds = len(plain.vertices) == 5 and len(ordered.vertices) == 6 and ordered.vertices[4].tolist() == [0, 0, 5]
holds = holds and plain.vertices[4].tolist() == [2, 2, 0]
print("vertices are dropped" if holds else "the vertices are kept now")
sys.exit(0 if holds else 1)
PYTHON

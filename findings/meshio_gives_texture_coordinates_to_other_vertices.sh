#!/usr/bin/env bash
# meshio gives the texture coordinates of an OBJ file to the vertices of the same number, not to those of the faces.
#
# Guess before running: texture coordinates belong to the vertices that the faces give them to, or the file is refused
# (guess 36).
# Found (meshio 5.3.5): a face of an OBJ file names a vertex and a texture coordinate, "f 1/4 2/3 3/2", and the two
# lists may have any order. meshio reads the list of coordinates as data of the points in the order of the file. Where
# there are as many as vertices nothing is said and the texture is put on wrongly. Meshes of morphable face models are
# such files. trimesh reads them as they are meant.
# Source: meshio/obj/_obj.py (point_data "obj:vt"; of each corner of a face only the part before the first "/" is kept).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'meshio==5.3.5' 'trimesh==5.2.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys
import tempfile

import meshio
import numpy as np
import trimesh

TEXT = """v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 1
vt 1 1
vt 1 0
vt 0 0
f 1/4 2/3 3/2
f 1/4 3/2 4/1
"""
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/square.obj"
    with open(path, "w") as file:
        file.write(TEXT)
    mesh = meshio.read(path)
other = trimesh.load(io.StringIO(TEXT), file_type="obj", process=False)
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("meshio", "trimesh")))
for point, place in zip(mesh.points, mesh.point_data["obj:vt"]):
    print(f"vertex {point[:2]} has the texture coordinate {place}")
# The texture coordinate of each corner of this square is its position.
holds = not np.allclose(mesh.points[:, :2], mesh.point_data["obj:vt"])
holds = holds and np.allclose(other.vertices[:, :2], other.visual.uv)
print("they are put at other vertices" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

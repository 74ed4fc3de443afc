#!/usr/bin/env bash
# trimesh keeps the low byte of 16-bit colours of PLY files, and meshio reads 8-bit ones as signed numbers.
#
# Guess before running: a PLY file whose vertex colours are of 16 bits, or floats of 0 to 1, has the same colours as
# one of 8 bits in three, trimesh, pyvista and meshio (guess 462; it was doubted).
# Found (trimesh 5.2.0, meshio 5.3.5): in trimesh a 16-bit colour is its number modulo 256, so that a soft grey ramp
# becomes stripes; 8 bits and floats are right. meshio gives colours of the type uchar as int8: 255 is -1 and 128 is
# -128, so that the brighter half of a coloured mesh is negative; the same file with the type named uint8 is right. 16
# bits of the type ushort are refused by meshio, with an error. three is right for all three types; pyvista was not
# run. Scanners that measure 16-bit colour write such files, and uchar is what nearly all programs write. Read them
# with plyfile, or mend the numbers by .view(numpy.uint8).
# Source: trimesh/visual/color.py (to_rgba: astype(uint8)); meshio/ply/_ply.py (the table of types: uchar is int8).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'trimesh==5.2.0' 'meshio==5.3.5' 'numpy>=2,<3'
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import pathlib
import struct
import sys

import meshio
import numpy as np
import trimesh

folder = pathlib.Path(sys.argv[1])
print(f"trimesh {trimesh.__version__}, meshio {meshio.__version__}")
reds = (1.0, 0.25, 0.5)
types = {
    "uchar": ("<u1", lambda red: round(255 * red)),
    "uint8": ("<u1", lambda red: round(255 * red)),
    "ushort": ("<u2", lambda red: round(65535 * red)),
    "float": ("<f4", lambda red: red),
}
for name, (number, scaled) in types.items():
    vertices = np.zeros(3, [(axis, "<f4") for axis in "xyz"] + [(colour, number) for colour in ("red", "green", "blue")])
    vertices["x"], vertices["y"], vertices["red"] = (0, 1, 0), (0, 0, 1), [scaled(red) for red in reds]
    head = ["ply", "format binary_little_endian 1.0", "element vertex 3"]
    head += [f"property float {axis}" for axis in "xyz"]
    head += [f"property {name} {colour}" for colour in ("red", "green", "blue")]
    head += ["element face 1", "property list uchar int vertex_indices", "end_header", ""]
    face = struct.pack("<Biii", 3, 0, 1, 2)
    (folder / f"{name}.ply").write_bytes("\n".join(head).encode() + vertices.tobytes() + face)


def of_trimesh(name):
    mesh = trimesh.load(folder / f"{name}.ply", process=False)
    return [int(colour) for colour in mesh.visual.vertex_colors[:, 0]]


def of_meshio(name):
    return [int(colour) for colour in meshio.read(folder / f"{name}.ply").point_data["red"]]


print("by the file: 255, 64, 128 of 255")
trimesh_reds = {name: of_trimesh(name) for name in ("uchar", "float", "ushort")}
meshio_reds = {name: of_meshio(name) for name in ("uint8", "uchar")}
for library, found in (("trimesh", trimesh_reds), ("meshio", meshio_reds)):
    for name, colours in found.items():
        print(f"{library}, {name}: {colours}")
low = [round(65535 * red) % 256 for red in reds]
right = [255, 64, 128]
holds = (
    trimesh_reds["uchar"] == trimesh_reds["float"] == meshio_reds["uint8"] == right
    and trimesh_reds["ushort"] == low
    and meshio_reds["uchar"] == [-1, 64, -128]
)
print("colours wrap round" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

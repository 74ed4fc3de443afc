#!/usr/bin/env bash
# SPZ files of Gaussian splats that gsply and gaussforge write are upside down and back to front in splat-transform, and
# the other way round.
#
# Guess before running: shN[:, k, c] of gsply is f_rest_ number 15 c + k of a file of 3DGS, and positions go through SPZ
# from gsply to splat-transform and back with their signs (guess 332; it was doubted).
# Found (gsply 0.4.6, gaussforge 0.6.0, @playcanvas/splat-transform 2.7.1): shN is right, but y and z have the other
# sign, and rotations are turned with them. PLY files of 3DGS have y down and z forward, SPZ is defined with y up and z
# back. splat-transform converts from one to the other; gsply and gaussforge copy the numbers in both directions, so
# that each of them reads its own files rightly. Turn the scene by 180 degrees about x before it is written by these two
# and after it is read, or go through PLY files with one program for SPZ.
# Source: gsply/spz.py (write_spz and read_spz have no conversion of coordinates); splat-transform, its reader and
# writer of SPZ.
#
# Needs Python 3.10 or newer, pip, Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any
# more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'gsply==0.4.6' 'gaussforge==0.6.0' 'plyfile==1.1.3' 'zstandard==0.25.0' 'numpy>=2,<2.5'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@playcanvas/splat-transform@2.7.1'
cd "$folder"
cat > convert.sh <<'SHELL'
node node_modules/@playcanvas/splat-transform/bin/cli.mjs -w "$1" "$2" > /dev/null 2>&1
SHELL
cat > main.py <<'PYTHON'
import importlib.metadata
import subprocess
import sys

import gaussforge
import gsply
import numpy as np
from plyfile import PlyData, PlyElement

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("gsply", "gaussforge")), sep=", ")
names = ["x", "y", "z", "nx", "ny", "nz", *(f"f_dc_{i}" for i in range(3)), *(f"f_rest_{i}" for i in range(45))]
names += ["opacity", *(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4))]
rng = np.random.default_rng(0)
splats = np.zeros(50, [(name, "f4") for name in names])
for name in names:
    splats[name] = rng.normal(0, 0.3, 50)
splats["x"], splats["y"], splats["z"] = (rng.uniform(0.5, 2, 50) for _ in range(3))
PlyData([PlyElement.describe(splats, "vertex")]).write("scene.ply")


def convert(source, target):
    subprocess.run(["bash", "convert.sh", source, target], check=True)


def forge(source, target):
    data = open(source, "rb").read()
    result = gaussforge.GaussForge().convert(data, source[-3:], target[-3:])
    open(target, "wb").write(result["data"])


def by_gsply(source, target):
    if target.endswith("spz"):
        gsply.write_spz(target, gsply.plyread(source))
    else:
        gsply.plywrite(target, gsply.read_spz(source))


def signs(path):
    """Signs of x, y and z in comparison to those of the scene."""
    found = PlyData.read(path)["vertex"]
    return [int(np.sign(np.median(found[axis] / splats[axis]))) for axis in "xyz"]


tools = {"gsply": by_gsply, "gaussforge": forge, "splat-transform": convert}
found = {}
for writer, write in tools.items():
    for reader, read in tools.items():
        spz, ply = f"{writer}.spz", f"{writer}-{reader}.ply"
        try:
            write("scene.ply", spz)
            read(spz, ply)
            found[writer, reader] = signs(ply)
        except Exception as error:
            found[writer, reader] = None
            print(f"{writer} to {reader}: {str(error)[:80]}")
            continue
        print(f"written by {writer}, read by {reader}: signs of x, y, z {found[writer, reader]}")
copied = [found[a, b] for a in ("gsply", "gaussforge") for b in ("gsply", "gaussforge")]
holds = copied == [[1, 1, 1]] * 4 and found["splat-transform", "splat-transform"] == [1, 1, 1]
holds = holds and found["gsply", "splat-transform"] == found["gaussforge", "splat-transform"] == [1, -1, -1]
holds = holds and found["splat-transform", "gsply"] == [1, -1, -1]
print("y and z are turned" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
"$folder/venv/bin/python" main.py 2> "$folder/log" || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }

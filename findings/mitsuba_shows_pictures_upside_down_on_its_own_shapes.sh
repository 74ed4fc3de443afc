#!/usr/bin/env bash
# Mitsuba shows a picture upside down on its own shapes and on PLY meshes, and upright on OBJ meshes.
#
# Guess before running: a bitmap texture on a rectangle that is seen from its front is upright and not mirrored (guess
# 327; it was doubted).
# Found (Mitsuba 3.9.1): it is upside down, not mirrored. The top row of a bitmap is at v = 0, where the rectangle has
# its lower edge. A mesh with the same corners and texture coordinates is upside down from a PLY file and upright
# from an OBJ file, as the OBJ reader alone turns v round (flip_tex_coords is true there by default, and false for PLY).
# Give the bitmap to_uv=ScalarTransform4f().scale([1, -1, 1]), or set flip_tex_coords by hand for both formats.
# Source: mitsuba/src/textures/bitmap.cpp, src/shapes/rectangle.cpp and obj.cpp (flip_tex_coords).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mitsuba==3.9.1' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import sys

import mitsuba as mi
import numpy as np

mi.set_variant("scalar_rgb")
print(f"Mitsuba {mi.__version__}")
colours = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "black": (0, 0, 0)}
picture = np.zeros((8, 8, 3), np.float32)
picture[:4, :4], picture[:4, 4:], picture[4:, :4] = colours["red"], colours["green"], colours["blue"]
corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
with open("square.obj", "w") as file:
    for x, y in corners:
        file.write(f"v {x} {y} 0\nvt {(x + 1) // 2} {(y + 1) // 2}\nvn 0 0 1\n")
    file.write("f 1/1/1 2/2/1 3/3/1\nf 1/1/1 3/3/1 4/4/1\n")
with open("square.ply", "w") as file:
    names = "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v"))
    file.write(f"ply\nformat ascii 1.0\nelement vertex 4\n{names}")
    file.write("element face 2\nproperty list uchar int vertex_indices\nend_header\n")
    for x, y in corners:
        file.write(f"{x} {y} 0 0 0 1 {(x + 1) // 2} {(y + 1) // 2}\n")
    file.write("3 0 1 2\n3 0 2 3\n")


def seen(shape, **texture):
    """Names of the colours at the upper left and right, and at the lower left and right."""
    camera = mi.ScalarTransform4f().look_at(origin=[0, 0, 8], target=[0, 0, 0], up=[0, 1, 0])
    film = {"type": "hdrfilm", "width": 16, "height": 16, "rfilter": {"type": "box"}}
    bitmap = {"type": "bitmap", "bitmap": mi.Bitmap(picture), "raw": True, **texture}
    scene = mi.load_dict({
        "type": "scene",
        "integrator": {"type": "direct"},
        "light": {"type": "constant"},
        "camera": {"type": "perspective", "fov": 20, "to_world": camera, "film": film},
        "shape": {**shape, "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": bitmap}}},
    })
    image = np.array(mi.render(scene, spp=16))
    places = [(5, 5), (5, 10), (10, 5), (10, 10)]
    return [min(colours, key=lambda name: np.abs(image[place] - colours[name]).sum()) for place in places]


found = {
    "rectangle": seen({"type": "rectangle"}),
    "PLY mesh": seen({"type": "ply", "filename": "square.ply"}),
    "OBJ mesh": seen({"type": "obj", "filename": "square.obj"}),
    "rectangle, to_uv": seen({"type": "rectangle"}, to_uv=mi.ScalarTransform4f().scale([1, -1, 1])),
}
upright, turned = ["red", "green", "blue", "black"], ["blue", "black", "red", "green"]
for name, order in found.items():
    print(f"{name}: {', '.join(order)}")
holds = list(found.values()) == [turned, turned, upright, upright]
print("upside down but on OBJ meshes" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

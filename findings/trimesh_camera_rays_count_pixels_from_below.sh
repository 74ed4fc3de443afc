#!/usr/bin/env bash
# The pixels of trimesh's Scene.camera_rays are counted from below, so that a picture filled by them is upside down.
#
# Guess before running: the ray of Scene.camera_rays for pixel (0, 0) goes left and up, as rows of pictures go down
# (guess 345; it was doubted).
# Found (trimesh 5.2.0): it goes left and down; a pixel is (column, row counted from below). picture[row, column] shows
# a ball that hangs above on the lower half, while the matrix camera.K, read with rows that go down, puts it on the
# upper one. The rays themselves come column by column, each from above, so that they are upright when they are reshaped
# to (width, height) and transposed. Or use picture[height - 1 - row, column].
# Source: trimesh/scene/cameras.py, ray_pixel_coords (the index runs from res[1] - 1 down to 0, while y starts on top).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'trimesh==5.2.0' 'rtree==1.4.1' 'scipy>=1.14,<2' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import trimesh

print(f"trimesh {trimesh.__version__}")
width, height = 30, 20
ball = trimesh.creation.icosphere(subdivisions=2, radius=0.5)
ball.apply_translation([-1.5, 1, -4])  # left, above, in front of a camera that looks along -z, with y upwards
scene = trimesh.Scene(ball)
scene.camera = trimesh.scene.Camera(resolution=(width, height), fov=(60, 42))
scene.camera_transform = np.eye(4)
origins, rays, pixels = scene.camera_rays()
seen = ball.ray.intersects_any(origins, rays)
direction = rays[(pixels == 0).all(axis=1)][0]
print(f"the ray of pixel (0, 0): {direction.round(2)}, the ball is at {ball.centroid.round(2)}")

picture = np.zeros((height, width), bool)
picture[pixels[:, 1], pixels[:, 0]] = seen
reshaped = seen.reshape(width, height).T
right, down, ahead = ball.centroid * [1, -1, -1]
row = scene.camera.K[1, 1] * down / ahead + scene.camera.K[1, 2]
by_pixels, by_order = np.nonzero(picture)[0].mean() + 0.5, np.nonzero(reshaped)[0].mean() + 0.5
print(f"row of the ball, of {height}: by the pixels {by_pixels:.1f}, by the order {by_order:.1f}, by K {row:.1f}")
flipped = np.array_equal(picture[::-1], reshaped)
holds = direction[0] < 0 and direction[1] < 0 and flipped and abs(by_order - row) < 0.5 and by_pixels > height / 2
print("pixels are counted from below" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# usd2gltf moves a texture whose coordinates are transformed by half a picture, or shows one pixel of it everywhere.
#
# Guess before running: the texture of a quad is upright after the conversion, v counted from above, and a displayColor
# of 0.2 is a COLOR_0 of 0.2 (guess 357, which is right; this was seen beside it).
# Found (usd2gltf 0.3.5, usd-core 26.11): a UsdTransform2d becomes KHR_texture_transform with the offset 1.5 - v, as if
# the scale were 0.5. With a scale of 1 or 2 the texture lies half of its height too low or too high; with 0.5 it is
# right. If the node has a translation but no scale, the scale is written as 0, so that the whole quad has the colour of
# one place. Set the offset to (u, 1 - scale - v), and the scale to 1 where it is not given, after the conversion.
# (Rotations were not looked at.)
# Source: usd2gltf/converters/usd_material.py, handle_texture (1.0 - (v - 0.5); uv_transform_scale = [0, 0]).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'usd2gltf==0.3.5' 'usd-core==26.11' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import json
import struct
import sys

import numpy as np
from PIL import Image
from pxr import Sdf, Usd, UsdGeom, UsdShade
from usd2gltf.converter import Converter

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("usd2gltf", "usd-core")), sep=", ")
Image.new("RGB", (8, 8)).save("picture.png")
types = Sdf.ValueTypeNames


def node(stage, name, kind):
    shader = UsdShade.Shader.Define(stage, f"/scene/material/{name}")
    shader.CreateIdAttr(kind)
    return shader


def convert(name, **inputs):
    """The material of a textured quad, and its texture coordinates, after the conversion."""
    stage = Usd.Stage.CreateNew(f"{name}.usda")
    mesh = UsdGeom.Mesh.Define(stage, "/scene/quad")
    mesh.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    mesh.CreateFaceVertexCountsAttr([4])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    mesh.CreateNormalsAttr([(0, 0, 1)] * 4)
    mesh.SetNormalsInterpolation("vertex")
    coordinates = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", types.TexCoord2fArray, "vertex")
    coordinates.Set([(0, 0), (1, 0), (1, 1), (0, 1)])
    material = UsdShade.Material.Define(stage, "/scene/material")
    surface, reader = node(stage, "surface", "UsdPreviewSurface"), node(stage, "reader", "UsdPrimvarReader_float2")
    transform, texture = node(stage, "transform", "UsdTransform2d"), node(stage, "texture", "UsdUVTexture")
    material.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    reader.CreateInput("varname", types.String).Set("st")
    transform.CreateInput("in", types.Float2).ConnectToSource(reader.ConnectableAPI(), "result")
    for key, value in inputs.items():
        transform.CreateInput(key, types.Float2).Set(value)
    texture.CreateInput("file", types.Asset).Set("./picture.png")
    texture.CreateInput("st", types.Float2).ConnectToSource(transform.ConnectableAPI(), "result")
    surface.CreateInput("diffuseColor", types.Color3f).ConnectToSource(texture.ConnectableAPI(), "rgb")
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
    stage.Save()
    converter = Converter()
    converter.process(converter.load_usd(f"{name}.usda"), f"{name}.glb")
    with open(f"{name}.glb", "rb") as file:
        data = file.read()
    header = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])
    return header["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["extensions"]["KHR_texture_transform"]


def shift(name, scale=None, translation=None):
    """How far glTF reads below the place that USD reads, in heights modulo 1, at the foot and the top of the quad."""
    inputs = {"scale": scale and (scale, scale), "translation": translation and (0, translation)}
    found = convert(name, **{key: value for key, value in inputs.items() if value is not None})
    low, high = np.array([0.0, 1.0])
    usd = [1 - ((scale or 1) * t + (translation or 0)) for t in (low, high)]  # both counted from above
    gltf = [found["offset"][1] + found["scale"][1] * (1 - t) for t in (low, high)]
    result = [round(float((there - here) % 1), 3) for here, there in zip(usd, gltf)]
    print(f"{name}: scale {found['scale']}, offset {found['offset']}, {result} of the height too low")
    return result


whole, double = shift("scale of 1", scale=1.0, translation=0.25), shift("scale of 2", scale=2.0, translation=0.25)
half = shift("scale of 0.5", scale=0.5, translation=0.25)
alone = convert("translation alone", translation=(0, 0.25))
print(f"translation alone: scale {alone['scale']}")
holds = whole == double == [0.5, 0.5] and half == [0, 0] and alone["scale"] == [0, 0]
print("textures are moved" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# trimesh writes vertex colours and material colours into glTF files without making them linear, so that they are shown
# lighter.
#
# Guess before running: a PLY file whose vertices have the grey 128 has the same colour in three, read directly and by
# way of a GLB file of trimesh, to 2 levels (guess 321; it was doubted).
# Found (trimesh 5.2.0, three 0.187.0): 128 directly, 188 by way of the GLB file. Colours of PLY and OBJ files are those
# of a screen (sRGB); COLOR_0 and baseColorFactor of glTF are linear light, and trimesh copies the numbers. The colour
# of a material (Kd of an OBJ file) is lightened likewise. trimesh reads its own files back with the same numbers, so that
# nothing is seen there. Make colours linear before export, ((c + 0.055) / 1.055) ** 2.4 of 0 to 1, or put them into a
# texture, which is sRGB in glTF, too.
# Source: trimesh/exchange/gltf (COLOR_0 of visual.vertex_colors, baseColorFactor of the material);
# three/examples/jsm/loaders/PLYLoader.js (setRGB with SRGBColorSpace).
#
# Needs Python 3.10 or newer, pip, Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any
# more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'trimesh==5.2.0' 'pillow==13.0.0' 'numpy>=2,<3'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'three@0.187.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import json
import struct

import trimesh

print(f"trimesh {trimesh.__version__}")
box = trimesh.creation.box()
box.visual.vertex_colors = [[128, 128, 128, 255]] * 8
box.export("box.ply")
trimesh.load("box.ply", force="mesh").export("box.glb")
back = trimesh.load("box.glb", force="mesh").visual.vertex_colors[0]
print(f"the GLB file read by trimesh: {back.tolist()}")
material = trimesh.visual.material.SimpleMaterial(diffuse=[128, 128, 128, 255])
box.visual = trimesh.visual.TextureVisuals(material=material)
data = box.export(file_type="glb")
header = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])
factor = header["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"][0]
print(f"baseColorFactor of a material of 128: {factor:.3f}")
PYTHON
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { Color, REVISION } from 'three';
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js';
import { PLYLoader } from 'three/examples/jsm/loaders/PLYLoader.js';

globalThis.self = globalThis; // the loader expects a browser
const read = (name) => new Uint8Array(readFileSync(name)).buffer;
// A colour of a screen, 0 to 255, as three makes it of the linear light that it computes with.
const level = (geometry) =>
  Math.round(255 * new Color().fromBufferAttribute(geometry.attributes.color, 0).convertLinearToSRGB().r);

const direct = level(new PLYLoader().parse(read('box.ply')));
new GLTFLoader().parse(read('box.glb'), '', (model) => {
  model.scene.traverse((mesh) => {
    if (!mesh.isMesh) return;
    const converted = level(mesh.geometry);
    console.log(`three ${REVISION}: PLY ${direct}, GLB ${converted}`);
    const holds = Math.abs(direct - 128) <= 2 && converted > 180;
    console.log(holds ? 'the GLB file is lighter' : 'not as it was');
    process.exitCode = holds ? 0 : 1;
  });
});
JAVASCRIPT
node "$folder/main.mjs"

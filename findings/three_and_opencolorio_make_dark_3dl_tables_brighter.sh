#!/usr/bin/env bash
# three and OpenColorIO take the depth of a .3dl colour table from its brightest number, so that a dark look becomes
# bright.
#
# Guess before running: a .3dl table of 12 bits, whose head says so, that makes pictures three times darker is read to
# 2 levels in each (guess 438; it was doubted).
# Found (three 0.187.0, OpenColorIO 2.6.0): white becomes 169 in three and 340, brighter than white, in OpenColorIO,
# where the table says 85. A table at a tenth, for a night, gives 204 and 410 in the place of 25. The line "Mesh 2
# 12", where 12 is the number of bits, is not used: both take the power of two that the brightest number fits in,
# OpenColorIO in steps of two bits. A table that darkens by half is still right in OpenColorIO, and twice too bright
# in three. Beside it, three gives 254 for white by a table that changes nothing. Convert such tables to .cube, whose
# numbers have no depth.
# Source: examples/jsm/loaders/LUT3dlLoader.js (maxBitValue); src/OpenColorIO/fileformats/FileFormat3DL.cpp
# (GetLikelyLutBitDepth).
#
# Needs Python 3.11 or newer with pip, and Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it
# does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'opencolorio==2.6.0'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'three@0.187.0'
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { LUT3dlLoader } from 'three/addons/loaders/LUT3dlLoader.js';

for (const path of process.argv.slice(2)) {
  const { data } = new LUT3dlLoader().parse(readFileSync(path, 'utf8')).texture3D.image;
  console.log(data[data.length - 4]); // red of the last entry, white
}
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import pathlib
import subprocess
import sys

import PyOpenColorIO as ocio

folder = pathlib.Path(sys.argv[1])
print(f"OpenColorIO {ocio.__version__}, three 0.187.0")
shares = (1, 1 / 2, 1 / 3, 1 / 10)
paths = []
for index, share in enumerate(shares):
    lines = ["3DMESH", "Mesh 2 12", "0 256 512 768 1024"]
    steps = [round(4095 * share * step / 4) for step in range(5)]
    lines += [f"{red} {green} {blue}" for red in steps for green in steps for blue in steps]
    paths.append(folder / f"{index}.3dl")
    paths[-1].write_text("\n".join(lines) + "\n")
command = ["node", folder / "main.mjs", *paths]
of_three = [int(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]
of_ocio = []
for path in paths:
    transform = ocio.FileTransform(str(path), interpolation=ocio.INTERP_LINEAR)
    processor = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    of_ocio.append(255 * processor.applyRGB([1.0, 1.0, 1.0])[0])
for share, three, colour in zip(shares, of_three, of_ocio):
    print(f"white, at {share:.2f}: {three} in three, {colour:.0f} in OpenColorIO, {255 * share:.0f} by the table")
holds = (
    abs(of_three[0] - 255) < 2
    and abs(of_ocio[0] - 255) < 2
    and of_three[2] > 160
    and of_ocio[2] > 300
    and of_three[3] > 190
    and of_ocio[3] > 300
)
print("dark tables become brighter" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

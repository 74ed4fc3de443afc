#!/usr/bin/env bash
# OpenColorIO applies the old colour table of a file that was written anew, in a new configuration too.
#
# Guess before running: a .cube file that was written anew is read anew by a new Config in the same process (guess 64).
# Found (opencolorio 2.6.0): files are kept by path for the whole process, outside the Config, and a processor made
# after the file has changed has the old table. Whoever fits a table, writes it, looks at the result and fits again sees
# the first result for ever. ClearAllCaches() before the next getProcessor, or a name of its own for every table, avoids
# it.
# Source: src/OpenColorIO/transforms/FileTransform.cpp (the cache of files) and PathUtils.cpp (that of their hashes).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'opencolorio==2.6.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from pathlib import Path

import PyOpenColorIO as ocio


def write(gain):
    steps = (0.0, 1.0)
    rows = [f"{gain * red} {gain * green} {gain * blue}" for blue in steps for green in steps for red in steps]
    Path("look.cube").write_text("LUT_3D_SIZE 2\n" + "\n".join(rows) + "\n")


def apply():
    transform = ocio.FileTransform(str(Path("look.cube").resolve()))
    processor = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    return [round(value, 3) for value in processor.applyRGB([0.8, 0.4, 0.2])]


write(1.0)
first = apply()
write(0.5)
second = apply()
ocio.ClearAllCaches()
third = apply()
print(f"OpenColorIO {ocio.__version__}")
print(f"identity: {first}; the same path with a table that halves: {second}; after ClearAllCaches: {third}")
holds = first == second == [0.8, 0.4, 0.2] and third == [0.4, 0.2, 0.1]
print("the old table is applied" if holds else "the new table is applied now")
sys.exit(0 if holds else 1)
PYTHON

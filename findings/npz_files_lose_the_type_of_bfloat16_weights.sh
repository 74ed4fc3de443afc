#!/usr/bin/env bash
# Weights in bfloat16 or float8 that are written to .npz come back without their type.
#
# Guess before running: NumPy reads an array of ml_dtypes, the types that JAX uses, back as it was written, at least while
# ml_dtypes is imported; or it refuses to write it.
# Found (NumPy 2.4.6, ml_dtypes 0.6.0): savez writes the bytes and describes them as void (|V2, |V1). load gives arrays of
# void, which print as bytes and with which nothing can be computed; float8_e4m3fn and int4 are both |V1, so the file does
# not say which they were. The numbers are there: array.view(ml_dtypes.bfloat16) brings them back where the type is known.
# Source: numpy/lib/_format_impl.py (dtype_to_descr uses dtype.str, which is |V2 for types of extensions).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'ml_dtypes==0.6.0'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import ml_dtypes
import numpy as np

print(f"NumPy {np.__version__}, ml_dtypes {ml_dtypes.__version__}")
holds = True
for name in ("bfloat16", "float8_e4m3fn", "int4"):
    kind = getattr(ml_dtypes, name)
    written = np.array([1, 2, 3]).astype(kind)
    file = io.BytesIO()
    np.savez(file, weights=written)
    file.seek(0)
    read = np.load(file)["weights"]
    print(f"written {written.dtype} {written}; read {read.dtype} {read}; viewed {read.view(kind)}")
    holds = holds and read.dtype.kind == "V" and (read.view(kind) == written).all()
print("the type is lost, the bytes are not" if holds else "the type is kept now")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# colour-demosaicing mixes up the colours at the border of a picture, with two of its three Bayer methods.
#
# Guess before running: a picture of one colour, through a Bayer mosaic and back, is of that colour to 0.01, at the
# border too (guess 195; it was doubted).
# Found (colour-demosaicing 0.2.7): with demosaicing_CFA_Bayer_bilinear the red of (0.8, 0.4, 0.1) is 1.8 in one corner
# and 0.2 in the opposite one, and the outermost pixels are off all round; with Malvar2004 two pixels all round, by up
# to 0.49. The mosaic is continued by repeating its edge, which breaks the order of its colours. Menon2007, which
# mirrors it about the edge, is exact. Training pairs for restoration that are made through a mosaic have a frame which
# is not in the camera: pad the mosaic by an even number of pixels with numpy.pad(mode="reflect"), and crop after, or
# use Menon2007.
# Source: colour_demosaicing/bayer/demosaicing/bilinear.py and malvar2004.py (convolve of SciPy, whose default mode,
# "reflect", repeats the edge).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'colour-demosaicing==0.2.7' 'colour-science==0.4.7' 'scipy==1.17.1' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
import colour_demosaicing as library

flat = np.empty((16, 20, 3))
flat[:] = 0.8, 0.4, 0.1
mosaic = library.mosaicing_CFA_Bayer(flat, "RGGB")
padded = np.pad(mosaic, 4, mode="reflect")
print(f"colour-demosaicing {importlib.metadata.version('colour-demosaicing')}")
wrong = {}
for name in ("bilinear", "Malvar2004", "Menon2007"):
    method = getattr(library, f"demosaicing_CFA_Bayer_{name}")
    made, with_padding = method(mosaic, "RGGB"), method(padded, "RGGB")[4:-4, 4:-4]
    wrong[name] = [float(np.abs(part).max()) for part in (made - flat, (made - flat)[2:-2, 2:-2], with_padding - flat)]
    corners = [[round(float(value), 3) for value in made[place, place]] for place in (0, -1)]
    print(f"{name}: off by {wrong[name][0]:.3f}, inside {wrong[name][1]:.3f}, with padding {wrong[name][2]:.3f}; {corners}")
holds = wrong["bilinear"][0] > 0.5 and wrong["Malvar2004"][0] > 0.3 and wrong["Menon2007"][0] < 1e-6
holds = holds and all(inside < 1e-6 and padding < 1e-6 for _, inside, padding in wrong.values())
print("the border is of other colours" if holds else "the border is not as it was")
sys.exit(0 if holds else 1)
PYTHON

#!/usr/bin/env bash
# The filter lut3d of FFmpeg shows wrong colours for .cube files with a shaper and for .3dl files of more than 17
# points.
#
# Guess before running: a table of the kind resolve_cube with a shaper, baked by OpenColorIO, is applied by the filter
# lut3d as by OpenColorIO, to 4 levels (guess 364; it was doubted).
# Found (FFmpeg of imageio-ffmpeg 0.8.1, opencolorio 2.6.0): 66 levels off on the mean, without a warning. Such a file
# has LUT_1D_SIZE and LUT_3D_SIZE, and the lines of the shaper stand before those of the table; lut3d takes the first
# lines for the table. Without a shaper the two agree to 1 level. A .3dl file (flame) of 17 points agrees, too, and one
# of 33 points, which says so in its first line, is 95 levels off, as lut3d reads 17 of any. Bake without a shaper, or
# as cinespace (.csp), whose shaper is applied, to 1 level on the mean.
# Source: FFmpeg, libavfilter/vf_lut3d.c (parse_cube, parse_3dl).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencolorio==2.6.0' 'imageio-ffmpeg==0.8.1' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import pathlib
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import PyOpenColorIO as ocio

print(f"opencolorio {ocio.__version__}, FFmpeg {imageio_ffmpeg.get_ffmpeg_version()}")
config = ocio.Config.CreateFromBuiltinConfig("cg-config-v1.0.0_aces-v1.3_ocio-v2.1")
colours = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


def difference(name, kind, points, shaper=None):
    """Mean and largest difference of FFmpeg and OpenColorIO."""
    baker = ocio.Baker()
    baker.setConfig(config)
    baker.setFormat(kind)
    baker.setInputSpace("ACEScg")
    baker.setTargetSpace("sRGB - Texture")
    baker.setCubeSize(points)
    if shaper:
        baker.setShaperSpace(shaper)
        baker.setShaperSize(1024)
    pathlib.Path(name).write_text(baker.bake())
    transform = ocio.FileTransform(src=str(pathlib.Path(name).absolute()), interpolation=ocio.INTERP_BEST)
    expected = (colours / 255).astype(np.float32)
    config.getProcessor(transform).getDefaultCPUProcessor().applyRGB(expected)
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "warning", "-threads", "1"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    command = [*ffmpeg, *raw, "-s", "64x64", "-i", "-", "-vf", f"lut3d=file={name}:interp=tetrahedral", *raw, "-"]
    done = subprocess.run(command, input=colours.tobytes(), capture_output=True, check=True)
    found = np.frombuffer(done.stdout, np.uint8).reshape(64, 64, 3)
    error = np.abs(found - 255 * expected.clip(0, 1))
    warned = ", with a warning" if done.stderr else ""
    print(f"{kind}, {points} points, shaper {shaper}: {error.mean():.1f} levels on the mean{warned}")
    return float(error.mean())


plain = difference("plain.cube", "resolve_cube", 33)
shaped = difference("shaped.cube", "resolve_cube", 33, "ACEScct")
spaced = difference("shaped.csp", "cinespace", 33, "ACEScct")
small, large = difference("small.3dl", "flame", 17), difference("large.3dl", "flame", 33)
holds = plain < 2 and shaped > 20 and spaced < 4 and small < 2 and large > 20
print("other colours are shown" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

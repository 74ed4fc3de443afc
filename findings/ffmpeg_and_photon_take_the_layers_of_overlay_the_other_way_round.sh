#!/usr/bin/env bash
# The blend mode overlay takes the other layer for the upper one than dodge and burn do, in FFmpeg's filter blend and
# in photon.
#
# Guess before running: the modes of FFmpeg's filter blend, with the upper layer as its first input, which its
# documentation calls the top layer, are the formulas of the W3C to 3 levels (guess 439; it was doubted), and those of
# photon's blend to 2 levels (guess 440; it was doubted).
# Found (FFmpeg 8.1 of PyAV 18.1.0, photon-node 0.3.4): in FFmpeg multiply, screen, darken, lighten, difference,
# exclusion, dodge, burn and linearlight are right with the first input as the upper layer. Overlay, hardlight,
# pinlight and softlight are right, or nearly so, with the second as the upper one, and 33 to 52 levels off on the
# mean of noise with the first. In photon the second picture is the upper one for hard_light, dodge and burn, and the
# lower one for overlay. Overlay of one order is hard light of the other, so that the two names seem to be exchanged.
# Exchange the inputs for these modes, and compare with the formula before you use another.
# Source: libavfilter/blend_modes.c (OVERLAY asks for the value of A, the top, HARDLIGHT for that of B; DODGE and BURN
# divide by A); crate/src/multiple.rs of photon (overlay is called on the first picture).
#
# Needs Python 3.11 or newer with pip, and Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it
# does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'av==18.1.0' 'numpy>=2,<3'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@silvia-odwyer/photon-node@0.3.4'
cat > "$folder/photon.cjs" <<'JAVASCRIPT'
const fs = require('fs');
const { PhotonImage, blend } = require('@silvia-odwyer/photon-node');

const [folder, ...modes] = process.argv.slice(2);
const read = (name) => new PhotonImage(new Uint8Array(fs.readFileSync(`${folder}/${name}.raw`)), 64, 48);
for (const mode of modes) {
  const first = read('first');
  blend(first, read('second'), mode);
  fs.writeFileSync(`${folder}/${mode}.raw`, first.get_raw_pixels());
}
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import pathlib
import subprocess
import sys

import av
import numpy as np

folder = pathlib.Path(sys.argv[1])
print(f"PyAV {av.__version__}, libavfilter {av.library_versions['libavfilter']}")
first, second = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3)).astype(np.uint8)


def of_ffmpeg(mode):
    graph = av.filter.Graph()
    description = "video_size=64x48:pix_fmt=gbrp:time_base=1/25:pixel_aspect=1/1"
    sources = [graph.add("buffer", description) for _ in range(2)]
    blend, sink = graph.add("blend", f"all_mode={mode}"), graph.add("buffersink")
    for index, source in enumerate(sources):
        source.link_to(blend, 0, index)
    blend.link_to(sink)
    graph.configure()
    for source, picture in zip(sources, (first, second)):
        frame = av.VideoFrame.from_ndarray(picture, "gbrp")
        frame.pts = 0
        source.push(frame)
        source.push(None)
    return sink.pull().to_ndarray()


def hard(upper, lower):
    return np.where(upper <= 0.5, 2 * upper * lower, 1 - 2 * (1 - upper) * (1 - lower))


formulas = {
    "multiply": lambda upper, lower: upper * lower,
    "dodge": lambda upper, lower: np.where(
        lower == 0, 0, np.where(upper == 1, 1, np.minimum(1, lower / np.maximum(1 - upper, 1e-9)))
    ),
    "burn": lambda upper, lower: np.where(
        lower == 1, 1, np.where(upper == 0, 0, 1 - np.minimum(1, (1 - lower) / np.maximum(upper, 1e-9)))
    ),
    "overlay": lambda upper, lower: hard(lower, upper),
    "hardlight": hard,
}
names = {"multiply": "multiply", "dodge": "dodge", "burn": "burn", "overlay": "overlay", "hardlight": "hard_light"}
for name, picture in (("first", first), ("second", second)):
    opaque = np.concatenate([picture, np.full((48, 64, 1), 255, np.uint8)], -1)
    (folder / f"{name}.raw").write_bytes(opaque.tobytes())
subprocess.run(["node", folder / "photon.cjs", folder, *names.values()], cwd=folder, check=True)
found = {}
for mode, formula in formulas.items():
    made = {
        "FFmpeg": of_ffmpeg(mode),
        "photon": np.fromfile(folder / f"{names[mode]}.raw", np.uint8).reshape(48, 64, 4)[..., :3],
    }
    for library, picture in made.items():
        pairs = ((first / 255, second / 255), (second / 255, first / 255))
        apart = [np.abs(picture - 255 * formula(*pair)).mean() for pair in pairs]
        upper = "either" if max(apart) < 2 else "first" if apart[0] < 2 else "second" if apart[1] < 2 else "none"
        found[library, mode] = upper
        print(f"{library}, {mode}: {apart[0]:.1f} and {apart[1]:.1f} levels off with the first and the second as the upper")
expected = {
    "FFmpeg": ("either", "first", "first", "second", "second"),
    "photon": ("either", "second", "second", "first", "second"),
}
holds = all(found[library, mode] == upper for library in expected for mode, upper in zip(formulas, expected[library]))
print("the layers are taken in two orders" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

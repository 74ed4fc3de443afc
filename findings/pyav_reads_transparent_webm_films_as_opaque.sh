#!/usr/bin/env bash
# PyAV and imageio-ffmpeg read transparent WebM films without their alpha channel.
#
# Guess before running: RGBA frames that PyAV writes as VP9 with yuva420p into WebM come back with their alpha, to 8
# levels (guess 322; it was doubted).
# Found (PyAV 18.1.0, imageio-ffmpeg 0.8.1, OpenCV 5.0.0.93): the alpha is in the file, but all pixels are opaque when
# it is read, asked for as "rgba" too. WebM has alpha as a second film beside the first, and the decoder that FFmpeg
# takes by default for VP9 (its own) does not look at it; the one of libvpx does. Nothing is said but alpha_mode in the
# metadata of the stream. OpenCV gives three channels in any case. Name the decoder: in PyAV
# CodecContext.create("libvpx-vp9", "r"), in imageio-ffmpeg input_params=["-c:v", "libvpx-vp9"]. ProRes 4444, PNG and
# QuickTime Animation in MOV, and FFV1, keep their alpha in PyAV.
# Source: FFmpeg, libavcodec/allcodecs.c (vp9 before libvpx_vp9) and vp9.c, which ignores the additional block of data.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'av==18.1.0' 'imageio-ffmpeg==0.8.1' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import sys

import av
import imageio_ffmpeg
import numpy as np

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("av", "imageio-ffmpeg")), sep=", ")
height, width = 48, 64
alpha = np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
picture = np.dstack([np.full((height, width, 3), (200, 90, 40), np.uint8), alpha])


def write(path, codec, pixels):
    with av.open(path, "w") as film:
        stream = film.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        for _ in range(3):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgba")))
        film.mux(stream.encode())


def off(frame):
    return int(np.abs(frame[..., 3].astype(int) - alpha).max())


def by_default(path):
    with av.open(path) as film:
        return off(next(film.decode(video=0)).to_ndarray(format="rgba"))


def by_libvpx(path):
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(path) as film:
        for packet in film.demux(video=0):
            for frame in decoder.decode(packet):
                return off(frame.to_ndarray(format="rgba"))


def by_imageio(path, *parameters):
    frames = imageio_ffmpeg.read_frames(path, pix_fmt="rgba", bits_per_pixel=32, input_params=list(parameters))
    next(frames)
    return off(np.frombuffer(next(frames), np.uint8).reshape(height, width, 4))


write("film.webm", "libvpx-vp9", "yuva420p")
write("film.mov", "prores_ks", "yuva444p10le")
found = {
    "WebM by PyAV": by_default("film.webm"),
    "WebM by imageio-ffmpeg": by_imageio("film.webm"),
    "WebM by PyAV with libvpx-vp9": by_libvpx("film.webm"),
    "WebM by imageio-ffmpeg with libvpx-vp9": by_imageio("film.webm", "-c:v", "libvpx-vp9"),
    "ProRes by PyAV": by_default("film.mov"),
}
for name, error in found.items():
    print(f"{name}: alpha is up to {error} off")
lost = [error == 255 for error in list(found.values())[:2]]
holds = all(lost) and max(list(found.values())[2:]) <= 8
print("alpha is lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

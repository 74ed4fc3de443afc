#!/usr/bin/env bash
# FFmpeg's filters v360 and lenscorrection blur and move a picture that they are told not to change.
#
# Guess before running: filters of no strength, v360 from e to e and lenscorrection among them, leave a picture of rgb24
# as it is, to 2 levels (guess 408; it was doubted).
# Found (FFmpeg 8.1 of PyAV 18.1.0): a panorama that v360 takes from equirectangular to equirectangular without a turn
# moves by a quarter of a pixel, to the left in its left half and to the right in its right half, upwards above and
# downwards below, so that it tears by half a pixel in the middle; noise changes by 33 levels on the mean. The filter
# lenscorrection with k1 = k2 = 0 and i=bilinear moves a picture by half a pixel up and to the left, and noise changes
# by 53 levels. Both are exact with the nearest pixel. So a panorama does not lie on its depth map or labels, which are
# taken by the nearest pixel, and a picture becomes softer than it need be. The filters rotate, zoompan and colorbalance
# of no strength keep each pixel. Use another program where half a pixel counts.
# Source: libavfilter/vf_v360.c and libavfilter/vf_lenscorrection.c.
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'av==18.1.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import av
import numpy as np

print(f"PyAV {av.__version__}, libavfilter {av.library_versions['libavfilter']}")
height, width = 256, 512


def filtered(picture, name, options):
    graph = av.filter.Graph()
    source = graph.add("buffer", f"video_size={width}x{height}:pix_fmt=rgb24:time_base=1/25:pixel_aspect=1/1")
    change, form, sink = graph.add(name, options), graph.add("format", "pix_fmts=rgb24"), graph.add("buffersink")
    source.link_to(change)
    change.link_to(form)
    form.link_to(sink)
    graph.configure()
    frame = av.VideoFrame.from_ndarray(picture, "rgb24")
    frame.pts = 0
    source.push(frame)
    return sink.pull().to_ndarray(format="rgb24").astype(float)


def moved(soft, made, part):
    """By how many pixels the content went to the right and down: least squares over the slopes."""
    before = soft[..., 1].astype(float)
    down, right = np.gradient(before)
    slopes = np.stack([right[part].ravel(), down[part].ravel(), np.ones(right[part].size)], 1)
    return -np.linalg.lstsq(slopes, (made[..., 1] - before)[part].ravel(), rcond=None)[0][:2]


random = np.random.default_rng(0)
noise = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
weights = np.exp(-2 * (3 * np.pi * np.fft.fftfreq(height)[:, None]) ** 2)  # a Gaussian of sigma 3, which wraps
weights = weights * np.exp(-2 * (3 * np.pi * np.fft.rfftfreq(width)) ** 2)
soft = np.fft.irfft2(np.fft.rfft2(random.uniform(0, 255, noise.shape), axes=(0, 1)) * weights[..., None], axes=(0, 1))
soft = ((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)
quarters = {
    "left above": np.s_[8 : height // 2 - 8, 8 : width // 2 - 8],
    "right below": np.s_[height // 2 + 8 : -8, width // 2 + 8 : -8],
}
wanted = {"v360": {"left above": -0.25, "right below": 0.25}, "lenscorrection": dict.fromkeys(quarters, -0.5)}
holds = True
for name, near, linear in (
    ("v360", "e:e:interp=near", "e:e"),
    ("lenscorrection", "k1=0:k2=0:i=nearest", "k1=0:k2=0:i=bilinear"),
):
    exact = np.abs(filtered(noise, name, near) - noise).mean()
    change = np.abs(filtered(noise, name, linear) - noise).mean()
    print(f"{name}: noise changes by {exact:.1f} levels ({near}) and {change:.1f} ({linear})")
    holds = holds and exact == 0 and change > 20
    made = filtered(soft, name, linear)
    for quarter, part in quarters.items():
        shift = moved(soft, made, part)
        print(f"  {quarter}: {shift[0]:.2f} pixels to the right, {shift[1]:.2f} down")
        holds = holds and np.abs(shift - wanted[name][quarter]).max() < 0.06
for name, options in (("rotate", "0"), ("zoompan", f"z=1:d=1:s={width}x{height}"), ("colorbalance", "rs=0")):
    change = np.abs(filtered(noise, name, options) - noise).max()
    print(f"{name} {options}: up to {change:.0f} levels")
    holds = holds and change == 0
print("unchanged pictures move" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON

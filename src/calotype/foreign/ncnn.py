"""Networks of ncnn: a text file of layers (``.param``) and a file of their weights (``.bin``), read as data.

The formats are those that ncnn's wiki describes ("param and model file structure"). Read are the layers that
convolutional networks without state consist of. Another layer is refused: how many weights it has would be unknown.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calotype.foreign.limits import Broken, Refused

_MAGIC = "7767517"
_HALF = 0x01306B47  # tag of weights in half precision
_LARGEST_TEXT = 4 << 20  # bytes
_MOST_LAYERS = 20_000
_MOST_BLOBS = 1000  # of one layer
# Layers without weights.
_PLAIN = frozenset(
    ("Input", "Split", "Concat", "BinaryOp", "UnaryOp", "Sigmoid", "Swish", "ReLU", "PixelShuffle", "Interp", "Clip")
)


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        kind: ncnn's name of it, like ``Convolution``.
        name: its own name.
        inputs: names of what it reads.
        outputs: names of what it computes.
        settings: its settings by number.
        arrays: its weights: of a convolution the kernel [outputs, inputs, height, width] and the bias [outputs], of
            stored data the values; float32.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[int, float]
    arrays: tuple[np.ndarray, ...] = ()


def read_network(text: bytes, weights: bytes) -> list[Layer]:
    """The layers of a network in their order.

    Args:
        text: content of the ``.param`` file.
        weights: content of the ``.bin`` file.

    Raises:
        Refused: there are layers, weights or settings that are not read here, or too many of them.
        Broken: a file is damaged, or the two do not belong together.
    """
    if len(text) > _LARGEST_TEXT:
        raise Refused(f"has more than {_LARGEST_TEXT >> 20} MiB of layers")
    lines = [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    if len(lines) < 2 or lines[0].strip() != _MAGIC:
        raise Broken("is no text file of ncnn")
    count = _whole(lines[1].split()[0])
    if count > _MOST_LAYERS:
        raise Refused(f"has more than {_MOST_LAYERS} layers")
    if count != len(lines) - 2:
        raise Broken("has another number of layers than it says")
    stored = _Stored(weights)
    layers = [_layer(line, stored) for line in lines[2:]]
    stored.check_end()
    return layers


class _Stored:
    """The weights, read from the start to the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = memoryview(data), 0

    def single(self, count: int) -> np.ndarray:
        """``count`` values in single precision."""
        return np.frombuffer(self._taken(4 * count), "<f4").astype(np.float32)

    def tagged(self, count: int) -> np.ndarray:
        """``count`` values, in the precision that the tag before them says."""
        (tag,) = struct.unpack("<I", self._taken(4))
        if tag == 0:
            return self.single(count)
        if tag != _HALF:
            raise Refused("has weights in a precision that is not read here")
        values = np.frombuffer(self._taken(2 * count), "<f2").astype(np.float32)
        self._taken(-2 * count % 4)
        return values

    def _taken(self, size: int) -> memoryview:
        part = self._data[self._place : self._place + size]
        if len(part) != size:
            raise Broken("ends too early")
        self._place += size
        return part

    def check_end(self) -> None:
        """Everything was read, or the layers are those of another file."""
        if self._place != len(self._data):
            raise Broken("has more weights than layers for them")


def _layer(line: str, stored: _Stored) -> Layer:
    words = line.split()
    if len(words) < 4:
        raise Broken("has a line that is no layer")
    kind, name = words[:2]
    inputs, outputs = _whole(words[2]), _whole(words[3])
    if max(inputs, outputs) > _MOST_BLOBS:
        raise Refused(f"has a layer with more than {_MOST_BLOBS} inputs or outputs")
    names, rest = words[4 : 4 + inputs + outputs], words[4 + inputs + outputs :]
    if len(names) != inputs + outputs:
        raise Broken("has a line that ends too early")
    settings = dict(map(_setting, rest))
    arrays = _arrays(kind, settings, stored)
    return Layer(kind, name, tuple(names[:inputs]), tuple(names[inputs:]), settings, arrays)


def _arrays(kind: str, settings: Mapping[int, float], stored: _Stored) -> tuple[np.ndarray, ...]:
    if kind in _PLAIN:
        return ()
    if kind == "MemoryData":
        sides = [int(settings[number]) for number in (2, 1, 0) if settings.get(number)]
        _check_sides(sides)
        return (stored.single(math.prod(sides)).reshape(sides),)
    if kind != "Convolution":
        raise Refused(f"has a layer {kind[:40]!r}, which is not read here")
    outputs, width, total = (int(settings.get(number, 0)) for number in (0, 1, 6))
    height = int(settings.get(11, width))
    _check_sides([outputs, width, height, total])
    inputs = total // (outputs * width * height)
    if inputs * outputs * width * height != total:
        raise Broken("has a convolution whose size does not fit its weights")
    kernel = stored.tagged(total).reshape(outputs, inputs, height, width)
    return (kernel, stored.single(outputs)) if settings.get(5) else (kernel,)


def _check_sides(sides: list[int]) -> None:
    if not sides or min(sides) < 1:
        raise Broken("has a layer without a size")


def _setting(word: str) -> tuple[int, float]:
    number, separator, value = word.partition("=")
    if not separator or number.startswith("-"):
        raise Refused("has a setting that is not read here")
    try:
        found = float(value)
    except ValueError:
        raise Broken("has a setting without a number") from None
    if not math.isfinite(found):
        raise Broken("has a setting without a number")
    return _whole(number), found


def _whole(word: str) -> int:
    if not word.isascii() or not word.isdigit() or len(word) > 9:
        raise Broken("has a count that is no whole number")
    return int(word)

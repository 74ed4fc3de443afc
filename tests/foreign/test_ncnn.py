"""Networks of ncnn: what is read, and what is refused before memory is taken for it."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from calotype.foreign.limits import Broken, Refused
from calotype.foreign.ncnn import read_network

HALF = struct.pack("<I", 0x01306B47)
KERNEL = np.arange(2 * 3 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3) / 8
BIAS = np.array([1.5, -2], np.float32)


def text(*layers: str) -> bytes:
    return "\n".join(["7767517", f"{len(layers)} 9", *layers, ""]).encode()


CONVOLUTION = "Convolution c 1 1 a b 0=2 1=3 4=1 5=1 6=54"


def test_layers_names_settings_and_weights():
    odd = np.array([[[1.0]], [[2.0]], [[3.0]]], np.float32)
    layers = read_network(
        text(
            "Input in 0 1 a",
            "MemoryData mean 0 1 m 0=1 1=1 2=3",
            CONVOLUTION,
            "Convolution d 1 1 b c 0=1 1=1 6=3",
            "BinaryOp e 2 1 c m d 0=1 2=2.5e-01",
        ),
        odd.tobytes() + HALF + KERNEL.astype("<f2").tobytes() + BIAS.tobytes() + HALF + b"\0\x3c" * 3 + b"??",
    )
    assert [layer.kind for layer in layers] == ["Input", "MemoryData", "Convolution", "Convolution", "BinaryOp"]
    assert np.array_equal(layers[1].arrays[0], odd)
    assert np.array_equal(layers[2].arrays[0], KERNEL)
    assert np.array_equal(layers[2].arrays[1], BIAS)
    assert layers[3].arrays[0].tolist() == [[[[1]], [[1]], [[1]]]]  # six bytes, filled up to eight
    assert layers[4].inputs == ("c", "m")
    assert layers[4].settings == {0: 1, 2: 0.25}


def test_weights_in_single_precision():
    (layer,) = read_network(text(CONVOLUTION), b"\0" * 4 + KERNEL.tobytes() + BIAS.tobytes())
    assert np.array_equal(layer.arrays[0], KERNEL)


@pytest.mark.parametrize(
    ("layers", "weights", "error", "words"),
    [
        ([CONVOLUTION], b"", Broken, "ends too early"),
        ([CONVOLUTION], HALF + b"\0" * 107, Broken, "ends too early"),
        ([CONVOLUTION], b"\0" * (4 + 54 * 4 + 8 + 4), Broken, "more weights than layers"),
        ([CONVOLUTION], struct.pack("<I", 0x000D4B38) + b"\0" * 500, Refused, "precision"),
        (["Convolution c 1 1 a b 0=2 1=3 6=55"], b"\0" * 500, Broken, "does not fit"),
        (["Convolution c 1 1 a b 0=999999999 1=999999 6=1"], b"", Broken, "does not fit"),
        (["Convolution c 1 1 a b 0=2 1=3 6=999999999"], b"", Broken, "does not fit|ends too early"),
        (["Convolution c 1 1 a b 0=-2 1=3 6=54"], b"\0" * 500, Broken, "without a size"),
        (["MemoryData m 0 1 a 0=999999999 1=999999999 2=9"], b"", Broken, "ends too early"),
        (["LSTM l 1 1 a b 0=3"], b"", Refused, "layer 'LSTM', which is not read"),
        (["Input i 0 1 a -23309=4,1,2,3,4"], b"", Refused, "setting"),
        (["Input i 0 1 a 0=nan"], b"", Broken, "without a number"),
        (["Input i 0 1 a 0=x"], b"", Broken, "without a number"),
        (["Input i 0 999999 a"], b"", Refused, "more than 1000"),
        (["Input i 0 3 a"], b"", Broken, "ends too early"),
        (["Input i 0 x"], b"", Broken, "whole number"),
        (["Input i"], b"", Broken, "no layer"),
    ],
)
def test_what_no_network_has(layers, weights, error, words):
    with pytest.raises(error, match=words):
        read_network(text(*layers), weights)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no text file"),
        (b"\xff" * 50, "no text file"),
        (b"7767517\n2 1\nInput i 0 1 a", "another number of layers"),
        (b"7767517\n99999999 1\n", "more than 20000"),
        (b"7767517\n" + b"9" * 50 + b" 1\n", "whole number"),
        (b" " * (5 << 20), "more than 4 MiB"),
    ],
)
def test_what_is_no_file_of_layers(content, words):
    with pytest.raises((Broken, Refused), match=words):
        read_network(content, b"")

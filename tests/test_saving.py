from __future__ import annotations

import json
import os
from dataclasses import dataclass

import pytest
import torch
from PIL import Image
from torch import nn

from calotype import saving
from calotype.errors import InputError, OutputError


@dataclass(frozen=True)
class Config:
    width: int = 3
    taps: tuple[int, ...] = (1, 2)


def net(fill=1.0):
    layer = nn.Linear(3, 2)
    nn.init.constant_(layer.weight, fill)
    layer.register_buffer("mean", torch.tensor(4))
    return layer


@pytest.fixture
def model(tmp_path):
    saving.write(tmp_path / "deep" / "model", "tiny", Config(), net(), "ff" * 32, (24, 32), Image.new("RGB", (20, 20)))
    return tmp_path / "deep" / "model"


def test_what_is_written_is_read(model):
    saved = saving.read(model)
    assert saved.system == "tiny"
    assert saved.config == {"width": 3, "taps": [1, 2]}
    assert saved.meta["photo_sha256"] == "ff" * 32
    assert saved.meta == json.loads((model / "model.json").read_text())
    assert all(
        torch.equal(saved.tensors[name], tensor) for name, tensor in net().state_dict().items() if name != "bias"
    )
    assert sorted(os.listdir(model)) == ["model.json", "preview.png", "weights.safetensors"]


def test_no_pickle(model):
    for path in model.iterdir():
        data = path.read_bytes()
        assert not data.startswith((b"\x80", b"PK"))


def test_tied_weights_are_kept(tmp_path):
    tied = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
    tied[1].weight = tied[0].weight
    saving.write(tmp_path, "tiny", {}, tied, "", (24, 32))
    tied.load_state_dict(saving.read(tmp_path).tensors)


def test_an_interruption_leaves_the_old_model_or_the_new(model, monkeypatch):
    replace = os.replace

    def interrupt(source, target):
        if target.name == interrupted:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupt)
    for name, width in (("weights.safetensors", 3), ("model.json", 5)):
        interrupted = name
        with pytest.raises(KeyboardInterrupt):
            saving.write(model, "tiny", Config(width=5), net(5.0), "", (24, 32))
        saved = saving.read(model)
        assert saved.config["width"] == width
        assert saved.tensors["weight"][0, 0] == (1.0 if width == 3 else 5.0)
        assert not [name for name in os.listdir(model) if name.endswith(".part")]


def refused(folder, words):
    with pytest.raises(InputError, match=words) as error:
        saving.read(folder)
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)


def test_folders_that_are_no_models(model, tmp_path):
    refused(tmp_path / "none", "not a folder")
    refused(model / "model.json", "not a folder")
    refused(tmp_path, "holds no model")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "x"}', "\xff"])
def test_damaged_description(model, text):
    (model / "model.json").write_bytes(text.encode("latin-1"))
    refused(model, "damaged")


def test_newer_format(model):
    (model / "model.json").write_text('{"format": 99}')
    refused(model, "newer format.*upgrade")


@pytest.mark.parametrize("keep", [0, 7, 60, -1])
def test_damaged_weights(model, keep):
    path = model / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    refused(model, "damaged")
    path.unlink()
    refused(model, "damaged")


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        saving.write(tmp_path / "file" / "model", "tiny", Config(), net(), "", (24, 32))


@pytest.mark.parametrize(
    "change",
    [
        {"names": "sky"},
        {"names": [["sky"], "tree"]},
        {"names": ["sky"]},
        {"colours": [[1, 2, 3], [1, 2]]},
        {"colours": [[1, 2, 3], [1, 2, 300]]},
        {"colours": [[1, 2, 3], 7]},
        {"classes": "two"},
    ],
)
def test_classes_that_are_damaged(tmp_path, change):
    about = {"classes": 2, "names": ["sky", "tree"], "colours": [[0, 0, 255], [0, 255, 0]]}
    saving.write(tmp_path, "spade", {}, torch.nn.Linear(2, 2), "", (16, 16), about=about)
    assert saving.read(tmp_path).meta["about"] == about
    saving.write(tmp_path, "spade", {}, torch.nn.Linear(2, 2), "", (16, 16), about={**about, **change})
    with pytest.raises(InputError, match="damaged"):
        saving.read(tmp_path)

"""A process that dies at the end of a training: the next one does what is left to do."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype import files, saving
from calotype.tasks import model_store

BYTES = ("model.json", "weights.safetensors", "README.md", "preview.png")


class Died(BaseException):
    """As the process is ended."""


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        values = np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / f"{number}.png")
    return folder


def trained(photos, out):
    return calotype.train("stylegan", photos, preset="tiny", out=out).folder


@pytest.mark.parametrize("last", ["README.md", "preview.png", "weights.safetensors", "model.json"])
def test_every_file_is_there_after_resuming(photos, tmp_path, monkeypatch, last):
    whole = trained(photos, tmp_path / "whole" / "model")
    write, out = files.write_whole, tmp_path / "cut" / "model"

    def dies(path, content):
        if path.parent == out and path.name == last:
            (path.parent / ".calotype-0123456789ab.part").write_bytes(b"half")
            raise Died
        write(path, content)

    for module in ("calotype.saving", "calotype.checkpoint", "calotype.tasks.model_card"):
        monkeypatch.setattr(f"{module}.write_whole", dies)
    with pytest.raises(Died):
        trained(photos, out)
    assert not model_store.is_finished(out)
    monkeypatch.undo()
    trained(photos, out)
    assert all((out / name).read_bytes() == (whole / name).read_bytes() for name in BYTES)
    assert not model_store.has_state(out)
    assert not list(out.rglob("*.part"))


def test_state_of_a_saved_model_is_deleted(photos, tmp_path, monkeypatch):
    out = tmp_path / "model"

    def dies(folder):
        raise Died

    monkeypatch.setattr(model_store, "forget_state", dies)
    with pytest.raises(Died):
        trained(photos, out)
    monkeypatch.undo()
    assert model_store.is_finished(out)
    assert model_store.has_state(out)
    weights = (out / "weights.safetensors").stat().st_mtime_ns
    trained(photos, out)
    assert not model_store.has_state(out)
    assert (out / "weights.safetensors").stat().st_mtime_ns == weights  # nothing was trained
    assert saving.read(out).system == "stylegan"

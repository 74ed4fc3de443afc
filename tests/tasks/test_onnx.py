"""Generators as ONNX files draw what they draw in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from model_inputs import tiny

from calotype import catalog, saving
from calotype.cli import main
from calotype.errors import InputError
from calotype.inspection import onnx as exporter
from calotype.tasks import model_export


def saved(name, folder):
    """A model of random weights whose pictures are not grey."""
    model = catalog.model(name)
    cfg = tiny(model)
    torch.manual_seed(0)
    net = model.build(cfg).eval()
    for parameter in net.parameters():
        parameter.data.mul_(12 if name == "spade" else 1.5)
    about = {"names": ["sky", "grass"], "colours": [[0, 0, 255], [0, 255, 0]]} if name == "spade" else {}
    saving.write(folder, name, cfg, net, "", model.picture_size(cfg), about=about)
    return folder


@pytest.mark.parametrize("name", ["stylegan", "spade"])
def test_the_file_draws_what_the_model_draws(name, tmp_path):
    pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'calotype[onnx]'")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'calotype[onnx]'")
    folder, file = saved(name, tmp_path / "model"), tmp_path / "net.onnx"
    assert "to pictures of 16x16 pixels" in model_export.export(folder, file)
    loaded, session = catalog.load(folder), runtime.InferenceSession(str(file))
    for count in (1, 3):
        latents = torch.randn(count, session.get_inputs()[0].shape[1], generator=torch.Generator().manual_seed(count))
        maps = torch.randint(-1, 2, (count, 16, 16)) if name == "spade" else None
        feed = {"latents": latents.numpy()} | ({} if maps is None else {"maps": maps.numpy()})
        (made,) = session.run(None, feed)
        make = getattr(loaded.engine, catalog.declared(name).layered)
        wanted = exporter.drawn(make, loaded.config, loaded.net, latents, maps).numpy()
        assert made.shape == (count, 3, 16, 16)
        assert np.abs(made).max() > 0.05
        np.testing.assert_allclose(made, wanted, atol=1e-4)
    assert session.get_modelmeta().custom_metadata_map["system"] == name


def test_what_cannot_be_exported_is_told(tmp_path, capsys, monkeypatch):
    folder = saved("bicyclegan", tmp_path / "pairs")
    with pytest.raises(InputError, match="bicyclegan cannot be exported as ONNX, only those of cocogan, smis, spade"):
        model_export.export(folder, tmp_path / "net.onnx")
    with pytest.raises(InputError, match="only those of stylegan; as ONNX"):
        model_export.export(folder, tmp_path / "net.pt")
    assert main(["models", "export", str(folder), str(tmp_path / "net.pt"), "--format", "onnx"]) == 2
    assert main(["models", "export", str(folder), str(tmp_path / "net.onnx"), "--format", "onxn"]) == 2
    assert "did you mean 'onnx'" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'calotype\[onnx\]'"):
        model_export.export(saved("stylegan", tmp_path / "faces"), tmp_path / "net.onnx")
    assert not list(tmp_path.glob("net*"))

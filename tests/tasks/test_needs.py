"""Weights of other networks that are missing are told before the work is announced, by every system that needs some."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype import catalog
from calotype.cli import main
from calotype.errors import InputError
from calotype.run import Run

WITH_WEIGHTS = [name for name in (*catalog.ENGINES, *catalog.MODELS) if catalog.declared(name).needs]
# Settings that ask for weights.
ASKING = {
    "superpixels": {"deep": 0.8},
    "idpose": {"perceptual": "vgg", "perceptual_weight": 1.0},
    "disentangle": {"reconstruction": "perceptual"},
    "pyramid": {"classifier": "vgg16"},
    **{name: {"perceptual": "vgg16"} for name in ("spade", "smis", "bachgan", "scenegraph")},
}


@pytest.fixture
def _nothing_there(monkeypatch, tmp_path):
    """No weights, wherever they are looked for."""
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path / "weights"))
    for module in ("calotype.nn.efficientnet", "calotype.nn.hed", "calotype.nn.span"):
        monkeypatch.setattr(f"{module}.find_spec", lambda name: None, raising=False)


@pytest.mark.usefixtures("_nothing_there")
@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_every_system_tells_what_it_lacks(name):
    module = catalog.system(name)
    default = next(iter(module.PRESETS)) if name in catalog.MODELS else "fast"
    cfg = catalog.config_from(module, default, ASKING.get(name, {}))
    first = next(iter(catalog.declared(name).verbs))
    verb = "train" if name in catalog.MODELS else "remix" if name == "gpnn" else first
    with pytest.raises(InputError, match=r"calotype weights|calotype\[hed\]"):
        module.needs(cfg, verb)
    if name != "hed":  # which has no settings without its weights
        module.needs(module.PRESETS["tiny"], "vary")


@pytest.mark.usefixtures("_nothing_there")
@pytest.mark.parametrize("name", [name for name in WITH_WEIGHTS if name in catalog.MODELS])
def test_the_last_state_of_a_training_is_read_without_what_only_its_steps_need(name, tmp_path):
    module = catalog.system(name)
    steps = {"pyramid": {"enlarged": 1, "size": (32, 32)}}.get(name, {})
    cfg = catalog.config_from(module, "tiny", {**ASKING[name], **steps})
    with pytest.raises(InputError, match="calotype weights vgg16"):
        module.needs(cfg, "train")
    assert module.unfinished(cfg, Run(tmp_path)) is None  # nothing is saved, and nothing is missing


@pytest.mark.usefixtures("_nothing_there")
def test_the_retrieval_of_poses_is_asked_for_before_a_training():
    idpose = catalog.system("idpose")
    with pytest.raises(InputError, match=r"EfficientNet-Lite0 .*retrieval=edges"):
        idpose.needs(idpose.PRESETS["small"], "train")
    idpose.needs(idpose.PRESETS["study"], "train")
    idpose.needs(idpose.PRESETS["small"], "repose")


@pytest.mark.usefixtures("_nothing_there")
@pytest.mark.parametrize(
    "words",
    [("remix",), ("edges", "--engine", "hed"), ("segment", "--preset", "deep")],
)
def test_a_verb_tells_it_instead_of_its_plan(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((32, 40, 3), np.uint8)).save("bird.png")
    assert main([words[0], "bird.png", *words[1:]]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "weights" in said[0]


@pytest.mark.usefixtures("_nothing_there")
def test_a_training_tells_it_instead_of_its_plan(tmp_path):
    for number in range(4):
        Image.fromarray(np.full((32, 32, 3), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.raises(InputError, match="calotype weights vgg16"):
        calotype.train("pyramid", tmp_path, preset="tiny", settings={"classifier": "vgg16"}, out=tmp_path / "model")
    assert not (tmp_path / "model").exists()

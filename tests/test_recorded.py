"""Pictures and models that an earlier build has left: this one reads them, and says the same of them.

``expected.json`` was written by the build that made them (``benchmarks/recorded_files.py``).
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.modules.module import register_module_forward_hook

import calotype
from calotype.cli import main

HERE = Path(__file__).parent / "data" / "recorded"
EXPECTED = json.loads((HERE / "expected.json").read_text("utf-8"))
PICTURES, MODELS = EXPECTED["pictures"], EXPECTED["models"]
OF_PHOTOS = [name for name, model in MODELS.items() if model["system"] != "cocogan"]
OF_SETS = [name for name, model in MODELS.items() if model["system"] == "cocogan"]


@pytest.fixture
def store(model_store):
    """The folder of models, with the recorded ones in it."""
    shutil.copytree(HERE / "models", model_store / "models")
    return model_store / "models"


@pytest.fixture
def outputs():
    """Whether what a network hands out is finite, for every call of one."""
    finite = []

    def look(module, arguments, output):
        if isinstance(output, torch.Tensor):
            finite.append(bool(output.isfinite().all()))

    hook = register_module_forward_hook(look)
    yield finite
    hook.remove()


def size_of(image):
    return f"{image.width}x{image.height}"


def test_ten_verbs_and_three_models_are_recorded():
    assert len({expected["command"].split()[1] for expected in PICTURES.values()}) >= 10
    assert len({model["system"] for model in MODELS.values()}) == 3
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) < 1.5e6


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_opens(name):
    expected = PICTURES[name]
    with Image.open(HERE / name) as image:
        image.load()
        assert (size_of(image), image.mode) == (expected["size"], expected["mode"])
        assert getattr(image, "n_frames", 1) == expected["frames"]
    if expected["frames"] == 1:
        assert str(calotype.open_photo(HERE / name).size) == expected["size"]


@pytest.mark.parametrize("name", PICTURES)
def test_show_says_what_was_said_then(name):
    assert calotype.show(HERE / name).command == PICTURES[name]["command"]


@pytest.mark.parametrize("name", list(PICTURES)[:1])
def test_so_does_the_command(name, capsys):
    assert main(["show", str(HERE / name)]) == 0
    assert capsys.readouterr().out == PICTURES[name]["command"] + "\n"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_loads_with_its_weights(name):
    expected, loaded = MODELS[name], calotype.load(HERE / "models" / name)
    height, width = loaded.photo_size
    assert (loaded.system, f"{width}x{height}") == (expected["system"], expected["size"])
    tensors = {key: tensor.numpy() for key, tensor in sorted(loaded.net.state_dict().items())}
    assert {key: f"{array.dtype} {list(array.shape)}" for key, array in tensors.items()} == expected["tensors"]
    digest = hashlib.sha256()
    for key, array in tensors.items():
        assert np.isfinite(array).all()
        digest.update(f"{key} {array.dtype} {array.shape}\n".encode() + np.ascontiguousarray(array).tobytes())
    assert digest.hexdigest() == expected["sha256"]


@pytest.mark.parametrize("name", OF_PHOTOS)
def test_a_model_of_a_photo_makes_pictures(name, outputs):
    made = calotype.retarget(HERE / "small.png", size="60x40", model=HERE / "models" / name, device="cpu")
    assert [size_of(image) for image in made] == ["60x40"]
    assert np.asarray(made[0]).std() > 1
    assert outputs
    assert all(outputs)


@pytest.mark.parametrize("name", OF_PHOTOS)
def test_a_model_in_the_store_is_found_and_not_trained_again(name, store):
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    made = calotype.retarget(
        HERE / "small.png", size="60x40", engine=MODELS[name]["system"], preset="tiny", device="cpu"
    )
    assert [size_of(image) for image in made] == ["60x40"]
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.name != "lock"} == before


@pytest.mark.parametrize("name", OF_SETS)
def test_a_model_of_a_set_makes_pictures(name, store, outputs):
    made = calotype.sample(name, n=2, device="cpu")
    assert [size_of(image) for image in made] == [MODELS[name]["size"]] * 2
    assert all(np.asarray(image).std() > 1 for image in made)
    assert outputs
    assert all(outputs)


def test_nothing_tells_whose_machine_it_was():
    private = re.compile(rb"(?<![A-Za-z0-9_.])/(work|root|tmp|var|mnt|home|Users)/|[A-Z]:\\\\")
    files = [path for path in HERE.rglob("*") if path.is_file()]
    for path in files:
        text = path.read_bytes()
        if path.suffix == ".png":
            with Image.open(path) as image:
                text = json.dumps({key: str(value) for key, value in image.info.items()}).encode()
        assert not private.search(text), path.name

"""Fine-tuning from a file of another program, with the first layers of its discriminator frozen."""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.finetuning import first_layers
from calotype.models.stylegan.trainer import Trainer
from calotype.run import Run
from calotype.tasks import model_store

CFG = replace(stylegan.PRESETS["tiny"], resolution=16, max_channels=8, base=64, discriminator_base=64, group=2)


def generator():
    torch.manual_seed(3)
    net = stylegan.build(CFG).eval()
    return {name.removeprefix("generator."): value for name, value in net.state_dict().items()}


def discriminator_record(state):
    """A discriminator as NVIDIA's programs save it."""
    persistent = sys.modules["torch_utils.persistence"].Persistent

    def module(prefix, **about):
        own = OrderedDict((key[len(prefix) :], value) for key, value in state.items() if key.startswith(prefix))
        plain = OrderedDict((key, torch.nn.Parameter(value)) for key, value in own.items() if "." not in key)
        names = dict.fromkeys(key.split(".")[0] for key in own if "." in key)
        inner = OrderedDict((name, module(f"{prefix}{name}.")) for name in names)
        if prefix == "b4.":
            inner["mbstd"] = persistent("MinibatchStdLayer", {"group_size": 2, "_modules": OrderedDict()})
        attributes = {"_parameters": plain, "_buffers": OrderedDict(), "_modules": inner, **about}
        return persistent("Layer" if prefix else "Discriminator", attributes)

    return module("", img_resolution=16)


@pytest.fixture
def snapshot(nvidia, tmp_path):
    """A snapshot with both networks, and the weights of its discriminator."""
    torch.manual_seed(4)
    state = Discriminator(CFG).state_dict()
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps({"G_ema": nvidia(generator(), CFG), "D": discriminator_record(state)}))
    return path, state


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_both_networks_are_read(snapshot):
    path, state = snapshot
    begun = stylegan.start(path)
    assert all(torch.equal(begun.discriminator[name], value) for name, value in state.items())
    assert all(torch.equal(begun.net[f"generator.{name}"], value) for name, value in generator().items())
    cfg = stylegan.started(replace(stylegan.PRESETS["tiny"], steps=7, batch=4, group=1, resample="nearest"), begun)
    assert cfg.resample == "filtered"  # as the network has it
    assert (cfg.resolution, cfg.discriminator_base, cfg.group, cfg.steps, cfg.batch) == (16, 64, 2, 7, 4)


def test_layers_are_frozen_in_the_order_of_nvidia():
    kinds = ["fromrgb", "conv0", "conv1", "skip", "conv0", "conv1", "skip"]
    discriminator = Discriminator(CFG)
    layers = [name for name, _ in discriminator.named_modules() if name.count(".") == 1 and not name.startswith("b4")]
    assert [name.split(".")[1] for name in layers] == kinds
    assert list(first_layers(discriminator)) == [discriminator.get_submodule(name) for name in layers]


def test_frozen_layers_keep_their_weights_and_a_stopped_training_goes_on(snapshot, tmp_path):
    path, state = snapshot
    begun = stylegan.start(path)
    cfg = stylegan.started(replace(stylegan.PRESETS["tiny"], steps=3), begun)
    pictures = torch.rand(cfg.batch, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1

    def train(run):
        return stylegan.train(lambda i: {"image": pictures}, cfg, run, begun=begun, frozen=3)

    whole = train(Run(tmp_path / "whole"))
    trainer = Trainer(cfg, torch.device("cpu"))
    Run(tmp_path / "whole").restored(cfg.steps, trainer.state, "pictures")
    for name, value in trainer.discriminator.state_dict().items():
        kept = name.startswith(("b16.fromrgb.", "b16.conv0.", "b16.conv1."))
        assert torch.equal(value, state[name]) == kept, name
    run = Run(tmp_path / "stopped", on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(calotype.Stopped):
        train(run)
    assert stylegan.unfinished(cfg, Run(tmp_path / "stopped")) is not None
    again = train(Run(tmp_path / "stopped"))
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in whole.state_dict().items())


def test_by_the_verb(snapshot, photos):
    path, _ = snapshot
    given = {"preset": "tiny", "settings": {"steps": 1}, "device": "cpu"}
    made = calotype.train("stylegan", photos, start=path, freeze_d=2, **given).folder
    about = model_store.described(made)
    assert (about["from"], about["frozen"], about["size"]) == ("network.pkl", 2, "16x16")
    assert "**Fine-tuned from**: network.pkl" in (made / "README.md").read_text()
    before = generator()["synthesis.b16.conv1.weight"]
    moved = (calotype.load(made).net.generator.synthesis.b16.conv1.weight - before).abs().max()
    assert 0 < moved < 0.1  # it began there
    assert calotype.train("stylegan", photos, start=path, freeze_d=1, **given).folder != made
    further = calotype.train("stylegan", photos, start=made, **given).folder
    assert model_store.described(further)["from"] == made.name


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"freeze_d": 99}, "99 layers of the discriminator cannot be frozen: give 0 to 7"),
        ({"freeze_d": 1, "start": None}, "give --from too"),
        ({"engine": "cocogan"}, r"a training of cocogan starts from nothing: leave out --from .* stylegan"),
        ({"start": "nowhere"}, "there is no model"),
        ({"start": "there/no.pkl"}, r"'there/no.pkl' does not exist, .* also to resume: .* --from"),
    ],
)
def test_what_cannot_be_started_from_is_told(snapshot, photos, given, words, monkeypatch, tmp_path):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    usual = {"engine": "stylegan", "photo": photos, "preset": "tiny", "start": snapshot[0], "settings": {"steps": 1}}
    with pytest.raises(InputError, match=words):
        calotype.train(**{**usual, **given})


def test_a_model_of_calotype_has_no_discriminator_to_freeze(photos, tmp_path):
    faces = tmp_path / "model"
    calotype.train("stylegan", photos, preset="tiny", settings={"steps": 1}, out=faces, device="cpu")
    with pytest.raises(InputError, match="has no discriminator whose layers could be frozen"):
        calotype.train("stylegan", photos, preset="tiny", start=faces, freeze_d=1)

"""The card of a model says what it learned from, under which licences, and how to use it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.cli import main
from calotype.tasks import model_card, model_store
from calotype.tasks.compare import compare
from calotype.tasks.figures import model_of, read
from calotype.tasks.model_card import card, record
from calotype.tasks.models import models


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def pictures(folder, count=6, side=32):
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(count):
        Image.fromarray(chance.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return folder


def card_of(name):
    return (model_store.folder_of(name) / "README.md").read_text()


def test_a_model_of_a_photo_names_it_and_the_command(here):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)).save("me.png")
    calotype.vary("me.png", engine="singan", preset="tiny", device="cpu")
    (entry,) = models()
    text = card_of(entry.name)
    assert text.startswith("---\nlibrary_name: calotype\nlicense: other\ntags: [image-generation, singan]\n---\n")
    assert "**Trained on**: me.png, 40x40 pixels (sha256 " in text
    assert f"calotype vary me.png --model {entry.name}" in text
    assert "rights" in text


def test_a_model_of_a_set_names_its_licences(here):
    folder = pictures(here / "drawings")
    (folder / "about.json").write_text(json.dumps({"summary": "Drawn things", "licence": "CC0 1.0"}))
    settings = {"steps": 1}
    calotype.train("stylegan", folder, preset="tiny", settings=settings)
    (entry,) = models()
    text = card_of(entry.name)
    assert "**Trained on**: drawings, 6 pictures" in text
    assert "**The set**: Drawn things\n" in text
    assert "**Licences of the set**: CC0 1.0\n" in text
    assert "preset tiny, steps=1, seed 0" in text
    assert f"calotype sample {entry.name} -n 8" in text
    assert main(["sample", entry.name, "-o", "out"]) == 0


def test_a_card_that_somebody_wrote_stays(here):
    folder = pictures(here / "drawings")
    (here / "model").mkdir()
    (here / "model" / "README.md").write_text("mine")
    calotype.train("stylegan", folder, preset="tiny", settings={"steps": 1}, out=here / "model")
    assert (here / "model" / "README.md").read_text() == "mine"
    assert "README.md" in model_store.packed(here / "model")


def test_imported_weights_say_what_is_known_of_their_licence():
    about = {"engine": "stylegan", "preset": "imported", "photo": "network", "size": "64x64"}
    text = card(about, "network-stylegan-0123", parameters=1234567, licence="NVIDIA, not for commercial use")
    assert "1,234,567 weights" in text
    assert "**Licence of the weights**: NVIDIA, not for commercial use\n" in text
    assert "**Trained on**: not recorded in the file" in text
    assert "imported]" in text


def test_a_published_folder_without_what_its_training_knew_is_imported(here):
    folder = Path(__file__).parents[2] / "examples" / "models" / "faces"
    assert main(["models", "import", str(folder)]) == 0
    (entry,) = models()
    assert entry.finished
    assert entry.photo == "faces"
    assert main(["sample", entry.name, "-o", "out"]) == 0
    assert "DiceBear" in card_of(entry.name)
    assert (model_store.folder_of(entry.name) / "encoder" / "weights.safetensors").is_file()


def test_a_card_has_the_losses_of_the_training(here):
    pictures(here / "drawings")
    calotype.train("stylegan", here / "drawings", preset="tiny", settings={"steps": 2})
    (entry,) = models()
    found = read(model_store.folder_of(entry.name))["training"]
    assert found["steps"] == {"pictures": 2}
    assert found["device"] == "cpu"
    text = card_of(entry.name)
    assert "- **Training**: 2 steps of pictures, on cpu\n" in text
    assert f"discriminator {found['values']['pictures']['discriminator']:g}" in text
    assert "nothing yet" not in text


def test_a_card_has_the_last_evaluation_of_its_samples_unless_somebody_changed_it(here):
    folder = pictures(here / "drawings", count=8)
    calotype.train("stylegan", folder, preset="tiny", settings={"steps": 1}, out=here / "model")
    calotype.sample("model", n=8, device="cpu").save("made")
    path = here / "model" / "README.md"
    scores = compare(folder, here / "made", metrics="fid,recall", features="offline")
    told = f"8 pictures against 8 of drawings, by {scores.features}): fid {scores.values['fid']:.4g}, "
    assert told in path.read_text()
    compare(folder, here / "made", metrics="recall", features="offline")
    assert path.read_text().count("**Evaluated**") == 1
    assert "fid" not in path.read_text()
    path.write_text("mine")
    compare(folder, here / "made", metrics="fid", features="offline")
    assert path.read_text() == "mine"
    assert "fid" in read(here / "model")["evaluation"]["values"]
    assert "figures.json" in model_store.packed(here / "model")


def test_pictures_of_several_models_or_of_none_are_nobodys(here):
    folder = pictures(here / "drawings")
    for name in ("a", "b"):
        calotype.train("stylegan", folder, preset="tiny", settings={"steps": 1}, out=here / name)
        calotype.sample(name, n=2, seed=2 * (name == "b"), device="cpu").save("made")
    assert model_of(sorted((here / "made").glob("*.png"))) is None
    assert model_of(sorted(folder.glob("*.png"))) is None


def test_nothing_is_kept_of_a_model_that_was_published_bare(here):
    folder = pictures(here / "drawings")
    calotype.train("stylegan", folder, preset="tiny", settings={"steps": 1}, out=here / "model")
    for name in ("about.json", "README.md", "figures.json"):
        (here / "model" / name).unlink()
    record(here / "model", "evaluation", {"date": "2026-01-01", "how": "by hand", "values": {"fid": 1.0}})
    assert not (here / "model" / "figures.json").exists()


def test_a_card_is_known_where_a_process_died_before_it_was_written(here, monkeypatch):
    folder, write = pictures(here / "drawings"), model_card.write_whole
    calotype.train("stylegan", folder, preset="tiny", settings={"steps": 1}, out=here / "model")
    figures = {"date": "2026-01-01", "how": "by hand", "values": {"fid": 1.0}}

    def dies(path, content):
        raise KeyboardInterrupt

    monkeypatch.setattr(model_card, "write_whole", dies)
    with pytest.raises(KeyboardInterrupt):
        record(here / "model", "evaluation", figures)
    monkeypatch.setattr(model_card, "write_whole", write)
    record(here / "model", "evaluation", {**figures, "values": {"fid": 2.0}})
    assert "fid 2" in (here / "model" / "README.md").read_text()

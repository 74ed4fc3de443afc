"""Models of many photos: trained from a folder, found again, sampled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype import catalog
from calotype.errors import InputError
from calotype.run import Run
from calotype.tasks import model_store, models
from calotype.tasks.dataset import Dataset


def photos(folder, count=6):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 256, (5, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((24, 20), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder of photos, a cache, and the tiny model that was trained on them."""
    home = tmp_path_factory.mktemp("taught")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_CACHE", str(home / "cache"))
        folder = photos(home / "sky")
        yield folder, calotype.train("cocogan", folder, preset="tiny", device="cpu")


@pytest.fixture(autouse=True)
def _same_cache(kept, monkeypatch):
    folder, _ = kept
    monkeypatch.setenv("CALOTYPE_CACHE", str(folder.parent / "cache"))


def test_a_model_is_found_again_by_its_photos_and_settings(kept):
    folder, first = kept
    assert first.new
    assert first.folder.name.startswith("sky-cocogan-")
    again = calotype.train("cocogan", folder, preset="tiny", device="cpu")
    assert not again.new
    assert again.folder == first.folder
    other = model_store.key_of(
        Dataset(folder).sha256, calotype.Size(16, 16), "cocogan", calotype.load(first.folder).config, 1
    )
    assert not first.folder.name.endswith(other)


@pytest.mark.parametrize(
    ("system", "key"),
    [("disentangle", "6030cfe4cec2"), ("styledisentangle", "8c5bacab97ce"), ("stylegan", "af0afec1f24f")],
)
def test_settings_that_were_added_do_not_change_the_keys_of_older_models(system, key):
    config = catalog.model(system).PRESETS["paper"]
    assert model_store.key_of("0" * 64, calotype.Size(64, 64), system, config, 0) == key
    name = next(iter(catalog.declared(system).neutral))
    changed = replace(config, **{name: 0.5})
    assert model_store.key_of("0" * 64, calotype.Size(64, 64), system, changed, 0) != key


def test_it_is_listed_and_has_pictures_of_how_it_went(kept):
    _, first = kept
    (entry,) = [each for each in model_store.entries() if each.name == first.folder.name]
    assert (entry.engine, entry.photo, entry.size, entry.finished) == ("cocogan", "sky", "16x16", True)
    assert (first.folder / "previews" / "parts.png").exists()
    assert not (first.folder / "state").exists()


def test_a_set_is_told_by_what_is_in_it(tmp_path):
    folder = photos(tmp_path / "a")
    before = Dataset(folder).sha256
    assert Dataset(photos(tmp_path / "b")).sha256 == before
    Image.new("RGB", (24, 20)).save(folder / "3.png")
    assert Dataset(folder).sha256 != before


def test_samples_are_repeated_by_seed_and_by_what_they_carry(kept, tmp_path):
    _, first = kept
    three = calotype.sample(first.folder, n=3, seed=4, device="cpu")
    one = calotype.sample(first.folder.name[:11], seed=6, device="cpu")  # the beginning of its name will do
    assert three[2].tobytes() == one[0].tobytes()
    assert three[0].size == (16, 16)
    path = one.save(tmp_path)[0]
    assert path.name == "sky_sample_6.png"
    command = calotype.show(path).command
    assert command == f"calotype sample {first.folder.name} --seed 6 --size 16x16 --device cpu"


def test_a_picture_to_go_with_a_piece(kept, tmp_path):
    folder, first = kept
    output = tmp_path / "piece.png"
    Image.open(folder / "0.png").crop((0, 0, 18, 18)).save(output)
    made = calotype.sample(first.folder, guide=output, strength=0.2, device="cpu")
    assert made[0].size == (16, 16)
    path = made.save(tmp_path)[0]
    assert "--guide piece.png --seed 0 --size 16x16 --strength 0.2" in calotype.show(path).command


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": "24x16"}, "at most 16x16"),
        ({"n": 0}, "at least 1"),
        ({"seed": -1}, "whole number"),
        ({"strength": 0.5}, "--guide"),
        ({"strength": 2.0, "guide": "x"}, "from 0 to 1"),
        ({"model": "sky-cocogan-1"}, "there is no model"),
    ],
)
def test_what_cannot_be_sampled_is_said(kept, given, said):
    _, first = kept
    with pytest.raises(InputError, match=said):
        calotype.sample(**{"model": first.folder, "device": "cpu", **given})


def test_a_guide_has_to_be_square(kept):
    folder, first = kept
    with pytest.raises(InputError, match="square part"):
        calotype.sample(first.folder, guide=folder / "0.png", device="cpu")


def test_a_film_between_two_samples(kept, tmp_path):
    _, first = kept
    film = calotype.interpolate(first.folder, 2, to_seed=3, frames=4, device="cpu")
    assert len(film) == 6  # and back
    ends = calotype.sample(first.folder, 2, 2, device="cpu")
    assert [film.frames[k].tobytes() for k in (0, 3)] == [image.tobytes() for image in ends]
    film.save(tmp_path / "film.png")
    assert film.name.endswith("_to3")  # films to other seeds have other names
    assert calotype.show(tmp_path / "film.png").command == (
        f"calotype interpolate {first.folder.name} --seed 2 --to-seed 3 --frames 4 --device cpu -o film.png"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frames": 1}, "1 frame"),
        ({"along": "latents"}, "latent"),
        ({"along": "coordinates", "to_seed": 5}, "leave out --to-seed"),
        ({"truncation": 0.5}, "no truncation"),
        ({"truncation": 3}, "from -2 to 2"),
        ({"label": 1}, "no label"),
        ({"layout": np.zeros((4, 4), np.uint8)}, "no input layout"),
        ({"fps": 0}, "speed"),
    ],
)
def test_interpolations_that_cannot_be_made(kept, given, message):
    with pytest.raises(InputError, match=message):
        calotype.interpolate(kept[1].folder, device="cpu", **given)


def test_panoramas_need_a_model_of_panoramas(kept):
    _, first = kept
    with pytest.raises(InputError, match="coordinates=cylindrical"):
        calotype.panorama(first.folder, device="cpu")


def test_panoramas_turn_and_go_round(kept, tmp_path):
    folder, _ = kept
    model = calotype.train(
        "cocogan",
        folder,
        preset="tiny",
        settings={"coordinates": "cylindrical", "size": "16,32", "steps": 1},
        out=tmp_path / "round",
        device="cpu",
    ).folder
    once = calotype.panorama(model, device="cpu")[0]
    assert once.size == (32, 16)
    twice = np.asarray(calotype.panorama(model, size="64x16", device="cpu")[0])
    assert (twice == np.concatenate([np.asarray(once)] * 2, axis=1)).all()
    turned = np.asarray(calotype.panorama(model, turn=0.5, device="cpu")[0]).astype(int)
    assert np.abs(turned - np.roll(np.asarray(once), -16, axis=1)).max() <= 1
    with pytest.raises(InputError, match="a turn of 3"):
        calotype.panorama(model, turn=3.0, device="cpu")


def test_a_stopped_training_can_be_used_and_goes_on(kept, tmp_path):
    folder, first = kept
    model = tmp_path / "stopped"
    run = Run(on_event=lambda event: run.stop() if event.step == 2 else None)
    with pytest.raises(calotype.Stopped):
        calotype.train("cocogan", folder, preset="tiny", out=model, run=run)
    with pytest.raises(InputError, match="--unfinished"):
        calotype.sample(model, device="cpu")
    described = models.describe(model)
    assert (described.family, described.facts["trained on"]) == ("cocogan", "sky")
    assert described.facts["state"].startswith("not finished: 0 of ")
    assert "--unfinished" in described.facts["to use it"]
    made = calotype.sample(model, unfinished=True, device="cpu")
    assert made[0].size == (16, 16)
    assert made.settings["unfinished"]
    calotype.train("cocogan", folder, preset="tiny", out=model, device="cpu")
    whole, again = (calotype.load(each).net.state_dict() for each in (first.folder, model))
    assert all((whole[name] == again[name]).all() for name in whole)


def test_beyond_the_edges(kept, tmp_path):
    folder, _ = kept
    settings = {"beyond": 1, "beyond_steps": 1, "steps": 1}
    model = calotype.train("cocogan", folder, preset="tiny", settings=settings, out=tmp_path / "x", device="cpu").folder
    assert calotype.sample(model, size="24x20", device="cpu")[0].size == (24, 20)
    assert sorted(path.stem for path in (model / "previews").iterdir()) == ["beyond", "parts"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"photo": "nowhere"}, "does not exist"),
        ({"preset": "fast"}, "there is no preset"),
        ({"settings": {"micro": 12}}, "power of two"),
        ({"settings": {"step": 12}}, "did you mean 'steps'"),
        ({"max_side": 100}, "leave out --max-side"),
        ({"labels": "x.png"}, "leave out --labels"),
        ({"purpose": "upscale"}, "leave out --for"),
        ({"seed": -1}, "whole number"),
        ({"photo": Image.new("RGB", (8, 8))}, "give a folder of photos"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_done(tmp_path, kept, given, said):
    folder, _ = kept
    with pytest.raises(InputError, match=said):
        calotype.train(**{"engine": "cocogan", "photo": folder, "out": tmp_path / "model", **given})
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("how", [{"engine": "cocogan"}, {"model": "sky-cocogan"}])
def test_verbs_for_one_photo_say_what_it_is_for(kept, how):
    folder, _ = kept
    with pytest.raises(InputError, match=r"'(calotype )?sample'"):
        calotype.vary(folder / "0.png", **how)


def test_another_models_folder_is_left_alone(kept):
    folder, first = kept
    with pytest.raises(InputError, match="other photos or of other settings"):
        calotype.train("cocogan", folder, preset="tiny", seed=1, out=first.folder)

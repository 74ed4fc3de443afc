"""Pairs of pictures, pictures with labels, photos and artworks: how folders of them are read."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.conditions import condition_set
from calotype.data.styles import style_set
from calotype.data.writing import Made, write_samples
from calotype.errors import InputError
from calotype.image.io import save_png
from calotype.tasks.dataset import Dataset


def picture(path, colour=(0, 0, 0), size=(16, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_two_folders(tmp_path):
    for name in "ab":
        picture(tmp_path / "images" / f"{name}.png", (255, 255, 255))
        picture(tmp_path / "conditions" / f"{name}.jpg")
    found = condition_set(tmp_path)
    assert (len(found.files), len(found.others), found.pairs) == (2, 2, True)
    sample = found.opened((16, 16))[0]
    assert sample["image"].min() == 1
    assert sample["other"].max() == -1
    picture(tmp_path / "images" / "c.png")
    picture(tmp_path / "conditions" / "d.png")
    note = Dataset(tmp_path, ("image", "condition")).note
    assert note == "2 pictures without a partner are left out: c.png, d.png"


def test_halves_of_pictures(tmp_path):
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 20:] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    sample = condition_set(tmp_path).opened((16, 16))[0]
    assert sample["image"].min() == 1
    assert sample["other"].max() == -1
    picture(tmp_path / "b.png", size=(16, 16))
    with pytest.raises(InputError, match="16x16 pixels and no pair"):
        condition_set(tmp_path)


@pytest.mark.parametrize("layout", ["halves", "folders"])
def test_files_that_cannot_be_read_are_told_as_such(tmp_path, layout):
    places = [tmp_path] if layout == "halves" else [tmp_path / "images", tmp_path / "conditions"]
    for place in places:
        picture(place / "a.png", size=(32, 16))
        picture(place / "b.png", size=(32, 16))
    broken = places[0] / "b.png"
    broken.write_bytes(b"")
    pairs = Dataset(tmp_path, ("image", "condition")).opened((16, 16))
    assert len(pairs) == 1
    said = f"1 of 2 pictures could not be read and are skipped: number 1: '{broken}' is empty"
    assert said in pairs.report()
    (places[0] / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"no picture can be read: .*a\.png' is empty"):
        Dataset(tmp_path, ("image", "condition")).opened((16, 16))


def landscape(seed, width=48, height=32):
    """A photo-like picture: smooth noise with finer noise on it."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (4, 6, 3), np.uint8)).resize((width, height), Image.BICUBIC)
    return np.clip(np.asarray(coarse) + random.normal(0, 3, (height, width, 3)), 0, 255).astype(np.uint8)


def test_wide_photos_are_no_pairs(tmp_path):
    for seed in range(5):
        Image.fromarray(landscape(seed)).save(tmp_path / f"{seed}.png")
    with pytest.raises(InputError, match="wide photos and no pairs"):
        condition_set(tmp_path)


@pytest.mark.parametrize("drawn", ["grey", "lines"])
def test_portraits_beside_their_conditions_are_pairs(drawn, tmp_path):
    """A pair of 3:4 portraits is 3:2, as a photo is."""
    for seed in range(5):
        photo = landscape(seed, 24, 32)
        condition = photo.mean(2, keepdims=True).repeat(3, 2) if drawn == "grey" else np.full_like(photo, 255)
        Image.fromarray(np.hstack([condition.astype(np.uint8), photo])).save(tmp_path / f"{seed}.png")
    assert len(condition_set(tmp_path).files) == 5


def test_pairs_on_white_paper(tmp_path):
    """No step is seen where both halves are white at their sides."""
    for seed in range(3):
        paper = np.full((32, 48, 3), 255, np.uint8)
        paper[8:24, 6:18] = 0
        paper[8:24, 30:42] = landscape(seed, 12, 16)
        Image.fromarray(paper).save(tmp_path / f"{seed}.png")
    assert len(condition_set(tmp_path).files) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_pairs_without_a_seam_are_not_refused(count, tmp_path):
    for seed in range(count):
        photo = landscape(seed, 24, 32)
        Image.fromarray(np.hstack([photo[:, ::-1], photo])).save(tmp_path / f"{seed}.png")
    assert len(condition_set(tmp_path).files) == count


def test_label_maps_that_were_made_here_are_no_pairs(tmp_path):
    picture(tmp_path / "a.png", size=(32, 16))
    save_png(Image.new("RGB", (32, 16)), tmp_path / "a_segment_0.png", {"calotype": "0.1.0", "verb": "segment"})
    assert [path.name for path in condition_set(tmp_path).files] == ["a.png"]
    (tmp_path / "a.png").unlink()
    with pytest.raises(InputError, match="has only maps that calotype made"):
        condition_set(tmp_path)


def test_pictures_of_two_shapes(tmp_path):
    picture(tmp_path / "images" / "a.png", size=(16, 16))
    picture(tmp_path / "conditions" / "a.png", size=(16, 24))
    with pytest.raises(InputError, match=r"16x16 and .* 16x24 pixels: both pictures of a pair"):
        condition_set(tmp_path)


def test_labels_are_numbers_of_folders(tmp_path):
    for label in ("2", "7"):
        picture(tmp_path / label / "a.png")
    found = condition_set(tmp_path)
    assert (found.labels, found.pairs) == (8, False)
    assert [int(found.opened((16, 16), classes=8)[i]["label"]) for i in (0, 1)] == [2, 7]
    with pytest.raises(InputError, match="label 7: the model knows those from 0 to 4"):
        found.opened((16, 16), classes=5)
    with pytest.raises(InputError, match="'conditions'"):
        found.opened((16, 16))


def test_sets_made_here(tmp_path):
    image = Image.new("RGB", (16, 16))
    write_samples(tmp_path / "pairs", {}, [Made(image=image, other=image)])
    assert condition_set(tmp_path / "pairs").opened((16, 16))[0].keys() == {"image", "other"}
    write_samples(tmp_path / "labels", {"labels": ["a", "b"]}, [Made(image=image, label=1)])
    found = condition_set(tmp_path / "labels")
    assert found.opened((16, 16), classes=2)[0]["label"] == 1
    write_samples(tmp_path / "none", {}, [Made(image=image)])
    with pytest.raises(InputError, match="neither conditions nor labels"):
        condition_set(tmp_path / "none")
    with pytest.raises(InputError, match="no folder"):
        condition_set(tmp_path / "nowhere")


def test_photos_and_artworks(tmp_path):
    for name in ("content/sea/a.png", "content/land/b.png", "content/land/c.png"):
        picture(tmp_path / name, (255, 255, 255))
    picture(tmp_path / "style" / "monet" / "a.png")
    with pytest.raises(InputError, match="one artwork: give at least 2"):
        style_set(tmp_path)
    picture(tmp_path / "style" / "hokusai" / "a.png")
    found = style_set(tmp_path)
    assert found.artists == ("hokusai", "monet")
    assert found.categories == ("land", "sea")
    opened = found.opened((16, 16))
    assert len(opened) == 3
    samples = [opened[i] for i in range(3)]
    assert [int(sample["category"]) for sample in samples] == [0, 0, 1]
    assert {int(sample["artist"]) for sample in samples} == {0, 1}
    assert all(sample["image"].min() == 1 and sample["art"].max() == -1 for sample in samples)


def test_a_set_with_styles(tmp_path):
    image = Image.new("RGB", (16, 16))
    made = [Made(image=image, label=label, info={"category": "x"}) for label in (0, 1, 2)]
    write_samples(tmp_path / "set", {"labels": ["photo", "one", "two"]}, made)
    found = style_set(tmp_path / "set")
    assert (found.artists, found.artist, found.categories) == (("one", "two"), (0, 1), ())
    about = json.loads((tmp_path / "set" / "about.json").read_text())
    (tmp_path / "set" / "about.json").write_text(json.dumps({**about, "labels": []}))
    with pytest.raises(InputError, match="no styles"):
        style_set(tmp_path / "set")
    with pytest.raises(InputError, match="no folder 'content'"):
        style_set(tmp_path)
    assert torch.is_tensor(found.opened((16, 16))[0]["art"])

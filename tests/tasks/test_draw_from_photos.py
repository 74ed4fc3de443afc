"""``draw`` without a model: from a folder of photos with label maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.engines import gpnn
from calotype.errors import InputError
from calotype.tasks.photos_job import Lenders

COLOURS = np.array([[60, 120, 220], [40, 140, 50], [200, 180, 90]], np.uint8)


def half(top, bottom, size=(40, 48)):
    index = np.full(size, top, np.uint8)
    index[size[0] // 2 :] = bottom
    return index


@pytest.fixture
def photos(tmp_path):
    """Two photos: sky over trees, and sky over sand."""
    folder = tmp_path / "mine"
    (folder / "images").mkdir(parents=True)
    (folder / "maps").mkdir()
    chance = np.random.default_rng(0)
    for name, index in (("wood", half(0, 1)), ("beach", half(0, 2))):
        picture = np.clip(COLOURS[index] + chance.normal(0, 6, (*index.shape, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / "images" / f"{name}.png")
        Image.fromarray(index).save(folder / "maps" / f"{name}.png")
    (folder / "classes.json").write_text(json.dumps(["sky", "trees", "sand"]))
    return folder


def test_a_layout_is_drawn_from_the_photos_that_have_its_classes(photos):
    layout = half(2, 1, (24, 48))
    made = calotype.draw(layout, photos=photos, n=2)
    picture = np.asarray(made[0]).astype(int)
    assert abs(picture.shape[0] * picture.shape[1] - 40 * 48) < 60  # as many pixels as the nearest photo has
    assert abs(picture.shape[1] / picture.shape[0] - 2) < 0.1
    middle = picture.shape[0] // 2
    assert np.abs(picture[: middle - 6].mean((0, 1)) - COLOURS[2]).max() < 25
    assert np.abs(picture[middle + 6 :].mean((0, 1)) - COLOURS[1]).max() < 25
    again = calotype.draw(layout, photos=str(photos), seed=1)
    assert made[1].tobytes() == again[0].tobytes()
    assert calotype.draw(layout, photos=photos, size=(40, 30))[0].size == (40, 30)


def test_transparent_pixels_of_photos_are_not_drawn(photos):
    """What a cut-out has around it is mid-grey where it is composited."""
    for name in ("wood", "beach"):
        picture = Image.open(photos / "images" / f"{name}.png").convert("RGBA")
        opaque = np.full((40, 48), 255, np.uint8)
        opaque[:20, 24:] = 0
        picture.putalpha(Image.fromarray(opaque))
        picture.save(photos / "images" / f"{name}.png")
    made = calotype.draw(half(0, 1), photos=photos)
    sky = np.asarray(made[0]).astype(int)[:14]
    assert np.abs(sky - COLOURS[0]).max() < 45


def test_further_photos_have_the_light_of_the_first(photos):
    """Of two beaches, the one whose sky is that of the wood lends its sand."""
    evening = np.array([[150, 60, 60], [40, 40, 30], [90, 50, 40]], np.uint8)
    Image.fromarray(evening[half(0, 2)]).save(photos / "images" / "a beach in the evening.png")
    Image.fromarray(half(0, 2)).save(photos / "maps" / "a beach in the evening.png")
    layout = half(0, 1, (40, 48))
    layout[20:, 30:] = 2
    made = calotype.draw(layout, photos=photos)
    assert np.abs(np.asarray(made[0]).astype(int)[26:, 36:].mean((0, 1)) - COLOURS[2]).max() < 40


def test_results_name_the_folder_and_hash_what_was_used(photos, tmp_path):
    Image.fromarray(half(0, 2)).save(tmp_path / "map.png")
    (path,) = calotype.draw(tmp_path / "map.png", photos=photos).save(tmp_path / "out")
    shown = calotype.show(path)
    assert str(tmp_path) not in json.dumps(dict(shown.settings))
    assert len(shown.settings["photos_sha256"]) == 1
    assert shown.command.startswith("calotype draw map.png")
    assert "--photos mine" in shown.command


@pytest.mark.parametrize(
    ("change", "given", "said"),
    [
        (None, {"photos": "nowhere"}, "'?nowhere'? is no folder"),
        (None, {"photos": None}, "draw needs a trained model.*--photos FOLDER"),
        (None, {"model": "any"}, "both given"),
        (None, {"style": half(0, 1)}, "--style"),
        (lambda index: np.where(index == 2, 9, index), {}, "class 9 at 0,20, and the classes are 0 to 2"),
        (lambda index: np.stack([index * 60] * 3, -1).astype(np.uint8), {}, "which is that of no class"),
    ],
)
def test_what_cannot_be_drawn_is_named(photos, change, given, said):
    layout = half(0, 2) if change is None else change(half(0, 2))
    with pytest.raises(InputError, match=said):
        calotype.draw(layout, **{"photos": photos, **given})


def test_a_class_that_no_photo_has_is_named(photos):
    (photos / "images" / "beach.png").unlink()
    with pytest.raises(InputError, match="no photo has a pixel of the class sand"):
        calotype.draw(half(0, 2), photos=photos)


def test_a_map_that_is_not_of_its_photo_is_named(photos):
    Image.fromarray(half(0, 2, (40, 20))).save(photos / "maps" / "beach.png")
    for layout in (half(0, 2), half(0, 1)):  # the second needs the other photo alone
        with pytest.raises(InputError, match=r"1 map of the photos .*: 'beach.png' 48x40 and its map 20x40; give maps"):
            calotype.draw(layout, photos=photos)


def test_an_upright_map_of_a_photo_that_is_stored_on_its_side(photos):
    """The orientation counts for sizes, too."""
    picture = Image.open(photos / "images" / "beach.png").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(photos / "images" / "beach.jpg", exif=exif)
    (photos / "images" / "beach.png").unlink()
    assert len(calotype.draw(half(0, 2), photos=photos)) == 1


def test_photos_without_maps_are_named(photos):
    for name in ("one", "two"):
        Image.fromarray(COLOURS[half(0, 1)]).save(photos / "images" / f"{name}.png")
    made = calotype.draw(half(0, 1), photos=photos)
    assert "2 pictures without a map are left out: one.png, two.png" in made.notes


def _mean(picture, rows):
    return np.asarray(picture).astype(float)[rows].mean((0, 1))


def test_the_usual_colours_are_those_of_the_folder(photos, monkeypatch):
    """The sky of one photo is red; in the others it is blue."""
    for name in ("a second", "a third", "a fourth"):
        sky = COLOURS.copy()
        sky[0] = (220, 90, 90) if name == "a fourth" else COLOURS[0]
        Image.fromarray(sky[half(0, 1)].astype(np.uint8)).save(photos / "images" / f"{name}.png")
        Image.fromarray(half(0, 1)).save(photos / "maps" / f"{name}.png")
    given = []
    laid_out = gpnn.draw
    monkeypatch.setattr(gpnn, "draw", lambda *args, usual, **more: given.append(usual) or laid_out(*args, **more))
    for settings in (None, {"usual_light": 0}):
        calotype.draw(half(0, 1), photos=photos, settings=settings)
    usual, none = given
    assert none is None
    np.testing.assert_allclose(255 * usual[0, :3].numpy(), COLOURS[0], atol=6)
    with pytest.raises(InputError, match="usual_light"):
        calotype.draw(half(0, 1), photos=photos, settings={"usual_light": 2})


def test_a_photo_that_is_not_needed_may_be_broken(photos):
    (photos / "images" / "broken.png").write_bytes((photos / "images").glob("*.png").__next__().read_bytes()[:60])
    Image.fromarray(half(1, 2)).save(photos / "maps" / "broken.png")
    made = calotype.draw(half(0, 1), photos=photos)
    assert len(made) == 1


def test_a_folder_that_has_changed_is_read_anew(photos):
    layout = half(0, 1)
    before = calotype.draw(layout, photos=photos)[0]
    for path in (photos / "images").glob("*.png"):
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    after = calotype.draw(layout, photos=photos)[0]
    assert np.abs(_mean(before, slice(None)) - _mean(after, slice(None))).max() > 20


def test_a_large_folder_is_not_walked_to_its_end(photos, monkeypatch):
    assert len(Lenders.of(str(photos)).files) == 5
    monkeypatch.setattr("calotype.tasks.photos_job._MOST_FILES", 3)
    assert len(Lenders.of(str(photos)).files) <= 3

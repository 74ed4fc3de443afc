"""Folders of pictures with label maps: which map belongs to which picture, and what the classes are."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.data.maps import map_set
from calotype.errors import InputError
from calotype.tasks.dataset import Dataset

SKY, GRASS = (64, 128, 255), (40, 160, 60)
INDEX = np.zeros((24, 32), np.uint8)
INDEX[:, 16:] = 1


def folder_of(home, count=3, maps=None, names=("images", "maps")):
    """``count`` pictures with maps; ``maps``: what is saved for each."""
    for i in range(count):
        rng = np.random.default_rng(i)
        for below in names:
            (home / below).mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)).save(home / names[0] / f"{i}.png")
        Image.fromarray(INDEX if maps is None else maps[i]).save(home / names[1] / f"{i}.png")
    return home


def in_colours(first=SKY, second=GRASS):
    return np.array([first, second], np.uint8)[INDEX]


def key(folder):
    return Dataset(folder, ("image", "label map")).sha256


@pytest.mark.parametrize("names", [("images", "maps"), ("photos", "labels"), ("pictures", "annotations")])
def test_two_folders_side_by_side_are_pairs_of_the_same_name(names, tmp_path):
    home = folder_of(tmp_path, names=names)
    (home / names[0] / "2.png").rename(home / names[0] / "alone.png")
    found = map_set(home)
    assert [(picture.name, index.name) for picture, index in found.pairs] == [("0.png", "0.png"), ("1.png", "1.png")]
    assert (found.classes, found.names, found.painted) == (2, ("class 0", "class 1"), False)
    assert found.note == "1 picture without a map is left out: alone.png"
    assert Dataset(home, ("image", "label map")).note == found.note
    sample = found.opened((24, 32))[0]
    assert np.array_equal(sample["map"].numpy(), INDEX)


def test_a_picture_and_its_map_may_be_of_different_formats(tmp_path):
    home = folder_of(tmp_path)
    Image.open(home / "images" / "0.png").save(home / "images" / "0.jpg")
    (home / "images" / "0.png").unlink()
    assert len(map_set(home).pairs) == 3


def test_maps_may_have_the_names_that_segment_gives(tmp_path):
    home = folder_of(tmp_path)
    before = map_set(home).pairs
    for _, index in before:
        index.rename(index.with_name(f"{index.stem}_segment_0{index.suffix}"))
    assert [picture for picture, _ in map_set(home).pairs] == [picture for picture, _ in before]


def test_names_and_colours_are_read_from_a_file(tmp_path):
    home = folder_of(tmp_path)
    (home / "classes.json").write_text(json.dumps(["sky", "grass", "water"]))
    assert map_set(home).names == ("sky", "grass", "water")
    (home / "classes.json").write_text(json.dumps({"sky": "#4080ff", "grass": "#28a03c"}))
    found = map_set(home)
    assert (found.names, found.colours) == (("sky", "grass"), (SKY, GRASS))


@pytest.mark.parametrize("wrong", ["{", "7", '{"sky": "blue"}', '{"sky": "#40"}'])
def test_a_file_of_classes_that_is_wrong_is_said(wrong, tmp_path):
    home = folder_of(tmp_path)
    (home / "classes.json").write_text(wrong)
    with pytest.raises(InputError, match=r"classes\.json. cannot be read: write a list of names"):
        map_set(home)


def test_maps_in_colours_have_a_class_for_each_colour(tmp_path):
    found = map_set(folder_of(tmp_path, maps=[in_colours()] * 3))
    assert found.painted
    assert found.colours == (GRASS, SKY)  # sorted by red, green and blue
    assert found.names == ("#28a03c", "#4080ff")
    assert np.array_equal(found.opened((24, 32))[0]["map"].numpy(), 1 - INDEX)


def test_a_colour_that_the_file_of_classes_lacks_is_reported(tmp_path):
    home = folder_of(tmp_path, maps=[in_colours(), in_colours(), in_colours((1, 2, 3))])
    (home / "classes.json").write_text(json.dumps({"sky": "#4080ff", "grass": "#28a03c"}))
    opened = map_set(home).opened((24, 32))
    assert len(opened) == 2
    assert "#010203 at 0,0" in opened.skipped[2]


def test_maps_in_colours_and_in_numbers_are_not_mixed(tmp_path):
    home = folder_of(tmp_path, maps=[INDEX, in_colours(), INDEX])
    with pytest.raises(InputError, match=r"1\.png. is in colours and other maps .* hold class numbers"):
        map_set(home)


def test_smoothed_edges_are_refused_with_advice(tmp_path):
    noisy = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    with pytest.raises(InputError, match=r"more than \d+ colours: save them as PNGs without smoothed edges"):
        map_set(folder_of(tmp_path, maps=[noisy] * 3))


def test_a_map_of_another_size_is_left_out_and_named(tmp_path):
    opened = map_set(folder_of(tmp_path, maps=[INDEX, INDEX[:12], INDEX])).opened((24, 32))
    assert len(opened) == 2
    assert "32x12, its picture 32x24: not a pair" in opened.skipped[1]


def test_bits_are_the_classes_zero_and_one(tmp_path):
    found = map_set(folder_of(tmp_path, maps=[INDEX == 1] * 3))
    assert found.classes == 2
    assert np.array_equal(found.opened((24, 32))[0]["map"].numpy(), INDEX)


def test_maps_of_sixteen_bits_hold_numbers(tmp_path):
    found = map_set(folder_of(tmp_path / "small", maps=[INDEX.astype(np.uint16)] * 3))
    assert np.array_equal(found.opened((24, 32))[0]["map"].numpy(), INDEX)
    with pytest.raises(InputError, match="class 700"):
        map_set(folder_of(tmp_path / "big", maps=[INDEX.astype(np.uint16) * 700] * 3)).opened((24, 32))


def test_a_folder_without_maps_is_refused_with_advice(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match="has no label maps: put the pictures into its folder 'images'"):
        map_set(tmp_path)


def test_no_map_with_the_name_of_a_picture_is_said(tmp_path):
    home = folder_of(tmp_path)
    for i, path in enumerate(sorted((home / "maps").iterdir())):
        path.rename(home / "maps" / f"map{i}.png")
    with pytest.raises(InputError, match="call each map like its picture"):
        map_set(home)


def test_the_same_pictures_with_other_maps_are_another_set(tmp_path):
    """A model is found again by what it was trained on: a changed map, name or colour is another training."""
    home = folder_of(tmp_path)
    keys = [key(home)]
    changed = INDEX.copy()
    changed[5, 5] = 1
    Image.fromarray(changed).save(home / "maps" / "1.png")
    keys.append(key(home))
    (home / "classes.json").write_text(json.dumps(["sky", "grass"]))
    keys.append(key(home))
    (home / "classes.json").write_text(json.dumps({"sky": "#4080ff", "grass": "#28a03c"}))
    keys.append(key(home))
    (home / "classes.json").write_text(json.dumps({"sky": "#4080fe", "grass": "#28a03c"}))
    keys.append(key(home))
    assert len(set(keys)) == len(keys)
    assert key(home) == keys[-1]
    assert Dataset(home / "images").sha256 not in keys

"""Looks of classes: ``draw --look``, ``restyle`` and films, with a model that was trained for three steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.tasks.draw import DrawJob
from calotype.tasks.restyle import RestyleJob

NAMES = ("sky", "trees", "sand")


def photo(seed):
    return np.random.default_rng(seed).integers(0, 255, (16, 16, 3)).astype(np.uint8)


MAP = np.zeros((16, 16), np.uint8)
MAP[8:], MAP[8:, 8:] = 1, 2
TWO = np.where(np.arange(16)[None] % 8 < 4, MAP, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looks")
    for name in ("images", "maps"):
        (folder / "set" / name).mkdir(parents=True)
    for i in range(4):
        Image.fromarray(photo(i)).save(folder / "set" / "images" / f"{i}.png")
        Image.fromarray(np.roll(MAP, i, 1)).save(folder / "set" / "maps" / f"{i}.png")
    (folder / "set" / "classes.json").write_text(json.dumps(NAMES))
    return calotype.train("smis", folder / "set", preset="tiny", out=folder / "model").folder


def pixels(result, i=0):
    return np.asarray(result[i]).astype(int)


def test_looks_come_from_seeds_and_photos(model):
    plain = calotype.draw(MAP, model=model, seed=3)
    assert plain[0].size == (16, 16)
    same = calotype.draw(MAP, model=model, seed=3, look={"trees": 3})
    assert calotype.draw(MAP, model=model, seed=3, look={})[0].tobytes() == same[0].tobytes()
    assert same[0].tobytes() == plain[0].tobytes()
    other = calotype.draw(MAP, model=model, seed=3, look={"trees": 4, 2: (photo(9), MAP)})
    assert (pixels(other) != pixels(plain)).any()
    assert set(other.settings["pictures"]["look"]) == {"trees", "2"}
    styled = calotype.draw(MAP, model=model, style=photo(5), style_map=MAP)
    assert (pixels(styled) != pixels(plain)).any()


def test_classes_and_objects_are_restyled(model, tmp_path):
    same = calotype.restyle(photo(1), TWO, model=model, look={"trees": (photo(1), TWO)})
    changed = calotype.restyle(photo(1), TWO, model=model, classes="trees", seed=5)
    with pytest.raises(InputError, match="needs the label map of the photo"):
        calotype.restyle(photo(1), model=model, classes="trees")
    one = calotype.restyle(photo(1), TWO, model=model, classes="trees", seed=5, at="1,12")
    assert (pixels(changed) != pixels(same)).any()
    there = np.zeros((16, 16), bool)
    there[8:, :4] = True
    assert (pixels(one)[there] == pixels(changed)[there]).all()
    edited = calotype.restyle(photo(1), TWO, model=model, target=np.repeat(TWO, 2, 0), n=2)
    assert edited[0].size[0] < edited[0].size[1]
    assert len(edited) == 2
    (path,) = calotype.restyle(photo(1), TWO, model=model, classes="1").save(tmp_path)
    assert "--classes 1" in calotype.show(path).command


def test_a_film_goes_from_the_look_of_a_photo_to_that_of_another(model):
    film = calotype.interpolate(
        model,
        layout=MAP,
        style=photo(1),
        style_map=MAP,
        to_style=photo(2),
        to_style_map=MAP,
        frames=3,
        back=False,
    )
    assert len(film.frames) == 3
    assert film.frames[0].tobytes() != film.frames[-1].tobytes()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "restyle needs something to change: give --classes NAME"),
        ({"classes": "tree"}, "no class 'tree': did you mean 'trees'"),
        ({"classes": "7"}, "no class '7'"),
        ({"look": {"sea": 1}}, "no class 'sea'"),
        ({"look": {"sand": "photo.png"}}, "sand=PHOTO,MAP"),
        ({"look": {"sand": (photo(1), np.repeat(MAP, 2, 0))}}, "is 16x32 and 'image' 16x16 pixels: give a map"),
        ({"classes": "trees", "at": "99,2"}, "99,2 lies outside"),
        ({"classes": "trees", "at": "0,0"}, "of class sky, which does not change"),
        ({"classes": "trees", "at": "left"}, "'left' is no pixel"),
        ({"classes": "sky", "labels": MAP + 2}, "class 3 at 0,8, and the classes are 0 to 2"),
        ({"classes": "sky", "labels": np.repeat(MAP, 2, 0)}, "give a map of the photo's size"),
        ({"classes": "sky", "model": None}, "needs a trained model"),
    ],
)
def test_what_cannot_be_done_is_named(model, given, said):
    with pytest.raises(InputError, match=said):
        calotype.restyle(photo(1), **{"labels": MAP, "model": model, **given})


def test_results_are_named_after_what_changes(model):
    def name(job, **given):
        return job.of({"n": 1, "seed": 0, "model": model, **given}).name

    edit = {"photo": photo(1), "labels": MAP, "classes": None, "at": None}
    assert name(RestyleJob, **edit, look={"trees": 3}).endswith("_trees-3")
    assert name(RestyleJob, **{**edit, "classes": "sky,trees", "at": "2,9"}).endswith("_sky-trees_at2-9")
    names = [name(DrawJob, layout=MAP, look=look) for look in ({}, {"trees": 3}, {"trees": 4, "sky": (photo(1), MAP)})]
    assert names[1] == f"{names[0]}_trees-3"
    assert names[2].startswith(f"{names[0]}_trees-4_sky-")


def test_other_models_take_no_looks():
    layouts = Path(__file__).parents[2] / "examples" / "models" / "landscapes"
    with pytest.raises(InputError, match="leave out --look"):
        calotype.draw(np.zeros((64, 64), np.uint8), model=layouts, look={"sky": 1})

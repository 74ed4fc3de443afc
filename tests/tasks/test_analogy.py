"""The verb that makes of a target what the photo is of its counterpart."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.run import Run

ENGINES = ("gpnn", "imageanalogies")
RED, BLUE = (250, 10, 0), (10, 0, 250)


def painted(left: tuple[int, int, int], right: tuple[int, int, int], width: int = 60, height: int = 48) -> np.ndarray:
    flat = np.empty((height, width, 3), np.uint8)
    flat[:, : width // 2], flat[:, width // 2 :] = left, right
    return flat


def photo(width: int = 60, height: int = 48) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 60, (height, width, 1))
    return (painted((150, 40, 40), (40, 40, 150), width, height) + noise).astype(np.uint8)


def made(*pictures: object, engine: str = "gpnn", **how: object) -> calotype.Result:
    return calotype.analogy(*pictures, engine=engine, preset="tiny", device="cpu", **how)


def redness(image: Image.Image) -> tuple[float, float]:
    x = np.asarray(image).astype(float)
    difference, middle = x[..., 0] - x[..., 2], x.shape[1] // 2
    return difference[:, : middle - 6].mean(), difference[:, middle + 6 :].mean()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_layout(engine):
    result = made(photo(), painted(BLUE, RED, 80, 52), 2, before=painted(RED, BLUE), engine=engine)
    assert [image.size for image in result] == [(80, 52)] * 2
    for image in result:
        left, right = redness(image)
        assert left < -80
        assert right > 80


@pytest.mark.parametrize("engine", ENGINES)
def test_an_effect_keeps_the_targets_colours_unless_told(engine):
    rng = np.random.default_rng(1)
    before = np.asarray(Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8)).resize((64, 48)))
    target = np.asarray(Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8)).resize((64, 48)))
    grey = np.repeat(255 - before.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    assert np.asarray(made(grey, target, before=before, engine=engine)[0]).std(2).mean() > 10
    assert np.asarray(made(grey, target, before=before, engine=engine, colours="photo")[0]).std(2).mean() < 2


@pytest.mark.parametrize("engine", ENGINES)
def test_the_photo_alone_lends_its_texture(engine):
    ramp = np.linspace(10, 245, 60).astype(np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    image = made(ramp, painted((220,) * 3, (40,) * 3, 70, 50), engine=engine)[0]
    x = np.asarray(image).astype(float)
    assert image.size == (70, 50)
    assert x[:, :28].mean() > x[:, 42:].mean() + 60


def test_a_counterpart_of_another_size_and_the_same_shape():
    result = made(photo(), painted(BLUE, RED), before=painted(RED, BLUE, 120, 96))
    assert redness(result[0])[0] < -80


def test_seeds_can_be_had_alone():
    both = made(photo(), painted(BLUE, RED), 2, before=painted(RED, BLUE))
    alone = made(photo(), painted(BLUE, RED), seed=1, before=painted(RED, BLUE))
    assert both[1].tobytes() == alone[0].tobytes() != both[0].tobytes()


def test_all_pictures_are_shrunk():
    result = made(photo(120, 96), painted(BLUE, RED, 100, 200), before=painted(RED, BLUE, 120, 96), max_side=60)
    assert result[0].size == (30, 60)


def test_transparency():
    rgba = np.dstack([photo(), np.full((48, 60), 255, np.uint8)])
    rgba[:10, :10, 3] = 0
    assert made(rgba, painted(BLUE, RED), before=painted(RED, BLUE))[0].mode == "RGBA"
    target = np.dstack([painted(BLUE, RED), np.full((48, 60), 255, np.uint8)])
    target[:10, :10, 3] = 0
    assert made(photo(), target, before=painted(RED, BLUE))[0].mode == "RGB"
    assert made(rgba, target, before=rgba[::-1].copy())[0].mode == "RGBA"


def test_the_picture_says_what_makes_it_again(tmp_path: Path):
    for name, pixels in (("photo", photo()), ("map", painted(RED, BLUE)), ("new", painted(BLUE, RED))):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    paths = (tmp_path / "photo.png", tmp_path / "new.png")
    result = made(*paths, before=tmp_path / "map.png", guide="labels", colours="target", seed=3)
    (path,) = result.save(tmp_path / "out")
    words = shlex.split(calotype.show(path).command)
    assert words[:6] == ["calotype", "analogy", "photo.png", "new.png", "--before", "map.png"]
    told = dict(zip(words[4::2], words[5::2]))
    assert (told["--guide"], told["--colours"], told["--seed"]) == ("labels", "target", "3")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"before": painted(RED, BLUE, 48, 60)}, "48x60 and 'image' 60x48 pixels: give a counterpart"),
        ({"guide": "labels"}, "needs a label map: give one"),
        ({"guide": "labels", "before": photo()}, "no label map: paint"),
        ({"before": painted((0, 250, 0), (250, 250, 0))}, "same colours"),
        ({"guide": "labls"}, "did you mean 'labels'"),
        ({"colours": "both"}, "photo, target"),
        ({"engine": "singan"}, "gpnn, imageanalogies"),
        ({"settings": {"kapa": 3}, "engine": "imageanalogies"}, "did you mean 'kappa'"),
        ({"settings": {"kappa": -3}, "engine": "imageanalogies"}, "kappa=-3"),
    ],
)
def test_refused(how, words):
    with pytest.raises(InputError, match=words):
        made(photo(), painted(BLUE, RED), **how)


def test_targets_too_small():
    with pytest.raises(InputError, match="16"):
        made(photo(), painted(BLUE, RED, 16, 12), before=painted(RED, BLUE))


@pytest.mark.parametrize("engine", ENGINES)
def test_previews_are_pictures_also_where_lightness_alone_is_made(engine):
    shown = []
    run = Run(device="cpu", on_event=lambda event: shown.append(event.preview))
    made(photo(), painted(BLUE, RED), before=photo(), engine=engine, run=run)
    assert all(one.shape[1] == 3 for one in shown if one is not None)
    assert engine != "gpnn" or any(one is not None for one in shown)


@pytest.mark.parametrize("given", [{"guide": "colours"}, {"colours": "target"}])
def test_engines_that_compare_features_take_no_guide(given):
    with pytest.raises(InputError, match="the engine dia has no --"):
        made(photo(), photo(), engine="dia", **given)

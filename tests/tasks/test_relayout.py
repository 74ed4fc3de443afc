"""The verb that lays a photo out as a map has it."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError

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
    return calotype.relayout(*pictures, engine=engine, preset="tiny", device="cpu", **how)


def redness(image: Image.Image) -> tuple[float, float]:
    x = np.asarray(image).astype(float)
    difference, middle = x[..., 0] - x[..., 2], x.shape[1] // 2
    return difference[:, : middle - 6].mean(), difference[:, middle + 6 :].mean()


@pytest.mark.parametrize("engine", ENGINES)
def test_sides_change_places_at_another_size(engine):
    result = made(photo(), painted(RED, BLUE), painted(BLUE, RED, 80, 52), 2, engine=engine)
    assert [image.size for image in result] == [(80, 52)] * 2
    for image in result:
        left, right = redness(image)
        assert left < -80
        assert right > 80


@pytest.mark.parametrize("engine", ENGINES)
def test_a_region_painted_over_is_gone(engine):
    image = made(photo(), painted(RED, BLUE), painted(BLUE, BLUE), engine=engine)[0]
    assert max(redness(image)) < -80


@pytest.mark.parametrize("engine", ENGINES)
def test_forty_labels_change_places(engine):
    numbers = (np.arange(128)[:, None] // 16) * 5 + np.arange(140)[None] // 28
    shades = np.random.default_rng(3).integers(0, 256, (40, 3), np.uint8)
    wanted = numbers[::-1, ::-1].copy()
    image = calotype.relayout(shades[numbers], numbers, wanted, engine=engine, device="cpu")[0]
    found = np.abs(np.asarray(image).astype(int)[:, :, None] - shades).sum(3).argmin(2)
    assert (found == wanted).mean() > 0.75


def test_maps_as_numbers_pictures_and_label_maps_are_one():
    numbers = (np.arange(60) >= 30)[None].repeat(48, 0).astype(int)
    first = made(photo(), painted(BLUE, RED), painted(RED, BLUE))[0]
    labels = calotype.open_labels(painted(BLUE, RED))
    again = made(photo(), labels, calotype.LabelMap(1 - labels.index, labels.colours))[0]
    assert first.tobytes() == again.tobytes() == made(photo(), numbers, 1 - numbers)[0].tobytes()


def test_a_label_map_keeps_its_numbers_so_that_the_model_trained_on_it_is_found():
    read = calotype.open_labels(painted(BLUE, RED))
    renumbered = calotype.LabelMap(1 - read.index, read.colours[::-1])
    how = {"preset": "tiny", "settings": {"steps": 2}, "device": "cpu"}
    trained = calotype.train("analogy", photo(), labels=renumbered, **how)
    calotype.relayout(photo(), renumbered, painted(RED, BLUE), engine="analogy", **how)
    assert trained.new
    assert not calotype.train("analogy", photo(), labels=renumbered, **how).new
    assert len(list(trained.folder.parent.glob("*-analogy-*"))) == 1


def test_a_map_of_another_size_and_the_same_shape():
    result = made(photo(), painted(RED, BLUE, 120, 96), painted(BLUE, RED))
    assert redness(result[0])[0] < -80


def test_seeds_can_be_had_alone():
    both = made(photo(), painted(RED, BLUE), painted(BLUE, RED), 2)
    alone = made(photo(), painted(RED, BLUE), painted(BLUE, RED), seed=1)
    assert both[1].tobytes() == alone[0].tobytes() != both[0].tobytes()


def test_everything_is_shrunk():
    result = made(photo(120, 96), painted(RED, BLUE, 120, 96), painted(BLUE, RED, 100, 200), max_side=60)
    assert result[0].size == (30, 60)


def test_transparency_stays():
    rgba = np.dstack([photo(), np.full((48, 60), 255, np.uint8)])
    rgba[:10, :10, 3] = 0
    assert made(rgba, painted(RED, BLUE), painted(BLUE, RED))[0].mode == "RGBA"


def test_the_picture_says_what_makes_it_again(tmp_path: Path):
    for name, pixels in (("photo", photo()), ("map", painted(RED, BLUE)), ("new", painted(BLUE, RED))):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    result = made(*(tmp_path / f"{name}.png" for name in ("photo", "map", "new")), seed=3)
    (path,) = result.save(tmp_path / "out")
    assert path.name == "photo_relayout_3.png"
    words = shlex.split(calotype.show(path).command)
    assert words[:5] == ["calotype", "relayout", "photo.png", "map.png", "new.png"]
    told = dict(zip(words[5::2], words[6::2]))
    assert (told["--engine"], told["--preset"], told["--seed"]) == ("gpnn", "tiny", "3")


def speck() -> np.ndarray:
    pixels = painted(RED, BLUE, 600, 480)
    pixels[100:104, 50:54] = (0, 250, 0)
    return pixels


GREEN = painted((0, 250, 0), RED)


@pytest.mark.parametrize(
    ("labels", "target", "how", "words"),
    [
        (painted(RED, BLUE, 48, 60), painted(BLUE, RED), {}, "48x60 and 'image' 60x48 pixels: give a map"),
        (photo(), painted(BLUE, RED), {}, "no label map: paint"),
        (painted(RED, RED), painted(RED, RED), {}, "one colour"),
        (painted(RED, BLUE), photo(), {}, "not in the colours"),
        (painted(RED, BLUE), GREEN, {}, "'target' has the colour #00fa00 at 0,0, which 'labels' has not"),
        (speck(), painted((0, 250, 0), RED), {}, "is lost at 60x48 pixels"),
        (painted(RED, BLUE), painted(BLUE, RED, 16, 12), {}, "16"),
        (painted(RED, BLUE), painted(BLUE, RED), {"engine": "singan"}, "gpnn, imageanalogies"),
        (painted(RED, BLUE), painted(BLUE, RED), {"settings": {"label_wieght": 3}}, "did you mean 'label_weight'"),
    ],
)
def test_refused(labels, target, how, words):
    with pytest.raises(InputError, match=words):
        made(photo(), labels, target, **how)

"""The trained model that comes with the sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import calotype
from calotype.errors import InputError
from calotype.image.io import open_photo

EXAMPLES = Path(__file__).parents[3] / "examples"
FOLDER = EXAMPLES / "models" / "landscapes"
SKY, GRASS, SAND, SNOW = 0, 3, 4, 5


@pytest.fixture(autouse=True)
def _there():
    if not FOLDER.exists():
        pytest.skip("the examples are not part of this distribution")


def layout(ground):
    index = np.full((64, 64), SKY, np.uint8)
    index[32:] = ground
    return index


def drawn(label_map, **options):
    return [
        open_photo(each).rgb.astype(float) for each in calotype.draw(label_map, model=FOLDER, device="cpu", **options)
    ]


def test_it_is_small_and_tells_its_classes():
    assert (FOLDER / "weights.safetensors").stat().st_size <= 2_000_000
    about = calotype.load(FOLDER).about
    assert about["names"][SKY] == "sky"
    assert about["names"][SNOW] == "snow"
    assert len(about["names"]) == len({tuple(colour) for colour in about["colours"]}) == 10
    assert "Trained on" in (FOLDER / "README.md").read_text("utf-8")


def test_it_draws_what_the_label_map_says():
    grass = np.mean(drawn(layout(GRASS), n=6), axis=0)[40:].mean((0, 1))
    snow = np.mean(drawn(layout(SNOW), n=6), axis=0)[40:].mean((0, 1))
    assert grass.argmax() == 1  # green
    assert snow.min() > grass.max()


def test_the_light_of_a_style_picture_is_taken_over():
    made = drawn(layout(SAND), n=8)
    again = [drawn(layout(SAND), style=each.astype(np.uint8))[0] for each in made]
    assert np.corrcoef([each.mean() for each in made], [each.mean() for each in again])[0, 1] > 0.8


@pytest.mark.parametrize("name", ["lake", "winter"])
def test_the_example_layouts_are_in_its_colours(name):
    path = EXAMPLES / "layouts" / f"{name}.png"
    (made,) = drawn(path)
    assert made.shape == (64, 64, 3)
    assert made[:6].mean((0, 1)).argmax() == 2  # the sky is blue
    (larger,) = drawn(path, size="128x128")
    assert larger.shape == open_photo(path).rgb.shape


def test_a_class_it_does_not_know_is_named():
    with pytest.raises(InputError, match=r"class 10 at 0,32, and the classes are 0 to 9: 0 sky, 1 cloud"):
        drawn(layout(10))

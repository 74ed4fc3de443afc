"""Inputs that are exchanged or inverted get a line that says what they look like; proper ones get none."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from calotype.image.io import open_photo
from calotype.tasks.verbs import VERBS

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"
PHOTO = open_photo(EXAMPLES / "mountains.jpg", max_side=240)
WIDTH, HEIGHT = PHOTO.size.width, PHOTO.size.height


def notes(verb: str, **given) -> tuple[str, ...]:
    options = {"preset": "tiny", "settings": None, "max_side": None, "device": "auto", **given}
    if VERBS[verb][1].verb in ("harmonize", "edit"):
        options = {"feather": None, "unmasked": False, **options}
    return VERBS[verb][1].of(options).notes


def pasted() -> Image.Image:
    image = Image.fromarray(PHOTO.rgb)
    ImageDraw.Draw(image).ellipse((90, 40, 150, 90), fill=(220, 30, 160))
    return image


def object_mask(inverted: bool = False) -> Image.Image:
    mask = Image.new("L", (WIDTH, HEIGHT), 255 if inverted else 0)
    ImageDraw.Draw(mask).ellipse((90, 40, 150, 90), fill=0 if inverted else 255)
    return mask


def sketch() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (120, 160, 220))
    ImageDraw.Draw(image).rectangle((0, HEIGHT // 2, WIDTH, HEIGHT), fill=(90, 110, 60))
    return image


def texture() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(60, 200, (HEIGHT, WIDTH, 3), np.uint8)


ERASE = {"engine": "completion", "grow": None}
HARMONIZE = {"engine": "gpnn", "structure": "auto"}
PAINT = {"engine": "gpnn", "structure": "auto", "colours": 5, "size": None}
STYLIZE = {"engine": "gpnn", "structure": "auto", "colours": 1.0}
ANALOGY = {"engine": "gpnn", "guide": "auto", "colours": "auto"}


def test_an_inverted_mask_of_what_to_erase():
    assert notes("erase", photo=PHOTO, mask=object_mask(), **ERASE) == ()
    (note,) = notes("erase", photo=PHOTO, mask=object_mask(inverted=True), **ERASE)
    assert re.fullmatch(r"the mask selects 9\d% of 'mountains', .* looks inverted, white should be the object", note)


def test_a_margin_that_reaches_over_the_photo():
    (note,) = notes("erase", photo=PHOTO, mask=object_mask(), **{**ERASE, "grow": 500})
    assert re.search(r"with its margin the mask selects 100% of .* give a smaller --grow \(grow=\)", note)
    clear = replace(PHOTO, alpha=255 - np.asarray(object_mask().convert("L")))
    assert notes("erase", photo=clear, **{**ERASE, "grow": 3}) == ()
    assert notes("erase", photo=clear, **{**ERASE, "grow": 500}) == (note,)


@pytest.mark.parametrize("verb", ["erase", "harmonize"])
def test_a_photo_as_the_mask(verb):
    more = {"erase": ERASE, "harmonize": {**HARMONIZE, "pasted": pasted()}}[verb]
    assert any(
        "the mask 'mountains' looks like a photo" in note for note in notes(verb, photo=PHOTO, mask=PHOTO, **more)
    )
    soft = object_mask().filter(ImageFilter.GaussianBlur(12))
    assert not any("looks like a photo" in note for note in notes(verb, photo=PHOTO, mask=soft, **more))


def test_a_large_object_is_no_inverted_mask():
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(mask).rectangle((20, 10, WIDTH - 21, HEIGHT - 11), fill=255)
    assert notes("erase", photo=PHOTO, mask=mask, **ERASE) == ()


@pytest.mark.parametrize("verb", ["harmonize", "edit"])
def test_a_pasted_picture_given_as_the_photo(verb):
    second = "pasted" if verb == "harmonize" else "edited"
    assert notes(verb, photo=PHOTO, **{second: pasted()}, **HARMONIZE) == ()
    (note,) = notes(verb, photo=pasted(), **{second: PHOTO}, **HARMONIZE)
    assert "looks like the picture with something pasted, and 'mountains' like the one without" in note


@pytest.mark.parametrize("verb", ["harmonize", "edit"])
def test_an_inverted_mask_of_the_change(verb):
    second = "pasted" if verb == "harmonize" else "edited"
    assert notes(verb, photo=PHOTO, mask=object_mask(), **{second: pasted()}, **HARMONIZE) == ()
    (note,) = notes(verb, photo=PHOTO, mask=object_mask(inverted=True), **{second: pasted()}, **HARMONIZE)
    assert "differ where the mask is black: it looks inverted" in note


def test_a_sketch_given_as_the_photo():
    assert notes("paint", photo=PHOTO, sketch=sketch(), **PAINT) == ()
    (note,) = notes("paint", photo=sketch(), sketch=PHOTO, **PAINT)
    assert "looks like a sketch, and 'mountains' like a photo: give the photo first" in note


def test_a_texture_given_as_the_photo():
    assert notes("stylize", photo=PHOTO, style=texture(), **STYLIZE) == ()
    (note,) = notes("stylize", photo=texture(), style=PHOTO, **STYLIZE)
    assert "looks like a texture, and 'mountains' like a photo: give the photo first" in note


def test_a_label_map_without_its_counterpart():
    assert notes("analogy", photo=PHOTO, target=sketch(), before=sketch(), **ANALOGY) == ()
    assert notes("analogy", photo=PHOTO, target=texture(), **ANALOGY) == ()
    (note,) = notes("analogy", photo=PHOTO, target=sketch(), **ANALOGY)
    assert "looks like a label map" in note
    assert "--before MAP" in note


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_the_example_photos_are_in_no_doubt(path):
    photo = open_photo(path, max_side=240)
    assert notes("stylize", photo=photo, style=open_photo(EXAMPLES / "stream.jpg", max_side=240), **STYLIZE) == () or (
        path.stem == "galaxies"  # it is a texture indeed
    )
    assert notes("paint", photo=photo, sketch=sketch(), **PAINT) == ()

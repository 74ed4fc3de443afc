"""The trained model that comes with the package, as a user would call it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def model():
    if not EXAMPLES.is_dir():
        pytest.skip("the examples are not part of this distribution")
    return EXAMPLES / "models" / "faces"


def test_it_draws_faces_on_white(model):
    assert sum(path.stat().st_size for path in model.rglob("*.safetensors")) < 2_000_000
    pictures = [np.asarray(image.convert("RGB"), float) for image in calotype.sample(model, n=8)]
    assert all(picture.shape == (32, 32, 3) for picture in pictures)
    corners = np.mean([picture[:3, :3].mean() for picture in pictures])
    middles = np.mean([picture[12:20, 12:20].mean() for picture in pictures])
    assert corners > 200 > middles + 20


def test_its_encoder_finds_the_faces_of_the_examples(model):
    for name, other in (("first", "second"), ("second", "first")):
        (made,) = calotype.embed(EXAMPLES / "faces" / f"{name}.png", model=model, preview=True)
        errors = []
        for each in (name, other):
            wanted = (
                Image.open(EXAMPLES / "faces" / f"{each}.png").convert("RGB").resize((32, 32), Image.Resampling.BOX)
            )
            errors.append(np.square(np.asarray(made.convert("RGB"), float) - np.asarray(wanted, float)).mean())
        assert errors[0] < 0.5 * errors[1]

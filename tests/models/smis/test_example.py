"""The trained model that comes with the sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype

EXAMPLES = Path(__file__).parents[3] / "examples"
FOLDER, FACE, MAP = (
    EXAMPLES / "models" / "parts",
    EXAMPLES / "layouts" / "face_photo.png",
    EXAMPLES / "layouts" / "face.png",
)
HAIR, CLOTHES = 8, 3


@pytest.fixture(autouse=True)
def _there():
    if not FOLDER.exists():
        pytest.skip("the examples are not part of this distribution")


def at_32(path):
    return np.asarray(Image.open(path))[1::2, 1::2]


def pictures(result):
    return np.stack([np.asarray(each.convert("RGB")).astype(float) for each in result])


def restyled(**options):
    return pictures(calotype.restyle(FACE, MAP, model=FOLDER, device="cpu", **options))


def test_it_is_small_and_tells_its_classes():
    assert (FOLDER / "weights.safetensors").stat().st_size <= 2_000_000
    about = calotype.load(FOLDER).about
    assert about["names"][HAIR] == "hair"
    assert len(about["names"]) == len({tuple(colour) for colour in about["colours"]}) == 10
    assert "Trained on" in (FOLDER / "README.md").read_text("utf-8")


def test_a_face_comes_back_and_one_class_alone_changes():
    real, labels = at_32(FACE).astype(float), at_32(MAP)
    same = restyled(look={"hair": (FACE, MAP)})[0]
    assert np.abs(same - real).mean() < 15
    hair = restyled(classes="hair", n=4)
    changes = np.abs(hair - same).mean(-1)
    assert changes[:, labels == HAIR].mean() > 40
    assert changes[:, labels != HAIR].mean() < 5
    assert np.abs(restyled(classes="clothes", n=4) - same).mean(-1)[:, labels == CLOTHES].mean() > 20


def test_a_class_takes_the_look_of_another_face():
    red = np.where(at_32(MAP)[..., None] == HAIR, (20, 200, 40), at_32(FACE)).astype(np.uint8)
    made = restyled(look={"hair": (red, at_32(MAP))})[0]
    assert made[at_32(MAP) == HAIR].mean(0).argmax() == 1

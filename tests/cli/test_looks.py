"""Looks of classes as options of commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .test_bad_input import files, refused

EXAMPLES = Path(__file__).parents[2] / "examples"
MODEL = EXAMPLES / "models" / "parts"
FACE, MAP = EXAMPLES / "layouts" / "face_photo.png", EXAMPLES / "layouts" / "face.png"


@pytest.fixture(autouse=True)
def _there():
    if not MODEL.exists():
        pytest.skip("the examples are not part of this distribution")


def picture(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_looks_of_seeds_and_photos(calotype, tmp_path):
    looks = ("--look", "hair=7", "--look", f"clothes={FACE},{MAP}")
    made = calotype("draw", str(MAP), "--model", str(MODEL), *looks, "-o", "out", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    (drawn,) = files(tmp_path / "out")
    assert drawn == "face_hair-7_clothes-face_photo_draw_0.png"
    shown = calotype("show", f"out/{drawn}").stdout
    assert "--look clothes=face_photo.png,face.png --look hair=7" in shown
    again = calotype("restyle", str(FACE), str(MAP), "--model", str(MODEL), "--look", "hair=7", "-o", "out")
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "out") == {drawn, "face_photo_hair-7_restyle_0.png"}
    one, other = (picture(tmp_path / "out" / name) for name in (drawn, "face_photo_hair-7_restyle_0.png"))
    labels = np.asarray(Image.open(MAP))[1::2, 1::2]
    assert np.abs(one - other)[labels == 8].mean() < 12  # the same hair


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--look", "hair"), 2, "write --look CLASS=SEED"),
        (("--look", "hairs=3"), 1, "did you mean 'hair'"),
        (("--look", "hair=nowhere.png,map.png"), 1, "nowhere.png"),
        (("--photos", "here"), 2, "both given"),
    ],
)
def test_what_cannot_be_used_is_one_line(calotype, tmp_path, words, status, said):
    refused(calotype("draw", str(MAP), "--model", str(MODEL), *words, "-o", "x"), status, said)
    assert not (tmp_path / "x").exists()


def test_what_has_no_looks_takes_none(calotype):
    landscapes = str(EXAMPLES / "models" / "landscapes")
    refused(calotype("draw", str(MAP), "--model", landscapes, "--look", "hair=3"), 1, "need a model that has them")
    refused(calotype("draw", str(MAP), "--photos", "here", "--look", "hair=3"), 2, "--look (look=) is for models")


def test_a_map_of_another_shape_is_refused_before_the_work_is_announced(calotype, tmp_path):
    Image.new("L", (90, 40)).save(tmp_path / "wide.png")
    words = ("restyle", str(FACE), "wide.png", "--model", str(MODEL), "--classes", "hair")
    refused(calotype(*words), 1, "give a map of the photo's size or aspect ratio")

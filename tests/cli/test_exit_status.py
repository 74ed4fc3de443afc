"""The exit status: 2 for a command that is wrong whatever the files hold, 1 for an input or work that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_bad_input import files, refused

FACES = Path(__file__).parents[2] / "examples" / "models" / "faces"
# A word or a number that no file could make right, in every verb that has one of its own.
WRONG = (
    ("vary", "bird.png", "--seed", "-1"),
    ("vary", "bird.png", "-n", "0"),
    ("vary", "bird.png", "--structure", "2"),
    ("vary", "bird.png", "--preset", "fats"),
    ("vary", "bird.png", "--set", "patch=x"),
    ("vary", "bird.png", "--set", "patch=4"),
    ("vary", "bird.png", "--engine", "gpdm", "--set", "rate=2"),
    ("vary", "bird.png", "--on", "mars"),
    ("edges", "bird.png", "--set", "strong=2"),
    ("segment", "bird.png", "--set", "side=3"),
    ("segment", "bird.png", "--classes", "1"),
    ("segment", "bird.png", "--max-side", "8"),
    ("draw", "map.png", "--photos", "photos", "--style", "bird.png"),
    ("draw", "map.png", "--photos", "photos", "--look", "sky=3"),
    ("retarget", "bird.png", "--size", "64x64", "--engine", "ingan", "--shape", "arc:x"),
    ("retarget", "bird.png", "--size", "64x64", "--engine", "gpnn", "--shape", "arc"),
    ("expand", "bird.png"),
    ("vary", "bird.png", "--engine", "gpn"),
    ("vary", "bird.png", "--engine", "completion"),
    ("retarget", "bird.png", "--size", "4"),
    ("retarget", "bird.png", "--factor", "0"),
    ("expand", "bird.png", "--margin", "-3"),
    ("upscale", "bird.png", "--factor", "9"),
    ("remix", "bird.png", "--level", "2"),
    ("sample",),
    ("sample", "MODEL", "--seed", "-1"),
    ("sample", "MODEL", "--mix", "9" * 30),
    ("interpolate", "MODEL", "--to-seed", "9" * 30),
    ("scene", "MODEL", "--look", "9" * 30),
    ("sample", "MODEL", "--mix-from", "3"),
    ("interpolate", "MODEL", "--frames", "1"),
    ("interpolate", "MODEL", "--fps", "0"),
    ("panorama", "MODEL", "-n", "0"),
    ("draw", "map.png"),
    ("draw", "map.png", "--model", "MODEL", "--size", "4"),
    ("draw", "map.png", "--model", "MODEL", "--set", "patch=5"),
    ("translate", "bird.png", "--model", "MODEL", "--size", "4"),
    ("restyle", "bird.png", "--model", "MODEL", "--at", "here"),
    ("scene", "MODEL", "--object", "one"),
    ("scene", "MODEL", "--object", "1", "--move", "1"),
    ("turntable", "MODEL", "--polar", "100"),
    ("repose", "bird.png", "--model", "MODEL", "--frames", "1"),
    ("retrieve", "bird.png", "photos", "--model", "MODEL", "--by", "pos"),
    ("retrieve", "bird.png", "photos"),
    ("styles", "photos"),
    ("styles", "photos", "--model", "MODEL", "--vector", "max"),
    ("styles", "photos", "--model", "MODEL", "-o", "styles.png"),
    ("align", "photos", "--size", "7"),
    ("align", "photos", "--to", "1,2 3,4"),
    ("directions", "MODEL", "photos", "--by", "eye"),
    ("directions", "MODEL", "photos", "--samples", "5"),
    ("embed", "bird.png", "--model", "MODEL", "--method", "slow"),
    ("embed", "bird.png", "--model", "MODEL", "--preview", "--stages"),
    ("dissect", "MODEL", "--real", "photos", "-n", "3"),
    ("invert", "MODEL", "bird.png", "--method", "slow"),
    ("invert", "MODEL", "bird.png", "--penalty", "nan"),
    ("data", "digits", "--size", "7"),
    ("data", "digit"),
    ("train", "cocogan", "photos", "--preset", "smal"),
    ("train", "cocogan", "photos", "--set", "steps=x"),
    ("train", "cocogan", "photos", "--set", "accumulate=0"),
    ("train", "disentangle", "photos", "--set", "gamma=-1"),
    ("train", "singan", "bird.png", "--set", "crop=9"),
    ("train", "cocogan", "photos", "--seed", "-1"),
    ("train", "gpnn", "bird.png"),
    ("train", "cocogann", "photos"),
    ("weights", "spann"),
    ("study", "photos", "made", "--kind", "rankin"),
    ("models", "export", "MODEL", "net.txt"),
)
# What is right as a command, with a file or model that is not there or does not fit.
MISSING = (
    ("vary", "nowhere.png"),
    ("vary", "bird.png", "--model", "nowhere"),
    ("sample", "nowhere"),
    ("retrieve", "bird.png", "photos", "--model", "nowhere"),
    ("styles", "photos", "--model", "nowhere"),
    ("directions", "nowhere", "photos"),
    ("align", "photos", "--places", "nowhere.csv"),
    ("segment", "bird.png", "--shared", "nowhere"),
    ("draw", "map.png", "--photos", "nowhere"),
    ("invert", "nowhere", "bird.png"),
    ("train", "cocogan", "nowhere"),
    ("models", "describe", "nowhere"),
    ("vary", "bird.png", "--structure", "scale50"),
)


@pytest.fixture
def photos(tmp_path, picture):
    picture().save(tmp_path / "bird.png")
    picture().save(tmp_path / "map.png")
    for name in ("photos", "made"):
        (tmp_path / name).mkdir()
        picture().save(tmp_path / name / "bird.png")
    return tmp_path


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_command_that_is_wrong_has_status_2(calotype, photos, words):
    before = files(photos)
    refused(calotype(*words, cwd=photos), 2)
    assert files(photos) == before


@pytest.mark.parametrize("words", MISSING, ids=" ".join)
def test_an_input_that_cannot_be_used_has_status_1(calotype, photos, words):
    before = files(photos)
    refused(calotype(*words, cwd=photos), 1)
    assert files(photos) == before


def test_an_engine_and_a_preset_beside_a_model_are_refused_also_with_their_defaults(calotype, photos):
    edit = ("edit", "bird.png", "bird.png", "--model", FACES)
    refused(calotype(*edit, "--engine", "gpnn", cwd=photos), 2, "--engine gpnn")
    refused(calotype(*edit, "--preset", "fast", cwd=photos), 2, "--preset fast")

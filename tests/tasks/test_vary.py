import json

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.tasks.show import show

TINY = {"preset": "tiny", "device": "cpu"}


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)


def pixels(result: calotype.Result) -> list[bytes]:
    return [image.tobytes() for image in result]


def test_the_third_of_four_is_the_one_with_the_third_seed(photo):
    four = calotype.vary(photo, 4, **TINY)
    assert pixels(four)[2:3] == pixels(calotype.vary(photo, seed=2, **TINY))
    assert len(set(pixels(four))) == 4
    assert four.seeds == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ({}, (48, 32)),
        ({"size": "64x40"}, (64, 40)),
        ({"size": (64, 40)}, (64, 40)),
        ({"size": calotype.Size(height=40, width=64)}, (64, 40)),
        ({"factor": "1.5x1"}, (72, 32)),
        ({"factor": 2}, (96, 64)),
        ({"max_side": 24}, (24, 16)),
    ],
)
def test_sizes(photo, wanted, size):
    assert calotype.vary(photo, **TINY, **wanted)[0].size == size


def test_settings_are_complete_and_plain(photo):
    result = calotype.vary(photo, seed=3, structure="close", tile="both", settings={"patch": 5}, **TINY)
    said = json.loads(json.dumps(dict(result.settings)))
    assert said["verb"] == "vary"
    assert said["engine"] == "gpnn"
    assert said["preset"] == "tiny"
    assert said["config"]["patch"] == 5
    assert said["set"] == {"patch": 5}
    assert said["seed"] == 3
    assert said["size"] == "48x32"
    assert said["tile"] == "both"
    assert said["calotype"] == calotype.__version__
    assert len(said["photo"]["sha256"]) == 64


def test_same_seed_same_file(photo, tmp_path):
    first, second = (calotype.vary(photo, **TINY).save(tmp_path / name)[0] for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_lent_transparency_is_refused(photo):
    clear = np.dstack([photo, np.tile(np.arange(48, dtype=np.uint8), (32, 1))])
    with pytest.raises(calotype.InputError, match="transparency"):
        calotype.vary(photo, also=[clear], **TINY)
    assert calotype.vary(clear, also=[photo], **TINY)[0].mode == "RGBA"


def test_a_single_further_photo_needs_no_list(photo, tmp_path):
    other = photo[::-1].copy()
    wanted = calotype.vary(photo, also=[other], **TINY)[0].tobytes()
    assert calotype.vary(photo, also=other, **TINY)[0].tobytes() == wanted
    Image.fromarray(other).save(tmp_path / "other.png")
    assert calotype.vary(photo, also=str(tmp_path / "other.png"), **TINY)[0].tobytes() == wanted


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"size": "4x4", "factor": 2}, "one of the two"),
        ({"structure": "tight"}, "no structure 'tight': choose from auto, free, loose, close"),
        ({"structure": float("nan")}, "0 .free. to 1"),
        ({"structure": "close", "all_scales": True}, "leave out --structure"),
        ({"tile": "z"}, "no tile 'z'"),
        ({"n": 0}, "count of at least 1"),
        ({"seed": -1}, "seed of -1"),
        ({"settings": {"patc": 5}}, "patch"),
        ({"size": "400000x400000"}, "memory"),
    ],
)
def test_wrong_arguments(photo, wrong, words):
    with pytest.raises(calotype.InputError, match=words):
        calotype.vary(photo, **{**TINY, **wrong})


@pytest.mark.parametrize(
    ("verb", "given", "line"),
    [
        ("vary", {"n": 1.5}, "n=1.5"),
        ("vary", {"seed": 0.5}, "seed=0.5"),
        ("expand", {"left": 0.2}, "left=0.2"),
        ("expand", {"margin": 10.0}, "margin=10.0"),
        ("animate", {"frames": 12.5}, "frames=12.5"),
        ("retarget", {"factor": 2, "engine": "ingan", "film": "gif", "frames": 9.5}, "frames=9.5"),
    ],
)
def test_what_has_to_be_whole(verb, given, line):
    with pytest.raises(InputError, match=f"{line} cannot be used: give a whole number"):
        getattr(calotype, verb)(np.zeros((32, 32, 3), np.uint8), **given)


def test_whole_numbers_of_numpy_are_whole(tmp_path):
    photo = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    made = calotype.expand(photo, left=np.int64(4), seed=np.uint8(3), preset="tiny")
    (path,) = made.save(tmp_path)
    assert "--seed 3" in show(path).command
    assert "--left 4" in show(path).command


def test_expand_replaces_a_frame_unless_it_is_kept():
    """A white border is neither continued nor left as a line."""
    pixels = np.random.default_rng(0).integers(60, 120, (48, 64, 3), dtype=np.uint8)
    framed = np.pad(pixels, ((2, 2), (2, 2), (0, 0)), constant_values=255)
    made, kept = (
        np.asarray(calotype.expand(framed, margin=8, preset="tiny", device="cpu", keep_frame=keep)[0])
        for keep in (False, True)
    )
    assert made.shape == kept.shape == (68, 84, 3)
    assert made.max() < 160
    assert (kept[8:60, 8:10] == 255).all()
    assert (made[11:57, 11:73] == framed[3:49, 3:65]).all()


def test_expand_on_one_side_replaces_the_whole_frame():
    """What is synthesized beside the other sides has no frame; without a margin beside it, a frame stays."""
    pixels = np.random.default_rng(0).integers(60, 120, (48, 64, 3), dtype=np.uint8)
    framed = np.pad(pixels, ((2, 2), (2, 2), (0, 0)), constant_values=255)
    made = np.asarray(calotype.expand(framed, left=8, preset="tiny", device="cpu")[0])
    assert made.shape == (52, 76, 3)
    assert made.max() < 160
    bars = np.pad(pixels, ((2, 2), (0, 0), (0, 0)), constant_values=255)
    kept = np.asarray(calotype.expand(bars, left=8, preset="tiny", device="cpu")[0])
    assert (kept[[0, 1, 50, 51], 8:] == 255).all()

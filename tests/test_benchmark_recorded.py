"""The comparison of two builds: what counts as a difference, and what the list of commands covers."""

import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
recorded = pytest.importorskip("recorded", reason="the benchmarks are not part of this distribution")


def save(folder, pixels, name="photo_vary_3.png", command="vary", **options):
    path = folder / "out" / recorded.slug(command) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [Image.fromarray(frame) for frame in pixels]
    frames[0].save(path, save_all=len(frames) > 1, append_images=frames[1:], **options)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 6, 8, 3), dtype=np.uint8)


def test_the_same_pixels_in_another_file_are_equal(tmp_path, pixels):
    save(tmp_path / "this", pixels, compress_level=9)
    save(tmp_path / "other", pixels, compress_level=1)
    (row,) = recorded.compared(tmp_path / "this", tmp_path / "other", "vary")
    assert row["equal"]
    assert not row["same_bytes"]
    assert row["size"] == "8x6"
    assert row["frames"] == 3
    assert recorded.told("vary", [row]) == "vary: equal, 1 result"


def test_one_value_of_the_last_frame_makes_a_difference(tmp_path, pixels):
    save(tmp_path / "this", pixels)
    pixels[2, 3, 4, 1] ^= 2
    save(tmp_path / "other", pixels)
    (row,) = recorded.compared(tmp_path / "this", tmp_path / "other", "vary")
    assert not row["equal"]
    assert row["largest_difference"] == 2
    assert row["sha256"] != row["other_sha256"]
    assert "DIFFERS, largest difference: photo_vary_3.png (2.0)" in recorded.told("vary", [row])


def test_sizes_and_missing_results_are_differences(tmp_path, pixels):
    save(tmp_path / "this", pixels[:1])
    save(tmp_path / "this", pixels[:1], "photo_vary_4.png")
    save(tmp_path / "other", pixels[:1, :, :-1])
    first, second = recorded.compared(tmp_path / "this", tmp_path / "other", "vary")
    assert (first["equal"], first["largest_difference"]) == (False, "sizes")
    assert (second["equal"], second["missing_in"]) == (False, "other")
    assert "photo_vary_4.png (missing in other)" in recorded.told("vary", [first, second])
    assert "NOTHING was made" in recorded.told("vary", recorded.compared(tmp_path, tmp_path, "vary"))


def test_weights_are_compared_by_name_and_value(tmp_path):
    from safetensors.numpy import save_file

    for label, value in (("this", 1.0), ("other", 1.5)):
        folder = tmp_path / label / "store" / "models" / "small-singan-0"
        folder.mkdir(parents=True)
        save_file({"a": np.ones(3, np.float32), "b": np.full(2, value, np.float32)}, folder / "weights.safetensors")
    (row,) = recorded.compared(tmp_path / "this", tmp_path / "other", recorded.KEPT)
    assert (row["tensors"], row["equal"], row["largest_difference"]) == (2, False, 0.5)


def test_every_verb_that_makes_pictures_has_a_command():
    from calotype import __all__ as public

    verbs = {shlex.split(command)[0] for command in recorded.COMMANDS.values()}
    assert len({recorded.slug(name) for name in recorded.COMMANDS}) == len(recorded.COMMANDS)
    made = "vary retarget paint harmonize edit erase expand texture stylize mix analogy relayout segment edges upscale"
    assert verbs == {*made.split(), "animate", "sample", "panorama", "train"}
    assert verbs <= set(public)


def test_the_inputs_are_the_same_every_time(tmp_path):
    for name in ("a", "b"):
        recorded.write_inputs(tmp_path / name)
    for path in (tmp_path / "a").rglob("*.png"):
        other = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert recorded.difference(path, other) is None

"""The verbs that make maps of photos, and the photo laid out by an edit of them."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.cli import main
from calotype.engines import superpixels
from calotype.errors import InputError, Stopped
from calotype.run import Run
from calotype.tasks.segment import SegmentJob


def photo(width: int = 80, height: int = 60) -> np.ndarray:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2], pixels[height // 2 :] = (90, 130, 210), (70, 120, 40)
    noise = np.random.default_rng(0).integers(0, 20, (height, width, 1))
    return (pixels + noise).astype(np.uint8)


def test_a_map_of_two_halves_that_can_be_read():
    result = calotype.segment(photo(), classes=2, preset="tiny", device="cpu")
    assert len(result) == 1
    labels = calotype.open_labels(result[0])
    assert labels.classes == 2
    assert str(labels.size) == "80x60"
    top, bottom = labels.index[:28], labels.index[32:]
    assert top.std() == 0
    assert bottom.std() == 0
    assert top[0, 0] != bottom[0, 0]


def test_maps_say_what_makes_them_again(tmp_path: Path):
    Image.fromarray(photo()).save(tmp_path / "hill.png")
    (path,) = calotype.segment(tmp_path / "hill.png", classes=3, seed=2, preset="tiny", device="cpu").save(tmp_path)
    assert path.name == "hill_segment_2.png"
    words = shlex.split(calotype.show(path).command)
    assert words[:3] == ["calotype", "segment", "hill.png"]
    assert dict(zip(words[3::2], words[4::2]))["--classes"] == "3"
    (path,) = calotype.edges(tmp_path / "hill.png", thickness=2, device="cpu").save(tmp_path)
    words = shlex.split(calotype.show(path).command)
    assert words[:3] == ["calotype", "edges", "hill.png"]
    assert dict(zip(words[3::2], words[4::2]))["--thickness"] == "2"


def test_maps_of_a_folder_share_their_colours_and_can_be_drawn_from(tmp_path: Path):
    """Without it the most frequent region of each photo has the first colour."""
    images = tmp_path / "images"
    images.mkdir()
    tall = photo()
    tall[20:] = photo()[40:, :][np.arange(40) % 20]  # more grass than sky
    Image.fromarray(photo()[:40]).save(images / "sky.png")
    Image.fromarray(tall).save(images / "grass.png")
    maps = {}
    for name in ("sky", "grass"):
        made = calotype.segment(images / f"{name}.png", shared=images, classes=2, preset="tiny", device="cpu")
        made.save(tmp_path / "maps")
        maps[name] = np.asarray(made[0])
        assert made.settings["own"]["shared"] == "images"
    assert (maps["sky"][2, 2] == maps["grass"][2, 2]).all()
    assert (maps["sky"][-2, 2] == maps["grass"][-2, 2]).all()
    assert (maps["sky"][2, 2] != maps["sky"][-2, 2]).any()
    drawn = calotype.draw(maps["grass"][::-1].copy(), photos=tmp_path, size="80x60", device="cpu")
    made = np.asarray(drawn[0]).astype(int)
    assert (made[:20, :, 2] - made[:20, :, 1]).mean() < -20  # grass above


def test_a_folder_of_shared_labels_that_is_none(tmp_path: Path, capsys):
    with pytest.raises(InputError, match="is no folder"):
        calotype.segment(photo(), shared=tmp_path / "nowhere", preset="tiny", device="cpu")
    with pytest.raises(InputError, match="name of the folder is empty"):
        calotype.segment(photo(), shared="", preset="tiny", device="cpu")
    images = folder_of(tmp_path, "a", "b")
    assert main(["segment", str(images), "--shared", str(tmp_path / "nowhere"), "-o", str(tmp_path / "maps")]) == 1
    assert capsys.readouterr().err.count("is no folder") == 1
    assert not (tmp_path / "maps").exists()


def folder_of(tmp_path: Path, *names: str) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    for name in names:
        Image.fromarray(photo()).save(images / f"{name}.png")
    return images


def test_photos_that_share_labels_are_shrunk_and_counted(tmp_path: Path, monkeypatch):
    images, sizes, events = folder_of(tmp_path, "a", "b"), [], []
    shared_labels = superpixels.shared_labels

    def looked_at(photos, *given, **named):
        kept = list(photos)
        sizes.extend(max(photo.shape[2:]) for photo in kept)
        return shared_labels(kept, *given, **named)

    monkeypatch.setattr(superpixels, "shared_labels", looked_at)
    given = {"shared": images, "preset": "tiny", "device": "cpu"}
    run = Run(on_event=events.append)
    calotype.segment(images / "a.png", max_side=40, run=run, **given)
    assert sizes == [40, 40]
    assert [(e.step, e.steps) for e in events if e.kind == "step" and "share" in e.stage] == [(1, 2), (2, 2)]
    calotype.segment(images / "a.png", **given)  # other labels
    assert sizes[2:] == [80, 80]
    run = Run(on_event=lambda event: run.stop())
    with pytest.raises(Stopped):
        calotype.segment(images / "a.png", max_side=48, run=run, **given)


def test_maps_in_the_folder_of_shared_labels_are_no_photos_of_it(tmp_path: Path):
    images = folder_of(tmp_path, "a", "b")
    given = {"shared": images, "preset": "tiny", "device": "cpu"}
    before = calotype.segment(images / "a.png", **given)
    before.save(images)
    after = calotype.segment(images / "a.png", **given)
    assert after.settings == before.settings
    assert after[0].tobytes() == before[0].tobytes()
    (images / "a.png").unlink()
    (images / "b.png").unlink()
    with pytest.raises(InputError, match="has maps and no photos"):
        calotype.segment(photo(), **given)


def test_maps_are_made_again_where_another_photo_shares_their_labels(tmp_path: Path):
    """Else the colours of old and new maps mean different things."""
    images = folder_of(tmp_path, "a", "b")
    words = ["segment", str(images), "--shared", str(images), "--preset", "tiny", "-q", "-o", str(tmp_path / "maps")]
    made = tmp_path / "maps" / "a_segment_0.png"
    assert main(words) == 0
    first = made.stat().st_mtime_ns
    assert main(words) == 0
    assert made.stat().st_mtime_ns == first
    Image.fromarray(photo()[::-1]).save(images / "c.png")
    assert main(words) == 0
    assert made.stat().st_mtime_ns != first


def test_photos_that_cannot_share_labels_are_told_once_and_left_out(tmp_path: Path, capsys):
    images = folder_of(tmp_path, "a", "b")
    Image.new("RGB", (1, 1)).save(images / "c.png")
    (images / "d.png").write_bytes((images / "a.png").read_bytes()[:300])
    maps = tmp_path / "maps"
    assert main(["segment", str(images), "--shared", str(images), "--preset", "tiny", "-o", str(maps)]) == 1
    said = capsys.readouterr().err
    assert said.count("2 photos cannot share labels") == 1
    assert "2 of 4 photos failed" in said
    assert sorted(path.name for path in maps.glob("*.png")) == ["a_segment_0.png", "b_segment_0.png"]


def test_a_folder_without_a_photo_that_can_share_labels_is_looked_at_once(tmp_path: Path, monkeypatch, capsys):
    images, others, looked = folder_of(tmp_path, "a", "b"), tmp_path / "others", []
    others.mkdir()
    Image.new("RGB", (1, 1)).save(others / "c.png")
    found = SegmentJob._clustered
    monkeypatch.setattr(SegmentJob, "_clustered", lambda *given: looked.append(1) or found(*given))
    words = ["segment", str(images), "--shared", str(others), "--preset", "tiny", "-q", "-o", str(tmp_path / "maps")]
    assert main(words) == 1
    assert "c.png' is 1x1 pixels" in capsys.readouterr().err
    assert len(looked) == 1


def test_edges_are_white_on_black():
    drawn = np.asarray(calotype.edges(photo(), thickness=1, device="cpu")[0])
    assert set(np.unique(drawn)) == {0, 255}
    rows = (drawn[..., 0] > 0).any(1).nonzero()[0]
    assert abs(rows - 30).max() <= 2
    assert calotype.open_labels(drawn).classes == 2


def test_an_edit_of_the_map_lays_the_photo_out():
    made = np.asarray(calotype.segment(photo(), device="cpu")[0])
    result = calotype.relayout(photo(), "auto", made[::-1].copy(), preset="tiny", device="cpu")
    x = np.asarray(result[0]).astype(int)
    assert (x[:25, :, 2] - x[:25, :, 1]).mean() < -40
    assert (x[35:, :, 2] - x[35:, :, 1]).mean() > 40
    assert result.settings["pictures"]["labels"]["name"] == "auto"


def test_an_edit_of_the_map_of_the_whole_photo_fits_a_shrunk_one():
    made = np.asarray(calotype.segment(photo(160, 120), device="cpu")[0])
    result = calotype.relayout(photo(160, 120), "auto", made, max_side=80, preset="tiny", device="cpu")
    assert result[0].size == (80, 60)


def test_a_target_of_another_origin_is_told_what_auto_is():
    target = np.zeros((60, 80, 3), np.uint8)
    target[:, 40:] = (255, 0, 0)
    with pytest.raises(InputError, match=r"auto is the map that 'calotype segment' makes of the photo: give an edit"):
        calotype.relayout(photo(), "auto", target, preset="tiny", device="cpu")


def test_a_drawing_lays_out_what_is_within_its_lines():
    def ball(x: int) -> tuple[np.ndarray, np.ndarray]:
        v, u = np.mgrid[:96, :128]
        distance = np.hypot(v - 48, u - x)
        noise = np.random.default_rng(0).integers(0, 20, (96, 128, 1))
        pixels = np.where((distance < 24)[..., None], (40, 30, 30), (90, 160, 60)) + noise
        return pixels.astype(np.uint8), (abs(distance - 24) < 1).astype(int)

    for engine in ("gpnn", "imageanalogies"):
        image = calotype.relayout(ball(40)[0], ball(40)[1], ball(88)[1], engine=engine, device="cpu")[0]
        green = np.asarray(image)[..., 1]
        assert green[40:56, 80:96].mean() < 90
        assert green[40:56, 32:48].mean() > 130


@pytest.mark.parametrize(
    ("verb", "how", "words"),
    [
        ("segment", {"classes": 1}, "1 label cannot be used"),
        ("segment", {"classes": 300}, "from 2 to 255"),
        ("segment", {"engine": "gpnn"}, "superpixels"),
        ("segment", {"settings": {"peices": 5}}, "did you mean 'pieces'"),
        ("edges", {"thickness": 0}, "a thickness of 0"),
        ("edges", {"engine": "superpixels"}, "canny"),
    ],
)
def test_refused(verb, how, words):
    with pytest.raises(InputError, match=words):
        getattr(calotype, verb)(photo(), **how)

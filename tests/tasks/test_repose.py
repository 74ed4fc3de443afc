"""``repose``, ``retrieve`` and leak reports, with models that were trained for three steps on drawn clips."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype.errors import ArgumentError, InputError
from calotype.inspection.leaks import factors_of, leak_report
from calotype.reposing.drawing import redrawn_errors
from calotype.tasks.leaks import leaks
from calotype.tasks.show import show

MODELS = ("disentangle", "idpose")


def frame(identity, pose, size=(20, 20)):
    """A square in the colour of an identity at the place of a pose."""
    picture = np.full((*size, 3), 120, np.uint8)
    picture[4:12, 2 + 3 * pose : 8 + 3 * pose] = [(250, 20, 20), (20, 250, 20), (20, 20, 250), (250, 250, 20)][identity]
    return Image.fromarray(picture)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repose")
    for i in range(4):
        (folder / "clips" / f"c{i}").mkdir(parents=True)
        for k in range(4):
            frame(i, k).save(folder / "clips" / f"c{i}" / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def models(place):
    made = {name: calotype.train(name, place / "clips", preset="tiny", out=place / name) for name in MODELS}
    return {name: one.folder for name, one in made.items()}


@pytest.mark.parametrize("name", MODELS)
def test_a_picture_in_a_pose_and_a_grid(models, place, name):
    first, second = place / "clips" / "c0" / "0.png", place / "clips" / "c1" / "3.png"
    one = calotype.repose(first, second, model=models[name])
    assert one[0].size == (16, 16)
    assert one.name == "0_3"
    again = calotype.repose(first, second, model=models[name], seed=5)
    assert np.array_equal(one[0], again[0])  # poses that are given do not depend on the seed
    grid = calotype.repose([first, second], place / "clips" / "c2", model=models[name])[0]
    assert grid.size == (5 * 16, 3 * 16)
    assert np.array_equal(np.asarray(grid)[16:32, 16:32], np.asarray(calotype.repose(
        first, place / "clips" / "c2" / "0.png", model=models[name])[0]))  # fmt: skip
    assert np.asarray(grid)[:16, :16].min() == 255


def test_poses_are_drawn_where_there_is_a_distribution_of_them(models, place):
    first = place / "clips" / "c0" / "0.png"
    drawn = calotype.repose(first, model=models["disentangle"], n=2)
    assert len(drawn) == 2
    assert not np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[1], calotype.repose(first, model=models["disentangle"], seed=1)[0])
    with pytest.raises(InputError, match="no poses of its own"):
        calotype.repose(first, model=models["idpose"])


def test_a_film_drives_a_picture(models, place, tmp_path):
    frames = [frame(3, k) for k in range(4)]
    frames[0].save(tmp_path / "walk.gif", save_all=True, append_images=frames[1:])
    made = calotype.repose(place / "clips" / "c0" / "0.png", tmp_path / "walk.gif", model=models["idpose"], film="gif")
    assert len(made.films[0]) == 4
    assert made.films[0].frames[0].size == (16, 16)
    assert made[0].size == (5 * 16, 2 * 16)
    made.save(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"0_walk_repose_0.png", "0_walk_repose_0.gif"}
    assert show(tmp_path / "out" / "0_walk_repose_0.gif").command.startswith("calotype repose 0.png walk.gif --model")


@pytest.mark.parametrize("name", MODELS)
def test_codes_are_interpolated(models, place, name):
    a, b = place / "clips" / "c0" / "0.png", place / "clips" / "c1" / "3.png"
    way = calotype.repose(a, a, to_pose=b, to_identity=b, frames=5, film="gif", model=models[name])
    assert way[0].size == (5 * 16, 16)
    steps = np.split(np.asarray(way[0]), 5, axis=1)
    assert np.array_equal(steps[0], np.asarray(calotype.repose(a, a, model=models[name])[0]))
    assert np.array_equal(steps[4], np.asarray(calotype.repose(b, b, model=models[name])[0]))
    assert len(way.films[0]) == 8  # and back


def test_score_maps_say_where_pixels_are_found(models, place):
    a, b = place / "clips" / "c0" / "0.png", place / "clips" / "c1" / "3.png"
    score = np.asarray(calotype.repose(a, b, score=True, model=models["idpose"])[0])
    assert (score == score[:, :, :1]).all()
    assert not np.array_equal(score, np.asarray(calotype.repose(a, b, model=models["idpose"])[0]))
    with pytest.raises(InputError, match="traces no pixels"):
        calotype.repose(a, b, score=True, model=models["disentangle"])
    with pytest.raises(ArgumentError, match="no one identity"):
        calotype.repose(a, b, to_pose=a, score=True, model=models["idpose"])


def test_pictures_of_other_sizes_are_cut_and_that_is_said(models, place):
    wide = frame(0, 1, (24, 40))
    made = calotype.repose(wide, place / "clips" / "c1" / "3.png", model=models["disentangle"])
    assert made[0].size == (16, 16)
    assert any("several sizes (20x20, 40x24)" in note for note in made.notes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"film": "gif"}, "needs a film or several pictures"),
        ({"film": "avi"}, "avi"),
        ({"frames": 1}, "1 frame"),
        ({"fps": 0}, "speed"),
        ({"model": None}, "needs a trained model"),
    ],
)
def test_what_cannot_be_done_is_said(models, place, options, said):
    a = place / "clips" / "c0" / "0.png"
    with pytest.raises(InputError, match=said):
        calotype.repose(a, a, **{"model": models["disentangle"], **options})


def test_a_way_begins_at_one_picture(models, place):
    folder = place / "clips" / "c0"
    with pytest.raises(InputError, match="begins at one identity"):
        calotype.repose(folder, folder / "0.png", to_pose=folder / "1.png", model=models["disentangle"])


def test_a_folder_without_pictures_is_refused(models, tmp_path):
    with pytest.raises(InputError, match=r"no photos|no pictures"):
        calotype.repose(tmp_path, model=models["disentangle"])


@pytest.mark.parametrize("by", ["pose", "identity"])
def test_the_picture_itself_is_the_nearest(models, place, by, tmp_path):
    own = place / "clips" / "c2" / "1.png"
    found = calotype.retrieve(own, place / "clips", model=models["idpose"], by=by, n=3, out=tmp_path / "s.png")
    if by == "identity":
        assert found.found[0].file.resolve() in (own, own.parent)
        assert found.found[0].clip == "c2"
    else:  # pose codes see grey values alone: another identity in that pose may be as near
        assert found.found[0].frame == 1
    assert found.found[0].similarity == pytest.approx(1, abs=0.02)
    similar = [one.similarity for one in found.found]
    assert similar == sorted(similar, reverse=True)
    assert Image.open(tmp_path / "s.png").size == (4 * 16, 16)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "colour"}, "colour"),
        ({"model": ""}, "needs a trained model"),
        ({"out": "a.jpg"}, "PNG"),
        ({"n": 0}, "0"),
    ],
)
def test_what_cannot_be_retrieved_is_said(models, place, options, said):
    with pytest.raises(InputError, match=said):
        calotype.retrieve(
            place / "clips" / "c0" / "0.png", place / "clips", **{"model": models["disentangle"], **options}
        )


@pytest.mark.parametrize("name", MODELS)
def test_a_training_leaves_a_report_and_evaluate_repeats_it(models, place, name):
    kept = json.loads((models[name] / "leaks.json").read_text())
    assert kept["system"] == name
    assert kept["set"] == "clips"
    assert (kept["pictures"], kept["identities"]) == (16, 4)
    assert kept["separation"] is None  # nothing is known of the poses
    again = leaks(models[name], place / "clips")
    assert again.report == kept
    assert again.file == models[name] / "leaks.json"
    few, replaced = again.notes[-2:]
    assert few == "16 pictures of clips are few: the figures say little"
    assert replaced == "the report on 16 pictures of clips in leaks.json is replaced"


def test_models_without_such_codes_are_refused(place, tmp_path):
    for i in range(2):
        frame(i, 0).save(tmp_path / f"{i}.png")
    other = calotype.train("cocogan", tmp_path, preset="tiny", settings={"steps": 1}, out=tmp_path / "other").folder
    with pytest.raises(InputError, match="no codes of pose and identity"):
        leaks(other, place / "clips")
    with pytest.raises(InputError, match="no codes of pose and identity"):
        calotype.retrieve(tmp_path / "0.png", place / "clips", model=other)


def test_clips_that_cannot_be_learned_from_are_refused_before_the_training(tmp_path):
    (tmp_path / "c0").mkdir()
    for k in range(3):
        frame(0, k).save(tmp_path / "c0" / f"{k}.png")
    with pytest.raises(InputError, match="one clip"):
        calotype.train("disentangle", tmp_path, preset="tiny", out=tmp_path / "out")


def test_a_report_tells_codes_that_leak_from_codes_that_do_not():
    chance = torch.Generator().manual_seed(0)
    identity, pose = torch.arange(240) // 20, torch.randint(4, (240,), generator=chance)
    noise = torch.randn(240, 12, generator=chance) * 0.1
    of_pose = torch.eye(4)[pose] + noise[:, :4]
    of_identity = torch.eye(12)[identity] + noise
    labels = [{"label": int(each), "azimuth": 90.0 * int(each)} for each in pose]
    known = factors_of(identity.tolist(), labels)
    clean = leak_report(of_pose, of_identity, known, steps=300)
    assert clean["separation"] > 0.9
    assert clean["probes"]["pose"]["azimuth"]["score"] > 0.9
    assert clean["information"]["nats"] < 0.1
    leaky = leak_report(torch.cat([of_pose, of_identity], 1), of_identity, known, steps=300)
    assert leaky["separation"] < 0.6
    assert leaky["information"]["nats"] > 1
    assert leaky["probes"]["pose"]["identity"]["score"] > 0.9


def test_labels_of_a_second_picture_are_the_opposite_ones():
    lines = [{"label": 0, "_picture": "image"}, {"label": 0, "_picture": "other"}]
    assert factors_of([0, 0], lines).classes["label"].tolist() == [0, 1]
    assert not factors_of([0, 0], [{"label": 3}, {"label": 4}], pose_labels=False).classes


def test_grids_of_other_files_have_other_names(models, place):
    names = set()
    for clip in ("c1", "c2"):
        files = [place / "clips" / clip / f"{k}.png" for k in range(2)]
        names.add(calotype.repose(place / "clips" / "c0" / "0.png", files, model=models["idpose"]).name)
    assert len(names) == 2
    assert all(name.startswith("0_c") for name in names)


def test_the_sheet_of_retrieve_tells_what_repeats_it(models, place, tmp_path):
    asked = place / "clips" / "c0" / "0.png"
    calotype.retrieve(asked, place / "clips", model=models["idpose"], n=2, by="identity", out=tmp_path / "sheet.png")
    shown = show(tmp_path / "sheet.png")
    assert "retrieve 0.png clips --model" in shown.command
    assert shown.command.endswith("idpose --by identity --count 2 --device auto")
    assert shown.settings["pictures"]["picture"]["sha256"]
    assert "pieced together" in shown.origin


class Redrawing:
    """A net whose codes are the brightness of each half of a picture, and that draws these."""

    def pose_codes(self, pictures):
        return pictures[..., :4].mean((1, 2, 3))[:, None]

    def identity_codes(self, pictures):
        return pictures[..., 4:].mean((1, 2, 3))[:, None]

    def drawn(self, pose, identity):
        halves = [code[:, :, None, None].expand(-1, 3, 8, 4) for code in (pose, identity)]
        return torch.cat(halves, 3)


def test_errors_of_redrawn_pictures_are_relative_to_those_of_the_mean_colour():
    halves = torch.full((1, 3, 8, 8), -0.5)
    halves[..., 4:] = 0.5
    rows = halves.transpose(2, 3)
    errors = redrawn_errors(Redrawing(), torch.cat([halves, rows, 0 * rows]))
    assert errors == pytest.approx([0.0, 1.0, 0.0])


@pytest.mark.parametrize("name", MODELS)
def test_pictures_that_the_model_cannot_draw_again_are_told(models, place, name, monkeypatch):
    pictures = [place / "clips" / f"c{i}" / "0.png" for i in range(4)]
    monkeypatch.setattr("calotype.reposing.drawing.redrawn_errors", lambda net, given: [0.9] * len(given))
    made = calotype.repose(pictures, pictures[0], model=models[name])
    (note,) = [note for note in made.notes if "cannot draw" in note]
    assert "identity '0', identity '0', identity '0' and 2 more again" in note
    monkeypatch.setattr("calotype.reposing.drawing.redrawn_errors", lambda net, given: [0.2] * len(given))
    made = calotype.repose(pictures, pictures[0], model=models[name])
    assert not [note for note in made.notes if "cannot draw" in note]

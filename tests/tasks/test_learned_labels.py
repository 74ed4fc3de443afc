"""Models that learn from a photo and its label map: found again by both, and by no other map."""

from __future__ import annotations

import json

import numpy as np
import pytest

import calotype
from calotype.errors import InputError, Stopped
from calotype.run import Run
from calotype.tasks import model_store

HOW = {"engine": "analogy", "preset": "tiny", "device": "cpu"}
HALVES = (np.arange(48) >= 24)[None].repeat(40, 0).astype(int)
THIRDS = (np.arange(48) // 16)[None].repeat(40, 0)


def photo() -> np.ndarray:
    shades = np.array([[200, 60, 60], [60, 60, 200], [60, 200, 60]])
    noise = np.random.default_rng(0).integers(0, 40, (40, 48, 1))
    return (shades[THIRDS] + noise).astype(np.uint8)


def folders(root) -> list:
    return sorted(path.name for path in (root / "models").iterdir())


def test_a_layout_trains_once_for_each_map(model_store):
    target = np.flip(HALVES, 1).repeat(2, 0)
    first = calotype.relayout(photo(), HALVES, target, **HOW)
    assert first[0].size == (48, 80)
    assert len(folders(model_store)) == 1
    again = calotype.relayout(photo(), HALVES, target, **HOW)
    assert len(folders(model_store)) == 1
    assert first[0].tobytes() == again[0].tobytes()
    calotype.relayout(photo(), THIRDS, np.flip(THIRDS, 1), **HOW)
    calotype.relayout(photo(), 1 - HALVES, target, **HOW)
    assert len(folders(model_store)) == 3


def test_trained_ahead_it_is_the_model_that_the_verb_looks_for(model_store):
    done = calotype.train("analogy", photo(), labels=THIRDS, preset="tiny", device="cpu")
    about = json.loads((done.folder / "about.json").read_text())
    assert about["classes"] == about["config"]["classes"] == 3
    assert len(about["labels_sha256"]) == 64
    assert about["for"] == "relayout"
    assert about["stages"] == ["part 1 of 2", "part 2 of 2"]
    assert len(list((done.folder / "previews").iterdir())) == 2
    by_verb = calotype.relayout(photo(), THIRDS, np.flip(THIRDS, 1), **HOW)
    assert folders(model_store) == [done.folder.name]
    given = calotype.relayout(photo(), THIRDS, np.flip(THIRDS, 1), model=done.folder, device="cpu")
    assert by_verb[0].tobytes() == given[0].tobytes()


@pytest.mark.parametrize("shrunk", [{}, {"max_side": 40}])
def test_a_map_made_here_is_the_one_that_the_verb_makes(model_store, shrunk):
    done = calotype.train("analogy", photo(), labels="auto", preset="tiny", device="cpu", **shrunk)
    edit = np.asarray(calotype.segment(photo(), device="cpu")[0])[:, ::-1]
    calotype.relayout(photo(), "auto", edit, **HOW, **shrunk)
    assert folders(model_store) == [done.folder.name]


def test_colours_of_a_map_do_not_matter(model_store):
    labels = calotype.open_labels(THIRDS)
    other = calotype.LabelMap(labels.index, ((9, 9, 9), (200, 0, 0), (0, 0, 200)))
    calotype.train("analogy", photo(), labels=labels, preset="tiny", device="cpu")
    calotype.train("analogy", photo(), labels=other, preset="tiny", device="cpu")
    assert len(folders(model_store)) == 1


def test_a_model_of_another_map_is_refused(model_store):
    done = calotype.train("analogy", photo(), labels=THIRDS, preset="tiny", device="cpu")
    with pytest.raises(InputError, match="was not trained on the label map 'labels' but on another one"):
        calotype.relayout(photo(), HALVES, HALVES, model=done.folder, device="cpu")


def test_a_stopped_training_goes_on_and_can_be_used(model_store, tmp_path):
    whole = calotype.train("analogy", photo(), labels=THIRDS, preset="tiny", device="cpu", out=tmp_path / "whole")
    run, seen = Run(), []

    def heard(event):
        seen.append(event)
        if sum(each.kind == "step" for each in seen) == 3:
            run.stop()

    run.on_event = heard
    with pytest.raises(Stopped):
        calotype.train("analogy", photo(), labels=THIRDS, preset="tiny", run=run)
    part = calotype.relayout(photo(), THIRDS, THIRDS, unfinished=True, **HOW)
    assert part.settings["unfinished"] == ["part 1 of 2"]
    done = calotype.train("analogy", photo(), labels=THIRDS, preset="tiny", device="cpu")
    assert (done.folder / "weights.safetensors").read_bytes() == (whole.folder / "weights.safetensors").read_bytes()


def test_keys_of_models_of_a_photo_alone_are_as_they_were():
    from calotype.engines.singan import PRESETS
    from calotype.types import Size

    plain = model_store.key_of("0" * 64, Size(40, 50), "singan", PRESETS["fast"], 0)
    assert plain != model_store.key_of("0" * 64, Size(40, 50), "singan", PRESETS["fast"], 0, "1" * 64)


@pytest.mark.parametrize(
    ("engine", "labels", "words"),
    [
        ("analogy", None, "is trained on a photo and its label map: give one, --labels MAP"),
        ("singan", THIRDS, "singan is trained without a label map: leave out --labels"),
        ("analogy", THIRDS[:20], "give a map of the photo's size or aspect ratio"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(engine, labels, words):
    with pytest.raises(InputError, match=words):
        calotype.train(engine, photo(), labels=labels, preset="tiny", device="cpu")

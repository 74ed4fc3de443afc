"""The verb ``remix``, without a model and with one that was trained for three steps."""

from importlib import import_module

import numpy as np
import pytest
import torch.nn.functional as F
from PIL import Image

import calotype
from calotype.errors import ArgumentError, InputError
from calotype.tasks.remix import RemixJob


def photo(seed, shape=(24, 24, 3)):
    return np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pyramid")
    (folder / "set").mkdir()
    for i in range(4):
        Image.fromarray(photo(i, (16, 16, 3))).save(folder / "set" / f"{i}.png")
    return calotype.train("pyramid", folder / "set", preset="tiny", out=folder / "model").folder


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """A model that learned two sub-folders apart: dark and light pictures."""
    folder = tmp_path_factory.mktemp("classes")
    for name, low in (("dark", 0), ("light", 128)):
        (folder / "set" / name).mkdir(parents=True)
        for i in range(16):
            pixels = np.random.default_rng(i).integers(low, low + 128, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "set" / name / f"{i}.png")
    settings = {"classifier": "set", "classifier_width": 2, "classifier_steps": 3}
    return calotype.train("pyramid", folder / "set", preset="tiny", settings=settings, out=folder / "model").folder


@pytest.fixture
def features(monkeypatch):
    """Averages of colours, in the place of a classifier's features."""

    def pyramid(x, deepest=4):
        return [F.avg_pool2d(x, 2 ** (k + 1)) for k in range(deepest + 1)]

    module = import_module("calotype.engines.gpnn.remix")
    monkeypatch.setattr(module, "pyramid_features", pyramid)
    monkeypatch.setattr(module, "check_efficientnet", lambda: None)


MASK = np.zeros((24, 24), np.uint8)
MASK[8:16, 8:16] = 255


def test_without_a_model_results_have_the_size_of_the_photo(features):
    made = calotype.remix(photo(0, (40, 50, 3)), n=2, level=0.9)
    assert [picture.size for picture in made] == [(50, 40)] * 2
    assert made[0].tobytes() != made[1].tobytes()
    assert made.settings["own"]["level"] == 0.9


def test_with_a_model_they_have_its_size(model):
    made = calotype.remix(photo(0), level=0.5, model=model)
    assert made[0].size == (16, 16)
    region = calotype.remix(photo(0), level=0.5, mask=MASK, model=model)
    assert region[0].tobytes() != made[0].tobytes()
    other = calotype.remix(photo(0), level=0.5, like=photo(7), model=model)
    assert other[0].tobytes() != made[0].tobytes()
    assert set(other.settings["pictures"]) == {"like"}


def test_two_subjects_are_a_wrong_command(model):
    with pytest.raises(ArgumentError, match=r"both give the subject: leave out one of them \(label=, like=\)"):
        calotype.remix(photo(0), like=photo(1), label="dark", model=model)


def transparent(seed):
    """A photo whose upper left quarter is clear, far from ``MASK``, and whose lower right corner is half clear."""
    alpha = np.full((24, 24, 1), 255, np.uint8)
    alpha[:6, :6], alpha[20:, 20:] = 0, 128
    return np.dstack([photo(seed), alpha])


def alpha_of(picture):
    return np.asarray(picture.getchannel("A"))


def test_a_model_keeps_the_transparency_of_a_layout(model):
    given = Image.fromarray(transparent(0))
    small = np.asarray(given.getchannel("A").resize((16, 16), Image.Resampling.BICUBIC)).astype(int)
    for made in (
        calotype.remix(given, level=0.5, mask=MASK, model=model),
        calotype.erase(given, mask=MASK, model=model),
        calotype.mix(given, photo(1), mask=MASK, model=model),
    ):
        assert not made.notes
        assert np.abs(alpha_of(made[0]) - small).mean() < 8
        assert alpha_of(made[0])[0, 0] == 0
    second = calotype.mix(photo(1), given, mask=255 - MASK, model=model)
    assert alpha_of(second[0])[0, 0] == 0
    assert calotype.erase(given, model=model)[0].mode == "RGB"  # what was clear is filled


def test_transparency_and_grey_that_a_model_does_not_keep_are_noted(model):
    made = calotype.remix(transparent(0), model=model)
    assert made[0].mode == "RGB"
    assert made.notes == ["'image' is placed on grey where it is transparent"]
    assert calotype.remix(photo(0), like=transparent(1), mask=MASK, model=model).notes == made.notes
    grey = np.repeat(photo(0)[..., :1], 3, axis=2)
    for made in (
        calotype.remix(grey, model=model),
        calotype.erase(grey, mask=MASK, model=model),
        calotype.mix(grey, photo(1), model=model),
    ):
        assert any("is grey and the model draws in colour" in note for note in made.notes)
    assert not calotype.remix(photo(0), model=model).notes


def test_a_model_fills_holes_and_composes(model):
    assert calotype.erase(photo(0), mask=MASK, model=model)[0].size == (16, 16)
    deep = calotype.erase(photo(0), mask=MASK, model=model, level=1.0)
    assert deep[0].tobytes() != calotype.erase(photo(0), mask=MASK, model=model, level=0.2)[0].tobytes()
    first = calotype.mix(photo(0), photo(1), model=model)
    assert first[0].size == (16, 16)
    assert first[0].tobytes() != calotype.mix(photo(0), photo(1), mask=MASK, model=model)[0].tobytes()


def test_grey_photos_and_photos_of_other_shapes_can_be_used(model):
    assert calotype.remix(photo(0, (20, 40)), model=model)[0].size == (16, 16)
    assert calotype.remix(photo(0, (40, 18, 3)), model=model)[0].size == (16, 16)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"level": 1.5}, "level"),
        ({"level": float("nan")}, "level"),
        ({"mask": np.zeros((24, 24), np.uint8)}, "selects nothing"),
        ({"mask": np.zeros((24, 48), np.uint8)}, "aspect ratio"),
    ],
)
def test_what_cannot_be_used_is_refused(model, features, given, message):
    for extra in ({}, {"model": model}):
        with pytest.raises(InputError, match=message):
            calotype.remix(photo(0), **given, **extra)


def test_a_subject_of_another_photo_needs_a_model(features):
    with pytest.raises(InputError, match="pyramid"):
        calotype.remix(photo(0), like=photo(1))


def test_a_class_is_given_by_its_name(classes):
    loaded = calotype.load(classes)
    assert loaded.config.names == ("dark", "light")
    made = {name: calotype.remix(photo(0), level=1.0, label=name, model=classes) for name in ("dark", "light")}
    assert made["dark"][0].tobytes() != made["light"][0].tobytes()
    assert made["dark"].settings["own"]["label"] == "dark"


@pytest.mark.parametrize(
    ("given", "message"), [({"label": "drak"}, "dark"), ({"label": "dark", "like": photo(1)}, "leave out one")]
)
def test_a_class_that_is_not_there_is_refused(classes, given, message):
    with pytest.raises(InputError, match=message):
        calotype.remix(photo(0), model=classes, **given)


def test_a_class_needs_a_model_that_learned_some(features, model):
    with pytest.raises(InputError, match="classifier=set"):
        calotype.remix(photo(0), label="dark", model=model)
    with pytest.raises(InputError, match="knows no classes"):
        calotype.remix(photo(0), label="dark")


def test_a_set_without_classes_is_refused(tmp_path):
    for i in range(2):
        Image.fromarray(photo(i)).save(tmp_path / f"{i}.png")
    settings = {"classifier": "set"}
    with pytest.raises(InputError, match="no classes"):
        calotype.train("pyramid", tmp_path, preset="tiny", settings=settings)
    (tmp_path / "cats").mkdir()
    Image.fromarray(photo(3)).save(tmp_path / "cats" / "a.png")
    with pytest.raises(InputError, match="one class alone"):
        calotype.train("pyramid", tmp_path, preset="tiny", settings=settings)
    (tmp_path / "dogs").mkdir()
    Image.fromarray(photo(4)).save(tmp_path / "dogs" / "a.png")
    with pytest.raises(InputError, match="1 picture"):
        calotype.train("pyramid", tmp_path, preset="tiny", settings=settings)


def test_levels_are_for_models_that_have_them():
    with pytest.raises(InputError, match="level"):
        calotype.erase(photo(0), mask=MASK, level=0.5)


def test_a_level_and_all_levels_exclude_each_other():
    with pytest.raises(InputError, match="leave out --level"):
        calotype.remix(photo(0), level=0.3, all_levels=True)


def test_all_levels_are_a_series_of_one_seed(features, model):
    made = calotype.remix(photo(0), all_levels=True, seed=3)
    assert len(made) == 7
    assert made.scales == [f"level{number}" for number in range(7)]
    assert made[6].tobytes() == calotype.remix(photo(0), level=1.0, seed=3)[0].tobytes()
    assert made[3].tobytes() == calotype.remix(photo(0), level=0.5, seed=3)[0].tobytes()
    drawn = calotype.remix(photo(0), all_levels=True, seed=3, model=model)
    assert drawn[3].tobytes() == calotype.remix(photo(0), level=0.5, seed=3, model=model)[0].tobytes()
    job = RemixJob.of(
        {"photo": photo(0), "n": 1, "seed": 3, "level": 0.6, "all_levels": True, "engine": "gpnn", "preset": "fast"}
    )
    assert [job.recorded(output)["own"]["level"] for output in job.outputs][:4] == [0.0, 0.166667, 0.333333, 0.5]

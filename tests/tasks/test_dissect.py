"""``dissect`` and ``invert`` on models, folders and sets."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.errors import InputError, Stopped
from calotype.inspection import learned
from calotype.models import cocogan, spade, stylegan
from calotype.run import Run
from calotype.tasks import dissect as task

PALETTE = {"dark": "#202020", "bright": "#e0e0e0", "red": "#ff0000"}
QUICK = {"width": 4, "image_steps": 2, "layer_steps": 1, "joint_steps": 1, "batch": 2}


@pytest.fixture(autouse=True)
def quick_segmenter(monkeypatch):
    """A segmenter is learned in a few steps."""
    monkeypatch.setattr(learned.Config, "__init__", quick_init(learned.Config.__init__))


def quick_init(original):
    def init(self, classes, **given):
        original(self, classes, **{"width": 4, "steps": 30, "batch": 8, **given})

    return init


def painted(folder, count, red=True, side=16, maps=False, seed=0):
    """Pictures: dark above, bright below, and a red square, or none; with maps of the two or three classes."""
    rng = np.random.default_rng(seed)
    place = folder / "images" if maps else folder
    place.mkdir(parents=True)
    for i in range(count):
        picture = np.full((side, side, 3), 32, np.uint8)
        picture[rng.integers(4, side - 4) :] = 224
        index = (picture[..., 0] > 128).astype(np.uint8)
        if red:
            y, x = rng.integers(0, side - 4, 2)
            picture[y : y + 4, x : x + 4] = (255, 0, 0)
            index[y : y + 4, x : x + 4] = 2
        Image.fromarray(picture).save(place / f"{i:03d}.png")
        if maps:
            (folder / "maps").mkdir(exist_ok=True)
            Image.fromarray(index).save(folder / "maps" / f"{i:03d}.png")
    if maps:
        (folder / "classes.json").write_text(json.dumps(list(PALETTE)))
    return folder


@pytest.fixture
def palette(tmp_path):
    path = tmp_path / "colours.json"
    path.write_text(json.dumps(PALETTE))
    return path


def saved(folder, system, module, cfg, about=None):
    torch.manual_seed(0)
    saving.write(folder, system, cfg, module.build(cfg).eval(), "", module.picture_size(cfg), None, about)
    return folder


@pytest.fixture
def model(tmp_path):
    return saved(tmp_path / "faces", "stylegan", stylegan, replace(stylegan.PRESETS["tiny"], resolution=16))


def test_a_folder_that_lacks_a_class_is_told_of_it_on_a_page(tmp_path, palette):
    real, fake = painted(tmp_path / "real", 60), painted(tmp_path / "fake", 60, red=False, seed=1)
    steps = []
    found = calotype.dissect(
        fake, real=real, segmenter=palette, out=tmp_path / "out", on_progress=lambda *step: steps.append(step)
    )
    first = found.report["classes"][0]
    assert (first["name"], first["finding"], first["change"]) == ("red", "dropped", -1)
    assert found.summary == "Left out: red."
    page = found.page.read_text()
    assert "None of the generated pictures has any" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing is loaded
    assert json.loads((tmp_path / "out" / "areas.json").read_text()) == found.report
    assert Image.open(tmp_path / "out" / "areas.png").width > 500
    assert steps[-1] == ("generated pictures", 60, 60)
    assert all(value == value for value in map(float, [found.report["fsd"], found.report["fsd_floor"]]))


def test_a_model_is_dissected_with_a_segmenter_of_the_set_s_own_maps(tmp_path, model):
    real = painted(tmp_path / "real", 120, maps=True)
    found = calotype.dissect(model, real=real, out=tmp_path / "out")
    accuracy = found.report["segmenter_accuracy"]
    assert accuracy["pictures"] == 60
    assert accuracy["pixels"] > 0.8
    assert found.report["settings"]["n"] == 60  # those that the segmenter has not seen
    again = calotype.dissect(model, real=real, out=tmp_path / "again")
    assert again.report == found.report


def test_cocogan_and_an_imported_generator_are_dissected(tmp_path, palette):
    real = painted(tmp_path / "real", 60)
    tiny = cocogan.PRESETS["tiny"]
    for folder in (
        saved(tmp_path / "coco", "cocogan", cocogan, tiny),
        saved(
            tmp_path / "lucid",
            "stylegan",
            stylegan,
            replace(stylegan.PRESETS["tiny"], generator="lucidrains", resolution=16, latent=8, style=8),
        ),
    ):
        found = calotype.dissect(folder, real=real, segmenter=palette, n=50, out=tmp_path / "out")
        assert found.report["settings"]["n"] == 50


def test_a_model_that_draws_maps_draws_those_of_the_set(tmp_path):
    real = painted(tmp_path / "real", 120, maps=True)
    about = {"classes": 3, "names": list(PALETTE), "colours": [[0, 0, 0], [1, 1, 1], [2, 2, 2]], "count": 3}
    cfg = replace(spade.adapted(spade.PRESETS["tiny"], about))
    folder = saved(tmp_path / "drawn", "spade", spade, cfg, about)
    found = calotype.dissect(folder, real=real, out=tmp_path / "out")
    assert {one["name"] for one in found.report["classes"]} <= set(PALETTE)
    with pytest.raises(InputError, match="draws label maps, which a photo does not have"):
        calotype.invert(folder, [real / "images" / "000.png"], out=tmp_path / "out")
    other = {**about, "names": ["a", "b", "c"]}
    folder = saved(tmp_path / "others", "spade", spade, cfg, other)
    with pytest.raises(InputError, match=r"the model draws a, b, c, and .* has maps of dark"):
        calotype.dissect(folder, real=real, out=tmp_path / "out")


def test_what_cannot_be_dissected_is_one_line(tmp_path, palette, model):
    real, few = painted(tmp_path / "real", 60), painted(tmp_path / "few", 5)
    black = tmp_path / "black.json"
    black.write_text(json.dumps({"dark": "#101010", "white": "#ffffff"}))
    night, half = tmp_path / "night", painted(tmp_path / "half", 60, maps=True)
    night.mkdir()
    for i in range(60):
        Image.new("RGB", (16, 16), (10, 10, 10)).save(night / f"{i}.png")
    out = tmp_path / "out"
    for said, given in (
        (
            r"too few generated pictures to compare areas \(5\)",
            {"model": few, "real": real, "segmenter": palette},
        ),
        (r"too few real pictures to compare areas \(5\)", {"model": model, "real": few, "segmenter": palette}),
        ("half of them .*: give a set of at least 100", {"model": model, "real": half}),
        ("nothing but dark", {"model": real, "real": night, "segmenter": black}),
        ("has no label maps", {"model": model, "real": real}),
        ("give --real", {"model": model}),
        (r"too few pictures to compare areas \(20\)", {"model": model, "real": real, "n": 20}),
        ("there is no model", {"model": "nothing", "real": real}),
        ("is not a folder|does not exist|no folder", {"model": model, "real": tmp_path / "no", "segmenter": palette}),
    ):
        with pytest.raises(InputError, match=said) as raised:
            calotype.dissect(**given, out=out)
        assert "\n" not in str(raised.value)
    assert not out.exists()


def test_an_engine_s_model_of_one_photo_is_refused(tmp_path, tiny_engine, palette):
    folder = tmp_path / "one"
    net = torch.nn.Linear(1, 1)
    saving.write(folder, "tiny_engine", tiny_engine.Config(), net, "", (16, 16))
    with pytest.raises(InputError):
        calotype.dissect(folder, real=painted(tmp_path / "real", 60), segmenter=palette)


def test_dissection_is_stopped_between_batches(tmp_path, palette):
    run = Run()
    run.stop()
    with pytest.raises(Stopped):
        calotype.dissect(painted(tmp_path / "a", 60), real=painted(tmp_path / "b", 60), segmenter=palette, run=run)


def test_photos_are_inverted_and_the_encoder_is_kept_beside_the_model(tmp_path, model, palette):
    photos = painted(tmp_path / "photos", 3)
    stages = set()
    options = {"segmenter": palette, "settings": QUICK, "steps": 2, "out": tmp_path / "out"}
    found = calotype.invert(model, [photos], **options, on_progress=lambda what, done, count: stages.add(what))
    assert {"inverse of mapping", "all together", "finding the photos"} <= stages
    assert (model / "inverter" / "weights.safetensors").is_file()
    assert not (model / "inverter" / "state").exists()
    assert {row["photo"] for row in found.report["photos"]} == {"000", "001", "002"}
    assert {one["name"] for one in found.report["classes"]} == set(PALETTE)
    assert Image.open(tmp_path / "out" / "000.png").size == (16, 16)
    assert "What is lost, by class" in found.page.read_text()
    stages.clear()
    again = calotype.invert(model, [photos], **options, on_progress=lambda what, done, count: stages.add(what))
    assert stages == {"finding the photos"}  # nothing is trained again
    assert again.report == found.report
    calotype.invert(model, [photos / "000.png"], method="direct", settings=QUICK, out=tmp_path / "out")
    assert (model / "inverter-direct").is_dir()


def test_a_stopped_inversion_goes_on_where_it_was(tmp_path, model):
    photos = painted(tmp_path / "photos", 2)
    options = {"settings": QUICK, "steps": 6, "out": tmp_path / "out"}
    whole = calotype.invert(model, [photos], **options)
    run, seen = Run(), []

    def stop(what, done, count):
        if what == "finding the photos" and done == 3:
            run.stop()

    with pytest.raises(Stopped):
        calotype.invert(model, [photos], **options, run=run, on_progress=stop)
    found = calotype.invert(model, [photos], **options, on_progress=lambda *step: seen.append(step))
    assert min(done for what, done, _ in seen if what == "finding the photos") > 3
    assert found.report == whole.report


def test_what_cannot_be_inverted_is_one_line(tmp_path, model, palette):
    photo = painted(tmp_path / "photos", 1) / "000.png"
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    black = tmp_path / "black.json"
    black.write_text(json.dumps({"a": "#808080", "b": "#ff00ff"}))
    night = tmp_path / "night.png"
    Image.new("RGB", (16, 16), (128, 128, 128)).save(night)
    for said, given in (
        ("choose one of|not a method|layers", {"photos": [photo], "method": "magic"}),
        ("0 steps", {"photos": [photo], "steps": 0}),
        ("a penalty of nan", {"photos": [photo], "penalty": float("nan")}),
        ("a penalty of -1", {"photos": [photo], "penalty": -1.0}),
        ("no photos", {"photos": []}),
        ("broken", {"photos": [broken]}),
        ("imagesteps|image_steps", {"photos": [photo], "settings": {"imagesteps": 3}}),
        ("is a folder of pictures", {"model": photo.parent, "photos": [photo]}),
        ("names the classes", {"photos": [photo], "classes": black}),
    ):
        with pytest.raises(InputError, match=said) as raised:
            calotype.invert(**{"model": model, **given}, out=tmp_path / "out")
        assert "\n" not in str(raised.value)


def test_a_damaged_encoder_or_segmenter_is_trained_again(tmp_path, model):
    photos = painted(tmp_path / "photos", 1)
    options = {"settings": QUICK, "method": "layers", "out": tmp_path / "out"}
    first = calotype.invert(model, [photos], **options)
    (model / "inverter" / "weights.safetensors").write_bytes(b"nothing")
    assert calotype.invert(model, [photos], **options).report == first.report


def test_models_are_told_from_folders(tmp_path, model):
    assert task.opened_model(model)[1] is not None
    assert task.opened_model(painted(tmp_path / "some", 1)) == ("some", None)


def test_pictures_are_counted_before_a_segmenter_is_trained(tmp_path, monkeypatch):
    def trained(*given):
        raise AssertionError("a segmenter was trained for nothing")

    monkeypatch.setattr("calotype.tasks.dissect.segmenter_of", trained)
    (tmp_path / "few").mkdir()
    (tmp_path / "real").mkdir()
    for number in range(3):
        Image.new("RGB", (16, 16)).save(tmp_path / "few" / f"{number}.png")
    Image.new("RGB", (16, 16)).save(tmp_path / "real" / "0.png")
    with pytest.raises(InputError, match=r"too few generated pictures to compare areas \(3\)"):
        calotype.dissect(tmp_path / "few", real=tmp_path / "real", n=50)

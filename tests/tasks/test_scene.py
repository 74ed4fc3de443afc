"""The verbs ``scene`` and ``turntable``, with a model that was trained for three steps on a set with labels."""

import json

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.data.sets import solids
from calotype.data.writing import write_samples
from calotype.errors import InputError, Stopped
from calotype.run import Run
from calotype.tasks.scene import SceneJob

NOTHING = {
    "object": None,
    "turn": 0.0,
    "move": None,
    "grow": 1.0,
    "remove": None,
    "look": None,
    "azimuth": None,
    "polar": None,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    about = {"labels": ["background", "scenes"]}
    write_samples(folder / "set", about, solids.compose([], 16, 9, 0))
    return calotype.train("control3d", folder / "set", preset="tiny", settings={"classes": 2}, out=folder / "m").folder


def test_scenes_are_drawn_and_edited(model):
    made = calotype.scene(model, n=2, seed=3)
    assert [picture.size for picture in made] == [(16, 16)] * 2
    assert made[0].tobytes() != made[1].tobytes()
    assert calotype.scene(model, seed=3)[0].tobytes() == made[0].tobytes()
    for given in ({"object": 1, "turn": 40.0}, {"object": "1,2", "move": "0.3,0,0"}, {"remove": 2}, {"azimuth": 90.0}):
        assert calotype.scene(model, seed=3, **given)[0].tobytes() != made[0].tobytes(), given


def test_edited_scenes_have_names_of_their_own(model):
    def name(**given):
        return SceneJob.of({"model": model, "n": 1, "seed": 3, "layers": False, **NOTHING, **given}).name

    plain = name()
    assert name(object="1,2", turn=30.0) == f"{plain}_object1-2_turn30"
    assert name(remove=2, azimuth=90.0) == f"{plain}_remove2_azimuth90"


def test_layers_are_written_beside_the_picture_and_give_it_again(model, tmp_path):
    job = SceneJob.of({"model": model, "n": 1, "seed": 3, "layers": True, **NOTHING})
    output = job.outputs[0]
    picture, _ = job.make(output)
    job.save(picture, tmp_path / "scene.png", output)
    assert {f"scene{suffix}" for suffix in (".png", *job.beside)} == {path.name for path in tmp_path.iterdir()}
    told = json.loads((tmp_path / "scene.json").read_text())
    assert told["seed"] == 3
    depth = [each["seen_at"][2] for each in told["objects"]]
    canvas = Image.open(tmp_path / "scene.background.png").convert("RGBA")
    for number in np.argsort(depth)[::-1]:  # the farthest first
        canvas = Image.alpha_composite(canvas, Image.open(tmp_path / f"scene.object{number + 1}.png"))
    difference = np.asarray(canvas.convert("RGB")).astype(int) - np.asarray(picture.convert("RGB"))
    assert np.abs(difference).mean() < 4  # where outlines cross, pixels are ordered one by one


@pytest.fixture(scope="module")
def scene_file(model, tmp_path_factory):
    """A scene file of an edited scene, and its picture."""
    folder = tmp_path_factory.mktemp("poses")
    given = {**NOTHING, "object": 1, "move": "0.2,0,0", "azimuth": 20.0}
    job = SceneJob.of({"model": model, "n": 1, "seed": 3, "layers": True, **given})
    picture, _ = job.make(job.outputs[0])
    job.save(picture, folder / "scene.png", job.outputs[0])
    return folder / "scene.json", picture


def test_a_scene_file_repeats_the_scene(model, scene_file):
    path, picture = scene_file
    again = calotype.scene(model, poses=path)
    difference = np.asarray(again[0]).astype(int) - np.asarray(picture).astype(int)
    assert np.abs(difference).max() <= 1
    content = json.loads(path.read_text())
    content["objects"][0]["place"] = [0.0, 0.0, 0.0]
    assert calotype.scene(model, poses=content)[0].tobytes() != again[0].tobytes()
    assert calotype.scene(model, poses=path, azimuth=80.0)[0].tobytes() != again[0].tobytes()


def changed(content, **parts):
    first, *others = content["objects"]
    return {**content, "objects": [{**first, **parts}, *others]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: {}, "no scene file"),
        (lambda content: {**content, "objects": content["objects"][:1]}, "the scene file has 1 object "),
        (lambda content: changed(content, place=[3, 0, 0]), "object 1 of 'scene' lies outside"),
        (lambda content: changed(content, place=[0, "x", 0]), "place of object 1 of 'scene'"),
        (lambda content: changed(content, half_sizes=[0, 1, 1]), "object 1 of 'scene' has an impossible size"),
        (lambda content: changed(content, rotation=[[1, 0, 0], [0, 1, 0], [0, 0, -1]]), "rotation of object 1"),
        (lambda content: changed(content, rotation=None), "object 1 of 'scene' has no rotation"),
        (lambda content: {**content, "seed": -1}, "has no seed"),
        (lambda content: {**content, "seed": 10**40}, "has no seed"),
        (lambda content: {**content, "edits": {"look": 10**40}}, "is no seed"),
        (lambda content: changed(content, present="no"), "present of object 1"),
    ],
)
def test_scene_files_that_cannot_be_used(model, scene_file, change, message):
    content = json.loads(scene_file[0].read_text())
    with pytest.raises(InputError, match=message):
        calotype.scene(model, poses=change(content))


def test_a_scene_file_tells_what_is_left_out(model, tmp_path):
    made = calotype.scene(model, seed=3, remove=2, layers=True)
    (path,) = made.save(tmp_path)
    again = calotype.scene(model, poses=path.with_suffix(".json"), layers=True)
    assert np.abs(np.asarray(again[0]).astype(int) - np.asarray(made[0])).max() <= 1
    assert [each["present"] for each in again.layers[0].scene["objects"]] == [True, False]
    assert not again.notes
    content = json.loads(path.with_suffix(".json").read_text())
    content["objects"][1]["present"] = True
    assert calotype.scene(model, poses=content)[0].tobytes() == calotype.scene(model, seed=3)[0].tobytes()
    with pytest.raises(InputError, match="object 2 is left out in the scene file"):
        calotype.scene(model, poses=path.with_suffix(".json"), object=2, turn=9.0)


def test_what_a_scene_file_tells_is_in_the_next_one_too(model):
    made = calotype.scene(model, seed=3, look=7, azimuth=20.0, polar=50.0, remove=2, layers=True)
    again = calotype.scene(model, poses=made.layers[0].scene, layers=True)
    third = calotype.scene(model, poses=again.layers[0].scene)
    assert np.abs(np.asarray(third[0]).astype(int) - np.asarray(made[0])).max() <= 1


def test_scene_files_of_earlier_versions_tell_by_their_edits_what_is_left_out(model):
    made = calotype.scene(model, seed=3, remove=2, layers=True)
    content = json.loads(json.dumps(made.layers[0].scene))
    for each in content["objects"]:
        del each["present"]
    assert np.abs(np.asarray(calotype.scene(model, poses=content)[0]).astype(int) - np.asarray(made[0])).max() <= 1


def test_models_of_unfinished_trainings_have_layers_and_take_scene_files(model, tmp_path):
    write_samples(tmp_path / "set", {"labels": ["background", "scenes"]}, solids.compose([], 16, 9, 0))
    run = Run(device="cpu", on_event=lambda event: run.stop() if event.step == 2 else None)
    settings = {"classes": 2, "steps": 4}
    with pytest.raises(Stopped):
        calotype.train("control3d", tmp_path / "set", preset="tiny", settings=settings, out=tmp_path / "m", run=run)
    made = calotype.scene(tmp_path / "m", unfinished=True, layers=True)
    assert made.layers[0].scene["model_sha256"] == ""
    again = calotype.scene(tmp_path / "m", unfinished=True, poses=made.layers[0].scene)
    assert np.abs(np.asarray(again[0]).astype(int) - np.asarray(made[0])).max() <= 1
    finished = calotype.scene(model, seed=3, layers=True).layers[0].scene
    assert len(calotype.scene(tmp_path / "m", unfinished=True, poses={**finished, "model": "m"}).images) == 1


def test_saved_results_have_their_layers(model, tmp_path):
    made = calotype.scene(model, n=2, seed=3, layers=True)
    paths = made.save(tmp_path)
    job = SceneJob.of({"model": model, "n": 1, "seed": 3, "layers": True, **NOTHING})
    names = {f"{path.stem}{suffix}" for path in paths for suffix in (".png", *job.beside)}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert made.layers[0].pictures["object1"].mode == "RGBA"
    job.save(job.make(job.outputs[0])[0], tmp_path / "again.png", job.outputs[0])
    for suffix in (".depth.png", ".object1.png"):
        one, other = (np.asarray(Image.open(file.with_suffix(suffix))) for file in (paths[0], tmp_path / "again.png"))
        assert np.array_equal(one, other)
    assert calotype.scene(model, seed=3).layers == []


def test_a_scene_file_of_another_model_gets_a_note(model, scene_file):
    content = json.loads(scene_file[0].read_text())
    assert calotype.scene(model, poses=content).notes == []
    for change in ({"model_sha256": "0" * 64}, {"model": "other", "model_sha256": ""}):
        (note,) = calotype.scene(model, poses={**content, **change}).notes
        assert "is a scene of the model" in note
    (note,) = calotype.scene(model, poses=changed({**content, "sed": 3, 1: 2}, colour="red")).notes
    assert note.endswith("has keys that scene files do not have: 1, sed, colour")


def test_a_scene_file_is_one_scene(model, scene_file):
    with pytest.raises(InputError, match="one scene"):
        calotype.scene(model, 2, poses=scene_file[0])


def test_a_turntable_is_a_film(model):
    film = calotype.turntable(model, frames=3)
    assert len(film.frames) == 3
    assert film.frames[0].size == (16, 16)
    assert film.frames[0].tobytes() != film.frames[1].tobytes()
    assert len(calotype.turntable(model, object=1, frames=4, back=True).frames) == 6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"object": 9, "turn": 10.0}, "no object 9"),
        ({"object": "one", "turn": 10.0}, "no list of objects"),
        ({"turn": 10.0}, "--object"),
        ({"object": 1, "move": "1,2"}, "no move"),
        ({"object": 1, "move": "nan,0,0"}, "move"),
        ({"object": 1, "grow": 9.0}, "grown"),
        ({"remove": "0"}, "no object 0"),
        ({"object": "1,2", "turn": 9.0, "remove": 2}, "object 2 is to be edited and left out"),
        ({"polar": 95.0}, "polar"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(model, given, message):
    with pytest.raises(InputError, match=message) as error:
        calotype.scene(model, **given)
    assert "\n" not in str(error.value)


def test_other_models_have_no_scenes(tmp_path):
    for i in range(4):
        values = np.random.default_rng(i).integers(0, 255, (16, 16, 3)).astype(np.uint8)
        Image.fromarray(values).save(tmp_path / f"{i}.png")
    plain = calotype.train("control3d", tmp_path, preset="tiny", out=tmp_path / "m").folder
    assert calotype.scene(plain)[0].size == (16, 16)  # before plain white, from a folder without labels
    with pytest.raises(InputError, match="subfolders"):
        calotype.train("control3d", tmp_path, preset="tiny", settings={"classes": 2}, out=tmp_path / "n")


def test_a_training_that_is_refused_leaves_no_model(tmp_path):
    (tmp_path / "set").mkdir()
    for i in range(4):
        values = np.random.default_rng(i).integers(0, 255, (16, 16, 3)).astype(np.uint8)
        Image.fromarray(values).save(tmp_path / "set" / f"{i}.png")
    with pytest.raises(InputError, match="subfolders"):
        calotype.train("control3d", tmp_path / "set", preset="tiny", settings={"classes": 2}, out=tmp_path / "m")
    assert not (tmp_path / "m" / "about.json").exists()
    assert calotype.train("control3d", tmp_path / "set", preset="tiny", out=tmp_path / "m").folder == tmp_path / "m"


def test_a_scene_file_tells_the_seed(model, scene_file):
    with pytest.raises(InputError, match="leave out --seed"):
        calotype.scene(model, seed=5, poses=scene_file[0])
    assert calotype.scene(model, seed=3, poses=scene_file[0]).images

"""``draw`` of scene graphs and of boxes, and ``restyle`` of pictures of scene graphs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import calotype
from calotype import saving
from calotype.catalog import load
from calotype.cli import main
from calotype.errors import ArgumentError, InputError
from calotype.tasks.data import data

GRAPH = {
    "objects": [{"class": "sky", "location": [0.5, 0.2]}, {"class": "car", "size": 2}, {"class": "tree"}],
    "relations": [[1, "left of", 2], [0, "above", 1]],
}


@pytest.fixture(scope="module")
def set_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "shapes"
    return data("shapes", out=folder, size=32, count=12)


@pytest.fixture(scope="module")
def graphs(set_folder, tmp_path_factory):
    """A model that was hardly trained, with looks that are far from each other."""
    out = tmp_path_factory.mktemp("models") / "graphs"
    folder = calotype.train("scenegraph", set_folder, preset="tiny", out=out).folder
    loaded = load(folder)
    torch.manual_seed(0)
    loaded.net.archetypes.normal_(0, 20)
    saving.write(folder, "scenegraph", loaded.config, loaded.net, loaded.photo_sha256, (16, 16), about=loaded.about)
    return folder


@pytest.fixture(scope="module")
def of_boxes(set_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "boxes"
    return calotype.train("bachgan", set_folder, preset="tiny", out=out).folder


def test_a_graph_is_drawn_recorded_and_restyled(graphs, tmp_path, capsys):
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(GRAPH))
    assert main(["draw", str(path), "--model", str(graphs), "-n", "2", "-o", str(tmp_path / "out"), "-q"]) == 0
    drawn = tmp_path / "out" / "scene_draw_1.png"
    assert "draw scene.json --model FOLDER/graphs --seed 1" in calotype.show(drawn).command
    again = calotype.draw(drawn, model=graphs, seed=1)
    assert np.array_equal(np.asarray(again.images[0]), np.asarray(calotype.draw(GRAPH, model=graphs, seed=1).images[0]))
    restyled = calotype.restyle(drawn, classes="sky,car,tree", model=graphs, n=6)
    assert any(not np.array_equal(np.asarray(each), np.asarray(again.images[0])) for each in restyled.images)
    with pytest.raises(InputError, match="needs something to change"):
        calotype.restyle(drawn, model=graphs)
    assert main(["restyle", str(drawn), "--classes", "car", "--model", str(graphs), "-o", str(tmp_path), "-q"]) == 0
    assert "restyle scene_draw_1.png --model" in calotype.show(tmp_path / "scene_draw_1_car_restyle_0.png").command
    with pytest.raises(InputError, match="lies outside"):
        calotype.restyle(drawn, at="99,0", model=graphs)
    with pytest.raises(InputError, match="takes no label map"):
        calotype.restyle(drawn, drawn, at="1,1", model=graphs)
    with pytest.raises(InputError, match=r"does not exist: check the name and the folder$"):
        calotype.restyle(tmp_path / "missing.png", at="1,1", model=graphs)
    assert main(["draw", str(path), "--model", str(graphs), "--look", "car=3"]) == 1
    assert "need a model that has them" in capsys.readouterr().err


def test_boxes_are_drawn_and_their_background_is_told_and_pinned(of_boxes, tmp_path, capsys):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"boxes": [[0.1, 0.4, 0.6, 0.9]], "classes": ["car"]}))
    command = ["draw", str(path), "--model", str(of_boxes), "-o", str(tmp_path / "out")]
    assert main(command) == 0
    assert "background of seed 0 from the maps" in capsys.readouterr().err
    assert main([*command[:-1], str(tmp_path / "pinned"), "--pin", "3,1", "-q"]) == 0
    assert "--pin 3,1" in calotype.show(tmp_path / "pinned" / "boxes_draw_0.png").command
    for wrong, status, words in (
        (["--pin=x"], 2, "no list of numbers"),
        (["--pin=99"], 1, "there is no background 99"),
        (["--pin=3", "--exclude=1,3"], 2, "the background 3 is pinned and excluded"),
        (["--look", "car=1", "--look", "car=2"], 2, "'car' is given twice with --look"),
    ):
        assert main([*command, *wrong]) == status
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"objects": []}, "is empty"),
        ({"objects": [{"class": "cra"}]}, "did you mean 'car'"),
        ({"objects": [{"class": "car", "box": [0, 0, 3, 1]}]}, "outside of the picture"),
        ({**GRAPH, "relations": [[0, "above", 1], [1, "above", 0]]}, "contradict"),
        ({"boxes": [[0, 0, 1, 1]], "classes": ["car"]}, "holds boxes, and scenegraph takes a scene graph"),
    ],
)
def test_wrong_graphs(graphs, layout, words):
    with pytest.raises(InputError, match=words):
        calotype.draw(layout, model=graphs)


def test_sets_without_boxes_are_refused(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match="has no boxes of objects"):
        calotype.train("scenegraph", tmp_path, preset="tiny")


def test_a_folder_of_graphs_or_boxes_is_drawn(graphs, of_boxes, tmp_path, capsys):
    folder = tmp_path / "graphs"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps(GRAPH))
    (folder / "notes.txt").write_text("mine")
    assert main(["draw", str(folder), "--model", str(graphs), "-o", str(tmp_path / "out"), "-q"]) == 0
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"a_draw_0.png", "b_draw_0.png"}
    restyle = ["restyle", str(tmp_path / "out"), "--classes", "car", "--model", str(graphs)]
    assert main([*restyle, "-o", str(tmp_path), "-q"]) == 0
    assert (tmp_path / "b_draw_0_car_restyle_0.png").is_file()
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps({"boxes": [[0.1, 0.4, 0.6, 0.9]], "classes": ["car"]}))
    assert main(["draw", str(folder), "--model", str(of_boxes), "-o", str(tmp_path / "boxes"), "-q"]) == 0
    assert {path.name for path in (tmp_path / "boxes").glob("*.png")} == {"a_draw_0.png", "b_draw_0.png"}
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    assert main(["draw", str(tmp_path / "empty"), "--model", str(graphs), "-q"]) == 1
    assert "no files in" in capsys.readouterr().err


def test_messages_about_looks_name_the_object(graphs):
    wrong = {
        "the 2nd object has the archetype 999": {"archetype": 999},
        "the look of the 2nd object of": {"photo": "no.png"},
    }
    for words, look in wrong.items():
        graph = {"objects": [{"class": "sky"}, {"class": "car", "look": look}]}
        with pytest.raises(InputError, match=words):
            calotype.draw(graph, model=graphs)
    with pytest.raises(InputError, match="the 1st relation of 'graph': there is no relation 'beneath'"):
        calotype.draw({**GRAPH, "relations": [[0, "beneath", 1]]}, model=graphs)


def test_a_size_of_which_no_model_can_make_a_picture(graphs):
    with pytest.raises(ArgumentError, match="1x1 is too small for a model: give sides of at least 8"):
        calotype.draw(GRAPH, model=graphs, size="1x1")

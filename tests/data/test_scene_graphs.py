"""Scene graphs and boxes from JSON, and what is said of those that cannot be used."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from calotype.data.box_layouts import boxes_of
from calotype.data.boxes import RELATIONS
from calotype.data.scene_graphs import _GRAPH, _LOOK, _OBJECT, SCHEMA, SPATIAL, as_json, graph_of
from calotype.errors import InputError

NAMES = ("tree", "house", "sun")
GRAPH = {
    "objects": [
        {"class": "tree", "size": 3, "location": [0.25, 0.5]},
        {"class": 1, "box": [0.5, 0.4, 0.9, 0.8], "look": {"archetype": -1}},
        {"class": "sun", "look": {"seed": 7}},
    ],
    "relations": [[0, "left of", 1], [2, "above", 0]],
}


def test_a_graph_from_its_content_and_from_a_file(tmp_path):
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(GRAPH))
    for graph in (graph_of(GRAPH, NAMES), graph_of(path, NAMES), graph_of(graph_of(GRAPH, NAMES), NAMES)):
        assert [one.kind for one in graph.objects] == [0, 1, 2]
        assert graph.objects[0].location == (0.25, 0.5)
        assert graph.objects[1].box == (0.5, 0.4, 0.9, 0.8)
        assert (graph.objects[1].archetype, graph.objects[2].seed) == (-1, 7)
        assert graph.relations == ((0, "left of", 1), (2, "above", 0))
    assert graph_of(path).name == "scene"
    assert graph_of(as_json(graph_of(GRAPH, NAMES))).objects == graph_of(GRAPH, NAMES).objects


def test_a_look_from_a_photo_beside_the_file(tmp_path):
    Image.fromarray(np.zeros((18, 19, 3), np.uint8)).save(tmp_path / "other.png")
    content = {"objects": [{"class": "tree", "look": {"photo": "other.png", "box": [0, 0, 0.5, 1]}}]}
    (tmp_path / "scene.json").write_text(json.dumps(content))
    one = graph_of(tmp_path / "scene.json", NAMES).objects[0]
    assert one.photo.rgb.shape == (18, 19, 3)
    assert one.crop == (0, 0, 0.5, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objects": []}, "is empty: give at least one object"),
        (
            {"objects": [{"class": "tre"}], "relations": []},
            "the 1st object of .*: there is no class 'tre': did you mean 'tree'",
        ),
        ({"objects": [{"class": 3}], "relations": []}, "no class '3'"),
        ({"objects": [{"class": "tree", "box": [0, 0, 1.2, 1]}]}, r"the 1st object .* lies outside of the picture"),
        ({"objects": [{"class": "tree", "box": [0.5, 0, 0.5, 1]}]}, "has no area"),
        ({"objects": [{"class": "tree", "location": [0.5, -1]}]}, "lies outside of the picture"),
        ({"objects": [{"class": "tree", "size": 10}]}, "size 10"),
        ({"objects": [{"class": "tree", "sice": 1}]}, "did you mean 'size'"),
        ({"objects": [{"class": "tree", "look": {"seed": 1, "archetype": 2}}]}, "told twice"),
        ({"objects": [{}]}, "the 1st object .* has no class"),
        ({"relations": [[0, "beside", 1]]}, "no relation 'beside'"),
        ({"relations": [[0, "in front of", 1]]}, "no relation 'in front of'"),
        ({"relations": [[0, "above", 5]]}, "names the object 5: it has 3 objects, numbered from 0"),
        ({"relations": [[1, "above", 1]]}, "to itself"),
        ({"relations": [[0, "left of", 1], [0, "right of", 1]]}, "object 0 is left of 1, 1 is left of 0"),
        ({"relations": [[0, "above", 1], [1, "above", 2], [0, "below", 2]]}, "contradict each other"),
        ({"relations": [[0, "inside", 1], [0, "surrounding", 1]]}, "0 is inside 1, 1 is inside 0"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(change, words):
    with pytest.raises(InputError, match=words) as refused:
        graph_of({**GRAPH, **change}, NAMES)
    assert "\n" not in str(refused.value)


def test_relations_of_several_kinds_may_close_a_ring():
    rows = [[0, "left of", 1], [1, "above", 2], [2, "left of", 0]]
    assert len(graph_of({**GRAPH, "relations": rows}, NAMES).relations) == 3


@pytest.mark.parametrize("text", ["", "{", "[1]", '"tree"', "[" * 100_000])
def test_files_that_are_no_graphs(tmp_path, text):
    path = tmp_path / "scene.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"no JSON|no scene graph"):
        graph_of(path)
    with pytest.raises(InputError):
        graph_of(tmp_path / "missing.json")


def test_a_picture_that_no_graph_made(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    with pytest.raises(InputError):
        graph_of(tmp_path / "photo.png")


def test_the_schema_has_what_is_read():
    objects = SCHEMA["properties"]["objects"]["items"]["properties"]
    assert set(SCHEMA["properties"]) == set(_GRAPH)
    assert set(objects) == set(_OBJECT)
    assert set(objects["look"]["properties"]) == set(_LOOK)
    assert SCHEMA["properties"]["relations"]["items"]["prefixItems"][1]["enum"] == list(SPATIAL) == list(RELATIONS[:6])


def test_graphs_and_boxes_from_a_stream():
    graph = {"objects": [{"class": "house"}, {"class": "house"}], "relations": [[0, "left of", 1]]}
    assert graph_of(io.BytesIO(json.dumps(graph).encode()), NAMES) == graph_of(graph, NAMES)
    boxes = {"boxes": [[0, 0, 0.5, 1]], "classes": ["house"]}
    assert boxes_of(io.BytesIO(json.dumps(boxes).encode()), NAMES) == boxes_of(boxes, NAMES)
    for read in (graph_of, boxes_of):
        with pytest.raises(InputError, match="what was given as a stream is no JSON"):
            read(io.BytesIO(b"\x89PNG\r\n"), NAMES)


def test_boxes_of_named_classes():
    found = boxes_of({"boxes": [[0, 0, 0.5, 1]], "classes": ["house"]}, NAMES)
    assert found.classes == (1,)
    for wrong, words in (
        ({"boxes": [[0, 0, 2, 1]], "classes": ["house"]}, "the 1st box .* outside of the picture"),
        ({"boxes": [[0, 0, 1, 1]], "classes": ["hous"]}, "did you mean 'house'"),
        ({"boxes": [[0, 0, 1, 1]], "classes": []}, "1 box and 0 classes"),
        ({"boxes": [[0, 0, 1, "a"]], "classes": [0]}, "no box of four numbers"),
        ({"boxes": 3}, "cannot be used"),
    ):
        with pytest.raises(InputError, match=words):
            boxes_of(wrong, NAMES)

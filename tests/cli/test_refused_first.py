"""What cannot be made is refused before it is announced: one line, and nothing else."""

import inspect
import json

import pytest

from calotype import saving
from calotype.catalog import MODELS, declared, system
from calotype.cli import main


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("vary --size 3x3", "3x3 pixels are too few for patches of 7"),
        ("vary --size 3x3 --engine gpdm", "3x3 pixels are too few"),
        ("vary --set patch=4", "patch=4 cannot be used"),
        ("vary --engine gpdm --set rate=0", "rate=0 cannot be used"),
        ("retarget --size 13x40", "13x40 pixels are too few"),
        ("texture --size 3x3", "3x3 pixels are too few"),
        ("texture --factor 0.1", "pixels are too few"),
        ("mix photo.png --size 3x3", "3x3 pixels are too few"),
        ("paint photo.png --size 3x3", "3x3 pixels are too few"),
        ("analogy photo.png --before photo.png --guide labels", "the counterpart is no label map"),
        ("analogy photo.png --engine imageanalogies --set leaf=1", "leaf=1 cannot be used"),
        ("analogy photo.png --engine dia --preset tiny --set passes=0", "passes=0 cannot be used"),
        ("stylize photo.png --engine dia --preset tiny --set patches=2,3,3,5,5", "give odd numbers"),
        ("erase --mask mask.png --set ratio=1", "ratio=1 cannot be used"),
        ("erase --mask mask.png --set patch=21", "40x40 pixels are too few for patches of 21"),
        ("expand --left 4 --set patch=6", "patch=6 cannot be used"),
        ("segment --set pieces=1", "pieces=1 cannot be used"),
        ("edges --set strong=2", "strong=2 cannot be used"),
        ("upscale --engine zssr --factor 2 --set ensemble=9", "ensemble=9 cannot be used"),
        ("vary --engine singan --size 3x3", "3x3 pixels are too few for patches of 5"),
        ("vary --engine singan --set steps=0", "steps=0 cannot be used"),
        ("retarget --size 40x30 --engine ingan --set steps=0", "steps=0 cannot be used"),
    ],
)
def test_engines(tmp_path, monkeypatch, capsys, picture, arguments, words):
    monkeypatch.chdir(tmp_path)
    picture(40, 40).save("photo.png")
    mask = picture(40, 40).convert("L").point(lambda _: 0)
    mask.paste(255, (10, 10, 16, 16))
    mask.save("mask.png")
    verb, *rest = arguments.split()
    assert main([verb, "photo.png", *rest]) in (1, 2)
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert [words in line for line in lines] == [True]


def saved(folder, name):
    """A model that was not trained."""
    package = system(name)
    cfg = package.PRESETS["tiny"]
    size = package.picture_size(cfg)
    saving.write(folder, name, cfg, package.build(cfg), "0" * 64, size, about={"photo": "set"})
    return folder


BOXES = {"boxes": [[0, 0, 0.5, 1]], "classes": [0]}


@pytest.mark.parametrize(
    ("name", "layout", "words"),
    [
        ("layout2im", {"boxes": [], "classes": []}, "there are no boxes"),
        ("layout2im", {**BOXES, "classes": [77]}, "the 1st box is of the class 77"),
        ("bachgan", {**BOXES, "classes": [77]}, "the 1st box is of the class 77"),
        ("scenegraph", {"objects": [{"class": 0}, {"class": 77}]}, "the 2nd object has the class 77"),
        ("scenegraph", {"objects": [{"class": 0, "look": {"archetype": 999}}]}, "the 1st object has the archetype 999"),
    ],
)
def test_layouts(tmp_path, capsys, name, layout, words):
    (tmp_path / "layout.json").write_text(json.dumps(layout))
    folder = saved(tmp_path / "model", name)
    assert main(["draw", str(tmp_path / "layout.json"), "--model", str(folder), "-o", str(tmp_path / "out")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


GRAPH = {"objects": [{"class": 0}]}


@pytest.mark.parametrize(
    ("name", "layout", "words"),
    [
        ("spade", BOXES, "holds boxes, and spade takes a label map: give one, such as a PNG, or a model of bachgan"),
        ("smis", GRAPH, "holds a scene graph, and smis takes a label map: give one, such as a PNG, or a model of"),
        ("layout2im", GRAPH, "holds a scene graph, and layout2im takes boxes: give JSON like {"),
        ("scenegraph", BOXES, "holds boxes, and scenegraph takes a scene graph: give JSON like {"),
        ("", BOXES, "holds boxes: draw needs a model of bachgan or layout2im, --model NAME"),
        ("", GRAPH, "holds a scene graph: draw needs a model of scenegraph, --model NAME"),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_layouts_of_another_kind(tmp_path, monkeypatch, capsys, name, layout, words, several):
    monkeypatch.chdir(tmp_path)
    given = tmp_path / "layouts" / "one.json"
    given.parent.mkdir()
    given.write_text(json.dumps(layout))
    model = ("--model", str(saved(tmp_path / "model", name))) if name else ()
    if several and not name:
        words = "draw needs a trained model: give --model NAME"
    assert main(["draw", "layouts" if several else "layouts/one.json", *model, "-o", "out"]) == (1 if name else 2)
    line = capsys.readouterr().err.splitlines()[-1]
    assert words in line
    assert name == "" or "'layouts/one.json' holds" in line


def test_a_folder_of_layouts_of_another_kind_beside_other_json(tmp_path, capsys):
    (tmp_path / "layouts").mkdir()
    for name, content in (("a.json", {"notes": 1}), ("b.json", BOXES)):
        (tmp_path / "layouts" / name).write_text(json.dumps(content))
    model = saved(tmp_path / "model", "spade")
    assert main(["draw", str(tmp_path / "layouts"), "--model", str(model), "-o", str(tmp_path / "out")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "b.json' holds boxes, and spade takes a label map" in line


def test_a_picture_where_boxes_are_wanted(tmp_path, capsys, picture):
    picture().save(tmp_path / "map.png")
    folder = saved(tmp_path / "model", "layout2im")
    assert main(["draw", str(tmp_path / "map.png"), "--model", str(folder), "-o", str(tmp_path / "out")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "is a picture, and layout2im takes boxes: give JSON like {" in line
    assert "or a model of smis or spade" in line


def test_json_where_an_engine_wants_a_label_map(tmp_path, capsys, picture):
    picture().save(tmp_path / "photo.png")
    (tmp_path / "map.json").write_text(json.dumps(BOXES))
    assert main(["relayout", *(str(tmp_path / name) for name in ("photo.png", "map.json", "map.json"))]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "map.json' is no picture: a label map is one" in line


def test_every_check_of_a_model_takes_what_its_verb_is_given():
    """Called without a run, a check has the declared inputs and options of its verb."""
    checked = [(name, verb) for name in MODELS for verb in declared(name).verbs.values() if verb.validate]
    assert len(checked) > 20
    for name, verb in checked:
        taken = inspect.signature(getattr(system(name), verb.validate)).parameters
        given = {one.argument or one.name for one in verb.inputs} | set(verb.options)
        open_ended = any(one.kind is one.VAR_KEYWORD for one in taken.values())
        assert open_ended or given <= set(taken), (name, verb.function)


def test_an_input_that_a_model_does_not_have(tmp_path, capsys):
    (tmp_path / "boxes.json").write_text(json.dumps(BOXES))
    folder = saved(tmp_path / "model", "layout2im")
    assert main(["draw", str(tmp_path / "boxes.json"), "--model", str(folder), "--pin", "1,2,3"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("the model layout2im has no input pin: leave out --pin (pin=)")

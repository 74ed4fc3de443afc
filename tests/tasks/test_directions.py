"""Directions of attributes: learned from labelled pictures, written, named and moved along."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.cli import main
from calotype.data.attributes import read_attributes
from calotype.errors import InputError, Stopped
from calotype.inspection import attribute_classifier
from calotype.inspection.boundaries import boundary, orthogonal
from calotype.models import stylegan
from calotype.results import Latent
from calotype.tasks import directions as learning
from calotype.tasks.attribute_styles import AttributeStyles
from calotype.tasks.show import show

CFG = replace(stylegan.PRESETS["tiny"], resolution=16)
COUNT = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model whose weights were drawn, some of its own pictures, and which of them are bright and which are red."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("made")
    net = stylegan.build(CFG).eval()
    model = folder / "drawn-stylegan-0123456789ab"
    saving.write(model, "stylegan", CFG, net, "", (16, 16))
    space = stylegan.style_space(CFG, net)
    pictures = space.draw(space.sample(range(10_000, 10_000 + COUNT)))
    channels = pictures.mean((2, 3))
    bright, red = channels.mean(1), channels[:, 0] - channels[:, 1:].mean(1)
    rows = []
    for number, picture in enumerate(pictures):
        pixels = ((picture.permute(1, 2, 0) + 1) * 127.5).round().numpy().astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        tone = "high" if bright[number] > bright.median() else "low"
        rows.append(
            {"file": f"{number}.png", "red": int(red[number] > red.median()), "tone": tone, "rare": int(number < 3)}
        )
    with open(folder / "list.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return model, folder


def test_attributes_are_read_from_lists_and_sets(made, tmp_path):
    _, folder = made
    for name in ("list.csv", "list.jsonl"):
        told = read_attributes(folder / name)
        assert told.names == ["red", "tone=low"]
        assert sum(told.column("red")) == COUNT // 2
        assert told.files[3] == folder / "3.png"
    lines = [
        {"image": f"{i}.png", "label": i % 2, "variants": {"hat": "x"} if i % 3 else {}, "colours": {"hat": "#abc"}}
        for i in range(90)
    ]
    (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "about.json").write_text(json.dumps({"format": 1, "labels": ["happy", "sad"]}))
    told = read_attributes(tmp_path)
    assert set(told.names) == {"hat", "sad"}  # colours only where they are asked for
    assert sum(told.column("hat")) == 60
    (tmp_path / "unnamed.jsonl").write_text('{"file": "a.png", "red": 1}\n{"red": 1}\n')
    for given, wanted, words in (
        (tmp_path / "unnamed.jsonl", [], "the 2nd row of .* names no file"),
        (folder / "list.csv", ["reed"], "did you mean 'red'"),
        (folder / "list.csv", ["rare"], "3 pictures of 120 with 'rare' are no basis"),
        (folder / "0.png", [], "is no list of attributes"),
        (folder, [], "tells no attributes"),
        (folder / "none.csv", [], "none.csv"),
    ):
        with pytest.raises(InputError, match=words):
            read_attributes(given, wanted)


def test_a_boundary_is_found_and_made_orthogonal_to_another():
    x = torch.randn(800, 12, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.5, 2, 12)
    one, other = torch.zeros(12), torch.zeros(12)
    one[0], other[0], other[5] = 1, 0.8, 0.6
    has = {"one": x @ one > 0.2, "other": x @ other > 0}
    found = {name: boundary(x, values) for name, values in has.items()}
    assert found["one"].accuracy > 0.9
    assert float(found["one"].normal @ one) > 0.9
    assert float(found["one"].direction.norm()) == pytest.approx(float((x @ found["one"].normal).std()), rel=1e-4)
    apart = orthogonal(found, x, has)
    assert float(apart["one"].normal @ found["other"].normal) == pytest.approx(0, abs=1e-5)
    assert apart["one"].accuracy < found["one"].accuracy
    with pytest.raises(InputError, match="a mixture of the others"):
        orthogonal({"a": found["one"], "b": found["one"]}, x, {"a": has["one"], "b": has["one"]})


def test_large_pictures_are_drawn_few_at_a_time(monkeypatch):
    space = stylegan.style_space(CFG, stylegan.build(CFG).eval())
    styles, seen = space.sample(range(5)), []
    whole, module = space.draw(styles), import_module("calotype.models.stylegan.style_space")
    monkeypatch.setattr(module, "_PIXELS", 2 * 16**2)
    monkeypatch.setattr(module, "displayed", lambda pictures: seen.append(len(pictures)) or pictures.clamp(-1, 1))
    torch.testing.assert_close(space.draw(styles), whole)
    assert seen == [2, 2, 1]


def test_directions_are_learned_written_and_moved_along(made, tmp_path, monkeypatch, capsys):
    model, folder = made
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(attribute_classifier, "_LEAST_STEPS", 120)
    words = ("directions", str(model), str(folder / "list.csv"), "--samples", "400", "--orthogonal", "--json")
    assert main([*words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["attribute"] for one in told["directions"]] == ["red", "tone=low"]
    for one in told["directions"]:
        assert one["accuracy"] > 0.6
        assert one["changed"] > 0.2
        assert 0 <= one["kept"] <= 1
    path = learning.known_directions(model)["tone=low"]
    shown = show(path)
    assert shown.command.startswith(f"calotype directions {model} list.csv --seed 0")
    assert "--attributes red,tone=low --samples 400 --orthogonal" in shown.command
    assert "the direction of 'tone=low'" in shown.content
    code = Latent({"styles": np.zeros((1, 6, 8), np.float32)}, "me", {"model": model.name})
    moved = [np.asarray(calotype.adjust(code, model=model, direction="tone=low", strength=s)[0]) for s in (-3, 3)]
    assert moved[0].mean() > moved[1].mean() + 2  # darker
    file = calotype.adjust(code, model=model, direction=path, strength=3)
    assert (np.asarray(file[0]) == moved[1]).all()
    code.save("me.safetensors")
    given = ("adjust", "me.safetensors", "--model", str(model), "-o", "out", "--direction")
    assert main([*given, "red", "-q"]) == 0
    (picture,) = (tmp_path / "out").glob("*.png")
    assert "--direction red.safetensors" in show(picture).command
    assert main([*given, "red.safetensors", "-q", "--again"]) == 0
    (tmp_path / "red").mkdir()  # a folder is no direction
    assert main([*given, "red", "-q", "--again"]) == 0
    capsys.readouterr()
    assert main([*given, "reed"]) == 1
    printed = capsys.readouterr().err
    assert "did you mean 'red'" in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": "encoder"}, "has no encoder: train one, calotype train encoder"),
        ({"attributes": "rare"}, "are no basis"),
        ({"attributes": ["red", "blue"]}, "no attribute 'blue'"),
        ({"samples": 5}, "5 samples cannot be used"),
    ],
)
def test_what_cannot_be_learned_is_refused(made, given, words):
    model, folder = made
    with pytest.raises(InputError, match=words):
        calotype.directions(model, folder / "list.csv", **given)
    assert not (model / "encoder").exists()


@pytest.mark.parametrize("other", ["a b", "A-b", "a-b?"])
def test_attributes_with_the_same_file_are_refused(made, tmp_path, other):
    rows = [[f"{i}.png", i % 2, i // 2 % 2] for i in range(100)]
    with open(tmp_path / "list.csv", "w", newline="") as file:
        csv.writer(file).writerows([["file", "a-b", other], *rows])
    with pytest.raises(InputError, match="would be the same file"):
        calotype.directions(made[0], tmp_path / "list.csv")


@pytest.mark.parametrize("command", [("directions", "MODEL", "list.csv"), ("align", "photos")])
def test_a_stop_does_not_promise_to_go_on(command, monkeypatch, capsys):
    def stopped(*args, **options):
        raise Stopped("stopped")

    for name in ("directions", "align"):
        monkeypatch.setattr(import_module(f"calotype.cli.{name}"), name, stopped)
    assert main([*command]) == 130
    printed = capsys.readouterr().err
    assert "the same command begins anew" in printed
    assert printed.count("\n") == 1


def test_other_models_have_no_directions(made, tmp_path):
    from calotype.models import cocogan

    cfg = cocogan.PRESETS["tiny"]
    saving.write(tmp_path / "c-cocogan-0123456789ab", "cocogan", cfg, cocogan.build(cfg).eval(), "", (16, 16))
    with pytest.raises(InputError, match="has no styles: give one of stylegan"):
        calotype.directions(tmp_path / "c-cocogan-0123456789ab", made[1] / "list.csv")


def test_a_direction_that_is_hardly_better_than_chance_is_noted():
    rng = torch.Generator().manual_seed(0)
    work = object.__new__(AttributeStyles)
    work.styles, work.seed, work.notes = torch.randn(2000, 8, generator=rng), 0, []
    work.has = {"first": work.styles[:, 0] > 0, "none": torch.rand(2000, generator=rng) < 0.5}
    assert list(work._boundaries()) == ["first", "none"]
    (note,) = work.notes
    assert "the direction of 'none' is hardly better than chance" in note


def test_a_folder_that_cannot_be_written_is_told_before_the_work_and_a_stop_keeps_nothing(
    made, tmp_path, monkeypatch, capsys
):
    model, folder = made
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    words = ("directions", str(model), str(folder / "list.csv"))
    monkeypatch.setattr("calotype.cli.directions.directions", stopped)
    assert main([*words, "-o", "file"]) == 1
    assert "cannot write 'file'" in capsys.readouterr().err
    assert main([*words, "-o", "out"]) == 130
    assert "no direction was written; the same command begins anew" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    (tmp_path / "latin.csv").write_bytes("file,s\xfc\xdf\n".encode("latin-1"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        calotype.directions(model, tmp_path / "latin.csv")


def stopped(*_, **__):
    """In the place of ``directions``: Ctrl-C at once."""
    raise KeyboardInterrupt

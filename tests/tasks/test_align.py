"""Faces of a folder, cropped and turned upright by given places or found ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.cli import main
from calotype.data.face_lists import read_places
from calotype.data.folder import Folder
from calotype.errors import ArgumentError, InputError
from calotype.models import stylegan
from calotype.nn.face_places import Face
from calotype.tasks import found_faces
from calotype.types import FacePlaces

PLACES = {"a.png": FacePlaces((30, 40), (50, 40), (40, 60)), "b.png": FacePlaces((40, 30), (40, 50), (20, 40))}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Two photos of a white disc each at the places of one face, the second turned; and one without a face."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, places in PLACES.items():
        image = np.zeros((80, 80, 3), np.uint8)
        for x, y in places.all:
            image[int(y) - 3 : int(y) + 3, int(x) - 3 : int(x) + 3] = 255
        Image.fromarray(image).save(folder / name)
    Image.fromarray(np.zeros((80, 80, 3), np.uint8)).save(folder / "none.png")
    rows = [
        {"file": name, "eyes": [list(each.left), list(each.right)], "mouth": list(each.mouth)}
        for name, each in PLACES.items()
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


class Found:
    """A stand-in of the networks that knows the photos by their brightness."""

    def __init__(self, device="auto"):
        pass

    def faces(self, photo, name):
        if float(photo.max()) < 0:
            raise InputError(f"no face was found in '{name}': give the places")
        places = PLACES["a.png" if float(photo[0, 0, 40, 30]) > 0 and float(photo[0, 0, 40, 50]) > 0 else "b.png"]
        return [Face((0, 0, 80, 80), 0.9, places)] * (2 if places is PLACES["a.png"] else 1)

    def places(self, photo, name):
        return self.faces(photo, name)[0].places


def test_a_folder_is_aligned_by_a_list(photos, tmp_path, capsys):
    assert main(["align", "photos", "--places", "list.jsonl", "--size", "32", "--to", "12,12 20,12 16,20"]) == 0
    assert capsys.readouterr().out.strip() == "aligned"
    one, other = (np.asarray(Image.open(tmp_path / "aligned" / name)).astype(int) for name in PLACES)
    assert one.shape == (32, 32, 3)
    for x, y in ((12, 12), (20, 12), (16, 20)):
        assert one[y - 1 : y + 1, x - 1 : x + 1].min() > 150
    assert np.abs(one - other).mean() < 12  # the same face, whatever its turn
    assert len(Folder(tmp_path / "aligned", 32)) == 2  # photos for a training, no results of this program
    again = read_places(tmp_path / "aligned" / "places.csv")
    assert again == PLACES
    made = calotype.align(photos, places=tmp_path / "aligned" / "places.csv", size=32, out=tmp_path / "again")
    assert [path.name for path in made.paths] == ["a.png", "b.png"]


def test_pictures_of_others_are_not_replaced(photos, tmp_path, capsys):
    (tmp_path / "aligned").mkdir()
    own = Image.new("RGB", (5, 5), "red")
    own.save(tmp_path / "aligned" / "b.png")
    assert main(["align", "photos", "--places", "list.jsonl", "--size", "32"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "b.png" in error
    assert "give another folder (-o, out=), or delete it" in error
    assert Image.open(tmp_path / "aligned" / "b.png").size == (5, 5)
    assert not (tmp_path / "aligned" / "a.png").exists()


def test_aligned_pictures_are_replaced_whatever_lists_and_folders_were_used_before(photos, tmp_path):
    def stop(done, count):
        raise KeyboardInterrupt

    given = {"places": "list.jsonl", "out": "aligned"}
    calotype.align(photos, size=32, **given)
    with pytest.raises(KeyboardInterrupt):
        calotype.align(photos, size=40, on_progress=stop, **given)
    assert read_places(tmp_path / "aligned" / "places.csv") == PLACES  # places may have been corrected there
    (tmp_path / "aligned" / "places.csv").rename(tmp_path / "mine.csv")
    made = calotype.align(photos, places="mine.csv", size=48, out="aligned")
    assert [Image.open(path).size for path in made.paths] == [(48, 48)] * 2


def test_a_list_that_is_corrected_stays_as_it_is(photos, tmp_path):
    calotype.align(photos, places=tmp_path / "list.jsonl", size=32, out=tmp_path / "aligned")
    places = tmp_path / "aligned" / "places.csv"
    places.write_text(places.read_text().replace("a.png,30.0,40.0", "a.png,300.0,40.0"))
    before = places.read_bytes()
    made = calotype.align(photos, places=places, size=32, out=tmp_path / "aligned")
    assert any("'a.png': there is no pixel 300,40" in note for note in made.notes)
    assert places.read_bytes() == before


def test_eyes_in_the_other_order_are_exchanged(photos, tmp_path):
    """Lists that mean the left eye of the person name the one first that lies right in the picture."""
    rows = [
        {"file": name, "eyes": [list(each.right), list(each.left)], "mouth": list(each.mouth)}
        for name, each in PLACES.items()
    ]
    (tmp_path / "other.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = calotype.align(photos, places=tmp_path / "list.jsonl", size=32, out=tmp_path / "told")
    other = {"places": tmp_path / "other.jsonl", "size": 32}
    made = calotype.align(photos, **other, out=tmp_path / "made", to="20,12 12,12 16,20")
    assert made.places == PLACES
    assert (
        "2 photos whose eyes were exchanged, as the one that lies left with the face upright comes first"
        in made.notes[0]
    )
    assert "(--to, to=)" in made.notes[1]
    again = calotype.align(photos, **other, out=tmp_path / "again")
    assert [path.read_bytes() for path in again.paths] == [path.read_bytes() for path in told.paths]
    assert told.notes == []


def test_a_face_upside_down_is_turned_and_confused_places_are_told(photos, tmp_path, capsys):
    """The eye that lies left in the upright face lies right in a photo of it upside down."""
    Image.open(photos / "a.png").rotate(180).save(photos / "turned.png")

    def listed(*rows):
        path = tmp_path / "given.jsonl"
        keys = ("file", "eyes", "mouth")
        path.write_text("\n".join(json.dumps(dict(zip(keys, row))) for row in rows))
        return path

    upright, turned = ("a.png", [[30, 40], [50, 40]], [40, 60]), ("turned.png", [[50, 40], [30, 40]], [40, 20])
    made = calotype.align(photos, places=listed(upright, turned), size=32, out=tmp_path / "both")
    one, other = (np.asarray(Image.open(path)).astype(int) for path in made.paths)
    assert np.abs(one - other).max() <= 1
    (note,) = made.notes
    assert note.startswith("1 photo whose face is upside down, with the mouth above the eyes; where it is not, correct")
    assert note.endswith("'turned.png'")
    # y counted from below: a mouth above eyes that are named as in an upright face
    below = ("b.png", [[30, 40], [50, 40]], [40, 20])
    made = calotype.align(photos, places=listed(upright, below), size=32, out=tmp_path / "one")
    assert [path.name for path in made.paths] == ["a.png"]
    (note,) = made.notes
    assert "1 photo left out: 'b.png': the mouth lies above the eyes, which are named as in an upright face" in note
    listed(below)
    assert main(["align", "photos", "--places", "given.jsonl", "-o", "none"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("calotype: 'b.png': the mouth lies above the eyes")
    with pytest.raises(InputError, match=r"'20,20 50,20 30,5' cannot be: the mouth lies above the eyes"):
        calotype.align(photos, places=listed(upright), size=64, to="20,20 50,20 30,5", out=tmp_path / "none")


def test_faces_are_found(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("calotype.tasks.align.FaceFinder", Found)
    made = calotype.align(photos, size=32)
    assert made.places == PLACES
    assert any("1 photo left out: no face was found in 'none.png'" in note for note in made.notes)
    assert any("1 photo with several faces, of which the largest was taken: 'a.png'" in note for note in made.notes)


def test_embed_finds_the_face(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("calotype.tasks.embed.FaceFinder", Found)
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    model = tmp_path / "faces-stylegan-0123456789ab"
    saving.write(model, "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    found = calotype.embed(photos / "b.png", model=model, steps=1, face="auto to 5,6 11,6 8,11")
    given = calotype.embed(photos / "b.png", model=model, steps=1, face="40,30 40,50 20,40 to 5,6 11,6 8,11")
    assert found[0].tobytes() == given[0].tobytes()
    assert any("the face in 'b' was found: --face '40,30 40,50 20,40'" in note for note in found.notes)
    swapped = calotype.embed(photos / "b.png", model=model, steps=1, face="40,50 40,30 20,40 to 5,6 11,6 8,11")
    assert swapped[0].tobytes() == given[0].tobytes()
    assert any("the eyes were exchanged" in note for note in swapped.notes)
    turned = calotype.embed(photos / "b.png", model=model, steps=1, face="50,40 30,40 40,20")
    assert any("the face in 'b' is upside down" in note and "(--face, face=)" in note for note in turned.notes)
    with pytest.raises(ArgumentError, match="cannot be: the mouth lies above the eyes"):
        calotype.embed(photos / "b.png", model=model, steps=1, face="30,40 50,40 40,20")
    with pytest.raises(InputError, match="no face was found in 'none'"):
        calotype.embed(photos / "none.png", model=model, steps=1, face="auto")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("photos",), "run 'calotype weights faces', or give the places"),
        (("photos", "--places", "none.csv"), "none.csv"),
        (("empty", "--places", "list.jsonl"), "empty"),
        (("others", "--places", "list.jsonl"), "none of the files that 'list.jsonl' names"),
        (("photos", "--places", "list.jsonl", "-o", "photos"), "is the folder of the photos"),
        (("photos", "--places", "list.jsonl", "--to", "1,1 40,1 2,5", "--size", "32"), "lies outside of pictures"),
        (("photos", "--places", "outside.csv"), "'a.png': there is no pixel 300,40"),
        (("photos", "--places", "twice.csv"), "row 2 of 'twice.csv' names 'a.png' again"),
        (("photos", "--places", "latin.csv"), "save it as UTF-8"),
        (("photos", "--places", "list.jsonl", "-o", "outside.csv"), "cannot write 'outside.csv'"),
        (("photos", "--places", "list.jsonl", "--to", "9,9 9,9 9,9", "--size", "32"), "does not tell three places"),
    ],
)
def test_what_cannot_be_aligned_is_said_in_a_line(photos, tmp_path, words, line, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "others").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "others" / "c.png")
    (tmp_path / "outside.csv").write_text('file,eyes,mouth\na.png,"300,40 50,40","40,60"\n')
    (tmp_path / "twice.csv").write_text("file,eyes,mouth\n" + 'a.png,"30,40 50,40","40,60"\n' * 2)
    (tmp_path / "latin.csv").write_bytes('file,eyes,mouth\n\xe4.png,"30,40 50,40","40,60"\n'.encode("latin-1"))
    before = sorted(photos.iterdir())
    assert main(["align", *words]) in (1, 2)
    printed = capsys.readouterr().err
    assert line in printed
    assert printed.count("\n") == 1, printed
    assert sorted(photos.iterdir()) == before
    assert not (tmp_path / "aligned").exists()


def test_the_networks_are_asked_for_before_a_search(photos, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="run 'calotype weights faces'"):
        found_faces.FaceFinder()

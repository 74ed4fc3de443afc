"""Visual Genome in the layout of its files, with made pictures."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.data.objects import object_classes, object_pictures, objects_sha256, opened_objects
from calotype.data.visual_genome import Limits, VisualGenome, read_genome
from calotype.errors import InputError

# A sheep, grass and a sky in each picture; one name by an alias, one object too small, one of a rare class.
FEW = Limits(picture=100, side=32, objects=(2, 30), relationships=(1, 30), classes=3, attributes=2, relations=2)


def thing(number, name, x, y, w, h):
    return {
        "synsets": [f"{name}.n.01"],
        "object_id": number,
        "merged_object_ids": [],
        "names": [name],
        "x": x,
        "y": y,
        "w": w,
        "h": h,
    }


def relationship(number, one, word, other):
    def end(part):
        return {**{key: part[key] for key in ("object_id", "x", "y", "w", "h", "synsets")}, "name": part["names"][0]}

    return {"relationship_id": number, "predicate": word, "synsets": [], "subject": end(one), "object": end(other)}


@pytest.fixture
def genome(tmp_path):
    images, objects, attributes, relationships = [], [], [], []
    for image in range(1, 6):
        folder = "VG_100K" if image % 2 else "VG_100K_2"
        side = 80 if image == 5 else 120
        path = tmp_path / folder / f"{image}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((120, 160, 3), 40 * image, np.uint8)).resize((160, side)).save(path)
        url = f"https://example.org/rak248/{folder}/{image}.jpg"
        images.append({"image_id": image, "url": url, "width": 160, "height": side, "coco_id": None, "flickr_id": None})
        base = 100 * image
        sky = thing(base, "sky", 0, 0, 160, 60)
        ewe = thing(base + 1, "ewe" if image == 2 else "sheep", 60, 50, 40, 40)
        grass = thing(base + 2, "grass", 0, 60, 160, 60)
        grass["names"] = ["unknown", "grass"]
        small, rare = thing(base + 3, "sheep", 5, 5, 10, 40), thing(base + 4, "umbrella", 0, 0, 50, 50)
        objects.append({"image_id": image, "objects": [sky, ewe, grass, small, rare], "image_url": url})
        told = [{"object_id": base + 1, "names": ["sheep"], "attributes": ["white", "white", "rare" * image]}]
        attributes.append({"image_id": image, "attributes": [*told, {"object_id": base, "names": ["sky"]}]})
        pairs = [(ewe, "standing ON ", grass), (sky, "above", grass), (small, "above", grass), (ewe, "near", rare)]
        if image == 4:
            pairs = pairs[3:]
        pairs += [(sky, "over", ewe)] if image == 1 else []
        entries = [relationship(10 * image + k, *each) for k, each in enumerate(pairs)]
        relationships.append({"image_id": image, "relationships": entries})
    for name, content in (
        ("image_data", images),
        ("objects", objects),
        ("attributes", attributes),
        ("relationships", relationships),
        ("vg_splits", {"train": [3, 1, 2, 4, 5], "val": [2], "test": []}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "object_alias.txt").write_text("sheep,ewe,lamb\ngrass,lawn\n")
    (tmp_path / "relationship_alias.txt").write_text("above,over\non,upon\n")
    return tmp_path


def test_classes_relations_and_pictures_are_chosen_as_by_sg2im(genome):
    found = read_genome(genome, limits=FEW)
    # Counted are all objects of training pictures that are large enough, small ones too; names by aliases.
    assert found.names[0] == "sheep"
    assert set(found.names) == {"sheep", "sky", "unknown", "grass", "umbrella"}
    assert found.relations == ["standing on", "above", "near"]  # in the order of their first use; "over" is "above"
    assert found.attributes == ["white"]
    assert [graph.image for graph in found.graphs] == [3, 1, 2, 4]  # the last one is too small
    one = found.graphs[1]
    assert one.path == genome / "VG_100K" / "1.jpg"
    assert [found.names[kind] for kind in one.classes] == ["sky", "sheep", "unknown", "umbrella"]  # no narrow sheep
    assert one.boxes[1] == (60 / 160, 50 / 120, 100 / 160, 90 / 120)
    assert one.attributes == [(), (0, 0), (), ()]
    told = [(one.classes[a], found.relations[r], one.classes[b]) for a, r, b in one.relations]
    names = found.names
    assert [(names[a], word, names[b]) for a, word, b in told] == [
        ("sheep", "standing on", "unknown"),
        ("sky", "above", "unknown"),
        ("sheep", "near", "umbrella"),
        ("sky", "above", "sheep"),
    ]


def test_limits_leave_out(genome):
    rare = read_genome(genome, limits=replace(FEW, classes=5, objects=(1, 30), relationships=(0, 30)))
    assert rare.names == ["sheep"]  # of training pictures alone, with small ones
    fewer = read_genome(genome, limits=replace(FEW, relations=4, relationships=(2, 30)))
    assert (fewer.relations, [graph.image for graph in fewer.graphs]) == (["above", "near"], [3, 1, 2])
    assert [graph.image for graph in read_genome(genome, "val", FEW).graphs] == [2]
    with pytest.raises(InputError, match=r"unknown split 'tset'.*test|tset"):
        read_genome(genome, "tset", FEW)
    with pytest.raises(InputError, match="no picture of the split test"):
        read_genome(genome, "test", FEW)
    with pytest.raises(InputError, match="has 50 objects"):
        read_genome(genome, limits=replace(FEW, classes=50))


def test_samples_are_what_the_crop_shows(genome):
    found = VisualGenome(genome, 16, limits=FEW, keep=False)
    assert len(found) == 4
    sample = found[1]
    assert sample["image"].shape == (3, 16, 16)
    assert abs(float(sample["image"].mean()) - (2 * 40 / 255 - 1)) < 0.02
    # The middle 120 of 160 columns.
    assert sample["boxes"][0].tolist() == pytest.approx([0, 0, 1, 0.5])
    assert sample["boxes"][1].tolist() == pytest.approx([40 / 120, 50 / 120, 80 / 120, 90 / 120])
    assert sample["relations"].shape == (4, 3)
    (genome / "VG_100K" / "1.jpg").write_bytes(b"broken")
    again = VisualGenome(genome, 16, limits=FEW, keep=False)
    assert [graph.image for graph in again.graphs] == [3, 2, 4]
    assert "1.jpg" in again.report()


def enlarge(genome):
    """Say that the pictures are as large as the published least size."""
    other = json.loads((genome / "image_data.json").read_text())
    for image in other:
        image["width"], image["height"] = image["width"] * 2, image["height"] * 2
    (genome / "image_data.json").write_text(json.dumps(other))


def test_models_of_objects_are_trained_on_it(genome, monkeypatch):
    enlarge(genome)
    assert [path.name for path in object_pictures(genome)] == ["3.jpg", "1.jpg", "2.jpg", "4.jpg"]
    assert "sheep" in object_classes(genome)["names"]
    before = objects_sha256(genome)
    assert len(opened_objects(genome, (16, 16))) == 4
    monkeypatch.chdir(genome.parent)
    for model, folder in (("scenegraph", genome), ("layout2im", genome.name)):
        calotype.train(model, folder, preset="tiny", settings={"steps": 1})
    (genome / "objects.json").write_text((genome / "objects.json").read_text() + " ")
    assert objects_sha256(genome) != before


def test_what_is_missing_is_named(genome):
    enlarge(genome)
    (genome / "VG_100K" / "3.jpg").unlink()
    with pytest.raises(InputError, match=r"3\.jpg' is missing"):
        calotype.train("layout2im", genome, preset="tiny", settings={"steps": 1})
    (genome / "objects.json").unlink()
    with pytest.raises(InputError, match=r"has files of Visual Genome, but not objects\.json"):
        object_pictures(genome)
    with pytest.raises(InputError, match="does not exist"):
        object_pictures(genome / "none")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("objects.json", "[{", r"objects.json.* is missing or damaged"),
        ("objects.json", '[{"image_id": 1}]', r"without objects"),
        ("objects.json", '[{"image_id": 1, "objects": [{"object_id": 3}]}]', r"without h, names, w, x, y"),
        ("relationships.json", '[{"image_id": 1, "relationships": [{"predicate": "on"}]}]', r"without object, subject"),
        ("image_data.json", "{}", "no list of pictures"),
        ("vg_splits.json", "[1, 2]", "no lists of pictures by split"),
        ("vg_splits.json", '{"val": [1]}', "no split train"),
    ],
)
def test_damaged_files_are_named(genome, name, content, message):
    (genome / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_genome(genome, limits=FEW)


def test_without_pictures_splits_and_aliases(genome):
    for name in ("vg_splits.json", "object_alias.txt", "relationship_alias.txt", "attributes.json"):
        (genome / name).unlink()
    found = read_genome(genome, limits=FEW)
    assert [graph.image for graph in found.graphs] == [1, 2, 3, 4]
    assert found.attributes == []
    (genome / "images").mkdir()
    for name in ("VG_100K", "VG_100K_2"):
        (genome / name).rename(genome / "images" / name)
    assert read_genome(genome, limits=FEW).graphs[0].path.is_file()
    (genome / "images").rename(genome / "elsewhere")
    with pytest.raises(InputError, match="VG_100K_2"):
        read_genome(genome, limits=FEW)

"""Sets with boxes of objects: those made here, and those in the format of COCO."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.data.objects import object_classes, object_pictures, objects_sha256, opened_objects
from calotype.data.writing import Made, write_samples
from calotype.errors import InputError


@pytest.fixture
def coco(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(tmp_path / "images" / "1.png")
    boxes = [[0, 0, 20, 20], [20, 0, 20, 20], [0, 20, 40, 20]]
    content = {
        "images": [{"id": 1, "file_name": "1.png", "width": 40, "height": 40}],
        "annotations": [{"image_id": 1, "category_id": 5 + i % 2, "bbox": box} for i, box in enumerate(boxes)],
        "categories": [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}],
    }
    (tmp_path / "annotations" / "instances_train2017.json").write_text(json.dumps(content))
    return tmp_path


def test_the_format_of_coco(coco):
    assert object_classes(coco)["names"] == ["cat", "dog"]
    assert [path.name for path in object_pictures(coco)] == ["1.png"]
    sample = opened_objects(coco, (32, 32))[0]
    assert sample["classes"].tolist() == [0, 1, 0]
    assert sample["boxes"].shape == (3, 4)
    before = objects_sha256(coco)
    path = coco / "annotations" / "instances_train2017.json"
    path.write_text(path.read_text().replace("cat", "cow"))
    assert objects_sha256(coco) != before


def test_a_folder_without_annotations(tmp_path):
    for call in (object_pictures, objects_sha256, object_classes):
        with pytest.raises(InputError, match="calotype data shapes"):
            call(tmp_path)


def test_pictures_without_objects_are_left_out(tmp_path):
    picture = Image.new("RGB", (16, 16))
    full = Made(picture, boxes=[(0.0, 0.0, 0.5, 0.5)], classes=[0], instances=np.ones((16, 16), np.uint8))
    empty = Made(picture, boxes=[], classes=[], instances=np.zeros((16, 16), np.uint8))
    write_samples(tmp_path / "rooms", {"classes": ["chair"]}, [empty, full, empty, full])
    assert len(object_pictures(tmp_path / "rooms")) == len(opened_objects(tmp_path / "rooms", (16, 16))) == 2
    write_samples(tmp_path / "bare", {"classes": ["chair"]}, [empty])
    with pytest.raises(InputError, match="no boxes"):
        object_pictures(tmp_path / "bare")

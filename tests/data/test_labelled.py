"""How many pictures each class of a folder has."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.data.labelled import class_counts
from calotype.errors import InputError
from calotype.tasks.dataset import Dataset


def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(path)


def test_classes_of_a_folder_are_its_subfolders_in_natural_order(tmp_path):
    for name in ("b10/1.png", "b2/1.png", "b2/deeper/2.png", "alone.png"):
        save(tmp_path / name)
    assert list(class_counts(tmp_path).items()) == [("b2", 2), ("b10", 1)]
    assert Dataset(tmp_path).about == {"count": 4, "label_names": ["b2", "b10"], "label_counts": [2, 1]}
    (tmp_path / "b2" / "1.png").rename(tmp_path / "one.png")
    assert class_counts(tmp_path) == {"b2": 1, "b10": 1}


def test_classes_of_a_made_set_are_its_labels(tmp_path):
    for i in range(3):
        save(tmp_path / "images" / f"{i}.png")

    def written(labels, about):
        lines = [{"image": f"images/{i}.png", **({} if k is None else {"label": k})} for i, k in enumerate(labels)]
        (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, lines)))
        (tmp_path / "about.json").write_text(json.dumps({"format": 1, **about}))
        return class_counts(tmp_path)

    assert written((1, 0, 1), {"labels": ["cat", "dog", "cow"]}) == {"cat": 1, "dog": 2, "cow": 0}
    assert written((1, 0, 1), {}) == {"0": 1, "1": 2}
    with pytest.raises(InputError, match="label 2 and names for 2 labels"):
        written((1, 0, 2), {"labels": ["cat", "dog"]})
    assert written((1, 0, None), {"labels": ["cat", "dog"]}) == {}


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(InputError, match="no pictures"):
        class_counts(tmp_path)

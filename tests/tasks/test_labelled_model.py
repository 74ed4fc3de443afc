"""A model that learns labels: from a folder with a sub-folder for each class."""

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError


@pytest.fixture
def classes(tmp_path):
    chance = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 200)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(4):
            picture = np.clip(chance.normal(level, 20, (20, 20, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / "set" / name / f"{i}.png")
    return tmp_path / "set"


def test_labels_are_the_sub_folders(classes):
    folder = calotype.train("stylegan", classes, preset="tiny", settings={"classes": 2}).folder
    one, other = (calotype.sample(folder, label=label)[0] for label in (0, 1))
    assert one.tobytes() != other.tobytes()
    with pytest.raises(InputError, match="the classes of this model are 0 to 1"):
        calotype.sample(folder, label=2)


def test_another_number_of_classes(classes):
    with pytest.raises(InputError, match="has 2 subfolders with pictures, one for each class: give --set classes=2"):
        calotype.train("stylegan", classes, preset="tiny", settings={"classes": 3})

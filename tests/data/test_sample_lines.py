"""Sets of samples with damaged lines or metadata are refused with the line that is wrong."""

import json

import numpy as np
import pytest
from PIL import Image

from calotype.data.sample_lines import read_about, read_lines
from calotype.data.samples import Samples
from calotype.errors import InputError

LINE = {"image": "images/0.png", "boxes": [[0.1, 0.1, 0.6, 0.6], [0.5, 0.5, 1, 1]], "classes": [0, 1]}
ABOUT = {"format": 1, "classes": ["disc", "square"], "size": [16, 16]}


def a_set(folder, line=LINE, about=ABOUT):
    (folder / "images").mkdir()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(folder / "images" / "0.png")
    (folder / "about.json").write_text(json.dumps(about))
    (folder / "samples.jsonl").write_text(json.dumps(LINE) + "\n" + json.dumps(line))
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"classes": [0]}, "2 boxes and 1 class"),
        ({"boxes": [[0, 0, 1, 1], [3, 4, 12, 15]]}, "the 2nd box: give left, top, right and bottom as shares"),
        ({"boxes": [[0, 0, 1.2, 1], [0, 0, 1, 1]]}, "the 1st box: give left"),
        ({"boxes": [[0.5, 0, 0.2, 1], [0, 0, 1, 1]]}, "the 1st box: give left"),
        ({"classes": None}, "'classes'"),
        ({"classes": [0, 2]}, "a class above 1"),
        ({"classes": [0, -1]}, "'classes'"),
        ({"boxes": [[0, 0, 1], [0, 0, 1, 1]]}, "'boxes'"),
        ({"boxes": [[0, 0, 1, float("nan")], [0, 0, 1, 1]]}, "'boxes'"),
        ({"relations": [[0, 1, 2]]}, "objects that are not there"),
        ({"relations": [[0, 1]]}, "'relations'"),
        ({"image": 7}, "'image'"),
        ({"map": "a\x00b"}, "'map'"),
        ({"label": "cat"}, "'label'"),
    ],
)
def test_damaged_line(tmp_path, change, words):
    with pytest.raises(InputError, match=rf"samples\.jsonl.*line 2.*{words}"):
        read_lines(a_set(tmp_path, {**LINE, **change}))


@pytest.mark.parametrize("change", [{"classes": 3}, {"size": [0, 16]}, {"size": "large"}, {"labels": [[]]}])
def test_damaged_metadata(tmp_path, change):
    with pytest.raises(InputError, match=r"about\.json.*damaged"):
        read_about(a_set(tmp_path, about={**ABOUT, **change}))


def test_size_that_the_pictures_do_not_have(tmp_path):
    with pytest.raises(InputError, match="another size"):
        Samples(a_set(tmp_path, about={**ABOUT, "size": [4000, 4]}), keep=False)


def test_no_box_that_is_seen(tmp_path):
    outside = {**LINE, "boxes": [[1, 1, 1, 1], [0.5, 0.5, 0.5, 0.9]]}
    folder = a_set(tmp_path, outside)
    lines = (folder / "samples.jsonl").read_text().splitlines()
    (folder / "samples.jsonl").write_text(lines[1])
    with pytest.raises(InputError, match=r"no picture of .* has a box"):
        Samples(folder, keep=False)

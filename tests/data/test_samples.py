import json

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.data.writing import Made, write_samples
from calotype.errors import InputError, OutputError
from calotype.image.io import open_photo, to_tensor


def picture(seed, side=32, width=None):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (side, width or side, 3), dtype=np.uint8))


def made(count=3):
    for i in range(count):
        index = np.zeros((32, 32), np.uint8)
        index[:, 16:] = i + 1
        boxes = [(0.5, 0.0, 1.0, 1.0), (0.0, 0.0, 0.25, 0.25)][: 1 + i % 2]
        yield Made(
            image=picture(i),
            map=index,
            instances=(index > 0).astype(np.uint8),
            other=picture(10 + i),
            label=i,
            boxes=boxes,
            classes=[4, 7][: len(boxes)],
            relations=[(0, 1, 1), (1, 0, 0)] if len(boxes) > 1 else [],
            info={"name": f"n{i}"},
        )


@pytest.fixture
def folder(tmp_path):
    assert write_samples(tmp_path / "set", {"size": [32, 32], "labels": ["a"]}, made()) == 3
    return tmp_path / "set"


def test_what_is_written_is_read(folder):
    samples = Samples(folder)
    assert (len(samples), samples.size) == (3, (32, 32))
    assert (samples.about["count"], samples.about["labels"]) == (3, ["a"])
    assert samples.lines[1]["name"] == "n1"
    one = samples[1]
    assert set(one) == {"image", "map", "instances", "other", "label", "boxes", "classes", "relations"}
    assert torch.equal(one["image"], to_tensor(open_photo(picture(1)))[0])
    assert torch.equal(one["other"], to_tensor(open_photo(picture(11)))[0])
    assert one["map"].dtype == torch.int64
    assert one["map"][0].tolist() == [0] * 16 + [2] * 16
    assert one["instances"].unique().tolist() == [0, 1]
    assert one["label"] == 1
    assert one["boxes"].tolist() == [[0.5, 0, 1, 1], [0, 0, 0.25, 0.25]]
    assert one["classes"].tolist() == [4, 7]
    assert one["relations"].tolist() == [[0, 1, 1], [1, 0, 0]]
    assert samples[0]["relations"].shape == (0, 3)


def test_batches_of_it(folder):
    batch = Stream(Samples(folder), 3, seed=0)(0)
    assert batch["boxes"].shape == (3, 2, 4)
    assert sorted(batch["classes"].tolist()) == [[4, -1], [4, -1], [4, 7]]
    assert batch["relations"].shape == (3, 2, 3)


def test_another_size_and_shape(folder):
    half = Samples(folder, 16)[1]
    assert half["image"].shape == (3, 16, 16)
    assert half["map"][0].tolist() == [0] * 8 + [2] * 8
    assert half["boxes"].tolist() == [[0.5, 0, 1, 1], [0, 0, 0.25, 0.25]]
    narrow = Samples(folder, (32, 16))[1]  # the middle half: what is left of it is less than a quarter of one box
    assert narrow["boxes"].tolist() == [[0.5, 0, 1, 1]]
    assert narrow["classes"].tolist() == [4]
    assert narrow["relations"].shape == (0, 3)
    assert narrow["map"][0].tolist() == [0] * 8 + [2] * 8


def test_only_what_is_asked_for(folder):
    assert set(Samples(folder, keys=["label"])[0]) == {"image", "label"}
    assert [line["name"] for line in Samples(folder, where={"name": "n2"}).lines] == ["n2"]
    with pytest.raises(InputError, match="no sample"):
        Samples(folder, where={"name": "x"})


def test_what_is_missing(folder, tmp_path):
    with pytest.raises(InputError, match="is no set of samples"):
        Samples(tmp_path)
    lines = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    del lines[2]["label"]
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(InputError, match="has no label"):
        Samples(folder)
    (folder / "samples.jsonl").write_text("{")
    with pytest.raises(InputError, match="missing or damaged"):
        Samples(folder)
    (folder / "about.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match="is no set of samples"):
        Samples(folder)


def test_broken_pictures_are_passed_over(folder):
    (folder / "maps/000001.png").write_bytes(b"nothing")
    picture(0).save(folder / "maps/000002.png")
    samples = Samples(folder)
    assert len(samples) == 1
    assert list(samples.skipped) == [1, 2]
    assert "is in colour" in samples.skipped[2]
    assert "000001.png" in samples.report()


def test_sizes_are_looked_up_where_they_are_not_told(tmp_path):
    wide = [Made(image=picture(0, 16, 32), boxes=[(0.25, 0.0, 0.75, 1.0)], classes=[1])]
    write_samples(tmp_path / "set", {}, wide)
    assert Samples(tmp_path / "set", 16)[0]["boxes"].tolist() == [[0, 0, 1, 1]]


def test_an_interruption_leaves_nothing(tmp_path):
    def broken():
        yield from made(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_samples(tmp_path / "set", {}, broken())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_taken_is_left_alone(folder, tmp_path):
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(InputError, match="already there"):
        write_samples(folder, {}, made())
    assert sorted(path.name for path in folder.rglob("*")) == before
    (tmp_path / "empty").mkdir()
    assert write_samples(tmp_path / "empty", {}, made()) == 3
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="already there"):
        write_samples(tmp_path / "file", {}, made())
    with pytest.raises(OutputError, match="cannot write"):
        write_samples(tmp_path / "file" / "set", {}, made())


def test_papers_are_written_beside(tmp_path):
    write_samples(tmp_path / "set", {}, made(1), lambda: {"x-LICENSE": b"free"})
    assert (tmp_path / "set/licences/x-LICENSE").read_bytes() == b"free"

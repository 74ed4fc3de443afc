import io
import json
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.shards import Shards, write_shards
from calotype.data.stream import Stream
from calotype.errors import InputError, OutputError
from calotype.image.io import open_photo, to_tensor


def png(seed, side=32):
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def samples(count):
    return [{"png": png(i), "cls": str(i % 3).encode(), "json": json.dumps({"n": i}).encode()} for i in range(count)]


def test_what_is_written_is_read(tmp_path):
    paths = write_shards(samples(7), tmp_path, per_shard=3)
    assert [path.name for path in paths] == ["shard-000000.tar", "shard-000001.tar", "shard-000002.tar"]
    shards = Shards(tmp_path, 32)
    assert len(shards) == 7
    for i in range(7):
        assert torch.equal(shards[i]["image"], to_tensor(open_photo(io.BytesIO(png(i))))[0])
        assert shards[i]["label"] == i % 3
        assert shards.about(i) == {"n": i}
    assert Shards(paths[1:2], 16)[0]["image"].shape == (3, 16, 16)
    assert shards.report() == ""


def test_the_same_samples_give_the_same_bytes(tmp_path):
    one, two = write_shards(samples(2), tmp_path / "a"), write_shards(samples(2), tmp_path / "b")
    assert one[0].read_bytes() == two[0].read_bytes()


def test_the_stream_reads_shard_after_shard(tmp_path):
    write_shards([{"png": png(0), "cls": str(i).encode()} for i in range(12)], tmp_path, per_shard=4)
    stream = Stream(Shards(tmp_path, 32), 12, seed=0, workers=2)
    epochs = [stream(i)["label"].tolist() for i in range(3)]
    stream.close()
    for epoch in epochs:
        assert sorted(epoch) == list(range(12))
        for first in range(0, 12, 4):
            assert len({number // 4 for number in epoch[first : first + 4]}) == 1
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_layouts_of_others(tmp_path):
    """Folders in names, capitals, dots in suffixes, files beside the pictures, and samples without one."""
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, data in [
            ("set/1.JPG", png(1)),
            ("set/1.seg.png", png(2)),
            ("set/2.txt", b"words"),
            ("set/3.png", png(3)),
        ]:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    shards = Shards([tmp_path / "x.tar"], 32)
    assert len(shards) == 2
    assert set(shards[0]) == {"image"}
    assert torch.equal(shards[0]["image"], to_tensor(open_photo(io.BytesIO(png(1))))[0])
    assert shards.about(0) == {}


def test_unreadable_samples_are_stood_in_for_and_told(tmp_path):
    made = samples(4)
    made[1]["png"] = b"nothing"
    made[2]["cls"] = b"three"
    write_shards(made, tmp_path)
    shards = Shards(tmp_path, 32)
    assert torch.equal(shards[1]["image"], shards[3]["image"])
    assert list(shards.skipped) == [1, 2]
    assert "000000001.png" in shards.report()
    assert "2 of 4" in shards.report()
    write_shards([{"png": b"nothing"}], tmp_path / "bad")
    with pytest.raises(InputError, match="not one sample"):
        _ = Shards(tmp_path / "bad", 32)[0]


def test_refusals(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        Shards(tmp_path / "nowhere", 32)
    with pytest.raises(InputError, match="no shards"):
        Shards(tmp_path, 32)
    (tmp_path / "a.tar").write_bytes(b"nothing" * 200)
    with pytest.raises(InputError, match="no tar file"):
        Shards(tmp_path, 32)
    write_shards([{"txt": b"x"}], tmp_path, name="a")
    (tmp_path / "a.tar").unlink()
    with pytest.raises(InputError, match="no sample in the shards has a picture"):
        Shards(tmp_path, 32)
    write_shards([{"png": png(0), "cls": b"1"}, {"png": png(1)}], tmp_path, name="a")
    with pytest.raises(InputError, match="has no label"):
        Shards(tmp_path, 32)
    with pytest.raises(InputError, match="0 samples"):
        write_shards([], tmp_path, per_shard=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_shards(samples(1), tmp_path / "file")


def test_a_damaged_description_is_told(tmp_path):
    write_shards([{"png": png(0), "json": b"["}], tmp_path)
    with pytest.raises(InputError, match="is damaged"):
        Shards(tmp_path, 32).about(0)

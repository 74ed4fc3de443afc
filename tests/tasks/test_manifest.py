"""The manifest survives whatever happens to those who write it."""

import json
import threading

from calotype.tasks.manifest import MANIFEST, Manifest, hash_of


def test_what_was_said_last_holds(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"12345")
    manifest = Manifest(tmp_path)
    manifest.failed(picture, "no light", seed=1)
    assert not Manifest(tmp_path).holds(picture, "x")
    manifest.done(picture, "x", 1.23456, seed=1)
    again = Manifest(tmp_path)
    assert again.holds(picture, "x")
    assert not again.holds(picture, "y")
    picture.write_bytes(b"1234")
    assert not again.holds(picture, "x")
    picture.unlink()
    assert not again.holds(picture, "x")
    lines = [json.loads(line) for line in (tmp_path / MANIFEST).read_text().splitlines()]
    assert lines[1] == {"path": "a.png", "seed": 1, "settings": "x", "state": "done", "seconds": 1.235, "bytes": 5}


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"12345")
    Manifest(tmp_path).done(picture, "x", 1.0)
    whole = (tmp_path / MANIFEST).read_bytes()
    for length in range(len(whole)):
        (tmp_path / MANIFEST).write_bytes(whole[:length])
        manifest = Manifest(tmp_path)
        assert manifest.holds(picture, "x") is (length == len(whole) - 1)
        manifest.done(picture, "y", 1.0)
        assert Manifest(tmp_path).holds(picture, "y")


def test_several_write_at_a_time(tmp_path):
    names = [f"{i}.png" for i in range(40)]
    threads = [threading.Thread(target=lambda name=n: Manifest(tmp_path).failed(tmp_path / name, "x")) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / MANIFEST).read_text().splitlines()
    assert sorted(json.loads(line)["path"] for line in lines) == sorted(names)


def test_without_a_folder_nothing_is_kept(tmp_path):
    manifest = Manifest(None)
    manifest.done(tmp_path / "a.png", "x", 1.0)
    assert not manifest.holds(tmp_path / "a.png", "x")
    assert list(tmp_path.iterdir()) == []


def test_hash():
    assert hash_of({"a": (1, 2), "b": 1}) == hash_of({"b": 1, "a": [1, 2]})
    assert hash_of({"a": 1}) != hash_of({"a": 2})

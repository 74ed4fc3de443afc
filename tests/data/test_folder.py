import os

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.decoded import decoded
from calotype.data.folder import Folder, middle
from calotype.errors import InputError, OutputError
from calotype.image.io import open_photo, to_tensor


def picture(width=40, height=30, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for i, name in enumerate(["a10.png", "a2.png", "sub/b.png", ".hidden/c.png", ".d.png"]):
        picture(seed=i).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_pictures_are_found_below_in_the_order_of_names(photos):
    assert [p.name for p in Folder(photos, 16).paths] == ["a2.png", "a10.png", "b.png"]


def test_the_middle_is_kept_as_it_is_where_no_pixel_has_to_change(photos):
    folder = Folder(photos, (30, 30))
    wanted = to_tensor(open_photo(photos / "a2.png"))[0, :, :, 5:35]
    assert folder[0]["image"].dtype == torch.float32
    assert torch.equal(folder[0]["image"], wanted)


def test_shrinking_is_that_of_pillow_within_one_level(tmp_path):
    smooth = picture(8, 6).resize((160, 120), Image.Resampling.BICUBIC)
    smooth.save(tmp_path / "p.png")
    got = (Folder(tmp_path, (24, 32))[0]["image"] + 1) * 127.5
    wanted = np.asarray(smooth.resize((32, 24), Image.Resampling.BICUBIC), np.float32).transpose(2, 0, 1)
    assert np.abs(got.numpy() - wanted).max() <= 1.01


@pytest.mark.parametrize(
    ("shape", "size", "cut"),
    [
        ((30, 40), (16, 16), (0, 5, 30, 30)),
        ((40, 30), (16, 32), (12, 0, 15, 30)),
        ((218, 178), (64, 64), (20, 0, 178, 178)),
        ((10, 1000), (16, 16), (0, 495, 10, 10)),
    ],
)
def test_middle(shape, size, cut):
    assert middle(shape, size) == cut


def test_transparency_orientation_and_grey_as_everywhere(tmp_path):
    clear = picture(32, 32).convert("RGBA")
    clear.putalpha(Image.fromarray(np.repeat([[0, 255]], 32, 0).repeat(16, 1).astype(np.uint8)))
    clear.save(tmp_path / "0.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    tall = Image.new("RGB", (60, 20))
    tall.paste((255, 0, 0), (20, 0, 40, 20))
    tall.save(tmp_path / "1.png", exif=exif)
    picture(32, 32).convert("L").save(tmp_path / "2.png")
    folder = Folder(tmp_path, 20)
    assert folder[0]["image"][:, :, :8].abs().max() < 0.01  # mid-grey
    assert torch.equal(folder[1]["image"], torch.tensor([1.0, -1, -1])[:, None, None].expand(3, 20, 20))
    assert torch.equal(folder[2]["image"][0], folder[2]["image"][2])


def test_broken_files_are_passed_over_by_number(photos):
    (photos / "a3.png").write_bytes((photos / "a2.png").read_bytes()[:400])
    (photos / "a4.jpg").write_bytes(b"")
    folder = Folder(photos, 16)
    assert list(folder.skipped) == [1, 2]
    assert [p.name for p in folder.paths] == ["a2.png", "a10.png", "b.png"]
    assert folder.report().startswith("2 of 5 pictures could not be read and are skipped: number 1: ")
    assert "a4.jpg" in folder.report()
    assert Folder(photos, 16).skipped == folder.skipped  # of what was kept, too
    wanted = to_tensor(open_photo(photos / "sub/b.png"))
    assert torch.equal(Folder(photos, (30, 40))[2]["image"], wanted[0])


def test_decoded_once_until_something_changes(photos, monkeypatch):
    first = Folder(photos, 16)
    calls = []
    monkeypatch.setattr("calotype.data.folder.open_photo", lambda path: calls.append(path) or open_photo(path))
    again = Folder(photos, 16)
    assert not calls
    assert all(torch.equal(first[i]["image"], again[i]["image"]) for i in range(3))
    Folder(photos, 20)
    assert len(calls) == 3
    picture(seed=9).save(photos / "a2.png")
    os.utime(photos / "a2.png", ns=(1, 1))
    changed = Folder(photos, 16)
    assert len(calls) == 6
    assert not torch.equal(changed[0]["image"], first[0]["image"])


def test_in_memory_nothing_is_written(photos, model_store):
    held = Folder(photos, 16, keep=False)
    assert not list(model_store.rglob("*"))
    kept = Folder(photos, 16)
    assert all(torch.equal(held[i]["image"], kept[i]["image"]) for i in range(3))


def test_what_was_kept_and_is_cut_short_is_made_again(photos, model_store):
    before = Folder(photos, 16)[0]["image"]
    rows = next(model_store.rglob("rows.u8"))
    rows.write_bytes(rows.read_bytes()[:100])
    assert torch.equal(Folder(photos, 16)[0]["image"], before)
    next(model_store.rglob("index.json")).write_text("{")
    assert torch.equal(Folder(photos, 16)[0]["image"], before)


def test_interrupted_decoding_leaves_nothing(photos, model_store, monkeypatch):
    def interrupt(done, count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Folder(photos, 16, on_progress=interrupt)
    assert not [p for p in model_store.rglob("*") if p.is_file()]


def test_changing_a_sample_changes_nothing_that_is_kept(photos):
    folder = Folder(photos, 16)
    before = folder[0]["image"].clone()
    folder[0]["image"].zero_()
    assert torch.equal(folder[0]["image"], before)


def test_progress(photos):
    said = []
    Folder(photos, 16, on_progress=lambda done, count: said.append((done, count)))
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_refusals(tmp_path, photos):
    with pytest.raises(InputError, match="does not exist"):
        Folder(tmp_path / "nowhere", 16)
    with pytest.raises(InputError, match="is not a folder"):
        Folder(photos / "notes.txt", 16)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures in"):
        Folder(tmp_path / "empty", 16)
    with pytest.raises(InputError, match="too small"):
        Folder(photos, 8)
    (tmp_path / "empty" / "x.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no picture can be read"):
        Folder(tmp_path / "empty", 16)


def test_a_place_that_cannot_be_written_to(photos, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot write"):
        Folder(photos, 16)


def test_a_file_that_goes_meanwhile(tmp_path):
    with pytest.raises(InputError, match="still there"):
        decoded([(tmp_path / "gone",)], (1,), lambda n: n, lambda n: np.zeros(1, np.uint8), about="")

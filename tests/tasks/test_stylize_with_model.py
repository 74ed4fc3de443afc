"""``stylize`` with a model of photos and artworks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.data.writing import Made, write_samples
from calotype.errors import InputError


def noise(seed, size=(32, 32)):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    home = tmp_path_factory.mktemp("styles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_CACHE", str(home / "cache"))
        made = [Made(image=noise(i), label=i % 3, info={"category": "ab"[i % 2]}) for i in range(12)]
        write_samples(home / "set", {"labels": ["photo", "one", "two"]}, made)
        yield calotype.train("styledisentangle", home / "set", preset="tiny", device="cpu").folder


def test_the_photo_keeps_its_size_and_what_it_carries(model, tmp_path):
    photo = noise(1, (50, 37))
    made = calotype.stylize(photo, noise(2), model=model, device="cpu")
    assert made[0].size == (50, 37)
    path = made.save(tmp_path)[0]
    assert "calotype stylize" in calotype.show(path).command
    clear = photo.convert("RGBA")
    clear.putalpha(90)
    assert calotype.stylize(clear, noise(2), model=model, device="cpu")[0].getpixel((0, 0))[3] == 90


def test_between_two_artworks(model):
    photo = noise(1)
    ends = [calotype.stylize(photo, noise(art), model=model, device="cpu")[0] for art in (2, 3)]
    for share, wanted in zip((0.0, 1.0), ends):
        made = calotype.stylize(photo, noise(2), to_style=noise(3), blend=share, model=model, device="cpu")
        assert made[0].tobytes() == wanted.tobytes()
    other = calotype.stylize(photo, noise(2, (90, 40)), vector="median", model=model, device="cpu")
    assert other[0].size == (32, 32)
    film = calotype.interpolate(model, picture=photo, style=noise(2), to_style=noise(3), frames=2, device="cpu")
    assert film.frames[0].size == (32, 32)


def test_a_mask_and_colours(model):
    photo, mask = noise(1), Image.new("L", (32, 32))
    mask.paste(255, (0, 0, 8, 32))
    made = np.asarray(calotype.stylize(photo, noise(2), mask=mask, model=model, device="cpu")[0])
    assert np.array_equal(made[:, 20:], np.asarray(photo)[:, 20:])
    assert not np.array_equal(made[:, :4], np.asarray(photo)[:, :4])
    calm = calotype.stylize(photo, noise(2), colours=0.0, model=model, device="cpu")
    assert calm[0].tobytes() != calotype.stylize(photo, noise(2), model=model, device="cpu")[0].tobytes()


def test_what_cannot_be_done_is_one_line(model, tmp_path):
    photo = noise(1)
    with pytest.raises(InputError, match="--to-style"):
        calotype.stylize(photo, noise(2), blend=0.3, model=model, device="cpu")
    with pytest.raises(InputError, match="takes one style picture"):
        calotype.stylize(photo, noise(2), to_style=noise(3), device="cpu")
    with pytest.raises(InputError, match="has no --blend here"):
        calotype.stylize(photo, noise(2), blend=0.3, device="cpu")
    with pytest.raises(InputError, match="median"):
        calotype.stylize(photo, noise(2), vector="most", model=model, device="cpu")
    for name in ("content/a.png", "style/monet/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        noise(1).save(tmp_path / name)
    with pytest.raises(InputError, match="one artwork"):
        calotype.train("styledisentangle", tmp_path, preset="tiny", device="cpu")


@pytest.fixture
def collection(tmp_path):
    """A large artwork, the same brighter, and another one by another artist; and a file that is no picture."""
    for artist in ("one", "two"):
        (tmp_path / "art" / artist).mkdir(parents=True)
    waves = np.add.outer(np.arange(70), np.arange(90))[..., None] % 60 + np.array([0, 60, 120])
    for name, pixels in (("one/a", waves), ("one/b", waves + 4), ("two/c", 255 - waves[:, ::-1] ** 2 % 256)):
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "art" / f"{name}.png")
    (tmp_path / "art" / "two" / "d.png").write_bytes(b"no picture")
    return tmp_path / "art"


def test_styles_of_a_collection(model, collection, tmp_path):
    done = []
    made = calotype.styles(
        collection, model=model, out=tmp_path / "styles.csv", device="cpu", on_progress=lambda *at: done.append(at)
    )
    assert made.table.columns == ("picture", "artist", "patch", "style_0", "style_1", "style_2", "style_3")
    assert [row[:3] for row in made.table.rows] == [
        ("one/a.png", "one", 0),
        ("one/b.png", "one", 0),
        ("two/c.png", "two", 0),
    ]
    assert [one.nearest for one in made.nearest[:2]] == ["one/b.png", "one/a.png"]
    assert "1 of 4 artworks left out" in made.notes[0]
    assert done[-1] == (4, 4)
    lines = (tmp_path / "styles.csv").read_text().splitlines()
    assert lines[0].startswith("picture,artist,patch,style_0")
    assert [float(value) for value in lines[1].split(",")[3:]] == list(made.table.rows[0][3:])


def test_styles_of_patches_and_of_a_single_artwork(model, collection, tmp_path):
    large = collection / "one" / "a.png"
    patches = calotype.styles(large, model=model, vector="patches", out=tmp_path / "p.npz", device="cpu")
    held = np.load(tmp_path / "p.npz")
    assert held["vectors"].shape == (10, 4)
    assert held["vectors"].dtype == np.float32
    assert held["patch"].tolist() == list(range(10))
    assert set(held["picture"]) == {"a.png"}
    assert not patches.nearest
    wanted = {"mean": held["vectors"].mean(0), "median": np.sort(held["vectors"], 0)[4]}
    for vector, value in wanted.items():
        row = calotype.styles(large, model=model, vector=vector, device="cpu").table.rows[0]
        np.testing.assert_allclose(row[3:], value, atol=1e-6)
    closest = calotype.styles(large, model=model, vector="closest", device="cpu").table.rows[0]
    assert np.abs(held["vectors"] - np.array(closest[3:])).max(1).min() < 1e-6


def test_styles_of_the_artworks_of_a_set(model, tmp_path):
    made = [Made(image=noise(i), label=i % 3) for i in range(6)]
    write_samples(tmp_path / "set", {"labels": ["photo", "one", "two"]}, made)
    rows = calotype.styles(tmp_path / "set", model=model, device="cpu").table.rows
    assert [row[1] for row in rows] == ["one", "two", "one", "two"]
    write_samples(tmp_path / "plain", {}, [Made(image=noise(i)) for i in range(2)])
    assert [row[1] for row in calotype.styles(tmp_path / "plain", model=model, device="cpu").table.rows] == ["", ""]
    for name in ("content", "style/one"):
        (tmp_path / "own" / name).mkdir(parents=True)
        noise(1).save(tmp_path / "own" / name / "x.png")
    rows = calotype.styles(tmp_path / "own", model=model, device="cpu").table.rows
    assert [row[:2] for row in rows] == [("style/one/x.png", "one")]


def test_styles_that_cannot_be_found_are_said(model, collection, tmp_path):
    with pytest.raises(InputError, match=r"d\.png"):
        calotype.styles(collection / "two" / "d.png", model=model)
    with pytest.raises(InputError, match="does not exist"):
        calotype.styles(tmp_path / "nowhere", model=model)
    with pytest.raises(InputError, match=r"no table: give a name that ends in \.csv"):
        calotype.styles(collection, model=model, out="styles.png")
    with pytest.raises(InputError, match="max"):
        calotype.styles(collection, model=model, vector="max")
    with pytest.raises(InputError, match="needs a trained model"):
        calotype.styles(collection)

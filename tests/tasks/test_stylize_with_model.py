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

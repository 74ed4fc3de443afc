"""Results as JPEG, WebP, and PNG without settings."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import InputError
from calotype.image.carried import carried_by
from calotype.image.exporting import exported
from calotype.tasks.show import show


@pytest.fixture
def result(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x013B] = "Ada"
    Image.fromarray(pixels).resize((64, 48), Image.Resampling.BICUBIC).save(
        tmp_path / "me.png", exif=exif, dpi=(300, 300)
    )
    (path,) = calotype.vary(tmp_path / "me.png", preset="tiny").save(tmp_path)
    return path


@pytest.mark.parametrize("form", ["jpeg", "webp", "png"])
@pytest.mark.parametrize("settings", [True, False])
def test_what_goes_with_a_result_in_another_format(result, tmp_path, form, settings):
    path = tmp_path / f"out.{form}"
    path.write_bytes(exported(result, form, settings=settings))
    with Image.open(path) as made, Image.open(result) as before:
        assert made.format == form.upper()
        carried = carried_by(made)
        assert (carried.artist, carried.source_type) == ("Ada", "composite")
        off = np.abs(np.asarray(made.convert("RGB")).astype(int) - np.asarray(before.convert("RGB")))
        assert off.mean() < 3
        assert "GPSInfo" not in str(dict(made.getexif()))
    if settings:
        assert show(path).command == show(result).command
    else:
        assert b"calotype" not in path.read_bytes().replace(b"Calotype", b"")
        with pytest.raises(InputError, match="carries no settings"):
            show(path)


def test_quality_and_transparency(tmp_path, result):
    sizes = [len(exported(result, "jpeg", quality)) for quality in (40, 70, 95)]
    assert sizes == sorted(sizes)
    pixels = np.full((32, 32, 4), 200, np.uint8)
    pixels[:16, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    (tmp_path / "white.jpg").write_bytes(exported(tmp_path / "clear.png", "jpeg"))
    with Image.open(tmp_path / "white.jpg") as made:
        assert np.asarray(made)[2, 2].tolist() == [255, 255, 255]
    (tmp_path / "same.webp").write_bytes(exported(tmp_path / "clear.png", "webp", 100))
    with Image.open(tmp_path / "same.webp") as made:
        assert np.array_equal(np.asarray(made)[16:], pixels[16:])
        assert (np.asarray(made)[:16, :, 3] == 0).all()


def test_an_unknown_format_is_named(result):
    with pytest.raises(InputError, match="format 'jpg'"):
        exported(result, "jpg")

"""What came with a photo: date, author, copyright and resolution are kept, position and serial numbers are left out."""

import numpy as np
import pytest
from PIL import Image

from calotype import vary
from calotype.cli import main

KEPT = {0x8298: "(c) Somebody", 0x013B: "Some Body"}
TAKEN = "2023:01:02 03:04:05"


def photo_file(folder, suffix: str):
    values = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    exif = Image.Exif()
    for tag, text in KEPT.items():
        exif[tag] = text
    exif[0x0110] = "Camera 123"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0xA431], inner[0xA430] = TAKEN, "SERIAL-99", "The Owner"
    exif.get_ifd(0x8825)[2] = (50.0, 1.0, 2.0)
    Image.fromarray(values).save(folder / f"a.{suffix}", exif=exif, dpi=(300, 300))
    return folder / f"a.{suffix}"


def check(path) -> None:
    with Image.open(path) as made:
        exif = made.getexif()
        assert {tag: exif.get(tag) for tag in KEPT} == KEPT
        assert dict(exif.get_ifd(0x8769)) == {0x9003: TAKEN}
        assert set(exif) == {*KEPT, 0x8769}
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.02)
    data = path.read_bytes()
    for secret in (b"SERIAL-99", b"The Owner", b"Camera 123"):
        assert secret not in data


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_python(tmp_path, suffix):
    given = photo_file(tmp_path, suffix)
    made = vary(given, preset="tiny")
    if suffix == "webp":  # has no resolution
        assert made.carried.copyright == "(c) Somebody"
        return
    (path,) = made.save(tmp_path / "out")
    check(path)


def test_command_line(tmp_path):
    given = photo_file(tmp_path, "jpg")
    assert main(["vary", str(given), "-o", str(tmp_path / "out"), "--max-side", "32", "-q", "--preset", "tiny"]) == 0
    check(tmp_path / "out" / "a_vary_0.png")


def test_a_photo_without_any_has_results_without_any(tmp_path):
    (path,) = vary(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8), preset="tiny").save(tmp_path)
    with Image.open(path) as made:
        assert set(made.info) == {"calotype", "XML:com.adobe.xmp", "xmp"}  # what is said of every result

import numpy as np
import pytest

import calotype
from calotype.errors import InputError

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
TINY = {"preset": "tiny", "device": "cpu"}


def test_new_size():
    result = calotype.retarget(PHOTO, factor="2x1", **TINY)
    assert [image.size for image in result] == [(96, 32)]
    assert result.settings["verb"] == "retarget"
    assert "structure" not in result.settings


def test_a_size_is_needed():
    with pytest.raises(calotype.InputError, match="--size 1280x480 or --factor 2x1"):
        calotype.retarget(PHOTO, **TINY)


# ---------------------------------------------------------------------------------------------------------------
# Shapes and films

INGAN = {"engine": "ingan", **TINY}


def test_what_was_not_asked_for_is_not_recorded():
    assert "own" not in calotype.retarget(PHOTO, factor="2x1", **TINY).settings


def test_a_shape_of_the_photos_own_size():
    result = calotype.retarget(PHOTO, shape="trapezoid:0.4", **INGAN)
    (image,) = result
    assert (image.mode, image.size) == ("RGBA", (48, 32))
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)
    assert image.getpixel((24, 16))[3] == 255
    assert result.settings["own"] == {"shape": "trapezoid:0.4"}


def test_outside_of_a_shape_it_can_be_white():
    (image,) = calotype.retarget(PHOTO, size="60x40", shape=calotype.Shape("arc", (0.3,)), outside="white", **INGAN)
    assert (image.mode, image.size) == ("RGB", (60, 40))
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_one_training_serves_all_sizes_and_shapes(model_store):
    calotype.retarget(PHOTO, factor="1.5x1", **INGAN)
    (model,) = (model_store / "models").iterdir()
    stamp = (model / "weights.safetensors").stat().st_mtime_ns
    calotype.retarget(PHOTO, size=(30, 60), shape="slant", **INGAN)
    assert [folder.name for folder in (model_store / "models").iterdir()] == [model.name]
    assert (model / "weights.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(("outside", "mode"), [("transparent", "RGBA"), ("white", "RGB")])
def test_a_film_goes_there_and_back(tmp_path, outside, mode):
    result = calotype.retarget(PHOTO, factor="1.5x1", film="gif", frames=6, fps=5, outside=outside, **INGAN)
    (film,) = result.films
    frames = list(film)
    assert len(frames) == 6
    assert {frame.size for frame in frames} == {(72, 32)}
    assert {frame.mode for frame in frames} == {mode}
    assert np.array_equal(frames[1], frames[5])
    assert not np.array_equal(frames[1], frames[3])
    corner = frames[0].getpixel((2, 2))
    assert corner == ((255, 255, 255) if mode == "RGB" else (0, 0, 0, 0))
    (path,) = result.save(tmp_path)
    assert path.with_suffix(".gif").exists()
    assert calotype.show(path.with_suffix(".gif")).settings["own"]["film"] == "gif"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"shape": "trapezoid:0.4"}, r"gpnn supports only rectangles: .* \(ingan\), or leave out --shape"),
        ({"film": "gif"}, r"gpnn cannot make a film .* \(ingan\), or leave out --film"),
        ({"engine": "ingan", "shape": "circle"}, "no shape 'circle'"),
        ({"engine": "ingan", "shape": "trapezoid:wide"}, "trapezoid:0.4, arc:0.3 or quad"),
        ({"engine": "ingan", "shape": "trapezoid:0"}, "from 0.05 to 20, like trapezoid:0.4"),
        ({"engine": "ingan", "shape": "arc:nan"}, "from -0.9 to 0.9"),
        ({"engine": "ingan", "shape": "quad:0,0,1,0,1,1"}, "x,y of four corners"),
        ({"engine": "ingan", "shape": "quad:0,0,1,0,1,1,0,1.2"}, "fractions from 0 to 1"),
        ({"engine": "ingan", "shape": "quad:0,0,1,1,1,0,0,1"}, "folded"),
        ({"engine": "ingan", "shape": "quad:0,0,0.5,0,1,0,0,1"}, "no area"),
        ({"engine": "ingan", "shape": "quad:0,0,1,0,0.1,0.1,0,1"}, "folded"),
        ({"engine": "ingan", "shape": "arc:0.2", "outside": "black"}, "no outside 'black'"),
        ({"engine": "ingan", "film": "avi"}, "no film 'avi'"),
        ({"outside": "white"}, "has no transparency, and without --shape or --film"),
        ({"engine": "ingan", "film": "gif", "frames": 1}, "1 frame cannot be used"),
        ({"engine": "ingan", "film": "gif", "fps": 60}, "60 frames a second cannot be written"),
        ({"engine": "ingan", "size": "1x1"}, "1x1 pixels is too small for ingan"),
        ({"engine": "ingan", "tile": "x"}, "cannot make tileable results"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_trained(model_store, arguments, said):
    size = {} if {"size", "shape"} & set(arguments) else {"size": "60x40"}
    with pytest.raises(calotype.InputError, match=said) as error:
        calotype.retarget(PHOTO, **size, **TINY, **arguments)
    assert "\n" not in str(error.value)
    assert not (model_store / "models").exists()


def test_shapes_are_read_as_they_are_written():
    for text in ("trapezoid:0.4", "slant:-0.25", "arc:0.123456789", "quad:0.2,0,1,0.1,0.9,1,0,0.8"):
        assert str(calotype.Shape.parse(text)) == text
    assert calotype.Shape.parse("arc") == calotype.Shape("arc", (0.3,))
    wide, narrow = (calotype.Shape("trapezoid", (ratio,)).corners for ratio in (2.0, 0.5))
    assert wide[0] == (0, 0)
    assert wide[3] == (0.25, 1)
    assert narrow[0] == (0.25, 0)
    assert narrow[3] == (0, 1)


def test_on_the_way_to_a_shape():
    shape = calotype.Shape.parse("slant:0.4")
    assert shape.partly(0).corners == ((0, 0), (1, 0), (1, 1), (0, 1))
    assert shape.partly(1).corners == shape.corners
    assert shape.partly(0.5).corners[0] == pytest.approx((0.2, 0))
    assert calotype.Shape.parse("arc:0.4").partly(0.5) == calotype.Shape("arc", (0.2,))


@pytest.mark.parametrize(("name", "value"), [("frames", 20), ("fps", 5.0)])
def test_options_of_a_film_without_one(name, value):
    with pytest.raises(InputError, match=f"--{name} belongs to --film"):
        calotype.retarget(np.zeros((32, 32, 3), np.uint8), factor=2, **{name: value})

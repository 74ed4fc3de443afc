from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.filters import gaussian
from skimage.morphology import dilation, disk

from calotype.errors import InputError
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.mask import composite, derived_mask, open_mask, soften
from calotype.types import Size


def square(height=40, width=50):
    mask = np.zeros((height, width), np.uint8)
    mask[10:20, 15:30] = 255
    return mask


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "RGBA", "P", "LA", "I;16"])
def test_any_mode_gives_the_same_selection(mode, tmp_path):
    if mode == "I;16":
        image = Image.fromarray(square().astype(np.uint16) * 257)
    else:
        image = Image.fromarray(square()).convert(mode)
    image.save(tmp_path / "mask.png")
    mask = open_mask(tmp_path / "mask.png", Size(40, 50))
    assert mask.shape == (1, 1, 40, 50)
    assert mask.dtype == torch.float32
    assert np.array_equal(mask[0, 0].numpy(), square() / 255)


def test_white_on_nothing_and_arrays_of_truth():
    rgba = np.full((40, 50, 4), 255, np.uint8)
    rgba[..., 3] = square()
    for source in (rgba, square() > 0, square() / 255):
        assert np.array_equal(open_mask(source, Size(40, 50))[0, 0].numpy(), square() / 255)


def test_mask_follows_a_photo_that_was_shrunk():
    assert open_mask(square(80, 100), Size(40, 50), max_side=50).shape == (1, 1, 40, 50)


def test_mask_of_another_size_but_the_same_shape_is_resized():
    large = open_mask(np.kron(square(), np.ones((3, 3), np.uint8)), Size(40, 50))
    assert np.array_equal(large[0, 0].numpy(), square() / 255)
    small = open_mask(square(), Size(80, 100))
    assert set(small.unique().tolist()) == {0, 1}
    assert small.mean() == open_mask(square(), Size(40, 50)).mean()
    with pytest.raises(InputError, match="shape"):
        open_mask(square(), Size(80, 103))


AREA = np.zeros((40, 40), int)
AREA[10:20, 12:30] = 1
DARK_RED = Image.fromarray(AREA.astype(np.uint8), "P")
DARK_RED.putpalette([0, 0, 0, 128, 0, 0])
# Masks as programs write them: numbers 0 and 1, one colour on black, deep ones.
MASKS = {
    "0 and 1": Image.fromarray(AREA.astype(np.uint8)),
    "a palette of two": DARK_RED,
    "0 and 1 of 16 bits": AREA.astype(np.uint16),
    "0 and 255 of 16 bits": (255 * AREA).astype(np.uint16),
    "0 and 65535": (65535 * AREA).astype(np.uint16),
    "red on black": Image.fromarray((AREA[..., None] * np.array([255, 0, 0])).astype(np.uint8)),
    "blue on black": Image.fromarray((AREA[..., None] * np.array([0, 0, 255])).astype(np.uint8)),
    "white by its alpha": np.dstack([np.full((40, 40, 3), 255), 255 * AREA]).astype(np.uint8),
    "0 and 1 of floats": AREA.astype(np.float32),
}


@pytest.mark.parametrize("name", MASKS)
def test_masks_as_programs_write_them(name):
    assert np.array_equal(open_mask(MASKS[name], Size(40, 40))[0, 0].numpy(), AREA)


def test_dark_pictures_are_no_masks():
    dark = np.random.default_rng(0).integers(0, 90, (40, 40), np.uint8)
    grey = np.where(AREA, 90, 20).astype(np.uint8)  # no black
    for values in (dark, grey):
        with pytest.raises(InputError, match="selects nothing"):
            open_mask(values, Size(40, 40))


def test_masks_that_cannot_be_used():
    with pytest.raises(InputError, match=r"50x40.*51x40"):
        open_mask(square(), Size(40, 51))
    with pytest.raises(InputError, match="selects nothing"):
        open_mask(np.zeros((40, 50), np.uint8), Size(40, 50))
    with pytest.raises(InputError, match="whole photo"):
        open_mask(np.full((40, 50), 255, np.uint8), Size(40, 50))


@pytest.mark.parametrize(("radius", "sigma"), [(7, 5.0), (3, 2.0), (20, 5.0)])
def test_soften_is_that_of_the_reference(radius, sigma):
    mask = square(90, 100)
    expected = gaussian(dilation(mask > 0, disk(radius)).astype(np.float64), sigma=sigma)
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    soft = soften(torch.from_numpy(mask / np.float32(255))[None, None], radius, sigma)
    assert np.abs(soft[0, 0].numpy() - expected).max() < 1e-5


def test_soften_of_constants_and_of_nothing_to_do():
    ones = torch.ones(1, 1, 20, 20)
    assert torch.equal(soften(ones), ones)
    assert torch.equal(soften(0 * ones), 0 * ones)
    almost = ones.clone()
    almost[..., 3, 3] = 0
    assert torch.equal(soften(almost), ones)
    mask = torch.from_numpy(square() / np.float32(255))[None, None]
    assert torch.equal(soften(mask, 0, 0), mask)


def test_soften_of_a_small_thing_in_a_large_picture_is_that_of_the_whole():
    mask = np.zeros((300, 280), np.uint8)
    mask[2:9, 140:150] = 1
    expected = gaussian(dilation(mask > 0, disk(30)).astype(np.float64), sigma=4.0)
    soft = soften(torch.from_numpy(mask.astype(np.float32))[None, None], 30, 4.0)
    assert np.abs(soft[0, 0].numpy() - expected / expected.max()).max() < 1e-5


def scene(height=120, width=160, seed=0):
    """Smooth colours with some texture, [1, 3, H, W]."""
    noise = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 6, 8, generator=noise) * 1.4 - 0.7
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")
    return (smooth + 0.05 * torch.randn(1, 3, height, width, generator=noise)).clamp(-1, 1)


def as_jpeg(x, quality):
    buffer = io.BytesIO()
    to_image(x).save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    return to_tensor(open_photo(buffer))


def pasted(photo):
    """The photo with a square of another scene in it, and where."""
    where = torch.zeros(1, 1, 120, 160)
    where[..., 30:70, 50:100] = 1
    other = photo.flip(1) * 0.8 - 0.3
    return composite(photo, other, where), where


@pytest.mark.parametrize("quality", [None, 90, 60])
def test_derived_mask_finds_the_change_and_not_the_compression(quality):
    photo = scene()
    changed, where = pasted(photo)
    found = derived_mask(photo, changed if quality is None else as_jpeg(changed, quality))
    assert found.dtype == torch.float32
    assert set(found.unique().tolist()) == {0, 1}
    assert (found * where).sum() / (found + where).clamp(max=1).sum() > (0.97 if quality is None else 0.85)


def test_derived_mask_drops_specks_and_fills_holes():
    photo = scene()
    changed, where = pasted(photo)
    changed[..., 100, 20] = 1 - photo[..., 100, 20]
    changed[..., 48:51, 70:73] = photo[..., 48:51, 70:73]
    found = derived_mask(photo, changed)
    assert found[0, 0, 95:105, 15:25].sum() == 0
    assert found[0, 0, 45:55, 65:78].min() == 1
    assert (found - where).abs().mean() < 0.01


def test_derived_mask_sees_a_thin_line_and_looks_at_common_channels():
    photo = scene()
    changed = photo.clone()
    changed[..., 60:62, 20:140] = 1
    found = derived_mask(photo, torch.cat([changed, torch.ones(1, 1, 120, 160)], 1))
    assert found[0, 0, 60:62, 22:138].mean() > 0.9
    assert found.sum() < 4 * 120


def test_pictures_that_give_no_mask():
    photo = scene()
    for same in (photo, as_jpeg(photo, 75)):
        with pytest.raises(InputError, match="no clear difference"):
            derived_mask(photo, same)
    for other in (scene(seed=1), photo + 0.2):
        with pytest.raises(InputError, match="everywhere"):
            derived_mask(photo, other)
    with pytest.raises(InputError, match=r"160x120.*100x120"):
        derived_mask(photo, photo[..., :100])


def test_composite_leaves_the_rest_exactly():
    photo, made = scene(), scene(seed=1)
    soft = soften(torch.from_numpy(square(120, 160) / np.float32(255))[None, None], 3, 2.0)
    mixed = composite(photo, made, soft)
    assert torch.equal(mixed[..., soft[0, 0] == 0], photo[..., soft[0, 0] == 0])
    assert torch.equal(mixed[..., soft[0, 0] == 1], made[..., soft[0, 0] == 1])

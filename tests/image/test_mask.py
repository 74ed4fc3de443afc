from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.filters import gaussian
from skimage.morphology import dilation, disk

from calotype.errors import InputError
from calotype.image.mask import open_mask, soften
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

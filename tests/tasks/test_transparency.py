"""Where a verb changes colour alone, the transparency of its result is that of its inputs."""

import numpy as np
import pytest
import torch

from calotype import edit, erase, harmonize, stylize, vary
from calotype.image.io import open_photo, to_tensor
from calotype.image.transparency import settled, with_alpha

SIDE = 48


def photo(seed: int = 0) -> np.ndarray:
    """Colours in waves, opaque but for a band that fades at the right and a clear corner."""
    y, x = np.mgrid[:SIDE, :SIDE]
    rng = np.random.default_rng(seed)
    colours = 128 + 90 * np.stack([np.sin(x / (3 + i) + y / (5 - i)) for i in range(3)], -1)
    colours = np.clip(colours + rng.normal(0, 4, colours.shape), 0, 255)
    alpha = np.full((SIDE, SIDE), 255)
    alpha[:, 40:] = np.linspace(250, 60, SIDE - 40)
    alpha[:10, :12] = 0
    return np.dstack([colours, alpha]).astype(np.uint8)


def pasted() -> np.ndarray:
    changed = photo()
    changed[20:32, 14:28, :3] = (200, 40, 40)
    return changed


def mask() -> np.ndarray:
    area = np.zeros((SIDE, SIDE), np.uint8)
    area[20:32, 14:28] = 255
    return area


def alpha_of(result) -> np.ndarray:
    return np.asarray(result[0].convert("RGBA"))[..., 3]


@pytest.mark.parametrize("verb", [harmonize, edit])
@pytest.mark.parametrize("engine", ["gpnn", "gpdm"])
def test_a_pasted_object_punches_no_holes(verb, engine):
    made = verb(photo(), pasted(), mask=mask(), engine=engine, preset="tiny")
    assert np.array_equal(alpha_of(made), photo()[..., 3])


@pytest.mark.parametrize("verb", [harmonize, edit])
@pytest.mark.parametrize("engine", ["gpnn", "gpdm"])
def test_a_picture_without_transparency_fills_no_holes_of_the_photo(verb, engine):
    """Where nothing was pasted, the photo's alpha stays; where something was, it is opaque."""
    made = alpha_of(verb(photo(), pasted()[..., :3], mask=mask(), engine=engine, preset="tiny", feather=0))
    far = np.ones((SIDE, SIDE), bool)
    far[14:38, 8:34] = False
    assert photo()[..., 3][far].min() == 0
    assert np.array_equal(made[far], photo()[..., 3][far])
    assert made[22:30, 16:26].min() == 255


def test_an_unmasked_picture_has_the_transparency_of_the_pasted_one():
    made = harmonize(photo(), pasted(), mask=mask(), unmasked=True, preset="tiny")
    assert np.array_equal(alpha_of(made), photo()[..., 3])


def test_a_pasted_object_brings_its_own_transparency():
    changed = pasted()
    changed[20:32, 14:28, 3] = 120
    made = alpha_of(harmonize(photo(), changed, mask=mask(), feather=0.5, preset="tiny"))
    assert abs(int(made[26, 21]) - 120) <= 1  # in the middle of the object
    assert np.array_equal(made[:10], photo()[:10, :, 3])  # far from it


def test_erasing_keeps_what_is_opaque_opaque():
    made = alpha_of(erase(photo(), mask=mask(), preset="tiny"))
    outside = mask() == 0
    outside[18:34, 12:30] = False
    assert np.array_equal(made[outside], photo()[..., 3][outside])
    assert made[20:32, 14:28].min() == 255


def test_stylizing_keeps_the_transparency():
    style = photo(1)[..., :3]
    assert np.array_equal(alpha_of(stylize(photo(), style, preset="tiny")), photo()[..., 3])


@pytest.mark.parametrize("engine", ["gpnn", "gpdm"])
def test_variations_are_fully_opaque_where_they_nearly_are(engine):
    cut = photo()
    cut[..., 3] = np.where(cut[..., 3] > 0, 255, 0)
    made = alpha_of(vary(cut, engine=engine, preset="tiny"))
    assert not ((made > 247) & (made < 255)).any()
    assert not ((made > 0) & (made < 8)).any()


def test_another_alpha_keeps_the_colours():
    made = to_tensor(open_photo(photo()))
    alpha = torch.full_like(made[:, 3:], 0.5)
    other = with_alpha(made, alpha, to_tensor(open_photo(pasted())))
    seen = made[:, 3:] > -0.4
    straight = (made[:, :3] / ((made[:, 3:] + 1) / 2).clamp_min(0.01)).clamp(-1, 1)
    assert torch.allclose(
        (other[:, :3] / 0.75)[seen.expand(-1, 3, -1, -1)], straight[seen.expand(-1, 3, -1, -1)], atol=1e-5
    )
    assert torch.equal(other[:, 3:], alpha)


def test_opaque_pictures_are_not_touched():
    opaque = to_tensor(open_photo(photo()[..., :3]))
    assert settled(opaque, opaque) is opaque


def test_the_colours_of_holes_are_those_around_them():
    """An engine's picture with holes one pixel wide: neither their noise nor the colour of the input shows."""
    made = torch.full((1, 4, 32, 32), 0.5)
    made[:, 3:] = 1.0
    made[:, :, :, ::4] = torch.tensor([0.004, -0.004, 0.0, -0.99]).view(1, 4, 1, 1)
    red = torch.tensor([1.0, -1.0, -1.0, 1.0]).view(1, 4, 1, 1).expand(1, 4, 32, 32)
    filled = with_alpha(made, torch.ones(1, 1, 32, 32), red)
    assert float((filled[:, :3] - 0.5).abs().max()) < 0.03
    assert float(filled[:, 3:].min()) == 1
    nothing = torch.zeros(1, 4, 32, 32)
    nothing[:, 3:] = -1
    assert torch.equal(with_alpha(nothing, torch.ones(1, 1, 32, 32), red), red)

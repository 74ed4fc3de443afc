"""Colours brought to those of another picture."""

import torch

from calotype.image.colours import projected, ranked, recoloured, with_light_of
from calotype.image.luminance import luminance


def picture(seed, spread=0.3, shift=0.0):
    noise = torch.Generator().manual_seed(seed)
    mixing = torch.randn(3, 3, generator=noise) * spread
    return (torch.einsum("ij,bjhw->bihw", mixing, torch.randn(1, 3, 40, 50, generator=noise)) + shift).clamp(-1, 1)


def test_mean_and_covariance_become_those_of_the_other():
    x, like = picture(0, 0.05, 0.2), picture(1, 0.1, -0.1)
    made = recoloured(x, like)[0].flatten(1)
    other = like[0].flatten(1)
    assert torch.allclose(made.mean(1), other.mean(1), atol=0.01)
    assert torch.allclose(made.cov(), other.cov(), atol=0.002)


def test_its_own_colours_change_nothing_and_transparency_stays():
    x = torch.cat([picture(0, 0.1), torch.linspace(-1, 1, 2000).view(1, 1, 40, 50)], 1)
    assert torch.allclose(recoloured(x, x), x, atol=1e-3)
    assert torch.equal(recoloured(x, picture(3))[:, 3:], x[:, 3:])


def test_a_picture_of_one_colour():
    assert recoloured(torch.zeros(1, 3, 8, 8), picture(2)).isfinite().all()
    assert recoloured(picture(2), torch.zeros(1, 3, 8, 8)).abs().max() < 0.05


def test_hues_of_one_and_brightness_of_the_other():
    colours, x = picture(0, 0.1), picture(1, 0.1)
    made = with_light_of(colours, x)
    assert torch.allclose(luminance(made), luminance(x), atol=0.02)
    assert torch.allclose(made - luminance(made), colours - luminance(colours), atol=0.05)


def test_ranks_do_not_depend_on_exposure():
    x = torch.linspace(-0.9, 0.9, 100).view(1, 1, 10, 10).expand(1, 3, 10, 10)
    ranks = ranked(x)
    assert torch.allclose(ranks, ranked(0.5 * x - 0.3), atol=0.05)
    assert ranks.min() < -0.9
    assert ranks.max() > 0.9


def test_projected_colours_are_those_of_the_palette():
    greys = torch.linspace(-1, 1, 2000).view(1, 1, 40, 50).expand(1, 3, 40, 50)
    x = picture(0, 0.2)
    made = projected(x, greys)
    assert (made[0, 0] - made[0, 1]).abs().max() < 0.02
    assert torch.corrcoef(torch.stack([made[0, 0].flatten(), x.mean(1).flatten()]))[0, 1] > 0.99


def test_a_colour_that_the_palette_has_is_kept():
    palette = torch.zeros(1, 3, 20, 20)
    palette[:, 0, :10], palette[:, 2, 10:] = 0.8, 0.8
    x = torch.cat([palette, torch.linspace(-1, 1, 400).view(1, 1, 20, 20)], 1)
    made = projected(x, palette)
    assert torch.allclose(made[:, :3], palette, atol=0.05)
    assert torch.equal(made[:, 3:], x[:, 3:])

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.cluster.vq import kmeans2

from calotype.errors import InputError
from calotype.image.palette import palette, quantized

FLAGS = torch.tensor([[-0.9, -0.9, -0.8], [-0.2, 0.7, -0.5], [0.9, 0.1, 0.0], [0.9, 0.9, 0.95]])


def flags(noise: float = 0.0) -> torch.Tensor:
    """Four fields of one colour each, darkest first: [1, 3, 40, 64]."""
    picture = FLAGS.T[None, :, None].repeat_interleave(16, 3).expand(1, 3, 40, 64)
    return picture + noise * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("seed", range(5))
def test_finds_the_colours_darkest_first(seed):
    assert torch.allclose(palette(flags(), 4, seed), FLAGS, atol=1e-6)
    assert torch.allclose(palette(flags(0.03), 4, seed), FLAGS, atol=0.01)


def test_is_as_good_as_another_k_means():
    noise = torch.Generator().manual_seed(3)
    photo = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8, generator=noise) * 2 - 1, (96, 96), mode="bilinear")
    pixels = photo[0].flatten(1).T.double()

    def error(centres):
        return float(torch.cdist(pixels, torch.as_tensor(centres).double()).amin(1).square().mean())

    others = [kmeans2(pixels.numpy(), 6, minit="++", rng=np.random.default_rng(s))[0] for s in range(10)]
    ours = [error(palette(photo, 6, seed)) for seed in range(10)]
    assert min(ours) < 1.01 * min(map(error, others))
    assert np.median(ours) < 1.05 * np.median([error(x) for x in others])


def test_same_seed_same_palette_and_a_large_photo_is_sampled():
    large = flags(0.2).repeat(1, 1, 10, 5)
    assert torch.equal(palette(large, 7, 1), palette(large, 7, 1))
    assert palette(large, 7, 1).shape == (7, 3)
    assert palette(large, 7, 1).dtype == torch.float32


def test_fewer_colours_than_asked_for_and_wrong_numbers():
    assert palette(flags(), 9).shape == (4, 3)
    assert torch.allclose(palette(flags(), 1)[0], FLAGS.mean(0))
    with pytest.raises(InputError, match="0 colours"):
        palette(flags(), 0)


def test_transparent_pixels_are_not_looked_at():
    alpha = torch.ones(1, 1, 40, 64)
    alpha[..., :16] = -1
    assert torch.allclose(palette(torch.cat([flags(), alpha], 1), 4), FLAGS[1:], atol=1e-6)


def test_quantized_takes_the_nearest_and_keeps_alpha():
    noise = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 4, 11, 13, generator=noise) * 2 - 1
    reduced = quantized(picture, FLAGS)
    assert torch.equal(reduced[:, 3], picture[:, 3])
    nearest = torch.cdist(picture[0, :3].flatten(1).T, FLAGS).argmin(1)
    assert torch.equal(reduced[0, :3].flatten(1).T, FLAGS[nearest])
    assert torch.equal(quantized(reduced, FLAGS), reduced)

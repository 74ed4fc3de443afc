"""How much of a result is copied in order."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.metrics.originality import originality


def photo(height=64, width=80, seed=0):
    """Smooth random blobs: no patch twice."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, height // 4, width // 4, generator=generator) * 2 - 1
    return F.interpolate(coarse, size=(height, width), mode="bicubic").clamp(-1, 1)


def noise(height=64, width=80):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(5)) * 2 - 1


def test_the_photo_itself_is_all_copy():
    found = originality(photo(), photo())
    assert found.copied == 1
    assert found.coverage == 1


def test_so_is_a_flat_photo_and_one_with_a_burnt_out_corner():
    assert originality(photo() * 0 + 0.3, photo() * 0 + 0.3).copied == 1
    burnt = photo()
    burnt[..., :30, -34:] = 1
    assert originality(burnt, burnt).copied == 1


def test_a_piece_is_all_copy_but_little_of_the_photo():
    found = originality(photo(), photo()[..., 10:42, 20:60])
    assert found.copied == 1
    assert found.coverage == pytest.approx(32 * 40 / (64 * 80))


def test_noise_is_no_copy():
    assert originality(photo(), noise()).copied < 0.12


def test_two_halves_swapped_break_the_order_at_the_seam_only():
    real = photo(64, 120)
    swapped = torch.cat([real[..., 60:], real[..., :60]], 3)
    found = originality(real, swapped)
    assert 0.75 < found.copied < 1
    assert found.coverage == 1


def test_small_blocks_shuffled_copy_less_than_large_ones():
    real = photo(96, 96)

    def shuffled(side):
        n = 96 // side
        blocks = real.view(3, n, side, n, side).permute(1, 3, 0, 2, 4).reshape(n * n, 3, side, side)
        order = torch.randperm(n * n, generator=torch.Generator().manual_seed(1))
        return blocks[order].view(n, n, 3, side, side).permute(2, 0, 3, 1, 4).reshape(1, 3, 96, 96)

    assert originality(real, shuffled(8)).copied < originality(real, shuffled(32)).copied < 1


def test_nearest_patches_are_exact():
    # Brute force, in float64 and with a loop, on the order of pairs to the right only.
    real, fake = photo(24, 28), (photo(24, 28, seed=1) + noise(24, 28)) / 2
    sources = F.unfold(real.double(), 15)[0].T
    queries = F.unfold(fake.double(), 15)[0].T
    nearest = torch.cdist(queries, sources).argmin(1)
    kept = total = 0
    for axis, (dy, dx) in enumerate(((5, 0), (0, 5))):
        for y in range(0, 10 - dy, 5):
            for x in list(range(0, 14 - dx, 5)) + ([13] if axis == 0 else []):
                a, b = nearest[y * 14 + x].item(), nearest[(y + dy) * 14 + x + dx].item()
                kept += (b // 14, b % 14) == (a // 14 + dy, a % 14 + dx)
                total += 1
        if axis == 1:  # the last row of the grid, closer than a step to the one before
            for x in range(0, 14 - dx, 5):
                a, b = nearest[9 * 14 + x].item(), nearest[9 * 14 + x + dx].item()
                kept += (b // 14, b % 14) == (a // 14, a % 14 + dx)
                total += 1
    assert originality(real, fake).copied == pytest.approx(kept / total)


def test_large_pictures_are_reduced_together():
    real = F.interpolate(photo(), scale_factor=6, mode="bilinear")
    assert originality(real, real[..., :300]).copied == 1


def test_too_small_is_said():
    with pytest.raises(InputError, match="too small"):
        originality(photo(), photo()[..., :18])

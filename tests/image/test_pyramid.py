from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.image.pyramid import gpnn_sizes, pyramid, singan_sizes
from calotype.image.resize import resize

# By default an example has a fifth of a second.
any_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SQUARE_250 = [25, 32, 40, 50, 63, 80, 100, 126, 158, 199, 250]
SQUARE_512 = [26, 33, 42, 54, 70, 90, 117, 150, 194, 250]
SQUARE_100 = [26, 32, 40, 51, 63, 80, 100]


@pytest.mark.parametrize(
    ("photo", "sizes"),
    [
        ((188, 250), "26x34 32x42 40x53 49x66 62x82 77x102 96x128 121x160 151x200 188x250"),
        ((164, 248), "25x38 32x48 41x61 51x77 65x97 82x123 103x155 130x197 164x248"),
        ((250, 250), " ".join(f"{n}x{n}" for n in SQUARE_250)),
        ((512, 512), " ".join(f"{n}x{n}" for n in SQUARE_512)),
        ((100, 100), " ".join(f"{n}x{n}" for n in SQUARE_100)),
    ],
)
def test_singan_sizes_are_those_of_the_reference(photo, sizes):
    assert " ".join(f"{h}x{w}" for h, w in singan_sizes(*photo)) == sizes


def test_singan_sizes_of_large_photos():
    sizes = singan_sizes(600, 900)
    assert (len(sizes), sizes[-1]) == (9, (167, 250))
    sizes = singan_sizes(1024, 768)
    assert (len(sizes), sizes[0], sizes[-1]) == (9, (34, 25), (250, 188))


def test_singan_sizes_of_tiny_photos():
    assert singan_sizes(20, 24) == [(20, 24)]
    assert singan_sizes(25, 25) == [(25, 25)]
    assert singan_sizes(20, 400) == [(13, 250)]
    assert len(singan_sizes(26, 26)) >= 1


sides = st.integers(1, 1500)


@any_machine
@given(sides, sides)
def test_singan_sizes_of_any_photo(height, width):
    sizes = singan_sizes(height, width)
    assert sizes == sorted(sizes)
    assert max(sizes[-1]) <= 251  # 250, or one more by a hair, as in the reference
    assert all(h >= 1 and w >= 1 for h, w in sizes)


@any_machine
@given(st.integers(14, 3000), st.integers(14, 3000), st.integers(5, 60))
def test_gpnn_sizes_of_any_photo(height, width, coarsest):
    sizes = gpnn_sizes(height, width, coarsest)
    assert sizes[-1] == (height, width)
    assert min(sizes[0]) == min(coarsest, height, width)
    for (h, w), (next_h, next_w) in itertools.pairwise(sizes):
        assert h <= next_h
        assert w <= next_w
        assert (h, w) != (next_h, next_w)
    for h, w in sizes:  # the shape is kept, up to the rounding of either side
        assert abs(h * width - w * height) <= (height + width) / 2 + 1


def test_gpnn_sizes_step_by_about_the_ratio():
    sizes = gpnn_sizes(180, 240)
    assert sizes[0] == (14, 19)
    assert len(sizes) == 10
    ratios = [later[0] / earlier[0] for earlier, later in itertools.pairwise(sizes)]
    assert all(1.2 < ratio < 1.45 for ratio in ratios)


def test_gpnn_sizes_of_a_photo_that_is_coarse_already():
    assert gpnn_sizes(14, 50) == [(14, 50)]
    assert gpnn_sizes(10, 10) == [(10, 10)]


def test_every_level_comes_from_the_finest():
    x = torch.rand(1, 3, 40, 60) * 2 - 1
    levels = pyramid(x, [(10, 15), (20, 30), (40, 60)])
    assert torch.equal(levels[0], resize(x, (10, 15)))
    assert levels[2] is x

"""Copies that are too bright meet their surroundings; edges of things stay."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from calotype.engines import completion
from calotype.engines.completion.blending import Blending, correction, touching, with_gradients
from calotype.engines.completion.pyramid import Level
from calotype.engines.completion.search import LevelSearch
from calotype.run import Run

FAST = completion.PRESETS["fast"]


@pytest.fixture
def hole() -> Tensor:
    hole = torch.zeros(40, 60, dtype=torch.bool)
    hole[12:26, 8:24] = True
    return hole


def shifted(photo: Tensor, hole: Tensor, across: int, edge: float) -> Tensor:
    """The hole filled with what is some columns to the right, blended unless ``edge`` is 0."""
    search = LevelSearch.of(Level(photo.masked_fill(hole, 9.0), hole), replace(FAST, near=0.0))
    right = torch.where(search.active, across, 0)
    field = search.moved(torch.zeros_like(right), right)
    weights = search.active.flatten().to(photo)
    if edge:
        return Blending(search, 0.2, edge, 0.001)(field, weights, photo.masked_fill(hole, 0.0))
    return search.voted(field, weights, photo.masked_fill(hole, 0.0), 0.2)


def texture_on_a_slope() -> Tensor:
    texture = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0)) * 0.2
    return torch.cat([texture, texture], 3) + torch.linspace(-0.1, 0.1, 60)


def test_a_copy_from_a_brighter_place_gets_the_tones_of_its_surroundings(hole: Tensor) -> None:
    photo = texture_on_a_slope()
    apart = [(shifted(photo, hole, 30, edge) - photo)[..., hole].abs().max() for edge in (0.5, 0.0)]
    assert apart[0] < 0.03
    assert apart[1] > 0.09


def test_what_is_known_stays(hole: Tensor) -> None:
    photo = texture_on_a_slope()
    assert torch.equal(shifted(photo, hole, 30, 0.5)[..., ~hole], photo[..., ~hole])


def test_a_difference_that_is_an_edge_is_kept(hole: Tensor) -> None:
    mean = torch.zeros(1, 3, 40, 60).masked_fill(hole, 1.0)
    flat = torch.zeros(1, 6, 40, 60)
    assert float((mean + correction(mean, flat, hole, 5.0, 0.001))[..., hole].max()) < 0.2
    assert float((mean + correction(mean, flat, hole, 0.05, 0.001))[..., hole].min()) > 0.9


def test_gradients_are_the_differences_of_neighbours() -> None:
    picture = torch.rand(1, 4, 7, 9)
    found = with_gradients(picture)
    assert torch.equal(found[:, :4], picture)
    torch.testing.assert_close(found[:, 4:8, :, :-1], picture[..., 1:] - picture[..., :-1])
    torch.testing.assert_close(found[:, 8:, :-1], picture[..., 1:, :] - picture[..., :-1, :])
    assert not found[:, 4:8, :, -1].any()
    assert not found[:, 8:, -1].any()


def test_pairs_of_pixels_that_touch_the_hole() -> None:
    hole = torch.tensor([[0, 0, 0], [0, 1, 0]]) > 0
    right, below = touching(hole).tolist()
    assert right == [[False, False, False], [True, True, False]]
    assert below == [[False, True, False], [False, False, False]]


def test_a_pattern_on_a_slope_is_continued_in_its_tones() -> None:
    y, x = torch.meshgrid(torch.arange(64), torch.arange(96), indexing="ij")
    photo = (torch.sin(x * torch.pi / 4) * torch.cos(y * torch.pi / 4) * 0.2 + x / 160 - 0.3).expand(1, 3, 64, 96)
    missing = torch.zeros(1, 1, 64, 96)
    missing[..., 18:46, 30:66] = 1
    inside = missing[0, 0] > 0
    error = {}
    for edge in (0.5, 0.0):
        made = completion.fill([photo], replace(FAST, edge=edge, last_edge=edge), Run(), hole=missing, seed=0)
        error[edge] = float((made - photo)[..., inside].square().mean())
    assert error[0.5] < 0.8 * error[0.0], error

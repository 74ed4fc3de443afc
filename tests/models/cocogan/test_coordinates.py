from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import (
    cells,
    cells_within,
    cropped,
    joined,
    macro_choices,
    macro_coordinates,
    merged,
    micro_coordinates,
)

PLANE = Config(size=(32, 32), macro=16, micro=8)
ROUND = Config(size=(32, 64), macro=16, micro=8, coordinates="cylindrical")


def numbers(count):
    return torch.arange(count, dtype=torch.float32)


def test_the_coordinates_of_a_small_picture():
    micro = micro_coordinates(numbers(4), torch.zeros(4), PLANE)[:, 0]
    macro = macro_coordinates(numbers(3), torch.zeros(3), PLANE)[:, 0]
    assert torch.allclose(micro, torch.tensor([-1, -1 / 3, 1 / 3, 1]))
    assert torch.equal(macro, torch.tensor([-1.0, 0.0, 1.0]))
    assert macro_choices(PLANE) == (3, 3)


def test_the_cells_of_a_macro_piece_have_the_coordinates_that_they_have_in_the_whole_picture():
    row, column = torch.tensor([0.0, 2.0, 1.0]), torch.tensor([1.0, 0.0, 2.0])
    rows, columns = cells_within(row, column, PLANE)
    whole = micro_coordinates(*torch.meshgrid(numbers(4), numbers(4), indexing="ij"), PLANE)
    assert torch.equal(micro_coordinates(rows, columns, PLANE), whole[rows.long(), columns.long()])


def test_beyond_the_edges_coordinates_go_on():
    outside = micro_coordinates(torch.tensor([-1.0, 4.0]), torch.zeros(2), PLANE)[:, 0]
    assert torch.allclose(outside, torch.tensor([-5 / 3, 5 / 3]))


def test_one_place_is_in_the_middle():
    alone = Config(size=(16, 16), macro=16, micro=8)
    assert torch.equal(macro_coordinates(torch.zeros(1), torch.zeros(1), alone), torch.zeros(1, 2))


def test_a_turn_later_the_coordinates_are_the_same_to_the_last_bit():
    column = numbers(8)
    row = torch.zeros(8)
    here = micro_coordinates(row, column, ROUND)
    assert here.shape == (8, 3)
    assert torch.equal(here, micro_coordinates(row, column + 8, ROUND))
    assert torch.equal(here, micro_coordinates(row, column - 8, ROUND))
    assert torch.allclose(here[:, 1].square() + here[:, 2].square(), torch.ones(8))


def test_neighbours_on_a_cylinder_are_equally_far_all_round():
    at = micro_coordinates(torch.zeros(9), numbers(9), ROUND)[:, 1:]
    apart = (at[1:] - at[:-1]).norm(dim=1)
    assert torch.allclose(apart, apart[:1].expand(8), atol=1e-6)
    assert math.isclose(float(apart[0]), 2 * math.sin(math.pi / 8), rel_tol=1e-5)


def test_pieces_of_more_than_two_cells_have_the_right_angles():
    cfg = Config(size=(32, 64), macro=32, micro=8, coordinates="cylindrical")
    rows, columns = cells_within(torch.zeros(1), torch.zeros(1), cfg)
    at = micro_coordinates(rows, columns, cfg)[0, :4]
    assert torch.equal(at, micro_coordinates(torch.zeros(4), numbers(4), cfg))


@pytest.mark.parametrize("cfg", [PLANE, ROUND])
def test_what_is_cut_into_parts_and_merged_is_what_it_was(cfg):
    pictures = torch.rand(2, 3, *cfg.size)
    rows, columns = cells(cfg)
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns))
    parts = [
        pictures[:, :, i * cfg.micro : (i + 1) * cfg.micro, j * cfg.micro : (j + 1) * cfg.micro] for i, j in places
    ]
    together = torch.stack(parts, dim=1).flatten(0, 1)
    assert torch.equal(merged(together, rows, columns), pictures)


def test_the_gradient_reaches_every_part():
    parts = torch.rand(8, 3, 4, 4, requires_grad=True)
    (merged(parts, 2, 2) * torch.rand(2, 3, 8, 8)).sum().backward()
    assert (parts.grad != 0).all()


def test_pieces_are_cut_where_they_are_asked_for():
    pictures = torch.rand(2, 3, 32, 32)
    cut = cropped(pictures, torch.tensor([2.0, 0.0]), torch.tensor([1.0, 2.0]), PLANE)
    assert torch.equal(cut[0], pictures[0, :, 16:32, 8:24])
    assert torch.equal(cut[1], pictures[1, :, 0:16, 16:32])


def test_what_goes_over_the_right_edge_comes_in_at_the_left():
    pictures = torch.rand(1, 3, 32, 64)
    cut = cropped(pictures, torch.tensor([1.0]), torch.tensor([7.0]), ROUND)
    assert torch.equal(cut, pictures.roll(-56, dims=3)[:, :, 8:24, :16])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"micro": 12}, "power of two"),
        ({"micro": 2}, "power of two"),
        ({"size": (60, 64)}, "multiples of micro"),
        ({"macro": 8, "micro": 16}, "multiples of micro"),
        ({"macro": 128}, "no larger than size"),
        ({"size": (16, 16), "macro": 16, "micro": 16}, "more than one cell"),
        ({"batch": 10, "accumulate": 4}, "multiple of accumulate"),
        ({"steps": 0}, "at least 1"),
        ({"beyond": 1}, "both"),
        ({"average": 1.0}, "average"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        Config(**changes)


def test_parts_that_agree_where_they_overlap_are_joined_to_the_picture_they_are_of():
    cfg = replace(PLANE, overlap=2)
    whole = torch.rand(2, 3, 3 * cfg.micro + 4, 2 * cfg.micro + 4)
    windows = whole.unfold(2, cfg.micro + 4, cfg.micro).unfold(3, cfg.micro + 4, cfg.micro)
    parts = windows.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    torch.testing.assert_close(joined(parts, 3, 2, cfg), whole[:, :, 2:-2, 2:-2])


def test_a_part_fades_into_the_next_one_evenly():
    cfg = replace(PLANE, overlap=2)
    parts = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, cfg.micro + 4, cfg.micro + 4)
    row = joined(parts, 1, 2, cfg)[0, 0, 0]
    steps = row.diff()
    assert (row[: cfg.micro - 2] == 0).all()
    assert (row[cfg.micro + 2 :] == 1).all()
    torch.testing.assert_close(steps[cfg.micro - 2 : cfg.micro + 1], torch.full((3,), 0.25))

"""Paths between two vectors."""

from __future__ import annotations

import math

import torch

from calotype.nn.interpolation import arc, line


def test_a_line_has_equal_steps():
    points = torch.cat(line(torch.tensor([[0.0, 4.0]]), torch.tensor([[8.0, 0.0]]), 5))
    assert points.tolist() == [[0, 4], [2, 3], [4, 2], [6, 1], [8, 0]]


def test_an_arc_has_equal_angles_and_lengths_between_those_of_the_ends():
    points = torch.cat(arc(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]]), 4))
    angles = torch.atan2(points[:, 1], points[:, 0])
    assert torch.allclose(angles, torch.arange(4) * math.pi / 6, atol=1e-6)
    assert torch.allclose(points.norm(dim=1), torch.tensor([1, 5 / 3, 7 / 3, 3]), atol=1e-6)


def test_the_middle_of_an_arc_is_as_long_as_samples_are():
    first, last = torch.randn(2, 1, 1000, generator=torch.Generator().manual_seed(0))
    assert 0.95 < arc(first, last, 3)[1].norm() / first.norm() < 1.05
    assert line(first, last, 3)[1].norm() / first.norm() < 0.75


def test_an_arc_between_parallel_or_zero_vectors_is_a_line():
    one, zero = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)
    for last in (2 * one, -one, zero, one):
        assert torch.equal(torch.cat(arc(one, last, 5)), torch.cat(line(one, last, 5)))
    assert torch.equal(torch.cat(arc(zero, one, 5)), torch.cat(line(zero, one, 5)))

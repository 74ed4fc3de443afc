"""Colours beyond what is visible."""

from __future__ import annotations

import torch

from calotype.image.transparency import continued


def test_colours_are_continued_into_what_is_transparent():
    colour = torch.tensor([0.8, -0.4, 0.1])[:, None, None].expand(1, 3, 30, 40)
    alpha = torch.ones(1, 1, 30, 40)
    alpha[..., 12:] = -1
    alpha[..., 11] = 0.2
    photo = torch.cat([colour * (alpha + 1) / 2, alpha], 1)
    made = continued(photo)
    assert made.shape == (1, 3, 30, 40)
    assert (made - colour)[..., :30].abs().max() < 1e-4
    assert torch.allclose(made[..., :12], colour[..., :12], atol=1e-5)


def test_where_nothing_is_visible():
    assert continued(torch.cat([torch.zeros(1, 3, 9, 9), -torch.ones(1, 1, 9, 9)], 1)).abs().max() == 0

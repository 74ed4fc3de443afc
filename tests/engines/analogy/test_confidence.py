"""Confidence in the output of the generator."""

from dataclasses import replace

import torch

from calotype.engines.analogy import PRESETS
from calotype.engines.analogy.confidence import initial_image, likelihood
from calotype.matching.refine import Guide, Level

RED, BLUE = torch.tensor([1.0, -1, -1]), torch.tensor([-1.0, -1, 1])


def halves(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    picture = right[None, :, None, None].repeat(1, 1, 24, 24)
    picture[..., :12] = left[None, :, None, None]
    return picture


def codes() -> torch.Tensor:
    labels = torch.zeros(1, 2, 24, 24)
    labels[:, 0, :, :12] = labels[:, 1, :, 12:] = 1
    return labels


def test_colours_of_the_label_wanted_are_likely_and_others_are_not() -> None:
    photo, labels = halves(RED, BLUE), codes()
    assert likelihood(photo, photo, labels, labels).min() > 0.4  # at the edge both are there
    assert (likelihood(photo, photo, labels, labels.flip(3))[..., 3:9] == 0).all()
    both = likelihood(halves(RED, RED), photo, labels, labels)
    assert both.shape == (1, 1, 24, 24)
    assert both[..., :10].min() == 1
    assert both[..., 14:].max() == 0


def test_the_net_stays_where_it_is_right_and_the_photo_stands_in_where_it_is_not() -> None:
    photo, labels = halves(RED, BLUE), codes()
    guide = Guide([labels], labels.flip(3), 3.0)
    level = Level((24, 24), 1.0, 5, 1)
    wrong = halves(0.8 * BLUE, 0.8 * BLUE)  # it should be blue on the left, red on the right

    def start(believed: float) -> torch.Tensor:
        cfg = replace(PRESETS["tiny"], believed=believed)
        return initial_image(wrong, photo, guide, level, cfg, torch.Generator().manual_seed(0))

    assert torch.equal(start(0.0), wrong)
    made = start(3.0)
    assert torch.allclose(made[..., 2:9], wrong[..., 2:9])
    assert (made[0, 0, :, 16:] > 0.9).all()

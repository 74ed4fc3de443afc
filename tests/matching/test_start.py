"""What a level can start from."""

import torch

from calotype.matching.refine import Guide, Level
from calotype.matching.start import displaced, layout_image, tileable


def ramp() -> torch.Tensor:
    return torch.linspace(-1, 1, 40).expand(1, 3, 24, 40).contiguous()


def test_a_sway_of_nothing_moves_nothing_and_a_seed_is_a_sway() -> None:
    x = ramp()
    assert torch.allclose(displaced(x, 0.0, 10.0, torch.Generator().manual_seed(0)), x, atol=1e-5)
    one, again, other = (displaced(x, 2.0, 10.0, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=0.01)
    assert one.abs().max() <= 1


def test_edges_meet_along_the_axes_asked_for_alone() -> None:
    x = ramp()
    wrapped = tileable(x, (False, True))
    assert (wrapped[..., 0] - wrapped[..., -1]).abs().max() < 0.2 < (x[..., 0] - x[..., -1]).abs().max()
    assert torch.equal(tileable(x, (False, False)), x)
    assert torch.allclose(tileable(x, (True, False)), x, atol=1e-6)  # rows are alike: nothing to mend


def test_what_a_guide_asks_for_lies_there_and_otherwise_the_place_decides() -> None:
    photo = torch.zeros(1, 3, 20, 30)
    photo[:, 0, :, :10] = 1  # red on the left, which is one label; the other gets brighter downwards
    photo[:, 2, :, 10:] = torch.linspace(-1, 1, 20)[:, None]
    labels = torch.zeros(1, 1, 20, 30)
    labels[..., :10] = 1
    guide = Guide([labels], labels.flip(3), 4.0)
    level = Level((20, 30), 1.0, 5, 1)
    rng = torch.Generator().manual_seed(0)
    made = layout_image(
        [photo], guide, level, rng, position_weight=0.3, displacement=(0.0, 10.0), components=0, spread=0.1
    )
    assert made.shape == photo.shape
    assert made[0, 0, :, 24:].min() > 0.9
    assert made[0, 0, :, :16].max() < 0.1
    assert (made[0, 2, 2:, 2:14].diff(dim=0).mean(1) > 0).float().mean() > 0.8

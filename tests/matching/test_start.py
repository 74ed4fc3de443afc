"""What a level can start from."""

import torch

from calotype.matching.start import seamless, swayed


def ramp() -> torch.Tensor:
    return torch.linspace(-1, 1, 40).expand(1, 3, 24, 40).contiguous()


def test_a_sway_of_nothing_moves_nothing_and_a_seed_is_a_sway() -> None:
    x = ramp()
    assert torch.allclose(swayed(x, 0.0, 10.0, torch.Generator().manual_seed(0)), x, atol=1e-5)
    one, again, other = (swayed(x, 2.0, 10.0, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=0.01)
    assert one.abs().max() <= 1


def test_edges_meet_along_the_axes_asked_for_alone() -> None:
    x = ramp()
    wrapped = seamless(x, (False, True))
    assert (wrapped[..., 0] - wrapped[..., -1]).abs().max() < 0.2 < (x[..., 0] - x[..., -1]).abs().max()
    assert torch.equal(seamless(x, (False, False)), x)
    assert torch.allclose(seamless(x, (True, False)), x, atol=1e-6)  # rows are alike: nothing to mend

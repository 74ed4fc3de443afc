import pytest
import torch


@pytest.fixture(scope="session")
def photo():
    """Three bands, each with a texture of its own: [1, 3, 52, 44], no side a multiple of 8."""
    rng = torch.Generator().manual_seed(0)
    bands = bands_of((52, 44))
    means = torch.tensor([[-0.5, 0.2, 0.9], [0.1, 0.6, -0.6], [0.7, -0.1, -0.3]])
    spread = torch.tensor([0.02, 0.3, 0.15])
    picture = means[bands].permute(0, 3, 1, 2)
    return (picture + spread[bands][:, None] * torch.randn(1, 1, 52, 44, generator=rng)).clamp(-1, 1)


@pytest.fixture(scope="session")
def labels():
    """The map of ``photo``: [1, 52, 44], 0 to 2."""
    return bands_of((52, 44))


@pytest.fixture(scope="session")
def target():
    """Another layout of another size: [1, 40, 60], the bands upright."""
    return bands_of((60, 40)).transpose(1, 2).contiguous()


def bands_of(size):
    rows = torch.arange(size[0]) * 3 // size[0]
    return rows[None, :, None].expand(1, *size).contiguous()

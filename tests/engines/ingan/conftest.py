import pytest
import torch
import torch.nn.functional as F


@pytest.fixture
def photo() -> torch.Tensor:
    """A smooth random image of 40 x 52 pixels."""
    noise = torch.rand(1, 3, 10, 13, generator=torch.Generator().manual_seed(3)) * 2 - 1
    return F.interpolate(noise, size=(40, 52), mode="bicubic").clamp(-1, 1)

"""The metric ST-LPIPS; its network is tested in tests/nn."""

import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.stlpips import stlpips
from calotype.nn.shift_tolerant import ShiftTolerant


def test_equal_pictures_have_no_distance_and_others_have_one():
    torch.manual_seed(0)
    net = ShiftTolerant("alex", "name of it").requires_grad_(False)
    one, other = torch.rand(1, 4, 32, 40) * 2 - 1, torch.rand(1, 3, 32, 40) * 2 - 1
    assert stlpips(one, one[:, :3], net).distance == 0
    found = stlpips(one, other, net)
    assert found.distance == pytest.approx(float(net(one[:, :3], other)))
    assert found.features == "name of it"
    with pytest.raises(InputError):
        stlpips(one, other[:, :, 1:], net)

from __future__ import annotations

import torch

from calotype.models import cocogan
from calotype.models.cocogan.train import preview
from calotype.run import Run

TINY = cocogan.PRESETS["tiny"]


def test_a_preview_changes_nothing_and_does_not_trust_statistics_of_another_time():
    torch.manual_seed(0)
    net = cocogan.build(TINY)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    torch.manual_seed(1)
    shown = preview(net, TINY, Run())
    assert shown.shape == (1, 3, 3 * 16, 4 * 16)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    for name, value in net.average.named_buffers():
        if name.endswith("mean"):
            value.fill_(100)
    torch.manual_seed(1)
    torch.testing.assert_close(preview(net, TINY, Run()), shown)

import pytest
import torch
import torch.nn.functional as F

from calotype.engines import singan
from calotype.engines.singan import importing
from calotype.engines.singan.config import PRESETS
from calotype.engines.singan.net import Net
from calotype.engines.singan.released import Released
from calotype.errors import InputError
from calotype.run import Run

OFFICIAL = {"trunk.0": "head", "trunk.1": "body.block1", "trunk.2": "body.block2", "trunk.3": "body.block3"}


def official(tensors):
    """A generator's tensors by the names that the official code has for them."""
    named = {}
    for name, tensor in tensors.items():
        part, rest = name[:7], name[7:]
        named[f"{OFFICIAL[part]}{rest}" if part in OFFICIAL else f"tail.0{rest}"] = tensor
    return named


@pytest.fixture
def model():
    torch.manual_seed(0)
    net = Net(PRESETS["paper"], (50, 66))
    torch.nn.init.normal_(net.fixed)
    net.amplitudes.copy_(torch.linspace(1, 0.01, len(net.sizes)))
    net.finished.fill_(len(net.sizes))
    return net.eval()


def released(net):
    first = F.pad(net.fixed, (5,) * 4).expand(-1, 3, -1, -1)
    return Released(
        generators=[official(generator.state_dict()) for generator in net.generators],
        noises=[first, *(torch.zeros(1, 3, h + 10, w + 10) for h, w in net.sizes[1:])],
        photos=[torch.rand(1, 3, *size) * 2 - 1 for size in net.sizes],
        amplitudes=net.amplitudes.tolist(),
    )


def test_an_official_model_makes_the_same_pictures(model, monkeypatch, tmp_path):
    there = released(model)
    monkeypatch.setattr(importing, "read_released", lambda folder: there)
    cfg, net, size, preview = singan.imported(tmp_path)
    assert size == model.sizes[-1]
    assert torch.equal(preview, there.photos[-1])
    assert torch.equal(net.reconstruction(net.depth), model.reconstruction(model.depth))
    how = {"size": size, "seed": 3, "structure": 0.0}
    one = singan.vary([preview], cfg, Run(), net=net, **how)
    assert torch.equal(one, singan.vary([preview], PRESETS["paper"], Run(), net=model, **how))
    # As a saved model comes back: from its settings and size alone.
    again = singan.build(cfg, size)
    again.load_state_dict(net.state_dict())


def test_other_networks_are_refused(model, monkeypatch, tmp_path):
    there = released(model)
    there.generators[0]["head.conv.weight"] = torch.zeros(16, 3, 3, 3)
    monkeypatch.setattr(importing, "read_released", lambda folder: there)
    with pytest.raises(InputError, match="not those of SinGAN"):
        singan.imported(tmp_path)

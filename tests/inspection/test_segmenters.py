"""Segmenters: colours, ONNX networks, and one that is learned."""

import base64
import json

import pytest
import torch

from calotype.errors import InputError
from calotype.inspection.learned import (
    Config,
    LearnedSegmenter,
    Part,
    SegmentationNet,
    _Folded,
    accuracy_of,
    halves,
    train_segmenter,
)
from calotype.inspection.segmenters import PaletteSegmenter, given_segmenter
from calotype.run import Run

COLOURS = {"sky": "#0000ff", "grass": "#00c000", "person": "#ff0000"}


def scenes(count, side=16, seed=0):
    """Squares of a colour of its own for every class, and their maps."""
    generator = torch.Generator().manual_seed(seed)
    maps = torch.zeros(count, side, side, dtype=torch.int64)
    maps[:, side // 2 :] = 1
    for i in range(count):
        y, x = torch.randint(0, side - 4, (2,), generator=generator).tolist()
        maps[i, y : y + 4, x : x + 4] = 2
    colours = torch.tensor([[0, 0, 255], [0, 192, 0], [255, 0, 0]]).float() / 127.5 - 1
    noise = torch.randn(count, 3, side, side, generator=generator) * 0.05
    return colours[maps].permute(0, 3, 1, 2) + noise, maps


class Scenes:
    def __init__(self, count, seed=0):
        self.pictures, self.maps = scenes(count, seed=seed)

    def __len__(self):
        return len(self.maps)

    def __getitem__(self, i, /):
        return {"image": self.pictures[i], "map": self.maps[i]}


def test_a_palette_takes_the_nearest_colour(tmp_path):
    path = tmp_path / "colours.json"
    path.write_text(json.dumps(COLOURS))
    segment = given_segmenter(str(path), None)
    assert isinstance(segment, PaletteSegmenter)
    assert segment.classes == ("sky", "grass", "person")
    pictures, maps = scenes(3)
    assert torch.equal(segment(pictures), maps)


def test_a_learned_segmenter_knows_what_it_was_not_trained_on_and_resumes(tmp_path):
    dataset, cfg = Scenes(60), Config(3, width=8, steps=40, batch=8, rate=1e-2)
    trained_on, held_out = halves(len(dataset))
    assert not set(trained_on) & set(held_out)
    net = train_segmenter(Part(dataset, trained_on), cfg, (16, 16), Run())
    found = accuracy_of(LearnedSegmenter(net, list(COLOURS), None), Part(dataset, held_out), list(COLOURS))
    assert found.pictures == 30
    assert found.pixels > 0.9
    assert set(found.iou) == set(COLOURS)

    stopped = Run(tmp_path, on_event=lambda event: event.step == 20 and stopped.stop())
    with pytest.raises(Exception, match="stopped after step"):
        train_segmenter(Part(dataset, trained_on), cfg, (16, 16), stopped)
    again = train_segmenter(Part(dataset, trained_on), cfg, (16, 16), Run(tmp_path))
    assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), again.state_dict().values()))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "write the colour of each class"),
        ("a.json", '{"sky": "#12"}', "write the colour of each class"),
        ("a.json", '["sky"]', "write the colour of each class"),
        ("nothing.json", None, "does not exist"),
        ("street", None, "there is no segmenter"),
        ("a.onnx", "not a network", "does not say what its classes are"),
    ],
)
def test_what_is_no_segmenter_is_one_line(tmp_path, monkeypatch, name, text, said):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said) as raised:
        given_segmenter(name, None)
    assert "\n" not in str(raised.value)


def test_classes_belong_to_onnx_networks(tmp_path):
    path = tmp_path / "colours.json"
    path.write_text(json.dumps(COLOURS))
    with pytest.raises(InputError, match="names the classes of an ONNX file"):
        given_segmenter(str(path), tmp_path / "names.json")


# ONNX files of one convolution of 1 x 1, whose classes are the strength of blue, green and red: for any size, and for
# pictures of 8 x 8.
NETWORKS = {
    None: (
        "CAk6iQEKDwoBeAoBdxIBeSIEQ29udhIBbiozCAMIAwgBCAEQAUIBd0okAAAAAAAAAAAAAIA/AAAAAAAAgD8AAAAAAACAPwAA"
        "AAAAAAAAWh4KAXgSGQoXCAESEwoDEgFuCgIIAwoDEgFoCgMSAXdiHgoBeRIZChcIARITCgMSAW4KAggDCgMSAWgKAxIBd0IE"
        "CgAQDQ=="
    ),
    8: (
        "CAk6hQEKDwoBeAoBdxIBeSIEQ29udhIBbiozCAMIAwgBCAEQAUIBd0okAAAAAAAAAAAAAIA/AAAAAAAAgD8AAAAAAACAPwAA"
        "AAAAAAAAWhwKAXgSFwoVCAESEQoDEgFuCgIIAwoCCAgKAggIYhwKAXkSFwoVCAESEQoDEgFuCgIIAwoCCAgKAggIQgQKABAN"
    ),
}


def onnx_of(path, side=None):
    pytest.importorskip("onnxruntime")
    path.write_bytes(base64.b64decode(NETWORKS[side]))
    return path


@pytest.mark.parametrize("side", [None, 8])
def test_an_onnx_network_is_called_at_its_size_and_gives_classes_at_the_pictures(tmp_path, side):
    path, names = onnx_of(tmp_path / "net.onnx", side=side), tmp_path / "names.json"
    names.write_text('["blue", "green", "red"]')
    segment = given_segmenter(str(path), names)
    pictures, maps = scenes(3)
    found = segment(pictures)
    assert found.shape == maps.shape
    assert (found == maps).float().mean() > (0.99 if side is None else 0.8)


def test_an_onnx_network_with_other_classes_or_no_network_is_one_line(tmp_path):
    path, names = onnx_of(tmp_path / "net.onnx"), tmp_path / "names.json"
    names.write_text('["blue", "green"]')
    with pytest.raises(InputError, match="has 3 classes and 2 names"):
        given_segmenter(str(path), names)(scenes(1)[0])
    path.write_bytes(b"no network")
    with pytest.raises(InputError, match="cannot be used as a network"):
        given_segmenter(str(path), names)
    names.write_text('{"classes": []}')
    with pytest.raises(InputError, match="write a list of names"):
        given_segmenter(str(path), names)


@pytest.mark.parametrize("size", [(16, 16), (13, 22), (1, 1)])
def test_what_is_used_for_pictures_computes_what_was_trained(size):
    torch.manual_seed(0)
    net = SegmentationNet(Config(5, width=4), size).eval().requires_grad_(False)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    pictures = torch.rand(2, 3, *size) * 2 - 1
    assert torch.allclose(_Folded(net)(pictures), net(pictures), atol=1e-5)

"""Files of the published code of BachGAN, from a stand-in: the same pictures of the same boxes and backgrounds."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from official_spade import StandIn, saved, settled
from torch import nn

from calotype.errors import InputError
from calotype.models import bachgan
from calotype.models.bachgan.boxes import backgrounds, box_planes
from calotype.models.bachgan.importing import UNUSED
from calotype.run import Run

LABELS = 5
OPTIONS = {"label_nc": LABELS, "crop_size": 64, "aspect_ratio": 1.0, "num_upsampling_layers": "normal"}


class Generator(StandIn):
    """With the fusion, and layers that are never used."""

    def __init__(self):
        super().__init__(LABELS, 0, (2, 2), more=False)
        self.encode_shared = nn.Sequential(nn.Conv2d(LABELS, LABELS, 3, padding=1), nn.ReLU())
        self.memory_shared = nn.Sequential(nn.Conv2d(LABELS, LABELS, 3, padding=1), nn.ReLU())
        for name in UNUSED:
            setattr(self, name, nn.Conv2d(2, 2, 3))

    def drawn(self, boxes, found):
        """Of boxes [1, labels, H, W] and three maps [3, labels, H, W]."""
        own, others = self.encode_shared(boxes), self.encode_shared(found)
        return self(self.memory_shared(own + others.mean(0, keepdim=True)) + own, None)


@pytest.fixture
def theirs():
    torch.manual_seed(0)
    return settled(Generator())


def with_label_0(planes):
    """Planes of the published code: pixels without a box are label 0."""
    return torch.cat([planes[:, :1] + planes[:, -1:], planes[:, 1:-1]], 1)


def test_the_same_pictures(tmp_path, theirs):
    cfg, net = bachgan.imported(saved(tmp_path / "model", theirs, OPTIONS))
    assert (cfg.classes, cfg.size, cfg.salient) == (LABELS, (64, 64), (0, 1, 2, 3, 4))
    boxes = (torch.tensor([[0.1, 0.2, 0.6, 0.9], [0.5, 0.5, 1.0, 1.0]]), torch.tensor([2, 3]))
    planes = box_planes(boxes, (64, 64), cfg)
    maps = torch.randint(0, LABELS, (1, 64, 64)).to(torch.uint8)
    found = backgrounds(maps, planes, cfg).expand(3, -1, -1, -1)
    with torch.no_grad():
        wanted = theirs.drawn(with_label_0(planes[None]), with_label_0(found))
    given = {"boxes": boxes[0][None], "classes": boxes[1][None]}
    made = bachgan.draw(cfg, Run(), net=net, boxes=given, background=maps.long())
    torch.testing.assert_close(made, wanted, atol=1e-4, rtol=0)
    assert bachgan.retrieved(cfg, net, given) == []
    assert "give one, --background MAP" in bachgan.told(cfg, net=net, boxes=given)[0]
    assert bachgan.draw(cfg, Run(), net=net, boxes=given).shape == (1, 3, 64, 64)


def test_files_without_the_fusion_are_refused(tmp_path):
    net = settled(StandIn(LABELS, 0, (2, 2), more=False))
    with pytest.raises(InputError, match="no BachGAN generator"):
        bachgan.imported(saved(tmp_path / "model", net, OPTIONS))
    with pytest.raises(InputError, match="num_upsampling_layers"):
        bachgan.imported(saved(tmp_path / "other", settled(Generator()), {**OPTIONS, "num_upsampling_layers": "few"}))


def test_the_fusion_is_that_of_the_paper(theirs, tmp_path):
    _, net = bachgan.imported(saved(tmp_path / "model", theirs, OPTIONS))
    weight = net.fusion.encode.weight
    assert torch.equal(weight[:LABELS, :LABELS], theirs.encode_shared[0].weight)
    assert torch.equal(weight[:LABELS, LABELS], theirs.encode_shared[0].weight[:, 0])
    assert not F.relu(net.fusion.encode(torch.rand(1, LABELS + 1, 8, 8)))[:, LABELS].any()

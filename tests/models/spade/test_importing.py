"""Files of the published code, here from a stand-in that is written by the description of their names and sizes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from official_spade import WIDTH, StandIn, saved, settled
from torch import nn
from torch.nn.utils import spectral_norm

from calotype import catalog
from calotype.errors import InputError
from calotype.models import spade
from calotype.run import Run
from calotype.semantic.labels import LabelMaps, instance_edges
from calotype.tasks import models


class StandInEncoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        widths = [3, *(WIDTH * k for k in (1, 2, 4, 8, 8, 8))]
        for i, (a, b) in enumerate(pairwise(widths), 1):
            conv = spectral_norm(nn.Conv2d(a, b, 3, 2, 1, bias=False))
            setattr(self, f"layer{i}", nn.Sequential(conv, nn.InstanceNorm2d(b)))
        self.fc_mu = nn.Linear(WIDTH * 8 * 16, latent)
        self.fc_var = nn.Linear(WIDTH * 8 * 16, latent)

    def forward(self, x):
        x = F.interpolate(x, size=(256, 256), mode="bilinear", align_corners=False)
        for i in range(1, 7):
            x = F.leaky_relu(getattr(self, f"layer{i}")(x), 0.2)
        return self.fc_mu(x.flatten(1))


BASE = {"label_nc": 5, "crop_size": 64, "aspect_ratio": 1.0, "num_upsampling_layers": "normal", "no_instance": True}


def one_hot(numbers, count):
    return F.one_hot(numbers, count).permute(0, 3, 1, 2).float()


def test_a_folder_is_imported_by_the_model_that_it_is_of(tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    options = BASE | {"contain_dontcare_label": True, "use_vae": False, "dataset_mode": "coco"}
    folder = saved(tmp_path / "official", settled(StandIn(6, 0, (2, 2), more=False)), options)
    assert catalog.load(models.take_over(folder)).system == "spade"
    (folder / "opt.txt").write_text("nothing: of that kind\n")
    with pytest.raises(InputError, match="holds no options of the published code"):
        models.take_over(folder)


@pytest.mark.parametrize("without_v", [False, True])
def test_the_same_picture_without_style(tmp_path, without_v):
    torch.manual_seed(0)
    net = settled(StandIn(6, 0, (2, 2), more=False))
    options = BASE | {"contain_dontcare_label": True, "use_vae": False, "dataset_mode": "coco"}
    cfg, found = spade.imported(saved(tmp_path, net, options, without_v=without_v))
    assert (cfg.size, cfg.classes, cfg.unknown, cfg.doublings, cfg.latent) == ((64, 64), 5, "last", 5, 0)
    numbers = torch.randint(-1, 5, (1, 64, 64))
    wanted = net(one_hot(torch.where(numbers < 0, 5, numbers), 6), None)
    made = spade.draw(cfg, Run(), net=found, label_map=numbers)
    torch.testing.assert_close(made, wanted, atol=1e-4, rtol=0)


def test_the_same_picture_in_the_style_of_another_with_edges_of_instances(tmp_path):
    torch.manual_seed(1)
    net, encoder = settled(StandIn(6, 7, (1, 2), more=True)), settled(StandInEncoder(7))
    options = BASE | {"aspect_ratio": 2.0, "crop_size": 128, "num_upsampling_layers": "more", "no_instance": False}
    cfg, found = spade.imported(saved(tmp_path, net, options | {"use_vae": True}, encoder))
    assert (cfg.size, cfg.unknown, cfg.instances, cfg.doublings, cfg.latent) == ((64, 128), "zeros", True, 6, 7)
    numbers, instances = torch.randint(0, 5, (1, 64, 128)), torch.randint(0, 3, (1, 64, 128))
    style = torch.rand(1, 3, 50, 70) * 2 - 1
    planes = torch.cat([one_hot(numbers, 5), instance_edges(instances)[:, None].float()], 1)
    made = spade.draw(cfg, Run(), net=found, label_map=numbers, style=style, instances=instances)
    torch.testing.assert_close(made, net(planes, encoder(style)), atol=1e-4, rtol=0)


def test_label_0_of_ade20k_is_a_pixel_without_a_class(tmp_path):
    torch.manual_seed(2)
    net = settled(StandIn(6, 0, (2, 2), more=False))
    options = BASE | {"contain_dontcare_label": True, "dataset_mode": "ade20k"}
    cfg, found = spade.imported(saved(tmp_path, net, options))
    assert cfg.unknown == "first"
    numbers = torch.randint(-1, 5, (1, 64, 64))
    made = spade.draw(cfg, Run(), net=found, label_map=numbers)
    torch.testing.assert_close(made, net(one_hot(numbers + 1, 6), None), atol=1e-4, rtol=0)
    assert LabelMaps(numbers, replace(cfg, unknown="last")).one_hot().shape == (1, 6, 64, 64)


def test_what_is_missing_or_of_another_kind_is_named(tmp_path):
    with pytest.raises(InputError, match=r"opt\.txt"):
        spade.imported(tmp_path)
    net = StandIn(6, 7, (2, 2), more=False)
    saved(tmp_path, net, BASE | {"contain_dontcare_label": True})
    with pytest.raises(InputError, match=r"latest_net_E\.pth"):
        spade.imported(tmp_path)
    plain = tmp_path / "plain"
    saved(plain, StandIn(6, 0, (2, 2), more=False), BASE | {"label_nc": 9})
    with pytest.raises(InputError, match="do not fit the options"):
        spade.imported(plain)
    saved(plain, nn.Conv2d(1, 1, 1), BASE)
    with pytest.raises(InputError, match="no SPADE generator"):
        spade.imported(plain)
    (plain / "opt.txt").write_text("nothing")
    with pytest.raises(InputError, match="label_nc"):
        spade.imported(plain)

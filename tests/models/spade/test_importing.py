"""Files of the published code, here from a stand-in that is written by the description of their names and sizes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from calotype import catalog
from calotype.errors import InputError
from calotype.models import spade
from calotype.run import Run
from calotype.semantic.labels import LabelMaps, instance_edges
from calotype.tasks import models

WIDTH, HIDDEN = 2, 8


class Layer(nn.Module):
    def __init__(self, channels, labels):
        super().__init__()
        self.param_free_norm = nn.BatchNorm2d(channels, affine=False)
        self.mlp_shared = nn.Sequential(nn.Conv2d(labels, HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(HIDDEN, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(HIDDEN, channels, 3, padding=1)

    def forward(self, x, planes):
        hidden = self.mlp_shared(F.interpolate(planes, size=x.shape[2:], mode="nearest"))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


class ResBlock(nn.Module):
    def __init__(self, before, after, labels):
        super().__init__()
        between = min(before, after)
        self.conv_0 = spectral_norm(nn.Conv2d(before, between, 3, padding=1))
        self.conv_1 = spectral_norm(nn.Conv2d(between, after, 3, padding=1))
        self.norm_0, self.norm_1 = Layer(before, labels), Layer(between, labels)
        self.learned = before != after
        if self.learned:
            self.conv_s = spectral_norm(nn.Conv2d(before, after, 1, bias=False))
            self.norm_s = Layer(before, labels)

    def forward(self, x, planes):
        short = self.conv_s(self.norm_s(x, planes)) if self.learned else x
        y = self.conv_0(F.leaky_relu(self.norm_0(x, planes), 0.2))
        return short + self.conv_1(F.leaky_relu(self.norm_1(y, planes), 0.2))


class StandIn(nn.Module):
    """The generator, for 64 x 64 or 64 x 128 pixels."""

    def __init__(self, labels, latent, grid, more):
        super().__init__()
        wide = 16 * WIDTH
        self.grid, self.more = grid, more
        self.fc = nn.Linear(latent, wide * grid[0] * grid[1]) if latent else nn.Conv2d(labels, wide, 3, padding=1)
        self.head_0 = ResBlock(wide, wide, labels)
        self.G_middle_0, self.G_middle_1 = ResBlock(wide, wide, labels), ResBlock(wide, wide, labels)
        for i in range(4):
            setattr(self, f"up_{i}", ResBlock(wide >> i, wide >> (i + 1), labels))
        self.conv_img = nn.Conv2d(WIDTH, 3, 3, padding=1)

    def forward(self, planes, code):
        def up(x):
            return F.interpolate(x, scale_factor=2, mode="nearest")

        if code is None:
            x = self.fc(F.interpolate(planes, size=self.grid, mode="nearest"))
        else:
            x = self.fc(code).view(len(code), -1, *self.grid)
        x = self.G_middle_0(up(self.head_0(x, planes)), planes)
        x = self.G_middle_1(up(x) if self.more else x, planes)
        for i in range(4):
            x = getattr(self, f"up_{i}")(up(x), planes)
        return torch.tanh(self.conv_img(F.leaky_relu(x, 0.2)))


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


def settled(net):
    """With statistics and singular vectors as after a training."""
    for name, buffer in net.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_()
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
    return net.eval()


def saved(folder, net, options, encoder=None, without_v=False):
    folder.mkdir(exist_ok=True)
    for name, module in (("G", net), ("E", encoder)):
        if module is None:
            continue
        state = module.state_dict()
        if without_v:  # as files of torch 1.0 are; their v follows from u
            for key in [key for key in state if key.endswith("weight_v")]:
                stem = key.removesuffix("_v")
                v = F.normalize(state[f"{stem}_orig"].flatten(1).mT @ state[f"{stem}_u"], dim=0)
                module.get_buffer(key).copy_(v)
                del state[key]
        torch.save(state, folder / f"latest_net_{name}.pth", _use_new_zipfile_serialization=False)
    lines = [f"{name:>25}: {value!s:<30}\t[default: something]" for name, value in options.items()]
    (folder / "opt.txt").write_text("\n".join(["-- Options --", *lines, "-- End --"]) + "\n")
    (folder / "opt.pkl").write_bytes(b"never read")
    return folder


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

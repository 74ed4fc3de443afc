"""Files of the published code, here from stand-ins that are written by the description of their layers."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from calotype import catalog
from calotype.errors import InputError
from calotype.models import smis
from calotype.models.smis.network import codes_of
from calotype.run import Run
from calotype.semantic.labels import instance_edges
from calotype.tasks import models


class Layer(nn.Module):
    """A CG-Norm as each of the data sets has it."""

    def __init__(self, channels, classes, groups, mode):
        super().__init__()
        hidden, first, second = {
            "deepfashion": (16, groups, groups),
            "cityscapes": (classes * groups, classes, classes),
            "ade20k": (2 * classes if classes % groups == 0 else classes * groups, classes, groups),
        }[mode]
        inputs = classes * (2 if mode == "cityscapes" else 1)
        self.param_free_norm = nn.BatchNorm2d(channels, affine=False)
        self.mlp_shared = nn.Sequential(nn.Conv2d(inputs, hidden, 3, padding=1, groups=first), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1, groups=second)
        self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1, groups=second)

    def forward(self, x, planes):
        hidden = self.mlp_shared(F.interpolate(planes, size=x.shape[2:], mode="nearest"))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


class ResBlock(nn.Module):
    def __init__(self, before, after, classes, groups, mode):
        super().__init__()
        between = min(before, after)
        self.conv_0 = spectral_norm(nn.Conv2d(before, between, 3, padding=1, groups=groups))
        self.conv_1 = spectral_norm(nn.Conv2d(between, after, 3, padding=1, groups=groups))
        self.norm_0, self.norm_1 = Layer(before, classes, groups, mode), Layer(between, classes, groups, mode)
        self.learned = before != after
        if self.learned:
            self.conv_s = spectral_norm(nn.Conv2d(before, after, 1, bias=False, groups=groups))
            self.norm_s = Layer(before, classes, groups, mode)

    def forward(self, x, planes):
        short = self.conv_s(self.norm_s(x, planes)) if self.learned else x
        y = self.conv_0(F.leaky_relu(self.norm_0(x, planes), 0.2))
        return short + self.conv_1(F.leaky_relu(self.norm_1(y, planes), 0.2))


class StandIn(nn.Module):
    def __init__(self, classes, channels, groups, mode):
        super().__init__()
        self.fc = nn.Conv2d(classes * 8, channels[0], 3, padding=1, groups=classes)
        self.names = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3")
        for name, (before, after), count in zip(self.names, pairwise(channels), groups, strict=True):
            setattr(self, name, ResBlock(before, after, classes, count, mode))
        if mode == "ade20k":  # is in the files, and never used
            self.up_4 = ResBlock(channels[-1], channels[-1] // 2, classes, 1, mode)
        self.conv_img = nn.Conv2d(channels[-1], 3, 3, padding=1)

    def forward(self, planes, codes):
        x = self.head_0(self.fc(codes), planes)
        for name in self.names[1:]:
            x = getattr(self, name)(F.interpolate(x, scale_factor=2, mode="nearest"), planes)
        return torch.tanh(self.conv_img(F.leaky_relu(x, 0.2)))


class StandInEncoder(nn.Module):
    def __init__(self, classes, width):
        super().__init__()
        widths = [3 * classes, *(classes * width * k for k in (1, 2, 4, 8, 8, 8))]
        for i, (a, b) in enumerate(pairwise(widths), 1):
            conv = spectral_norm(nn.Conv2d(a, b, 3, 2, 1, bias=False, groups=classes))
            setattr(self, f"layer{i}", nn.Sequential(conv, nn.InstanceNorm2d(b)))
        self.fc_mu = nn.Conv2d(widths[-1], 8 * classes, 3, padding=1, groups=classes)
        self.fc_var = nn.Conv2d(widths[-1], 8 * classes, 3, padding=1, groups=classes)

    def forward(self, x):
        for i in range(1, 7):
            x = F.leaky_relu(getattr(self, f"layer{i}")(x), 0.2)
        return self.fc_mu(x)


def settled(net, *given):
    """With statistics and singular vectors as after a training."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        net(*given)
    for name, buffer in net.named_buffers():
        if name.endswith("running_var"):
            buffer.clamp_(0.1)  # what hardly varies would be noise times a thousand
    return net.eval()


def generator(classes, channels, groups, mode):
    net = StandIn(classes, channels, groups, mode)
    planes = one_hot(torch.randint(0, classes, (4, 64, 64)), classes)
    return settled(
        net, planes.repeat_interleave(2 if mode == "cityscapes" else 1, 1), torch.randn(4, 8 * classes, 1, 1)
    )


def saved(folder, net, options, encoder=None):
    folder.mkdir(exist_ok=True)
    for name, module in (("G", net), ("E", encoder)):
        if module is not None:
            torch.save(module.state_dict(), folder / f"latest_net_{name}.pth", _use_new_zipfile_serialization=False)
    lines = [f"{name:>25}: {value!s:<30}\t[default: something]" for name, value in options.items()]
    (folder / "opt.txt").write_text("\n".join(["-- Options --", *lines, "-- End --"]) + "\n")
    return folder


def one_hot(numbers, count):
    return F.one_hot(numbers, count).permute(0, 3, 1, 2).float()


def cut_out(picture, numbers, classes, size):
    """The published way: each class alone, its box resized."""
    found = []
    for number in range(classes):
        there = numbers[0] == number
        if not there.any():
            found.append(torch.zeros(1, 3, *size))
            continue
        rows, columns = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
        part = (picture * there)[:, :, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        found.append(F.interpolate(part, size=size))
    return torch.cat(found, 1)


BASE = {"crop_size": 256, "aspect_ratio": 1.0, "norm_G": "spectralspadesyncbatch3x3", "contain_dontcare_label": False}


@pytest.mark.parametrize(
    ("mode", "classes", "channels", "groups"),
    [
        ("deepfashion", 4, (16, 16, 16, 16, 8, 8, 4, 2), (4, 4, 2, 2, 2, 2, 1)),
        ("cityscapes", 3, (12, 12, 12, 12, 12, 6, 6, 3), (3, 3, 2, 2, 1, 1, 1)),
        ("ade20k", 5, (15, 15, 16, 8, 8, 4, 4, 4), (5, 1, 2, 4, 2, 2, 1)),
    ],
)
def test_the_same_picture(tmp_path, mode, classes, channels, groups, monkeypatch):
    torch.manual_seed(0)
    net = generator(classes, channels, groups, mode)
    encoder = settled(StandInEncoder(classes, 2), torch.randn(1, 3 * classes, 256, 256))
    wide = mode == "cityscapes"
    options = BASE | {"dataset_mode": mode, "label_nc": classes - (mode == "ade20k")}
    options |= {"contain_dontcare_label": mode == "ade20k"} | ({"crop_size": 512, "aspect_ratio": 2.0} if wide else {})
    cfg, found = smis.imported(saved(tmp_path, net, options, encoder))
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    if mode == "deepfashion":
        assert catalog.load(models.take_over(tmp_path)).system == "smis"
    size = (256, 512) if wide else (256, 256)
    assert (cfg.size, cfg.instances, cfg.unknown == "first") == (size, wide, mode == "ade20k")
    assert cfg.groups == (classes, *groups)

    numbers = torch.randint(0, classes, (1, 16, 16)).repeat_interleave(16, 1).repeat_interleave(size[1] // 16, 2)
    instances = torch.randint(0, 3, (1, *size))
    planes, codes = one_hot(numbers, classes), codes_of(3, cfg)
    if wide:
        edges = instance_edges(instances)[:, None].float().expand_as(planes)
        planes = torch.stack([planes, edges], 2).flatten(1, 2)
    ours = numbers - int(mode == "ade20k")
    given = {"net": found, "label_map": ours, "instances": instances}
    made = smis.draw(cfg, Run(), **given, seed=3)
    torch.testing.assert_close(made, net(planes, codes), atol=1e-4, rtol=0)
    picture = torch.rand(1, 3, *size) * 2 - 1
    codes = encoder(cut_out(picture, numbers, classes, size))
    made = smis.draw(cfg, Run(), **given, style=picture, style_map=ours)
    torch.testing.assert_close(made, net(planes, codes), atol=1e-4, rtol=0)


def test_a_file_of_the_generator_alone_draws_by_seeds(tmp_path):
    net = generator(4, (8,) * 8, (4, 2, 2, 1, 1, 1, 1), "deepfashion")
    cfg, found = smis.imported(saved(tmp_path, net, BASE | {"dataset_mode": "deepfashion", "label_nc": 4}))
    assert found.encoder is None
    assert cfg.encoder_width == 0


def test_what_is_of_another_kind_is_named(tmp_path):
    net = StandIn(4, (8,) * 8, (4, 2, 2, 1, 1, 1, 1), "deepfashion")
    base = BASE | {"dataset_mode": "deepfashion", "label_nc": 4}
    for changes, said in (
        ({"dataset_mode": "coco"}, "no generator of SMIS"),
        ({"num_upsampling_layers": "normal"}, "num_upsampling_layers normal"),
        ({"crop_size": 128}, "128 pixels high"),
        ({"label_nc": 5}, "do not fit"),
    ):
        saved(tmp_path, net, base | changes)
        with pytest.raises(InputError, match=said):
            smis.imported(tmp_path)

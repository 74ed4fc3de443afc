"""A stand-in for the SPADE generator of the published code, with its names and sizes, and the files that it writes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

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

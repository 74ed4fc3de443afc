"""Encoders of identity and pose, and the generator."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.idpose.config import Config
from calotype.models.idpose.verification import Verification
from calotype.nn.instance import instance_norm

_START = 4  # pixels
_SLOPE = 0.2


class Encoder(nn.Module):
    """A picture to a code, by convolutions that halve the size.

    Args:
        cfg: the settings.
        outputs: length of the code.
        normalised: whether channels are normalised over each picture, which takes their mean colours away.
    """

    def __init__(self, cfg: Config, outputs: int, *, normalised: bool) -> None:
        super().__init__()
        self.normalised = normalised
        widths = [cfg.width, *cfg.widths]
        self.first = nn.Conv2d(3, cfg.width, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1] * _START**2, outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, side, side], -1..1, to [B, outputs]."""
        x = F.leaky_relu(self.first(pictures), _SLOPE)
        for conv in self.convs:
            x = conv(x)
            x = instance_norm(x, _SLOPE) if self.normalised else F.leaky_relu(x, _SLOPE)
        code: Tensor = self.head(x.flatten(1))
        return code


class Modulated(nn.Module):
    """A convolution whose normalised result is scaled and shifted by the identity code (AdaIN)."""

    def __init__(self, before: int, after: int, identity: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, padding=1)
        self.affine = nn.Linear(identity, 2 * after)

    def forward(self, x: Tensor, identity: Tensor) -> Tensor:
        """[B, before, H, W] and [B, identity] to [B, after, H, W]."""
        scale, shift = self.affine(identity)[:, :, None, None].chunk(2, 1)
        y = instance_norm(self.conv(x))
        return F.leaky_relu(torch.addcmul(shift, y, 1 + scale), _SLOPE)


class Generator(nn.Module):
    """A pose code, spread over 4 x 4 positions, to a picture; the identity code modulates every layer."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = [cfg.width, *cfg.widths][::-1]
        self.width = widths[0]
        self.spread = nn.Linear(cfg.pose, self.width * _START**2)
        self.first = Modulated(widths[0], widths[0], cfg.identity)
        self.blocks = nn.ModuleList(
            nn.ModuleList([Modulated(a, b, cfg.identity), Modulated(b, b, cfg.identity)]) for a, b in pairwise(widths)
        )
        self.colours = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, pose: Tensor, identity: Tensor) -> Tensor:
        """[B, pose] and [B, identity] to pictures [B, 3, side, side], -1..1."""
        x = self.spread(pose).view(len(pose), self.width, _START, _START)
        x = self.first(x.contiguous(memory_format=torch.channels_last), identity)
        for block in self.blocks:
            x = F.interpolate(x, scale_factor=2.0)
            for layer in block:  # type: ignore[attr-defined]
                x = layer(x, identity)
        return torch.tanh(self.colours(x))


class Net(nn.Module):
    """A trained model.

    Attributes:
        identity: encoder of the identity code.
        pose: encoder of the pose code.
        generator: draws pictures.
        verification: traces pixels of pictures to those of the identity.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.identity = Encoder(cfg, cfg.identity, normalised=False)
        self.pose = Encoder(cfg, cfg.pose, normalised=True)
        self.generator = Generator(cfg)
        self.verification = Verification(cfg.resolution, cfg.trace_side, cfg.trace_channels, cfg.temperature)

    def pose_codes(self, pictures: Tensor) -> Tensor:
        """Pose codes [B, pose] of pictures [B, 3, side, side], -1..1."""
        code: Tensor = self.pose(pictures)
        return code.float()

    def identity_codes(self, pictures: Tensor) -> Tensor:
        """Identity codes [B, identity] of pictures [B, 3, side, side], -1..1."""
        code: Tensor = self.identity(pictures)
        return code.float()

    def drawn(self, pose: Tensor, identity: Tensor) -> Tensor:
        """Pictures [B, 3, side, side], -1..1, of codes [B, pose] and [B, identity]."""
        pictures: Tensor = self.generator(pose, identity)
        return pictures.float()


def build(cfg: Config) -> Net:
    """A new model, with weights drawn from torch's global generator; channels last in memory."""
    net = Net(cfg)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=_SLOPE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, Modulated):
                layer.affine.weight.mul_(0.3)
    result: Net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return result

"""Encoders of identity and pose, and the generator."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.losses.gaussian import Gaussian
from calotype.models.idpose.config import START, Config
from calotype.models.idpose.parts import SLOPE, PartEncoder, Parts
from calotype.models.idpose.verification import Trace, traced
from calotype.nn.instance import instance_norm
from calotype.reposing.informative import Informative


class PoseEncoder(nn.Module):
    """A picture to the distribution of a pose code: convolutions that halve the size.

    It sees grey values, normalised over each picture, and its channels are normalised in the same way.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = [cfg.width, *cfg.widths]
        self.first = nn.Conv2d(1, cfg.width, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1, bias=False) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1] * START**2, 2 * cfg.pose)
        self.length = cfg.pose

    def forward(self, pictures: Tensor) -> Gaussian:
        """Distributions of the codes [B, pose] of pictures [B, 3, side, side], -1..1."""
        grey = instance_norm(pictures.float().mean(1, keepdim=True))
        x = F.leaky_relu(self.first(grey), SLOPE)
        for conv in self.convs:
            x = instance_norm(conv(x), SLOPE)
        return Gaussian.of(self.head(x.flatten(1)).float(), self.length, "diagonal")


class Generator(nn.Module):
    """A pose code says which part each position of a grid shows, and the identity code what the part looks like.

    The pose code is spread over 4 x 4 positions and enlarged to the grid without the identity; there the looks of the
    parts come in, by the shares of the positions, and both go on to full resolution, where what is said of the whole
    identity scales and shifts all channels. What is learned there is added to the colours of the parts.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        widths = [cfg.width, *cfg.widths][::-1]
        levels = (cfg.trace_side // START).bit_length() - 1
        self.width = widths[0]
        self.spread = nn.Linear(cfg.pose, self.width * START**2)
        self.below = _blocks(widths[: levels + 1])
        wide = widths[levels]
        self.shares = nn.Conv2d(wide, cfg.parts, 1)
        channels = cfg.identity // cfg.parts
        self.joined = nn.ModuleList([_conv(wide + channels, wide), _conv(wide, wide)])
        self.above = _blocks(widths[levels:])
        self.channels = [conv.out_channels for conv in self._styled()]
        self.styles = nn.Linear(cfg.whole, 2 * sum(self.channels))
        self.colours = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def _styled(self) -> list[nn.Conv2d]:
        """The convolutions whose channels what is said of the whole identity scales and shifts."""
        return [*self.joined, *(conv for block in self.above for conv in block)]  # type: ignore

    def layout(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B, C, n, n] of codes [B, pose], and the shares of parts at each position, [B, parts, n n]."""
        x = self.spread(pose).view(len(pose), self.width, START, START)
        x = _through(self.below, F.leaky_relu(x.contiguous(memory_format=torch.channels_last), SLOPE))
        return x, self.shares(x).float().flatten(2).softmax(1)

    def forward(self, features: Tensor, shares: Tensor, looks: Tensor, whole: Tensor) -> Tensor:
        """Pictures [B, 3, side, side], about -1..1, of a layout, of looks [B, parts, channels] and of [B, whole]."""
        grid = (looks.mT.float() @ shares).view(len(features), -1, *features.shape[2:])
        x = torch.cat([features, grid.to(features.dtype)], 1).contiguous(memory_format=torch.channels_last)
        styles = self.styles(whole)[:, :, None, None].split([2 * number for number in self.channels], 1)
        for i, (conv, style) in enumerate(zip(self._styled(), styles)):
            if i > 1 and i % 2 == 0:
                x = F.interpolate(x, scale_factor=2.0)
            scale, shift = style.chunk(2, 1)
            x = F.leaky_relu(torch.addcmul(shift, conv(x), 1 + scale), SLOPE)
        colours = F.interpolate(grid[:, -3:], scale_factor=self.cfg.resolution / self.cfg.trace_side, mode="bilinear")
        result: Tensor = colours + self.colours(x).float()
        return result


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


def _blocks(widths: list[int]) -> nn.ModuleList:
    """For each doubling of the size two convolutions."""
    return nn.ModuleList(nn.ModuleList([_conv(a, b), _conv(b, b)]) for a, b in pairwise(widths))


def _through(blocks: nn.ModuleList, x: Tensor) -> Tensor:
    for block in blocks:
        x = F.interpolate(x, scale_factor=2.0)
        for conv in block:  # type: ignore[attr-defined]
            x = F.leaky_relu(conv(x), SLOPE)
    return x


class Net(nn.Module):
    """A trained model.

    Attributes:
        identity: encoder of the identity code.
        pose: encoder of the pose code.
        generator: draws pictures.
        informative: drops what of the means of pose codes is mostly noise.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.identity = PartEncoder(cfg)
        self.pose = PoseEncoder(cfg)
        self.informative = Informative(cfg.pose)
        self.generator = Generator(cfg)

    def pose_codes(self, pictures: Tensor) -> Tensor:
        """Pose codes [B, pose] of pictures [B, 3, side, side], -1..1: the means of their distributions,
        without the directions that are mostly noise.
        """
        codes: Tensor = self.informative(self.poses(pictures).mean)
        return codes

    def poses(self, pictures: Tensor) -> Gaussian:
        """The distributions of pose codes."""
        found: Gaussian = self.pose(pictures)
        return found

    def parts(self, pictures: Tensor) -> Parts:
        """Parts of pictures [B, 3, side, side], -1..1; where they lie is told by the pose codes of the pictures."""
        _, shares = self.generator.layout(self.pose_codes(pictures))
        found: Parts = self.identity(pictures, shares)
        return found

    def identity_codes(self, pictures: Tensor) -> Tensor:
        """Identity codes [B, identity + whole] of pictures [B, 3, side, side], -1..1."""
        return self.parts(pictures).code

    def drawn(self, pose: Tensor, identity: Tensor) -> Tensor:
        """Pictures [B, 3, side, side], about -1..1, of codes [B, pose] and [B, identity + whole]."""
        looks, whole = identity.split([self.cfg.identity, self.cfg.whole], 1)  # type: ignore[no-untyped-call]
        pictures: Tensor = self.generator(
            *self.generator.layout(pose), looks.view(len(identity), self.cfg.parts, -1), whole
        )
        return pictures

    def trace(self, pictures: Tensor, identities: Tensor) -> Trace:
        """Trace pictures [B, 3, side, side] to those of their identities, of the same shape, both -1..1."""
        _, shares = self.generator.layout(self.pose_codes(pictures))
        return traced(shares, self.parts(identities), identities, within=True)


def build(cfg: Config) -> Net:
    """A new model, with weights drawn from torch's global generator; channels last in memory."""
    net = Net(cfg)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=SLOPE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    with torch.no_grad():
        net.identity.suggested.weight.zero_()
        net.generator.styles.weight.mul_(0.3)
        net.generator.colours.weight.mul_(0.1)
    result: Net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return result

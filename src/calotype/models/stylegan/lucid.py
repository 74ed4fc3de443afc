"""The generator of the package stylegan2_pytorch by Phil Wang, for networks that are imported.

It differs from the published one: bilinear upsampling, weights without equalized learning rate, a style of 1 + affine,
noise weighted per channel, one style for each resolution, and pictures in 0..1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.stylegan.config import Config, widths
from calotype.models.stylegan.synthesis import Noise
from calotype.nn.style_layers import demodulation

_SLOPE = 0.2


class LucidMapping(nn.Module):
    """Latent vectors to styles, by linear layers whose weights are multiplied by their learning rate."""

    w_avg: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.rate = cfg.mapping_rate
        self.net = nn.ModuleList(nn.Linear(cfg.style, cfg.style) for _ in range(cfg.mapping_layers))
        self.register_buffer("w_avg", torch.zeros(cfg.style))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """[N, latent] to [N, style]."""
        x = F.normalize(z, dim=1)
        for layer in self.net:
            x = F.leaky_relu(layer(x) * self.rate, _SLOPE)
        return x

    def truncated(self, w: Tensor, truncation: float, cutoff: int | None = None) -> Tensor:
        """See ``Mapping``."""
        return w if truncation == 1 else self.w_avg.lerp(w, truncation)


class _Modulated(nn.Module):
    """A convolution modulated by 1 + an affine function of the style."""

    def __init__(self, inputs: int, outputs: int, style: int, kernel: int) -> None:
        super().__init__()
        self.to_style = nn.Linear(style, inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))

    def forward(self, x: Tensor, w: Tensor, *, demodulate: bool = True) -> Tensor:
        style = 1 + self.to_style(w)
        x = F.conv2d(x * style[:, :, None, None], self.weight, padding=self.weight.shape[2] // 2)
        return x * demodulation(self.weight, style)[:, :, None, None] if demodulate else x


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, cfg: Config, *, first: bool, last: bool) -> None:
        super().__init__()
        self.first, self.last = first, last
        self.conv1 = _Modulated(inputs, outputs, cfg.style, 3)
        self.conv2 = _Modulated(outputs, outputs, cfg.style, 3)
        self.noise1 = nn.Linear(1, outputs)
        self.noise2 = nn.Linear(1, outputs)
        self.to_rgb = _Modulated(outputs, cfg.channels, cfg.style, 1)

    def forward(self, x: Tensor, picture: Tensor | None, w: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        if not self.first:
            x = _doubled(x)
        # The noise map is that of the finest layer, cut to size and transposed.
        cut = noise[:, 0, : x.shape[2], : x.shape[3], None]
        x = F.leaky_relu(self.conv1(x, w) + self.noise1(cut).permute(0, 3, 2, 1), _SLOPE)
        x = F.leaky_relu(self.conv2(x, w) + self.noise2(cut).permute(0, 3, 2, 1), _SLOPE)
        colours = self.to_rgb(x, w, demodulate=False)
        picture = colours if picture is None else picture + colours
        return x, picture if self.last else _blurred(_doubled(picture))


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _blurred(x: Tensor) -> Tensor:
    taps = x.new_tensor([1.0, 2.0, 1.0]) / 4
    kernel = torch.outer(taps, taps)[None, None].expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, groups=x.shape[1])


class LucidSynthesis(nn.Module):
    """All blocks; one style vector for each, and one noise map."""

    noise_const: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        channels = list(widths(cfg, cfg.base).values())
        self.rows, self.side = len(channels), cfg.resolution
        self.const = nn.Parameter(torch.randn(1, channels[0], 4, 4))
        self.conv = nn.Conv2d(channels[0], channels[0], 3, padding=1)
        last = len(channels) - 1
        self.blocks = nn.ModuleList(
            _Block(channels[max(0, k - 1)], width, cfg, first=not k, last=k == last) for k, width in enumerate(channels)
        )
        self.register_buffer("noise_const", torch.rand(self.side, self.side))

    @property
    def noise_sides(self) -> list[int]:
        """The side of the one noise map."""
        return [self.side]

    def noise_maps(self) -> list[Tensor]:
        """The noise map that is part of the network: [1, 1, h, w]."""
        return [self.noise_const[None, None]]

    def forward(self, ws: Tensor, noise: Noise = "const", *, until: int | None = None) -> Tensor:
        """Styles [N, rows, style] to pictures [N, channels, side, side], float32, about -1..1."""
        maps = self._map(noise, len(ws), ws.device)
        x: Tensor = self.conv(self.const.expand(len(ws), -1, -1, -1))
        picture: Tensor | None = None
        for block, w in zip(self.blocks, ws.unbind(1)):
            x, picture = block(x, picture, w, maps)
        assert picture is not None
        return 2 * picture - 1

    def _map(self, noise: Noise, count: int, device: torch.device) -> Tensor:
        if not isinstance(noise, str):
            return noise[0]
        if noise == "random":
            return torch.rand(count, 1, self.side, self.side, device=device)
        if noise == "const":
            return self.noise_const[None, None]
        return torch.zeros(1, 1, self.side, self.side, device=device)

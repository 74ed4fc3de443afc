"""The synthesis network of StyleGAN3, configurations T and R, for networks that are imported.

Karras, Aittala, Laine, Härkönen, Hellsten, Lehtinen, Aila, "Alias-Free Generative Adversarial Networks", NeurIPS 2021.
Activations are samples of continuous signals: they start from Fourier features, and nonlinearities are applied at a
higher sampling rate between low-pass filters (appendix C of the paper).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.synthesis import Noise
from calotype.nn.style_layers import GAIN, Linear, demodulation, limited

_SLOPE = 0.2


class Band(NamedTuple):
    """Sampling of one layer's output.

    Attributes:
        cutoff: frequency up to which signals pass, cycles per picture.
        half_width: half of the width of the transition band.
        rate: samples per picture.
        size: samples, with the margin.
        channels: number of channels.
    """

    cutoff: float
    half_width: float
    rate: int
    size: int
    channels: int


def bands(cfg: Config) -> list[Band]:
    """The layers' bands, Fourier features first: geometric progressions from the first to the last cutoff."""
    last = cfg.resolution / 2
    found = []
    for number in range(cfg.layers + 1):
        share = min(number / (cfg.layers - cfg.critical), 1)
        cutoff = cfg.first_cutoff * (last / cfg.first_cutoff) ** share
        stopband = cfg.first_stopband * (last * cfg.last_stopband / cfg.first_stopband) ** share
        rate = 2 ** math.ceil(math.log2(min(stopband * 2, cfg.resolution)))
        channels = round(min(cfg.base / 2 / cutoff, cfg.max_channels))
        size = cfg.resolution if number >= cfg.layers - 1 else rate + 2 * cfg.margin
        found.append(Band(cutoff, max(stopband, rate / 2) - cutoff, rate, size, channels))
    return [*found[:-1], found[-1]._replace(channels=cfg.channels)]


def low_pass(taps: int, cutoff: float, width: float, rate: float, *, radial: bool = False) -> Tensor:
    """A Kaiser low-pass filter: [taps], or [taps, taps] if radially symmetric; it sums to 1.

    Args:
        taps: its length.
        cutoff: in cycles per picture.
        width: of the transition band.
        rate: samples per picture.
        radial: whether the response is a circle (a jinc function) instead of a square.
    """
    attenuation = 2.285 * (taps - 1) * math.pi * width / (rate / 2) + 7.95
    window = torch.kaiser_window(taps, periodic=False, beta=_kaiser_beta(attenuation), dtype=torch.float64)
    place = (torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2) / rate
    if not radial:
        kernel = torch.sinc(2 * cutoff * place) * window
    else:
        distance = torch.hypot(place[:, None], place[None, :])
        kernel = torch.special.bessel_j1(2 * cutoff * math.pi * distance) / (math.pi * distance)
        kernel = kernel * torch.outer(window, window)
    return (kernel / kernel.sum()).float()


def _kaiser_beta(attenuation: float) -> float:
    """Kaiser's rule: the shape of the window for an attenuation in decibel."""
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21) if attenuation > 21 else 0.0


class FourierInput(nn.Module):
    """Fourier features of a plane that the first style turns and moves."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, cfg: Config, band: Band) -> None:
        super().__init__()
        self.band = band
        freqs = torch.randn(band.channels, 2)
        radii = freqs.square().sum(1, keepdim=True).sqrt()
        freqs = freqs / (radii * radii.square().exp().pow(0.25)) * band.cutoff
        self.weight = nn.Parameter(torch.randn(band.channels, band.channels))
        self.affine = Linear(cfg.style, 4)
        with torch.no_grad():
            self.affine.weight.zero_()
            self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", torch.rand(band.channels) - 0.5)

    def forward(self, w: Tensor) -> Tensor:
        """Styles [N, style] to [N, channels, size, size]."""
        band = self.band
        cosine, sine, across, down = self._turned(w)
        one, zero = torch.ones_like(cosine), torch.zeros_like(cosine)

        def matrix(*entries: Tensor) -> Tensor:
            return torch.stack([*entries, zero, zero, one], 1).view(-1, 3, 3)

        turn = matrix(cosine, -sine, zero, sine, cosine, zero)
        move = matrix(one, zero, -across, zero, one, -down)
        whole = turn @ move @ self.transform
        phases = self.phases + (self.freqs @ whole[:, :2, 2:]).squeeze(2)
        freqs = self.freqs @ whole[:, :2, :2]
        # Frequencies beyond the band, which a transform may bring about, fade out.
        amplitude = (1 - (freqs.norm(dim=2) - band.cutoff) / (band.rate / 2 - band.cutoff)).clamp(0, 1)
        half = 0.5 * band.size / band.rate
        line = (torch.arange(band.size, device=w.device) * 2 + 1 - band.size) / band.size * half
        grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), 2)
        angle = grid @ freqs.mT[:, None] + phases[:, None, None]
        features = torch.sin(2 * math.pi * angle) * amplitude[:, None, None]
        picture: Tensor = features @ (self.weight.T / math.sqrt(band.channels))
        return picture.permute(0, 3, 1, 2)

    def _turned(self, w: Tensor) -> tuple[Tensor, ...]:
        """Cosine and sine of the rotation, and the translation: [N] each."""
        values: Tensor = self.affine(w)
        scaled: Tensor = values / values[:, :2].norm(dim=1, keepdim=True)
        return scaled.unbind(1)


class Layer(nn.Module):
    """A modulated convolution and a leaky ReLU between low-pass filters; the last layer only makes colours."""

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, cfg: Config, before: Band, band: Band, number: int) -> None:
        super().__init__()
        self.rgb = number == cfg.layers
        self.clamp, self.size = cfg.clamp, band.size
        between = max(before.rate, band.rate) * (1 if self.rgb else 2)
        self.up, self.down = between // before.rate, between // band.rate
        kernel = 1 if self.rgb else cfg.kernel
        self.affine = Linear(cfg.style, before.channels, start=1.0)
        self.weight = nn.Parameter(torch.randn(band.channels, before.channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(band.channels))
        self.register_buffer("magnitude_ema", torch.ones(()))
        radial = cfg.radial and number < cfg.layers - cfg.critical
        taps = [1 if self.rgb or factor == 1 else cfg.taps * factor for factor in (self.up, self.down)]
        up = low_pass(taps[0], before.cutoff, 2 * before.half_width, between) if taps[0] > 1 else None
        down = low_pass(taps[1], band.cutoff, 2 * band.half_width, between, radial=radial) if taps[1] > 1 else None
        self.register_buffer("up_filter", up)
        self.register_buffer("down_filter", down)
        total = (band.size - 1) * self.down + 1 - (before.size + kernel - 1) * self.up + sum(taps) - 2
        self.pad_before = (total + self.up) // 2
        self.pad_after = total - self.pad_before

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[N, inputs, h, h] and styles [N, style] to [N, outputs, H, H]."""
        style: Tensor = self.affine(w)
        weight: Tensor = self.weight
        padding = weight.shape[2] - 1
        gain = self.magnitude_ema.rsqrt()
        if self.rgb:
            style = style / math.sqrt(weight.shape[1])
            x = F.conv2d(x * (style * gain)[:, :, None, None], weight, self.bias)
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            style = style * style.square().mean(1, keepdim=True).rsqrt()
            x = F.conv2d(x * (style * gain)[:, :, None, None], weight, padding=padding)
            x = x * demodulation(weight, style)[:, :, None, None] + self.bias[None, :, None, None]
        x = _filtered_up(x, self.up_filter, self.up, self.pad_before, self.pad_after)
        x = limited(x if self.rgb else F.leaky_relu(x, _SLOPE) * GAIN, self.clamp)
        return _filtered_down(x, self.down_filter, self.down)


def _filtered_up(x: Tensor, taps: Tensor | None, up: int, before: int, after: int) -> Tensor:
    """``x`` at ``up`` times the sampling rate, padded (or cut, if negative) and filtered."""
    if taps is None:
        return F.pad(x, (before, after, before, after))
    count, length = x.shape[1], len(taps)
    size = x.shape[2] * up + before + after - length + 1
    for axis in (2, 3):
        shape, stride = [count, 1, 1, 1], [1, 1]
        shape[axis], stride[axis - 2] = length, up
        x = F.conv_transpose2d(x, (taps * up).view(1, 1, *shape[2:]).expand(shape), stride=stride, groups=count)
        start = length - 1 - before
        end = start + size - x.shape[axis]
        pads = (-start, end) if axis == 3 else (0, 0, -start, end)
        x = F.pad(x, pads)
    return x


def _filtered_down(x: Tensor, taps: Tensor | None, down: int) -> Tensor:
    """``x`` filtered, every ``down``-th sample of it."""
    count = x.shape[1]
    if taps is None:
        return x[:, :, ::down, ::down]
    if taps.dim() == 2:
        return F.conv2d(x, taps[None, None].expand(count, 1, -1, -1), stride=down, groups=count)
    for shape, stride in (((-1, 1), (down, 1)), ((1, -1), (1, down))):
        x = F.conv2d(x, taps.view(1, 1, *shape).expand(count, 1, -1, -1), stride=stride, groups=count)
    return x


class AliasFreeSynthesis(nn.Module):
    """All layers. There are no noise maps."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        plan = bands(cfg)
        self.scale, self.rows = cfg.output_scale, cfg.layers + 2
        self.input = FourierInput(cfg, plan[0])
        pairs = pairwise([plan[0], *plan])
        self.layers = nn.ModuleList(Layer(cfg, before, band, number) for number, (before, band) in enumerate(pairs))

    @property
    def noise_sides(self) -> list[int]:
        """None: see the class."""
        return []

    def forward(self, ws: Tensor, noise: Noise = "const", *, until: int | None = None) -> Tensor:
        """Styles [N, rows, style] to pictures [N, channels, side, side], float32, about -1..1."""
        x = self.input(ws[:, 0])
        for layer, w in zip(self.layers, ws[:, 1:].unbind(1)):
            x = layer(x, w)
        return x * self.scale  # type: ignore[no-any-return]

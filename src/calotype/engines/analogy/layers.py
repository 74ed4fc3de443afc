"""Layers shared by encoder, decoder and translation: section 3 of the paper's networks, as released."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm

LEAKY_SLOPE = 0.2


def conv(inputs: int, outputs: int, kernel: int, spectral: bool, **how: Any) -> nn.Module:
    """A convolution, with spectral normalisation if ``spectral`` (Miyato et al. 2018)."""
    return initialized(nn.Conv2d(inputs, outputs, kernel, **how), spectral)


def initialized(layer: nn.Module, spectral: bool) -> nn.Module:
    """Initialise a layer; add spectral normalisation if ``spectral``."""
    assert isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    # The released gain of 0.02 is cancelled by spectral normalisation; without that, it would be too small to train.
    nn.init.xavier_normal_(layer.weight, 0.02 if spectral else 1.0)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return spectral_norm(layer) if spectral else layer


def norm(channels: int, kind: str) -> nn.Module:
    """``batch`` or ``instance`` normalisation with a scale and a shift per channel."""
    if kind == "batch":
        layer: nn.Module = nn.BatchNorm2d(channels)
    else:
        layer = nn.InstanceNorm2d(channels, affine=True)
    nn.init.normal_(layer.weight, 1.0, 0.02)  # type: ignore[arg-type]
    return layer


def head(inputs: int, outputs: int, kernel: int, kind: str, spectral: bool) -> nn.Sequential:
    """Reflection padding, convolution, norm, leaky ReLU."""
    return nn.Sequential(
        nn.ReflectionPad2d(kernel // 2),
        conv(inputs, outputs, kernel, spectral, bias=False),
        norm(outputs, kind),
        nn.LeakyReLU(LEAKY_SLOPE),
    )


class Residual(nn.Module):
    """A residual block with a bottleneck of C / 4 channels; ``kind`` ``""`` leaves out the norms."""

    def __init__(self, channels: int, kind: str, spectral: bool) -> None:
        super().__init__()
        inner = channels // 4
        parts: list[tuple[str, nn.Module]] = [("narrow", conv(channels, inner, 1, spectral))]
        parts += [("norm1", norm(inner, kind))] if kind else []
        parts += [("act1", nn.LeakyReLU(LEAKY_SLOPE)), ("pad", nn.ReflectionPad2d(1))]
        parts += [("middle", conv(inner, inner, 3, spectral))]
        parts += [("norm2", norm(inner, kind))] if kind else []
        parts += [("act2", nn.LeakyReLU(LEAKY_SLOPE)), ("wide", conv(inner, channels, 1, spectral))]
        parts += [("norm3", norm(channels, kind))] if kind else []
        self.body = nn.Sequential(OrderedDict(parts))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w]."""
        result: Tensor = x + self.body(x)
        return result


def down(channels: int, kind: str, spectral: bool) -> nn.Sequential:
    """Downsampling: [B, C, h, w] to [B, 2 C, h / 2, w / 2]."""
    return nn.Sequential(
        Residual(channels, kind, spectral),
        conv(channels, channels, 3, spectral, padding=1),
        norm(channels, kind),
        nn.LeakyReLU(LEAKY_SLOPE),
        conv(channels, 2 * channels, 4, spectral, stride=2, padding=1),
        norm(2 * channels, kind),
        nn.LeakyReLU(LEAKY_SLOPE),
    )


def up(channels: int, kind: str, spectral: bool) -> nn.Sequential:
    """Upsampling: [B, C, h, w] to [B, C / 2, 2 h, 2 w]."""
    half = channels // 2
    return nn.Sequential(
        Residual(channels, kind, spectral),
        conv(channels, channels, 3, spectral, padding=1),
        norm(channels, kind),
        nn.LeakyReLU(LEAKY_SLOPE),
        initialized(nn.ConvTranspose2d(channels, half, 4, stride=2, padding=1), spectral),
        norm(half, kind),
        nn.LeakyReLU(LEAKY_SLOPE),
    )

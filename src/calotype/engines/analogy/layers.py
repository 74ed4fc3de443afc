"""The layers that encoder, decoder and translation share: section 3 of the paper's networks, as released."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm

SLOPE = 0.2


def conv(inputs: int, outputs: int, kernel: int, spectral: bool, **how: Any) -> nn.Module:
    """A convolution, its weights divided by their largest singular value where ``spectral`` (Miyato et al. 2018)."""
    return normalised(nn.Conv2d(inputs, outputs, kernel, **how), spectral)


def normalised(layer: nn.Module, spectral: bool) -> nn.Module:
    """``layer``, initialised, its weights normalised where ``spectral``."""
    assert isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    # At the released gain of 0.02 a net without spectral norm, which does away with the gain, would hardly start.
    nn.init.xavier_normal_(layer.weight, 0.02 if spectral else 1.0)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return spectral_norm(layer) if spectral else layer


def norm(channels: int, kind: str) -> nn.Module:
    """``batch`` or ``instance`` normalisation with a scale and shift a channel."""
    if kind == "batch":
        layer: nn.Module = nn.BatchNorm2d(channels)
    else:
        layer = nn.InstanceNorm2d(channels, affine=True)
    nn.init.normal_(layer.weight, 1.0, 0.02)  # type: ignore[arg-type]
    return layer


def head(inputs: int, outputs: int, kernel: int, kind: str, spectral: bool) -> nn.Sequential:
    """Convolution on a reflected border, norm, leaky ReLU."""
    return nn.Sequential(
        nn.ReflectionPad2d(kernel // 2),
        conv(inputs, outputs, kernel, spectral, bias=False),
        norm(outputs, kind),
        nn.LeakyReLU(SLOPE),
    )


class Residual(nn.Module):
    """What is added to [B, C, h, w] by a bottleneck of C / 4 channels; ``kind`` ``""`` leaves out the norms."""

    def __init__(self, channels: int, kind: str, spectral: bool) -> None:
        super().__init__()
        inner = channels // 4
        parts: list[tuple[str, nn.Module]] = [("narrow", conv(channels, inner, 1, spectral))]
        parts += [("norm1", norm(inner, kind))] if kind else []
        parts += [("act1", nn.LeakyReLU(SLOPE)), ("pad", nn.ReflectionPad2d(1))]
        parts += [("middle", conv(inner, inner, 3, spectral))]
        parts += [("norm2", norm(inner, kind))] if kind else []
        parts += [("act2", nn.LeakyReLU(SLOPE)), ("wide", conv(inner, channels, 1, spectral))]
        parts += [("norm3", norm(channels, kind))] if kind else []
        self.body = nn.Sequential(OrderedDict(parts))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w]."""
        added: Tensor = x + self.body(x)
        return added


def down(channels: int, kind: str, spectral: bool) -> nn.Sequential:
    """[B, C, h, w] to [B, 2 C, h / 2, w / 2]."""
    return nn.Sequential(
        Residual(channels, kind, spectral),
        conv(channels, channels, 3, spectral, padding=1),
        norm(channels, kind),
        nn.LeakyReLU(SLOPE),
        conv(channels, 2 * channels, 4, spectral, stride=2, padding=1),
        norm(2 * channels, kind),
        nn.LeakyReLU(SLOPE),
    )


def up(channels: int, kind: str, spectral: bool) -> nn.Sequential:
    """[B, C, h, w] to [B, C / 2, 2 h, 2 w]."""
    half = channels // 2
    return nn.Sequential(
        Residual(channels, kind, spectral),
        conv(channels, channels, 3, spectral, padding=1),
        norm(channels, kind),
        nn.LeakyReLU(SLOPE),
        normalised(nn.ConvTranspose2d(channels, half, 4, stride=2, padding=1), spectral),
        norm(half, kind),
        nn.LeakyReLU(SLOPE),
    )

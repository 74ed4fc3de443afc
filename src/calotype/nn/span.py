"""SPAN, a small network for super-resolution (Wan et al.: "Swift Parameter-free Attention Network", CVPRW 2024).

Six blocks of three convolutions. The attention of a block has no parameters: it is an odd function of the features
themselves. While it is trained a convolution has three branches; the published weights are those of one convolution.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import shown
from calotype.nn.weight_files import found_weights

SCALES = (2, 4)
CHANNELS = (48, 52)
BLOCKS = 6
REACH = 3 * BLOCKS + 3  # radius of the receptive field, pixels of the photo
MISSING = (
    "the weights of SPAN are not here: 'calotype weights span' fetches them once (9 MB); or add --engine zssr "
    "(engine=), which learns from the photo alone"
)


def file_name(scale: int, channels: int) -> str:
    """Name of the file with the weights."""
    return f"span_x{scale}_ch{channels}.safetensors"


class Span(nn.Module):
    """The network that enlarges by 2 or 4.

    Args:
        scale: 2 or 4.
        channels: of the features.
    """

    def __init__(self, scale: int, channels: int) -> None:
        super().__init__()
        self.scale, self.channels = scale, channels
        self.register_buffer("shift", torch.zeros(3, 1, 1))
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(_Block(channels) for _ in range(BLOCKS))
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.fuse = nn.Conv2d(4 * channels, channels, 1)
        self.upsample = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def prepared(self, photo: Tensor) -> Tensor:
        """Photos [B, 3, H, W], -1..1, as the first convolution takes them: their mean over many photos is 0."""
        shift: Tensor = self.shift  # type: ignore[assignment]
        return photo + shift

    def forward(self, photo: Tensor) -> Tensor:
        """[B, 3, H, W], -1..1, to [B, 3, scale * H, scale * W], not clamped."""
        features = self.first(self.prepared(photo))
        x, of_blocks = features, []
        for block in self.blocks:
            inner, x = block(x)
            of_blocks.append((inner, x))
        both = [features, self.last(x), of_blocks[0][1], of_blocks[-1][0]]
        return F.pixel_shuffle(self.upsample(self.fused(both)), self.scale)

    def fused(self, parts: list[Tensor]) -> Tensor:
        """Four feature maps [B, C, H, W] as one [B, C, H, W]."""
        # The dilation means nothing for 1 x 1, but torch takes its faster code for it (half the time on one thread).
        return F.conv2d(torch.cat(parts, 1), self.fuse.weight, self.fuse.bias, dilation=2)


class _Block(nn.Module):
    """Three convolutions and the attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[B, C, H, W] to the features after the first convolution, and those of the block."""
        inner = F.silu(self.one(x))
        outer = self.three(F.silu(self.two(inner)))
        return inner, (outer + x) * (torch.sigmoid(outer) - 0.5)


@lru_cache(maxsize=4)
def span(scale: int, channels: int) -> Span:
    """The network with the published weights, frozen.

    Args:
        scale: 2 or 4.
        channels: 48 or 52.

    Raises:
        InputError: the weights are not here, or do not fit.
    """
    path = weights_file(scale, channels)
    if path is None:
        raise InputError(MISSING)
    net = Span(scale, channels)
    try:
        net.load_state_dict(_of_published({name: value.float() for name, value in load_file(path).items()}))
    except (RuntimeError, KeyError, SafetensorError, OSError) as error:
        raise InputError(
            f"{shown(path)} has no weights of SPAN: delete it, then 'calotype weights span' fetches them"
        ) from error
    return ready(net)


def _of_published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights for pictures -1..1, of those for pictures 0..1 that are multiplied by 255 inside."""
    shift = 1 - 2 * state.pop("mean")
    state["first.weight"] *= 127.5
    state["upsample.weight"] *= 2
    state["upsample.bias"] = 2 * state["upsample.bias"] - 1
    return {**state, "shift": shift}


def untrained(scale: int, channels: int) -> Span:
    """The network with random weights, always the same, for tests."""
    net, noise = Span(scale, channels), torch.Generator().manual_seed(0)
    for name, parameter in net.named_parameters():
        if name.endswith("weight"):
            parameter.data.normal_(0, parameter[0].numel() ** -0.5, generator=noise)
        else:
            parameter.data.zero_()
    return ready(net)


def ready(net: Span) -> Span:
    """The network as it computes fastest, frozen."""
    return net.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload, no-any-return]


def weights_file(scale: int, channels: int) -> Path | None:
    """Where the weights are: in the folder that CALOTYPE_WEIGHTS names, or where 'calotype weights' keeps them."""
    return found_weights(file_name(scale, channels))

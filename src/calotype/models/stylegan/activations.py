"""Activations of two pictures, combined in a region: copied, pasted from elsewhere, or averaged.

Abdal, Qin, Wonka, "Image2StyleGAN++: How to Edit the Embedded Images?", CVPR 2020, section 3.5 (I_att): after a layer,
``M1 * A + (1 - M2) * B``, with masks resized by nearest neighbours; later layers take the styles of the first picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize
from calotype.models.stylegan.alias_free import bands
from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.lucid import LucidSynthesis
from calotype.models.stylegan.network import Net
from calotype.models.stylegan.synthesis import Synthesis


@torch.no_grad()
def combined(
    net: Net,
    styles: tuple[Tensor, Tensor],
    noise: tuple[Sequence[Tensor], Sequence[Tensor]],
    mask: Tensor,
    after: int,
    *,
    source: Tensor | None = None,
    share: float = 1.0,
) -> Tensor:
    """The picture of the first code, with the activations of the second in a region.

    Args:
        net: the model.
        styles: of both: [1, rows, style] each.
        noise: noise maps of both; empty: those of the network.
        mask: region of the result: [1, 1, h, w], 0 or 1.
        after: layer after which they are combined, from 0. StyleGAN2 combines at the end of that layer's resolution,
            the colours up to there too.
        source: region of the second picture, of any place; it is moved by the distance of the centres. ``None``: the
            region of the mask.
        share: weight of the second's activations in the mask, 0..1.

    Returns:
        [1, 3, side, side], -1..1.
    """
    moved = (0.0, 0.0) if source is None else _distance(source, mask)
    inside = mask if source is None else mask * _shifted(source, moved)

    module, last, margin = _at(net, after)

    def join(x: Tensor) -> Tensor:
        first, second = x[:1], _shifted(x[1:], moved)
        size = (x.shape[2] - 2 * margin, x.shape[3] - 2 * margin)
        weight = F.pad(share * resize(inside.to(x), size, mode="nearest"), (margin,) * 4)
        return torch.cat([torch.lerp(first, second, weight), x[1:]])

    both = torch.cat(styles)
    later = torch.cat([styles[0], styles[0]])
    maps: Any = [torch.cat([a, b]) for a, b in zip(*noise)] or "const"
    synthesis = net.generator.synthesis
    rows = torch.arange(both.shape[1], device=both.device)[None, :, None]
    with _joined(module, join):
        made: Tensor = synthesis(torch.where(rows <= last, both, later), maps)
    return displayed(made[:1])


def _at(net: Net, after: int) -> tuple[nn.Module, int, int]:
    """The module whose output has the activations after a layer, the last layer that it contains, and its margin."""
    synthesis = net.generator.synthesis
    if isinstance(synthesis, Synthesis):
        row = 0
        for block in synthesis.blocks():
            row += block.convs
            if after < row:
                break
        return block, row - 1, 0
    if isinstance(synthesis, LucidSynthesis):
        return synthesis.blocks[after], after, 0
    plan = bands(net.cfg)
    band = [plan[0], *plan][after]
    return [synthesis.input, *synthesis.layers][after], after, (band.size - min(band.rate, band.size)) // 2


@contextmanager
def _joined(module: nn.Module, join: Any) -> Iterator[None]:
    """In the block, activations, and the colours so far, are joined where they leave a module."""

    def hook(of: nn.Module, given: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return tuple(each if each is None else join(each) for each in output)
        return join(output)

    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def _centre(mask: Tensor) -> tuple[float, float]:
    """The centre of a mask's bounding box, as shares of its height and width."""
    places = (mask[0, 0] > 0.5).nonzero()
    low, high = places.amin(0), places.amax(0)
    return tuple(float(low[k] + high[k] + 1) / 2 / mask.shape[2 + k] for k in (0, 1))  # type: ignore[return-value]


def _distance(source: Tensor, mask: Tensor) -> tuple[float, float]:
    from_centre, to_centre = _centre(source), _centre(mask)
    return to_centre[0] - from_centre[0], to_centre[1] - from_centre[1]


def _shifted(x: Tensor, by: tuple[float, float]) -> Tensor:
    """[N, C, h, w] moved by shares of its size, to whole pixels; its edges are repeated."""
    for axis, share in enumerate(by, 2):
        size = x.shape[axis]
        places = (torch.arange(size, device=x.device) - round(share * size)).clamp(0, size - 1)
        x = x.index_select(axis, places)
    return x

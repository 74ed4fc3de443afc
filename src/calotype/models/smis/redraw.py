"""Drawing one map again and again with other codes: only what depends on a changed code is computed anew."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.smis.config import Config
from calotype.models.smis.network import Net
from calotype.models.smis.normalization import Affine, CGNorm, ClassNorm
from calotype.run import Run
from calotype.semantic.blocks import Block
from calotype.semantic.drawing import padded_maps
from calotype.semantic.labels import LabelMaps, label_channels
from calotype.semantic.normalization import SLOPE


class _Scales(NamedTuple):
    """Scale and shift of a block's layers; the last is ``None`` where the shortcut has none."""

    first: Affine
    second: Affine
    short: Affine | None

    def of(self, channels: Tensor, between: Tensor) -> _Scales:
        """Those of some channels of the input, and of those between the two layers."""
        short = None if self.short is None else _some(self.short, channels)
        return _Scales(_some(self.first, channels), _some(self.second, between), short)


class Drawing:
    """A picture of a label map that is redrawn with other codes.

    Scale and shift of all layers depend on the map alone and are kept. While a block has several groups, a changed code
    changes some of them; the activations of the others are kept too.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        label_map: int64 [1, h, w], as for ``draw``.
        codes: [1, classes x code, h, w].

    Attributes:
        codes: the present codes.

    Raises:
        InputError: as for ``draw``.
    """

    @torch.no_grad()
    def __init__(self, cfg: Config, run: Run, net: Net, label_map: Tensor, codes: Tensor) -> None:
        self.cfg, self.run, self.decoder = cfg, run, net.generator
        self.size = (label_map.shape[1], label_map.shape[2])
        self.maps = padded_maps(label_map, cfg, 1 << cfg.doublings, run)
        self.blocks = [block for block in self.decoder.blocks.values() if isinstance(block, Block)]
        self.codes = codes.to(run.device)
        self.activations = [self.decoder.stem(self.maps, self.codes)]
        self.scales: list[_Scales] = []
        for block in self.blocks:
            self.scales.append(_scales(block, self.maps, self.activations[-1]))
            self.activations.append(_whole(block, self.activations[-1], self.scales[-1]))

    @property
    def picture(self) -> Tensor:
        """The picture, [1, 3, h, w], float32, -1..1."""
        with torch.no_grad():
            made = self.decoder.coloured(self.activations[-1])
        return made[:, :, : self.size[0], : self.size[1]].contiguous()

    @torch.no_grad()
    def redraw(self, codes: Tensor) -> Tensor:
        """The picture with other codes; equal to one drawn from the start, but for rounding.

        Args:
            codes: [1, classes x code, h, w].
        """
        classes = label_channels(self.cfg)
        codes = codes.to(self.run.device)
        different = (codes != self.codes).view(classes, -1).any(1)
        self.codes = codes
        if different.any():
            changed = self._stem(different)
            for i, block in enumerate(self.blocks):
                changed = self._block(i, block, changed)
        return self.picture

    def _stem(self, different: Tensor) -> Tensor:
        """Draw the first activations of some classes again; which of their channels changed."""
        conv, classes = self.decoder.fc, len(different)
        codes = self.decoder.spread(self.maps, self.codes)
        inputs, outputs = (_channels(different, count) for count in (codes.shape[1], conv.out_channels))
        self.activations[0][:, outputs] = _grouped(conv, codes[:, inputs], different, classes)
        return _mask(different, conv.out_channels)

    def _block(self, i: int, block: Block, changed: Tensor) -> Tensor:
        """Draw those groups of a block again that have a changed channel; which of the results' channels changed."""
        groups = changed.view(block.groups, -1).any(1)
        before, after = self.activations[i], self.activations[i + 1]
        if groups.all():
            self.activations[i + 1] = _whole(block, before, self.scales[i])
        else:
            inputs, outputs = (_channels(groups, x.shape[1]) for x in (before, after))
            between = _channels(groups, block.conv_0.out_channels)
            after[:, outputs] = _some_groups(block, before[:, inputs], self.scales[i], groups, inputs, between)
        return _mask(groups, after.shape[1])


def _scales(block: Block, maps: LabelMaps, x: Tensor) -> _Scales:
    factor = 2 if block.up else 1
    where = maps.at((x.shape[2] * factor, x.shape[3] * factor))
    made = [_affine(each, where) for each in (block.spade_0, block.spade_1)]
    return _Scales(made[0], made[1], None if block.spade_s is None else _affine(block.spade_s, where))


def _affine(norm: nn.Module, where: object) -> Affine:
    assert isinstance(norm, CGNorm | ClassNorm)
    return norm.affine(where)  # type: ignore[arg-type]


def _whole(block: Block, x: Tensor, scales: _Scales) -> Tensor:
    normal = block.grown(block.norm_0(x))
    y = block.conv_0(scales.first.of(normal, SLOPE))
    y = block.conv_1(scales.second.of(block.norm_1(y), SLOPE))
    short = block.grown(x) if block.conv_s is None or scales.short is None else block.conv_s(scales.short.of(normal))
    result: Tensor = y.add_(short)
    return result


def _some_groups(block: Block, x: Tensor, scales: _Scales, groups: Tensor, inputs: Tensor, between: Tensor) -> Tensor:
    """As ``_whole``, for some of the groups; ``x`` has the channels of these alone."""
    some = scales.of(inputs, between)
    normal = block.grown(block.norm_0(x, inputs))
    y = _grouped(block.conv_0, some.first.of(normal, SLOPE), groups, block.groups)
    y = _grouped(block.conv_1, some.second.of(block.norm_1(y, between), SLOPE), groups, block.groups)
    if block.conv_s is None or some.short is None:
        return y.add_(block.grown(x))
    return y.add_(_grouped(block.conv_s, some.short.of(normal), groups, block.groups))


def _grouped(conv: nn.Conv2d, x: Tensor, groups: Tensor, count: int) -> Tensor:
    """A convolution of ``count`` groups, computed for some of them."""
    rows = _channels(groups, conv.out_channels)
    bias = None if conv.bias is None else conv.bias[rows]
    return F.conv2d(x, conv.weight[rows], bias, conv.stride, conv.padding, groups=int(groups.sum()))


def _some(affine: Affine, channels: Tensor) -> Affine:
    return Affine(affine.scale[:, channels], affine.shift[:, channels])


def _mask(groups: Tensor, channels: int) -> Tensor:
    """Which of the channels belong to the groups that are true: bool [channels]."""
    return groups.repeat_interleave(channels // len(groups))


def _channels(groups: Tensor, channels: int) -> Tensor:
    """Their numbers, int64."""
    return _mask(groups, channels).nonzero()[:, 0]

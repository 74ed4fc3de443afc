"""The network on a photo of any height, a few rows at a time, with the result of the whole photo at once.

Every convolution takes the rows of the one before that it has not had, and keeps the two that the next ones need. So
nothing is computed twice, there are no seams, and memory grows with the width alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.span.rows import Counted, Rows
from calotype.nn.span import Span


class Stream:
    """The network on one photo.

    Args:
        net: the network.
        size: height and width of the photo.
        strip: rows that a convolution computes at a time.
        device: where to compute.
    """

    def __init__(self, net: Span, size: tuple[int, int], strip: int, device: torch.device) -> None:
        def rows(*readers: Counted, channels: int = net.channels) -> Rows:
            return Rows(channels, size, readers, device)

        self.net, self._height, self._strip = net, size[0], strip
        self._made = Counted()
        self._fused = rows(self._made)
        self._blocks: list[tuple[Rows, Rows, Rows]] = []
        inner, after = self._fused, self._fused
        for number in reversed(range(len(net.blocks))):
            last, first = number == len(net.blocks) - 1, number == 0
            # Rows of a block are read by the next block's first convolution and by its sum, and some at the end.
            outer = rows(after, inner, *([self._fused] if first else []))
            two = rows(outer)
            one = rows(two, *([self._fused] if last else []))
            self._blocks.insert(0, (one, two, outer))
            inner, after = one, outer
        self._features = rows(inner, after, self._fused)
        self._photo = rows(self._features, channels=3)

    def feed(self, photo: Tensor) -> Iterator[Tensor]:
        """The next rows of the result, a few at a time.

        Args:
            photo: the next rows [1, 3, n, W] of the photo, -1..1.

        Yields:
            [1, 3, scale * m, scale * W], not clamped: together as many as can be told by now, all that are left after
            the photo's last row. ``m`` may be 0.
        """
        for start in range(0, photo.shape[2], self._strip):
            yield self._passed(photo[:, :, start : start + self._strip])
        # The last rows of the photo are the last of many layers: all at once they would take far more memory.
        while self._photo.end == self._height and self._made.end < self._height:
            yield self._passed(photo[:, :, :0])

    def _passed(self, photo: Tensor) -> Tensor:
        """What follows from some more rows, each layer computing ``strip`` rows at most."""
        net = self.net
        self._photo.grow(photo.shape[2]).copy_(net.prepared(photo))
        found = self._convolved(net.first, self._photo, self._features)
        self._features.grow(found.shape[2]).copy_(found)
        before = self._features
        for block, (one, two, outer) in zip(net.blocks, self._blocks):
            self._activated(block.one, before, one)  # type: ignore[arg-type]
            self._activated(block.two, one, two)  # type: ignore[arg-type]
            self._attended(block.three, two, before, outer)  # type: ignore[arg-type]
            before = outer
        self._fuse(self._convolved(net.last, before, self._fused))
        made = self._convolved(net.upsample, self._fused, self._made)
        self._made.end += made.shape[2]
        return F.pixel_shuffle(made, net.scale)

    def _fuse(self, last: Tensor) -> None:
        """All that the network remembers at the rows of ``last``, mixed."""
        start = self._fused.end
        stop = start + last.shape[2]
        if stop == start:
            return
        inner, outer = self._blocks[-1][0], self._blocks[0][2]
        parts = [self._features.between(start, stop), last, outer.between(start, stop), inner.between(start, stop)]
        self._fused.grow(stop - start).copy_(self.net.fused(parts))

    def _convolved(self, layer: nn.Conv2d, source: Rows, to: Counted) -> Tensor:
        """The rows after the ``end`` of ``to`` that ``source`` has enough rows for."""
        start, stop = to.end, min(source.reach, to.end + self._strip)
        if stop <= start:
            return layer.weight.new_empty(1, layer.out_channels, 0, source.between(0, 0).shape[3])
        return F.conv2d(source.between(start - 1, stop + 1), layer.weight, layer.bias, padding=(0, 1))

    def _activated(self, layer: nn.Conv2d, source: Rows, to: Rows) -> None:
        found = self._convolved(layer, source, to)
        if found.shape[2]:
            torch.mul(found, torch.sigmoid(found), out=to.grow(found.shape[2]))

    def _attended(self, layer: nn.Conv2d, source: Rows, before: Rows, to: Rows) -> None:
        found = self._convolved(layer, source, to)
        if found.shape[2]:
            start = to.end
            weight = torch.sigmoid(found).sub_(0.5)
            found += before.between(start, start + found.shape[2])
            torch.mul(found, weight, out=to.grow(found.shape[2]))

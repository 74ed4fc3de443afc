"""Layers: batch normalisation by class, a convolutional LSTM, and residual blocks."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.norm import batch_norm, norm_with_statistics
from calotype.nn.statistics import RunningStatistics

_MOMENTUM = 0.1  # share of a step in the running statistics


class ClassNorm(RunningStatistics):
    """Batch normalisation with a scale and a shift for each class (Dumoulin et al., ICLR 2017).

    Args:
        channels: of what is normalised.
        classes: how many there are; 1 for the same scale and shift for all.
    """

    def __init__(self, channels: int, classes: int = 1) -> None:
        super().__init__(channels, _MOMENTUM)
        self.scale = nn.Parameter(torch.ones(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, classes: Tensor | None = None) -> Tensor:
        """[N, C, H, W], and classes int64 [N], to the same shape."""
        scale, shift = (self.scale, self.shift) if classes is None else (self.scale[classes], self.shift[classes])
        if not self.training:
            return norm_with_statistics(x, self.mean, self.variance, scale, shift)
        y, mean, variance = batch_norm(x, scale, shift)
        self.gather(mean, variance)
        return y


class ConvolutionalLSTM(nn.Module):
    """Layers of a convolutional LSTM (Shi et al., NIPS 2015) without peepholes.

    Args:
        inputs: channels of an input.
        widths: channels of each layer's state.
        kernel: side of the kernels, odd.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], kernel: int) -> None:
        super().__init__()
        self.widths = widths
        self.gates = nn.ModuleList(
            nn.Conv2d(before + after, 4 * after, kernel, padding=kernel // 2)
            for before, after in pairwise((inputs, *widths))
        )

    def forward(self, sequence: Tensor, there: Tensor) -> Tensor:
        """The last state of the last layer.

        Args:
            sequence: [B, n, C, h, w].
            there: bool [B, n]; inputs that are not there change nothing.

        Returns:
            [B, ``widths[-1]``, h, w]; zeros without any input.
        """
        shape = (sequence.shape[0], *sequence.shape[3:])
        states = [(_zeros(sequence, width, shape), _zeros(sequence, width, shape)) for width in self.widths]
        for x, valid in zip(sequence.unbind(1), there.unbind(1)):
            kept = valid[:, None, None, None]
            for layer, gates in enumerate(self.gates):
                hidden, cell = states[layer]
                enter, forget, leave, new = gates(torch.cat([x, hidden], 1)).chunk(4, 1)
                changed = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
                x = leave.sigmoid() * changed.tanh()
                states[layer] = (torch.where(kept, x, hidden), torch.where(kept, changed, cell))
        return states[-1][0]


def _zeros(like: Tensor, width: int, shape: tuple[int, ...]) -> Tensor:
    return like.new_zeros(shape[0], width, *shape[1:])


class ResidualBlock(nn.Module):
    """Two convolutions with batch normalisation beside the identity.

    Args:
        channels: of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter, self.leave = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.first, self.second = ClassNorm(channels), ClassNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        result: Tensor = x + self.second(self.leave(F.relu(self.first(self.enter(x)))))
        return result

"""Running statistics of batch normalisation, measured anew where weights are a moving average."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from calotype import distributed


class RunningStatistics(nn.Module):
    """Base of layers of synchronised batch normalisation that keep running statistics.

    Args:
        channels: of what is normalised; 0: no statistics are kept.
        momentum: share of the present batch in the running statistics, above 0 and at most 1.

    Attributes:
        running: whether these normalise in eval mode.
        mean: running mean, [channels].
        variance: running biased variance, [channels].
        momentum: as given; ``measure_statistics`` changes it for a while.
    """

    mean: Tensor
    variance: Tensor
    running = True

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        if channels:
            self.register_buffer("mean", torch.zeros(channels))
            self.register_buffer("variance", torch.ones(channels))

    @torch.no_grad()
    def gather(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch, [channels] each."""
        self.mean.lerp_(mean, self.momentum)
        self.variance.lerp_(variance, self.momentum)


def has_running_statistics(net: nn.Module) -> bool:
    """Whether a layer of the net normalises by running statistics in eval mode."""
    return any(isinstance(each, _BatchNorm) or each.running for each in _norms(net))


@torch.no_grad()
def measure_statistics(net: nn.Module, forward: Callable[[int], object], passes: int) -> None:
    """Measure the running statistics of a net anew, as means over forward passes; the net is in eval mode afterwards.

    Statistics that a training gathered belong to the weights of each step, and a moving average of the weights has
    others: pictures drawn with it may be far off in colour and contrast. The same batches of every process together
    count (Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis", ICLR 2019, sec. 4.1,
    "standing statistics").

    Args:
        net: whose layers are measured: those of ``RunningStatistics``, and torch's batch normalisation.
        forward: makes the net compute its pass ``k``, 0 .. ``passes`` - 1, on a batch as in training; each layer once.
        passes: how many; above 0.
    """
    norms = _norms(net)
    before = [norm.momentum for norm in norms]
    net.train()
    try:
        for k in range(passes):
            for norm in norms:
                norm.momentum = 1 / (k + 1)
            forward(k)
    finally:
        for norm, momentum in zip(norms, before):
            norm.momentum = momentum
        net.eval()
    for norm in norms:
        if isinstance(norm, _BatchNorm):  # its statistics are of each process's share of the batches
            for buffer in (norm.running_mean, norm.running_var):
                assert buffer is not None
                buffer.copy_(distributed.mean_over_all(buffer))


def _norms(net: nn.Module) -> list[RunningStatistics | _BatchNorm]:
    return [
        each
        for each in net.modules()
        if (isinstance(each, RunningStatistics) and hasattr(each, "mean"))
        or (isinstance(each, _BatchNorm) and each.track_running_stats)
    ]

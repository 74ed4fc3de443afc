"""Muon: momentum whose matrices are made orthogonal before each step, and Adam for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_MOMENTUM = 0.95
_LEAST = 16  # rows and columns of a matrix
_COEFFICIENTS, _TURNS = (3.4445, -4.7750, 2.0315), 5  # of the polynomial that brings singular values near 1
_AS_ADAM = 0.2  # root mean square of an element of a step, about that of Adam
_EPSILON = 1e-8


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonal steps for the weights of convolutions and linear layers, Adam for the other parameters.

    Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024: all directions of a weight matrix
    are learned at one speed. A kernel is a matrix with a row for each output channel. Steps are scaled so that their
    elements are about as large as Adam's, whose learning rates then fit (Liu et al., "Muon is Scalable for LLM
    Training", 2025).

    Args:
        matrices: parameters of two or more dimensions.
        others: parameters that Adam is used for.
        rate: learning rate of both.
        betas: of Adam.
    """

    def __init__(
        self, matrices: Iterable[Tensor], others: Iterable[Tensor], rate: float, betas: tuple[float, float]
    ) -> None:
        groups = [{"params": list(matrices), "orthogonal": True}, {"params": list(others), "orthogonal": False}]
        super().__init__([group for group in groups if group["params"]], {"lr": rate, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of all parameters that have gradients; ``closure`` has to be ``None``."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if group["orthogonal"]:
                    self._orthogonal(parameter, group["lr"])
                else:
                    self._adam(parameter, group["lr"], *group["betas"])

    def _orthogonal(self, parameter: Tensor, rate: float) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].mul_(_MOMENTUM).add_(parameter.grad)
        step = orthogonal(torch.add(parameter.grad, momentum, alpha=_MOMENTUM).flatten(1))  # type: ignore[arg-type]
        parameter.add_(step.view(parameter.shape), alpha=-rate * _AS_ADAM * max(step.shape) ** 0.5)

    def _adam(self, parameter: Tensor, rate: float, beta1: float, beta2: float) -> None:
        state = self.state[parameter]
        if not state:
            state |= {
                "step": torch.zeros(()),
                "mean": torch.zeros_like(parameter),
                "square": torch.zeros_like(parameter),
            }
        gradient = parameter.grad
        assert gradient is not None
        state["step"] += 1
        count = float(state["step"])
        mean, square = state["mean"].lerp_(gradient, 1 - beta1), state["square"]
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        scale = (square / (1 - beta2**count)).sqrt_().add_(_EPSILON)
        parameter.addcdiv_(mean, scale, value=-rate / (1 - beta1**count))


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix [n, m] with its singular vectors and with singular values of about 1 (0.7 to 1.2), float32.

    Computed by Newton-Schulz iterations in bfloat16.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    x = x / (x.norm() + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_TURNS):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    found: Tensor = (x if wide else x.T).float()
    return found


def muon(net: nn.Module, rate: float, betas: tuple[float, float], *, adam: Iterable[nn.Module] = ()) -> Muon:
    """Muon for a network: matrices of 16 rows and columns or more, without those of the layers in ``adam``.

    Args:
        net: the network; parameters without gradients are left out.
        rate: learning rate.
        betas: of Adam.
        adam: layers that Adam is used for, such as the first and the last one.
    """
    apart = {parameter for layer in adam for parameter in layer.parameters()}
    learned = [parameter for parameter in net.parameters() if parameter.requires_grad]
    large = {
        parameter
        for parameter in learned
        if parameter not in apart and parameter.ndim > 1 and min(len(parameter), parameter[0].numel()) >= _LEAST
    }
    return Muon(
        [each for each in learned if each in large], [each for each in learned if each not in large], rate, betas
    )

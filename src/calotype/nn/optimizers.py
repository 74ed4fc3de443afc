"""Optimizers for generators and discriminators: Adam with a learning rate of its own for each (TTUR).

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NIPS 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

GENERATOR_RATE, DISCRIMINATOR_RATE = 1e-4, 4e-4
BETAS = (0.0, 0.9)
_FUSED = ("cpu", "cuda")

# A module, its parameters, or parameter groups as torch has them, each with a learning rate or betas of its own.
Parameters = nn.Module | Iterable[Tensor] | Iterable[Mapping[str, Any]]


def generator_optimizer(
    parameters: Parameters, rate: float = GENERATOR_RATE, betas: tuple[float, float] = BETAS
) -> torch.optim.Adam:
    """Adam for a generator, fused where the device allows it.

    Args:
        parameters: a module, parameters, or parameter groups (dicts with ``params`` and perhaps ``lr`` or ``betas``).
            Parameters that need no gradient are left out; so are groups without parameters.
        rate: learning rate of groups that have none.
        betas: decay rates of the averages of the gradient and of its square, for groups that have none.

    Raises:
        ValueError: no parameter is left, or a value is out of range.
    """
    return _adam(parameters, rate, betas)


def discriminator_optimizer(
    parameters: Parameters, rate: float = DISCRIMINATOR_RATE, betas: tuple[float, float] = BETAS
) -> torch.optim.Adam:
    """Adam for a discriminator; arguments and errors as for ``generator_optimizer``."""
    return _adam(parameters, rate, betas)


def _adam(parameters: Parameters, rate: float, betas: tuple[float, float]) -> torch.optim.Adam:
    groups = [group for group in _groups(parameters) if group["params"]]
    tensors = [tensor for group in groups for tensor in group["params"]]
    fused = all(tensor.device.type in _FUSED and tensor.is_floating_point() for tensor in tensors)
    return torch.optim.Adam(groups, lr=rate, betas=betas, fused=fused)


def _groups(parameters: Parameters) -> list[dict[str, Any]]:
    """Parameter groups, each with those of its tensors that need a gradient."""
    given = list(parameters.parameters() if isinstance(parameters, nn.Module) else parameters)
    groups = [dict(each) for each in given if isinstance(each, Mapping)] or [{"params": given}]
    for group in groups:
        found = group["params"]
        listed = [found] if isinstance(found, Tensor) else list(found)
        group["params"] = [tensor for tensor in listed if tensor.requires_grad]
    return groups

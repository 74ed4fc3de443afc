"""Spectral normalisation folded into the weights: a network for inference from one that was trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_ITERATIONS = 8
_END = ".parametrizations.weight."


@torch.no_grad()
def folded_state(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module with every spectrally normalised weight replaced by its normalised value.

    The largest singular value is estimated anew by a few power iterations from the saved vectors, so this is right for
    averaged weights as well.

    Args:
        module: its layers may be wrapped by ``calotype.nn.spectral.spectral_norm`` or torch's own.

    Returns:
        Tensors by the names that the same module has without spectral normalisation; copies.
    """
    state = module.state_dict()
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if _END not in name:
            found[name] = value.clone()
        elif name.endswith(".original"):
            prefix = name.removesuffix("original")
            plain = f"{name.split(_END)[0]}.weight"
            found[plain] = value / largest_singular_value(value, state[f"{prefix}0._u"])
    return found


@torch.no_grad()
def largest_singular_value(weight: Tensor, u: Tensor | None = None, iterations: int = _ITERATIONS) -> Tensor:
    """Of a weight [outputs, ...] as a matrix with a row an output: a scalar, by the power iteration.

    Args:
        weight: [outputs, ...].
        u: start of the iteration, [outputs]; ``None`` for a constant vector.
        iterations: at least 1.
    """
    matrix = weight.flatten(1)
    u = torch.ones(len(matrix)).to(matrix) if u is None else u
    for _ in range(iterations):
        v = nn.functional.normalize(matrix.mT @ u, dim=0)
        u = nn.functional.normalize(matrix @ v, dim=0)
    return torch.dot(u, matrix @ v)

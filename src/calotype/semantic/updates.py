"""What updates of networks share: one step of an optimizer on a weighted sum of losses."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from calotype import distributed


def update(losses: Mapping[str, tuple[float, Tensor]], optimizer: torch.optim.Optimizer, of: nn.Module) -> None:
    """One step on weighted losses, by the mean of the gradients of all processes.

    Args:
        losses: weight and value of each.
        optimizer: of the parameters of ``of`` that need a gradient.
        of: the networks that change.
    """
    total = torch.stack([weight * loss.float() for weight, loss in losses.values()]).sum()
    optimizer.zero_grad(set_to_none=True)
    parameters = [each for each in of.parameters() if each.requires_grad]
    total.backward(inputs=parameters)  # type: ignore[no-untyped-call]
    distributed.average_gradients(parameters)
    optimizer.step()

"""What updates of networks share: mixed precision, and one step of an optimizer on a weighted sum of losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.processor import fast_bfloat16


def autocast(device: torch.device, bf16: bool) -> Any:
    """A context in which convolutions are computed in bfloat16, where that is wanted and the device supports it."""
    able = device.type == "cuda" or (device.type == "cpu" and fast_bfloat16())
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16 and able)


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

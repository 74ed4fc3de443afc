"""Mixed precision of trainings."""

from __future__ import annotations

from typing import Any

import torch

from calotype import processor


def autocast(device: torch.device, bf16: bool) -> Any:
    """A context in which convolutions are computed in bfloat16, where that is wanted and the device supports it."""
    able = device.type == "cuda" or (device.type == "cpu" and processor.fast_bfloat16())
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16 and able)

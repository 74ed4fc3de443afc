"""What the processor of this machine can do."""

from __future__ import annotations

import torch


def fast_bfloat16() -> bool:
    """Whether it multiplies bfloat16 in hardware, about twice as fast as float32 or faster."""
    return bfloat16_tiles() or _can("_is_avx512_bf16_supported")


def bfloat16_tiles() -> bool:
    """Whether it multiplies whole tiles of bfloat16 at once (AMX)."""
    return _can("_is_amx_tile_supported")


def _can(name: str) -> bool:
    # Not every release of torch that is supported has these functions.
    return bool(getattr(torch.cpu, name, lambda: False)())

"""Self-attention over the positions of feature maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm


class Attention(nn.Module):
    """Self-attention over positions (Zhang et al., "Self-Attention GANs", ICML 2019, sec. 3), with a learned weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = max(1, width // 8)
        self.query, self.key = (spectral_norm(nn.Conv2d(width, inner, 1, bias=False)) for _ in range(2))
        self.value = spectral_norm(nn.Conv2d(width, max(1, width // 2), 1, bias=False))
        self.out = spectral_norm(nn.Conv2d(max(1, width // 2), width, 1, bias=False))
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w] to the same shape."""
        keys = F.max_pool2d(self.key(x), 2).flatten(2)
        values = F.max_pool2d(self.value(x), 2).flatten(2)
        attended = F.scaled_dot_product_attention(
            self.query(x).flatten(2).transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), scale=1.0
        )
        result: Tensor = x + self.weight * self.out(attended.transpose(1, 2).reshape(len(x), -1, *x.shape[2:]))
        return result

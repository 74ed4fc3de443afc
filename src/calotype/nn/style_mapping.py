"""The mapping network: latent vectors, and labels, to styles."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.nn.style_layers import Linear, activate, normalized


class Mapping(nn.Module):
    """Latent vectors to style vectors, by layers with a low learning rate.

    Args:
        latent: length of z; 0: only labels are mapped.
        classes: number of classes; 0: no labels.
        style: length of the result.
        layers: number of layers.
        rate: their relative learning rate.
        tracked: whether there is a mean of the styles.

    Attributes:
        w_avg: mean of the styles, tracked in training: [style].
    """

    w_avg: Tensor

    def __init__(
        self, latent: int, classes: int, style: int, layers: int, rate: float, *, tracked: bool = True
    ) -> None:
        super().__init__()
        self.count = layers
        self.embed = Linear(classes, style) if classes else None
        inputs = latent + (style if classes else 0)
        for number in range(layers):
            self.add_module(f"fc{number}", Linear(inputs if not number else style, style, rate=rate))
        if tracked:
            self.register_buffer("w_avg", torch.zeros(style))

    def forward(self, z: Tensor | None, label: Tensor | None = None) -> Tensor:
        """[N, latent] and one-hot labels [N, classes], if there are any, to [N, style]."""
        parts = [] if z is None else [normalized(z)]
        if self.embed is not None:
            assert label is not None
            parts.append(normalized(self.embed(label)))
        x = torch.cat(parts, 1) if len(parts) > 1 else parts[0]
        for number in range(self.count):
            x = activate(self.get_submodule(f"fc{number}")(x))
        return x

    def truncated(self, w: Tensor, truncation: float, cutoff: int | None = None) -> Tensor:
        """Styles moved towards their mean: ``w_avg + truncation (w - w_avg)`` in the first ``cutoff`` rows.

        Args:
            w: [N, rows, style].
            truncation: 0 for the mean, 1 for ``w`` itself.
            cutoff: number of rows; ``None``: all.
        """
        if truncation == 1:
            return w
        cutoff = w.shape[1] if cutoff is None else cutoff
        return torch.cat([self.w_avg.lerp(w[:, :cutoff], truncation), w[:, cutoff:]], 1)

"""What a model of label maps is to the training: a generator with an encoder of its codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn

from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import LabelMaps


class Net(nn.Module):
    """Base of the networks that are trained together.

    Attributes:
        noise_shape: shape of the noise that a picture's code is drawn with.
    """

    noise_shape: tuple[int, ...]

    def layouts(self, maps: Tensor, cfg: LayoutConfig, instances: Tensor | None = None) -> Any:
        """What generator and discriminator see of label maps int64 [B, H, W]: the maps themselves, or what they imply.

        Args:
            maps: classes from 0, -1 for none.
            cfg: the settings.
            instances: int64 [B, H, W], or ``None``.
        """
        return LabelMaps(maps, cfg, instances)

    def prepare(self, batches: Callable[[int], Mapping[str, Tensor]], cfg: LayoutConfig) -> None:
        """Take over what the networks have to know of the whole training set, before the first step."""

    def forward(self, maps: LabelMaps, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Pictures of the maps with codes of other pictures, as in training.

        Args:
            maps: B label maps.
            pictures: [B, 3, H, W], -1..1, that belong to the maps.
            noise: [B, *noise_shape], from a standard normal distribution.

        Returns:
            Pictures [B, 3, H, W], -1..1; mean and logarithm of the variance of the codes, [B, ...], or ``None``.
        """
        raise NotImplementedError

    def sampled(self, maps: LabelMaps, seeds: Sequence[int]) -> Tensor:
        """Pictures of the maps, [B, 3, H, W], with a random code of a seed each."""
        raise NotImplementedError


class Build(Protocol):
    """Makes the networks, with weights drawn from torch's global generator."""

    def __call__(self, cfg: Any, *, spectral: bool = False) -> Net:
        """The networks of settings; ``spectral``: with spectral normalisation, as in training."""

"""The networks of one scale: a generator that adds what is missing, and a critic that judges patches of 11 pixels."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

# Pixels that five unpadded 3x3 convolutions lose on each side.
REACH = 5


def block(inputs: int, outputs: int) -> nn.Sequential:
    """Convolution without padding, batch norm, leaky ReLU: section 2.1 of the paper."""
    return nn.Sequential(
        OrderedDict(conv=nn.Conv2d(inputs, outputs, 3), norm=nn.BatchNorm2d(outputs), act=nn.LeakyReLU(0.2))
    )


def trunk(width: int, outputs: int) -> nn.Sequential:
    """Five convolutions, of which the last maps to ``outputs`` channels: 11 x 11 pixels are seen."""
    blocks = [block(3 if i == 0 else width, width) for i in range(4)]
    return nn.Sequential(*blocks, nn.Conv2d(width, outputs, 3))


class Generator(nn.Module):
    """What one scale adds to the picture that comes from the scale below (eq. 3 of the paper).

    29,763 parameters with 32 channels, 114,819 with 64, 450,819 with 128.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = trunk(width, 3)
        self.apply(_initialised)

    def forward(self, noisy: Tensor, previous: Tensor) -> Tensor:
        """The picture of this scale.

        Args:
            noisy: [B, 3, h + 10, w + 10], the previous picture with noise on it.
            previous: [B, 3, h, w], the picture from the scale below, at this one's size.

        Returns:
            [B, 3, h, w], not clamped.
        """
        added: Tensor = self.trunk(noisy).tanh()
        return added + previous


class Critic(nn.Module):
    """Scores every patch of 11 x 11 pixels: [B, 3, h, w] -> [B, 1, h - 10, w - 10], high for real ones."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = trunk(width, 1)
        self.apply(_initialised)

    def forward(self, x: Tensor) -> Tensor:
        """The map of scores."""
        scores: Tensor = self.trunk(x)
        return scores


def _initialised(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)

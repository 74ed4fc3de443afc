"""The networks of one scale: a residual generator and a patch discriminator, which sees 11 x 11 pixels."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

# Radius of the receptive field, pixels: five unpadded 3 x 3 convolutions crop as much on each side.
RADIUS = 5


def block(inputs: int, outputs: int) -> nn.Sequential:
    """Unpadded convolution, batch norm, leaky ReLU: section 2.1 of the paper."""
    return nn.Sequential(
        OrderedDict(conv=nn.Conv2d(inputs, outputs, 3), norm=nn.BatchNorm2d(outputs), act=nn.LeakyReLU(0.2))
    )


def trunk(width: int, outputs: int) -> nn.Sequential:
    """Five convolutions, the last one to ``outputs`` channels; receptive field 11 x 11 pixels."""
    blocks = [block(3 if i == 0 else width, width) for i in range(4)]
    return nn.Sequential(*blocks, nn.Conv2d(width, outputs, 3))


class Generator(nn.Module):
    """The generator of one scale: a residual on the upsampled image of the scale below (eq. 3 of the paper).

    29,763 parameters with 32 channels, 114,819 with 64, 450,819 with 128.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = trunk(width, 3)
        self.apply(_initialised)

    def forward(self, noisy: Tensor, previous: Tensor) -> Tensor:
        """Generate the image of this scale.

        Args:
            noisy: [B, 3, h + 10, w + 10], the padded previous image plus noise.
            previous: [B, 3, h, w], the image of the scale below, upsampled to this scale.

        Returns:
            [B, 3, h, w], not clamped.
        """
        residual: Tensor = self.trunk(noisy).tanh()
        return residual + previous


class Discriminator(nn.Module):
    """Scores every patch of 11 x 11 pixels: [B, 3, h, w] -> [B, 1, h - 10, w - 10], high for real ones."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = trunk(width, 1)
        self.apply(_initialised)

    def forward(self, x: Tensor) -> Tensor:
        """The map of patch scores."""
        scores: Tensor = self.trunk(x)
        return scores


def _initialised(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)

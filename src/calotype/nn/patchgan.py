"""Multi-scale PatchGAN discriminator that returns the activations of all its layers."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.instance import instance_norm
from calotype.nn.spectral import spectral_norm

_SLOPE = 0.2
_KERNEL, _PADDING = 4, 2
_GROWTH = 8  # channels grow to this many times those of the first layer


class PatchDiscriminator(nn.Module):
    """One scale: a convolutional network that scores overlapping patches.

    Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017, in the form
    of Park et al., CVPR 2019: convolutions of 4 x 4 pixels, padding 2; the first layer without normalisation, the last
    of the hidden ones with stride 1.

    Args:
        channels: of the picture.
        condition: channels of what the picture is judged by, 0 for nothing.
        width: channels of the first layer; doubled from layer to layer, up to 8 times.
        layers: hidden layers, at least 1; all but the last halve the size.
        norm: ``instance`` or ``none``, in all hidden layers but the first.
        spectral: whether these layers have spectral normalisation.
    """

    def __init__(
        self,
        channels: int,
        condition: int = 0,
        *,
        width: int = 64,
        layers: int = 4,
        norm: Literal["instance", "none"] = "instance",
        spectral: bool = True,
    ) -> None:
        super().__init__()
        self.condition, self.norm = condition, norm
        widths = [width * min(2**i, _GROWTH) for i in range(layers)]
        strides = [1 if layers > 1 and i == layers - 1 else 2 for i in range(layers)]
        self.convs = nn.ModuleList()
        before = condition + channels
        for i, (after, stride) in enumerate(zip(widths, strides)):
            bias = i == 0 or norm == "none"
            conv = nn.Conv2d(before, after, _KERNEL, stride, _PADDING, bias=bias)
            self.convs.append(spectral_norm(conv) if spectral and i else conv)
            before = after
        self.score = nn.Conv2d(before, 1, _KERNEL, 1, _PADDING)
        initialise(self)

    def forward(self, pictures: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """Activations of the hidden layers, and last the scores.

        Args:
            pictures: [k B, channels, H, W], -1..1.
            condition: [B, condition, H, W]: each belongs to pictures i, B + i, 2 B + i and so on.

        Returns:
            Tensors [k B, ...], the last one [k B, 1, h, w].
        """
        found = [F.leaky_relu(self._first(pictures, condition), _SLOPE)]
        for conv in list(self.convs)[1:]:
            x = conv(found[-1])
            found.append(instance_norm(x, _SLOPE) if self.norm == "instance" else F.leaky_relu(x, _SLOPE))
        return [*found, self.score(found[-1])]

    def _first(self, pictures: Tensor, condition: Tensor | None) -> Tensor:
        """The first convolution of condition and picture side by side; that of the condition is made once."""
        first = self.convs[0]
        assert isinstance(first, nn.Conv2d)
        if condition is None:
            y: Tensor = first(pictures)
            return y
        of_condition, of_picture = first.weight[:, : self.condition], first.weight[:, self.condition :]
        y = F.conv2d(pictures, of_picture, first.bias, first.stride, first.padding)
        fixed = F.conv2d(condition, of_condition, None, first.stride, first.padding)
        return (y.view(-1, *fixed.shape) + fixed).flatten(0, 1)


class MultiScaleDiscriminator(nn.Module):
    """Several ``PatchDiscriminator`` with weights of their own, each on pictures of half the size of the one before.

    Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs", CVPR 2018, sec. 3.2.

    Args:
        channels: of the picture.
        condition: channels of what the picture is judged by.
        scales: how many discriminators, at least 1.
        width, layers, norm, spectral: of each, as for ``PatchDiscriminator``.
    """

    def __init__(
        self,
        channels: int,
        condition: int = 0,
        *,
        scales: int = 2,
        width: int = 64,
        layers: int = 4,
        norm: Literal["instance", "none"] = "instance",
        spectral: bool = True,
    ) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(channels, condition, width=width, layers=layers, norm=norm, spectral=spectral)
            for _ in range(scales)
        )

    def forward(self, pictures: Tensor, condition: Tensor | None = None) -> list[list[Tensor]]:
        """For each scale, the full size first, what ``PatchDiscriminator`` returns; arguments as there."""
        found = []
        for number, scale in enumerate(self.scales):
            if number:
                pictures = _halved(pictures)
                condition = None if condition is None else _halved(condition)
            found.append(scale(pictures, condition))
        return found


def scores_of(activations: list[list[Tensor]]) -> list[Tensor]:
    """The scores of each scale, in float32, for ``calotype.losses.adversarial``."""
    return [scale[-1].float() for scale in activations]


@torch.no_grad()
def initialise(module: nn.Module, gain: float = 0.02) -> None:
    """Normally distributed weights of Xavier's standard deviation times ``gain``, biases 0 (Park et al., CVPR 2019)."""
    for name, parameter in module.named_parameters():
        if parameter.dim() >= 2:
            nn.init.xavier_normal_(parameter, gain)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The first and the second half of a batch, [2 B, ...], as views.

    As ``x.chunk(2)``, but gradients lie in memory as ``x`` does, also where only one half has any: later operations
    are then several times as fast.
    """
    first, second = _Halves.apply(x)  # type: ignore[no-untyped-call]
    return first, second


class _Halves(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        first, second = x.chunk(2)
        return first, second

    @staticmethod
    def backward(ctx: Any, *wanted: Tensor | None) -> Tensor:
        (x,) = ctx.saved_tensors
        result = torch.empty_like(x)
        for half, slope in zip(result.chunk(2), wanted):
            half.zero_() if slope is None else half.copy_(slope)
        return result


def _halved(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)

"""A trained model: the generators of all scales and the fixed noise that reconstructs the photo."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.singan.config import Config
from calotype.engines.singan.network import RADIUS, Generator
from calotype.engines.singan.pyramid import Size, at_size, learned_sizes
from calotype.image.palette import quantized
from calotype.image.resize import resize_wrapped


class Net(nn.Module):
    """The generators for a photo of ``size`` pixels (height, width).

    Attributes:
        sizes: height and width of each scale, coarsest first.
        generators: one per scale.
        repainter: a second generator of scale ``cfg.painted``, trained for quantised input; only if ``cfg.colours`` is
            set.
        fixed: [1, 1, h, w], the noise of the coarsest scale from which the photo is reconstructed (z* of the paper);
            that of all other scales is zero.
        amplitudes: [scales], standard deviation of each scale's noise.
        repainter_amplitude: the same of the repainter.
        palette: [colours, 3], the colours that its input is quantised to, -1..1.
        finished: number of trained scales, from the coarsest up.
    """

    fixed: Tensor
    amplitudes: Tensor
    repainter_amplitude: Tensor
    palette: Tensor
    finished: Tensor

    def __init__(self, cfg: Config, size: Size) -> None:
        super().__init__()
        self.border = cfg.border
        self.sizes = learned_sizes(size, cfg)
        self.generators = nn.ModuleList(Generator(width_at(i, cfg)) for i in range(len(self.sizes)))
        self.painted = min(cfg.painted, len(self.sizes) - 1)
        self.repainter = Generator(width_at(self.painted, cfg)) if cfg.colours else None
        height, width = self.sizes[0]
        padding = 2 * RADIUS if cfg.border == "noise" else 0
        self.register_buffer("fixed", torch.zeros(1, 1, height + padding, width + padding))
        self.register_buffer("amplitudes", torch.zeros(len(self.sizes)))
        self.register_buffer("repainter_amplitude", torch.zeros(()))
        self.register_buffer("palette", torch.zeros(cfg.colours, 3))
        self.register_buffer("finished", torch.zeros((), dtype=torch.long))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def depth(self) -> int:
        """The number of trained scales."""
        return int(self.finished)

    def noise(self, scale: int, size: Size, count: int, rng: torch.Generator | None = None) -> Tensor:
        """Sample noise for ``count`` images of ``size``: [B, 3, h, w]; with ``border="noise"`` 10 pixels larger on each
        axis.

        At the coarsest scale all channels have the same values (as in the reference code). Sampled on the CPU from
        ``rng``, so that devices agree; without ``rng``, from torch's global generator, on the device.
        """
        padding = 2 * RADIUS if self.border == "noise" else 0
        shape = (count, 1 if scale == 0 else 3, size[0] + padding, size[1] + padding)
        device = self.amplitudes.device
        samples = torch.randn(shape, device=device) if rng is None else torch.randn(shape, generator=rng).to(device)
        return samples.expand(-1, 3, -1, -1)

    def step(
        self,
        scale: int,
        previous: Tensor,
        noise: Tensor | None,
        wraps: tuple[bool, bool] = (False, False),
        generator: Generator | None = None,
        amplitude: Tensor | None = None,
    ) -> Tensor:
        """Apply one scale to the upsampled image of the scale below.

        Args:
            scale: index of the scale, 0 is the coarsest.
            previous: [B, 3, h, w].
            noise: as from ``noise``; ``None`` for none.
            wraps: whether the image is periodic, vertically and horizontally.
            generator: overrides the generator of the scale.
            amplitude: overrides the noise amplitude of the scale.

        Returns:
            [B, 3, h, w], not clamped.
        """
        noisy = padded(previous, wraps)
        if noise is not None:
            amplitude = self.amplitudes[scale] if amplitude is None else amplitude
            noisy = noisy + amplitude * (
                wrapped_noise(noise, wraps) if self.border == "noise" else padded(noise, wraps)
            )
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        result: Tensor = (generator or self.generators[scale])(noisy, previous)
        return result

    def sample(
        self,
        count: int,
        upto: int,
        sizes: Sequence[Size] | None = None,
        rng: torch.Generator | None = None,
        wraps: tuple[bool, bool] = (False, False),
        begin: int = 0,
        picture: Tensor | None = None,
        stir: float = 1.0,
    ) -> Tensor | None:
        """Sample images with the scales ``begin`` to ``upto - 1``.

        Args:
            count: number of images.
            upto: first scale that is not used.
            sizes: of all scales in the result; ``None`` for those of the photo.
            rng: source of the noise, as for ``noise``.
            wraps: whether the images are periodic, vertically and horizontally.
            begin: the injection scale: the first scale used.
            picture: [1 or B, 3, h, w], the injected image; ``None``: the reconstruction of the scales below.
            stir: factor of the noise at scale ``begin``.

        Returns:
            [B, 3, h, w] of scale ``upto - 1``, not clamped; ``picture`` if no scale is used.
        """
        sizes = sizes or self.sizes
        x = picture if picture is not None else self.reconstruction(begin)
        for scale in range(begin, upto):
            below = self.resized(x, sizes[scale], wraps).expand(count, -1, -1, -1)
            noise = self.noise(scale, sizes[scale], count, rng)
            x = self.step(scale, below, noise * stir if scale == begin else noise, wraps)
        return x

    def reconstruction(self, upto: int) -> Tensor | None:
        """The photo reconstructed from its fixed noise by the first ``upto`` scales: [1, 3, h, w], ``None`` for 0."""
        x = None
        for scale in range(upto):
            fixed = self.fixed.expand(-1, 3, -1, -1) if scale == 0 else None
            x = self.step(scale, self.resized(x, self.sizes[scale]), fixed)
        return x

    def resized(self, x: Tensor | None, size: Size, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
        """Resample an image of another scale to ``size``; mid-grey (0) if there is none."""
        if x is None:
            return torch.zeros(1, 3, *size, device=self.amplitudes.device)
        return resize_wrapped(x, size, wraps, at_size)

    def repaint(self, picture: Tensor, rng: torch.Generator | None) -> Tensor:
        """Apply the generator for quantised input at scale ``painted`` to ``picture`` [1, 3, h, w]."""
        previous = quantized(picture, self.palette)
        noise = self.noise(self.painted, (picture.shape[2], picture.shape[3]), len(picture), rng)
        return self.step(self.painted, previous, noise, generator=self.repainter, amplitude=self.repainter_amplitude)


def padded(x: Tensor, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
    """Pad by 5 pixels on each side: with zeros (mid-grey), or circularly along a periodic axis."""
    for axis, wrap in enumerate(wraps):
        pad = (0, 0, RADIUS, RADIUS) if axis == 0 else (RADIUS, RADIUS, 0, 0)
        x = F.pad(x, pad, mode="circular" if wrap else "constant")
    return x


def wrapped_noise(noise: Tensor, wraps: tuple[bool, bool]) -> Tensor:
    """Make the 5 pixel border of noise maps circular along periodic axes."""
    for axis, wrap in zip((2, 3), wraps):
        if wrap:
            inner = noise.narrow(axis, RADIUS, noise.shape[axis] - 2 * RADIUS)
            last = inner.narrow(axis, inner.shape[axis] - RADIUS, RADIUS)
            noise = torch.cat([last, inner, inner.narrow(axis, 0, RADIUS)], axis)
    return noise


def width_at(scale: int, cfg: Config) -> int:
    """Channels at a scale: doubled after every fourth."""
    return min(cfg.width << (scale // 4), cfg.widest)

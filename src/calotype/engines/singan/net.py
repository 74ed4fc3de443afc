"""A trained model: the generators of all scales, one above the other, and the noise that makes the photo again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.singan.config import Config
from calotype.engines.singan.network import REACH, Generator
from calotype.engines.singan.pyramid import Size, at_size, learned_sizes
from calotype.image.palette import quantized
from calotype.image.resize import resize_wrapped


class Net(nn.Module):
    """The generators of a photo of ``size`` pixels (height, width).

    Attributes:
        sizes: height and width of each learned scale, coarsest first.
        generators: one a scale.
        repainter: the scale ``cfg.painted``, trained for quantised input; there only where ``cfg.colours`` is set.
        fixed: [1, 1, h, w], the noise of the coarsest scale from which the photo is reconstructed (z* of the paper);
            that of all other scales is zero.
        amplitudes: [scales], standard deviation of each scale's noise.
        repainter_amplitude: the same of the repainter.
        palette: [colours, 3], the colours that its input is quantised to.
        finished: how many scales, from the coarsest, are trained.
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
        over = 2 * REACH if cfg.border == "noise" else 0
        self.register_buffer("fixed", torch.zeros(1, 1, height + over, width + over))
        self.register_buffer("amplitudes", torch.zeros(len(self.sizes)))
        self.register_buffer("repainter_amplitude", torch.zeros(()))
        self.register_buffer("palette", torch.zeros(cfg.colours, 3))
        self.register_buffer("finished", torch.zeros((), dtype=torch.long))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def depth(self) -> int:
        """How many scales can be used."""
        return int(self.finished)

    def noise(self, scale: int, size: Size, count: int, rng: torch.Generator | None = None) -> Tensor:
        """Fresh noise for ``count`` pictures of ``size``: [B, 3, h, w], larger by its border where that is noise.

        At the coarsest scale all channels have the same (as in the reference code). Drawn on the CPU from ``rng``, so
        that devices agree; from torch's global generator, on the device, where there is none.
        """
        over = 2 * REACH if self.border == "noise" else 0
        shape = (count, 1 if scale == 0 else 3, size[0] + over, size[1] + over)
        device = self.amplitudes.device
        drawn = torch.randn(shape, device=device) if rng is None else torch.randn(shape, generator=rng).to(device)
        return drawn.expand(-1, 3, -1, -1)

    def step(
        self,
        scale: int,
        previous: Tensor,
        noise: Tensor | None,
        wraps: tuple[bool, bool] = (False, False),
        generator: Generator | None = None,
        amplitude: Tensor | None = None,
    ) -> Tensor:
        """One scale: from the picture of the scale below, at this one's size, to its own.

        Args:
            scale: which, 0 the coarsest.
            previous: [B, 3, h, w].
            noise: as from ``noise``; ``None`` for none.
            wraps: axes along which the picture continues itself.
            generator: another than that of the scale.
            amplitude: of the noise, if not that of the scale.

        Returns:
            [B, 3, h, w], not clamped.
        """
        noisy = bordered(previous, wraps)
        if noise is not None:
            amplitude = self.amplitudes[scale] if amplitude is None else amplitude
            noisy = noisy + amplitude * (continued(noise, wraps) if self.border == "noise" else bordered(noise, wraps))
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        made: Tensor = (generator or self.generators[scale])(noisy, previous)
        return made

    def drawn(
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
        """Random pictures through the scales ``begin`` to ``upto - 1``.

        Args:
            count: how many.
            upto: first scale that is not used.
            sizes: of all scales in the result; ``None`` for those of the photo.
            rng: where noise comes from, as for ``noise``.
            wraps: axes along which the pictures continue themselves.
            begin: first scale used.
            picture: [1 or B, 3, h, w], what it is given; ``None``: nothing, or the scales' reconstruction.
            stir: what the noise of scale ``begin`` is multiplied by.

        Returns:
            [B, 3, h, w] of scale ``upto - 1``, not clamped; ``picture`` where no scale is used.
        """
        sizes = sizes or self.sizes
        x = picture if picture is not None else self.reconstruction(begin)
        for scale in range(begin, upto):
            below = self.onto(x, sizes[scale], wraps).expand(count, -1, -1, -1)
            noise = self.noise(scale, sizes[scale], count, rng)
            x = self.step(scale, below, noise * stir if scale == begin else noise, wraps)
        return x

    def reconstruction(self, upto: int) -> Tensor | None:
        """The photo made again from its fixed noise, by the first ``upto`` scales: [1, 3, h, w], ``None`` for 0."""
        x = None
        for scale in range(upto):
            fixed = self.fixed.expand(-1, 3, -1, -1) if scale == 0 else None
            x = self.step(scale, self.onto(x, self.sizes[scale]), fixed)
        return x

    def onto(self, x: Tensor | None, size: Size, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
        """A picture of another scale at ``size``; grey where there is none."""
        if x is None:
            return torch.zeros(1, 3, *size, device=self.amplitudes.device)
        return resize_wrapped(x, size, wraps, at_size)

    def repaint(self, picture: Tensor, rng: torch.Generator | None) -> Tensor:
        """What the scale ``painted`` makes of ``picture`` [1, 3, h, w], its colours quantised."""
        previous = quantized(picture, self.palette)
        noise = self.noise(self.painted, (picture.shape[2], picture.shape[3]), len(picture), rng)
        return self.step(self.painted, previous, noise, generator=self.repainter, amplitude=self.repainter_amplitude)


def bordered(x: Tensor, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
    """``x`` with 5 pixels more on each side: zeros (mid-grey), or its other end along an axis that wraps."""
    for axis, wrap in enumerate(wraps):
        pad = (0, 0, REACH, REACH) if axis == 0 else (REACH, REACH, 0, 0)
        x = F.pad(x, pad, mode="circular" if wrap else "constant")
    return x


def continued(noise: Tensor, wraps: tuple[bool, bool]) -> Tensor:
    """``noise`` with 5 pixels more on each side, which are its other end along an axis that wraps."""
    for axis, wrap in zip((2, 3), wraps):
        if wrap:
            inner = noise.narrow(axis, REACH, noise.shape[axis] - 2 * REACH)
            last = inner.narrow(axis, inner.shape[axis] - REACH, REACH)
            noise = torch.cat([last, inner, inner.narrow(axis, 0, REACH)], axis)
    return noise


def width_at(scale: int, cfg: Config) -> int:
    """Channels at a scale: doubled after every fourth."""
    return min(cfg.width << (scale // 4), cfg.widest)

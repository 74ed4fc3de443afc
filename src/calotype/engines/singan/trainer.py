"""Training of one scale: its inputs, the training step, and the batch norm statistics at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import MultiStepLR

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import Net, padded, width_at
from calotype.engines.singan.network import RADIUS, Discriminator, Generator
from calotype.engines.singan.pyramid import at_size
from calotype.image.palette import quantized
from calotype.losses.penalty import pixel_gradient_penalty
from calotype.run import Run


class ScaleTrainer:
    """One scale in training: its networks, optimizers and inputs.

    Args:
        net: the model; the scales below are trained.
        scale: index of the scale to train.
        real: [1, 3, h, w], the photo at this scale.
        cfg: settings.
        run: seed and device.
        below: the trainer of the scale below, whose weights initialise this scale if it has as many channels (section
            2.3).
    """

    def __init__(
        self, net: Net, scale: int, real: Tensor, cfg: Config, run: Run, below: ScaleTrainer | None = None
    ) -> None:
        self.net, self.scale, self.real, self.cfg, self.run = net, scale, real, cfg, run
        self.size = (real.shape[2], real.shape[3])
        self.single = bool(cfg.magnified and cfg.learned)
        self.first = max(0, scale - cfg.together + 1)
        self._initialize(below)
        self._fix_reconstruction()
        for i in range(scale + 1):
            net.generators[i].requires_grad_(i >= self.first).train(i >= self.first)
        # Generators below the finest have lower learning rates (ConSinGAN, section 3.2); SinGAN trains one at a time.
        groups = [
            {"params": list(net.generators[i].parameters()), "lr": cfg.rate * cfg.lower_rate ** (scale - i)}
            for i in range(scale, self.first - 1, -1)
        ]
        self.generator_optimizer = torch.optim.Adam(groups, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=cfg.rate, betas=(0.5, 0.999)
        )
        drop = [max(1, round(cfg.decay_at * cfg.steps))]
        self.schedules = [
            MultiStepLR(optimizer, drop, gamma=0.1)
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer)
        ]
        self.state: dict[str, Any] = {
            **{f"generator {i}": net.generators[i] for i in range(self.first, scale + 1)},
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "generator_schedule": self.schedules[0],
            "discriminator_schedule": self.schedules[1],
        }

    def batch(self, i: int) -> None:
        """No data: a step draws all its inputs itself."""

    def step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """``critic_steps`` updates of the discriminator, then ``generator_steps`` of the generator (section 2.2)."""
        cfg = self.cfg
        drawn: list[Tensor] | None = None
        for k in range(cfg.critic_steps):
            # As in the reference code, the noise of this scale is drawn once a step, the image from below each time.
            below, noises, drawn = self._inputs(drawn)
            with torch.no_grad():
                fake = self._generate(below, noises)
            real = self._crop(self.real, self._random_corner())
            self.discriminator_optimizer.zero_grad(set_to_none=True)
            distance = self.discriminator(real).mean() - self.discriminator(fake).mean()
            loss = -distance
            if (i * cfg.critic_steps + k) % cfg.penalty_every == 0:
                loss = loss + cfg.penalty * cfg.penalty_every * pixel_gradient_penalty(self.discriminator, real, fake)
            loss.backward()
            self.discriminator_optimizer.step()
        for _ in range(cfg.generator_steps):
            # The discriminator's last inputs are passed through the generator again, whose weights change between
            # updates.
            self.generator_optimizer.zero_grad(set_to_none=True)
            adversarial = -self._score(self._generate(below, noises))
            error = self._reconstruction_error()
            total: Tensor = adversarial + cfg.reconstruction * error
            total.backward()  # type: ignore[no-untyped-call]
            self.generator_optimizer.step()
        for schedule in self.schedules:
            schedule.step()
        if i == cfg.steps - 1:
            self.run.report(preview=self.preview())
        return {"distance": distance.detach(), "error": error.detach().sqrt()}

    @torch.no_grad()
    def preview(self) -> Tensor:
        """A random image of this scale: [1, 3, h, w], -1..1."""
        below, noises, _ = self._inputs(whole=True)
        return self._generate(below, noises).clamp(-1, 1)

    @torch.no_grad()
    def finish(self) -> None:
        """Freeze the scale, after recomputing its batch norm statistics on whole images if ``cfg.settle`` is set.

        In training every image is normalised by its own mean and variance, in sampling all by the same. The running
        statistics of the reference code lag behind the weights and, where the scale is trained on crops, are those of
        crops.
        """
        generators = self.net.generators[self.first : self.scale + 1]
        if self.cfg.settle:
            norms = [module for module in generators.modules() if isinstance(module, nn.BatchNorm2d)]
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # a cumulative mean
            self.run.reseed("settle", self.scale)
            for _ in range(self.cfg.settle):
                self.preview()
            for norm in norms:
                norm.momentum = 0.1
        generators.eval().requires_grad_(False)
        self.net.finished.fill_(self.scale + 1)

    def _initialize(self, below: ScaleTrainer | None) -> None:
        self.run.reseed("init", self.scale)
        width = width_at(self.scale, self.cfg)
        self.discriminator = Discriminator(width).to(self.run.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.generator.load_state_dict(Generator(width).state_dict())
        if below is not None and width == width_at(self.scale - 1, self.cfg):
            self.generator.load_state_dict(below.generator.state_dict())
            self.discriminator.load_state_dict(below.discriminator.state_dict())

    @property
    def generator(self) -> Generator:
        """The generator of this scale."""
        return self.net.generators[self.scale]  # type: ignore[return-value]

    @torch.no_grad()
    def _fix_reconstruction(self) -> None:
        """Draw the fixed noise of the coarsest scale, and set the noise amplitude of this scale (section 2.3)."""
        net = self.net
        if self.single:
            # A single scale learns to sharpen the photo, blurred by down- and upsampling once.
            small = (round(self.size[0] * self.cfg.factor), round(self.size[1] * self.cfg.factor))
            self.reconstruction_input = at_size(at_size(self.real, small), self.size)
        elif self.first == 0:
            net.fixed.copy_(torch.randn(net.fixed.shape, generator=self.run.generator("fixed noise")))
            self.reconstruction_input = net.resized(None, net.sizes[0])
        else:
            self.reconstruction_input = self.prepared(
                net.resized(net.eval().reconstruction(self.first), net.sizes[self.first])
            )
        if self.scale == 0 and not self.single:
            net.amplitudes[0] = 1.0
            return
        below = (
            self.reconstruction_input
            if self.single
            else self.prepared(net.resized(net.eval().reconstruction(self.scale), self.size))
        )
        net.amplitudes[self.scale] = self.cfg.noise * (below - self.real).square().mean().sqrt()

    def prepared(self, below: Tensor) -> Tensor:
        """Transform the image from the scale below into the input of this scale; here, the identity."""
        return below

    @torch.no_grad()
    def _inputs(
        self, drawn: list[Tensor] | None = None, whole: bool = False
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """A padded random image from below the trained generators, and noise for each; a crop unless ``whole``.

        Args:
            drawn: the whole noise, as the last element of an earlier result; ``None`` to draw it.
            whole: whether not to crop.

        Returns:
            The image, the noise, and the whole noise of which it is a crop.
        """
        net, size = self.net, self.net.sizes[self.first]
        below = (
            self.reconstruction_input if self.single else self.prepared(net.resized(net.sample(1, self.first), size))
        )
        if drawn is None:
            drawn = [net.noise(1 if self.single else i, net.sizes[i], 1) for i in range(self.first, self.scale + 1)]
            if net.border == "zero":
                drawn = [padded(noise) for noise in drawn]
        corner = None if whole else self._random_corner()
        noises = [self._crop(noise, corner, RADIUS) for noise in drawn]
        return self._crop(padded(below), corner, RADIUS), noises, drawn

    def _generate(self, below: Tensor, noises: Sequence[Tensor | None]) -> Tensor:
        """The image of this scale for the given inputs."""
        net, x = self.net, below
        for i, noise in zip(range(self.first, self.scale + 1), noises, strict=True):
            if i > self.first:
                x = padded(net.resized(x, net.sizes[i]))
            noisy = x if noise is None else x + net.amplitudes[i] * noise
            noisy = noisy.contiguous(memory_format=torch.channels_last)
            x = net.generators[i](noisy, x[:, :, RADIUS:-RADIUS, RADIUS:-RADIUS])
        return x

    def _score(self, fake: Tensor) -> Tensor:
        """The mean score, differentiable in the image but not in the discriminator's weights."""
        self.discriminator.requires_grad_(False)
        score: Tensor = self.discriminator(fake).mean()
        self.discriminator.requires_grad_(True)
        return score

    def _reconstruction_error(self) -> Tensor:
        """Mean squared error of the photo, or a crop of it, reconstructed from its fixed noise (eq. 6)."""
        corner = self._random_corner()
        noises: list[Tensor | None] = [None] * (self.scale - self.first + 1)
        if self.first == 0 and not self.single:
            fixed = self.net.fixed.expand(-1, 3, -1, -1)
            noises[0] = fixed if self.net.border == "noise" else padded(fixed)
        reconstruction = self._generate(self._crop(padded(self.reconstruction_input), corner, RADIUS), noises)
        return F.mse_loss(reconstruction, self._crop(self.real, corner))

    def _random_corner(self) -> tuple[int, int] | None:
        """The top left corner of a random crop; ``None`` to train on whole images.

        A scale hardly larger than a crop is trained on whole images, as is the coarsest one, whose reconstruction noise
        is fixed.
        """
        side = self.cfg.crop
        if not side or min(self.size) <= 1.15 * side or self.cfg.together > 1 or (self.scale == 0 and not self.single):
            return None
        return int(torch.randint(self.size[0] - side + 1, ())), int(torch.randint(self.size[1] - side + 1, ()))

    def _crop(self, x: Tensor, corner: tuple[int, int] | None, border: int = 0) -> Tensor:
        """Crop ``x`` at ``corner``, with ``border`` more pixels on each side."""
        if corner is None:
            return x
        (top, left), side = corner, self.cfg.crop + 2 * border
        return x[:, :, top : top + side, left : left + side]


class QuantizedScaleTrainer(ScaleTrainer):
    """Trains a scale on quantised colours, with networks of its own, kept apart from those of the scale."""

    def __init__(self, net: Net, real: Tensor, cfg: Config, run: Run) -> None:
        assert net.repainter is not None
        self.replaced, self.amplitudes, self.finished = net.generators[net.painted], net.amplitudes.clone(), net.depth
        net.generators[net.painted] = net.repainter
        super().__init__(net, net.painted, real, replace(cfg, together=1), run)

    def prepared(self, below: Tensor) -> Tensor:
        """The image from below, quantised to the palette."""
        return quantized(below, self.net.palette)

    def finish(self) -> None:
        """As for any scale; then restore the generators, amplitudes and the number of trained scales."""
        super().finish()
        net = self.net
        net.repainter_amplitude.copy_(net.amplitudes[self.scale])
        net.amplitudes.copy_(self.amplitudes)
        net.finished.fill_(self.finished)
        net.generators[self.scale] = self.replaced

"""How one scale is learned: what it is shown, one step, and what is done when it is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import MultiStepLR

from calotype.engines.singan.config import Config
from calotype.engines.singan.net import Net, bordered, width_at
from calotype.engines.singan.network import REACH, Critic, Generator
from calotype.engines.singan.pyramid import at_size
from calotype.image.palette import quantized
from calotype.losses.penalty import pixel_gradient_penalty
from calotype.run import Run


class Learning:
    """A scale in training: its networks and optimisers, and where its pictures come from.

    Args:
        net: the model; the scales below are trained.
        scale: which is learned.
        real: [1, 3, h, w], the photo at this scale.
        cfg: settings.
        run: seed and device.
        below: the training of the scale below, whose networks are the start where they are as wide (section 2.3).
    """

    def __init__(
        self, net: Net, scale: int, real: Tensor, cfg: Config, run: Run, below: Learning | None = None
    ) -> None:
        self.net, self.scale, self.real, self.cfg, self.run = net, scale, real, cfg, run
        self.size = (real.shape[2], real.shape[3])
        self.lone = bool(cfg.magnified and cfg.learned)
        self.first = max(0, scale - cfg.together + 1)
        self._initialise(below)
        self._fix_reconstruction()
        for i in range(scale + 1):
            net.generators[i].requires_grad_(i >= self.first).train(i >= self.first)
        # Generators below the finest learn more slowly (ConSinGAN, section 3.2); with SinGAN there is but one.
        groups = [
            {"params": list(net.generators[i].parameters()), "lr": cfg.rate * cfg.lower_rate ** (scale - i)}
            for i in range(scale, self.first - 1, -1)
        ]
        self.teacher = torch.optim.Adam(groups, betas=(0.5, 0.999))
        self.judge = torch.optim.Adam(self.critic.parameters(), lr=cfg.rate, betas=(0.5, 0.999))
        drop = [max(1, round(cfg.decay_at * cfg.steps))]
        self.schedules = [MultiStepLR(optimizer, drop, gamma=0.1) for optimizer in (self.teacher, self.judge)]
        self.state: dict[str, Any] = {
            **{f"generator {i}": net.generators[i] for i in range(self.first, scale + 1)},
            "critic": self.critic,
            "teacher": self.teacher,
            "judge": self.judge,
            "teacher rate": self.schedules[0],
            "judge rate": self.schedules[1],
        }

    def batch(self, i: int) -> None:
        """Nothing: all that a step works on is drawn within it."""

    def step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """Some updates of the critic, then some of the generator (section 2.2)."""
        cfg = self.cfg
        for k in range(cfg.critic_steps):
            below, noises = self._shown()
            with torch.no_grad():
                fake = self._made(below, noises)
            real = self._piece(self.real, self._corner())
            self.judge.zero_grad(set_to_none=True)
            distance = self.critic(real).mean() - self.critic(fake).mean()
            loss = -distance
            if (i * cfg.critic_steps + k) % cfg.penalty_every == 0:
                loss = loss + cfg.penalty * cfg.penalty_every * pixel_gradient_penalty(self.critic, real, fake)
            loss.backward()
            self.judge.step()
        for _ in range(cfg.generator_steps):
            # The critic's last picture is made anew: its graph is of weights that have moved since.
            self.teacher.zero_grad(set_to_none=True)
            adversarial = -self._judged(self._made(below, noises))
            error = self._reconstruction_error()
            total: Tensor = adversarial + cfg.reconstruction * error
            total.backward()  # type: ignore[no-untyped-call]
            self.teacher.step()
        for schedule in self.schedules:
            schedule.step()
        if i == cfg.steps - 1:
            self.run.report(preview=self.picture())
        return {"distance": distance.detach(), "error": error.detach().sqrt()}

    @torch.no_grad()
    def picture(self) -> Tensor:
        """A random picture of this scale: [1, 3, h, w], -1..1."""
        below, noises = self._shown(whole=True)
        return self._made(below, noises).clamp(-1, 1)

    @torch.no_grad()
    def settle(self) -> None:
        """Freeze the scale. Its normalisation is measured anew on whole pictures, if the settings say so.

        In training every picture is normalised by its own mean and variance, later all by the same. The running ones
        of the reference lag behind the weights and, where pieces were cut, are of pieces.
        """
        generators = self.net.generators[self.first : self.scale + 1]
        if self.cfg.settle:
            norms = [module for module in generators.modules() if isinstance(module, nn.BatchNorm2d)]
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # a plain mean of all
            self.run.reseed("settle", self.scale)
            for _ in range(self.cfg.settle):
                self.picture()
            for norm in norms:
                norm.momentum = 0.1
        generators.eval().requires_grad_(False)
        self.net.finished.fill_(self.scale + 1)

    def _initialise(self, below: Learning | None) -> None:
        self.run.reseed("init", self.scale)
        width = width_at(self.scale, self.cfg)
        self.critic = Critic(width).to(self.run.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.generator.load_state_dict(Generator(width).state_dict())
        if below is not None and width == width_at(self.scale - 1, self.cfg):
            self.generator.load_state_dict(below.generator.state_dict())
            self.critic.load_state_dict(below.critic.state_dict())

    @property
    def generator(self) -> Generator:
        """The generator of this scale."""
        return self.net.generators[self.scale]  # type: ignore[return-value]

    @torch.no_grad()
    def _fix_reconstruction(self) -> None:
        """Draw the fixed noise of the coarsest scale, and say how strong the noise is here (section 2.3)."""
        net = self.net
        if self.lone:
            # The only scale: it learns to sharpen the photo as one pass of enlarging blurs it.
            small = (round(self.size[0] * self.cfg.factor), round(self.size[1] * self.cfg.factor))
            self.again = at_size(at_size(self.real, small), self.size)
        elif self.first == 0:
            net.fixed.copy_(torch.randn(net.fixed.shape, generator=self.run.generator("fixed noise")))
            self.again = net.onto(None, net.sizes[0])
        else:
            self.again = self.prepared(net.onto(net.eval().reconstruction(self.first), net.sizes[self.first]))
        if self.scale == 0 and not self.lone:
            net.amplitudes[0] = 1.0
            return
        missing = self.again if self.lone else self.prepared(net.onto(net.eval().reconstruction(self.scale), self.size))
        net.amplitudes[self.scale] = self.cfg.noise * (missing - self.real).square().mean().sqrt()

    def prepared(self, below: Tensor) -> Tensor:
        """What the scale is given for a picture from below."""
        return below

    @torch.no_grad()
    def _shown(self, whole: bool = False) -> tuple[Tensor, list[Tensor]]:
        """A random picture from below the trained generators, with its border, and noise for each of them."""
        net, size = self.net, self.net.sizes[self.first]
        below = self.again if self.lone else self.prepared(net.onto(net.drawn(1, self.first), size))
        noises = [net.noise(1 if self.lone else i, net.sizes[i], 1) for i in range(self.first, self.scale + 1)]
        if net.border == "zero":
            noises = [bordered(noise) for noise in noises]
        corner = None if whole else self._corner()
        return self._piece(bordered(below), corner, REACH), [self._piece(noise, corner, REACH) for noise in noises]

    def _made(self, below: Tensor, noises: Sequence[Tensor | None]) -> Tensor:
        """The picture of this scale, of what is shown."""
        net, x = self.net, below
        for i, noise in zip(range(self.first, self.scale + 1), noises, strict=True):
            if i > self.first:
                x = bordered(net.onto(x, net.sizes[i]))
            noisy = x if noise is None else x + net.amplitudes[i] * noise
            noisy = noisy.contiguous(memory_format=torch.channels_last)
            x = net.generators[i](noisy, x[:, :, REACH:-REACH, REACH:-REACH])
        return x

    def _judged(self, fake: Tensor) -> Tensor:
        """The mean score, without gradients for the critic's own weights."""
        self.critic.requires_grad_(False)
        score: Tensor = self.critic(fake).mean()
        self.critic.requires_grad_(True)
        return score

    def _reconstruction_error(self) -> Tensor:
        """Mean squared error of the photo, or a piece of it, made again from its fixed noise (eq. 6)."""
        corner = self._corner()
        noises: list[Tensor | None] = [None] * (self.scale - self.first + 1)
        if self.first == 0 and not self.lone:
            fixed = self.net.fixed.expand(-1, 3, -1, -1)
            noises[0] = fixed if self.net.border == "noise" else bordered(fixed)
        again = self._made(self._piece(bordered(self.again), corner, REACH), noises)
        return F.mse_loss(again, self._piece(self.real, corner))

    def _corner(self) -> tuple[int, int] | None:
        """Where a piece begins; ``None`` where whole pictures are learned from.

        A scale that hardly exceeds a piece is as quick whole; the coarsest is always whole, its noise being fixed.
        """
        side = self.cfg.crop
        if not side or min(self.size) <= 1.15 * side or self.cfg.together > 1 or (self.scale == 0 and not self.lone):
            return None
        return int(torch.randint(self.size[0] - side + 1, ())), int(torch.randint(self.size[1] - side + 1, ()))

    def _piece(self, x: Tensor, corner: tuple[int, int] | None, border: int = 0) -> Tensor:
        """The piece of ``x`` at ``corner``, with ``border`` pixels of its surroundings on each side."""
        if corner is None:
            return x
        (top, left), side = corner, self.cfg.crop + 2 * border
        return x[:, :, top : top + side, left : left + side]


class Repainting(Learning):
    """The same for a scale that is given quantised colours: fresh networks, kept apart from those of the scale."""

    def __init__(self, net: Net, real: Tensor, cfg: Config, run: Run) -> None:
        assert net.repainter is not None
        self.kept, self.amplitudes, self.finished = net.generators[net.painted], net.amplitudes.clone(), net.depth
        net.generators[net.painted] = net.repainter
        super().__init__(net, net.painted, real, replace(cfg, together=1), run)

    def prepared(self, below: Tensor) -> Tensor:
        """The picture from below in the colours of the palette."""
        return quantized(below, self.net.palette)

    def settle(self) -> None:
        """As for any scale; then everything else is put back where it was."""
        super().settle()
        net = self.net
        net.repainter_amplitude.copy_(net.amplitudes[self.scale])
        net.amplitudes.copy_(self.amplitudes)
        net.finished.fill_(self.finished)
        net.generators[self.scale] = self.kept

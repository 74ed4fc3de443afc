"""Training: optionally as an auto-encoder first, then for retargeting to random sizes and forms."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.discriminators import (
    MultiScaleDiscriminator,
    layout_distance,
    noisy,
    scale_weights,
    scales_of,
    sliced,
    whitening,
)
from calotype.engines.ingan.geometry import Arc, Form, Quad, Size
from calotype.engines.ingan.net import Net, channels_last, generator_of, learned_size
from calotype.errors import ArgumentError, InputError
from calotype.image.resize import resize
from calotype.nn.ema import update_average
from calotype.nn.spectral import estimate_again
from calotype.run import Run, fit
from calotype.setting_checks import at_least, odd_sides, one_of, unusable, within

WARM, RETARGETING = "copying", "retargeting"
# Previews per training.
PREVIEWS = 10
_MINIMUM = {
    "steps": 1,
    "warm": 0,
    "cells": 2,
    "width": 4,
    "depth": 1,
    "blocks": 0,
    "critic_width": 1,
    "directions": 1,
    "patch_steps": 1,
}
_RANGES = {
    "smallest": (0.05, 0.95),
    "largest": (1.05, 10.0),
    "factor": (1.1, 3.0),
    "average": (0.0, 0.9999),
    "decay_at": (0.0, 1.0),
    "even_at": (0.01, 100.0),
    "bent": (0.0, 1.0),
    "bend": (0.0, 0.85),
    "most": (1.0, 100.0),
    "steady": (0.0, 0.95),
    "together": (0.0, 1000.0),
    "floor": (1e-6, 1e6),
}
# Minimum side of a target image in training, pixels.
SMALLEST_TARGET = 13


def build(cfg: Config, size: tuple[int, int]) -> Net:
    """An untrained model for a photo of ``size`` pixels (height, width)."""
    return Net(cfg, size)


def stages(size: tuple[int, int], cfg: Config) -> list[str]:
    """Names of the training stages, in order."""
    return [WARM, RETARGETING] if cfg.warm else [RETARGETING]


def train(photo: Tensor, cfg: Config, run: Run) -> Net:
    """Train on one photo: section 3 of the paper.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: folder, seed, device, progress, stopping; each stage ends with a preview.

    Raises:
        InputError: the photo is too small or has transparency, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photo, cfg)
    trainer = Trainer(photo, cfg, run)
    if cfg.warm:
        fit(trainer.warm_step, trainer.warm_state, trainer.batch, run, steps=cfg.warm, stage=WARM)
    trainer.start_retargeting()
    fit(trainer.step, trainer.state, trainer.batch, run, steps=cfg.steps, stage=RETARGETING)
    return trainer.finish()


def unfinished(photo: Tensor, cfg: Config, run: Run) -> Net | None:
    """``None``: there is no usable model between the auto-encoder stage and the end of training."""
    checked(photo, cfg)
    return None


class Trainer:
    """Networks, optimizers and training steps.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: seed and device.
    """

    def __init__(self, photo: Tensor, cfg: Config, run: Run) -> None:
        self.cfg, self.run = cfg, run
        whole = (photo.shape[2], photo.shape[3])
        self.photo = resize(photo.to(run.device), learned_size(whole, cfg))
        self.size: Size = (self.photo.shape[2], self.photo.shape[3])
        side = cfg.crop or max(self.size)
        self.crop_size: Size = (min(side, self.size[0]), min(side, self.size[1]))
        run.reseed("init")
        self.net = build(cfg, whole).to(run.device)
        # The trained weights; ``net`` holds their moving average.
        self.generator = channels_last(generator_of(cfg)).to(run.device)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=cfg.warm_rate, betas=(0.5, 0.999))
        self.warm_state: dict[str, Any] = {"generator": self.generator, "generator_optimizer": self.generator_optimizer}
        self.scales = scales_of(self.crop_size, cfg)
        self.white = whitening(self.photo, cfg, self.scales) if cfg.judge == "sliced" else []
        self.discriminators: MultiScaleDiscriminator | None = None
        if cfg.judge == "critics":
            self.discriminators = channels_last(MultiScaleDiscriminator(cfg, self.scales)).to(run.device)

    def start_retargeting(self) -> None:
        """Set up the retargeting stage, starting from the current weights of the generator."""
        cfg = self.cfg
        self.average = self.net.generator
        self.average.load_state_dict(self.generator.state_dict())
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=cfg.rate, betas=(0.5, 0.999))
        self.state: dict[str, Any] = {
            **self.warm_state,
            "generator_optimizer": self.generator_optimizer,
            "average": self.average,
        }
        if self.discriminators is not None:
            self.discriminator_optimizer = torch.optim.Adam(
                self.discriminators.parameters(), lr=cfg.rate, betas=(0.5, 0.999)
            )
            self.state |= {
                "discriminators": self.discriminators,
                "discriminator_optimizer": self.discriminator_optimizer,
            }

    def batch(self, i: int) -> None:
        """No data: a step draws all its inputs itself."""

    # -----------------------------------------------------------------------------------------------------------
    # Training steps

    def warm_step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """One auto-encoder step: L1 reconstruction of the photo at its own size."""
        self.generator_optimizer.zero_grad(set_to_none=True)
        crop = self.random_crop()
        made = self.generator(noisy(crop, self.cfg), self.crop_size)
        error = (made - crop).abs().mean()
        error.backward()
        self.generator_optimizer.step()
        if i == self.cfg.warm - 1:
            self.run.report(preview=made.detach())
        return {"error": error.detach()}

    def step(self, state: dict[str, Any], batch: None, i: int) -> dict[str, Tensor]:
        """One update of the generator (patch loss, cycle loss, layout loss), then of the discriminators, if any."""
        self._set_rate(i)
        crop = self.random_crop()
        size, form = self.random_target(i)
        self.generator_optimizer.zero_grad(set_to_none=True)
        made = self.generator(noisy(crop, self.cfg), size, form)
        smaller = (min(size[0], self.crop_size[0]), min(size[1], self.crop_size[1]))
        shares = scale_weights(i, smaller, self.scales, self.cfg)
        patch_loss = self._patch_loss(made, crop, shares)
        error = (self.generator(made, self.crop_size, form, undo=True) - crop).abs().mean()
        loss = self.cfg.judged * patch_loss + self.cfg.reconstruction * error
        if self.cfg.layout:
            loss = loss + self.cfg.layout * layout_distance(crop, made, form, self.cfg.cells)
        loss.backward()
        self.generator_optimizer.step()
        if i >= self.cfg.mend_from * self.cfg.steps:
            self._update_cycle(made.detach(), crop, form)
        if self.discriminators is not None:
            self._update_discriminators(self.discriminators, crop, made.detach(), shares)
        self._update_average(i)
        if (i + 1) % max(1, self.cfg.steps // PREVIEWS) == 0 or i == self.cfg.steps - 1:
            self.run.report(preview=self.preview())
        return {"distance": patch_loss.detach(), "error": error.detach()}

    def _patch_loss(self, made: Tensor, crop: Tensor, shares: list[float]) -> Tensor:
        if self.discriminators is None:
            return sliced(crop, made, self.cfg, shares, self.white)
        self.discriminators.requires_grad_(False)
        patch_loss: Tensor = self.discriminators(made, 1.0, shares)
        self.discriminators.requires_grad_(True)
        return patch_loss

    def _update_cycle(self, made: Tensor, crop: Tensor, form: Form | None) -> None:
        """One more update for the cycle loss alone, with the result detached."""
        self.generator_optimizer.zero_grad(set_to_none=True)
        (self.generator(made, self.crop_size, form, undo=True) - crop).abs().mean().backward()
        self.generator_optimizer.step()

    def _update_discriminators(
        self, discriminators: MultiScaleDiscriminator, crop: Tensor, made: Tensor, shares: list[float]
    ) -> None:
        """One update of the discriminators; as published, the real image is the crop that the result was made from."""
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        real = discriminators(noisy(crop, self.cfg), 1.0, shares)
        fake = discriminators(noisy(made, self.cfg), 0.0, shares)
        (0.5 * (real + fake)).backward()
        self.discriminator_optimizer.step()

    # -----------------------------------------------------------------------------------------------------------
    # Inputs of a step

    def random_crop(self) -> Tensor:
        """A random crop of the photo, or all of it."""
        top, left = (int(torch.randint(a - b + 1, ())) for a, b in zip(self.size, self.crop_size))
        return self.photo[:, :, top : top + self.crop_size[0], left : left + self.crop_size[1]]

    def random_target(self, i: int) -> tuple[Size, Form | None]:
        """Draw the target size and form of step ``i``; their range grows with the steps."""
        cfg = self.cfg
        growth = min(1.0, i / max(1.0, cfg.ramp * cfg.steps))
        least, most = (1 + (end - 1) * growth for end in (cfg.smallest, cfg.largest))
        down, across = (float(v) for v in least + (most - least) * torch.rand(2))
        too_much = max(1.0, down * across / cfg.most) ** 0.5
        factors = (down / too_much, across / too_much)
        height, width = (max(SMALLEST_TARGET, round(n * f)) for n, f in zip(self.crop_size, factors))
        return (height, width), self._form(growth) if float(torch.rand(())) < cfg.bent else None

    def _form(self, growth: float) -> Form:
        """A random quad whose upper or lower corners are moved along their edge, or a random arc."""
        kind, a, b = torch.rand(3).tolist()
        bend = self.cfg.bend * growth
        if kind < 1 / 3:
            return Arc(bend * (2 * a - 1))
        a, b = a * bend, b * bend
        if kind < 2 / 3:
            return Quad(((a, 0.0), (1 - min(b, 0.9 - a), 0.0), (1.0, 1.0), (0.0, 1.0)))
        return Quad(((0.0, 0.0), (1.0, 0.0), (1 - min(b, 0.9 - a), 1.0), (a, 1.0)))

    # -----------------------------------------------------------------------------------------------------------
    # Schedules, averaging, previews

    def _set_rate(self, i: int) -> None:
        """Constant, then linear decay to 0: a function of the step, so that resuming needs no scheduler state."""
        cfg = self.cfg
        left = min(1.0, (cfg.steps - i) / ((1 - cfg.decay_at) * cfg.steps)) if cfg.decay_at < 1 else 1.0
        for optimizer in (
            (self.generator_optimizer, self.discriminator_optimizer)
            if self.discriminators is not None
            else (self.generator_optimizer,)
        ):
            for group in optimizer.param_groups:
                group["lr"] = cfg.rate * left

    @torch.no_grad()
    def _update_average(self, i: int) -> None:
        """Update the exponential moving average; with a smaller decay in the first steps."""
        decay = min(self.cfg.average, (1 + i) / (10 + i)) if self.cfg.average else 0.0
        update_average(self.average, self.generator, decay)

    @torch.no_grad()
    def preview(self) -> Tensor:
        """The photo at 1.5 times its width: [1, 3, h, w], -1..1."""
        self.average.eval()
        made: Tensor = self.average(self.photo, (self.size[0], round(1.5 * self.size[1])))
        return made

    def finish(self) -> Net:
        """The trained model, in eval mode."""
        if self.cfg.average:
            estimate_again(self.average)
        self.net.finished.fill_(True)
        return self.net.requires_grad_(False).eval()


def check_settings(cfg: Config) -> None:
    """Check the settings before any work is done.

    Raises:
        InputError: one is out of range.
    """
    one_of(cfg, {"norm": ("batch", "instance"), "judge": ("critics", "sliced")})
    at_least(cfg, _MINIMUM)
    odd_sides(cfg, ("patch", "patch_side"), 9)
    for name in ("side", "crop", "patches_from"):
        if 0 < getattr(cfg, name) < 20 or getattr(cfg, name) < 0:
            raise unusable(cfg, name, "at least 20 pixels, or 0 for all")
    within(cfg, _RANGES)


def check_learnable(cfg: Config) -> None:
    """Check the settings of a training.

    Raises:
        InputError: one is out of range, or weights of networks with batch normalisation would be averaged.
    """
    check_settings(cfg)
    if cfg.norm == "batch" and cfg.average:
        raise ArgumentError(
            "--set norm=batch needs --set average=0: a moving average has no statistics of batch normalisation of its "
            "own"
        )


def checked(photo: Tensor, cfg: Config) -> None:
    """Check photo and settings before the training starts."""
    if photo.shape[1] != 3:
        raise InputError("ingan learns from opaque photos: lay this one on a background first, or use --engine gpnn")
    check_learnable(cfg)
    learned_size((photo.shape[2], photo.shape[3]), cfg)

"""Training of an encoder on samples of its generator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.encoder import Encoder, build_encoder
from calotype.models.stylegan.encoder_config import EncoderConfig
from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Generator, Net
from calotype.run import Run

_STAGE = "encoder"
_MEASURED = 4000  # latent vectors over which the spread of styles is measured
_MIXED = 3  # latent vectors that a sample's rows are of
_BETAS = (0.9, 0.99)
_LEAST = 0.05  # of the learning rate, at the end
_PREVIEW_EVERY, _SHOWN = 100, 6  # steps, and pictures


def encoder_stages() -> list[str]:
    """The names of the stages of such a training."""
    return [_STAGE]


def train_encoder(cfg: Config, own: EncoderConfig, run: Run, *, net: Net) -> Encoder:
    """Train an encoder for a generator, on its own samples.

    In each step a batch of samples is drawn, and the encoder corrects the mean style towards them, several times. The
    loss is the squared error of the pictures and of the styles.

    Args:
        cfg: settings of the generator.
        own: settings of the encoder.
        run: where it runs, reports and is kept; it can be stopped and resumed.
        net: trained or imported.

    Returns:
        The encoder, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    run.reseed(_STAGE, "start")
    generator = net.generator
    encoder = build_encoder(cfg, own).to(run.device)
    _measure(encoder, generator, cfg)
    adam = torch.optim.Adam(encoder.parameters(), own.rate, _BETAS)
    for i in run.steps(own.steps, {"encoder": encoder, "optimizer": adam}, _STAGE):
        adam.param_groups[0]["lr"] = own.rate * (_LEAST + (1 - _LEAST) * 0.5 * (1 + math.cos(math.pi * i / own.steps)))
        wanted = _samples(generator, cfg, own, run.device)
        with torch.no_grad():
            target = encoder.picture(generator, wanted)
        values, picture = _corrected(encoder, generator, adam, wanted, target)
        run.report(**values)
        if run.on_event and (i + 1) % _PREVIEW_EVERY == 0:
            run.report(preview=_sheet(target, picture))
    return encoder.requires_grad_(False).eval()


@torch.no_grad()
def _measure(encoder: Encoder, generator: Generator, cfg: Config) -> None:
    """Set the style that the encoder starts from, its picture, and the spread of styles."""
    w = _styles(generator, cfg, _MEASURED, encoder.mean.device)
    encoder.mean.copy_(w.mean(0))
    encoder.spread.copy_((w - w.mean(0)).square().mean().sqrt())
    encoder.start.copy_(encoder.picture(generator, encoder.mean.expand(1, encoder.rows, -1)))


def _styles(generator: Generator, cfg: Config, count: int, device: torch.device) -> Tensor:
    """Styles [count, style] of random latent vectors, and labels where the generator knows any."""
    label = torch.eye(cfg.classes)[torch.randint(cfg.classes, (count,))].to(device) if cfg.classes else None
    w: Tensor = generator.mapping(torch.randn(count, cfg.latent).to(device), label)
    return w


@torch.no_grad()
def _samples(generator: Generator, cfg: Config, own: EncoderConfig, device: torch.device) -> Tensor:
    """Styles [batch, rows, style], some of them with rows of several latent vectors."""
    w = _styles(generator, cfg, own.batch * _MIXED, device).view(own.batch, _MIXED, -1)
    source = torch.randint(_MIXED, (own.batch, generator.rows))
    source = torch.where(torch.rand(own.batch, 1) < own.mixing, source, 0).to(device)
    return w[torch.arange(own.batch, device=device)[:, None], source]


def _corrected(
    encoder: Encoder, generator: Generator, adam: torch.optim.Optimizer, wanted: Tensor, target: Tensor
) -> tuple[Mapping[str, Any], Tensor]:
    """An update of the encoder for each of its corrections; the losses of the last one, and its pictures."""
    own = encoder.own
    styles = encoder.mean.expand(len(target), encoder.rows, -1)
    picture = encoder.start.expand(len(target), -1, -1, -1)
    values: dict[str, Tensor] = {}
    for _ in range(own.passes):
        found = styles + encoder(target, picture)
        made = encoder.picture(generator, found)
        values = {
            "pictures": F.mse_loss(made, target),
            "styles": ((found - wanted) / encoder.spread).square().mean(),
        }
        adam.zero_grad(set_to_none=True)
        torch.autograd.backward(
            values["pictures"] + own.styles_weight * values["styles"], inputs=list(encoder.parameters())
        )
        adam.step()
        styles, picture = found.detach(), made.detach()
    return {name: value.detach() for name, value in values.items()}, picture


def _sheet(target: Tensor, picture: Tensor) -> Tensor:
    """Samples, and below them the pictures of their codes: [1, 3, H, W]."""
    rows = [torch.cat(list(displayed(each[:_SHOWN])), 2) for each in (target, picture)]
    return torch.cat(rows, 1)[None]

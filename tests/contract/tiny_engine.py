"""The smallest engine that learns: it shows that the kit keeps its promises, and how an engine is written.

Idea: three convolutions learn to take noise off one photo, first at half its size, then at its size. There is no
paper. Sizes: any photo of 16 pixels and more. Limits: the pictures are of no use.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize
from calotype.run import Run, fit
from calotype.types import Cost


@dataclass(frozen=True)
class Config:
    """What can be set.

    Attributes:
        width: channels of the hidden layers.
        steps: training steps a stage.
        sigma: standard deviation of the noise, in units of -1..1.
        dropout: share of hidden channels dropped; draws from torch's global generator.
    """

    width: int = 8
    steps: int = 7
    sigma: float = 0.3
    dropout: float = 0.1


PRESETS = {"fast": Config(), "paper": Config(width=32, steps=2000), "tiny": Config()}


class Net(nn.Module):
    """Three convolutions, a running mean in a buffer, and the size of the photo."""

    def __init__(self, cfg: Config, channels: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, cfg.width, 3, padding=1),
            nn.BatchNorm2d(cfg.width),
            nn.LeakyReLU(0.2),
            nn.Dropout2d(cfg.dropout),
            nn.Conv2d(cfg.width, cfg.width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(cfg.width, channels, 3, padding=1),
        )
        self.register_buffer("size", torch.zeros(2, dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.body(x))


def build(cfg: Config) -> Net:
    """An untrained net."""
    return Net(cfg)


def train(photo: Tensor, cfg: Config, run: Run) -> Net:
    """Learn from ``photo`` [1, 3, H, W] in two stages."""
    run.reseed("init")
    net = build(cfg).to(run.device)
    net.size.copy_(torch.tensor(photo.shape[-2:]))
    for factor, stage in ((2, "half"), (1, "whole")):
        target = resize(photo.to(run.device), (photo.shape[-2] // factor, photo.shape[-1] // factor))
        # What is drawn between stages must not depend on how the last one came about.
        target = target + 0.01 * torch.randn_like(target)
        _train_stage(net, target, cfg, run, stage)
    return net.eval()


def _train_stage(net: Net, target: Tensor, cfg: Config, run: Run, stage: str) -> None:
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2, betas=(0.5, 0.999))
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [cfg.steps // 2, cfg.steps - 1], gamma=0.3)
    drift = torch.zeros(())  # a bare tensor that the steps change

    def step(state, batch: Tensor, i: int) -> dict[str, Tensor]:
        optimizer.zero_grad()
        loss = F.mse_loss(net(batch), target)
        loss.backward()
        optimizer.step()
        scheduler.step()
        state["drift"].add_(torch.randn(()))
        return {"loss": loss.detach()}

    def batches(i: int) -> Tensor:
        noise = torch.randn(target.shape, generator=run.generator(stage, i)).to(target)
        return target + cfg.sigma * noise

    state = {"net": net, "optimizer": optimizer, "scheduler": scheduler, "drift": drift}
    fit(step, state, batches, run, steps=cfg.steps, stage=stage)


def vary(photos, cfg, run, *, size, seed, structure=None, tile=(False, False), net=None) -> Tensor:
    """One picture of ``size`` from noise. [1, 3, h, w]."""
    with torch.no_grad():
        return net(torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed)))


def retarget(photos, cfg, run, *, size, seed, tile=(False, False), net=None) -> Tensor:
    """The photo at another size. [1, 3, h, w]."""
    with torch.no_grad():
        return net(resize(photos[0], size))


def cost(photo_sizes, size, cfg) -> Cost:
    """Next to nothing."""
    return Cost(1.0, 10_000_000)

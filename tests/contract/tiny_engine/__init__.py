"""The smallest engine that learns: it shows that the kit keeps its promises, and how an engine is written.

Idea: three convolutions learn to take noise off one photo, first at half its size, then at its size. There is no
paper. Sizes: any photo of 16 pixels and more. Limits: the pictures are of no use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.image.resize import resize
from calotype.run import Run, fit, worked
from calotype.types import Cost


@dataclass(frozen=True)
class Config:
    """What can be set.

    Attributes:
        width: channels of the hidden layers.
        steps: training steps a stage.
        sigma: standard deviation of the noise, in units of -1..1.
        dropout: share of hidden channels dropped; draws from torch's global generator.
        adapted_to: the verb that the net is trained for, where it needs a net of its own.
    """

    width: int = 8
    steps: int = 7
    sigma: float = 0.3
    dropout: float = 0.1
    adapted_to: str = ""


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


STAGES = {"half": 2, "whole": 1}


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Half the size, then the size."""
    return [(photo_size[0] // factor, photo_size[1] // factor) for factor in STAGES.values()]


def stages(size: tuple[int, int], cfg: Config) -> list[str]:
    """The names of the two, and of a third where sketches are to be painted."""
    return [*STAGES, "colours"] if cfg.adapted_to.startswith("paint") else list(STAGES)


def training_cost(size: tuple[int, int], cfg: Config) -> Cost:
    """A moment."""
    return Cost(2 * cfg.steps * 0.01, 20_000_000)


def adapted(cfg: Config, verb: str, **adaptation) -> Config:
    """Three verbs have nets of their own."""
    said = [f"{name}={adaptation[name]:g}" for name in sorted(adaptation)]
    return replace(cfg, adapted_to=" ".join([verb, *said])) if verb in ("upscale", "animate", "paint") else cfg


def build(cfg: Config, size: tuple[int, int]) -> Net:
    """An untrained net for a photo of ``size``."""
    net = Net(cfg)
    net.size.copy_(torch.tensor(size))
    return net


def unfinished(photo: Tensor, cfg: Config, run: Run) -> Net | None:
    """The net as it was when its last finished stage ended."""
    done = worked(run.folder) if run.folder else {}
    finished = [stage for stage in STAGES if stage in done and done[stage][0] == done[stage][1]]
    return _trained(photo, cfg, run, finished) if finished else None


def train(photo: Tensor, cfg: Config, run: Run, *, base: Net | None = None) -> Net:
    """Learn from ``photo`` [1, 3, H, W] in two stages, or take them over from ``base``; perhaps in a third."""
    wanted = stages(tuple(photo.shape[-2:]), cfg)
    return _trained(photo, cfg, run, wanted[len(STAGES) :] if base else wanted, base)


def _trained(photo: Tensor, cfg: Config, run: Run, wanted: list[str], base: Net | None = None) -> Net:
    run.reseed("init")
    net = build(cfg, tuple(photo.shape[-2:])).to(run.device)
    if base is not None:
        net.load_state_dict(base.state_dict())
    for stage in wanted:
        factor = STAGES.get(stage, 1)
        target = resize(photo[:, :3].to(run.device), (photo.shape[-2] // factor, photo.shape[-1] // factor))
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
        if i == cfg.steps - 1:
            run.report(preview=target.detach())
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


def remake(photos, cfg, run, *, picture, size, seed, structure, net=None) -> Tensor:
    """The picture, through the net. [1, 3, h, w]."""
    with torch.no_grad():
        return net(resize(picture[:, :3], size) + 0.01 * seed)


def upscale(photos, cfg, run, *, factor, seed, net=None) -> Tensor:
    """The photo, larger. [1, 3, round(H * factor), round(W * factor)]."""
    height, width = photos[0].shape[-2:]
    with torch.no_grad():
        return net(resize(photos[0][:, :3], (round(height * factor), round(width * factor))))


def animate(photos, cfg, run, *, frames, seed, structure, alpha, beta, size, loop, net=None) -> Iterator[Tensor]:
    """One still after the other. [1, 3, h, w] each."""
    for i in run.steps(frames):
        yield vary(photos, cfg, run, size=size, seed=seed + i, net=net)


def imported(folder: Path) -> tuple[Config, Net, tuple[int, int], Tensor]:
    """A net that somebody else trained."""
    cfg, size = Config(width=4), (32, 48)
    return cfg, build(cfg, size).eval(), size, torch.zeros(1, 3, *size)


def cost(photo_sizes, size, cfg) -> Cost:
    """Next to nothing."""
    return Cost(1.0, 10_000_000)

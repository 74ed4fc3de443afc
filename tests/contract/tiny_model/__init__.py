"""The smallest model of a data set: it shows what a model that declares its inputs gets for nothing.

Idea: the mean colour of all pictures is learned. ``sample`` shows it with noise; ``stylize`` brings the colour of a
photo to that of a style by gradient descent, so that there is something to stop and to go on with. There is no paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from calotype.run import Run, fit
from calotype.types import Cost

STEPS = 6


@dataclass(frozen=True)
class Config:
    """What can be set.

    Attributes:
        size: of the pictures, pixels.
        steps: training steps.
    """

    size: tuple[int, int] = (16, 16)
    steps: int = 4


PRESETS = {"small": Config(), "paper": Config(steps=400), "tiny": Config(steps=2)}


class Net(nn.Module):
    """A colour."""

    def __init__(self) -> None:
        super().__init__()
        self.colour = nn.Parameter(torch.zeros(1, 3, 1, 1))


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Two pictures."""
    return 2


def stages(cfg: Config) -> list[str]:
    """One."""
    return ["colour"]


def build(cfg: Config) -> Net:
    """Black or white, between."""
    return Net()


def training_cost(cfg: Config) -> Cost:
    """A moment."""
    return Cost(0.01 * cfg.steps, 10_000_000)


def cost(size, cfg: Config) -> Cost:
    """Next to nothing."""
    return Cost(0.01, 10_000_000)


def _learner(cfg: Config):
    net = Net()
    return net, {"net": net, "optimizer": torch.optim.SGD(net.parameters(), lr=0.1)}


def train(batches, cfg: Config, run: Run) -> Net:
    """Learn the mean colour."""
    net, state = _learner(cfg)

    def step(state, batch, i):
        state["optimizer"].zero_grad()
        loss = (net.colour - batch["image"].mean((0, 2, 3)).view(1, 3, 1, 1)).square().sum()
        loss.backward()
        state["optimizer"].step()
        run.report(preview=net.colour.detach().expand(1, 3, 8, 8))
        return {"loss": loss.detach()}

    fit(step, state, batches, run, steps=cfg.steps, stage="colour")
    return net.eval()


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as it was saved last."""
    net, state = _learner(cfg)
    return net.eval() if run.restored(cfg.steps, state, "colour") else None


def sample(cfg: Config, run: Run, *, net: Net, size, seed: int, noise=None) -> Tensor:
    """The colour, with noise: [1, 3, h, w]."""
    drawn = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed))
    drawn = drawn if noise is None else noise["noise"]
    return (net.colour + 0.1 * drawn).clamp(-1, 1).detach()


def stylize(
    cfg: Config, run: Run, *, net: Net, photo: Tensor, style: Tensor, seed: int, colours: float = 1.0
) -> Tensor:
    """The photo in the mean colour of a style: [1, 3, H, W]."""
    shift = torch.zeros(1, 3, 1, 1, requires_grad=True)
    wanted = style.mean((2, 3), keepdim=True)
    optimizer = torch.optim.Adam([shift], lr=0.1)
    for _ in run.steps(STEPS, {"shift": shift, "optimizer": optimizer}, f"optimising {seed}"):
        loss = (photo.mean((2, 3), keepdim=True) + shift - wanted).square().sum()
        (shift.grad,) = torch.autograd.grad(loss, shift)
        optimizer.step()
        run.report(loss=loss.detach())
    return (photo + shift.detach() * colours).clamp(-1, 1)

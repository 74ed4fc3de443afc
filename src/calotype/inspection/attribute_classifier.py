"""A small classifier of the attributes of pictures: what generated pictures are labelled and measured by."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.run import Run

_EPOCHS, _LEAST_STEPS = 12, 400  # small sets are seen more often
_BATCH, _RATE = 64, 2e-3
_WIDTHS, _HIDDEN = (32, 64, 96), 256
_CHUNK = 256  # pictures that are classified at a time
LARGEST = 64  # side of the pictures, pixels


class AttributeClassifier(nn.Module):
    """Attributes of a picture: convolutions, and a linear layer for each attribute.

    Args:
        side: of the pictures, pixels, a multiple of 8.
        sizes: number of values of each attribute.
    """

    def __init__(self, side: int, sizes: Mapping[str, int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for after in _WIDTHS:
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.ReLU(), nn.Conv2d(after, after, 3, 2, 1)]
            layers += [nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        last = _WIDTHS[-1] * (side // 8) ** 2
        self.side = side
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(last, _HIDDEN))
        self.heads = nn.ModuleDict(
            {str(number): nn.Linear(_HIDDEN, size) for number, size in enumerate(sizes.values())}
        )
        self.names = list(sizes)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """[N, 3, side, side], -1..1, to logits [N, values] of each attribute."""
        features = F.relu(self.trunk(pictures))
        return {name: self.heads[str(number)](features) for number, name in enumerate(self.names)}

    @torch.no_grad()
    def logits(self, pictures: Tensor) -> dict[str, Tensor]:
        """As ``forward``, for any number of pictures."""
        parts = [self(part) for part in pictures.split(_CHUNK)]  # type: ignore[no-untyped-call]
        return {name: torch.cat([part[name] for part in parts]) for name in self.names}


def trained_classifier(
    pictures: Tensor, truth: Mapping[str, Tensor], sizes: Mapping[str, int], run: Run, stage: str = "classifier"
) -> AttributeClassifier:
    """A classifier of pictures, which are flipped, blurred and made noisy at random, as generated ones are soft.

    Args:
        pictures: [N, 3, side, side], -1..1; the side a multiple of 8.
        truth: number of the value of each attribute, int64 [N].
        sizes: number of values of each attribute.
        run: where it runs and reports; it seeds the weights.
        stage: name of the training in reports.

    Raises:
        Stopped: the run was stopped.
    """
    run.reseed(stage, "weights")
    net = AttributeClassifier(pictures.shape[3], sizes).to(pictures.device)
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    chance = torch.Generator().manual_seed(run.seed)
    epochs = max(_EPOCHS, math.ceil(_LEAST_STEPS * _BATCH / len(pictures)))
    batches = [some for _ in range(epochs) for some in torch.randperm(len(pictures), generator=chance).split(_BATCH)]  # type: ignore[no-untyped-call]
    batches = [some for some in batches if len(some) > 1]  # batch normalisation needs two
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=len(batches))
    for step in run.steps(len(batches), stage=stage):
        some = batches[step]
        said = net(augmented(pictures[some]))
        loss = torch.stack([F.cross_entropy(logits, truth[name][some]) for name, logits in said.items()]).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return net.eval().requires_grad_(False)


def augmented(pictures: Tensor) -> Tensor:
    """Flipped, partly blurred, and noisy pictures, at random."""
    chance = torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    pictures = torch.where(torch.rand_like(chance) < 0.5, pictures.flip(3), pictures)
    blurred = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    pictures = pictures.lerp(blurred, chance * 0.8)
    return pictures + 0.1 * torch.rand_like(chance) * torch.randn_like(pictures)


def balanced_accuracy(said: Tensor, truth: Tensor) -> float:
    """The mean share of right answers among pictures with an attribute and among those without it, 0..1.

    Args:
        said: bool [N].
        truth: bool [N], of both kinds.
    """
    return float((said[truth].float().mean() + (~said[~truth]).float().mean()) / 2)

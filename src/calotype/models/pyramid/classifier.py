"""Frozen classifiers as pyramids of features, finest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.set_classifier import SetClassifier, widths
from calotype.models.pyramid.vgg import FullVgg16, full_vgg16
from calotype.nn import efficientnet
from calotype.nn.vgg import VGG_BLOCKS, Vgg16, vgg16

CONVOLUTIONAL = 5  # levels that are maps; the others are vectors
_EFFICIENTNET_CHANNELS = (*efficientnet.PYRAMID_CHANNELS, 1280, 1000)
_RANDOM_CHANNELS = (4, 6, 8, 8, 8, 8, 4)


class Level(NamedTuple):
    """A level of the pyramid: its name and its channels."""

    name: str
    channels: int


def levels(cfg: Config) -> list[Level]:
    """The levels of a classifier, finest first: maps, then vectors."""
    channels = {
        "efficientnet": _EFFICIENTNET_CHANNELS,
        "vgg16": (*(count for _, count in VGG_BLOCKS), *cfg.fully_connected[1:]),
        "set": (*(own := widths(cfg.classifier_width)), own[-1], cfg.classes),
        "random": _RANDOM_CHANNELS,
    }[cfg.classifier]
    pooled = "fc7" if cfg.fully_connected else "pooled"
    names = [f"conv{number + 1}" for number in range(CONVOLUTIONAL)] + [pooled, "classes"]
    return [Level(*pair) for pair in zip(names, channels)]


class Pyramid(nn.Module):
    """A frozen classifier. Its weights are part of the model, so that it works wherever the model is.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        made: dict[str, Callable[[], nn.Module]] = {
            "efficientnet": efficientnet.Classifier,
            "vgg16": lambda: FullVgg16(cfg.fully_connected) if cfg.fully_connected else Vgg16("vgg16"),
            "set": lambda: SetClassifier(cfg.classifier_width, cfg.classes, pooled=cfg.enlarged == 1),
            "random": _Random,
        }
        self.net: nn.Module = made[cfg.classifier]()
        for number, level in enumerate(levels(cfg)):
            self.register_buffer(f"mean{number}", torch.zeros(level.channels))
            self.register_buffer(f"deviation{number}", torch.ones(level.channels))
            if cfg.known and number >= CONVOLUTIONAL:
                self.register_buffer(f"typical{number}", torch.zeros(cfg.known, level.channels))
        self.requires_grad_(False)

    def load(self) -> None:
        """Give the classifier its published weights.

        Raises:
            InputError: they are not installed, or the file with them cannot be used.
        """
        if self.cfg.classifier == "efficientnet":
            self.net.load_state_dict(efficientnet.classifier().state_dict())
        elif self.cfg.classifier_file:
            self.net.load_state_dict(full_vgg16(self.cfg.classifier_file).state_dict())
        elif self.cfg.classifier == "vgg16":
            self.net.load_state_dict(vgg16().state_dict())

    @torch.no_grad()
    def measure(self, pictures: Tensor) -> None:
        """Measure the mean and the standard deviation of each channel on pictures [N, 3, H, W] of every process."""
        if not self.cfg.normalized:
            return
        for number, found in enumerate(self.raw(distributed.gathered(pictures))):
            rest = [0, *range(2, found.dim())]
            self.get_buffer(f"mean{number}").copy_(found.mean(rest))
            self.get_buffer(f"deviation{number}").copy_(found.std(rest).clamp_min(1e-3))

    @torch.no_grad()
    def measure_classes(self, batches: Iterable[Mapping[str, Tensor]]) -> None:
        """Measure the mean vectors of each class on batches of ``image`` [N, 3, H, W] and perhaps ``label`` int64 [N],
        this process's share of them.

        Without labels pictures are of the class that the classifier tells.
        """
        of, vectors = [], []
        for batch in batches:
            found = self.raw(batch["image"])[CONVOLUTIONAL:]
            of.append(batch["label"] if "label" in batch else found[-1].argmax(1))
            vectors.append(found)
        one_hot = F.one_hot(distributed.gathered(torch.cat(of)), self.cfg.known).float()
        for number, each in enumerate(zip(*vectors), CONVOLUTIONAL):
            sums = one_hot.T @ distributed.gathered(torch.cat(each).float())
            self.get_buffer(f"typical{number}").copy_(sums / one_hot.sum(0).clamp_min(1)[:, None])

    def told(self, features: Sequence[Tensor]) -> Tensor:
        """The class that the classifier finds, int64 [B], from features as ``forward`` gives them."""
        number = len(levels(self.cfg)) - 1
        if not self.cfg.normalized:
            return features[number].argmax(1)
        mean, deviation = self.get_buffer(f"mean{number}"), self.get_buffer(f"deviation{number}")
        return (features[number] * deviation + mean).argmax(1)

    def vectors_of(self, label: int) -> list[Tensor]:
        """The mean vectors of a class, [1, C] each, as ``forward`` gives them.

        Raises:
            InputError: no training picture was of it.
        """
        if not self.get_buffer(f"typical{len(levels(self.cfg)) - 1}")[label].any():
            raise InputError(f"no training picture looks like class {label}: choose another one, or give --like PHOTO")
        found = [self.get_buffer(f"typical{n}")[label][None] for n in range(CONVOLUTIONAL, len(levels(self.cfg)))]
        if not self.cfg.normalized:
            return found
        return [self._normalized(number, each) for number, each in enumerate(found, CONVOLUTIONAL)]

    def forward(self, pictures: Tensor, deepest: int | None = None) -> list[Tensor]:
        """Features of pictures [B, 3, H, W], -1..1, finest level first: [B, C, h, w] each, then vectors [B, C].

        With ``deepest``, only the levels up to that number.
        """
        found = self.raw(pictures, deepest)
        if not self.cfg.normalized:
            return found
        return [self._normalized(number, each) for number, each in enumerate(found)]

    def _normalized(self, number: int, x: Tensor) -> Tensor:
        shape = (1, -1) + (1,) * (x.dim() - 2)
        mean, deviation = self.get_buffer(f"mean{number}"), self.get_buffer(f"deviation{number}")
        return (x - mean.view(shape)) / deviation.view(shape)

    def raw(self, pictures: Tensor, deepest: int | None = None) -> list[Tensor]:
        """As ``forward``, without normalisation."""
        x = pictures
        if self.cfg.enlarged > 1 and self.cfg.classifier != "set":
            x = F.interpolate(x, size=self.cfg.seen, mode="bilinear", align_corners=False)
        last = len(levels(self.cfg)) - 1 if deepest is None else deepest
        if self.cfg.classifier == "efficientnet":
            return efficientnet.feature_levels(self.net, x, last)  # type: ignore[arg-type]
        if self.cfg.classifier == "vgg16" and not self.cfg.fully_connected:
            return [F.max_pool2d(each, 2) for each in self.net.layers(x)[: last + 1]]  # type: ignore[operator]
        found: list[Tensor] = self.net(x)
        return found[: last + 1]


class _Random(nn.Module):
    """Untrained convolutions with the levels of a classifier; their weights are always the same."""

    def __init__(self) -> None:
        super().__init__()
        channels = (3, *_RANDOM_CHANNELS)
        pairs = list(pairwise(channels))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairs[:CONVOLUTIONAL])
        self.vectors = nn.ModuleList(nn.Linear(a, b) for a, b in pairs[CONVOLUTIONAL:])
        generator = torch.Generator().manual_seed(0)
        for weight in self.parameters():
            fan = weight[0].numel() if weight.dim() > 1 else 1
            with torch.no_grad():
                weight.copy_(torch.randn(weight.shape, generator=generator) / fan**0.5)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[B, 3, H, W] to five maps and two vectors."""
        found = []
        for convolution in self.convolutions:
            x = F.leaky_relu(convolution(x), 0.2)
            found.append(x)
        x = x.mean((2, 3))
        for linear in self.vectors:
            x = F.leaky_relu(linear(x), 0.2)
            found.append(x)
        return found

"""The networks: encoder of crops, composer of objects, fuser, decoder; and the discriminators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import counted
from calotype.models.layout2im.blocks import ClassNorm, ConvolutionalLSTM, ResidualBlock
from calotype.models.layout2im.config import HALVINGS, Config
from calotype.nn.residual_discriminator import ResidualDiscriminator
from calotype.semantic.objects import crops, largest, placed

_WIDEST = 16  # channels of the encoder's last layer, in widths


@dataclass(frozen=True)
class Objects:
    """The objects of some pictures, N in all, in the order in which they are drawn.

    Attributes:
        classes: int64 [N].
        boxes: float32 [N, 4], left, top, right, bottom, 0..1.
        picture: int64 [N], the picture that each belongs to, ascending.
        pictures: how many there are.
    """

    classes: Tensor
    boxes: Tensor
    picture: Tensor
    pictures: int

    @property
    def twice(self) -> Objects:
        """The objects of the same pictures two times."""
        return Objects(
            torch.cat([self.classes] * 2),
            torch.cat([self.boxes] * 2),
            torch.cat([self.picture, self.picture + self.pictures]),
            2 * self.pictures,
        )

    @property
    def place(self) -> Tensor:
        """The number of each object in its picture: int64 [N]."""
        counts = torch.bincount(self.picture, minlength=self.pictures)
        return torch.arange(len(self.picture), device=self.picture.device) - (counts.cumsum(0) - counts)[self.picture]


def objects_of(batch: Mapping[str, Tensor], cfg: Config) -> Objects:
    """The largest objects of every picture of a batch: ``boxes`` [B, n, 4], ``classes`` [B, n], -1 for none.

    A picture whose objects are all smaller than ``cfg.least`` has its largest one.
    """
    boxes, classes = batch["boxes"], batch["classes"]
    chosen = largest(boxes, classes, cfg.objects, cfg.least)
    chosen = [row if len(row) else own for row, own in zip(chosen, largest(boxes, classes, 1, 0.0))]
    picture = torch.cat([torch.full_like(row, i) for i, row in enumerate(chosen)])
    numbers = torch.cat(chosen)
    return Objects(classes[picture, numbers], boxes[picture, numbers], picture, len(boxes))


class CropEncoder(nn.Module):
    """Mean and logarithm of the variance of the codes of crops.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        stages = round(math.log2(cfg.crop))
        widths = [3, *(min(_WIDEST, 1 << i) * cfg.width for i in range(stages))]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(ClassNorm(width, cfg.classes) for width in widths[1:])
        self.codes = nn.Linear(widths[-1], 2 * cfg.latent)

    def forward(self, found: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Crops [N, 3, crop, crop] and classes int64 [N] to two tensors [N, latent]."""
        for conv, norm in zip(self.convs, self.norms):
            found = F.leaky_relu(norm(conv(found), classes), 0.2)
        mean, log_variance = self.codes(found.mean((2, 3)).float()).chunk(2, 1)
        return mean, log_variance


class Composer(nn.Module):
    """Features of objects in their boxes, from classes and codes.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.classes, cfg.embedding)
        wide = cfg.embedding + cfg.latent
        self.first = nn.Conv2d(wide, cfg.width, 7, padding=3, bias=False)
        widths = [cfg.width << i for i in range(HALVINGS + 1)]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(ClassNorm(width, cfg.classes) for width in widths)

    def forward(self, objects: Objects, codes: Tensor, size: tuple[int, int]) -> Tensor:
        """Codes [N, latent] to features [N, 8 width, H / 8, W / 8]."""
        vectors = torch.cat([self.embedding(objects.classes), codes], 1)
        masks = placed(objects.boxes.new_ones(len(vectors), 1, 1, 1), objects.boxes, size)
        x = vectors[:, :, None, None] * masks
        for conv, norm in zip((self.first, *self.convs), self.norms):
            x = F.relu(norm(conv(x), objects.classes))
        return x


class Decoder(nn.Module):
    """Residual blocks, then transposed convolutions to pictures.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(ResidualBlock(cfg.width) for _ in range(cfg.residual_blocks)))
        widths = [cfg.width, *((cfg.width << HALVINGS - 1) >> i for i in range(HALVINGS))]
        self.convs = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(ClassNorm(width) for width in widths[1:])
        self.last = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, H / 8, W / 8] to [B, 3, H, W], -1..1."""
        x = self.blocks(x)
        for conv, norm in zip(self.convs, self.norms):
            x = F.relu(norm(conv(x)))
        return torch.tanh(self.last(x).float())


class Net(nn.Module):
    """The generator and the encoder.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.encoder = CropEncoder(cfg)
        self.composer = Composer(cfg)
        self.fuser = ConvolutionalLSTM(8 * cfg.width, (2 * cfg.width, cfg.width, cfg.width), cfg.fuser_kernel)
        self.decoder = Decoder(cfg)

    def codes(self, pictures: Tensor, objects: Objects) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the codes of objects in pictures: two tensors [N, latent]."""
        cut = crops(pictures[objects.picture], objects.boxes, self.cfg.crop)
        found: tuple[Tensor, Tensor] = self.encoder(cut, objects.classes)
        return found

    def forward(self, objects: Objects, codes: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Pictures of objects with codes [N, latent]: [B, 3, H, W], -1..1."""
        height, width = size or self.cfg.size
        features = self.composer(objects, codes, (height, width))
        most = int(torch.bincount(objects.picture, minlength=objects.pictures).max())
        at = (objects.picture, objects.place)
        padded = features.new_zeros(objects.pictures, most, *features.shape[1:]).index_put(at, features)
        there = torch.zeros(objects.pictures, most, dtype=torch.bool, device=features.device)
        there[at] = True
        pictures: Tensor = self.decoder(self.fuser(padded, there))
        return pictures

    def extra_repr(self) -> str:
        """Size and number of classes."""
        return f"{self.cfg.size}, {counted(self.cfg.classes, 'class')}"


class Discriminators(nn.Module):
    """One scores pictures; the other one scores crops of objects, and tells their classes.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.of_pictures = ResidualDiscriminator(cfg.size, cfg.discriminator_width, bounded=False)
        self.of_objects = ResidualDiscriminator(
            (cfg.crop, cfg.crop), cfg.object_discriminator_width, outputs=1 + cfg.classes, bounded=False
        )

    def forward(self, pictures: Tensor, objects: Objects) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, H, W] to their scores [B], and scores [N] and logits [N, classes] of their objects."""
        of_objects = self.of_objects(crops(pictures[objects.picture], objects.boxes, self.cfg.crop)).float()
        return self.of_pictures(pictures).float()[:, 0], of_objects[:, 0], of_objects[:, 1:]


def build(cfg: Config) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory."""
    net: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net

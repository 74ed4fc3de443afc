"""A segmenter that is learned from the label maps of a set.

A small U-Net (Ronneberger, Fischer, Brox, MICCAI 2015) for pictures of the generator's size, trained on half of the set
in a minute or two of one core. Its accuracy is measured on the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from calotype.data.stream import DataSet, Stream
from calotype.metrics.segmentation import Confusion
from calotype.processor import fast_bfloat16
from calotype.run import Run, fit

STAGE = "segmenter"
_DEPTH, _SMALLEST = 3, 4  # halvings at most, and the side down to which it is halved, pixels
_BALANCE, _COUNTED = 0.25, 500  # weight of a class: its share of the area to the power of minus this, over some maps
_MEASURED = 1000  # pictures that accuracy is measured on, at most
# What training pictures are disturbed by at most, as generated pictures are not clean: the share of a blur of three
# pixels, the standard deviations of noise and of tints, and the grid over which tints vary.
# Half of the pictures of every step stay clean, or details of a pixel or two are never learned.
_BLUR, _NOISE, _TINT, _GRID = 0.7, 0.25, 0.25, 4
_SHIFTS = ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0))  # of 3 x 3 taps within 4 x 4


@dataclass(frozen=True)
class Config:
    """Settings of the learned segmenter.

    Attributes:
        classes: number of classes.
        width: channels at full resolution; twice as many at each lower one.
        steps: of the training.
        batch: pictures a step.
        rate: learning rate of Adam, which falls to zero along a cosine.
    """

    classes: int
    width: int = 24
    steps: int = 600
    batch: int = 16
    rate: float = 3e-3


@dataclass(frozen=True)
class Accuracy:
    """How well a segmenter does on pictures that it was not trained on.

    Attributes:
        pixels: share of pixels with the right class, 0..1.
        mean_iou: mean intersection over union of the classes that occur, 0..1.
        iou: that of each class, by name; those that do not occur are missing.
        pictures: how many it was measured on.
    """

    pixels: float
    mean_iou: float
    iou: Mapping[str, float]
    pictures: int


class SegmentationNet(nn.Module):
    """[B, 3, H, W], -1..1, of any size, to scores [B, classes, H, W]."""

    def __init__(self, cfg: Config, size: tuple[int, int]) -> None:
        super().__init__()
        depth = min(_DEPTH, max(0, (min(size) // _SMALLEST).bit_length() - 1))
        widths = [cfg.width << min(level, 2) for level in range(depth + 1)]
        self.down = nn.ModuleList(_pair(before, after) for before, after in zip([3, *widths], widths))
        self.up = nn.ModuleList(_pair(low + high, high) for low, high in zip(widths[1:], widths))
        self.last = nn.Conv2d(widths[0], cfg.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        kept: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(kept[-1], 2, ceil_mode=True) if level else x)
            kept.append(x)
        for block, fine in zip(reversed(self.up), reversed(kept[:-1])):
            x = block(_joined(x, fine))
        scores: Tensor = self.last(x)
        return scores


def _pair(before: int, after: int) -> nn.Sequential:
    def conv(inputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]

    return nn.Sequential(*conv(before), *conv(after))


class LearnedSegmenter:
    """A trained net as a segmenter.

    Args:
        net: trained.
        classes: names.
        accuracy: on pictures that it was not trained on; ``None`` if it was not measured.
    """

    def __init__(self, net: SegmentationNet, classes: Sequence[str], accuracy: Accuracy | None) -> None:
        self.classes, self.accuracy, self._segmentation = tuple(classes), accuracy, segmentation_of(net)
        self.name = "U-Net, learned from the set's own maps"

    def __call__(self, photos: Tensor) -> Tensor:
        """See ``calotype.inspection.segmenters.Segmenter``."""
        return self._segmentation(photos)


def segmentation_of(net: SegmentationNet) -> Callable[[Tensor], Tensor]:
    """A net as a function of pictures [B, 3, H, W], -1..1, to classes int64 [B, H, W].

    Normalisation and enlargements are part of the convolutions, channels are last in memory, and a processor that is
    quick with bfloat16 uses it.
    """
    quick: nn.Module = _Folded(net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    narrow = fast_bfloat16()

    @torch.no_grad()
    def segmentation(pictures: Tensor) -> Tensor:
        device = pictures.device.type
        quick.to(pictures.device)
        with torch.autocast(device, torch.bfloat16, enabled=narrow and device == "cpu"):
            scores: Tensor = quick(pictures[:, :3].contiguous(memory_format=torch.channels_last))
        return scores.max(1).indices  # twice as fast as argmax where channels are last

    return segmentation


class _Folded(nn.Module):
    """A trained net for pictures, with fewer operations: batch normalisation is in the weights before it, and what is
    doubled in size and then convolved is one transposed convolution. ``forward`` is that of ``SegmentationNet``.
    """

    def __init__(self, net: SegmentationNet) -> None:
        super().__init__()
        folded = deepcopy(net).eval().requires_grad_(False)
        for block in (*folded.down, *folded.up):
            assert isinstance(block, nn.Sequential)
            for i in (0, 3):
                conv, norm = block[i], block[i + 1]
                assert isinstance(conv, nn.Conv2d)
                assert isinstance(norm, nn.BatchNorm2d)
                block[i], block[i + 1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
        self.down, self.last = folded.down, folded.last
        self.up = nn.ModuleList(_FoldedUp(block) for block in folded.up)

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(kept[-1], 2, ceil_mode=True) if level else x)
            kept.append(x)
        for block, fine in zip(reversed(self.up), reversed(kept[:-1])):
            x = block(x, fine)
        scores: Tensor = self.last(x)
        return scores


class _FoldedUp(nn.Module):
    """A block of the way up: coarse and fine features to fine ones.

    A 3 x 3 convolution of what was doubled by repeating pixels is a transposed one of 4 x 4 with a stride of 2: every
    tap counts for the two pixels of each direction that are the same. Odd sizes are not doubled, and stay as they are.
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        assert isinstance(block, nn.Sequential)
        conv, self.rest = block[0], block[2:]
        assert isinstance(conv, nn.Conv2d)
        self.whole, channels = conv, conv.out_channels  # as many as the fine features have
        self.fine = nn.Conv2d(channels, channels, 3, padding=1)
        self.coarse = nn.ConvTranspose2d(conv.in_channels - channels, channels, 4, 2, 1, bias=False)
        taps = conv.weight[:, :-channels].flip(2, 3).transpose(0, 1)
        self.coarse.weight = nn.Parameter(torch.stack([F.pad(taps, shift) for shift in _SHIFTS]).sum(0))
        self.fine.weight, self.fine.bias = nn.Parameter(conv.weight[:, -channels:].clone()), conv.bias
        self.requires_grad_(False)

    def forward(self, x: Tensor, fine: Tensor) -> Tensor:
        if fine.shape[2] == 2 * x.shape[2] and fine.shape[3] == 2 * x.shape[3]:
            y = self.fine(fine).add_(self.coarse(x))
        else:
            y = self.whole(_joined(x, fine))
        return self.rest(y)  # type: ignore[no-any-return]


def _joined(x: Tensor, fine: Tensor) -> Tensor:
    """Coarse features, by repeating pixels, and fine ones."""
    return torch.cat([F.interpolate(x, fine.shape[2:], mode="nearest"), fine], 1)


class Part:
    """Some samples of a data set, as a data set.

    Args:
        of: the data set.
        numbers: of the samples.
    """

    def __init__(self, of: DataSet, numbers: Sequence[int]) -> None:
        self.of, self.numbers = of, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int, /) -> dict[str, Tensor]:
        """Sample ``i`` of the part."""
        return self.of[self.numbers[i]]


def halves(count: int) -> tuple[list[int], list[int]]:
    """The numbers of the samples that a segmenter is trained on, and of the others: every second one."""
    return list(range(0, count, 2)), list(range(1, count, 2))


def train_segmenter(dataset: DataSet, cfg: Config, size: tuple[int, int], run: Run) -> SegmentationNet:
    """Train on samples with ``image`` and ``map``; pixels of a class below 0 are left out.

    Args:
        dataset: the samples.
        cfg: the settings.
        size: of the pictures, (height, width).
        run: where it runs; it can be stopped, and resumed where the run has a folder.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    run.reseed(STAGE, "start")
    net = SegmentationNet(cfg, size).to(run.device).train()
    optimizer = torch.optim.Adam(net.parameters(), cfg.rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, cfg.steps)
    weights = class_weights(dataset, cfg.classes).to(run.device)
    state: dict[str, Any] = {"net": net, "optimizer": optimizer, "schedule": schedule}

    def step(_: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        pictures, maps = batch["image"].to(run.device), batch["map"].to(run.device)
        known = maps.where((maps >= 0) & (maps < cfg.classes), -1)
        loss = F.cross_entropy(net(disturbed(pictures)), known, weight=weights, ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        return {"loss": loss.detach()}

    fit(step, state, Stream(dataset, cfg.batch, seed=run.seed), run, steps=cfg.steps, stage=STAGE)
    return net.eval().requires_grad_(False)


def class_weights(dataset: DataSet, classes: int) -> Tensor:
    """The weight of every class in the loss, float32 [classes], such that small ones count for more; their mean over
    the pixels is 1.
    """
    maps = torch.stack([dataset[i]["map"] for i in range(min(len(dataset), _COUNTED))])
    counts = torch.bincount(maps[(maps >= 0) & (maps < classes)], minlength=classes).float()
    share = counts / counts.sum().clamp_min(1)
    weights = share.clamp_min(1 / max(1.0, float(counts.sum()))) ** -_BALANCE
    return weights / (weights * share).sum().clamp_min(1e-12)


def disturbed(pictures: Tensor) -> Tensor:
    """Pictures [N, 3, H, W] with blur, noise and tints, as in generated ones, each as much by chance."""
    taps = pictures.new_tensor([1.0, 2.0, 1.0]) / 4
    kernel = torch.outer(taps, taps)[None, None].expand(3, 1, 3, 3)
    blurred = F.conv2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), kernel, groups=3)
    shares = (2 * torch.rand(3, len(pictures), 1, 1, 1) - 1).clamp_min(0).to(pictures.device)
    noise = torch.randn(pictures.shape).to(pictures.device)
    tint = torch.randn(len(pictures), 3, _GRID, _GRID).to(pictures.device)
    tint = F.interpolate(tint, pictures.shape[2:], mode="bilinear")
    return pictures.lerp(blurred, shares[0] * _BLUR) + shares[1] * _NOISE * noise + shares[2] * _TINT * tint


@torch.no_grad()
def accuracy_of(segment: Callable[[Tensor], Tensor], held_out: DataSet, names: Sequence[str]) -> Accuracy:
    """The accuracy on at most 1000 samples."""
    confusion = Confusion(len(names))
    count = min(_MEASURED, len(held_out))
    for first in range(0, count, 32):
        samples = [held_out[i] for i in range(first, min(count, first + 32))]
        found = segment(torch.stack([sample["image"] for sample in samples]))
        confusion.add(torch.stack([sample["map"] for sample in samples]), found.cpu())
    iou = confusion.iou()
    there = {name: float(value) for name, value in zip(names, iou) if torch.isfinite(value)}
    return Accuracy(confusion.pixel_accuracy(), confusion.mean_iou(), there, count)

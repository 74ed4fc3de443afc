"""Training against a discriminator that segments (OASIS), without a perceptual network.

Schoenfeld, Sushko, Zhang, Gall, Schiele and Khoreva, "You Only Need Adversarial Supervision for Semantic Image
Synthesis", ICLR 2021. The discriminator tells the class of every real pixel, and generated pixels by a further class;
the generator makes pixels that are told to be of the classes of the label map. Rare classes count more. LabelMix: of
pictures put together from real and generated regions of classes, the discriminator has to tell what it tells of both.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import distributed
from calotype.nn.segmentation_discriminator import SegmentationDiscriminator
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import LabelMaps, label_channels
from calotype.semantic.trainer import Trainer

_IGNORED = -100


class Targets(NamedTuple):
    """What the discriminator has to tell of real pixels.

    Attributes:
        classes: int64 [B, H, W], -100 for pixels without a class.
        weights: of the classes, [classes + 1], the last one that of generated pixels.
    """

    classes: Tensor
    weights: Tensor


def targets_of(maps: LabelMaps, cfg: LayoutConfig) -> Targets:
    """The classes of the pixels, and weights by which each class that there is counts the same (eq. 2)."""
    channels = label_channels(cfg)
    unknown = {"first": 0, "last": cfg.classes, "zeros": channels}[cfg.unknown]
    classes = torch.where(maps.numbers == unknown, _IGNORED, maps.numbers)
    counts = distributed.mean_over_all(torch.bincount(classes[classes >= 0], minlength=channels).float())
    there = (counts > 0).sum().clamp_min(1)
    shares = counts / counts.sum().clamp_min(1)
    weights = torch.where(counts > 0, 1 / (shares * there).clamp_min(1e-12), 0.0)
    return Targets(classes, torch.cat([weights, weights.new_ones(1)]))


def classification_loss(logits: Tensor, targets: Targets) -> Tensor:
    """Weighted cross-entropy, mean over all pixels: a scalar (eq. 1 and 3)."""
    each = F.cross_entropy(logits.float(), targets.classes, targets.weights, ignore_index=_IGNORED, reduction="none")
    return each.mean()


def generated_loss(logits: Tensor) -> Tensor:
    """Cross-entropy of the class of generated pixels, mean over all pixels: a scalar (eq. 1)."""
    return -logits.float().log_softmax(1)[:, -1].mean()


def mixture(maps: LabelMaps, draws: Tensor) -> Tensor:
    """Which pixels are real in a mixed picture: bool [B, 1, H, W]; all pixels of a class are, or none (LabelMix).

    Args:
        maps: the label maps.
        draws: uniform random numbers [B, kinds of pixels].
    """
    chosen = (draws < 0.5).to(maps.numbers.device)
    return chosen.gather(1, maps.numbers.flatten(1)).view(len(chosen), 1, *maps.numbers.shape[1:])


class Judged(NamedTuple):
    """Logits [B, classes + 1, H, W] of generated, real and mixed pictures; what is real in the mixed ones."""

    fake: Tensor
    real: Tensor
    mixed: Tensor
    mask: Tensor
    targets: Targets


class OasisTrainer(Trainer):
    """The networks, their optimizers, and the training step, with the losses of OASIS; arguments as ``Trainer``."""

    def _made_discriminator(self) -> SegmentationDiscriminator:
        cfg = self.cfg
        network = SegmentationDiscriminator(label_channels(cfg) + 1, cfg.discriminator_width, cfg.discriminator_layers)
        made: SegmentationDiscriminator = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return made

    def _judged(self, fake: Tensor, real: Tensor, maps: LabelMaps) -> Judged:  # type: ignore[override]
        draws = distributed.share(torch.rand(self.cfg.batch, maps.kinds))
        mask = mixture(maps, draws)
        mixed = torch.where(mask, real, fake.detach().to(real.dtype))
        every = torch.cat([fake.to(real.dtype), real, mixed]).contiguous(memory_format=torch.channels_last)
        of_fake, of_real, of_mixed = self.training_discriminator(every).chunk(3)
        return Judged(of_fake, of_real, of_mixed, mask, targets_of(maps, self.cfg))

    def _adversarial(self, judged: Judged) -> dict[str, Tensor]:
        return {"generator": classification_loss(judged.fake, judged.targets)}

    def _discriminator_loss(self, judged: Judged) -> Tensor:
        wanted = torch.where(judged.mask, judged.real, judged.fake)
        consistency = F.mse_loss(judged.mixed.float(), wanted.float())
        told = classification_loss(judged.real, judged.targets) + generated_loss(judged.fake)
        return told + self.cfg.mix_weight * consistency

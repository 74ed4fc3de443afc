"""One training step: the generator side first, then the three discriminators, as published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.adversarial import generator_loss
from calotype.losses.feature_matching import feature_matching_loss
from calotype.losses.perceptual import perceptual_loss
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.discriminators import Discriminators
from calotype.models.scenegraph.layout import composed, planes_of
from calotype.models.scenegraph.network import Net, build
from calotype.models.scenegraph.objects import (
    Objects,
    attributes_of,
    exchanged,
    objects_of,
    random_triples,
)
from calotype.models.scenegraph.pool import Pool
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.patchgan import scores_of
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.statistics import measure_statistics
from calotype.semantic.objects import crops, mirrored
from calotype.semantic.updates import update

_WARM_UP = 10.0  # of the moving average
Scales = list[list[Tensor]]


class Made(NamedTuple):
    """What the networks make of a batch.

    Attributes:
        boxes: of all objects [N, 4], by B.
        masks: [N, 1, m, m], by M.
        layouts: layout tensors of real boxes, masks and crops, [B, ``channels``, H, W].
        wrong: the same with appearance vectors of other objects of the same classes.
        pictures: [B, 3, H, W], by R.
    """

    boxes: Tensor
    masks: Tensor
    layouts: Tensor
    wrong: Tensor
    pictures: Tensor


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
        learning: whether steps are to be made; without them, networks that a loss alone needs are not read.
    """

    def __init__(self, cfg: Config, device: torch.device, *, learning: bool = True) -> None:
        self.cfg, self.device = cfg, device
        self.net = build(cfg).to(device)
        self.judges = Discriminators(cfg).to(device)
        self.pool = Pool(cfg.classes + 1, cfg.pool, cfg.looks).to(device)
        self.average = ExponentialMovingAverage(build(cfg).to(device), cfg.average, warmup=_WARM_UP)
        self.average.copy_from(self.net)
        betas = (cfg.beta1, cfg.beta2)
        self.generator_optimizer = generator_optimizer(self.net, cfg.rate, betas)
        groups: list[dict[str, Any]] = [
            {"params": list(self.judges.masks.parameters()), "lr": cfg.mask_rate},
            {"params": [*self.judges.pictures.parameters(), *self.judges.objects.parameters()]},
        ]
        self.discriminator_optimizer = discriminator_optimizer(groups, cfg.rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)
        self.perceptual = perceptual_loss(cfg.perceptual, device) if learning else None
        self.layout_networks = nn.ModuleList([self.net.graph, self.net.boxes])

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "discriminators": self.judges,
            "pool": self.pool,
            "average": self.average,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of G, M, B, A and R, then one of each discriminator.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1; ``boxes`` and ``classes``, and perhaps ``instances``, as for
                ``objects_of``.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        real, objects, draws = self.examples(batch)
        attributes = bool(draws["attributes"] < self.cfg.attribute_rate)
        with autocast(self.device, self.cfg.bf16):
            made = self.made(real, objects, draws, attributes=attributes)
            losses = self.generator_losses(made, real, objects, attributes=attributes)
        update(losses, self.generator_optimizer, self.net)
        self.learn_boxes(objects)
        with autocast(self.device, self.cfg.bf16):
            judged = self.discriminator_losses(made, real, objects)
        update(judged, self.discriminator_optimizer, self.judges)
        self.average.update(self.net)
        everything = {**losses, **judged}
        values = torch.stack([loss.detach().float() for _, loss in everything.values()])
        return dict(zip(everything, distributed.mean_over_all(values)))

    def learn_boxes(self, objects: Objects) -> None:
        """The further updates of G and B by the squared error of boxes alone, with attributes and without.

        In some pictures the objects exchange their classes: there relations alone tell how they lie to each other.
        """
        cfg, net = self.cfg, self.net
        attributes = attributes_of(objects.boxes, objects.masks, cfg.location_cells)
        for _ in range(cfg.box_updates):
            each = self._rows(distributed.share(torch.rand(cfg.batch, cfg.objects + 1, 4)), objects)
            given = attributes * (torch.rand(()) < cfg.attribute_rate).to(attributes)
            classes = exchanged(objects, each[:, 2:], cfg.exchange_rate).classes
            embeddings = net.graph(classes, random_triples(objects, each[:, :2]), given)
            loss = F.mse_loss(net.boxes(embeddings).float(), objects.boxes)
            update({"boxes": (cfg.box_weight, loss)}, self.generator_optimizer, self.layout_networks)

    def examples(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Objects, dict[str, Tensor]]:
        """Pictures and objects of a batch, and this process's share of the random numbers of the step.

        Raises:
            InputError: there are no boxes.
        """
        if "boxes" not in batch:
            raise InputError("the training pictures have no boxes: this model learns from pictures with objects")
        cfg, count = self.cfg, self.cfg.batch
        moved = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        if cfg.mirror:
            chosen = distributed.share(torch.rand(count) < 0.5)[: len(moved["image"])]
            moved = mirrored(moved, chosen.to(self.device))
        objects = objects_of(moved, cfg)
        each = distributed.share(torch.rand(count, cfg.objects + 1, 4))
        noise = distributed.share(torch.randn(count, cfg.objects + 1, cfg.mask_noise))
        if cfg.noise_by == "batch":
            noise = noise[:1, :1].expand_as(noise)
        draws = {
            "attributes": torch.rand(()),
            "each": self._rows(each, objects),
            "noise": self._rows(noise, objects),
        }
        return moved["image"], objects, draws

    def _rows(self, values: Tensor, objects: Objects) -> Tensor:
        """The random numbers of each object: of [pictures, most objects, ...] to [N, ...], on the device."""
        counts = torch.bincount(objects.picture, minlength=objects.pictures)
        place = torch.arange(len(objects.picture)) - (counts.cumsum(0) - counts)[objects.picture]
        return values[objects.picture, place].to(self.device)

    def averaged(self, batches: Callable[[int], Mapping[str, Tensor]], passes: int) -> Net:
        """A net with the moving average of the weights, in eval mode, without archetypes.

        Args:
            batches: gives batch ``k``, as for ``step``; its statistics of batch normalisation are measured on them.
            passes: on how many.
        """
        net = self._copied(self.average.module)

        def forward(k: int) -> None:
            real, objects, draws = self.examples(batches(k))
            attributes = bool(draws["attributes"] < self.cfg.attribute_rate)
            with autocast(self.device, self.cfg.bf16):
                net.masks(self._embeddings(net, objects, draws, attributes=attributes), draws["noise"])
                (layouts,) = self._layouts(objects, net.looks_of(real[objects.picture], objects.boxes).float())
                net.renderer(layouts.contiguous(memory_format=torch.channels_last))

        measure_statistics(net, forward, passes)
        return net

    def latest(self) -> Net:
        """A net with the weights of the last step, whose statistics were gathered in training; in eval mode."""
        return self._copied(self.net)

    def _copied(self, weights: nn.Module) -> Net:
        net = build(self.cfg).to(self.device)
        net.load_state_dict(weights.state_dict())
        return net.requires_grad_(False).eval()

    def made(self, real: Tensor, objects: Objects, draws: Mapping[str, Tensor], *, attributes: bool) -> Made:
        """What the networks make of a batch; without ``attributes`` these are zeros."""
        net = self.net
        embeddings = self._embeddings(net, objects, draws, attributes=attributes)
        looks = net.looks_of(real[objects.picture], objects.boxes)
        others = self.pool.swapped(objects.classes, looks.detach().float(), draws["each"][:, 2:])
        layouts, wrong = self._layouts(objects, looks.float(), others)
        return Made(
            boxes=net.boxes(embeddings).float(),
            masks=net.masks(embeddings, draws["noise"]),
            layouts=layouts,
            wrong=wrong,
            pictures=net.renderer(layouts.contiguous(memory_format=torch.channels_last)),
        )

    def _embeddings(self, net: Net, objects: Objects, draws: Mapping[str, Tensor], *, attributes: bool) -> Tensor:
        given = attributes_of(objects.boxes, objects.masks, self.cfg.location_cells)
        triples = random_triples(objects, draws["each"][:, :2])
        found: Tensor = net.graph(objects.classes, triples, given if attributes else torch.zeros_like(given))
        return found

    def _layouts(self, objects: Objects, *looks: Tensor) -> list[Tensor]:
        """Layout tensors of the real boxes and masks with each of these appearance vectors."""
        cfg = self.cfg
        planes = planes_of(cfg, objects.classes, objects.boxes, objects.masks, objects.picture, drawing=False)
        return [composed(cfg, objects.classes, each, planes, objects.picture, objects.pictures) for each in looks]

    def generator_losses(
        self, made: Made, real: Tensor, objects: Objects, *, attributes: bool
    ) -> dict[str, tuple[float, Tensor]]:
        """Weight and value of each loss of G, M, B, A and R."""
        cfg, judges = self.cfg, self.judges
        condition = made.layouts.detach()
        of_real: Scales = judges.pictures(real, condition)
        of_fake: Scales = judges.pictures(made.pictures, condition)
        masks_of_real = judges.masks(objects.masks, objects.classes)
        masks_of_fake = judges.masks(made.masks, objects.classes)
        drawn = self._crops(made.pictures, objects)
        scores, logits = judges.objects(drawn)
        kinds = objects.classes[objects.real]
        losses: dict[str, tuple[float, Tensor]] = {
            # Least squares of the published code, without the half.
            "pictures": (2.0, generator_loss(scores_of(of_fake), "least_squares")),
            "features": (cfg.feature_weight, (4 / 5) * feature_matching_loss(of_real, of_fake)),
            "masks": (2.0, generator_loss(masks_of_fake[-1].float(), "least_squares")),
            "mask features": (cfg.mask_feature_weight, feature_matching_loss([masks_of_real], [masks_of_fake])),
            "objects": (cfg.object_weight, generator_loss(scores.float(), "non_saturating")),
            "classes": (cfg.class_weight, F.cross_entropy(logits.float(), kinds)),
        }
        if attributes:
            losses["boxes"] = (cfg.box_weight, F.mse_loss(made.boxes, objects.boxes))
        if self.perceptual is not None:
            losses["perceptual"] = (cfg.perceptual_weight, self.perceptual(made.pictures, real))
        if cfg.pixel_weight:
            losses["pixels"] = (cfg.pixel_weight, (made.pictures - real).abs().mean())
        if cfg.object_pixel_weight:
            losses["object pixels"] = (cfg.object_pixel_weight, (drawn - self._crops(real, objects)).abs().mean())
        return losses

    def discriminator_losses(self, made: Made, real: Tensor, objects: Objects) -> dict[str, tuple[float, Tensor]]:
        """Weight and value of each loss of the discriminators."""
        cfg, judges = self.cfg, self.judges
        layouts, fake = made.layouts.detach(), made.pictures.detach()
        kinds, masks = objects.classes[objects.real], made.masks.detach()
        real_score, real_logits = judges.objects(self._crops(real, objects))
        fake_score, fake_logits = judges.objects(self._crops(fake, objects))
        losses = {
            "real": (0.5, _squares(judges.pictures(real, layouts), 1.0)),
            "fake": (0.5 - cfg.mismatch_weight, _squares(judges.pictures(fake, layouts), 0.0)),
            "real masks": (0.5, _squares([judges.masks(objects.masks, objects.classes)], 1.0)),
            "fake masks": (0.5, _squares([judges.masks(masks, objects.classes)], 0.0)),
            "real objects": (0.5, F.softplus(-real_score).mean()),
            "fake objects": (0.5, F.softplus(fake_score).mean()),
            "real classes": (1.0, F.cross_entropy(real_logits, kinds)),
            "fake classes": (1.0, F.cross_entropy(fake_logits, kinds)),
        }
        if cfg.mismatch_weight:
            losses["mismatch"] = (cfg.mismatch_weight, _squares(judges.pictures(real, made.wrong), 0.0))
        return losses

    def _crops(self, pictures: Tensor, objects: Objects) -> Tensor:
        """Crops of the objects, without the nodes of whole pictures."""
        there = objects.real
        return crops(pictures[objects.picture[there]], objects.boxes[there], self.cfg.object_side)


def _squares(activations: Scales, wanted: float) -> Tensor:
    """Mean squared difference of the scores from a number, mean over the scales."""
    return torch.stack([(scores - wanted).square().mean() for scores in scores_of(activations)]).mean()

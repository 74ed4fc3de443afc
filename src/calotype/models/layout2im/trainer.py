"""One training step: pictures of found and of random codes, then the discriminators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.adversarial import generator_loss
from calotype.losses.kl import gaussian_kl
from calotype.models.layout2im.config import Config
from calotype.models.layout2im.network import Discriminators, Net, Objects, build, objects_of
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.statistics import measure_statistics
from calotype.semantic.objects import mirrored
from calotype.semantic.updates import update

_WARM_UP = 10.0  # of the moving average
_KIND = "non_saturating"  # cross-entropy


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        self.cfg, self.device = cfg, device
        self.net = build(cfg).to(device)
        self.judges = Discriminators(cfg).to(device)
        self.average = ExponentialMovingAverage(build(cfg).to(device), cfg.average, warmup=_WARM_UP)
        self.average.copy_from(self.net)
        betas = (cfg.beta1, cfg.beta2)
        self.generator_optimizer = generator_optimizer(self.net, cfg.rate, betas)
        self.discriminator_optimizer = discriminator_optimizer(self.judges, cfg.rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "discriminators": self.judges,
            "average": self.average,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of the generator and the encoder, then one of the discriminators.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1, ``boxes`` and ``classes``, as for ``objects_of``.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        real, objects, draws = self.examples(batch)
        with autocast(self.device, self.cfg.bf16):
            made, losses = self.generator_losses(real, objects, draws)
        update(losses, self.generator_optimizer, self.net)
        with autocast(self.device, self.cfg.bf16):
            judged = self.discriminator_losses(real, made.detach(), objects)
        update(judged, self.discriminator_optimizer, self.judges)
        self.average.update(self.net)
        everything = {**losses, **judged}
        values = torch.stack([loss.detach().float() for _, loss in everything.values()])
        return dict(zip(everything, distributed.mean_over_all(values)))

    def averaged(self, batches: Callable[[int], Mapping[str, Tensor]], passes: int) -> Net:
        """A net with the moving average of the weights, in eval mode.

        Args:
            batches: gives batch ``k``, as for ``step``; its statistics of batch normalisation are measured on them.
            passes: on how many.
        """
        net = self._copied(self.average.module)

        def forward(k: int) -> Tensor:
            real, objects, noise = self.examples(batches(k))
            with autocast(self.device, self.cfg.bf16):
                mean, log_variance = net.codes(real, objects)
                found = mean + noise[0] * (0.5 * log_variance).exp()
                made: Tensor = net(objects.twice, torch.cat([found, noise[1]]))
            return made

        measure_statistics(net, forward, passes)
        return net

    def latest(self) -> Net:
        """A net with the weights of the last step, whose statistics were gathered in training; in eval mode."""
        return self._copied(self.net)

    def _copied(self, weights: Net) -> Net:
        net = build(self.cfg).to(self.device)
        net.load_state_dict(weights.state_dict())
        return net.requires_grad_(False).eval()

    def examples(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Objects, Tensor]:
        """Pictures and objects of a batch, and standard normal noise [2, N, latent], drawn for all processes.

        Raises:
            InputError: there are no boxes.
        """
        if "boxes" not in batch:
            raise InputError("the training pictures have no boxes: this model learns from pictures with objects")
        cfg = self.cfg
        moved = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        if cfg.mirror:
            chosen = distributed.share(torch.rand(cfg.batch) < 0.5)[: len(moved["image"])]
            moved = mirrored(moved, chosen.to(self.device))
        objects = objects_of(moved, cfg)
        if not len(objects.classes):
            raise InputError("no object is seen in the pictures of a step: make batch larger, or leave pictures out")
        noise = distributed.share(torch.randn(cfg.batch, cfg.objects, 2, cfg.latent)).to(self.device)
        return moved["image"], objects, noise[objects.picture, objects.place].transpose(0, 1)

    def generator_losses(
        self, real: Tensor, objects: Objects, noise: Tensor
    ) -> tuple[Tensor, dict[str, tuple[float, Tensor]]]:
        """Pictures of found codes and then of random ones, [2 B, 3, H, W]; weight and value of each loss."""
        cfg, count, both = self.cfg, objects.pictures, objects.twice
        mean, log_variance = self.net.codes(real, objects)
        found = mean + noise[0] * (0.5 * log_variance).exp()
        made = self.net(both, torch.cat([found, noise[1]]))
        again, _ = self.net.codes(made[count:], objects)
        scores, of_objects, logits = self.judges(made, both)
        return made, {
            "pictures": (cfg.picture_weight, generator_loss(scores, _KIND)),
            "objects": (cfg.object_weight, generator_loss(of_objects, _KIND)),
            "classes": (cfg.class_weight, F.cross_entropy(logits, both.classes)),
            "pixels": (cfg.pixel_weight, (made[:count] - real).abs().mean()),
            "codes": (cfg.code_weight, (again - noise[1]).abs().mean()),
            "kl": (cfg.kl_weight, gaussian_kl(mean, log_variance)),
        }

    def discriminator_losses(self, real: Tensor, made: Tensor, objects: Objects) -> dict[str, tuple[float, Tensor]]:
        """Weight and value of each loss of the discriminators."""
        cfg = self.cfg
        of_real, real_objects, real_logits = self.judges(real, objects)
        of_made, made_objects, _ = self.judges(made, objects.twice)
        return {
            "real pictures": (cfg.picture_weight, F.softplus(-of_real).mean()),
            "made pictures": (cfg.picture_weight, F.softplus(of_made).mean()),
            "real objects": (cfg.object_weight, F.softplus(-real_objects).mean()),
            "made objects": (cfg.object_weight, F.softplus(made_objects).mean()),
            "real classes": (cfg.class_weight, F.cross_entropy(real_logits, objects.classes)),
        }

"""One training step as published: the discriminator, then all generators, on scenes of their own each.

Consistency trains the 2D generators alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.penalty import real_gradient_penalty
from calotype.models.control3d.config import GROUP, Config, widths
from calotype.models.control3d.losses import compactness_loss, consistency_loss
from calotype.models.control3d.network import Layers, Net, view_of
from calotype.models.control3d.scene import Scene, detached, hidden_at_random, random_cameras, turned_objects
from calotype.models.control3d.styled import StyledPainter, StyledSurroundings
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import generator_optimizer
from calotype.nn.residual_discriminator import ResidualDiscriminator
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.style_discriminator import Discriminator, Form
from calotype.render.camera import Camera

_KIND = "non_saturating"
BACKGROUND, _SCENE = 0, 1  # labels: the subfolders of the training folder in their order


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.

    Attributes:
        net: the generators.
        discriminator: the discriminator, with a score for each kind of picture.
        average: exponential moving average of ``net``.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        self.cfg, self.device = cfg, device
        self.net = Net(cfg).to(device)
        self.discriminator = discriminator_of(cfg).to(device)
        self.average: ExponentialMovingAverage[Net] = ExponentialMovingAverage(Net(cfg).to(device), cfg.average)
        self.average.copy_from(self.net)
        self.generator_optimizer = _optimizer(_groups(self.net, cfg), cfg.generator_rate, cfg)
        self.discriminator_optimizer = _optimizer(list(self.discriminator.parameters()), cfg.discriminator_rate, cfg)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at, floor=0.1)

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "discriminator": self.discriminator,
            "average": self.average,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Update the discriminator once and the generators once, on new scenes each.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1; with ``cfg.classes`` also ``label`` int64 [B], 0 for pictures of
                surroundings alone and 1 for scenes.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        losses = {"discriminator": self._discriminate(batch)}
        losses |= self._generate()
        self.average.update(self.net)
        means = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, means))

    def _discriminate(self, batch: Mapping[str, Tensor]) -> Tensor:
        cfg, real = self.cfg, batch["image"].to(self.device)
        real = real + cfg.noise * distributed.share(torch.rand(cfg.batch, *real.shape[1:])).to(real)
        with torch.no_grad():
            made = self._drawn()[2]
        label = batch["label"].to(self.device) if cfg.classes else torch.zeros(len(real), dtype=torch.int64)
        terms = []
        for kind, fake in self._kinds(made):
            of_kind = real[label == kind] if cfg.classes else real
            if len(of_kind):
                scores = self.discriminator(of_kind)[:, kind], self.discriminator(fake)[:, kind]
                terms.append(discriminator_loss(*scores, _KIND))
        loss = torch.stack(terms).sum()
        if cfg.gradient_penalty:
            penalty = real_gradient_penalty(
                lambda x: self.discriminator(x).gather(1, label[:, None].to(x.device)), real
            )
            loss = loss + cfg.gradient_penalty * penalty
        self._update(self.discriminator, self.discriminator_optimizer, loss)
        return loss

    def _generate(self) -> dict[str, Tensor]:
        cfg = self.cfg
        scene, latent, made, camera = self._drawn()
        terms = [generator_loss(self.discriminator(fake)[:, kind], _KIND) for kind, fake in self._kinds(made)]
        losses = {"generator": torch.stack(terms).sum()}
        losses["compactness"] = compactness_loss(made.outline, cfg.least_area)
        total = losses["generator"] + cfg.compactness * losses["compactness"]
        if cfg.consistency:
            losses["consistency"] = self._inconsistency(scene, latent, camera)
            total = total + cfg.consistency * losses["consistency"]
        self._update(self.net, self.generator_optimizer, total)
        return losses

    def _inconsistency(self, scene: Scene, latent: Tensor, camera: Camera, opaque: float = 0.0) -> Tensor:
        """The consistency loss between generated poses and others; the primitives get no gradient of it."""
        cfg, still = self.cfg, detached(scene)
        angle = distributed.share(torch.rand(cfg.batch, cfg.objects)).to(latent) * math.radians(cfg.turn)
        pair = [self.net.layers(each, latent, camera, opaque) for each in (still, turned_objects(still, angle))]
        return consistency_loss(pair[0], pair[1], view_of(cfg), cfg.colour_weight)

    def _drawn(self, opaque: float = 0.0) -> tuple[Scene, Tensor, Layers, Camera]:
        """Random scenes as random cameras see them: scenes, latent vectors, layers, cameras."""
        latent, camera = self._seen()
        scene = self.net.scene(latent)
        if self.cfg.hiding:
            scene = hidden_at_random(scene)
        return scene, latent, self.net.layers(scene, latent, camera, opaque), camera

    def _seen(self) -> tuple[Tensor, Camera]:
        """Random latent vectors and cameras."""
        cfg = self.cfg
        latent = distributed.share(torch.randn(cfg.batch, cfg.latent)).to(self.device)
        return latent, Camera(*(distributed.share(each).to(self.device) for each in random_cameras(cfg.batch, cfg)))

    def _kinds(self, made: Layers) -> list[tuple[int, Tensor]]:
        """The generated pictures of each kind, with the number of the discriminator's score for it."""
        if not self.cfg.classes:
            return [(0, made.picture)]
        return [(BACKGROUND, made.background), (_SCENE, made.picture)]

    def _update(self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        """Gradients of a loss for the parameters of a module alone, and a step of its optimizer."""
        optimizer.zero_grad(set_to_none=True)
        parameters = list(module.parameters())
        torch.autograd.backward(loss, inputs=parameters)
        distributed.average_gradients(parameters)
        optimizer.step()


def discriminator_of(cfg: Config) -> nn.Module:
    """The discriminator of the settings, with a score for each kind of picture, or one for its kind (``styled``)."""
    if cfg.discriminator == "styled":
        form = Form(widths(cfg.size, cfg.discriminator_width), classes=cfg.classes, filtered=False, group=GROUP)
        return Discriminator(form)
    return ResidualDiscriminator(
        (cfg.size, cfg.size), cfg.discriminator_width, widest=4, outputs=max(1, cfg.classes), bounded=False
    )


def _groups(net: Net, cfg: Config) -> list[dict[str, Any]]:
    """All parameters, those of styled parts with a learning rate of their own."""
    parts = [part for part in net.modules() if isinstance(part, (StyledPainter, StyledSurroundings))]
    styled = {id(value): value for part in parts for value in part.parameters()}
    others = [value for value in net.parameters() if id(value) not in styled]
    return [{"params": others}, {"params": list(styled.values()), "lr": cfg.painter_rate or cfg.generator_rate}]


def _optimizer(parameters: Sequence[Any], rate: float, cfg: Config) -> torch.optim.Optimizer:
    if cfg.optimizer == "adam":
        return generator_optimizer(parameters, rate, (0.0, 0.99))
    groups = [group for group in parameters if not isinstance(group, dict) or group["params"]]
    return torch.optim.RMSprop(groups, lr=rate, alpha=0.99)

"""One training step: encoders and generator run once for all pictures of a triplet, the discriminator once for both
updates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.perceptual import perceptual_loss
from calotype.models.idpose.config import Config
from calotype.models.idpose.network import Net, build
from calotype.models.idpose.verification import trace_loss, traced
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.muon import muon
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.patchgan import MultiScaleDiscriminator, halves, scores_of
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates

_KIND = "least_squares"
_WARM_UP = 10.0  # of the moving average


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
        learning: whether steps are to be made; without them, networks that a loss alone needs are not read.

    Attributes:
        net: encoders, generator and pixel verification.
        discriminator: scores patches as real or generated.
        average: exponential moving average of ``net``.
    """

    def __init__(self, cfg: Config, device: torch.device, *, learning: bool = True) -> None:
        self.cfg, self.device = cfg, device
        self.net = build(cfg).to(device)
        self.discriminator: MultiScaleDiscriminator = MultiScaleDiscriminator(
            3, scales=cfg.discriminators, width=cfg.discriminator_width, layers=cfg.discriminator_layers
        ).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: ExponentialMovingAverage[Net] = ExponentialMovingAverage(
            build(cfg).to(device), cfg.average, warmup=_WARM_UP
        )
        self.average.copy_from(self.net)
        betas = (cfg.beta1, cfg.beta2)
        self.generator_optimizer = self._optimizer(betas)
        self.discriminator_optimizer = discriminator_optimizer(self.discriminator, cfg.discriminator_rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)
        self.perceptual = None
        if learning and cfg.perceptual_weight:
            self.perceptual = perceptual_loss(cfg.perceptual, device)

    def _optimizer(self, betas: tuple[float, float]) -> torch.optim.Optimizer:
        """That of encoders and generator."""
        if self.cfg.optimizer == "adam":
            return generator_optimizer(self.net, self.cfg.rate, betas)
        net = self.net
        ends = [net.pose.first, net.identity.first, net.generator.colours]
        return muon(net, self.cfg.rate, betas, adam=ends)

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
        """One update of encoders and generator, and one of the discriminator, both from the present weights.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image``, the target, ``partner``, another frame of its clip, ``pose``, a frame of another clip in
                the pose of the target, and, for the disentanglement loss, ``pose_partner``, another frame of that
                clip: each [B, 3, H, W], -1..1.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        examples = self._examples(batch)
        losses, drawn = self._losses(*examples)
        weights = self.weights(i)
        ends = [losses[name] for name in weights]
        slopes = [torch.full_like(losses[name], weight) for name, weight in weights.items()]
        if self.cfg.adversarial_weight:
            losses |= self._oppose(drawn, examples[0], ends, slopes)
        self.generator_optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(ends, slopes)
        distributed.average_gradients(self.net.parameters())
        self.generator_optimizer.step()
        if self.cfg.adversarial_weight:
            self.discriminator_optimizer.step()
        self.average.update(self.net)
        means = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, means))

    def weights(self, i: int) -> dict[str, float]:
        """The weights of the losses at a step; those of zero are left out."""
        cfg = self.cfg
        found = {
            "target": cfg.target_weight,
            "own": cfg.own_weight,
            "kl": cfg.kl_weight,
            "code": cfg.code_weight if cfg.own_weight else 0.0,
            "trace": cfg.trace_weight * self.trace_share(i),
        }
        asked = {**found, "trace": cfg.trace_weight}
        return {name: weight for name, weight in found.items() if asked[name]}

    def _losses(
        self, target: Tensor, who: Tensor, how: Tensor, whose: Tensor | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The losses of encoders and generator, and the picture of both codes of the target.

        With the disentanglement loss, two identity codes, that of ``who`` and that of another picture of the one that
        gives the pose, ``whose``, are drawn with two pose codes, those of ``how`` and of the target itself.
        """
        cfg, count = self.cfg, len(target)
        shown = [who] if whose is None else [who, whose]
        posed = [how] if whose is None else [how, target]
        drawn_from = count * len(posed)
        with autocast(self.device, self.cfg.bf16):
            found = self.net.poses(torch.cat(posed + shown))
            poses = found.mean
            if cfg.kl_weight:
                noise = torch.zeros_like(poses)
                noise[:drawn_from] = self._noise(noise[:drawn_from].shape)
                poses = found.sample(noise)
            features, shares = self.net.generator.layout(poses)
            parts = self.net.identity(torch.cat(shown), shares[drawn_from:])
            features, shares, looks = features[:drawn_from], shares[:drawn_from], [parts.looks, parts.whole]
            if whose is not None:
                features, shares = features.repeat(2, 1, 1, 1), shares.repeat(2, 1, 1)
                looks = [torch.cat([each[:count], each, each[count:]]) for each in looks]
            made = self.net.generator(features, shares, *looks)
        drawn = made[:count]
        losses = {"target": self._error(drawn, target)}
        if whose is not None:
            losses["own"] = self._own(made[count:], target, how)
            if cfg.code_weight:
                losses["code"] = (found.mean[:count] - found.mean[count:drawn_from]).square().mean()
        if cfg.kl_weight:
            losses["kl"] = found.kl()
        if cfg.trace_weight:
            losses["trace"] = trace_loss(traced(shares[:count], parts.of(slice(count)), who), target, drawn)
        return losses, drawn

    def _own(self, made: Tensor, target: Tensor, how: Tensor) -> Tensor:
        """The disentanglement loss of pictures: the target and ``how``, each by its own pose code, and ``how`` by the
        code of the target.
        """
        share = self.cfg.same_share
        of_target, of_how, exchanged = made.chunk(3)
        same = self._error(torch.cat([of_target, of_how]), torch.cat([target, how]))
        return share * same + (1 - share) * self._error(exchanged, how)

    def trace_share(self, i: int) -> float:
        """The share of its weight that pixel verification has at a step."""
        first = self.cfg.trace_from * self.cfg.steps
        return min(1.0, max(0.0, (i - first) / first)) if first else 1.0

    def _oppose(self, drawn: Tensor, target: Tensor, ends: list[Tensor], slopes: list[Tensor]) -> dict[str, Tensor]:
        """Compute the discriminator's gradients, and add what the generator gets from it to its ends and slopes."""
        seen = drawn.detach().requires_grad_()
        with autocast(self.device, self.cfg.bf16):
            found = self.discriminator(torch.cat([seen, target]).contiguous(memory_format=torch.channels_last))
        both = [halves(scores) for scores in scores_of(found)]
        of_drawn, of_real = [fake for fake, _ in both], [real for _, real in both]
        losses = {
            "generator": generator_loss(of_drawn, _KIND),
            "discriminator": discriminator_loss(of_real, of_drawn, _KIND),
        }
        (slope,) = torch.autograd.grad(losses["generator"], seen, retain_graph=True)
        ends.append(drawn)
        slopes.append(slope * self.cfg.adversarial_weight)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        losses["discriminator"].backward(inputs=list(self.discriminator.parameters()))  # type: ignore[no-untyped-call]
        distributed.average_gradients(self.discriminator.parameters())
        return losses

    def _noise(self, shape: torch.Size) -> Tensor:
        """Normal noise [pictures, pose], this process's share of it."""
        each = torch.randn(shape[0] // (self.cfg.batch // distributed.world()), self.cfg.batch, shape[1])
        return torch.cat([distributed.share(part) for part in each]).to(self.device)

    def _error(self, made: Tensor, wanted: Tensor) -> Tensor:
        difference = made - wanted
        error = difference.square().mean() if self.cfg.error == "squared" else difference.abs().mean()
        if self.perceptual is not None:
            share = self.cfg.perceptual_weight / max(self.cfg.target_weight, 1e-6)
            error = error + share * self.perceptual(made, wanted)
        return error

    def _examples(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Target, identity, pose, and another picture of the one that gives the pose where it is needed; pictures of
        the pose of the target are flipped alike at random where the settings say so.

        Raises:
            InputError: the batch is not one of triplets.
        """
        names = ["image", "partner", "pose", *(["pose_partner"] if self.cfg.own_weight else [])]
        if not batch.keys() >= set(names):
            raise InputError("this model learns from clips, with pictures of one pose in several of them")
        found = {name: batch[name].to(self.device, non_blocking=True) for name in names}
        if self.cfg.mirror:
            flipped = distributed.share(torch.rand(self.cfg.batch) < 0.5).to(self.device)[:, None, None, None]
            for name in ("image", "pose"):
                found[name] = torch.where(flipped, found[name].flip(3), found[name])
        target, who, how, *whose = (each.contiguous(memory_format=torch.channels_last) for each in found.values())
        return target, who, how, whose[0] if whose else None

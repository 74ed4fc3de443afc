"""One training step: every network runs once, and one backward pass serves both encoders and the decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.density_ratio import density_ratio_loss
from calotype.losses.perceptual import PerceptualLoss
from calotype.models.disentangle.config import Config
from calotype.models.disentangle.controllers import Controllers
from calotype.models.disentangle.network import build
from calotype.nn.critics import Critics
from calotype.nn.optimizers import generator_optimizer
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.vgg import vgg16

OPPOSED, UNOPPOSED, METER = range(3)  # T, T' and a third network that is only for looking


class Trainer:
    """The networks, their optimizers, the controllers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
        learning: whether steps are to be made; without them, networks that a loss alone needs are not read.

    Attributes:
        net: encoders and decoder.
        critics: T, T' and a meter.
        controllers: lambda and gamma.
    """

    def __init__(self, cfg: Config, device: torch.device, *, learning: bool = True) -> None:
        self.cfg, self.device = cfg, device
        self.net = build(cfg).to(device)
        self.critics = Critics(
            cfg.pose,
            cfg.identity,
            count=3,
            width=cfg.critic_width,
            blocks=cfg.critic_blocks,
            products=cfg.critic_products,
        ).to(device)
        self.controllers = Controllers(cfg).to(device)
        if cfg.pretrained:
            self.net.identity.requires_grad_(False)
        self.learned = [each for each in self.net.parameters() if each.requires_grad]
        betas = (cfg.beta1, cfg.beta2)
        self.optimizer = generator_optimizer(self.learned, cfg.rate, betas)
        self.critic_optimizer = generator_optimizer(self.critics, cfg.rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)
        self.perceptual = None
        if learning and cfg.reconstruction == "perceptual":
            self.perceptual = PerceptualLoss(vgg16().to(device))

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "critics": self.critics,
            "controllers": self.controllers,
            "optimizer": self.optimizer,
            "critic optimizer": self.critic_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of all networks from the present weights, then of the controllers.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` and ``partner`` [B, 3, H, W], -1..1, two pictures of one identity in each row; B even.
            i: number of the step.

        Returns:
            The losses, the estimates of mutual information (nats), lambda and gamma, means over all processes.
        """
        set_rates(self.schedule(i), self.optimizer, self.critic_optimizer)
        told = self.gradients(batch, i)
        distributed.average_gradients(self.learned)
        distributed.average_gradients(self.critics.parameters())
        self.optimizer.step()
        self.critic_optimizer.step()
        self.controllers.follow(told["information"], told["information, unopposed"], i)
        return {**told, "lambda": self.controllers.multiplier.clone(), "gamma": self.controllers.gamma.clone()}

    def gradients(self, batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Compute the gradients of all networks for a batch, and the means of the losses over all processes."""
        self.net.train()
        pictures, partners = self._examples(batch)
        noise = distributed.share(torch.randn(self.cfg.batch, self.cfg.pose)).to(self.device)
        with autocast(self.device, self.cfg.bf16):
            found = self.net.poses(pictures)
            identity = self.net.identity_codes(partners)
            pose = found.sample(noise)
            drawn = self.net.drawn(pose, identity)
        seen = self._seen(found.mean, pose)
        of_critics, joint = self._critics(seen.detach(), identity.detach())
        information = self.critics.frozen(OPPOSED, seen, identity.detach()).mean()
        losses = torch.stack([self._reconstruction(drawn, pictures), found.kl(), information])
        means = distributed.mean_over_all(
            torch.cat([losses.detach(), joint.detach().mean(1)[1:], of_critics.detach()[None]])
        )
        weights = torch.stack([torch.ones_like(means[2]), self.controllers.gamma, self.controllers.slope(means[2], i)])
        self.optimizer.zero_grad(set_to_none=True)
        losses.backward(weights, inputs=self.learned)  # type: ignore[no-untyped-call]
        return {
            "reconstruction": means[0],
            "kl": means[1],
            "information": means[2],
            "information, unopposed": means[3],
            "information, measured": means[4],
            "critics": means[5],
        }

    def _seen(self, mean: Tensor, sample: Tensor) -> Tensor:
        """The pose codes that the estimators see: means in some pairs of rows of the whole batch, else samples."""
        if not self.cfg.of_means:
            return sample
        certain = torch.arange(self.cfg.batch) // 2 * 2 < self.cfg.of_means * self.cfg.batch
        return torch.where(distributed.share(certain).to(self.device)[:, None], mean, sample)

    def _critics(self, pose: Tensor, identity: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of T, T' and the meter; their loss, and scores [3, B] of the joint pairs."""
        joint, independent = self.critics(pose, identity)
        loss = density_ratio_loss(joint, independent).sum()
        self.critic_optimizer.zero_grad(set_to_none=True)
        loss.backward(inputs=list(self.critics.parameters()))  # type: ignore[no-untyped-call]
        return loss, joint

    def _reconstruction(self, drawn: Tensor, real: Tensor) -> Tensor:
        """The loss of the decoder, a scalar; a sum over each picture, as the weight of the KL divergence needs it."""
        if self.perceptual is None:
            return (drawn - real).square().flatten(1).sum(1).mean()
        difference = (drawn - real).abs().mean() * 127.5 + self.perceptual(drawn, real)
        return 0.5e-3 * drawn[0].numel() * difference

    def _examples(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Pictures and their partners, both flipped at random where the settings say so.

        Raises:
            InputError: there are no partners.
        """
        if "partner" not in batch:
            raise InputError("this model learns from clips, with several pictures of each identity")
        both = []
        for name in ("image", "partner"):
            pictures = batch[name].to(self.device, non_blocking=True)
            if self.cfg.mirror:
                flipped = distributed.share(torch.rand(self.cfg.batch) < 0.5).to(self.device)
                pictures = torch.where(flipped[:, None, None, None], pictures.flip(3), pictures)
            both.append(pictures.contiguous(memory_format=torch.channels_last))
        return both[0], both[1]

"""One training step of BicycleGAN: each network runs once, for the updates of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.kl import gaussian_kl
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.patchgan import MultiScaleDiscriminator, halves, scores_of
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.translation.config import TranslationConfig
from calotype.translation.network import in_memory, planes

_KIND = "least_squares"


class Translator(Protocol):
    """What is trained: see ``calotype.translation.net.Net``."""

    def draw(self, condition: Tensor, code: Tensor) -> Tensor:
        """Pictures of conditions and codes."""

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of codes."""

    def encode_fixed(self, pictures: Tensor) -> Tensor:
        """The mean alone, without gradients for the encoder."""


# Further losses of a step, with their weights multiplied in, by name, from conditions and pictures [B, ...].
Further = Callable[[Tensor, Tensor], Mapping[str, Tensor]]


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        net: what is trained, a module that is a ``Translator``.
        device: to compute on.
        further: losses that are added; ``None`` for none.

    Attributes:
        net: generator and encoder.
        discriminators: one for reconstructions, one for pictures of drawn codes.
    """

    def __init__(self, cfg: TranslationConfig, net: Any, device: torch.device, further: Further | None = None) -> None:
        self.cfg, self.device, self.further = cfg, device, further
        self.net = net.to(device)
        self.discriminators = in_memory(nn.ModuleList(_discriminator(cfg) for _ in range(2))).to(device)
        betas = (cfg.beta1, cfg.beta2)
        self.generator_optimizer = generator_optimizer(self.net, cfg.rate, betas)
        self.discriminator_optimizer = discriminator_optimizer(self.discriminators, cfg.rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)
        self._conditional = cfg.discriminator_condition

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "discriminators": self.discriminators,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of generator and encoder, and one of the discriminators, all from the present weights.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1, and ``other`` likewise, or ``label`` int64 [B].
            i: number of the step.

        Returns:
            The losses by name.
        """
        cfg = self.cfg
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        condition, real = examples(batch, cfg, self.device)
        # Every second picture, so that several processes together do what one does.
        of_others = condition[1::2]
        condition, real, others = condition[::2], real[::2], real[1::2]
        count = len(real)
        noise, drawn = distributed.share(torch.randn(cfg.batch // 2, 2, cfg.code)).to(self.device).unbind(1)

        mean, log_variance = self.net.encode(real)
        codes = torch.cat([mean + noise * (0.5 * log_variance).exp(), drawn])
        both = self.net.draw(torch.cat([condition, condition]), codes)
        seen = both.detach().requires_grad_()
        losses = self._judged(seen, (real, others), condition, of_others)
        wanted = 2 * cfg.discriminators * cfg.adversarial_weight * losses["generator"]
        (slope,) = torch.autograd.grad(wanted, seen, retain_graph=True)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        weights = list(self.discriminators.parameters())
        losses["discriminator"].backward(inputs=weights)  # type: ignore[no-untyped-call]

        reconstructed, free = both.split(count)
        losses["pixels"] = (reconstructed - real).abs().mean()
        losses["kl"] = gaussian_kl(mean, log_variance)
        losses["code"] = (self.net.encode_fixed(free) - drawn).abs().mean()
        own = cfg.pixel_weight * losses["pixels"] + cfg.kl_weight * losses["kl"] + cfg.code_weight * losses["code"]
        if self.further is not None:
            extra = self.further(condition, real)
            own = own + torch.stack(list(extra.values())).sum()
            losses |= extra
        self.generator_optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward([both, own], [slope, torch.ones_like(own)])
        self._averaged()
        self.discriminator_optimizer.step()
        self.generator_optimizer.step()
        means = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, means))

    def _judged(
        self, seen: Tensor, real: tuple[Tensor, Tensor], condition: Tensor, of_others: Tensor
    ) -> dict[str, Tensor]:
        """What the two discriminators say of both halves of the generated pictures, and of real ones.

        Args:
            seen: reconstructions and pictures of drawn codes, [2 B, 3, H, W].
            real: what each of the discriminators gets as real pictures, [B, 3, H, W].
            condition: of the generated pictures and of the first of the real ones, [B, C, H, W].
            of_others: of the second of the real ones.
        """
        of_generator, of_discriminator = [], []
        for judge, fake, known, given in zip(self.discriminators, halves(seen), real, (condition, of_others)):
            layout = torch.channels_last
            by = torch.cat([condition, given]).contiguous(memory_format=layout) if self._conditional else None
            found = judge(torch.cat([fake, known]).contiguous(memory_format=layout), by)
            parts = [halves(scores) for scores in scores_of(found)]
            fakes, reals = [part[0] for part in parts], [part[1] for part in parts]
            of_generator.append(generator_loss(fakes, _KIND))
            of_discriminator.append(discriminator_loss(reals, fakes, _KIND))
        scale = 2.0 * self.cfg.discriminators
        return {
            "generator": torch.stack(of_generator).sum(),
            "discriminator": scale * torch.stack(of_discriminator).sum(),
        }

    def _averaged(self) -> None:
        """Gradients as means over all processes."""
        for module in (self.net, self.discriminators):
            distributed.average_gradients(module.parameters())


def examples(batch: Mapping[str, Tensor], cfg: TranslationConfig, device: torch.device) -> tuple[Tensor, Tensor]:
    """Conditions [B, C, H, W] and pictures [B, 3, H, W] of a batch.

    Raises:
        InputError: there are no conditions.
    """
    name = "label" if cfg.classes else "other"
    if name not in batch:
        raise InputError("the training pictures have no conditions: this model learns from pairs of pictures")
    real = batch["image"].to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
    given = batch[name].to(device, non_blocking=True)
    condition = planes(given, cfg.classes, cfg.size) if cfg.classes else given
    return condition.contiguous(memory_format=torch.channels_last), real


def _discriminator(cfg: TranslationConfig) -> MultiScaleDiscriminator:
    return MultiScaleDiscriminator(
        3,
        cfg.condition_channels if cfg.discriminator_condition else 0,
        scales=cfg.discriminators,
        width=cfg.discriminator_width,
        layers=cfg.discriminator_layers,
        spectral=False,
    )

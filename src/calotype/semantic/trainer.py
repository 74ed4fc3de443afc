"""One training step: the generator runs once, and the discriminator once, for the updates of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.feature_matching import feature_matching_loss
from calotype.losses.kl import gaussian_kl
from calotype.losses.perceptual import perceptual_loss
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.patchgan import MultiScaleDiscriminator, halves, scores_of
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates, warm_up
from calotype.nn.statistics import measure_statistics
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import LabelMaps, Layouts, input_channels
from calotype.semantic.network import Build, Net

_WARM_UP = 10.0  # of the moving average


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
        build: makes the networks, spectrally normalised.
        learning: whether steps are to be made; without them, networks that a loss alone needs are not read.

    Attributes:
        net: generator and encoder.
        discriminator: judges pictures beside their label maps.
        average: exponential moving average of ``net``.
    """

    def __init__(self, cfg: LayoutConfig, device: torch.device, build: Build, *, learning: bool = True) -> None:
        self.cfg, self.device, self.build = cfg, device, build
        self.net = build(cfg, spectral=True).to(device)
        self.discriminator = self._made_discriminator().to(device)
        self.average = ExponentialMovingAverage(build(cfg, spectral=True).to(device), cfg.average, warmup=_WARM_UP)
        self.average.copy_from(self.net)
        betas = (cfg.beta1, cfg.beta2)
        self.generator_optimizer = generator_optimizer(self.net, cfg.generator_rate, betas)
        self.discriminator_optimizer = discriminator_optimizer(self.discriminator, cfg.discriminator_rate, betas)
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at)
        self.kl_schedule = warm_up(round(cfg.kl_warm_up * cfg.steps))
        self.perceptual = perceptual_loss(cfg.perceptual, device) if learning else None
        self.training_net = distributed.wrapped(self.net)
        self.training_discriminator = distributed.wrapped(self.discriminator)

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
        """One update of the generator and the encoder, and one of the discriminator, both from the present weights.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1; ``map`` int64 [B, H, W]; with ``cfg.instances`` also ``instances``.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        real, maps = examples(batch, self.cfg, self.device, self.net.layouts)
        noise = noise_for(self.net, self.cfg).to(self.device)
        with autocast(self.device, self.cfg.bf16):
            fake, mean, log_variance = self.training_net(maps, real, noise)
            seen = fake.detach().requires_grad_()
            judged = self._judged(seen, real, maps)
        losses = {**self._adversarial(judged), **self._differences(seen, real)}
        weights = self._weights()
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        (slope,) = torch.autograd.grad(total, seen, retain_graph=True)
        losses["discriminator"] = self._discriminator_loss(judged)

        self.discriminator_optimizer.zero_grad(set_to_none=True)
        losses["discriminator"].backward(inputs=list(self.discriminator.parameters()))  # type: ignore[no-untyped-call]
        ends, slopes = [fake], [slope]
        if mean is not None and log_variance is not None:
            losses["kl"] = gaussian_kl(mean, log_variance)
            ends.append(losses["kl"])
            slopes.append(torch.full_like(losses["kl"], self.cfg.kl_weight * self.kl_schedule(i)))
        self.generator_optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(ends, slopes)
        self.discriminator_optimizer.step()
        self.generator_optimizer.step()
        self.average.update(self.net)
        means = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, means))

    def _made_discriminator(self) -> nn.Module:
        cfg = self.cfg
        network = MultiScaleDiscriminator(
            3,
            input_channels(cfg),
            scales=cfg.discriminators,
            width=cfg.discriminator_width,
            layers=cfg.discriminator_layers,
        )
        made: MultiScaleDiscriminator = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return made

    def _judged(self, fake: Tensor, real: Tensor, maps: Layouts) -> Any:
        """What the discriminator says of generated and of real pictures of the same maps: activations of both, scale by
        scale.
        """
        both = torch.cat([fake, real]).contiguous(memory_format=torch.channels_last)
        found = self.training_discriminator(both, maps.one_hot())
        split = [[halves(layer) for layer in scale] for scale in found]
        return [[layer[0] for layer in scale] for scale in split], [[layer[1] for layer in scale] for scale in split]

    def _adversarial(self, judged: Any) -> dict[str, Tensor]:
        """The losses of the generator by what the discriminator says."""
        of_fake, of_real = judged
        losses = {"generator": generator_loss(scores_of(of_fake), self.cfg.adversarial)}
        if self.cfg.feature_weight:
            losses["features"] = feature_matching_loss(of_real, of_fake)
        return losses

    def _discriminator_loss(self, judged: Any) -> Tensor:
        of_fake, of_real = judged
        return discriminator_loss(scores_of(of_real), scores_of(of_fake), self.cfg.adversarial)

    def _differences(self, fake: Tensor, real: Tensor) -> dict[str, Tensor]:
        """The losses of the generator by the real pictures."""
        cfg, losses = self.cfg, {}
        if self.perceptual is not None:
            losses["perceptual"] = self.perceptual(fake, real)
        if cfg.pixel_weight:
            losses["pixels"] = F.avg_pool2d(fake - real, cfg.pixel_pool, ceil_mode=True).abs().mean()
        return losses

    def _weights(self) -> dict[str, float]:
        cfg = self.cfg
        return {
            "generator": 1.0,
            "features": cfg.feature_weight,
            "perceptual": cfg.perceptual_weight,
            "pixels": cfg.pixel_weight,
        }


def examples(
    batch: Mapping[str, Tensor],
    cfg: LayoutConfig,
    device: torch.device,
    layouts: Callable[..., Any] = LabelMaps,
) -> tuple[Tensor, Layouts]:
    """Pictures and layouts of a batch, half of them mirrored where ``cfg.mirror`` says so.

    Raises:
        InputError: there is no label map, or none of instances where one is needed.
    """
    for name in ("map", *(["instances"] if cfg.instances else [])):
        if name not in batch:
            raise InputError(f"the training pictures have no {name}: this model learns from pictures with label maps")
    real = batch["image"].to(device, non_blocking=True)
    planes = [batch[name].to(device, non_blocking=True) for name in ("map", "instances") if name in batch]
    if cfg.mirror:
        flipped = distributed.share(torch.rand(cfg.batch) < 0.5).to(device)
        real = torch.where(flipped[:, None, None, None], real.flip(3), real)
        planes = [torch.where(flipped[:, None, None], each.flip(2), each) for each in planes]
    return real, layouts(planes[0], cfg, planes[1] if cfg.instances else None)


def noise_for(net: Net, cfg: LayoutConfig) -> Tensor:
    """This process's share of the standard normal noise of a batch, drawn by the global generator."""
    return distributed.share(torch.randn(cfg.batch, *net.noise_shape))


@torch.no_grad()
def measure(net: Net, batches: list[Mapping[str, Tensor]], cfg: LayoutConfig, device: torch.device) -> None:
    """Measure the running statistics of batch normalisation anew, as means over some batches."""

    def forward(k: int) -> Any:
        real, maps = examples(batches[k], cfg, device, net.layouts)
        noise = noise_for(net, cfg).to(device)
        return net(maps, real, noise)

    measure_statistics(net, forward, len(batches))

"""One training step: each reference is generated twice, from two latent vectors and the same features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.losses import diversity_loss, reconstruction_loss
from calotype.models.pyramid.masks import depths, exchanged, random_masks
from calotype.models.pyramid.network import Net, build
from calotype.nn.colour_jitter import NUMBERS, jitter_colours
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.precision import autocast
from calotype.nn.residual_discriminator import ResidualDiscriminator
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.statistics import measure_statistics


class Draws(NamedTuple):
    """What is drawn for a step: the first and the second half have the same references and masks.

    Attributes:
        latent: [B, latent].
        tint: colour jitter of real and of generated pictures, -1..1.
        features: of the references, with the vectors of others where they are exchanged.
        masks: which of them are given.
    """

    latent: Tensor
    tint: Tensor
    features: list[Tensor]
    masks: list[Tensor]


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.
        classifier: a trained classifier of the set's classes; ``None``: the published one.
        learning: whether steps are to be made; without them, the weights of the published classifier are not read, as
            a saved state has them.

    Attributes:
        net: the generator and the frozen classifier.
        discriminator: the discriminator.
        average: exponential moving average of the generator.
    """

    def __init__(
        self, cfg: Config, device: torch.device, classifier: nn.Module | None = None, *, learning: bool = True
    ) -> None:
        self.cfg, self.device = cfg, device
        self.net: Net = build(cfg).to(device)
        if classifier is not None:
            self.net.classifier.net.load_state_dict(classifier.state_dict())
        elif learning:
            self.net.classifier.load()
        self.net.classifier.eval()
        self.discriminator = ResidualDiscriminator(cfg.size, cfg.discriminator_width, attention=cfg.attention).to(
            device
        )
        self.average = ExponentialMovingAverage(build(cfg).generator.to(device), cfg.average)
        self.average.copy_from(self.net.generator)
        betas = (0.0, cfg.beta2)
        self.generator_optimizer = generator_optimizer(self.net.generator, cfg.generator_rate, betas)
        self.discriminator_optimizer = discriminator_optimizer(self.discriminator, cfg.discriminator_rate, betas)
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
        """Update the discriminator and the generator once, on the same generated pictures.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1.
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.generator.train()
        with autocast(self.device, self.cfg.bf16):
            real = self._mirrored(batch["image"].to(self.device))
            latent, tint, features, masks = self.draws(real)
            made = self.net.generator(latent, features, masks)
            losses = {"discriminator": self._discriminate(real, made.detach(), tint)}
        self._update(self.discriminator, self.discriminator_optimizer, losses["discriminator"])
        with autocast(self.device, self.cfg.bf16):
            losses |= self._generator_losses(made, features, masks, latent, tint)
        weights = {"generator": 1.0, "reconstruction": self.cfg.reconstruction, "diversity": self.cfg.diversity}
        total = torch.stack([weight * losses[name] for name, weight in weights.items() if weight]).sum()
        self._update(self.net.generator, self.generator_optimizer, total)
        self.average.update(self.net.generator)
        means = distributed.mean_over_all(torch.stack([loss.detach().float() for loss in losses.values()]))
        return dict(zip(losses, means))

    def draws(self, real: Tensor) -> Draws:
        """Latent vectors, masks and features of the first half of the pictures, for a step."""
        half = len(real) // 2
        latent = distributed.share(torch.randn(self.cfg.batch, self.cfg.latent)).to(self.device)
        tint = distributed.share(torch.rand(self.cfg.batch, 2 * NUMBERS) * 2 - 1).to(self.device)
        once = [distributed.share(each)[:half].to(self.device) for each in random_masks(self.cfg.batch // 2, self.cfg)]
        masks = [_twice(each) for each in once]
        with torch.no_grad():
            found = self.net.classifier(real[:half])
        features = [_twice(each) for each in with_other_vectors(found, masks)]
        return Draws(latent[: 2 * half], tint[: 2 * half], features, masks)

    def averaged(self, pictures: Callable[[int], Tensor], passes: int) -> Net:
        """A net with the moving average of the generator, in eval mode.

        Args:
            pictures: gives batch ``k``, [B, 3, H, W], -1..1, for its statistics of batch normalisation.
            passes: on how many.
        """
        net = self._copied(self.average.module)

        def forward(k: int) -> Tensor:
            with autocast(self.device, self.cfg.bf16):
                latent, _, features, masks = self.draws(self._mirrored(pictures(k).to(self.device)))
                made: Tensor = net.generator(latent, features, masks)
            return made

        measure_statistics(net.generator, forward, passes)
        return net

    def latest(self) -> Net:
        """A net with the generator of the last step, whose statistics were gathered in training; in eval mode."""
        return self._copied(self.net.generator)

    def _copied(self, generator: nn.Module) -> Net:
        with torch.random.fork_rng(devices=[]):
            net = build(self.cfg).to(self.device)
        net.generator.load_state_dict(generator.state_dict())
        net.classifier.load_state_dict(self.net.classifier.state_dict())
        return net.requires_grad_(False).eval()

    def _mirrored(self, pictures: Tensor) -> Tensor:
        chosen = distributed.share(torch.rand(self.cfg.batch) < 0.5)[: len(pictures)].to(pictures.device)
        return torch.where(chosen.view(-1, 1, 1, 1), pictures.flip(3), pictures) if self.cfg.mirror else pictures

    def _discriminate(self, real: Tensor, made: Tensor, tint: Tensor) -> Tensor:
        shown = jitter_colours(torch.cat([real, made]), torch.cat(tint.chunk(2, 1)), self.cfg.jitter)
        of_real, of_made = self.discriminator(shown).chunk(2)
        return discriminator_loss(of_real, of_made, self.cfg.adversarial)

    def _generator_losses(
        self, made: Tensor, features: list[Tensor], masks: list[Tensor], latent: Tensor, tint: Tensor
    ) -> dict[str, Tensor]:
        scores = self.discriminator(jitter_colours(made, tint[:, NUMBERS:], self.cfg.jitter))
        once = [mask[: len(mask) // 2] for mask in masks]
        depth = depths(once, self.cfg) if self.cfg.by_depth else None
        return {
            "generator": generator_loss(scores, self.cfg.adversarial),
            "reconstruction": reconstruction_loss(self.net.classifier(made), features, masks, self.cfg.vectors),
            "diversity": diversity_loss(latent, made, depth),
        }

    def _update(self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        """Gradients of a loss for the parameters of a module alone, and a step of its optimizer."""
        optimizer.zero_grad(set_to_none=True)
        parameters = list(module.parameters())
        torch.autograd.backward(loss.float(), inputs=parameters)
        distributed.average_gradients(parameters)
        optimizer.step()


def with_other_vectors(found: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
    """Features of the references, with the vectors of the next one where a map and vectors are given."""
    other = exchanged([mask[: len(mask) // 2] for mask in masks])[:, None]
    return [each if each.dim() == 4 else torch.where(other, each.roll(1, 0), each) for each in found]


def _twice(each: Tensor) -> Tensor:
    return each.repeat(2, *[1] * (each.dim() - 1))

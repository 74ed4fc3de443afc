"""One training step: adversarial loss with lazy R1 and R2, path length regularization, augmentation, moving average."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError, counted
from calotype.losses.adversarial import discriminator_loss, generator_loss, relativistic_loss
from calotype.losses.penalty import real_gradient_penalty
from calotype.models.stylegan.augment import Strength, augmented, draws
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.finetuning import Start
from calotype.models.stylegan.network import Net, build
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates

_KIND = "non_saturating"
_MEAN_DECAY = 0.995  # of the mean style
_PATH_DECAY = 0.01  # of the mean path length
_WARM_UP = 14.9  # of the moving average: at first its half-life is a twentieth of the pictures seen
_ADAPT_EVERY = 4  # steps
_LARGEST = 1e5  # gradient values that are not finite become 0 or this

# Latent vectors [N, latent], second ones, the row from which these are used [N], and noise maps [N, 1, h, w].
Drawn = tuple[Tensor, Tensor, Tensor, list[Tensor]]


class PathLength(nn.Module):
    """Path length regularization: deviation of the length of the pictures' gradient from its running mean.

    Karras et al., CVPR 2020, eq. 4. Pictures are weighted by noise: the gradient is that of a random projection.
    """

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, pictures: Tensor, styles: Tensor, noise: Tensor) -> Tensor:
        """The penalty, a scalar.

        Args:
            pictures: [N, C, H, W], made of ``styles``.
            styles: [N, rows, style], with a graph.
            noise: as the pictures, of a standard normal distribution.
        """
        projected = (pictures * (noise / math.sqrt(pictures.shape[2] * pictures.shape[3]))).sum()
        (gradient,) = torch.autograd.grad(projected, styles, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        with torch.no_grad():
            self.mean.lerp_(distributed.mean_over_all(lengths.detach().mean()), _PATH_DECAY)
        return (lengths - self.mean).square().mean()


class Trainer:
    """The networks, their optimizers, and the training step.

    Args:
        cfg: the settings.
        device: to compute on.

    Attributes:
        net: the generator.
        discriminator: the discriminator.
        average: exponential moving average of ``net``.
        strength: of the augmentation.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        if cfg.generator != "stylegan2":
            raise InputError(f"the generator {cfg.generator} is only imported, not trained: leave out --set generator")
        self.cfg, self.device = cfg, device
        self.net = build(cfg).to(device)
        self.discriminator: Discriminator = Discriminator(cfg).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        decay = 0.5 ** (cfg.batch / (cfg.average * 1000))
        self.average: ExponentialMovingAverage[Net] = ExponentialMovingAverage(
            build(cfg).to(device), decay, warmup=_WARM_UP
        )
        self.average.copy_from(self.net)
        self.strength = Strength(cfg.augment_target, cfg.augment_thousands).to(device)
        self.path = PathLength().to(device)
        lazy_path = cfg.path_every / (cfg.path_every + 1) if cfg.path_weight else 1.0
        lazy_penalty = cfg.gradient_every / (cfg.gradient_every + 1) if cfg.gradient_penalty else 1.0
        self.generator_optimizer = generator_optimizer(
            self.net, cfg.generator_rate * lazy_path, (cfg.beta1, cfg.beta2**lazy_path)
        )
        self.discriminator_optimizer = discriminator_optimizer(
            self.discriminator, cfg.discriminator_rate * lazy_penalty, (cfg.beta1, cfg.beta2**lazy_penalty)
        )
        self.schedule = constant_then_linear(cfg.steps, cfg.decay_at, floor=0.1)

    def start_from(self, begun: Start) -> None:
        """Take over the weights that a fine-tuning starts from."""
        self.net.load_state_dict(dict(begun.net), strict=False)
        self.average.copy_from(self.net)
        if begun.discriminator is not None:
            self.discriminator.load_state_dict(dict(begun.discriminator))

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {
            "net": self.net,
            "discriminator": self.discriminator,
            "average": self.average,
            "strength": self.strength,
            "path": self.path,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of the generator and one of the discriminator, from the present weights and the same pictures, and
        now and then one of each for its regularization.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` [B, 3, H, W], -1..1; with ``cfg.classes`` also ``label`` int64 [B].
            i: number of the step.

        Returns:
            The losses by name, means over all processes.
        """
        cfg = self.cfg
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        real, label = self._examples(batch)
        drawn = self._drawn(cfg.batch)
        around = draws(cfg.batch, self.device), draws(cfg.batch, self.device)
        with autocast(self.device, self.cfg.bf16):
            w, _, fake = self._generate(drawn, label)
        seen = fake.detach().float().requires_grad_()
        of_fake = self._scores(seen, label, around[0])
        of_real = self._scores(real, label, around[1])
        losses = self._losses(of_real, of_fake)
        (slope,) = torch.autograd.grad(losses["generator"], seen, retain_graph=True)
        self._update(self.discriminator, self.discriminator_optimizer, losses["discriminator"])
        self._update(self.net, self.generator_optimizer, fake, slope)
        if cfg.gradient_penalty and i % cfg.gradient_every == 0:
            losses["gradient penalty"] = self._penalize(real, seen, label, draws(cfg.batch, self.device))
        if cfg.path_weight and i % cfg.path_every == 0:
            losses["path length"] = self._regularize_paths(label)
        self._follow(w.detach())
        means = distributed.mean_over_all(
            torch.stack([*[loss.detach() for loss in losses.values()], self._sign(of_real.detach(), of_fake.detach())])
        )
        if cfg.augment != "none" and (i + 1) % _ADAPT_EVERY == 0:
            self.strength.adapt(means[-1], cfg.batch * _ADAPT_EVERY)
        return {**dict(zip(losses, means)), "augmentation": self.strength.value.clone()}

    def _losses(self, of_real: Tensor, of_fake: Tensor) -> dict[str, Tensor]:
        """What the generator and the discriminator minimise, from scores [N, 1]."""
        if self.cfg.loss == "relativistic":
            return {
                "generator": relativistic_loss(of_fake, of_real),
                "discriminator": relativistic_loss(of_real, of_fake),
            }
        return {
            "generator": generator_loss(of_fake, _KIND),
            "discriminator": discriminator_loss(of_real, of_fake, _KIND),
        }

    def _sign(self, of_real: Tensor, of_fake: Tensor) -> Tensor:
        """Mean sign of the scores of real pictures, which the strength of the augmentation follows.

        The relativistic loss leaves the level of the scores free: they count from the middle of both kinds' means.
        """
        if self.cfg.loss == "relativistic":
            of_real = of_real - distributed.mean_over_all(of_real.mean() + of_fake.mean()) / 2
        return of_real.sign().mean()

    def _examples(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Pictures, mirrored at random where the settings say so, and one-hot labels."""
        cfg = self.cfg
        real = batch["image"].to(self.device, non_blocking=True)
        if cfg.channels == 1:
            real = real.mean(1, keepdim=True)
        if cfg.mirror:
            flipped = distributed.share(torch.rand(cfg.batch) < 0.5).to(self.device)
            real = torch.where(flipped[:, None, None, None], real.flip(3), real)
        if not cfg.classes:
            return real, None
        if "label" not in batch:
            raise InputError("the training pictures have no labels: leave out the setting classes")
        label = batch["label"].to(self.device)
        if int(label.max()) >= cfg.classes:
            raise InputError(
                f"the training pictures have more than {counted(cfg.classes, 'class')}: set classes to their number"
            )
        return real, torch.eye(cfg.classes, device=self.device)[label]

    def _generate(self, drawn: Drawn, label: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Styles [N, style] of the first latent vectors, mixed ones [N, rows, style], and pictures of these."""
        generator = self.net.generator
        z, other, row, noise = drawn
        w: Tensor = generator.mapping(z, label)
        styles = w[:, None].expand(-1, generator.rows, -1)
        if self.cfg.mixing:
            late = torch.arange(generator.rows, device=row.device)[None] >= row[:, None]
            styles = torch.where(late[:, :, None], generator.mapping(other, label)[:, None], styles)
        return w, styles, generator(styles, noise)

    def _drawn(self, count: int) -> Drawn:
        """The random numbers of a batch: all processes draw the same and take their shares."""
        cfg, generator = self.cfg, self.net.generator
        z, other = torch.randn(count, cfg.latent), torch.randn(count, cfg.latent)
        row = torch.randint(1, generator.rows, (count,))
        row = torch.where(torch.rand(count) < cfg.mixing, row, generator.rows)
        noise = [torch.randn(count, 1, side, side) for side in generator.synthesis.noise_sides]
        shared = [distributed.share(each).to(self.device) for each in (z, other, row, *noise)]
        return shared[0], shared[1], shared[2], shared[3:]

    def _scores(self, pictures: Tensor, label: Tensor | None, around: Tensor) -> Tensor:
        pictures = augmented(pictures, self.strength.value, around, self.cfg.augment)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self.cfg.bf16):
            scores: Tensor = self.discriminator(pictures, label)
        return scores

    def _penalize(self, real: Tensor, fake: Tensor, label: Tensor | None, around: Tensor) -> Tensor:
        """The step of R1, and of R2 at generated pictures where it has a weight, in float32. Returns that of R1."""
        cfg = self.cfg

        def score(pictures: Tensor) -> Tensor:
            seen = augmented(pictures, self.strength.value, around, cfg.augment)
            return self.discriminator(seen, label)  # type: ignore[no-any-return]

        penalty = real_gradient_penalty(score, real)
        weighted = penalty * cfg.gradient_penalty
        if cfg.fake_penalty:
            weighted = weighted + real_gradient_penalty(score, fake) * cfg.fake_penalty
        self._update(self.discriminator, self.discriminator_optimizer, weighted * (cfg.gradient_every / 2))
        return penalty

    def _regularize_paths(self, label: Tensor | None) -> Tensor:
        """The step of path length regularization, in float32, with a part of the batch."""
        cfg = self.cfg
        count = cfg.batch // cfg.path_shrink
        drawn = self._drawn(count)
        _, styles, pictures = self._generate(drawn, None if label is None else label[: len(drawn[0])])
        weights = distributed.share(torch.randn(count, *pictures.shape[1:])).to(self.device)
        penalty: Tensor = self.path(pictures, styles, weights)
        self._update(self.net, self.generator_optimizer, penalty * (cfg.path_weight * cfg.path_every))
        return penalty

    def _update(
        self, module: nn.Module, optimizer: torch.optim.Optimizer, end: Tensor, slope: Tensor | None = None
    ) -> None:
        """Gradients of ``end`` for the parameters of a module alone, and a step of its optimizer."""
        optimizer.zero_grad(set_to_none=True)
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        torch.autograd.backward(end, slope, inputs=parameters)
        distributed.average_gradients(parameters)
        for parameter in parameters:
            if parameter.grad is not None:
                torch.nan_to_num_(parameter.grad, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)
        optimizer.step()

    @torch.no_grad()
    def _follow(self, w: Tensor) -> None:
        """Track the mean style, and the moving average of the weights."""
        mean = distributed.mean_over_all(w.float().mean(0))
        self.net.generator.mapping.w_avg.lerp_(mean, 1 - _MEAN_DECAY)
        self.average.update(self.net)

"""Training: losses and one optimization step. No full image is generated in a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.losses.adversarial import discriminator_loss, generator_loss
from calotype.losses.penalty import image_gradient_penalty, real_gradient_penalty
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import (
    cells_within,
    cropped,
    macro_choices,
    macro_coordinates,
)
from calotype.models.cocogan.network import Discriminator, Generator, Net, macro_patches
from calotype.nn.colour_jitter import jitter_colours
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer
from calotype.nn.precision import autocast
from calotype.nn.schedules import constant_then_linear, set_rates
from calotype.nn.statistics import measure_statistics

_BEYOND_FACTOR = 100.0  # of the coordinate loss in the published training beyond the edges: 10,000 for 100


class RandomDraws(NamedTuple):
    """The random numbers of one batch, or of a part of it.

    Attributes:
        latent: [B, latent], -1..1.
        row, column: positions of the real macro patches, [B].
        fake_row, fake_column: positions of the generated ones; the same, except beyond the edges.
        mirrored: [B], bool: whether an image is flipped.
        share: [B, 1, 1, 1], 0..1: rotation of a panorama.
        tint: [B, 14], -1..1: colour jitter, 7 numbers for the real patch and 7 for the generated one.
        mix: [B, 1, 1, 1], 0..1: weight of the real patch where WGAN-GP interpolates.
    """

    latent: Tensor
    row: Tensor
    column: Tensor
    fake_row: Tensor
    fake_column: Tensor
    mirrored: Tensor
    share: Tensor
    tint: Tensor
    mix: Tensor

    def split(self, count: int) -> list[RandomDraws]:
        """Split into parts of equal length."""
        return [RandomDraws(*part) for part in zip(*(each.chunk(count) for each in self))]


def draw(cfg: Config, device: torch.device, beyond: int = 0) -> RandomDraws:
    """Draw all random numbers of a step. Every process draws the same and takes its share.

    Args:
        cfg: the settings.
        device: of the result; does not affect the numbers.
        beyond: generated patches lie across an edge, up to so many cells outside; 0: at the positions of the real ones.
    """
    n = cfg.batch
    row, column = _positions(cfg)
    fake_row, fake_column = row, column
    if beyond:
        fake_row, fake_column = _positions_across_edges(cfg, beyond, n)
    drawn = RandomDraws(
        latent=torch.rand(n, cfg.latent) * 2 - 1,
        row=row,
        column=column,
        fake_row=fake_row,
        fake_column=fake_column,
        mirrored=torch.rand(n) < 0.5,
        share=torch.rand(n, 1, 1, 1),
        tint=torch.rand(n, 14) * 2 - 1,
        mix=torch.rand(n, 1, 1, 1),
    )
    return RandomDraws(*(distributed.share(each).to(device) for each in drawn))


def _positions(cfg: Config) -> tuple[Tensor, Tensor]:
    """Sample row and column of each macro patch of a batch; positions at an edge are ``cfg.edges`` times as likely."""
    rows, columns = macro_choices(cfg)
    down, across = torch.ones(rows), torch.ones(columns)
    for weight in (down,) if cfg.coordinates == "cylindrical" else (down, across):
        weight[[0, -1]] = cfg.edges
    row, column = (torch.multinomial(weight, cfg.batch, replacement=True) for weight in (down, across))
    return row.float(), column.float()


def _positions_across_edges(cfg: Config, beyond: int, n: int) -> tuple[Tensor, Tensor]:
    """Sample positions of macro patches that cross an edge; where all is as published, of others as well."""
    rows, columns = macro_choices(cfg)
    cyclic = cfg.coordinates == "cylindrical"
    down = range(-beyond, rows + beyond)
    across = range(columns) if cyclic else range(-beyond, columns + beyond)
    places = [(i, j) for i in down for j in across if as_published(cfg) or not _is_inside(i, j, cfg)]
    chosen = torch.tensor(places, dtype=torch.float32)[torch.randint(len(places), (n,))]
    return chosen[:, 0], chosen[:, 1]


def as_published(cfg: Config) -> bool:
    """Whether a training follows the publication where ``small`` and ``medium`` do not: with the Wasserstein loss."""
    return cfg.adversarial == "wasserstein"


def _is_inside(row: float, column: float, cfg: Config) -> bool:
    rows, columns = macro_choices(cfg)
    return 0 <= row < rows and (cfg.coordinates == "cylindrical" or 0 <= column < columns)


def _inside(drawn: RandomDraws, cfg: Config) -> Tensor:
    """Which generated patches have the position of a possible real one: bool [B]."""
    rows, columns = macro_choices(cfg)
    within = (drawn.fake_row >= 0) & (drawn.fake_row < rows)
    if cfg.coordinates == "cylindrical":
        return within
    return within & (drawn.fake_column >= 0) & (drawn.fake_column < columns)


def coordinate_weight(cfg: Config, *, beyond: bool) -> float:
    """Weight of the coordinate loss; as published, a hundred times as large in the training beyond the edges."""
    return cfg.coordinate_weight * (_BEYOND_FACTOR if beyond and as_published(cfg) else 1.0)


def _coordinate_loss(predicted: Tensor, at: Tensor, drawn: RandomDraws, cfg: Config, beyond: bool) -> Tensor:
    """The mean squared error of the predicted coordinates of generated patches; of those beyond the edges none."""
    if not beyond:
        return F.mse_loss(predicted, at)
    known = _inside(drawn, cfg).to(predicted.dtype)[:, None]
    loss: Tensor = (known * (predicted - at).square()).mean()
    return loss


def real_patches(pictures: Tensor, drawn: RandomDraws, cfg: Config) -> Tensor:
    """Crop macro patches at the drawn positions: [B, 3, H, W] -> [B, 3, S, S]."""
    if cfg.mirror:
        pictures = torch.where(drawn.mirrored.view(-1, 1, 1, 1), pictures.flip(3), pictures)
    if cfg.coordinates == "cylindrical" and cfg.roll:
        # The left edge of a panorama is arbitrary: rotate each image at random.
        turn = (drawn.share.flatten() * pictures.shape[3]).long()
        width = pictures.shape[3]
        across = torch.remainder(torch.arange(width, device=pictures.device) + turn[:, None], width)
        pictures = pictures.gather(3, across[:, None, None, :].expand_as(pictures))
    return cropped(pictures, drawn.row, drawn.column, cfg)


class DiscriminatorObjective(nn.Module):
    """The discriminator's losses as one module with one forward pass, as ``DistributedDataParallel`` requires."""

    def __init__(self, discriminator: Discriminator, cfg: Config, *, beyond: bool = False) -> None:
        super().__init__()
        self.discriminator, self.cfg = discriminator, cfg
        self.coordinate_weight = coordinate_weight(cfg, beyond=beyond)

    def forward(
        self, real: Tensor, fake: Tensor, drawn: RandomDraws, penalised: bool, beyond: bool
    ) -> dict[str, Tensor]:
        """[B, 3, S, S] twice -> the losses by name, with ``total``, their weighted sum."""
        cfg, discriminator = self.cfg, self.discriminator
        at = macro_coordinates(drawn.row, drawn.column, cfg)
        fake_at = macro_coordinates(drawn.fake_row, drawn.fake_column, cfg)
        real_features, fake_features = discriminator.features(torch.cat([real, fake])).chunk(2)
        losses = {
            "discriminator": discriminator_loss(
                discriminator.scores(real_features, at), discriminator.scores(fake_features, fake_at), cfg.adversarial
            )
        }
        total = losses["discriminator"]
        # Generated patches beyond the edges have no ground truth: only the coordinates of the others are trained.
        if beyond and as_published(cfg):
            placed = discriminator.place(torch.cat([real_features, fake_features])).chunk(2)
            outer = _coordinate_loss(placed[1], fake_at, drawn, cfg, beyond)
            losses["coordinates"] = (F.mse_loss(placed[0], at) + outer) / 2
        else:
            predicted = real_features if beyond else torch.cat([real_features, fake_features])
            wanted = at if beyond else torch.cat([at, fake_at])
            losses["coordinates"] = F.mse_loss(discriminator.place(predicted), wanted)
        total = total + self.coordinate_weight * losses["coordinates"]
        if discriminator.source is not None:
            losses["latent"] = (discriminator.source(fake_features) - drawn.latent).abs().mean()
            total = total + cfg.latent_weight * losses["latent"]
        if penalised:
            losses["penalty"] = self._penalty(real, fake, at, drawn.mix)
            total = total + cfg.penalty * cfg.penalty_every * losses["penalty"]
        return {**losses, "total": total}

    def _penalty(self, real: Tensor, fake: Tensor, at: Tensor, share: Tensor) -> Tensor:
        def score(patches: Tensor) -> Tensor:
            return self.discriminator(patches, None if self.cfg.released else at)  # type: ignore[no-any-return]

        if self.cfg.adversarial == "hinge":
            return 0.5 * real_gradient_penalty(score, real)
        if self.cfg.released:
            return _released_penalty(score, real, fake)
        return image_gradient_penalty(score, real, fake, share)


def _released_penalty(score: Any, real: Tensor, fake: Tensor) -> Tensor:
    """The gradient penalty of the published code: interpolated per element, with norms along columns only."""
    mixed = (real + torch.rand_like(real) * (fake - real)).requires_grad_()
    (gradient,) = torch.autograd.grad(score(mixed).sum(), mixed, create_graph=True)
    excess: Tensor = gradient.square().sum(dim=2).clamp_min(1e-12).sqrt() - 1
    return excess.square().mean()


def generator_objective(
    discriminator: Discriminator, fake: Tensor, drawn: RandomDraws, cfg: Config, beyond: bool, weight: float
) -> dict[str, Tensor]:
    """The generator's losses by name, with ``total``, their weighted sum; ``weight`` is that of the coordinates."""
    at = macro_coordinates(drawn.fake_row, drawn.fake_column, cfg)
    features = discriminator.features(jitter_colours(fake, drawn.tint[:, 7:], cfg.tint))
    losses = {"generator": generator_loss(discriminator.scores(features, at))}
    total = losses["generator"]
    if not beyond or as_published(cfg):
        total = total + weight * _coordinate_loss(discriminator.place(features), at, drawn, cfg, beyond)
    if discriminator.source is not None:
        total = total + cfg.latent_weight * (discriminator.source(features) - drawn.latent).abs().mean()
    return {**losses, "total": total}


class Trainer:
    """The networks and their optimizers; ``step`` is one training step.

    Args:
        net: the networks to train.
        cfg: the settings.
        device: to compute on.
        steps: number of training steps, for the learning rate schedule.
        beyond: whether to train extrapolation: each step is followed by one on patches across the edges.
    """

    def __init__(self, net: Net, cfg: Config, device: torch.device, steps: int, *, beyond: bool = False) -> None:
        self.net, self.cfg, self.device, self.steps, self.beyond = net, cfg, device, steps, beyond
        discriminator = net.critic  # its name in saved models
        heads = [] if discriminator.source is None else list(discriminator.source.parameters())
        taken = {id(parameter) for parameter in heads}
        others = [parameter for parameter in discriminator.parameters() if id(parameter) not in taken]
        groups = [{"params": others, "lr": cfg.critic_rate}]
        if heads:
            groups.append({"params": heads, "lr": cfg.latent_rate})
        betas = (0.0, cfg.beta2)
        self.discriminator_optimizer = discriminator_optimizer(groups, cfg.critic_rate, betas)
        self.generator_optimizer = generator_optimizer(net.generator, cfg.generator_rate, betas)
        self.schedule = constant_then_linear(max(1, steps), cfg.decay_at, floor=0.1)
        self.average = ExponentialMovingAverage(net.average, cfg.average)
        self.generator = distributed.wrapped(net.generator)
        self.coordinate_weight = coordinate_weight(cfg, beyond=beyond)
        self.objective = distributed.wrapped(DiscriminatorObjective(discriminator, cfg, beyond=beyond))

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name: the state of a running training."""
        return {
            "net": self.net,
            "discriminator_optimizer": self.discriminator_optimizer,
            "generator_optimizer": self.generator_optimizer,
        }

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Update the discriminator and the generator once; with ``beyond``, once more on patches across the edges."""
        set_rates(self.schedule(i), self.discriminator_optimizer, self.generator_optimizer)
        self.net.generator.train()
        self.net.critic.train()
        pictures = batch["image"].to(self.device, non_blocking=True)
        values = self._update(pictures, draw(self.cfg, self.device), i)
        if self.beyond:
            outer = self._update(pictures, draw(self.cfg, self.device, self.cfg.beyond), i, beyond=True)
            values |= {f"{name} beyond": outer[name] for name in ("discriminator", "generator")}
        self.average.update(self.net.generator)
        return values

    def _update(self, pictures: Tensor, drawn: RandomDraws, i: int, *, beyond: bool = False) -> dict[str, Tensor]:
        cfg, net = self.cfg, self.net
        parts = drawn.split(cfg.accumulate)
        reals = [real_patches(some, part, cfg) for some, part in zip(pictures.chunk(cfg.accumulate), parts)]
        # With a single part, both networks train on the same generated patches: generated once.
        kept = [self._generate(parts[0])] if len(parts) == 1 else []
        values: dict[str, Tensor] = {}
        penalised = cfg.penalty > 0 and i % cfg.penalty_every == 0
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        for k, (part, real) in enumerate(zip(parts, reals)):
            if kept:
                fake = kept[0].detach()
            else:
                with torch.no_grad():
                    fake = self._generate(part, net.generator)
            with distributed.averaging(self.objective, k == len(parts) - 1), autocast(self.device, self.cfg.bf16):
                both = jitter_colours(
                    torch.cat([real, fake]), torch.cat([part.tint[:, :7], part.tint[:, 7:]]), cfg.tint
                )
                losses = self.objective(*both.chunk(2), part, penalised, beyond)
            with distributed.averaging(self.objective, k == len(parts) - 1):
                torch.autograd.backward(losses["total"].float() / len(parts))
            _add(values, losses, len(parts))
        self.discriminator_optimizer.step()

        self.generator_optimizer.zero_grad(set_to_none=True)
        net.critic.requires_grad_(False)
        for k, part in enumerate(parts):
            with distributed.averaging(self.generator, k == len(parts) - 1):
                fake = kept[0] if kept else self._generate(part)
                with autocast(self.device, self.cfg.bf16):
                    losses = generator_objective(net.critic, fake, part, cfg, beyond, self.coordinate_weight)
                torch.autograd.backward(losses["total"].float() / len(parts))
            _add(values, losses, len(parts))
        net.critic.requires_grad_(True)
        if beyond:
            self._freeze_late_blocks()
        self.generator_optimizer.step()
        values.pop("total")
        # Reported losses are averaged over all processes, as the gradients are.
        means = distributed.mean_over_all(torch.stack(list(values.values())))
        return dict(zip(values, means))

    def _generate(self, drawn: RandomDraws, generator: Any = None) -> Tensor:
        with autocast(self.device, self.cfg.bf16):
            rows, columns = cells_within(drawn.fake_row, drawn.fake_column, self.cfg)
            return macro_patches(generator or self.generator, drawn.latent, rows, columns, self.cfg)

    def _freeze_late_blocks(self) -> None:
        """Beyond the edges only the first two blocks, which determine the layout, are trained."""
        trained = {id(p) for block in self.net.generator.blocks[:2] for p in block.parameters()}
        for parameter in self.net.generator.parameters():
            if id(parameter) not in trained:
                parameter.grad = None


def _add(values: dict[str, Tensor], losses: Mapping[str, Tensor], parts: int) -> None:
    for name, value in losses.items():
        values[name] = values.get(name, torch.zeros((), device=value.device)) + value.detach() / parts


@torch.no_grad()
def recalibrate_norms(generator: Generator, cfg: Config, device: torch.device, batches: int = 20) -> None:
    """Recompute the batch norm statistics of a generator, over ``batches`` batches of patches drawn as in training."""

    def forward(_: int) -> Tensor:
        drawn = draw(cfg, device)
        return macro_patches(generator, drawn.latent, *cells_within(drawn.row, drawn.column, cfg), cfg)

    measure_statistics(generator, forward, batches)

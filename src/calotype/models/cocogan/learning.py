"""One training step: what is learned from one batch of pictures, without a whole picture ever being made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed, processor
from calotype.losses.adversarial import critic_loss, generator_loss
from calotype.losses.penalty import picture_gradient_penalty, real_gradient_penalty
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import (
    cells_within,
    cropped,
    macro_choices,
    macro_coordinates,
)
from calotype.models.cocogan.network import Critic, Generator, Net, Normalised, made_macro


class Drawn(NamedTuple):
    """What is drawn at random for a batch, or for a part of it.

    Attributes:
        latent: [B, latent], -1..1.
        row, column: where the macro pieces are, [B].
        fake_row, fake_column: the same for the made ones; elsewhere only beyond the edges.
        mirrored: [B], whether a picture is.
        share: [B, 1, 1, 1], 0..1, of the real piece in what the penalty looks at.
        tint: [2 B, 7], -1..1: how colours are changed.
    """

    latent: Tensor
    row: Tensor
    column: Tensor
    fake_row: Tensor
    fake_column: Tensor
    mirrored: Tensor
    share: Tensor
    tint: Tensor

    def parts(self, count: int) -> list[Drawn]:
        """The same in so many parts of equal length."""
        return [Drawn(*part) for part in zip(*(each.chunk(count) for each in self))]


def draw(cfg: Config, device: torch.device, beyond: int = 0) -> Drawn:
    """All that is random in a step: every process draws the same and takes its own share.

    Args:
        cfg: the settings.
        device: for the result; what is drawn does not depend on it.
        beyond: so many cells beyond every edge may made pieces be; 0 for where the real ones are.
    """
    n = cfg.batch
    row, column = _places(cfg)
    fake_row, fake_column = row, column
    if beyond:
        fake_row, fake_column = _outside(cfg, beyond, n)
    drawn = Drawn(
        latent=torch.rand(n, cfg.latent) * 2 - 1,
        row=row,
        column=column,
        fake_row=fake_row,
        fake_column=fake_column,
        mirrored=torch.rand(n) < 0.5,
        share=torch.rand(n, 1, 1, 1),
        tint=torch.rand(n, 14) * 2 - 1,
    )
    return Drawn(*(distributed.share(each).to(device) for each in drawn))


def _places(cfg: Config) -> tuple[Tensor, Tensor]:
    """Row and column of each macro piece of a batch, those at an edge more often than others as ``edges`` says."""
    rows, columns = macro_choices(cfg)
    down, across = torch.ones(rows), torch.ones(columns)
    for often in (down,) if cfg.coordinates == "cylindrical" else (down, across):
        often[[0, -1]] = cfg.edges
    row, column = (torch.multinomial(often, cfg.batch, replacement=True) for often in (down, across))
    return row.float(), column.float()


def _outside(cfg: Config, beyond: int, n: int) -> tuple[Tensor, Tensor]:
    """Places of macro pieces that reach over an edge."""
    rows, columns = macro_choices(cfg)
    around = cfg.coordinates == "cylindrical"
    down = range(-beyond, rows + beyond)
    across = range(columns) if around else range(-beyond, columns + beyond)
    places = [(i, j) for i in down for j in across if not (0 <= i < rows and (around or 0 <= j < columns))]
    chosen = torch.tensor(places, dtype=torch.float32)[torch.randint(len(places), (n,))]
    return chosen[:, 0], chosen[:, 1]


def real_pieces(pictures: Tensor, drawn: Drawn, cfg: Config) -> Tensor:
    """[B, 3, H, W] -> the macro pieces at the places that were drawn, [B, 3, S, S]."""
    if cfg.mirror:
        pictures = torch.where(drawn.mirrored.view(-1, 1, 1, 1), pictures.flip(3), pictures)
    if cfg.coordinates == "cylindrical" and cfg.roll:
        # Where a panorama begins means nothing: a place of its own for each picture.
        turn = (drawn.share.flatten() * pictures.shape[3]).long()
        width = pictures.shape[3]
        across = torch.remainder(torch.arange(width, device=pictures.device) + turn[:, None], width)
        pictures = pictures.gather(3, across[:, None, None, :].expand_as(pictures))
    return cropped(pictures, drawn.row, drawn.column, cfg)


def tinted(pieces: Tensor, how: Tensor, strength: float) -> Tensor:
    """Pieces with brightness, saturation and contrast changed, as far as ``how`` [B, 7] says.

    Real and made pieces alike, so that the critic cannot know a small set by heart while the generator learns none of
    the changes (Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020, sec. 4.1;
    here also a shift of single channels). Places are left as they are: they are what coordinates are about.
    """
    if not strength:
        return pieces
    how = (how * strength).view(-1, 7, 1, 1)
    pieces = pieces + 0.5 * how[:, :1] + 0.25 * how[:, 1:4]
    grey = pieces.mean(dim=1, keepdim=True)
    pieces = grey + (pieces - grey) * (1 + how[:, 4:5])
    middle = pieces.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (pieces - middle) * (1 + 0.5 * how[:, 5:6])


class CriticObjective(nn.Module):
    """What the critic minimises, in one forward pass, as ``DistributedDataParallel`` wants it."""

    def __init__(self, critic: Critic, cfg: Config) -> None:
        super().__init__()
        self.critic, self.cfg = critic, cfg

    def forward(self, real: Tensor, fake: Tensor, drawn: Drawn, penalised: bool, beyond: bool) -> dict[str, Tensor]:
        """[B, 3, S, S] twice -> the losses by name, with ``total``, their weighted sum."""
        cfg, critic = self.cfg, self.critic
        at = macro_coordinates(drawn.row, drawn.column, cfg)
        fake_at = macro_coordinates(drawn.fake_row, drawn.fake_column, cfg)
        real_features, fake_features = critic.features(torch.cat([real, fake])).chunk(2)
        losses = {
            "critic": critic_loss(
                critic.judged(real_features, at), critic.judged(fake_features, fake_at), cfg.adversarial
            )
        }
        total = losses["critic"]
        # Beyond the edges nobody knows what belongs where: only the real pieces' places are learned there.
        guessed = real_features if beyond else torch.cat([real_features, fake_features])
        losses["place"] = F.mse_loss(critic.place(guessed), at if beyond else torch.cat([at, fake_at]))
        total = total + cfg.coordinate_weight * losses["place"]
        if critic.source is not None:
            losses["source"] = (critic.source(fake_features) - drawn.latent).abs().mean()
            total = total + cfg.latent_weight * losses["source"]
        if penalised:
            losses["penalty"] = self._penalty(real, fake, at, drawn.share)
            total = total + cfg.penalty * cfg.penalty_every * losses["penalty"]
        return {**losses, "total": total}

    def _penalty(self, real: Tensor, fake: Tensor, at: Tensor, share: Tensor) -> Tensor:
        def score(pieces: Tensor) -> Tensor:
            return self.critic(pieces, None if self.cfg.released else at)  # type: ignore[no-any-return]

        if self.cfg.adversarial == "hinge":
            return 0.5 * real_gradient_penalty(score, real)
        if self.cfg.released:
            return _released_penalty(score, real, fake)
        return picture_gradient_penalty(score, real, fake, share)


def _released_penalty(score: Any, real: Tensor, fake: Tensor) -> Tensor:
    """The penalty of the published code: a share for each number, and lengths along columns only."""
    between = (real + torch.rand_like(real) * (fake - real)).requires_grad_()
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    excess: Tensor = slope.square().sum(dim=2).clamp_min(1e-12).sqrt() - 1
    return excess.square().mean()


def generator_objective(critic: Critic, fake: Tensor, drawn: Drawn, cfg: Config, beyond: bool) -> dict[str, Tensor]:
    """What the generator minimises: the losses by name, with ``total``."""
    at = macro_coordinates(drawn.fake_row, drawn.fake_column, cfg)
    features = critic.features(tinted(fake, drawn.tint[:, 7:], cfg.tint))
    losses = {"generator": generator_loss(critic.judged(features, at))}
    total = losses["generator"]
    if not beyond:
        total = total + cfg.coordinate_weight * F.mse_loss(critic.place(features), at)
    if critic.source is not None:
        total = total + cfg.latent_weight * (critic.source(features) - drawn.latent).abs().mean()
    return {**losses, "total": total}


class Learner:
    """The networks and what changes them: one call is one step.

    Args:
        net: what is trained.
        cfg: the settings.
        device: to compute on.
        steps: in all, for the schedule of the learning rates.
        beyond: whether the generator learns to go beyond the edges: each step is then followed by one for that.
    """

    def __init__(self, net: Net, cfg: Config, device: torch.device, steps: int, *, beyond: bool = False) -> None:
        self.net, self.cfg, self.device, self.steps, self.beyond = net, cfg, device, steps, beyond
        critic = net.critic
        heads = [] if critic.source is None else list(critic.source.parameters())
        taken = {id(parameter) for parameter in heads}
        others = [parameter for parameter in critic.parameters() if id(parameter) not in taken]
        groups = [{"params": others, "lr": cfg.critic_rate}]
        if heads:
            groups.append({"params": heads, "lr": cfg.latent_rate})
        fused = device.type in ("cpu", "cuda")
        betas = (0.0, cfg.beta2)
        self.critic_optimizer = torch.optim.Adam(groups, betas=betas, fused=fused)
        self.generator_optimizer = torch.optim.Adam(
            net.generator.parameters(), lr=cfg.generator_rate, betas=betas, fused=fused
        )
        self.rates = [[group["lr"] for group in each.param_groups] for each in self._optimizers]
        self.generator = distributed.wrapped(net.generator)
        self.objective = distributed.wrapped(CriticObjective(critic, cfg))

    @property
    def _optimizers(self) -> list[torch.optim.Adam]:
        return [self.critic_optimizer, self.generator_optimizer]

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        return {"net": self.net, "critic": self.critic_optimizer, "generator": self.generator_optimizer}

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of the critic and one of the generator; beyond the edges, another one of each."""
        self._schedule(i)
        self.net.generator.train()
        self.net.critic.train()
        pictures = batch["image"].to(self.device, non_blocking=True)
        values = self._updated(pictures, draw(self.cfg, self.device), i)
        if self.beyond:
            outer = self._updated(pictures, draw(self.cfg, self.device, self.cfg.beyond), i, beyond=True)
            values |= {f"{name} beyond": outer[name] for name in ("critic", "generator")}
        with torch.no_grad():
            self._average()
        return values

    def _updated(self, pictures: Tensor, drawn: Drawn, i: int, *, beyond: bool = False) -> dict[str, Tensor]:
        cfg, net = self.cfg, self.net
        parts = drawn.parts(cfg.accumulate)
        reals = [real_pieces(some, part, cfg) for some, part in zip(pictures.chunk(cfg.accumulate), parts)]
        # Where there is one part, what the critic learns from is what the generator then learns from: made once.
        kept = [self._made(parts[0])] if len(parts) == 1 else []
        said: dict[str, Tensor] = {}
        penalised = cfg.penalty > 0 and i % cfg.penalty_every == 0
        self.critic_optimizer.zero_grad(set_to_none=True)
        for k, (part, real) in enumerate(zip(parts, reals)):
            if kept:
                fake = kept[0].detach()
            else:
                with torch.no_grad():
                    fake = self._made(part, net.generator)
            with distributed.averaging(self.objective, k == len(parts) - 1), self._half():
                both = tinted(torch.cat([real, fake]), torch.cat([part.tint[:, :7], part.tint[:, 7:]]), cfg.tint)
                losses = self.objective(*both.chunk(2), part, penalised, beyond)
            with distributed.averaging(self.objective, k == len(parts) - 1):
                torch.autograd.backward(losses["total"].float() / len(parts))
            _add(said, losses, len(parts))
        self.critic_optimizer.step()

        self.generator_optimizer.zero_grad(set_to_none=True)
        net.critic.requires_grad_(False)
        for k, part in enumerate(parts):
            with distributed.averaging(self.generator, k == len(parts) - 1):
                fake = kept[0] if kept else self._made(part)
                with self._half():
                    losses = generator_objective(net.critic, fake, part, cfg, beyond)
                torch.autograd.backward(losses["total"].float() / len(parts))
            _add(said, losses, len(parts))
        net.critic.requires_grad_(True)
        if beyond:
            self._keep_late_blocks()
        self.generator_optimizer.step()
        said.pop("total")
        # What is said is of all processes' pictures, as the gradients are.
        means = distributed.mean_over_all(torch.stack(list(said.values())))
        return dict(zip(said, means))

    def _made(self, drawn: Drawn, generator: Any = None) -> Tensor:
        with self._half():
            rows, columns = cells_within(drawn.fake_row, drawn.fake_column, self.cfg)
            return made_macro(generator or self.generator, drawn.latent, rows, columns, self.cfg)

    def _half(self) -> Any:
        able = self.device.type == "cuda" or (self.device.type == "cpu" and processor.quick_bfloat16())
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.cfg.bf16 and able)

    def _keep_late_blocks(self) -> None:
        """Beyond the edges only the first two blocks learn what belongs where; how things look is known."""
        learning = {id(p) for block in self.net.generator.blocks[:2] for p in block.parameters()}
        for parameter in self.net.generator.parameters():
            if id(parameter) not in learning:
                parameter.grad = None

    def _schedule(self, i: int) -> None:
        done = i / max(1, self.steps)
        falling = 1.0 if done <= self.cfg.decay_at else 1 - 0.9 * (done - self.cfg.decay_at) / (1 - self.cfg.decay_at)
        for optimizer, rates in zip(self._optimizers, self.rates):
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * falling

    def _average(self) -> None:
        mean, now = self.net.average.state_dict(), self.net.generator.state_dict()
        torch._foreach_lerp_(list(mean.values()), [now[name] for name in mean], 1 - self.cfg.average)


def _add(said: dict[str, Tensor], losses: Mapping[str, Tensor], parts: int) -> None:
    for name, value in losses.items():
        said[name] = said.get(name, torch.zeros((), device=value.device)) + value.detach() / parts


@torch.no_grad()
def measure(generator: Generator, cfg: Config, device: torch.device, batches: int = 20) -> None:
    """Measure the normalisation of a generator anew, over so many batches of pieces at all places alike.

    The average of the weights has statistics of its own: those gathered in training belong to the weights of then.
    """
    norms = [module for module in generator.modules() if isinstance(module, Normalised)]
    kept = [norm.kept for norm in norms]
    generator.train()
    for k in range(batches):
        for norm in norms:
            norm.kept = k / (k + 1)
        drawn = draw(cfg, device)
        made_macro(generator, drawn.latent, *cells_within(drawn.row, drawn.column, cfg), cfg)
    for norm, before in zip(norms, kept):
        norm.kept = before
    generator.eval()

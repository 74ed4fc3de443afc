"""The nets in training: what they are shown, and one step of each."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.analogy.augment import augmented, strength
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.critic import Critic
from calotype.engines.analogy.features import Level, levels_of
from calotype.engines.analogy.labelling import classes_in, coded
from calotype.engines.analogy.losses import (
    fake_loss,
    fixed_point_loss,
    matching_loss,
    patch_coherence,
    real_loss,
    segmentation_loss,
)
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.network import Changes, Generator, map_channels
from calotype.engines.analogy.segmenter import Segmenter
from calotype.engines.analogy.sizes import fitted, fitted_map, inner_size
from calotype.run import Run


@dataclass(frozen=True)
class Pair:
    """A picture [1, 3, h, w], -1..1, and its map [1, K, h, w] as ``coded`` gives it."""

    picture: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Lesson:
    """What one step works on.

    Attributes:
        source: what the generator is given.
        target: what it is to make: its map is given, its picture is the critic's real one.
        again: whether the two are the same: reconstruction, otherwise sampling.
    """

    source: Pair
    target: Pair
    again: bool


class Learning:
    """Generator, critic and segmentation network, their optimisers, and where their pictures come from.

    Args:
        net: the model; its generator is what is kept.
        photo: [1, 3, H, W], -1..1.
        labels: [1, H, W], class indices.
        cfg: settings.
        run: seed and device.
    """

    def __init__(self, net: Net, photo: Tensor, labels: Tensor, cfg: Config, run: Run) -> None:
        self.net, self.cfg, self.run = net, cfg, run
        whole = (photo.shape[2], photo.shape[3])
        size = inner_size(whole, whole, cfg)
        self.known = Pair(fitted(photo, size, whole, cfg), fitted_map(coded(labels, cfg), size, whole, cfg))
        run.reseed("init")
        net.generator = Generator(cfg).to(run.device)
        # What learns, and what is kept: the running mean of its weights, where there is one.
        self.generator = copy.deepcopy(net.generator) if cfg.average else net.generator
        self.critic = Critic(cfg.critic_width, map_channels(cfg) if cfg.conditional else 0).to(run.device)
        outputs = 3 if cfg.coding == "colours" else cfg.classes
        self.segmenter = Segmenter(cfg.segmenter_width, outputs).to(run.device)
        self.levels: list[Level] = levels_of(cfg, run.device)
        betas = (cfg.momentum, cfg.square_momentum)
        self.teacher = torch.optim.Adam(self.generator.parameters(), lr=cfg.rate, betas=betas, fused=True)
        self.judge = torch.optim.Adam(self.critic.parameters(), lr=cfg.critic_rate, betas=betas, fused=True)
        self.surveyor = torch.optim.Adam(self.segmenter.parameters(), lr=cfg.rate, betas=betas, fused=True)
        self.state: dict[str, Any] = {
            "net": net,
            "critic": self.critic,
            "segmenter": self.segmenter,
            "teacher": self.teacher,
            "judge": self.judge,
            "surveyor": self.surveyor,
        }
        if cfg.average:
            self.state["generator"] = self.generator

    def lesson(self, i: int) -> Lesson:
        """What step ``i`` of the whole training works on (self-supervision, section 3 of the paper)."""
        cfg = self.cfg
        changed = Pair(*augmented(self.known.picture, self.known.labels, strength(i, cfg), cfg))
        if i % cfg.reconstruct_every == 0:
            return Lesson(changed, changed, True)
        pair = (self.known, changed) if torch.rand(()) < 0.5 else (changed, self.known)
        return Lesson(*pair, False)

    def step(self, lesson: Lesson, i: int) -> dict[str, Tensor]:
        """The critic, the segmentation network where it is its turn, the generator, and perhaps the critic again."""
        cfg = self.cfg
        self._set_rates(i)
        for module in (self.generator, self.critic, self.segmenter):
            module.train()
        for _ in range(cfg.critic_steps):
            with torch.no_grad():
                fake, _ = self.made(lesson)
            self._judge(lesson, fake)
        if lesson.again or cfg.segment_always:
            self._survey(lesson.target)
        for _ in range(cfg.generator_steps):
            said, fake = self._teach(lesson)
        for _ in range(cfg.critic_after):
            self._judge(lesson, fake)
        if cfg.average:
            self._remember(i)
        return said

    def made(self, lesson: Lesson) -> tuple[Tensor, Changes]:
        """The generator's picture, and the changes it made to get there."""
        changes = self.generator.changes(lesson.source.labels, lesson.target.labels)
        noise = (2 * torch.rand_like(lesson.source.picture) - 1) * self.cfg.jitter
        return self.generator(lesson.source.picture + noise, changes), changes

    def _judge(self, lesson: Lesson, fake: Tensor) -> None:
        target = lesson.target
        self.judge.zero_grad(set_to_none=True)
        loss = real_loss(self.critic(target.picture, target.labels)) + fake_loss(self.critic(fake, target.labels))
        loss.backward()  # type: ignore[no-untyped-call]
        self.judge.step()

    def _survey(self, pair: Pair) -> None:
        self.surveyor.zero_grad(set_to_none=True)
        loss = segmentation_loss(self.segmenter(pair.picture), pair.labels, self.cfg.coding)
        loss.backward()  # type: ignore[no-untyped-call]
        self.surveyor.step()

    def _teach(self, lesson: Lesson) -> tuple[dict[str, Tensor], Tensor]:
        """One update of the generator: the terms of its loss, and the picture that they are of."""
        self.teacher.zero_grad(set_to_none=True)
        fake, changes = self.made(lesson)
        terms = self.terms(lesson, fake, changes)
        weights = {name: getattr(self.cfg, name) for name in terms}
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        self.teacher.step()
        return {name: term.detach() for name, term in terms.items()}, fake.detach()

    def terms(self, lesson: Lesson, fake: Tensor, changes: Changes) -> dict[str, Tensor]:
        """The generator's losses for what it ``made``, by the name of their weight; those without are left out."""
        cfg, target = self.cfg, lesson.target
        found: dict[str, Tensor] = {}
        if cfg.adversarial or cfg.matching:
            with frozen(self.critic):
                judged = self.critic(fake, target.labels)
            found["adversarial"] = real_loss(judged)
            if cfg.matching:
                with torch.no_grad():
                    real = self.critic(target.picture, target.labels)
                found["matching"] = matching_loss(judged, real)
        if lesson.again:
            found["reconstruction"] = F.l1_loss(fake, target.picture)
            if cfg.fixed_point:
                found["fixed_point"] = fixed_point_loss(changes)
            return found
        if cfg.paired:
            found["paired"] = F.l1_loss(fake, target.picture)
        if cfg.alignment:
            found["alignment"] = self.alignment(fake, target.labels)
        if cfg.coherence:
            found["coherence"] = self.coherence(fake, lesson)
        return found

    def alignment(self, fake: Tensor, labels: Tensor) -> Tensor:
        """How far from ``labels`` the segmentation network finds the picture's layout (semantic alignment loss).

        The gradient reaches the generator through the network, which learns nothing from it and drops nothing out. In
        the released code the picture is detached, and this loss is a number that nothing depends on.
        """
        self.segmenter.eval()
        with frozen(self.segmenter):
            loss = segmentation_loss(
                self.segmenter(fake.detach() if self.cfg.detached else fake), labels, self.cfg.coding
            )
        self.segmenter.train()
        return loss

    def coherence(self, fake: Tensor, lesson: Lesson) -> Tensor:
        """How far the picture's patches are from those of the source (patch coherence loss)."""
        cfg, total, count = self.cfg, fake.new_zeros(()), 0
        for level in self.levels:
            made = level.maps(fake)
            with torch.no_grad():
                source = level.maps(lesson.source.picture)
            places = (made.shape[2] - level.patch + 1) * (made.shape[3] - level.patch + 1)
            maps = {}
            if cfg.semantic:
                maps["made_labels"] = self._classes(lesson.target.labels, made)
                maps["source_labels"] = self._classes(lesson.source.labels, source)
            at = torch.randint(places, (level.queries,), device=fake.device)
            loss = patch_coherence(
                made, source, at, patch=level.patch, nearest=cfg.nearest, semantic=cfg.semantic, **maps
            )
            total, count = total + level.queries * loss, count + level.queries
        return total / count

    def _classes(self, labels: Tensor, like: Tensor) -> Tensor:
        """The class at every place of a feature map, [1, h, w]."""
        if labels.shape[2:] != like.shape[2:]:
            labels = F.interpolate(labels, like.shape[2:], mode="nearest-exact")
        return classes_in(labels, self.cfg)

    def _set_rates(self, i: int) -> None:
        """Constant, then falling to a tenth in a line."""
        cfg = self.cfg
        begin = cfg.decay_from * cfg.steps
        fall = 1.0 if i < begin else 1 - 0.9 * (i - begin) / max(1.0, cfg.steps - begin)
        for optimizer, rate in ((self.teacher, cfg.rate), (self.judge, cfg.critic_rate), (self.surveyor, cfg.rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * fall

    @torch.no_grad()
    def _remember(self, i: int) -> None:
        """The running mean of the weights; of few at first, so that the beginning is forgotten."""
        decay = min(self.cfg.average, (1 + i) / (10 + i))
        for kept, now in zip(self.net.generator.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(now, 1 - decay)
        for held, found in zip(self.net.generator.buffers(), self.generator.buffers(), strict=True):
            held.copy_(found)

    @torch.no_grad()
    def picture(self) -> Tensor:
        """The photo's mirror image, laid out from the photo by what is kept: [1, 3, h, w], -1..1."""
        generator = self.net.generator.eval()
        made: Tensor = generator(self.known.picture, generator.changes(self.known.labels, self.known.labels.flip(3)))
        generator.train()
        return made.clamp(-1, 1)


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Without gradients for the module's own weights."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)

"""Training: inputs of a step, losses, and the updates of the three networks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.analogy.augment import augment, strength
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.discriminator import Discriminator
from calotype.engines.analogy.features import Level, levels_of
from calotype.engines.analogy.labelling import decode_labels, encode_labels
from calotype.engines.analogy.losses import (
    fake_loss,
    fixed_point_loss,
    matching_loss,
    patch_coherence,
    real_loss,
    segmentation_loss,
)
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.network import Generator, Modulations, map_channels
from calotype.engines.analogy.segmenter import Segmenter
from calotype.engines.analogy.sizes import fitted, fitted_map, inner_size
from calotype.run import Run


@dataclass(frozen=True)
class Pair:
    """An image [1, 3, h, w], -1..1, and its map [1, K, h, w], as from ``encode_labels``."""

    picture: Tensor
    labels: Tensor


@dataclass(frozen=True)
class StepInputs:
    """The inputs of one step.

    Attributes:
        source: image and map given to the generator.
        target: its map is given to the generator, its image is the discriminator's real one.
        reconstruct: whether source and target are the same.
    """

    source: Pair
    target: Pair
    reconstruct: bool


class Trainer:
    """Generator, discriminator and segmentation network, their optimizers and their inputs.

    Args:
        net: the model; its generator has the final or averaged weights.
        photo: [1, 3, H, W], -1..1.
        labels: [1, H, W], class indices.
        cfg: settings.
        run: seed and device.
    """

    def __init__(self, net: Net, photo: Tensor, labels: Tensor, cfg: Config, run: Run) -> None:
        self.net, self.cfg, self.run = net, cfg, run
        whole = (photo.shape[2], photo.shape[3])
        size = inner_size(whole, whole, cfg)
        self.original = Pair(fitted(photo, size, whole, cfg), fitted_map(encode_labels(labels, cfg), size, whole, cfg))
        run.reseed("init")
        net.generator = Generator(cfg).to(run.device)
        # The trained generator; ``net`` holds its exponential moving average, or with ``average=0`` the same weights.
        self.generator = copy.deepcopy(net.generator) if cfg.average else net.generator
        self.discriminator = Discriminator(
            cfg.critic_width, map_channels(cfg) if cfg.conditional else 0, released=cfg.released
        ).to(run.device)
        outputs = 3 if cfg.coding == "colours" else cfg.classes
        self.segmenter = Segmenter(cfg.segmenter_width, outputs).to(run.device)
        self.levels: list[Level] = levels_of(cfg, run.device)
        betas = (cfg.momentum, cfg.square_momentum)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=cfg.rate, betas=betas, fused=True)
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=cfg.critic_rate, betas=betas, fused=True
        )
        self.segmenter_optimizer = torch.optim.Adam(self.segmenter.parameters(), lr=cfg.rate, betas=betas, fused=True)
        self.state: dict[str, Any] = {
            "net": net,
            "discriminator": self.discriminator,
            "segmenter": self.segmenter,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "segmenter_optimizer": self.segmenter_optimizer,
        }
        if cfg.average:
            self.state["generator"] = self.generator

    def inputs(self, i: int) -> StepInputs:
        """The inputs of step ``i`` of the whole training (self-supervision, section 3 of the paper)."""
        cfg = self.cfg
        warped = Pair(*augment(self.original.picture, self.original.labels, strength(i, cfg), cfg))
        if i % cfg.reconstruct_every == 0:
            return StepInputs(warped, warped, True)
        pair = (self.original, warped) if torch.rand(()) < 0.5 else (warped, self.original)
        return StepInputs(*pair, False)

    def step(self, inputs: StepInputs, i: int) -> dict[str, Tensor]:
        """Update the discriminator, the segmenter, the generator, and the discriminator again, as configured."""
        cfg = self.cfg
        self._set_rates(i)
        for module in (self.generator, self.discriminator, self.segmenter):
            module.train()
        for _ in range(cfg.critic_steps):
            with torch.no_grad():
                fake, _ = self.generate(inputs)
            self._update_discriminator(inputs, fake)
        if inputs.reconstruct or cfg.segment_always:
            self._update_segmenter(inputs.target)
        for _ in range(cfg.generator_steps):
            losses, fake = self._update_generator(inputs)
        for _ in range(cfg.critic_after):
            self._update_discriminator(inputs, fake)
        if cfg.average:
            self._update_average(i)
        return losses

    def generate(self, inputs: StepInputs) -> tuple[Tensor, Modulations]:
        """The generator's output and the modulations that it used."""
        modulations = self.generator.modulations(inputs.source.labels, inputs.target.labels)
        noise = (2 * torch.rand_like(inputs.source.picture) - 1) * self.cfg.jitter
        return self.generator(inputs.source.picture + noise, modulations), modulations

    def _update_discriminator(self, inputs: StepInputs, fake: Tensor) -> None:
        target = inputs.target
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        loss = real_loss(self.discriminator(target.picture, target.labels)) + fake_loss(
            self.discriminator(fake, target.labels)
        )
        loss.backward()  # type: ignore[no-untyped-call]
        self.discriminator_optimizer.step()

    def _update_segmenter(self, pair: Pair) -> None:
        self.segmenter_optimizer.zero_grad(set_to_none=True)
        loss = segmentation_loss(self.segmenter(pair.picture), pair.labels, self.cfg.coding)
        loss.backward()  # type: ignore[no-untyped-call]
        self.segmenter_optimizer.step()

    def _update_generator(self, inputs: StepInputs) -> tuple[dict[str, Tensor], Tensor]:
        """One update of the generator; returns the terms of its loss and its output."""
        self.generator_optimizer.zero_grad(set_to_none=True)
        fake, modulations = self.generate(inputs)
        terms = self.terms(inputs, fake, modulations)
        weights = {name: getattr(self.cfg, name) for name in terms}
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        self.generator_optimizer.step()
        return {name: term.detach() for name, term in terms.items()}, fake.detach()

    def terms(self, inputs: StepInputs, fake: Tensor, modulations: Modulations) -> dict[str, Tensor]:
        """The generator's loss terms, by the name of their weight; terms of weight 0 are left out."""
        cfg, target = self.cfg, inputs.target
        terms: dict[str, Tensor] = {}
        if cfg.adversarial or cfg.matching:
            with frozen(self.discriminator):
                scored = self.discriminator(fake, target.labels)
            terms["adversarial"] = real_loss(scored)
            if cfg.matching:
                with torch.no_grad():
                    real = self.discriminator(target.picture, target.labels)
                terms["matching"] = matching_loss(scored, real)
        if inputs.reconstruct:
            terms["reconstruction"] = F.l1_loss(fake, target.picture)
            if cfg.fixed_point:
                terms["fixed_point"] = fixed_point_loss(modulations)
            return terms
        if cfg.paired:
            terms["paired"] = F.l1_loss(fake, target.picture)
        if cfg.alignment:
            terms["alignment"] = self.alignment(fake, target.labels)
        if cfg.coherence:
            terms["coherence"] = self.coherence(fake, inputs)
        return terms

    def alignment(self, fake: Tensor, labels: Tensor) -> Tensor:
        """Semantic alignment loss: segmentation loss of the generated image against the target map.

        The gradient passes through the segmentation network, in eval mode and with frozen weights. In the released code
        the image is detached, so that this loss has no gradient.
        """
        self.segmenter.eval()
        with frozen(self.segmenter):
            loss = segmentation_loss(
                self.segmenter(fake.detach() if self.cfg.detached else fake), labels, self.cfg.coding
            )
        self.segmenter.train()
        return loss

    def coherence(self, fake: Tensor, inputs: StepInputs) -> Tensor:
        """Patch coherence loss of the generated image against the source."""
        cfg, total, count = self.cfg, fake.new_zeros(()), 0
        for level in self.levels:
            made = level.extract(fake)
            with torch.no_grad():
                source = level.extract(inputs.source.picture)
            positions = (made.shape[2] - level.patch + 1) * (made.shape[3] - level.patch + 1)
            label_maps = {}
            if cfg.semantic:
                label_maps["made_labels"] = self._classes(inputs.target.labels, made)
                label_maps["source_labels"] = self._classes(inputs.source.labels, source)
            at = torch.randint(positions, (level.queries,), device=fake.device)
            loss = patch_coherence(
                made, source, at, patch=level.patch, nearest=cfg.nearest, semantic=cfg.semantic, **label_maps
            )
            total, count = total + level.queries * loss, count + level.queries
        return total / count

    def _classes(self, labels: Tensor, like: Tensor) -> Tensor:
        """The class at every position of a feature map, [1, h, w]."""
        if labels.shape[2:] != like.shape[2:]:
            labels = F.interpolate(labels, like.shape[2:], mode="nearest-exact")
        return decode_labels(labels, self.cfg)

    def _set_rates(self, i: int) -> None:
        """Constant, then linear decay to a tenth."""
        cfg = self.cfg
        begin = cfg.decay_from * cfg.steps
        fall = 1.0 if i < begin else 1 - 0.9 * (i - begin) / max(1.0, cfg.steps - begin)
        for optimizer, rate in (
            (self.generator_optimizer, cfg.rate),
            (self.discriminator_optimizer, cfg.critic_rate),
            (self.segmenter_optimizer, cfg.rate),
        ):
            for group in optimizer.param_groups:
                group["lr"] = rate * fall

    @torch.no_grad()
    def _update_average(self, i: int) -> None:
        """Update the exponential moving average; with a smaller decay in the first steps."""
        decay = min(self.cfg.average, (1 + i) / (10 + i))
        for average, current in zip(self.net.generator.parameters(), self.generator.parameters(), strict=True):
            average.lerp_(current, 1 - decay)
        for mean_buffer, buffer in zip(self.net.generator.buffers(), self.generator.buffers(), strict=True):
            mean_buffer.copy_(buffer)

    @torch.no_grad()
    def preview(self) -> Tensor:
        """The photo rendered with its mirrored label map: [1, 3, h, w], -1..1."""
        generator = self.net.generator.eval()
        made: Tensor = generator(
            self.original.picture, generator.modulations(self.original.labels, self.original.labels.flip(3))
        )
        generator.train()
        return made.clamp(-1, 1)


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Disable gradients for the module's own weights."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)

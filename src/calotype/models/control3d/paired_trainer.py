"""One training step with the relativistic loss: each real picture is paired with a generated one of its kind.

Both networks learn from the same pictures. In the first steps surroundings alone are learned, from their pictures, of
which each process takes whole groups: there several processes do not do exactly what one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import distributed
from calotype.losses.adversarial import relativistic_loss
from calotype.losses.penalty import real_gradient_penalty
from calotype.models.control3d.config import GROUP, Config
from calotype.models.control3d.losses import compactness_loss
from calotype.models.control3d.trainer import BACKGROUND, Trainer
from calotype.nn.schedules import set_rates
from calotype.render.camera import Camera

_FALL = 0.5  # steps in which objects stop being opaque, relative to those in which they are


class PairedTrainer(Trainer):
    """As ``Trainer``, for ``loss="relativistic"``.

    Args:
        cfg: the settings.
        device: to compute on.
    """

    def __init__(self, cfg: Config, device: torch.device) -> None:
        super().__init__(cfg, device)
        self.first = round(cfg.surroundings_first * cfg.steps) if cfg.classes else 0

    def opaque(self, i: int) -> float:
        """Least share of a primitive's alpha that an object has in step ``i``: 1, and then down to 0."""
        held = self.cfg.opaque * (self.cfg.steps - self.first)
        after = i - self.first - held
        return min(1.0, max(0.0, 1 - after / (_FALL * held))) if held else 0.0

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """Update the discriminator and the generators on the same pictures; arguments as for ``Trainer.step``.

        Returns:
            The losses by name, means over all processes.
        """
        set_rates(self.schedule(i), self.generator_optimizer, self.discriminator_optimizer)
        self.net.train()
        real = batch["image"].to(self.device)
        if self.cfg.noise:
            real = real + self.cfg.noise * distributed.share(torch.rand(self.cfg.batch, *real.shape[1:])).to(real)
        label = batch["label"].to(self.device) if self.cfg.classes else None
        losses = self._learn_surroundings(real, label, i) if i < self.first else self._learn_scenes(real, label, i)
        if not losses:  # no process has a picture to learn from
            return {}
        self.average.update(self.net)
        means = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, means))

    def _learn_surroundings(self, real: Tensor, label: Tensor | None, i: int) -> dict[str, Tensor]:
        assert label is not None
        latent, camera = self._seen()
        rows = whole_groups((label == BACKGROUND).nonzero()[:, 0])
        if not distributed.any_of(bool(len(rows)), self.device):
            return {}
        # Processes have different numbers of them: each picture counts as much. One without takes part with weight 0.
        count = torch.tensor(float(len(rows)), device=self.device)
        share = count / distributed.mean_over_all(count)
        rows = rows if len(rows) else torch.zeros(1, dtype=torch.int64, device=self.device)
        latent, camera = latent[rows], Camera(*(each[rows] for each in camera))
        made = self.net.surroundings(self.net.scene.surroundings(latent), latent, camera)
        return self._contest(real[rows], made, label[rows], made.new_zeros(()), share, i)

    def _learn_scenes(self, real: Tensor, label: Tensor | None, i: int) -> dict[str, Tensor]:
        cfg, opaque = self.cfg, self.opaque(i)
        scene, latent, layers, camera = self._drawn(opaque)
        made = layers.picture
        if label is not None:
            made = torch.where((label == BACKGROUND)[:, None, None, None], layers.background, made)
        compactness = compactness_loss(layers.outline, cfg.least_area)
        more, losses = cfg.compactness * compactness, {"compactness": compactness}
        weight = (1 - opaque) * cfg.consistency * cfg.consistency_every
        if weight and i % cfg.consistency_every == 0:
            losses["consistency"] = self._inconsistency(scene, latent, camera, opaque)
            more = more + weight * losses["consistency"]
        return self._contest(real, made, label, more, made.new_ones(()), i) | losses

    def _contest(
        self, real: Tensor, made: Tensor, label: Tensor | None, more: Tensor, share: Tensor, i: int
    ) -> dict[str, Tensor]:
        """Updates of both networks.

        Args:
            real: [N, 3, h, w].
            made: generated pictures of the same kinds, with gradients.
            label: the kinds, [N].
            more: what the generators minimise beside.
            share: weight of the pictures of this process.
            i: number of the step.
        """
        kinds = None if label is None else F.one_hot(label, self.cfg.classes).to(real)
        seen = made.detach().requires_grad_()
        of_made, of_real = self.discriminator(seen, kinds), self.discriminator(real, kinds)
        losses = {
            "generator": relativistic_loss(of_made, of_real),
            "discriminator": relativistic_loss(of_real, of_made),
        }
        (slope,) = torch.autograd.grad(losses["generator"], seen, retain_graph=True)
        self._update(self.discriminator, self.discriminator_optimizer, losses["discriminator"] * share)
        self._update(self.net, self.generator_optimizer, (made * slope).sum() * share + more)
        if i % self.cfg.gradient_every == 0:
            self._penalize(real, made.detach(), kinds, share)
        return losses

    def _penalize(self, real: Tensor, made: Tensor, kinds: Tensor | None, share: Tensor) -> None:
        cfg = self.cfg
        terms = [
            weight * real_gradient_penalty(lambda x: self.discriminator(x, kinds), pictures)
            for weight, pictures in ((cfg.gradient_penalty, real), (cfg.fake_penalty, made))
            if weight
        ]
        if terms:
            total = torch.stack(terms).sum() * cfg.gradient_every * share
            self._update(self.discriminator, self.discriminator_optimizer, total)


def whole_groups(rows: Tensor) -> Tensor:
    """The first of some rows, whole groups of the discriminator's minibatch standard deviation; of 3 rows 2."""
    count = len(rows)
    return rows[: count // GROUP * GROUP if count >= GROUP else min(count, 2)]

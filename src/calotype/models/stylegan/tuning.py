"""Pivotal tuning: the generator itself is changed a little, so that a code that was found draws the photo.

Roich, Mokady, Bermano, Cohen-Or, "Pivotal Tuning for Latent-based Editing of Real Images", ACM TOG 2022. Locality
regularization (section 3.3) keeps pictures of other styles as they were.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.distances import Distance
from calotype.models.stylegan.drawn import Stage, picture_of
from calotype.models.stylegan.network import Net
from calotype.models.stylegan.search import cosine, optimise
from calotype.run import Run

STAGE = "tuning"
# Published: Adam at 3e-4, where the network was trained at 2.5e-3; steps from the pivot of length 30, in 512 numbers.
_RATE, _TRAINED, _REACH, _NUMBERS = 3e-4, 2.5e-3, 30.0, 512
_PIXELS = 10.0  # weight of the squared error; published is 1, with another perceptual distance
_LOCALITY = 0.1  # weight of the regularization


def tune(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    styles: Tensor,
    noise: Sequence[Tensor],
    target: Tensor,
    distance: Distance,
    steps: int,
) -> tuple[Net, Stage]:
    """Tune a generator to a photo.

    Args:
        cfg: as in training; the learning rate is in proportion to that of the training.
        run: where it runs and reports; it can be stopped and resumed where the run has a folder.
        net: the generator in which the code was found; it stays as it is.
        styles: the pivot: [1, rows, style].
        noise: noise maps; empty: those of the network.
        target: the photo: [1, channels, side, side], -1..1.
        distance: perceptual distance to it.
        steps: number of steps; published are 350.

    Returns:
        The tuned model, in eval mode, whose mapping network is unchanged; and what the stage made.

    Raises:
        Stopped, OutputError: as ``Run.steps``.
    """
    tuned: Net = copy.deepcopy(net)
    synthesis = tuned.generator.synthesis.requires_grad_(True)
    maps = list(noise) or "const"
    compared = distance.of(target)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = tuned.generator(styles, maps)
        value = distance(made, compared) + _PIXELS * F.mse_loss(made, target)
        return value + _LOCALITY * _moved(net, tuned, cfg, styles, distance), made

    rate = cosine(_RATE * cfg.generator_rate / _TRAINED, steps)
    log = optimise(list(synthesis.parameters()), synthesis, loss, target, run, steps, STAGE, rate)
    tuned.requires_grad_(False)
    return tuned, Stage(STAGE, picture_of(tuned.generator, styles, noise), log)


def _moved(net: Net, tuned: Net, cfg: Config, styles: Tensor, distance: Distance) -> Tensor:
    """How far the picture of a style near the pivot, towards a random one, has moved by tuning."""
    with torch.no_grad():
        z = torch.randn(1, cfg.latent).to(styles.device)
        label = torch.eye(cfg.classes, device=styles.device)[:1] if cfg.classes else None
        way = net.generator.styles(z, label) - styles
        length = way.norm(dim=2, keepdim=True)
        reach = (_REACH * math.sqrt(cfg.style / _NUMBERS) / length.clamp_min(1e-8)).clamp(max=1.0)
        near = styles + reach * way
        before = net.generator(near)
        compared = distance.of(before)
    after = tuned.generator(near)
    return distance(after, compared) + _PIXELS * F.mse_loss(after, before)

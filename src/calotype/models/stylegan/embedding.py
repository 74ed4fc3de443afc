"""Embedding a photo into a generator: its style vectors, and its noise maps.

Abdal, Qin, Wonka, "Image2StyleGAN: How to Embed Images Into the StyleGAN Latent Space?", ICCV 2019, and
"Image2StyleGAN++", CVPR 2020. Three methods:

- ``fast``, the default: ST-LPIPS and mean squared error, coarse to fine. A generator of architecture ``skip`` gives the
  picture of a lower resolution for the cost of that resolution, so the styles of the first layers are found there. In
  networks from 512 pixels up, the search from the mean begins with random styles, too, of which the best at the lowest
  resolution goes on.
- ``paper``: VGG-16 features (conv1_1, conv1_2, conv3_2, conv4_2) at 256 pixels and mean squared error, Adam at 0.01.
- ``projector``: that of NVIDIA's programs, with one style for all layers by default: noise is added to it, which fades;
  noise maps are optimised beside it and kept free of structure.

With ``noise_steps`` the noise maps are optimised afterwards, for the squared error alone, as in Image2StyleGAN++. With
``tune_steps`` the generator is tuned to the photo at the end (pivotal tuning). An encoder that was trained on samples
of the generator, or imported with it, gives styles to begin with, or at once those of a preview.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.cost import STEPS
from calotype.models.stylegan.distances import Distance, fast_distance, paper_distance, projector_distance
from calotype.models.stylegan.drawn import Drawn, Stage, drawn, picture_of
from calotype.models.stylegan.encoder import Encoder, refined
from calotype.models.stylegan.generate import label_of
from calotype.models.stylegan.network import Generator, Net
from calotype.models.stylegan.search import (
    Code,
    Target,
    check_noise,
    cosine,
    maps_of,
    optimise,
    psnr,
    search_noise,
    sized,
)
from calotype.models.stylegan.tuning import tune
from calotype.run import Run

__all__ = ["embed", "prepared", "psnr", "structure"]

METHODS, SPACES, STARTS = ("fast", "paper", "projector"), ("w+", "w"), ("mean", "random", "encoder")
Space = Literal["w+", "w"]
_COARSEST = 32  # side at which ``fast`` begins, pixels
_COARSE_SHARE = 0.7  # of the steps of ``fast`` that are made below the full size, of networks below ``_LARGE``
# From so many pixels up, steps at each side relative to those at half of it.
_LARGE, _FEWER = 512, 0.72
# Random styles that ``fast`` begins with at the lowest resolution, beside the mean style, and their truncation.
_OTHERS, _OTHERS_PSI = 3, 0.5
_FAST_RATE, _PAPER_RATE, _PROJECTOR_RATE = 0.05, 0.01, 0.1
_WARM_STEPS = 5  # in which the learning rate of ``fast`` rises
_SAMPLES = 10_000  # latent vectors over which the spread of styles is measured
_NOISE_PENALTY, _SMALLEST_MAP = 1e5, 8


def embed(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    method: str = "fast",
    space: str = "",
    steps: int = 0,
    noise_steps: int = 0,
    start: str = "mean",
    seed: int = 0,
    label: int = 0,
    tune_steps: int = 0,
    encoder: nn.Module | None = None,
    preview: bool = False,
) -> Drawn:
    """Find the styles of a photo.

    Args:
        cfg: as in training.
        run: where it runs and reports; it can be stopped and resumed where the run has a folder.
        net: trained or imported.
        photo: [1, 3, h, w], -1..1; cropped to a square around its centre and resized.
        method: see the module.
        space: ``w+``, a style for each layer; ``w``, one for all; empty: that of the method.
        steps: of optimisation; 0: those of the method.
        noise_steps: of optimising the noise maps afterwards.
        start: ``mean``, the mean style, by ``fast`` in large networks with random ones beside it; ``random``, uniform
            in -1..1, as published for photos unlike the training set; ``encoder``, what the encoder makes of the photo.
        seed: of all that is random.
        label: class whose mean is begun from, where the model knows any.
        encoder: of this generator, for ``start="encoder"`` and ``preview``.
        preview: give what the encoder makes of the photo, with its few refinements and nothing more.
        tune_steps: of tuning the generator to the photo afterwards, see ``tuning``; the result has the tuned model.

    Returns:
        The result; the mean squared error of the last step is reported as ``psnr``, in decibel.

    Raises:
        InputError: an argument is unknown, there is no encoder where one is needed, or the model has no noise maps and
            ``noise_steps`` is above 0.
        Stopped, OutputError: as ``Run.steps``.
    """
    for value, known in ((method, METHODS), (space, (*SPACES, "")), (start, STARTS)):
        if value not in known:
            raise InputError(f"'{value}' is not known: choose one of {', '.join(word for word in known if word)}")
    generator = net.generator
    check_noise(generator, noise_steps)
    target = prepared(photo, cfg).to(run.device)
    space = space or ("w" if method == "projector" else "w+")
    first = _encoded(encoder, generator, target) if preview or start == "encoder" else None
    if preview and first is not None:
        return drawn(net, first if space == "w+" else first.mean(1, keepdim=True).expand_as(first))
    run.reseed("embedding", seed)
    code = _begun(generator, cfg, method, space, start, label, run.device, first)
    if method == "fast" and start == "mean" and cfg.resolution >= _LARGE and len(_sides(cfg)) > 1:
        _add_random_styles(code, generator, cfg, label)
    distance = _distance(method, target)
    search = {"fast": _fast, "paper": _paper, "projector": _projector}[method]
    stages = search(generator, code, target, distance, cfg, run, steps or STEPS[method])
    styles = code.rows(generator.rows).detach()
    noise = [each.detach() for each in code.noise] if method == "projector" else []
    if noise_steps:
        noise, last = search_noise(generator, styles, noise or maps_of(generator), [Target(target)], run, noise_steps)
        stages.append(last)
    if not tune_steps:
        return drawn(net, styles, noise, distance.name, stages)
    tuned, last = tune(
        cfg, run, net=net, styles=styles, noise=noise, target=target, distance=distance, steps=tune_steps
    )
    return replace(drawn(tuned, styles, noise, distance.name, [*stages, last]), tuned=tuned)


def prepared(photo: Tensor, cfg: Config) -> Tensor:
    """The photo as the generator would make it: [1, channels, side, side]."""
    height, width = photo.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = photo[:, :3, top : top + side, left : left + side]
    square = resize(square, (cfg.resolution, cfg.resolution)).clamp(-1, 1)
    return square.mean(1, keepdim=True) if cfg.channels == 1 else square


def _encoded(encoder: nn.Module | None, generator: Generator, target: Tensor) -> Tensor:
    """Styles [1, rows, style] by an encoder; one that was trained here is followed by its refinements."""
    if encoder is None:
        raise InputError("there is no encoder of this model: train one, or start from the mean")
    encoder = encoder.to(target.device)
    styles: Tensor = encoder.encoded(generator, target)  # type: ignore[operator]
    return refined(encoder, generator, target, styles) if isinstance(encoder, Encoder) else styles


def _begun(
    generator: Generator,
    cfg: Config,
    method: str,
    space: str,
    start: str,
    label: int,
    device: torch.device,
    first: Tensor | None = None,
) -> Code:
    """The mean style, a random one or the given ones, and the noise maps to begin with."""
    mean = generator.mapping.w_avg
    given = label_of(label, cfg)
    if given is not None:
        z = torch.randn(256, cfg.latent).to(device)
        mean = generator.mapping(z, given.to(device).expand(256, -1)).mean(0)
    rows = 1 if space == "w" else generator.rows
    styles = mean[None, None].expand(1, rows, -1)
    if start == "random":
        styles = (torch.rand(1, rows, cfg.style) * 2 - 1).to(device)
    elif first is not None:
        styles = first if rows > 1 else first.mean(1, keepdim=True)
    maps = [torch.randn(each.shape).to(device) for each in maps_of(generator)] if method == "projector" else []
    return Code(styles.detach(), maps)


def _distance(method: str, target: Tensor) -> Distance:
    make = {"fast": fast_distance, "paper": paper_distance, "projector": projector_distance}[method]
    return make(target)


def _fast(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> list[Stage]:
    """Coarse to fine: each stage optimises all layers up to its resolution."""
    sides = _sides(cfg)
    stages = []
    for side, count in zip(sides, _counts(steps, sides)):
        wanted = sized(target, side)
        compared = distance.of(wanted)

        def loss(
            i: int, side: int = side, wanted: Tensor = wanted, compared: object = compared
        ) -> tuple[Tensor, Tensor]:
            made = generator(code.rows(generator.rows), until=side)
            errors = (made - wanted).square().mean((1, 2, 3))  # of each of the styles that are searched for at once
            best = int(errors.argmin())
            return distance(made, compared) + errors.mean(), made[best : best + 1]

        name = f"styles at {side} pixels" + (f", {len(code.styles)} starts" if len(code.styles) > 1 else "")
        log = optimise([code.styles], code, loss, target, run, count, name, cosine(_FAST_RATE, count, _WARM_STEPS))
        if len(code.styles) > 1:
            _keep_best(code, generator, side, distance, wanted, compared)
        stages.append(Stage(name, picture_of(generator, code.rows(generator.rows)), log))
    return stages


def _sides(cfg: Config) -> list[int]:
    """The resolutions that ``fast`` searches at, the last one that of the network."""
    sides = [cfg.resolution]
    if cfg.generator == "stylegan2" and cfg.architecture == "skip":
        while sides[0] > _COARSEST:
            sides.insert(0, sides[0] // 2)
    return sides


def _add_random_styles(code: Code, generator: Generator, cfg: Config, label: int) -> None:
    """Add random styles to the one that is begun with, in a batch."""
    given, device = label_of(label, cfg), code.styles.device
    with torch.no_grad():
        z = torch.randn(_OTHERS, cfg.latent).to(device)
        others = generator.mapping(z, None if given is None else given.to(device).expand(_OTHERS, -1))
        others = code.styles.lerp(others[:, None].expand(-1, code.styles.shape[1], -1), _OTHERS_PSI)
        code.styles = nn.Parameter(torch.cat([code.styles, others]))


@torch.no_grad()
def _keep_best(
    code: Code, generator: Generator, side: int, distance: Distance, wanted: Tensor, compared: object
) -> None:
    """Keep the styles whose picture is nearest to the photo."""
    made = generator(code.rows(generator.rows), until=side)
    losses = [float(distance(each[None], compared) + F.mse_loss(each[None], wanted)) for each in made]
    best = losses.index(min(losses))
    code.styles = nn.Parameter(code.styles[best : best + 1].clone())


def _counts(steps: int, sides: list[int]) -> list[int]:
    """The number of steps at each side: below 512 pixels as many at all but the last, else fewer from side to side."""
    if len(sides) == 1:
        return [steps]
    if sides[-1] < _LARGE:
        below = [round(steps * _COARSE_SHARE) // (len(sides) - 1)] * (len(sides) - 1)
        return [*below, steps - sum(below)]
    if steps <= len(sides):
        return [*[0] * (len(sides) - steps), *[1] * steps]
    weights = [_FEWER**k for k in range(len(sides))]
    finer = [max(1, round(steps * weight / sum(weights))) for weight in weights[1:]]
    return [steps - sum(finer), *finer]


def _paper(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> list[Stage]:
    compared = distance.of(target)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = generator(code.rows(generator.rows))
        return distance(made, compared) + F.mse_loss(made, target), made

    log = optimise([code.styles], code, loss, target, run, steps, "styles", lambda i: _PAPER_RATE)
    return [Stage("styles", picture_of(generator, code.rows(generator.rows)), log)]


def _projector(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> list[Stage]:
    compared, maps = distance.of(target), list(code.noise)
    label = label_of(0, cfg)
    with torch.no_grad():
        z = torch.randn(_SAMPLES, cfg.latent).to(target.device)
        given = None if label is None else label.to(target.device).expand(_SAMPLES, -1)
        w: Tensor = generator.mapping(z, given)
        spread = float((w - w.mean(0)).square().sum(1).mean().sqrt())

    def loss(i: int) -> tuple[Tensor, Tensor]:
        strength = spread * 0.05 * max(0.0, 1 - i / steps / 0.75) ** 2
        styles = code.styles + torch.randn(code.styles.shape).to(target.device) * strength
        made = generator(styles.expand(-1, generator.rows, -1), maps or "const")
        return distance(made, compared) + _NOISE_PENALTY * structure(maps), made

    def normalise() -> None:
        for each in maps:
            each.sub_(each.mean()).mul_(each.square().mean().rsqrt())

    def rate(i: int) -> float:
        done = i / steps
        down = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - done) / 0.25))
        return _PROJECTOR_RATE * down * min(1.0, done / 0.05 + 1e-3)

    name = "styles and noise"
    log = optimise([code.styles, *maps], code, loss, target, run, steps, name, rate, normalise)
    return [Stage(name, picture_of(generator, code.rows(generator.rows), maps), log)]


def structure(maps: list[nn.Parameter] | list[Tensor]) -> Tensor:
    """How far noise maps are from white noise: squared products with their shifted copies, at all scales."""
    total = torch.zeros(())
    for each in maps:
        level = each
        while True:
            for axis in (2, 3):
                total = total + (level * level.roll(1, axis)).mean().square()
            if level.shape[2] <= _SMALLEST_MAP:
                break
            level = F.avg_pool2d(level, 2)
    return total

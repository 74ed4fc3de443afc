"""Recipes of masked embedding: fill a hole, follow a scribble, transfer a style locally, and combine two photos.

Abdal, Qin, Wonka, "Image2StyleGAN++: How to Edit the Embedded Images?", CVPR 2020, section 4. Every recipe first finds
styles (W_l, with M_st for a local style), then noise maps (Mk_n) that take the photo outside of the mask and what the
styles draw inside. ``paper`` has the published steps, rates, rows and layers of VGG-16; ``fast``, the default, compares
by ST-LPIPS and takes a tenth of the steps. Published rows are of 18 layers; here they are shares of the layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.mask import soften
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.cost import MASKED_STEPS
from calotype.models.stylegan.distances import MASKED_LAYERS, Distance, fast_distance, paper_distance, style_features
from calotype.models.stylegan.drawn import Drawn, Stage, drawn
from calotype.models.stylegan.editing import Code, code_of
from calotype.models.stylegan.embedding import embed, prepared
from calotype.models.stylegan.generate import label_of, latent_of
from calotype.models.stylegan.network import Generator, Net
from calotype.models.stylegan.search import (
    Rate,
    Target,
    check_noise,
    cosine,
    gram_loss,
    maps_of,
    search_noise,
    search_styles,
    uses_noise,
)
from calotype.run import Run

METHODS = ("fast", "paper")
_FAST_RATE, _WARM = 0.05, 5
# Published: gradient descent at 0.8 for holes; Adam at 0.1 for scribbles and styles, at 0.01 else.
_DESCENT_RATE, _SCRIBBLE_RATE, _PAPER_RATE = 0.8, 0.1, 0.01
_STYLE_WEIGHT = 0.05  # published: 5e-7, where the others are 1e-5
_HOLE_WEIGHT = 10.0  # of the error inside a hole in the noise stage; published: 1e-4, where the other is 1e-5
# Standard deviations of the masks' blur, and how far they are dilated, as shares of the side. Kernels of 401 and 701 of
# 1024 pixels have these deviations.
BLUR, _HOLE_BLUR = 0.06, 0.1
_FILLED = (0.2, 0.1, 0.05, 0.02)  # deviations of the blur of the colours around a hole, coarse to fine
_START_SPREAD = 0.3  # truncation of the random style that a hole is begun from


def erase(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    mask: Tensor,
    method: str = "fast",
    steps: int = 0,
    noise_steps: int | None = None,
    seed: int = 0,
) -> Drawn:
    """Fill a hole: styles whose picture is the photo outside of it.

    Only the first half of the layers and the last two are changed, so that what is not seen stays likely.

    Args:
        cfg: as in training.
        run: where it runs and reports; it can be stopped and resumed where the run has a folder.
        net: trained or imported.
        photo: [1, 3, side, side], -1..1, of the model's size.
        mask: 1 in the hole: [1, 1, side, side], 0 or 1.
        method: ``fast`` or ``paper``.
        steps: of the styles' optimisation, and of the search for the photo; 0: those of the method.
        noise_steps: of the noise maps'; ``None``: those of the method, none for a model without noise.
        seed: of the style that is begun from; different seeds fill the hole differently.

    Returns:
        The result, with its stages.

    Raises:
        InputError: the method is unknown, or the model has no noise maps and ``noise_steps`` is above 0.
        Stopped, OutputError: as ``Run.steps``.
    """
    work = _prepared(cfg, run, net, photo, mask, "erase", method, steps, noise_steps)
    label = label_of(0, cfg)
    z = latent_of(seed, cfg).to(run.device)
    with torch.no_grad():
        styles = net.generator.styles(z, None if label is None else label.to(run.device), _START_SPREAD)
    rows = net.generator.rows
    chosen = sorted({*range((rows + 1) // 2), *range(max(0, rows - 2), rows)})
    # What is in the hole is the same in photo and result, so that features near its edge do not depend on it.
    work = replace(work, photo=filled(work.photo, work.region))
    seen = Target(work.photo, 1 - work.region)
    distance = _outside(work.distance, work.photo, work.region)
    rate: Rate = cosine(_FAST_RATE, work.steps, _WARM) if method == "fast" else lambda i: _DESCENT_RATE
    styles, first = search_styles(
        net.generator, styles, chosen, [seen], distance, run, work.steps, "styles", rate, descent=method == "paper"
    )
    return _noised(work, net, run, styles, [first], _HOLE_BLUR, _HOLE_WEIGHT, toned=True)


def edit(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    edited: Tensor,
    mask: Tensor,
    code: Code | None = None,
    method: str = "fast",
    steps: int = 0,
    noise_steps: int | None = None,
    seed: int = 0,
) -> Drawn:
    """Follow a scribble: from the styles of the photo, those of the scribbled photo by the first third of the layers.

    Args:
        edited: the photo with a scribble: [1, 3, side, side], -1..1.
        mask: 1 where it was changed.
        code: latent code of the photo; ``None``: it is searched for first, as by ``embed``.

    The other arguments, the result and the errors are those of ``erase``.
    """
    work = _prepared(cfg, run, net, photo, mask, "edit", method, steps, noise_steps)
    styles, stages = _begun(work, cfg, run, net, code, seed)
    wanted = Target(prepared(edited, cfg).to(run.device))
    rows = range(min(net.generator.rows, max(4, net.generator.rows // 3)))
    rate: Rate = cosine(_FAST_RATE, work.steps, _WARM) if method == "fast" else lambda i: _SCRIBBLE_RATE
    styles, last = search_styles(
        net.generator, styles, rows, [wanted], work.distance, run, work.steps, "styles of the scribble", rate
    )
    return _noised(work, net, run, styles, [*stages, last], BLUR)


def stylize(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    style: Tensor,
    mask: Tensor,
    code: Code | None = None,
    method: str = "fast",
    steps: int = 0,
    noise_steps: int | None = None,
    seed: int = 0,
) -> Drawn:
    """Transfer a style locally: the Gram matrices of a style picture in the mask, the photo outside.

    Args:
        style: the style picture, aligned with the photo: its style is that inside the mask. [1, 3, h, w], -1..1.
        mask: 1 where the style is wanted.
        code: latent code of the photo; ``None``: it is searched for first, as by ``embed``.

    The other arguments, the result and the errors are those of ``erase``.
    """
    work = _prepared(cfg, run, net, photo, mask, "stylize", method, steps, noise_steps)
    styles, stages = _begun(work, cfg, run, net, code, seed)
    inside = blurred(work.region, BLUR)
    apart = gram_loss(style_features(method, work.photo), prepared(style, cfg).to(run.device), inside)
    rate: Rate = cosine(_FAST_RATE, work.steps, _WARM) if method == "fast" else lambda i: _SCRIBBLE_RATE
    styles, last = search_styles(
        net.generator,
        styles,
        range(net.generator.rows),
        [Target(work.photo, 1 - inside)],
        work.distance,
        run,
        work.steps,
        "styles with the local style",
        rate,
        style=lambda made: _STYLE_WEIGHT * apart(made),
    )
    return _noised(work, net, run, styles, [*stages, last], BLUR)


def mix(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    other: Tensor,
    mask: Tensor,
    code: Code | None = None,
    method: str = "fast",
    steps: int = 0,
    noise_steps: int | None = None,
    seed: int = 0,
) -> Drawn:
    """Combine two photos (crossover): styles whose picture is the second one in the blurred mask, the first outside.

    Args:
        other: the second photo, aligned with the first: [1, 3, h, w], -1..1.
        mask: 1 where the second photo is wanted.
        code: latent code of the first photo; ``None``: it is searched for first, as by ``embed``.

    The other arguments, the result and the errors are those of ``erase``.
    """
    work = _prepared(cfg, run, net, photo, mask, "mix", method, steps, noise_steps)
    styles, stages = _begun(work, cfg, run, net, code, seed)
    inside, second = blurred(work.region, BLUR), prepared(other, cfg).to(run.device)
    wanted = [Target(work.photo, 1 - inside), Target(second, inside)]
    rate: Rate = cosine(_FAST_RATE, work.steps, _WARM) if method == "fast" else lambda i: _PAPER_RATE
    styles, last = search_styles(
        net.generator,
        styles,
        range(net.generator.rows),
        wanted,
        work.distance,
        run,
        work.steps,
        "styles of both",
        rate,
    )
    return _noised(work, net, run, styles, [*stages, last], BLUR, second=second)


@dataclass(frozen=True)
class _Work:
    """What all recipes start from: photo and mask on the device, the distance, and the steps of both stages."""

    photo: Tensor
    region: Tensor
    distance: Distance
    method: str
    steps: int
    noise_steps: int
    given_steps: int  # 0: those of the method, of the search for the photo too


def _prepared(
    cfg: Config,
    run: Run,
    net: Net,
    photo: Tensor,
    mask: Tensor,
    verb: str,
    method: str,
    steps: int,
    noise_steps: int | None,
) -> _Work:
    if method not in METHODS:
        raise InputError(f"'{method}' is not known: choose one of {', '.join(METHODS)}")
    check_noise(net.generator, noise_steps or 0)
    target, region = prepared(photo, cfg).to(run.device), mask.to(run.device)
    if region.shape[2:] != target.shape[2:]:
        raise InputError(
            f"the mask is {region.shape[3]}x{region.shape[2]} and the model's pictures {target.shape[3]}x"
            f"{target.shape[2]} pixels: give a mask of that size"
        )
    distance = paper_distance(target, MASKED_LAYERS) if method == "paper" else fast_distance(target)
    usual_steps, usual_noise = MASKED_STEPS[method][verb]
    if noise_steps is None:
        noise_steps = usual_noise if uses_noise(net.generator) else 0
    return _Work(target, region, distance, method, steps or usual_steps, noise_steps, steps)


def _begun(work: _Work, cfg: Config, run: Run, net: Net, code: Code | None, seed: int) -> tuple[Tensor, list[Stage]]:
    """The styles of the photo: those of a code, or searched for."""
    if code is not None:
        return code_of(code, net, cfg).styles.detach(), []
    colour = work.photo.expand(-1, 3, -1, -1)
    found = embed(cfg, run, net=net, photo=colour, method=work.method, seed=seed, steps=work.given_steps)
    return found.styles, [replace(each, name=f"photo: {each.name}") for each in found.stages]


def _noised(
    work: _Work,
    net: Net,
    run: Run,
    styles: Tensor,
    stages: list[Stage],
    deviation: float,
    weight: float = 1.0,
    second: Tensor | None = None,
    *,
    toned: bool = False,
) -> Drawn:
    """Noise maps that take the photo outside of the blurred mask; inside, the second photo or what the styles draw.

    With ``toned``, that is corrected by the differences around the region, so that its edge meets the photo.
    """
    noise: list[Tensor] = []
    if work.noise_steps:
        inside = _widened(work.region, deviation)
        drawing = _raw(net.generator, styles) if second is None else second
        if toned:
            drawing = (drawing + around(work.photo - drawing, work.region)).clamp(-1, 1)
        targets = [Target(work.photo, 1 - inside), Target(drawing, inside, weight)]
        noise, last = search_noise(net.generator, styles, maps_of(net.generator), targets, run, work.noise_steps)
        stages = [*stages, last]
    return drawn(net, styles, noise, work.distance.name, stages)


@torch.no_grad()
def _raw(generator: Generator, styles: Tensor) -> Tensor:
    made: Tensor = generator(styles).clamp(-1, 1)
    return made


def blurred(mask: Tensor, deviation: float) -> Tensor:
    """A mask [1, 1, side, side] blurred by a Gaussian whose deviation is a share of the side: 0..1."""
    return blur(mask, deviation * mask.shape[3])


def _widened(mask: Tensor, deviation: float) -> Tensor:
    """A mask that is 1 inside and falls off outside of it, 0..1."""
    reach = deviation * mask.shape[3]
    return soften(mask, round(reach), reach / 2)


def filled(photo: Tensor, hole: Tensor) -> Tensor:
    """A photo whose hole has the blurred colours around it, whatever was in the hole."""
    return ((1 - hole) * photo + hole * around(photo, hole)).clamp(-1, 1)


def around(values: Tensor, hole: Tensor) -> Tensor:
    """The blurred values around a hole [1, 1, H, W]: [1, C, H, W], of every place; finest near its edge."""
    known = 1 - hole
    found = ((values * known).sum((2, 3), keepdim=True) / known.sum().clamp_min(1.0)).expand_as(values)
    for deviation in _FILLED:
        near = blurred(known, deviation)
        here = blurred(values * known, deviation) / near.clamp_min(1e-6)
        found = torch.lerp(found, here, (4 * near).clamp(0, 1))
    return found


def _outside(distance: Distance, photo: Tensor, hole: Tensor) -> Distance:
    """A distance of pictures whose hole is that of ``photo``."""
    return replace(distance, of=lambda made: distance.of(made * (1 - hole) + photo * hole))

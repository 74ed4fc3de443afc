"""The optimisation of latent codes: of style vectors, of some of them, and of noise maps.

The stages of Abdal, Qin, Wonka, "Image2StyleGAN++: How to Edit the Embedded Images?", CVPR 2020, section 3: masked
styles (W_l), masked noise (Mk_n) and masked style loss (M_st). Each target has a mask of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.models.stylegan.distances import Distance, weighted
from calotype.models.stylegan.drawn import Stage, picture_of
from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Generator
from calotype.run import Run

NOISE_RATE = 0.2
_STRENGTH, _FASTEST = 0.1, 2000.0  # strength of noise at which that rate is right, and its highest factor
_PREVIEWS = 20
_LOWEST = 0.1  # share of the learning rate that it falls to

Rate = Callable[[int], float]
Loss = Callable[[int], tuple[Tensor, Tensor]]


class Code(nn.Module):
    """What is optimised.

    Attributes:
        styles: [B, rows, style], or [B, 1, style] for one style in all layers; B is 1 but where several are searched
            for at once.
        noise: the noise maps.
    """

    def __init__(self, styles: Tensor, noise: Sequence[Tensor]) -> None:
        super().__init__()
        self.styles = nn.Parameter(styles.clone())
        self.noise = nn.ParameterList(each.clone() for each in noise)

    def rows(self, count: int) -> Tensor:
        """The styles of all layers: [B, count, style]."""
        return self.styles.expand(-1, count, -1)


@dataclass(frozen=True)
class Target:
    """A picture to come near to, where its mask is 1.

    Attributes:
        picture: [1, channels, side, side], -1..1.
        mask: [1, 1, side, side], 0..1; ``None``: everywhere.
        pixels: weight of the squared error.
        perceptual: weight of the perceptual distance; 0: it is not computed.
    """

    picture: Tensor
    mask: Tensor | None = None
    pixels: float = 1.0
    perceptual: float = 1.0


def psnr(made: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures in -1..1, decibel."""
    return 10 * torch.log10(4 / (made.clamp(-1, 1) - target).square().mean().clamp_min(1e-10))


def sized(target: Tensor, side: int) -> Tensor:
    """``target`` [1, C, h, h] at another side."""
    return target if target.shape[2] == side else resize(target, (side, side))


def maps_of(generator: Generator) -> list[Tensor]:
    """The noise maps of a generator; empty if it has none."""
    maps = getattr(generator.synthesis, "noise_maps", None)
    return [] if maps is None else list(maps())


def uses_noise(generator: Generator) -> bool:
    """Whether noise maps have any effect: there are some, and not all strengths are 0."""
    strengths = [value for name, value in generator.named_parameters() if name.endswith("noise_strength")]
    return bool(maps_of(generator)) and not (strengths and all(float(value.detach()) == 0 for value in strengths))


def check_noise(generator: Generator, steps: int) -> None:
    """Check that noise maps can be optimised.

    Raises:
        InputError: ``steps`` is above 0, and they have no effect.
    """
    if steps > 0 and not maps_of(generator):
        raise InputError("this model has no noise maps: leave out --noise-steps (noise_steps=)")
    if steps > 0 and not uses_noise(generator):
        raise InputError("this model uses no noise (all its strengths are 0): leave out --noise-steps (noise_steps=)")


def cosine(highest: float, steps: int, warm: int = 0) -> Rate:
    """A learning rate that rises for ``warm`` steps and falls along a cosine to a tenth."""

    def rate(i: int) -> float:
        rising = min(1.0, (i + 1) / warm) if warm else 1.0
        return highest * rising * (_LOWEST + (1 - _LOWEST) * 0.5 * (1 + math.cos(math.pi * i / steps)))

    return rate


def optimise(
    parameters: list[nn.Parameter],
    code: nn.Module,
    loss: Loss,
    target: Tensor,
    run: Run,
    steps: int,
    stage: str,
    rate: Rate,
    after: Callable[[], object] = lambda: None,
    *,
    descent: bool = False,
    factors: Sequence[float] = (),
) -> Tensor:
    """Minimise a loss over some parameters, by Adam.

    Args:
        parameters: what is changed.
        code: has them, for saving.
        loss: gives the loss of a step, and the picture.
        target: what the PSNR is taken to.
        run: where it runs and reports; loss and PSNR of every step, and some previews.
        steps: number of steps.
        stage: its name.
        rate: the learning rate of a step.
        after: called after every step.
        descent: gradient descent in place of Adam.
        factors: of the learning rate, for each parameter; empty: 1.

    Returns:
        Loss and PSNR of every step, those before a stop too: [steps, 2], on the CPU.
    """
    groups = [{"params": [one]} for one in parameters]
    factors = factors or [1.0] * len(parameters)
    algorithm: torch.optim.Optimizer = (
        torch.optim.SGD(groups, lr=1.0) if descent else torch.optim.Adam(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    )
    log = torch.zeros(steps, 2)
    every = max(1, steps // _PREVIEWS)
    for i in run.steps(steps, {"code": code, "optimizer": algorithm, "log": log}, stage):
        for group, factor in zip(algorithm.param_groups, factors):
            group["lr"] = rate(i) * factor
        algorithm.zero_grad(set_to_none=True)
        value, made = loss(i)
        value.backward(inputs=parameters)  # type: ignore[no-untyped-call]
        algorithm.step()
        with torch.no_grad():
            after()
            log[i, 0], log[i, 1] = value.detach(), psnr(made, sized(target, made.shape[2]))
            run.report(loss=log[i, 0], psnr=log[i, 1])
            if run.on_event and ((i + 1) % every == 0 or i + 1 == steps):
                run.report(preview=displayed(made))
    return log


def search_styles(
    generator: Generator,
    start: Tensor,
    rows: Sequence[int],
    targets: Sequence[Target],
    distance: Distance,
    run: Run,
    steps: int,
    stage: str,
    rate: Rate,
    *,
    style: Callable[[Tensor], Tensor] | None = None,
    noise: Sequence[Tensor] = (),
    descent: bool = False,
) -> tuple[Tensor, Stage]:
    """Masked styles (W_l), with the masked style loss (M_st) where one is given.

    Args:
        generator: draws the pictures.
        start: the styles to begin with: [1, rows, style].
        rows: the rows that are changed; the others stay as they are, to the bit.
        targets: pictures and their masks.
        distance: perceptual distance to the targets.
        run: where it runs and reports.
        steps: number of steps.
        stage: its name.
        rate: the learning rate of a step.
        style: a further loss of the picture.
        noise: the noise maps, fixed; empty: those of the network.
        descent: gradient descent in place of Adam.

    Returns:
        The styles [1, rows, style], and what the stage made.
    """
    index = torch.tensor(list(rows), device=start.device)
    code = Code(start[:, index], [])
    compared = [distance.of(each.picture) if each.perceptual else None for each in targets]

    def styles() -> Tensor:
        return start.index_copy(1, index, code.styles)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = generator(styles(), list(noise) or "const")
        total = made.new_zeros(()) if style is None else style(made)
        features = distance.of(made) if any(each.perceptual for each in targets) else None
        for each, other in zip(targets, compared):
            total = total + each.pixels * error(made, each)
            if each.perceptual:
                total = total + each.perceptual * distance.between(features, other, each.mask)
        return total, made

    log = optimise([code.styles], code, loss, targets[0].picture, run, steps, stage, rate, descent=descent)
    found = styles().detach()
    return found, Stage(stage, picture_of(generator, found, noise), log)


def error(made: Tensor, target: Target) -> Tensor:
    """The mean squared error in the target's mask: ``|| M (G - x) ||^2 / N``."""
    if target.mask is None:
        return F.mse_loss(made, target.picture)
    return weighted(made - target.picture, target.mask).square().mean()


def search_noise(
    generator: Generator,
    styles: Tensor,
    maps: Sequence[Tensor],
    targets: Sequence[Target],
    run: Run,
    steps: int,
    stage: str = "noise",
) -> tuple[list[Tensor], Stage]:
    """Masked noise (Mk_n): optimise the noise maps for the squared error, with the styles fixed.

    The weight of the error is 1 and the learning rate 0.2; published are 1e-5 and 5, which depend on Adam's epsilon.
    Where the strength of a layer's noise is below 0.1, the rate is higher by as much: a map changes the activations by
    its strength times its step.

    Returns:
        The noise maps, and what the stage made.
    """
    code = Code(styles, maps)
    parameters = list(code.noise)
    seen = torch.stack([_masked(each) for each in targets]).sum(0)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = generator(styles, parameters)
        return torch.stack([each.pixels * error(made, each) for each in targets]).sum(), made

    rate = cosine(NOISE_RATE, steps)
    log = optimise(parameters, code, loss, seen, run, steps, stage, rate, factors=_factors(generator, len(maps)))
    found = [each.detach() for each in parameters]
    return found, Stage(stage, picture_of(generator, styles, found), log)


def _factors(generator: Generator, count: int) -> list[float]:
    """How much faster each noise map is changed, as its strength is low; 1 where strengths are not single numbers."""
    named = generator.named_parameters()
    strengths = [abs(float(value.detach())) for name, value in named if name.endswith("noise_strength")]
    if len(strengths) != count:
        return [1.0] * count
    return [min(_FASTEST, max(1.0, _STRENGTH / max(each, 1e-9))) for each in strengths]


def _masked(target: Target) -> Tensor:
    return target.picture if target.mask is None else target.picture * target.mask


def gram_loss(of: Callable[[Tensor], list[Tensor]], style: Tensor, mask: Tensor | None) -> Callable[[Tensor], Tensor]:
    """The masked style loss: squared differences of Gram matrices in a mask, relative to those of the style.

    Args:
        of: features of a picture.
        style: the picture whose style is wanted: [1, channels, side, side], -1..1.
        mask: where both are compared: [1, 1, side, side], 0..1; ``None``: everywhere.
    """
    with torch.no_grad():
        wanted = [gram(each, mask) for each in of(style)]

    def loss(made: Tensor) -> Tensor:
        pairs = zip([gram(each, mask) for each in of(made)], wanted)
        return torch.stack([(a - b).square().sum() / b.square().sum().clamp_min(1e-12) for a, b in pairs]).mean()

    return loss


def gram(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean products of the channels [1, C, h, w] at the positions of a mask [1, 1, H, W], 0..1: [C, C]."""
    part = weighted(features, mask)[0].flatten(1)
    area = features.shape[2] * features.shape[3]
    if mask is not None:
        area = weighted(torch.ones_like(features[:, :1]), mask).square().sum().clamp_min(1e-6)  # type: ignore[assignment]
    return part @ part.T / area

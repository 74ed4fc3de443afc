"""Embedding a photo into a generator: its style vectors, and its noise maps.

Abdal, Qin, Wonka, "Image2StyleGAN: How to Embed Images Into the StyleGAN Latent Space?", ICCV 2019, and
"Image2StyleGAN++", CVPR 2020. Three methods:

- ``fast``, the default: ST-LPIPS and mean squared error, coarse to fine. A generator of architecture ``skip`` gives the
  picture of a lower resolution for the cost of that resolution, so the styles of the first layers are found there.
- ``paper``: VGG-16 features (conv1_1, conv1_2, conv3_2, conv4_2) at 256 pixels and mean squared error, Adam at 0.01.
- ``projector``: that of NVIDIA's programs, with one style for all layers by default: noise is added to it, which fades;
  noise maps are optimised beside it and kept free of structure.

With ``noise_steps`` the noise maps are optimised afterwards, for the squared error alone, as in Image2StyleGAN++. An
encoder that was trained on samples of the generator gives styles to begin with, or at once those of a preview.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.cost import STEPS
from calotype.models.stylegan.distances import Distance, fast_distance, paper_distance, projector_distance
from calotype.models.stylegan.drawn import Drawn, drawn
from calotype.models.stylegan.encoder import Encoder, refined
from calotype.models.stylegan.generate import displayed, label_of
from calotype.models.stylegan.network import Generator, Net
from calotype.run import Run

METHODS, SPACES, STARTS = ("fast", "paper", "projector"), ("w+", "w"), ("mean", "random", "encoder")
Method = Literal["fast", "paper", "projector"]
Space = Literal["w+", "w"]
_COARSEST = 32  # side at which ``fast`` begins, pixels
_COARSE_SHARE = 0.7  # of the steps of ``fast`` that are made below the full size
_FAST_RATE, _PAPER_RATE, _PROJECTOR_RATE, _NOISE_RATE = 0.05, 0.01, 0.1, 0.05
_SAMPLES = 10_000  # latent vectors over which the spread of styles is measured
_NOISE_PENALTY, _SMALLEST_MAP = 1e5, 8
_USUAL_STRENGTH = 0.2  # of noise, below which its maps are changed by more
_MOST_GAIN = 1e4  # by how much more at most
_PREVIEWS = 20


class Code(nn.Module):
    """What is optimised.

    Attributes:
        styles: [1, rows, style], or [1, 1, style] for one style in all layers.
        noise: the noise maps.
    """

    def __init__(self, styles: Tensor, noise: list[Tensor]) -> None:
        super().__init__()
        self.styles = nn.Parameter(styles.clone())
        self.noise = nn.ParameterList(each.clone() for each in noise)

    def rows(self, count: int) -> Tensor:
        """The styles of all layers: [1, count, style]."""
        return self.styles.expand(-1, count, -1)


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
    encoder: Encoder | None = None,
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
        start: ``mean``, the mean style; ``random``, uniform in -1..1, as published for photos unlike the training set;
            ``encoder``, what the encoder makes of the photo.
        seed: of all that is random.
        label: class whose mean is begun from, where the model knows any.
        encoder: of this generator, for ``start="encoder"`` and ``preview``.
        preview: give what the encoder makes of the photo, with its few refinements and nothing more.

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
    if noise_steps and not _maps_of(generator):
        raise InputError(
            f"a model of the kind {cfg.generator} has no noise maps: leave out --noise-steps (noise_steps=)"
        )
    target = prepared(photo, cfg).to(run.device)
    space = space or ("w" if method == "projector" else "w+")
    first = _encoded(encoder, generator, target) if preview or start == "encoder" else None
    if preview and first is not None:
        return drawn(net, first if space == "w+" else first.mean(1, keepdim=True).expand_as(first))
    run.reseed("embedding", seed)
    code = _begun(generator, cfg, method, space, start, label, run.device, first)
    distance = _distance(method, target)
    search = {"fast": _fast, "paper": _paper, "projector": _projector}[method]
    search(generator, code, target, distance, cfg, run, steps or STEPS[method])
    styles = code.rows(generator.rows).detach()
    noise = [each.detach() for each in code.noise] if method == "projector" else []
    if noise_steps:
        noise = _noise(generator, styles, noise or _maps_of(generator), target, run, noise_steps)
    return drawn(net, styles, noise, distance.name)


def prepared(photo: Tensor, cfg: Config) -> Tensor:
    """The photo as the generator would make it: [1, channels, side, side]."""
    height, width = photo.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = photo[:, :3, top : top + side, left : left + side]
    square = resize(square, (cfg.resolution, cfg.resolution)).clamp(-1, 1)
    return square.mean(1, keepdim=True) if cfg.channels == 1 else square


def psnr(made: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures in -1..1, decibel."""
    return 10 * torch.log10(4 / (made.clamp(-1, 1) - target).square().mean().clamp_min(1e-10))


def _maps_of(generator: Generator) -> list[Tensor]:
    maps = getattr(generator.synthesis, "noise_maps", None)
    return [] if maps is None else list(maps())


def _encoded(encoder: Encoder | None, generator: Generator, target: Tensor) -> Tensor:
    if encoder is None:
        raise InputError("there is no encoder of this model: train one, or start from the mean")
    encoder = encoder.to(target.device)
    return refined(encoder, generator, target, encoder.encoded(generator, target))


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
    maps = [torch.randn(each.shape).to(device) for each in _maps_of(generator)] if method == "projector" else []
    return Code(styles.detach(), maps)


def _distance(method: str, target: Tensor) -> Distance:
    make = {"fast": fast_distance, "paper": paper_distance, "projector": projector_distance}[method]
    return make(target)


Rate = Callable[[int], float]


def _optimise(
    parameters: list[nn.Parameter],
    code: nn.Module,
    loss: Callable[[int], tuple[Tensor, Tensor]],
    target: Tensor,
    run: Run,
    steps: int,
    stage: str,
    rate: Rate,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Adam on some parameters; ``loss`` gives the loss of a step and the picture, ``rate`` the learning rate."""
    adam = torch.optim.Adam(parameters, lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    every = max(1, steps // _PREVIEWS)
    for i in run.steps(steps, {"code": code, "optimizer": adam}, stage):
        adam.param_groups[0]["lr"] = rate(i)
        adam.zero_grad(set_to_none=True)
        value, made = loss(i)
        value.backward(inputs=parameters)  # type: ignore[no-untyped-call]
        adam.step()
        with torch.no_grad():
            after()
            run.report(loss=value.detach(), psnr=psnr(made, _sized(target, made.shape[2])))
            if run.on_event and (i + 1) % every == 0:
                run.report(preview=displayed(made))


def _sized(target: Tensor, side: int) -> Tensor:
    return target if target.shape[2] == side else resize(target, (side, side))


def _fast(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> None:
    """Coarse to fine: each stage optimises all layers up to its resolution."""
    sides = [cfg.resolution]
    if cfg.generator == "stylegan2" and cfg.architecture == "skip":
        while sides[0] > _COARSEST:
            sides.insert(0, sides[0] // 2)
    coarse = round(steps * _COARSE_SHARE) if len(sides) > 1 else 0
    counts = [coarse // (len(sides) - 1)] * (len(sides) - 1) if len(sides) > 1 else []
    counts.append(steps - sum(counts))
    for side, count in zip(sides, counts):
        wanted = _sized(target, side)
        compared = distance.of(wanted)

        def loss(
            i: int, side: int = side, wanted: Tensor = wanted, compared: object = compared
        ) -> tuple[Tensor, Tensor]:
            made = generator(code.rows(generator.rows), until=side)
            return distance(made, compared) + F.mse_loss(made, wanted), made

        def rate(i: int, count: int = count) -> float:
            return _FAST_RATE * min(1.0, (i + 1) / 5) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * i / count)))

        _optimise([code.styles], code, loss, target, run, count, f"styles at {side} pixels", rate)


def _paper(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> None:
    compared = distance.of(target)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = generator(code.rows(generator.rows))
        return distance(made, compared) + F.mse_loss(made, target), made

    _optimise([code.styles], code, loss, target, run, steps, "styles", lambda i: _PAPER_RATE)


def _projector(
    generator: Generator, code: Code, target: Tensor, distance: Distance, cfg: Config, run: Run, steps: int
) -> None:
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

    _optimise([code.styles, *maps], code, loss, target, run, steps, "styles and noise", rate, normalise)


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


def _noise(
    generator: Generator, styles: Tensor, maps: list[Tensor], target: Tensor, run: Run, steps: int
) -> list[Tensor]:
    """Optimise the noise maps for the squared error, with the styles fixed.

    Raises:
        InputError: no layer uses noise.
    """
    strengths = [value for name, value in generator.named_parameters() if name.endswith("noise_strength")]
    if strengths and all(float(value.detach()) == 0 for value in strengths):
        raise InputError("this model uses no noise (all its strengths are 0): leave out --noise-steps (noise_steps=)")
    gains = _gains(strengths, len(maps))
    code = Code(styles, [each / gain for each, gain in zip(maps, gains)])
    parameters = list(code.noise)

    def loss(i: int) -> tuple[Tensor, Tensor]:
        made = generator(styles, [each * gain for each, gain in zip(parameters, gains)])
        return F.mse_loss(made, target), made

    def rate(i: int) -> float:
        return _NOISE_RATE * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * i / steps)))

    _optimise(parameters, code, loss, target, run, steps, "noise", rate)
    return [each.detach() * gain for each, gain in zip(parameters, gains)]


def _gains(strengths: list[nn.Parameter], count: int) -> list[float]:
    """What the changes of each noise map are multiplied by.

    A step of Adam has the same length whatever a map is worth; where the network has learned to use little noise, as
    from drawings, maps have to change by more to change the picture.
    """
    if len(strengths) != count:
        return [1.0] * count
    found = [abs(float(value.detach())) for value in strengths]
    return [min(_MOST_GAIN, max(1.0, _USUAL_STRENGTH / value)) if value else 1.0 for value in found]

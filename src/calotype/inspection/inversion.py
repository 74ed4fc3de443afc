"""Photos found in a generator: by an encoder, by optimising the latent vector, or what a layer gives.

The six methods that the paper compares (Bau et al., ICCV 2019, section 4.4) are options of ``invert``. The last one is
the paper's own: what the layers before the inspected ones give is optimised, from the encoder's guess, with a penalty
on how far that leaves what these layers would give, ``r = g_n(d_(n-1) + g_(n-1)( ... d_1 + g_1(z)))``. The latent
vector is optimised with it, without a penalty, as the released code can: what it gives is of the generator's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.inspection.inverter import Inverter
from calotype.inspection.layers import Layered
from calotype.losses.perceptual import PerceptualLoss
from calotype.metrics.psnr import psnr
from calotype.nn.features import LayeredFeatures
from calotype.nn.filter_bank import offline_features
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.nn.vgg import vgg16
from calotype.run import Run

METHODS = ("z", "direct", "direct+z", "layers", "layers+z", "layers+r")
STEPS = 500
_RATE, _LATENT_RATE = 0.03, 0.03
# The shares of the steps after which the learning rate is halved, as published: 800, 1200 and 1800 of 3000.
_HALVED = (0.27, 0.4, 0.6)
_STARTS = 64  # random latent vectors, the best of which "z" starts from
_LONGEST = 1.5  # of a latent vector that an encoder finds, in lengths of those of samples
_SMALLEST = 32  # side to which pictures are enlarged for features, pixels


@dataclass(frozen=True)
class Inversion:
    """Photos found in a generator.

    Attributes:
        pictures: what the generator makes: [N, 3, H, W], -1..1.
        guess: what it made of the encoder's latent vector, or of the one that was begun with; as ``pictures``.
        latent: [N, latent, 1, 1].
        deltas: what was added to what layers 1 to n - 1, and with ``last`` n, give, in deviations of their channels;
            empty unless the method is "layers+r".
        psnr: of every photo, decibel.
        features: name of the features of the loss; empty if nothing was optimised.
    """

    pictures: Tensor
    guess: Tensor
    latent: Tensor
    deltas: list[Tensor]
    psnr: list[float]
    features: str


def invert(
    layered: Layered,
    photos: Tensor,
    run: Run,
    *,
    method: str = "layers+r",
    inverter: Inverter | None = None,
    steps: int = STEPS,
    penalty: float = 1.0,
    last: bool = False,
    features: LayeredFeatures | None = None,
    seed: int = 0,
    stage: str = "",
) -> Inversion:
    """Find photos in a generator; each by itself, all in one batch.

    Args:
        layered: the generator.
        photos: [N, 3, H, W], -1..1, of the generator's size.
        run: where it runs, is stopped and resumed.
        method: ``z`` optimises the latent vector, from the best of a few random ones; ``direct`` takes the encoder's
            word, ``direct+z`` optimises the latent vector from there; ``layers`` and ``layers+z`` are the same with the
            layer-wise encoder; ``layers+r`` optimises what the layers before the inspected ones give.
        inverter: the layer-wise encoder, or for ``direct`` the one that was trained as a whole.
        steps: of optimisation.
        penalty: weight of the mean squares of what is added to activations.
        last: whether something is added to what layer n gives as well.
        features: of the perceptual part of the loss; ``None``: ``features_at_hand``.
        seed: of the random latent vectors.
        stage: name of the stage, unique within the run.

    Raises:
        InputError: the method is unknown, or there is no encoder.
        Stopped, OutputError: as ``Run.steps``.
    """
    if method not in METHODS:
        raise InputError(f"'{method}' is not a method: choose one of {', '.join(METHODS)}")
    if inverter is None and method != "z":
        raise InputError("there is no encoder of this model: train one first")
    photos = photos[:, :3].to(run.device)
    with torch.no_grad():
        z = _random_start(layered, photos, seed) if inverter is None or method == "z" else _guess(inverter, photos)
        guess = layered.run(z).clamp(-1, 1)
    if method in ("direct", "layers"):
        return _finished(guess, guess, z, [], photos, "")
    loss = _Loss(photos, features or features_at_hand(photos.device))
    if method != "layers+r":
        z = _optimised_latent(layered, z, loss, run, steps, stage or method)
        with torch.no_grad():
            return _finished(layered.run(z).clamp(-1, 1), guess, z, [], photos, loss.name)
    assert inverter is not None
    z, deltas = _optimised_deltas(layered, inverter, z, loss, run, steps, penalty, last, stage or method)
    with torch.no_grad():
        made = layered.run(activations(layered, inverter, z, deltas), layered.inverted).clamp(-1, 1)
    return _finished(made, guess, z, deltas, photos, loss.name)


def _guess(inverter: Inverter, photos: Tensor) -> Tensor:
    """The encoder's latent vectors; those that are longer than the generator's own, as of photos that are unlike its
    samples, are shortened.
    """
    z: Tensor = inverter(photos)[0]
    usual = (inverter.get_buffer("mean0").square() + inverter.spread(0).square()).sum().sqrt()
    lengths = z.square().sum((1, 2, 3), keepdim=True).sqrt().clamp_min(1e-12)
    return z * (_LONGEST * usual / lengths).clamp(max=1)


def activations(layered: Layered, inverter: Inverter, z: Tensor, deltas: list[Tensor]) -> Tensor:
    """What layer n gives for a latent vector, where something is added to what the layers give."""
    r = z
    for number, layer in enumerate(layered.layers[: layered.inverted], 1):
        r = layer.run(r)
        if number <= len(deltas):
            r = r + deltas[number - 1] * inverter.spread(number)
    return r


def features_at_hand(device: torch.device) -> LayeredFeatures:
    """VGG-16 if its weights are there, else ST-LPIPS, else features that need no weights."""
    makers: tuple[Callable[[], nn.Module], ...] = (vgg16, lambda: shift_tolerant("alex"))
    for make in makers:
        try:
            return make().to(device)  # type: ignore[return-value]
        except InputError:
            continue
    return offline_features().to(device)


class _Loss:
    """Mean absolute errors of pixels and of features, summed over the photos, so that each is found by itself."""

    def __init__(self, photos: Tensor, features: LayeredFeatures) -> None:
        self.photos, self.name = photos, features.name
        self._of_features = PerceptualLoss(features, weights=None)
        self._size = _enlarged_size((photos.shape[2], photos.shape[3]))
        self._wanted = resize(photos, self._size, mode="bilinear")

    def __call__(self, made: Tensor) -> Tensor:
        pixels = (made - self.photos).abs().mean()
        return len(made) * (pixels + self._of_features(resize(made, self._size, mode="bilinear"), self._wanted))


def _enlarged_size(size: tuple[int, int]) -> tuple[int, int]:
    factor = max(1.0, _SMALLEST / min(size))
    return round(size[0] * factor), round(size[1] * factor)


def _random_start(layered: Layered, photos: Tensor, seed: int) -> Tensor:
    """The best of a few random latent vectors, for each photo."""
    z = layered.latents(range(seed, seed + _STARTS))
    made = torch.cat([layered.run(some) for some in torch.split(z, 16)])
    errors = torch.stack([(made - photo).abs().mean((1, 2, 3)) for photo in photos])
    return z[errors.argmin(1)]


def _rate(base: float, i: int, steps: int) -> float:
    return base * 0.5 ** sum(i >= share * steps for share in _HALVED)


def _optimised_latent(layered: Layered, z: Tensor, loss: _Loss, run: Run, steps: int, stage: str) -> Tensor:
    found = nn.Parameter(z.clone())
    _optimise([found], lambda: loss(layered.run(found)), run, steps, stage, _LATENT_RATE)
    return found.detach()


def _optimised_deltas(
    layered: Layered,
    inverter: Inverter,
    z: Tensor,
    loss: _Loss,
    run: Run,
    steps: int,
    penalty: float,
    last: bool,
    stage: str,
) -> tuple[Tensor, list[Tensor]]:
    """The latent vector, which is optimised too and not penalized, as whatever it gives is of the generator's own, and
    what is added to the layers."""
    count = layered.inverted if last or layered.inverted == 1 else layered.inverted - 1
    shapes = layered.shapes[1 : count + 1]
    deltas = [nn.Parameter(torch.zeros(len(z), *shape, device=z.device)) for shape in shapes]
    latent = nn.Parameter(z.clone())

    def total() -> Tensor:
        made = layered.run(activations(layered, inverter, latent, list(deltas)), layered.inverted)
        kept = torch.stack([each.square().mean() for each in deltas]).sum()
        return loss(made) + penalty * len(made) * kept

    _optimise([latent, *deltas], total, run, steps, stage, _RATE)
    return latent.detach(), [each.detach() for each in deltas]


def _optimise(
    parameters: list[nn.Parameter], loss: Callable[[], Tensor], run: Run, steps: int, stage: str, rate: float
) -> None:
    adam = torch.optim.Adam(parameters)
    held = nn.ParameterList(parameters)
    for i in run.steps(steps, {"found": held, "optimizer": adam}, stage):
        adam.param_groups[0]["lr"] = _rate(rate, i, steps)
        value = loss()
        adam.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        adam.step()
        run.report(loss=value.detach() / len(parameters[0]))


def _finished(
    pictures: Tensor, guess: Tensor, z: Tensor, deltas: list[Tensor], photos: Tensor, features: str
) -> Inversion:
    values = [psnr(one[None], photo[None]) for one, photo in zip(pictures, photos)]
    return Inversion(pictures, guess, z, deltas, values, features)

"""Training of the layer-wise encoder, on samples of the generator alone: no photo is needed.

Every sample is new. First each ``e_i`` learns to undo its layer (left inverse), so that the layer makes of what it
finds what it was given (right inverse); ``e_f`` learns what layer n gives; then all are trained together. The released
code does not clear gradients between steps; here they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.inspection.inverter import Inverter, InverterConfig, build_inverter, cosine_error, distance
from calotype.inspection.layers import Layered
from calotype.run import Run

_MEASURED = 512  # samples for means and deviations
_OFFSET = 1 << 20  # seeds of training samples: after those that people look at
_APART = 1 << 24  # between the seeds of two stages
_LEAST = 0.02  # of the learning rate, at the end
_DIRECT = "whole encoder"


def stages_of(layered: Layered, direct: bool = False) -> list[str]:
    """The names of the stages of a training, in their order."""
    if direct:
        return [_DIRECT]
    names = [layer.name for layer in layered.layers[: layered.inverted]]
    return [*(f"inverse of {name}" for name in reversed(names)), "inverse of the picture", "all together"]


def steps_of(layered: Layered, cfg: InverterConfig, direct: bool = False) -> list[int]:
    """The number of steps of every stage; a direct encoder takes as many as all of them."""
    counts = [*[cfg.layer_steps] * layered.inverted, cfg.image_steps, cfg.joint_steps]
    return [sum(counts)] if direct else counts


def train_inverter(layered: Layered, cfg: InverterConfig, run: Run, *, direct: bool = False) -> Inverter:
    """Train the encoder of a generator.

    Args:
        layered: the generator.
        cfg: the settings.
        run: where it runs, is stopped and resumed.
        direct: train the network as a whole, for latent vector and picture alone, with as many steps.

    Returns:
        The encoder, in eval mode.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    run.reseed("inverter", "start")
    inverter = build_inverter(layered, cfg).to(run.device)
    with torch.no_grad():
        inverter.measure(layered.all(_latents(layered, cfg, 0, 0, _MEASURED), layered.inverted))
    stages, counts = stages_of(layered, direct), steps_of(layered, cfg, direct)
    for number, (stage, count) in enumerate(zip(stages, counts)):
        loss, parts, rate = _stage(inverter, layered, cfg, number, direct)
        _train(inverter, parts, loss, (layered, cfg, number + 1), run, count, stage, rate)
    return inverter.requires_grad_(False).eval()


Loss = Callable[[list[Tensor]], dict[str, Tensor]]


def _stage(
    inverter: Inverter, layered: Layered, cfg: InverterConfig, number: int, direct: bool
) -> tuple[Loss, torch.nn.Module, float]:
    """The loss of a stage, of what is trained, and its learning rate."""
    count = layered.inverted
    if direct:
        return (lambda r: _of_all(inverter, layered, cfg, r, layers=False)), inverter, cfg.image_rate
    if number < count:
        layer = count - number
        return (lambda r: _of_layer(inverter, layered, cfg, r, layer)), inverter.layers[layer - 1], cfg.layer_rate
    if number == count:
        return (lambda r: _of_picture(inverter, layered, cfg, r)), inverter.picture, cfg.image_rate
    return (lambda r: _of_all(inverter, layered, cfg, r, layers=True)), inverter, cfg.joint_rate


def _of_layer(
    inverter: Inverter, layered: Layered, cfg: InverterConfig, r: list[Tensor], number: int
) -> dict[str, Tensor]:
    """Left and right inverse of layer ``number``, from 1."""
    found = inverter.undone(r[number], number)
    again = layered.layers[number - 1].run(found)
    left = _left(inverter, cfg, r[number - 1], found, number - 1)
    return {"left": left, "right": cfg.right * distance(inverter, r[number], again, number, cfg)}


def _left(inverter: Inverter, cfg: InverterConfig, wanted: Tensor, found: Tensor, number: int) -> Tensor:
    """The length of latent vectors is lost in many generators, so those are compared by their cosine."""
    return distance(inverter, wanted, found, number, cfg) if number else cosine_error(wanted, found)


def _of_picture(inverter: Inverter, layered: Layered, cfg: InverterConfig, r: list[Tensor]) -> dict[str, Tensor]:
    with torch.no_grad():
        pictures = layered.run(r[-1], layered.inverted).clamp(-1, 1)
    return {"activations": distance(inverter, r[-1], inverter.seen(pictures), layered.inverted, cfg)}


def _of_all(
    inverter: Inverter, layered: Layered, cfg: InverterConfig, r: list[Tensor], *, layers: bool
) -> dict[str, Tensor]:
    with torch.no_grad():
        pictures = layered.run(r[-1], layered.inverted).clamp(-1, 1)
    found, last = inverter(pictures), layered.inverted
    again = layered.run(found[0], 0, last)
    losses = {"latent": cosine_error(r[0], found[0]), "pixels": F.mse_loss(layered.run(again, last), pictures)}
    if layers:
        losses["activations"] = distance(inverter, r[-1], found[-1], last, cfg)
        losses["again"] = distance(inverter, r[-1], again, last, cfg)
    return losses


def _latents(layered: Layered, cfg: InverterConfig, stage: int, step: int, count: int) -> Tensor:
    first = _OFFSET + stage * _APART + step * cfg.batch
    return layered.latents(range(first, first + count))


def _train(
    inverter: Inverter,
    parts: torch.nn.Module,
    loss: Loss,
    samples: tuple[Layered, InverterConfig, int],
    run: Run,
    count: int,
    stage: str,
    rate: float,
) -> None:
    """Train some parts of the encoder; the others stay as they are."""
    layered, cfg, number = samples
    inverter.requires_grad_(False).eval()
    parts.requires_grad_(True).train()
    adam = torch.optim.Adam(parts.parameters(), rate)
    for i in run.steps(count, {"inverter": inverter, "optimizer": adam}, stage):
        adam.param_groups[0]["lr"] = rate * (_LEAST + (1 - _LEAST) * 0.5 * (1 + math.cos(math.pi * i / count)))
        with torch.no_grad():
            activations = layered.all(_latents(layered, cfg, number, i, cfg.batch), layered.inverted)
        losses = loss(activations)
        adam.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        adam.step()
        run.report({name: value.detach() for name, value in losses.items()})

"""Checks of a verb's arguments against a model, made before the work is announced; called as the verb's function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from calotype.errors import ArgumentError, InputError
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.editing import (
    Code,
    check_component,
    code_of,
    combined_after,
    direction_of,
    first_of,
    layers_of,
)
from calotype.models.stylegan.generate import label_of, mixed_from
from calotype.models.stylegan.network import Net
from calotype.models.stylegan.search import check_noise
from calotype.nn.vgg import check_vgg16


def check_sample(cfg: Config, *, net: Net, label: int, mix: int | None, mix_from: int | None, **others: Any) -> None:
    """Check the arguments of ``sample``.

    Raises:
        InputError: the model has no such class or layer.
    """
    label_of(label, cfg)
    if mix is not None:
        mixed_from(mix_from, net.generator.rows)


def check_interpolate(cfg: Config, *, net: Net, label: int, **others: Any) -> None:
    """Check the arguments of ``interpolate``.

    Raises:
        InputError: the model has no such class.
    """
    label_of(label, cfg)


def check_embed(
    cfg: Config, *, net: Net, label: int, method: str = "fast", noise_steps: int = 0, **others: Any
) -> None:
    """Check the arguments of ``embed``.

    Raises:
        InputError: the model has no such class, or no noise maps, or there are no weights of the features.
    """
    label_of(label, cfg)
    _check_features(method)
    check_noise(net.generator, noise_steps)


def _check_features(method: str) -> None:
    if method in ("paper", "projector"):
        check_vgg16()


def check_masked(
    cfg: Config, *, net: Net, noise_steps: int | None, method: str = "fast", code: Code | None = None, **others: Any
) -> None:
    """Check the arguments of ``erase``, ``edit``, ``stylize`` and ``mix``.

    Raises:
        InputError: the model has no noise maps, the code is not of this model, or there are no weights of the features.
    """
    _check_features(method)
    check_noise(net.generator, noise_steps or 0)
    if code is not None:
        code_of(code, net, cfg)


def check_morph(
    cfg: Config, *, net: Net, first: Code, second: Code, further: Sequence[Code] = (), **others: Any
) -> None:
    """Check the codes of ``morph``.

    Raises:
        InputError: one is not of this model.
    """
    for code in (first, second, *further):
        code_of(code, net, cfg)


def check_crossover(
    cfg: Config,
    *,
    net: Net,
    structure: Code,
    style: Code,
    from_layer: int | None,
    mask: Tensor | None = None,
    source: Tensor | None = None,
    share: float | None = None,
    **others: Any,
) -> None:
    """Check the arguments of ``crossover``.

    Raises:
        InputError: a code is not of this model, it has no such layer, or a mask is not square.
    """
    check_morph(cfg, net=net, first=structure, second=style)
    if mask is None:
        if source is not None or share is not None:
            given = "source" if source is not None else "share"
            raise ArgumentError(f"--{given} applies to a region: give --mask too (mask=)")
        first_of(from_layer, net.generator.rows)
        return
    combined_after(from_layer, net.generator.rows)
    for name, each in (("mask", mask), ("source", source)):
        if each is not None and each.shape[2] != each.shape[3]:
            raise InputError(
                f"the {name} is {each.shape[3]}x{each.shape[2]} and the model's pictures are {cfg.resolution}x"
                f"{cfg.resolution} pixels: give a square one"
            )


def check_transfer(cfg: Config, *, net: Net, code: Code, before: Code, after: Code, **others: Any) -> None:
    """Check the codes of ``transfer``.

    Raises:
        InputError: one is not of this model.
    """
    check_morph(cfg, net=net, first=before, second=after)
    code_of(code, net, cfg)


def check_adjust(
    cfg: Config,
    *,
    net: Net,
    code: Code,
    component: int,
    from_layer: int | None,
    to_layer: int | None,
    direction: Code | None = None,
    **others: Any,
) -> None:
    """Check the arguments of ``adjust``.

    Raises:
        InputError: the code or the direction is not of this model, or there is no such component or layer.
    """
    code_of(code, net, cfg)
    layers_of(from_layer, to_layer, net.generator.rows)
    if direction is None:
        check_component(component, cfg)
    else:
        direction_of(direction, net.generator.rows, cfg)

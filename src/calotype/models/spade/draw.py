"""Pictures from label maps, by a trained net."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.spade.config import Config
from calotype.models.spade.network import Net, code_of
from calotype.run import Run
from calotype.semantic.drawing import drawn


@torch.no_grad()
def draw(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    seed: int = 0,
    instances: Tensor | None = None,
) -> Tensor:
    """A picture of a label map.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        label_map: int64 [1, h, w], at least 1 x 1: classes from 0; -1 for a pixel without a class, which is one more
            class to the network, or none at all with ``cfg.unknown`` "zeros". A size that is no multiple of 2 to the
            power of ``cfg.doublings`` is padded on the right and at the bottom by repeating the last pixels, and the
            picture is cut.
        style: [1, 3, h, w], -1..1, of any size: a picture whose style code is used, the mean that the encoder finds;
            ``None`` draws the code from a standard normal distribution.
        seed: of the code; without effect where there is a style picture, or no code.
        instances: int64 [1, h, w]; where ``cfg.instances`` is set, ``None`` takes every region of a class as one.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: the map has a class that the net does not know or a wrong shape, or the net takes no style.
    """
    code = style_code(cfg, net, style, seed, next(net.parameters()).device)
    return drawn_with(cfg, run, net, label_map, code, instances)


@torch.no_grad()
def drawn_with(
    cfg: Config, run: Run, net: Net, label_map: Tensor, code: Tensor | None, instances: Tensor | None = None
) -> Tensor:
    """As ``draw``, with a style code [1, latent] on the net's device; ``None`` for a model without style codes."""
    grid = 1 << (cfg.halvings if cfg.generator == "pix2pixhd" else cfg.doublings)
    return drawn(lambda maps: net.generator(maps, code), cfg, run, label_map, grid, instances)


def check_draw(
    cfg: Config,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    seed: int = 0,
    instances: Tensor | None = None,
) -> None:
    """Refuse a style that ``draw`` cannot use; the arguments are those of ``draw``.

    Raises:
        InputError: the model has no encoder.
    """
    check_style(net, style)


def seedless(cfg: Config, *, net: Net, label_map: Tensor, style: Tensor | None = None, **others: Any) -> str:
    """Why all seeds give one picture; empty where they differ. The arguments are those of ``draw``."""
    if not cfg.latent:
        return "this model was trained without style codes"
    return "" if style is None else "the look is that of the style picture, not of the seed"


def check_style(net: Net, style: Tensor | None) -> None:
    """Refuse a style picture for a model without an encoder.

    Raises:
        InputError: it is one.
    """
    if style is not None and net.encoder is None:
        raise InputError("this model was trained without style codes: leave the style picture out")


def style_code(cfg: Config, net: Net, style: Tensor | None, seed: int, device: torch.device) -> Tensor | None:
    """The style code of a picture, or of a seed without one: [1, latent]; ``None`` for a model without style codes.

    Raises:
        InputError: there is a picture, and the model has no encoder.
    """
    if style is None:
        code = code_of(seed, cfg)
        return None if code is None else code.to(device)
    check_style(net, style)
    assert net.encoder is not None
    mean: Tensor = net.encoder(style.to(device))[0]
    return mean

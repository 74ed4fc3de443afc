"""Pictures of one label map between two style codes."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.spade.config import Config
from calotype.models.spade.draw import check_style, drawn_with, style_code
from calotype.models.spade.network import Net, code_of
from calotype.nn.interpolation import arc, line
from calotype.run import Run


@torch.no_grad()
def interpolate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
) -> list[Tensor]:
    """Pictures of a label map on the path from one style code to another.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained, in eval mode.
        label_map: as for ``draw``.
        style: picture of the first code, as for ``draw``; ``None``: that of ``seed``.
        to_style: picture of the last code; ``None``: that of ``to_seed``.
        seed: of the first code.
        to_seed: of the last code.
        frames: number of pictures, at least 2. Between the codes of two pictures they lie on a straight line, else on
            an arc, as codes of seeds have a normal distribution.

    Returns:
        [1, 3, h, w] each, float32, -1..1, on the run's device.

    Raises:
        InputError: as for ``draw``, or the model has no style codes.
    """
    check_interpolate(cfg, net=net, label_map=label_map, style=style, to_style=to_style)
    device = next(net.parameters()).device
    first, last = style_code(cfg, net, style, seed, device), style_code(cfg, net, to_style, to_seed, device)
    assert first is not None
    assert last is not None
    both = style is not None and to_style is not None
    path = (line if both else arc)(first, last, frames)
    return [drawn_with(cfg, run, net, label_map, path[i]) for i in run.steps(frames, stage="frames")]


def check_interpolate(
    cfg: Config,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
) -> None:
    """Refuse a model without style codes; the arguments are those of ``interpolate``.

    Raises:
        InputError: the model has none, or cannot find those of pictures.
    """
    if code_of(0, cfg) is None:
        raise InputError("this model was trained without style codes: it draws one picture of a label map")
    for picture in (style, to_style):
        check_style(net, picture)

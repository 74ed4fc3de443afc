"""Pictures of one label map between two sets of codes: style morphing."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.models.smis.config import Config
from calotype.models.smis.draw import check_style, codes_for
from calotype.models.smis.network import Net
from calotype.models.smis.redraw import Drawing
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
    style_map: Tensor | None = None,
    to_style: Tensor | None = None,
    to_style_map: Tensor | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
) -> list[Tensor]:
    """Pictures of a label map on the path from one set of codes to another.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained, in eval mode.
        label_map: as for ``draw``.
        style: photo of the first codes, as for ``draw``; ``None``: those of ``seed``.
        style_map: its label map.
        to_style: photo of the last codes; ``None``: those of ``to_seed``.
        to_style_map: its label map.
        seed: of the first codes.
        to_seed: of the last codes.
        frames: number of pictures, at least 2. Between the codes of two photos they lie on a straight line, else on an
            arc of each class, as codes of seeds have a normal distribution.

    Returns:
        [1, 3, h, w] each, float32, -1..1, on the run's device.

    Raises:
        InputError: as for ``draw``.
    """
    first = codes_for(cfg, net, style, style_map, seed)
    last = codes_for(cfg, net, to_style, to_style_map, to_seed)
    path = _path(first, last, frames, cfg.code, straight=style is not None and to_style is not None)
    drawing = Drawing(cfg, run, net, label_map, first)
    return [drawing.redraw(path[i]) for i in run.steps(frames, stage="frames")]


def check_interpolate(
    cfg: Config,
    *,
    net: Net,
    label_map: Tensor,
    style: Tensor | None = None,
    style_map: Tensor | None = None,
    to_style: Tensor | None = None,
    to_style_map: Tensor | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
) -> None:
    """Refuse styles that ``interpolate`` cannot use; the arguments are those of ``interpolate``.

    Raises:
        InputError: as ``interpolate``.
    """
    check_style(net, style, style_map)
    check_style(net, to_style, to_style_map)


def _path(first: Tensor, last: Tensor, frames: int, code: int, *, straight: bool) -> list[Tensor]:
    """Codes [1, classes x code, h, w], frame by frame; each class has a path of its own."""
    ends = [(a.flatten(1), b.flatten(1)) for a, b in zip(torch.split(first, code, 1), torch.split(last, code, 1))]
    paths = [(line if straight else arc)(a, b, frames) for a, b in ends]
    return [torch.cat([path[i].flatten() for path in paths]).view_as(first) for i in range(frames)]

"""Pictures of conditions of any size, with codes of seeds or of exemplars."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.nn.interpolation import arc, line
from calotype.run import Run
from calotype.translation.config import TranslationConfig
from calotype.translation.network import code_of, planes
from calotype.translation.record import Record
from calotype.translation.trainer import Translator


@torch.no_grad()
def drawn(net: Translator, cfg: TranslationConfig, condition: Tensor, code: Tensor, device: torch.device) -> Tensor:
    """Pictures of conditions of any size.

    Args:
        net: trained.
        cfg: the settings.
        condition: [B, C, h, w], repeated beyond its last row and column up to a multiple of the network's grid.
        code: [B, code].
        device: to compute on.

    Returns:
        [B, 3, h, w], -1..1.
    """
    height, width = condition.shape[2:]
    grid = 1 << cfg.levels
    padded = F.pad(condition.to(device), (0, -width % grid, 0, -height % grid), mode="replicate")
    return net.draw(padded, code.to(device))[:, :, :height, :width].clamp(-1, 1).contiguous()


def of_label(label: int, cfg: TranslationConfig, size: tuple[int, int] | None = None) -> Tensor:
    """The condition of a label: [1, classes, height, width]."""
    return planes(torch.tensor([label]), cfg.classes, size or cfg.size)


@torch.no_grad()
def code_for(net: Translator, cfg: TranslationConfig, record: Record, style: Tensor | None, seed: int) -> Tensor:
    """The code of an exemplar [1, 3, h, w], or of a seed, drawn as those of the task of ``record``: [1, code]."""
    return record.codes(code_of(seed, cfg.code)).cpu() if style is None else net.encode(style)[0].cpu()


@torch.no_grad()
def style_codes(cfg: TranslationConfig, net: Translator, pictures: Sequence[Tensor]) -> dict[str, Tensor]:
    """The codes of the looks of pictures [1, 3, h, w], -1..1, means of their distributions: ``style`` [n, code]."""
    return {"style": torch.cat([net.encode(picture)[0].float() for picture in pictures])}


def film(
    net: Translator,
    cfg: TranslationConfig,
    run: Run,
    condition: Tensor,
    ends: tuple[Tensor, Tensor],
    frames: int,
    *,
    straight: bool,
) -> list[Tensor]:
    """Pictures of one condition on the path from one code to another.

    Args:
        net: trained.
        cfg: the settings.
        run: where it runs and reports.
        condition: [1, C, h, w].
        ends: first and last code, [1, code].
        frames: number of pictures, at least 2.
        straight: whether the codes lie on a straight line (between those of exemplars), else on an arc.

    Returns:
        [1, 3, h, w] each, -1..1.
    """
    path = (line if straight else arc)(*ends, frames)
    return [drawn(net, cfg, condition, path[i], run.device) for i in run.steps(frames, stage="frames")]

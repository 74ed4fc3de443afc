"""Auxiliary pictures, on which old and new networks are compared (Lifelong GAN, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.image.resize import resize
from calotype.models.lifelong.config import Config
from calotype.translation.network import planes

_SPREAD = 1.5  # greatest factor of colours
_LEAST = 0.5  # side of an enlarged part, as a share of the picture


def auxiliary(condition: Tensor, real: Tensor, cfg: Config, old: Tensor | None) -> tuple[Tensor, Tensor]:
    """Auxiliary conditions and pictures, drawn by torch's global generator.

    Args:
        condition: of the current task, [B, C, H, W].
        real: the pictures, [B, 3, H, W].
        cfg: the settings.
        old: labels of the earlier tasks, int64 [n]; ``None`` where conditions are pictures.

    Returns:
        [b, C, H, W] and [b, 3, H, W], with b a share of B. For ``typical``, montages, see
        ``calotype.models.lifelong.typical``.
    """
    count = max(1, round(cfg.auxiliary_share * len(real)))
    if cfg.auxiliary == "swap" and old is not None:
        labels = old.to(real.device)[torch.randint(len(old), (count,)).to(real.device)]
        return planes(labels, cfg.classes, (real.shape[2], real.shape[3])), real[:count]
    if cfg.auxiliary == "montage":
        found = montage(condition, real, count, cfg.patch, one=cfg.patches_from == "one")
        return _mixed(found[0], cfg), _mixed(found[1], cfg)
    if cfg.auxiliary == "typical":
        return montage(condition, real, count, cfg.patch, one=cfg.patches_from == "one")
    if cfg.auxiliary == "noise":
        return tuple(torch.randn(count, *x.shape[1:]).clamp(-1, 1).to(x.device) for x in (condition, real))  # type: ignore[return-value]
    if cfg.auxiliary == "crop":
        return enlarged(condition[:count], real[:count])
    return condition[:count], real[:count]


def montage(condition: Tensor, real: Tensor, count: int, patch: int, *, one: bool) -> tuple[Tensor, Tensor]:
    """Patches at random positions, put together in rows and columns; both pictures have the same patches.

    Args:
        condition: [B, C, H, W].
        real: [B, 3, H, W].
        count: number of montages.
        patch: side of the patches, pixels; those of the last row and column may be cut.
        one: whether all patches of a montage are from one picture of the batch.

    Returns:
        [count, C, H, W] and [count, 3, H, W].
    """
    height, width = real.shape[2:]
    side = min(patch, height, width)
    rows, columns = -(-height // side), -(-width // side)
    cells = (count, rows, columns)
    top, left = torch.randint(height - side + 1, cells), torch.randint(width - side + 1, cells)
    source = torch.arange(count)[:, None, None].expand(cells) % len(real) if one else torch.randint(len(real), cells)
    within = torch.arange(side)
    y = (top[..., None] + within).permute(0, 1, 3, 2).repeat_interleave(side, 3)  # [n, rows, side, columns * side]
    x = (left[..., None] + within).flatten(2)[:, :, None].expand(-1, -1, side, -1)
    of = source[:, :, None].expand(-1, -1, side, -1).repeat_interleave(side, 3)
    y, x, of = (each.flatten(1, 2)[:, :height, :width].to(real.device) for each in (y, x, of))
    found = [given.permute(0, 2, 3, 1)[of, y, x].permute(0, 3, 1, 2) for given in (condition, real)]
    return found[0], found[1]


def _mixed(pictures: Tensor, cfg: Config) -> Tensor:
    """Montages, a share of which has other colours; one-hot planes of labels stay as they are."""
    if not cfg.recolour or pictures.shape[1] != 3:
        return pictures
    chosen = (torch.rand(len(pictures), 1, 1, 1) < cfg.recolour).to(pictures.device)
    return torch.where(chosen, recoloured(pictures, cfg.patch), pictures)


def recoloured(pictures: Tensor, patch: int) -> Tensor:
    """Pictures whose patches have other colours: channels exchanged, inverted, spread and shifted, each by chance.

    Args:
        pictures: [B, 3, H, W], -1..1.
        patch: side of the patches, pixels.

    Returns:
        Of the same shape, -1..1.
    """
    count, _, height, width = pictures.shape
    cells = (count, 3, -(-height // patch), -(-width // patch))
    order = torch.rand(count, 3).argsort(1).to(pictures.device)
    factor, shift = (
        each.to(pictures.device).repeat_interleave(patch, 2).repeat_interleave(patch, 3)[:, :, :height, :width]
        for each in (_SPREAD * (2 * torch.rand(cells) - 1), 2 * torch.rand(cells) - 1)
    )
    exchanged = pictures.gather(1, order[:, :, None, None].expand_as(pictures))
    return (factor * exchanged + shift).clamp(-1, 1)


def enlarged(condition: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """One random part of the pictures, the same of all, enlarged to their size."""
    height, width = real.shape[2:]
    share = _LEAST + (1 - _LEAST) * float(torch.rand(()))
    h, w = max(1, round(share * height)), max(1, round(share * width))
    top, left = int(torch.randint(height - h + 1, ())), int(torch.randint(width - w + 1, ()))
    found = [resize(x[:, :, top : top + h, left : left + w], (height, width)) for x in (condition, real)]
    return found[0], found[1]

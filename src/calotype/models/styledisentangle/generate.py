"""Photos of any size in the style of an artwork, whole or in tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import ArgumentError, InputError
from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.network import Net
from calotype.models.styledisentangle.styles import between
from calotype.run import Run

_CORE = 384  # least side of what a tile adds to the picture, pixels
_CONTEXT = 3  # what a tile sees beyond it, in windows
_WHOLE = 640 * 640  # pixels up to which a picture is made at once


@torch.no_grad()
def stylize(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    photo: Tensor,
    style: Tensor,
    to_style: Tensor | None = None,
    blend: float | None = None,
    vector: str | None = None,
) -> Tensor:
    """A photo in the style of an artwork.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained, in eval mode.
        photo: [1, C, h, w], -1..1, of any size; the first three channels are used.
        style: the artwork, [1, 3, h, w], of any size.
        to_style: a second artwork.
        blend: share of the second artwork's style, 0..1; ``None``: half.
        vector: how the style vectors of an artwork's patches are combined: ``mean``, ``median`` or ``closest``.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: an argument cannot be used.
    """
    check_stylize(cfg, net=net, photo=photo, style=style, to_style=to_style, blend=blend, vector=vector)
    share = 0.5 if blend is None else blend
    code = style_of(cfg, run, net, style, to_style, share, vector)
    return decoded(cfg, run, net, photo[:, :3].to(run.device), code)


def check_stylize(
    cfg: Config,
    *,
    net: Net,
    photo: Tensor,
    style: Tensor,
    to_style: Tensor | None = None,
    blend: float | None = None,
    vector: str | None = None,
) -> None:
    """Refuse a share of a second artwork that cannot be used; the arguments are those of ``stylize``.

    Raises:
        ArgumentError: there is one without a second artwork, or it is outside of 0..1.
    """
    if to_style is None and blend is not None:
        raise ArgumentError("--blend is for two artworks: give --to-style PICTURE too (to_style=)")
    if blend is not None and not 0 <= blend <= 1:
        raise ArgumentError(f"a share of {blend:g} cannot be used: give a number from 0 to 1 (blend=)")


def check_interpolate(
    cfg: Config,
    *,
    net: Net,
    picture: Tensor | None = None,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    frames: int = 24,
) -> None:
    """Refuse a film without all of its pictures; the arguments are those of ``interpolate``.

    Raises:
        InputError: a picture is missing.
    """
    if picture is None or style is None or to_style is None:
        raise InputError("interpolate needs a photo and two artworks: give --picture, --style and --to-style")


@torch.no_grad()
def interpolate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    picture: Tensor | None = None,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    frames: int = 24,
) -> list[Tensor]:
    """A photo in styles between those of two artworks.

    Args:
        cfg: as in training.
        run: where it runs and reports.
        net: trained, in eval mode.
        picture: the photo, as for ``stylize``.
        style: the first artwork.
        to_style: the last one.
        frames: number of pictures, at least 2.

    Returns:
        [1, 3, h, w] each, float32, -1..1, on the run's device.

    Raises:
        InputError: a picture is missing.
    """
    check_interpolate(cfg, net=net, picture=picture, style=style, to_style=to_style)
    assert picture is not None
    assert style is not None
    assert to_style is not None
    first, last = (style_of(cfg, run, net, given, None, 0.0, None) for given in (style, to_style))
    content = picture[:, :3].to(run.device)
    quiet = run.within(None, seed=run.seed)
    return [
        decoded(cfg, quiet, net, content, first.lerp(last, i / (frames - 1))) for i in run.steps(frames, stage="frames")
    ]


@torch.no_grad()
def stylize_film(
    cfg: Config, run: Run, *, net: Net, frames: Sequence[Tensor], style: Tensor, vector: str | None = None
) -> list[Tensor]:
    """The pictures of a film, all with one style vector, so that the style does not flicker.

    Args:
        cfg, run, net, style, vector: as for ``stylize``.
        frames: [1, 3, h, w] each.

    Returns:
        As many pictures, [1, 3, h, w] each.
    """
    code = style_of(cfg, run, net, style, None, 0.0, vector)
    quiet = run.within(None, seed=run.seed)
    steps = run.steps(len(frames), stage="frames")
    return [decoded(cfg, quiet, net, frames[i][:, :3].to(run.device), code) for i in steps]


def style_of(
    cfg: Config, run: Run, net: Net, style: Tensor, to_style: Tensor | None, share: float, vector: str | None
) -> Tensor:
    """The style vector that is asked for: [1, style]."""
    last = None if to_style is None else to_style[:, :3].to(run.device)
    return between(net, cfg, style[:, :3].to(run.device), last, share, vector or "mean")


def decoded(cfg: Config, run: Run, net: Net, photo: Tensor, code: Tensor, *, core: int | None = None) -> Tensor:
    """A photo [1, 3, h, w] with a style vector [1, style], in tiles where it is large: [1, 3, h, w].

    Args:
        cfg: as in training.
        run: where it runs and reports each tile.
        net: trained.
        photo: of any size.
        code: the style vector.
        core: side of what a tile adds, pixels, brought to a multiple of the window; ``None``: tiles only where the
            photo is large. Tiles see three windows more on each side, and normalisation has its windows at the same
            places as in the whole picture.
    """
    height, width = photo.shape[2:]
    grid = 1 << cfg.halvings
    padded = F.pad(photo, (0, -width % grid, 0, -height % grid), mode="replicate")
    if core is None and padded.shape[2] * padded.shape[3] <= _WHOLE:
        return _whole(cfg, net, padded, code)[:, :, :height, :width].contiguous()
    size = (padded.shape[2], padded.shape[3])
    parts = list(_tiles(size, core or _CORE, cfg.window))
    made = torch.empty_like(padded)
    for i in run.steps(len(parts), stage="tiles"):
        (top, left, bottom, right), (y, x, y1, x1) = parts[i]
        tile = _whole(cfg, net, padded[:, :, y:y1, x:x1], code)
        made[:, :, top:bottom, left:right] = tile[:, :, top - y : bottom - y, left - x : right - x]
    return made[:, :, :height, :width].contiguous()


def _whole(cfg: Config, net: Net, photo: Tensor, code: Tensor) -> Tensor:
    result: Tensor = net.decoder(net.content(photo, cfg.window), code, cfg.window)
    return result


Box = tuple[int, int, int, int]  # top, left, bottom, right


def _tiles(size: tuple[int, int], core: int, window: int) -> Iterator[tuple[Box, Box]]:
    """What each tile adds to a picture of a size, and what it sees."""
    side, context = max(1, core // window) * window, _CONTEXT * window
    for top in range(0, size[0], side):
        for left in range(0, size[1], side):
            bottom, right = min(size[0], top + side), min(size[1], left + side)
            seen = (
                max(0, top - context),
                max(0, left - context),
                min(size[0], bottom + context),
                min(size[1], right + context),
            )
            yield (top, left, bottom, right), seen

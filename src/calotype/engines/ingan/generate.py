"""Retargeted images and films from a trained model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.geometry import Form, Size, form_of, inside
from calotype.engines.ingan.net import Net, learned_size
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.refine import Level, Refinement, Tile, refine
from calotype.run import Run
from calotype.types import Shape

# Ratio of neighbouring patch levels, as in GPNN.
RATIO = 4 / 3
# Minimum side of a result, and of the generator's output, pixels.
SMALLEST = 16
# The first level is searched exhaustively up to so many patches (geometric mean of both sets): no initial
# nearest-neighbour field is needed.
EXACT_START = 6000


@torch.no_grad()
def retarget(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: Size,
    seed: int,
    tile: Tile = (False, False),
    shape: Shape | None = None,
    net: Net | None = None,
) -> Tensor:
    """The photo at another size or in another shape: section 3.1 of the paper.

    Args:
        photos: [1, 3, H, W], -1..1: the one photo that the model was trained on.
        cfg: settings, those of the training except for patches.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the patch search; hardly changes the result.
        tile: ignored: results are not periodic.
        shape: the shape of the result within that size; ``None`` for all of it.
        net: trained.

    Returns:
        [1, 3, h, w], -1..1; with a shape [1, 4, h, w], transparent outside of it.

    Raises:
        InputError: there is no model, or the result would be too small.
        Stopped: the run was asked to stop.
    """
    retargeting = _Retargeting(photos, cfg, run, seed, net)
    return retargeting.cut_out(retargeting.generated(size, form_of(shape)), form_of(shape))


@torch.no_grad()
def film(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    places: Sequence[float],
    size: Size,
    seed: int,
    tile: Tile = (False, False),
    shape: Shape | None = None,
    net: Net | None = None,
) -> Iterator[Tensor]:
    """Frames of the transition from the photo to another size or shape, all from one model.

    Args:
        photos: as for ``retarget``.
        cfg: as for ``retarget``.
        run: as for ``retarget``.
        places: position of each frame, from 0, the photo's size, to 1, the result's.
        size: as for ``retarget``.
        seed: as for ``retarget``.
        tile: as for ``retarget``.
        shape: as for ``retarget``.
        net: as for ``retarget``.

    Yields:
        [1, C, h, w], -1..1, of the size of the frame; C = 4 with a shape.

    Raises:
        InputError, Stopped: as ``retarget``.
    """
    retargeting = _Retargeting(photos, cfg, run, seed, net)
    start = retargeting.photo_size
    before = None
    for place in places:
        here = tuple(round(a + (b - a) * place) for a, b in zip(start, size, strict=True))
        form = form_of(shape.partly(place)) if shape is not None else None
        before = retargeting.generated((here[0], here[1]), form, before)
        yield retargeting.cut_out(before, form)


def levels_of(photo: Size, size: Size, cfg: Config) -> list[Level]:
    """The patch levels, coarsest first; the last has ``size``."""
    learned = learned_size(photo, cfg)
    share = max(learned[0] / photo[0], learned[1] / photo[1])
    if cfg.patches_from:
        share = min(share, max(cfg.patches_from / math.sqrt(photo[0] * photo[1]), 2 * cfg.patch_side / min(photo)))
    count = max(1, round(math.log(1 / share, RATIO))) if share < 1 else 0
    levels = []
    for i in range(count):
        here = share ** (1 - i / count)
        height, width = (max(2 * cfg.patch_side, round(length * here)) for length in size)
        levels.append(Level((height, width), here, cfg.patch_side, cfg.patch_steps))
    return [*levels, Level(size, 1.0, cfg.patch_side, 1 if count else cfg.patch_steps)]


def checked_size(size: Size, cfg: Config) -> None:
    """Check that a result is not smaller than the networks or two patches.

    Raises:
        InputError: the message says how large it must be.
    """
    least = max(SMALLEST, 2 * cfg.patch_side if cfg.side else 0)
    if min(size) < least:
        raise InputError(
            f"a result of {size[1]}x{size[0]} pixels is too small for ingan: both sides must be {least} or more"
        )


def patched(
    layout: Tensor, photo: Tensor, size: Size, cfg: Config, run: Run, seed: int, before: Tensor | None = None
) -> Tensor:
    """Synthesise a layout from the photo's patches, which are sharp at any size.

    Args:
        layout: [1, 3, H, W], -1..1, in the shape of the result.
        photo: [1, 3, H, W], -1..1.
        size: height and width of the result, pixels.
        cfg: settings.
        run: progress and stopping.
        seed: of the search.
        before: for films, the previous frame: mixed into the initial image.

    Returns:
        [1, 3, height, width], -1..1.
    """
    levels = levels_of((photo.shape[2], photo.shape[3]), size, cfg)
    start = resize(layout, levels[0].size)
    if before is not None:
        start = (1 - cfg.steady) * start + cfg.steady * resize(before, levels[0].size)
    how = Refinement(
        restless=cfg.restless,
        alpha=cfg.alpha,
        passes=2,
        exact_below=1500,
        exact_start=EXACT_START,
        together=cfg.together,
    )
    return refine(start, [photo], how, run, levels, torch.Generator().manual_seed(seed), (False, False))


class _Retargeting:
    """Shared by both verbs."""

    def __init__(self, photos: Sequence[Tensor], cfg: Config, run: Run, seed: int, net: Net | None) -> None:
        if net is None:
            raise InputError(
                "ingan makes pictures from a trained model: train it first, with calotype train ingan PHOTO"
            )
        self.net, self.photo, self.cfg, self.run, self.seed = net, photos[0], cfg, run, seed
        self.photo_size: Size = (self.photo.shape[2], self.photo.shape[3])
        self.small = resize(self.photo, net.size)

    def generated(self, size: Size, form: Form | None, before: Tensor | None = None) -> Tensor:
        """The full rectangle: [1, 3, h, w], -1..1. ``before`` is the previous frame of a film."""
        checked_size(size, self.cfg)
        share = self.net.size[0] / self.photo_size[0], self.net.size[1] / self.photo_size[1]
        height, width = (max(SMALLEST, round(length * by)) for length, by in zip(size, share))
        layout = self.net.resized(self.small, (height, width), form)
        cfg = self.cfg
        if not cfg.side:
            return resize(layout, size)
        return patched(layout, self.photo, size, cfg, self.run, self.seed, before)

    def cut_out(self, made: Tensor, form: Form | None) -> Tensor:
        """Make the outside of the form transparent, if there is a form."""
        if form is None:
            return made
        share = inside(form, (made.shape[2], made.shape[3])).to(made)
        # Colours are composited on mid-grey (0), as in all images with alpha.
        return torch.cat([made * share, 2 * share - 1], 1)

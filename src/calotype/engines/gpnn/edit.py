"""``edit`` and ``harmonize``: the changed area of a photo synthesised again from the photo's patches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import plan, refinement, starting_level
from calotype.engines.gpnn.remake import SIDE, checked_picture, detail, remake, with_shapes_of
from calotype.image.colours import projected, with_light_of
from calotype.image.mask import composite, grown, soften
from calotype.image.resize import resize
from calotype.matching.layout import position_channels
from calotype.matching.refine import Guide, Kept, noise_map, refine
from calotype.run import Run

# Standard deviation of the Gaussian at the edge, as a share of the margin.
_EDIT_FEATHER, _PASTE_FEATHER = 0.1, 0.5


@torch.no_grad()
def edit(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float = 0.6,
    region: Tensor | None,
    feather: float | None = None,
) -> Tensor:
    """Synthesise the changed area of an edited photo and a margin around it from the photo's patches.

    As ``remake``, but around the changed area the photo is restored at every step, so that what is synthesised fits it;
    neighbouring patches are copied together; and a patch prefers matches of its height.

    Args:
        photos: one, [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        picture: [1, C, H, W], -1..1: the edited photo.
        size: height and width of the photo, pixels.
        seed: of the search and of the noise.
        structure: injection level: 0 is the coarsest, which keeps the layout only; 1 the finest.
        region: [1, 1, H, W], 0 or 1, the changed area; ``None`` renders the whole picture.
        feather: standard deviation of the Gaussian at the edge of the margin, pixels; ``None``: a tenth of the margin.

    Returns:
        [1, C, H, W], -1..1; exactly the photo away from the changed area.

    Raises:
        InputError: the photo is smaller than a patch, a setting is out of range, or only one of photo and picture has
            transparency.
        Stopped: the run was asked to stop.
    """
    if region is None:
        return remake(photos, cfg, run, picture=picture, size=size, seed=seed, structure=structure)
    checked_picture(photos, picture, size, cfg)
    margin = round(cfg.edit_margin * max(size) / SIDE)
    part = _Part.of(photos[0], region, margin, cfg, structure)
    made = part.synthesized(picture, cfg, run, seed, cfg.edit_together, cfg.edit_height)
    width = _EDIT_FEATHER * margin if feather is None else feather
    inner = margin if feather is not None else max(0, round(margin - width))
    return part.placed(made, soften(region, inner, width))


@torch.no_grad()
def harmonize(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float = 0.8,
    region: Tensor | None,
    feather: float | None = None,
) -> Tensor:
    """Give a pasted object the hues and the texture of the photo.

    Its colours are mapped to those of the photo (``image.colours.projected``) with a share of its own brightness, its
    texture is made of the photo's patches, and what is coarser than the texture is restored: the object keeps its
    shapes.

    Args and errors are those of ``edit``; ``picture`` has the pasted object, and ``feather`` ``None`` is half of the
    margin.

    Returns:
        [1, C, H, W], -1..1; exactly the photo away from the object.
    """
    if region is None:
        return remake(photos, cfg, run, picture=picture, size=size, seed=seed, structure=structure)
    checked_picture(photos, picture, size, cfg)
    scale = max(size) / SIDE
    margin = max(1, round(cfg.paste_margin * scale))
    part = _Part.of(photos[0], region, margin, cfg, structure)
    hues = projected(picture, photos[0])
    own = with_light_of(hues, picture)
    wanted = composite(photos[0], hues + cfg.paste_light * (own - hues), soften(region, 0, _PASTE_FEATHER * scale))
    made = part.synthesized(wanted, cfg, run, seed)
    made = with_shapes_of(made, part.cut(wanted), cfg.paste_detail * scale)
    width = _PASTE_FEATHER * margin if feather is None else feather
    return part.placed(made, soften(region, margin if feather is not None else max(1, margin // 2), width))


@dataclass(frozen=True)
class _Part:
    """The part of the photo around the changed area that the search is limited to.

    Attributes:
        photo: [1, C, H, W], -1..1.
        region: [1, 1, H, W], 0 or 1: what may change.
        window: its bounding box and the context that the patches of the first level need.
        first: index of the first level.
    """

    photo: Tensor
    region: Tensor
    window: tuple[slice, slice]
    first: int

    @classmethod
    def of(cls, photo: Tensor, region: Tensor, margin: int, cfg: Config, structure: float) -> _Part:
        """The part around a changed area, which is grown by ``margin`` pixels."""
        wide = grown(region.to(photo.device), margin)
        levels = plan(_size(photo), _size(photo), cfg)
        first = starting_level(structure, len(levels))
        context = math.ceil(2 * levels[first].patch / levels[first].factor)
        window = []
        for axis in (0, 1):
            places = wide[0, 0].amax(1 - axis).nonzero()[:, 0]
            window.append(slice(max(0, int(places[0]) - context), int(places[-1]) + 1 + context))
        return cls(photo, wide, (window[0], window[1]), first)

    def cut(self, x: Tensor) -> Tensor:
        """The window of a picture [1, C, H, W]."""
        return x[(..., *self.window)]

    def placed(self, made: Tensor, soft: Tensor) -> Tensor:
        """The photo with the window ``made`` blended in."""
        whole = self.photo.clone()
        whole[(..., *self.window)] = composite(self.cut(self.photo), made, self.cut(soft.to(made)))
        return whole

    def synthesized(
        self, wanted: Tensor, cfg: Config, run: Run, seed: int, together: float = 0.0, height: float = 0.0
    ) -> Tensor:
        """The window of ``wanted`` [1, C, H, W] made of the photo's patches, with the photo around the region."""
        noise = torch.Generator().manual_seed(seed)
        here = self.cut(wanted)
        levels, whole = (plan(_size(self.photo), _size(x), cfg) for x in (here, self.photo))
        begin = levels[self.first].size
        amount = cfg.detail_noise * detail(self.photo, whole, max(self.first, 1))
        kept = Kept(self.cut(self.photo), self.cut(self.region))
        start = kept.restored(resize(here, begin) + amount * noise_map(begin, noise, here.device))
        how = replace(refinement(cfg), alpha=cfg.remake_alpha, spread=cfg.edit_spread, together=together)
        guide, below = self._guide(height), levels[: self.first]
        return refine(start, [self.photo], how, run, levels[self.first :], noise, (False, False), below, guide, kept)

    def _guide(self, weight: float) -> Guide | None:
        """The height in the photo as a guide."""
        if weight <= 0:
            return None
        heights = position_channels(self.photo)[:, :1]
        return Guide([heights], self.cut(heights), weight)


def _size(x: Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]

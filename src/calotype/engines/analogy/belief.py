"""How far the net is believed: its picture is kept where it looks like what the map asks for."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.image.resize import resize
from calotype.matching.library import at_level
from calotype.matching.refine import Guide, Level
from calotype.matching.start import laid_out

# The photo's pixels that say what a pixel of the net's picture looks like, and the side of what is compared.
_NEAREST, _AROUND = 9, 3
# What stands in for the net: how much the place counts, and its random displacement (standard deviation and the
# distance over which it changes, pixels of the level), as in GPNN.
_PLACE, _SWAY = 0.3, (1.0, 10.0)


def begun(made: Tensor, photo: Tensor, guide: Guide, level: Level, cfg: Config, noise: torch.Generator) -> Tensor:
    """What patches start from: ``made``, and where it shows another label the photo's own matter of the one asked for.

    A net that has learned for minutes paints over what is in its way only faintly: a tree that has moved is an outline
    with the old sky in it, and patches that resemble that are those of its ragged edge.

    Args:
        made: [1, 3, h', w'], the net's picture.
        photo: [1, 3, H, W].
        guide: labels, one channel each or nearly.
        level: where patches take over.
        cfg: settings.
        noise: CPU generator.

    Returns:
        [1, 3, h, w], of the level's size.
    """
    small = resize(made, level.size)
    if not cfg.believed:
        return small
    known = at_level([photo], level.factor, None, level.patch).sharp
    labels = at_level(guide.source, level.factor, None, level.patch).sharp
    trust = likelihood(small, known, labels, resize(guide.target, level.size)) ** cfg.believed
    own = laid_out(photo, guide, level, noise, place_weight=_PLACE, sway=_SWAY, components=0, spread=cfg.spread)
    return trust * small + (1 - trust) * own


def likelihood(picture: Tensor, photo: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
    """How likely it is, by its colours, that each pixel has the label wanted, against the likeliest label.

    Args:
        picture: [1, 3, h, w], -1..1.
        photo: [1, 3, H, W], likewise.
        labels: [1, G, H, W], the photo's labels, a channel each or nearly, 0..1.
        wanted: [1, G, h, w], those of the picture.

    Returns:
        [1, 1, h, w], 0..1.
    """
    distance = torch.cdist(_described(picture), _described(photo))
    nearest = distance.topk(min(_NEAREST, distance.shape[1]), largest=False).indices
    found = labels[0].flatten(1).T[nearest].mean(1)
    asked = wanted[0].flatten(1).T
    most = (found.amax(1) * asked.amax(1)).clamp(min=1e-3)
    return ((found * asked).sum(1) / most).clamp(0, 1).view(1, 1, *picture.shape[2:])


def _described(picture: Tensor) -> Tensor:
    """[h * w, 27]: the colours around every pixel."""
    return F.unfold(F.pad(picture, (_AROUND // 2,) * 4, mode="replicate"), _AROUND)[0].T

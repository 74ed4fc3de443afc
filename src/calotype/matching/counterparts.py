"""What an analogy compares: a photo beside its counterpart, and a target that is to have one.

In the words of Hertzmann et al. (Image Analogies, SIGGRAPH 2001), A : A' :: B : B'. The photo is A', its counterpart A,
the target B, and B' is to be made. A and B may be photos or label maps: both become channels that can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.labels import in_colours, label_colours, one_hot
from calotype.image.luminance import from_yiq, luminance, remapping, to_yiq

GUIDES = ("auto", "labels", "light", "colours")
COLOURS = ("auto", "photo", "target")

# Where a photo is its own counterpart, its brightness without detail: standard deviation over the longer side.
_SOFT = 0.01
# Share of a target's pixels that are in colours of the map, or it is a mistake; a new colour now and then is none.
_KNOWN = 0.5


@dataclass(frozen=True)
class Counterparts:
    """An analogy, ready to be worked out.

    Attributes:
        lent: [1, C, H, W], what the result is made of: the photo, or its luminance fitted to that of the target.
        source: [1, G, H, W], what is compared of the counterpart.
        target: [1, G, h, w], what is compared of the target.
        labelled: whether these are labels, 0 or 1, one channel each.
        tint: [1, 3, h, w], the target in YIQ, whose colours the result takes; ``None`` where it takes the photo's.
        alpha: [1, 0 or 1, h, w], the transparency of a result that takes the target's colours.
    """

    lent: Tensor
    source: Tensor
    target: Tensor
    labelled: bool
    tint: Tensor | None
    alpha: Tensor

    def coloured(self, made: Tensor) -> Tensor:
        """The picture [1, 3 or 4, h, w] that ``made`` of ``lent`` stands for."""
        if self.tint is None:
            return made.clamp(-1, 1)
        return torch.cat([from_yiq(torch.cat([made[:, :1], self.tint[:, 1:]], 1)), self.alpha], 1)


def counterparts(
    photo: Tensor, before: Tensor | None, picture: Tensor, guide: str = "auto", colours: str = "auto"
) -> Counterparts:
    """Prepare an analogy.

    Args:
        photo: [1, C, H, W], -1..1, C = 3 or 4.
        before: [1, 3 or 4, H, W], its counterpart; ``None``: the photo's own brightness, blurred (texture transfer).
        picture: [1, 3 or 4, h, w], the target.
        guide: how counterpart and target are compared: ``labels`` (flat colours that say what lies there), ``light``
            (brightness, that of the counterpart first given the target's mean and deviation), ``colours`` (as they
            stand), ``auto`` (labels where the counterpart is a label map, else light).
        colours: whose colours the result has: ``photo``, ``target`` (of the result's own only brightness is left), or
            ``auto``: the target's where the counterpart is a photo, as the paper has it for filters.

    Raises:
        InputError: the counterpart has another size than the photo, labels were asked for and it has none, or it
            has labels and the target is not in their colours.
    """
    if guide not in GUIDES:
        raise InputError(f"guide={guide} cannot be used: give one of {', '.join(GUIDES)}")
    if colours not in COLOURS:
        raise InputError(f"colours={colours} cannot be used: give one of {', '.join(COLOURS)}")
    if before is not None and before.shape[2:] != photo.shape[2:]:
        sizes = [f"{x.shape[3]}x{x.shape[2]}" for x in (before, photo)]
        raise InputError(f"the counterpart is {sizes[0]} and the photo {sizes[1]} pixels: give two of one size")
    palette = label_colours(before) if before is not None and guide in ("auto", "labels") else None
    if guide == "labels" and palette is None:
        raise InputError("the counterpart is no label map: paint it in a few flat colours, without shades")
    if palette is not None and before is not None:
        if in_colours(picture, palette) < _KNOWN:
            raise InputError(
                "the target is not in the colours of the counterpart, a label map: give a map in the same colours, "
                "or --guide light to compare by brightness (guide=)"
            )
        return _uncoloured(photo, one_hot(before, palette), one_hot(picture, palette), colours, picture, labelled=True)
    if guide == "colours":
        like = photo if before is None else before
        return _uncoloured(photo, like[:, :3], picture[:, :3], colours, picture)
    if before is None:
        source, target = softened(luminance(photo)), softened(luminance(picture))
    else:
        source, target = luminance(before), luminance(picture)
    factor, offset = remapping(source, target)
    source = factor * source + offset
    if colours == "target" or (colours == "auto" and before is not None):
        lent = factor * luminance(photo) + offset
        return Counterparts(lent, source, target, False, to_yiq(picture), _alpha(photo, picture))
    return Counterparts(photo, source, target, False, None, _alpha(photo, picture))


def _uncoloured(
    photo: Tensor, source: Tensor, target: Tensor, colours: str, picture: Tensor, labelled: bool = False
) -> Counterparts:
    """Labels and colours are compared as they stand, and what is made has the photo's brightness, whatever its tint."""
    tint = to_yiq(picture) if colours == "target" else None
    lent = luminance(photo) if colours == "target" else photo
    return Counterparts(lent, source, target, labelled, tint, _alpha(photo, picture))


def _alpha(photo: Tensor, picture: Tensor) -> Tensor:
    """The transparency of the target, opaque where it has none; no channel where the photo has none."""
    given = picture[:, 3:] if picture.shape[1] > 3 else torch.ones_like(picture[:, :1])
    return given if photo.shape[1] > 3 else given[:, :0]


def softened(x: Tensor) -> Tensor:
    """``x`` [1, C, H, W] without detail, edge pixels repeated outwards."""
    sigma = max(1.0, _SOFT * max(x.shape[2:]))
    return blur(x, sigma)

"""Inputs of an image analogy A : A' :: B : B' (Hertzmann et al., Image Analogies, SIGGRAPH 2001).

A' is the photo, A its counterpart, B the target; B' is the result. A and B may be photos or label maps: both are
converted to channels that can be compared.
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

# Blur of the luminance where a photo is its own counterpart: standard deviation over the longer side.
_BLUR = 0.01
# Minimum fraction of the target's pixels that have colours of the label map; below, the target is not a map of it.
_MIN_KNOWN = 0.5


@dataclass(frozen=True)
class AnalogyInputs:
    """The channels of an analogy.

    Attributes:
        exemplar: [1, C, H, W], the source of patches: the photo, or its luminance remapped to the target's.
        source: [1, G, H, W], guide channels of the counterpart, A.
        target: [1, G, h, w], guide channels of the target, B.
        labelled: whether these are one-hot labels.
        tint: [1, 3, h, w], the target in YIQ, if the result takes its chrominance; else ``None``.
        alpha: [1, 0 or 1, h, w], the transparency of a result that takes the target's colours.
    """

    exemplar: Tensor
    source: Tensor
    target: Tensor
    labelled: bool
    tint: Tensor | None
    alpha: Tensor

    def coloured(self, made: Tensor) -> Tensor:
        """The image [1, 3 or 4, h, w] of a synthesised ``made``, with the target's chrominance and alpha if wanted."""
        if self.tint is None:
            return made.clamp(-1, 1)
        return torch.cat([from_yiq(torch.cat([made[:, :1], self.tint[:, 1:]], 1)), self.alpha], 1)


def analogy_inputs(
    photo: Tensor, before: Tensor | None, picture: Tensor, guide: str = "auto", colours: str = "auto"
) -> AnalogyInputs:
    """Prepare the inputs of an analogy.

    Args:
        photo: A': [1, C, H, W], -1..1, C = 3 or 4.
        before: A: [1, 3 or 4, H, W]; ``None``: the photo's own luminance, blurred (texture transfer).
        picture: B: [1, 3 or 4, h, w].
        guide: how A and B are compared: ``labels`` (flat colours as class labels), ``light`` (luminance, with A's mean
            and deviation remapped to B's), ``colours`` (unchanged), ``auto`` (labels if A is a label map, else light).
        colours: whose colours the result has: ``photo``, ``target`` (only the luminance is synthesised), or ``auto``:
            the target's if A is a photo, as in the paper for filters.

    Raises:
        InputError: A and the photo differ in size, labels were requested and A has none, or A has labels and the target
            does not have their colours.
    """
    if guide not in GUIDES:
        raise InputError(f"--guide {guide} (guide=) cannot be used: give one of {', '.join(GUIDES)}")
    if colours not in COLOURS:
        raise InputError(f"--colours {colours} (colours=) cannot be used: give one of {', '.join(COLOURS)}")
    if before is not None and before.shape[2:] != photo.shape[2:]:
        sizes = [f"{x.shape[3]}x{x.shape[2]}" for x in (before, photo)]
        raise InputError(f"the counterpart is {sizes[0]} and the photo {sizes[1]} pixels: give two of one size")
    palette = label_colours(before) if before is not None and guide in ("auto", "labels") else None
    if guide == "labels" and palette is None:
        raise InputError("the counterpart is no label map: paint it in a few flat colours, without shades")
    if palette is not None and before is not None:
        if in_colours(picture, palette) < _MIN_KNOWN:
            raise InputError(
                "the target is not in the colours of the counterpart, a label map: give a map in the same colours, "
                "or --guide light to compare by brightness (guide=)"
            )
        return _unmapped(photo, one_hot(before, palette), one_hot(picture, palette), colours, picture, labelled=True)
    if guide == "colours":
        like = photo if before is None else before
        return _unmapped(photo, like[:, :3], picture[:, :3], colours, picture)
    if before is None:
        source, target = without_detail(luminance(photo)), without_detail(luminance(picture))
    else:
        source, target = luminance(before), luminance(picture)
    factor, offset = remapping(source, target)
    source = factor * source + offset
    if colours == "target" or (colours == "auto" and before is not None):
        exemplar = factor * luminance(photo) + offset
        return AnalogyInputs(exemplar, source, target, False, to_yiq(picture), _alpha(photo, picture))
    return AnalogyInputs(photo, source, target, False, None, _alpha(photo, picture))


def _unmapped(
    photo: Tensor, source: Tensor, target: Tensor, colours: str, picture: Tensor, labelled: bool = False
) -> AnalogyInputs:
    """Inputs without luminance remapping: labels and colours are compared unchanged."""
    tint = to_yiq(picture) if colours == "target" else None
    exemplar = luminance(photo) if colours == "target" else photo
    return AnalogyInputs(exemplar, source, target, labelled, tint, _alpha(photo, picture))


def _alpha(photo: Tensor, picture: Tensor) -> Tensor:
    """The target's alpha channel, opaque if it has none; no channel if the photo has none."""
    given = picture[:, 3:] if picture.shape[1] > 3 else torch.ones_like(picture[:, :1])
    return given if photo.shape[1] > 3 else given[:, :0]


def without_detail(x: Tensor) -> Tensor:
    """``x`` [1, C, H, W] blurred, with edge replication."""
    sigma = max(1.0, _BLUR * max(x.shape[2:]))
    return blur(x, sigma)

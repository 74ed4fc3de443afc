"""What ``style_paintings.py`` measures: judges of artist, artwork and photo, peers, and flicker."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.catalog import load
from calotype.image.io import as_tensor, to_image
from calotype.models import styledisentangle as model
from calotype.nn.efficientnet import pyramid_features
from calotype.run import Run
from style_lite import lite_network

SIDE = 384  # of the photos that are stylized, pixels: that of the network of Ghiasi et al.
PART = 160  # side of what the judge of artists sees
LEVELS = 4  # of the features that describe a style

# A picture [1, 3, SIDE, SIDE], -1..1, of a photo of that size and an artwork [1, 3, h, w].
Draw = Callable[[Tensor, Tensor], Tensor]


# ------------------------------------------------------------------------------------------------------------------
# Ways of stylizing


def ours(folder: Path) -> Draw:
    """``styledisentangle``, with a trained model."""
    loaded = load(folder)
    net: Any = loaded.net

    def draw(photo: Tensor, artwork: Tensor) -> Tensor:
        return model.stylize(loaded.config, Run(), net=net, photo=photo, style=artwork).clamp(-1, 1)  # type: ignore[arg-type]

    return draw


def lite(folder: Path) -> Draw:
    """The network of Ghiasi et al., see ``style_lite``."""
    style_of, drawn = lite_network(folder)

    def draw(photo: Tensor, artwork: Tensor) -> Tensor:
        return drawn(photo, style_of(F.interpolate(artwork, (256, 256), mode="bicubic", antialias=True).clamp(-1, 1)))

    return draw


def engine(name: str) -> Draw:
    """``stylize`` with a patch engine."""
    from calotype import stylize

    def draw(photo: Tensor, artwork: Tensor) -> Tensor:
        made = stylize(to_image(photo), to_image(artwork), engine=name).images[0].convert("RGB")
        return as_tensor(np.asarray(made))[None]

    return draw


def copy(photo: Tensor, artwork: Tensor) -> Tensor:
    """The photo itself."""
    return photo


def colour_transfer(photo: Tensor, artwork: Tensor) -> Tensor:
    """The photo with the mean and standard deviation of the artwork's channels."""
    means, spreads = ([f(x, (2, 3), keepdim=True) for x in (photo, artwork)] for f in (torch.mean, torch.std))
    return ((photo - means[0]) / (spreads[0] + 1e-3) * spreads[1] + means[1]).clamp(-1, 1)


# ------------------------------------------------------------------------------------------------------------------
# Judges


@torch.no_grad()
def described(pictures: Tensor) -> Tensor:
    """Styles of pictures [B, 3, h, w]: means and deviations of the channels of four levels of EfficientNet-Lite0."""
    found = []
    for part in pictures.split(32):
        levels = pyramid_features(part, LEVELS - 1)[:LEVELS]
        found.append(torch.cat([f for x in levels for f in (x.mean((2, 3)), x.std((2, 3)))], 1))
    return torch.cat(found)


@torch.no_grad()
def contents(pictures: Sequence[Tensor]) -> Tensor:
    """Pooled features of EfficientNet-Lite0 of pictures at 224 pixels, of length 1: [n, 1280]."""
    sized = [F.interpolate(x, (224, 224), mode="bicubic", antialias=True).clamp(-1, 1) for x in pictures]
    return F.normalize(
        torch.cat([pyramid_features(torch.cat(sized[i : i + 16]), 5)[5] for i in range(0, len(sized), 16)]), dim=1
    )


def parts(picture: Tensor, count: int = 5) -> Tensor:
    """Squares of a picture [1, 3, h, w]: four in the corners and one in the middle, or evenly along the longer side."""
    height, width = picture.shape[2:]
    down, right = height - PART, width - PART
    if min(down, right) < PART // 2:  # a strip
        places = [(down * i // (count - 1), right * i // (count - 1)) for i in range(count)]
    else:
        places = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    return torch.cat([picture[:, :, top : top + PART, left : left + PART] for top, left in places])


class Judge:
    """The artist of a picture, or that it is a photo: a linear classifier of ``described``, on real pictures.

    Args:
        pictures: squares of ``PART`` pixels, [B, 3, PART, PART].
        classes: of each, int64 [B]; 0: photos.
    """

    def __init__(self, pictures: Tensor, classes: Tensor, steps: int = 400) -> None:
        found = described(pictures)
        self.mean, self.spread = found.mean(0), found.std(0) + 1e-4
        torch.manual_seed(0)
        self.net = nn.Linear(found.shape[1], int(classes.max()) + 1)
        optimizer = torch.optim.AdamW(self.net.parameters(), 3e-3, weight_decay=0.1)
        x = self._scaled(found)
        for i in range(steps):
            optimizer.param_groups[0]["lr"] = 3e-3 * (1 - i / steps)
            optimizer.zero_grad()
            F.cross_entropy(self.net(x), classes, label_smoothing=0.1).backward()
            optimizer.step()

    def _scaled(self, found: Tensor) -> Tensor:
        return ((found - self.mean) / self.spread).clamp(-5, 5)

    @torch.no_grad()
    def __call__(self, picture: Tensor) -> Tensor:
        """The probabilities of the classes of a picture [1, 3, h, w], means over its parts: [classes]."""
        found: Tensor = self.net(self._scaled(described(parts(picture)))).softmax(1).mean(0)
        return found

    @torch.no_grad()
    def style(self, picture: Tensor) -> Tensor:
        """What a picture looks like, the mean over its parts: [1, n], of length 1."""
        return F.normalize(self._scaled(described(parts(picture))).mean(0, keepdim=True), dim=1)


def structure(photo: Tensor, made: Tensor) -> float:
    """Correlation of the lengths of the gradients of the luma of two pictures [1, 3, h, w], averaged over 4 pixels."""
    weights = torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]
    found = []
    for picture in (photo, made):
        luma = F.avg_pool2d((picture * weights).sum(1, keepdim=True), 2)
        across, down = luma[..., :-1, 1:] - luma[..., :-1, :-1], luma[..., 1:, :-1] - luma[..., :-1, :-1]
        found.append(F.avg_pool2d((across.square() + down.square()).sqrt(), 4).flatten())
    return float(torch.corrcoef(torch.stack(found))[0, 1])


# ------------------------------------------------------------------------------------------------------------------
# Flicker


def clip(photo: Tensor, frames: int, step: int = 1) -> list[Tensor]:
    """Frames [1, 3, SIDE, SIDE] of a larger photo [1, 3, h, w]; the camera moves by ``step`` pixels a frame."""
    return [photo[:, :, 2 : 2 + SIDE, i * step : i * step + SIDE] for i in range(frames)]


def flicker(frames: Sequence[Tensor], step: int = 1, border: int = 24) -> float:
    """Mean absolute difference of consecutive frames, shifted back, of values 0..1, without the border."""
    inner = slice(border, SIDE - border)
    return 0.5 * statistics.mean(
        float((b[:, :, inner, border - step : -border - step] - a[:, :, inner, border:-border]).abs().mean())
        for a, b in pairwise(frames)
    )


def seconds(draw: Draw, photo: Tensor, artwork: Tensor) -> float:
    """Processor seconds of a picture."""
    began = time.process_time()
    draw(photo, artwork)
    return time.process_time() - began

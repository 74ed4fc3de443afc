"""The frames of other clips whose layout is nearest to that of a frame: pairs of one pose in two identities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from calotype.errors import InputError
from calotype.image.io import as_tensor
from calotype.nn.efficientnet import efficientnet_lite0, is_installed

Kind = Literal["efficientnet", "edges", "pixels"]
KINDS: tuple[Kind, ...] = ("efficientnet", "edges", "pixels")
_SIDE = 128  # pixels that pictures are enlarged to for EfficientNet-Lite0
_CELLS, _ANGLES = 8, 8  # of the grid of edge orientations
_BATCH = 64
_MOST = 20_000  # frames that are searched


@dataclass(frozen=True)
class Neighbours:
    """The nearest frames of other clips.

    Attributes:
        numbers: of the frames, nearest first, int64 [n, k].
        similarity: cosine of the features of each frame and its nearest, [n].
        features: of all frames, float16 [n, D], of length 1.
        least: similarity below which a frame has no neighbour that is near enough.
        most: similarity of two frames of a clip above which they count as the same pose.
    """

    numbers: NDArray[np.int64]
    similarity: NDArray[np.float32]
    features: Tensor
    least: float
    most: float

    def usable(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which pairs [m, 2] have two poses, and a first frame with a near neighbour."""
        alike = torch.cat(
            [
                (self.features[part[:, 0]].float() * self.features[part[:, 1]].float()).sum(1)
                for part in torch.split(torch.from_numpy(pairs), 4096)
            ]
        ).numpy()
        found: NDArray[np.bool_] = (self.similarity[pairs[:, 0]] >= self.least) & (alike <= self.most)
        return found


def neighbours_of(
    rows: NDArray[np.uint8],
    clips: NDArray[np.int64],
    *,
    kind: Kind = "efficientnet",
    count: int = 5,
    rejected: float = 0.2,
    most: float = 0.95,
    expanded: int = 0,
) -> Neighbours:
    """Find the nearest frames of other clips by features with a spatial layout.

    Xiao, Liu, Lin, "Identity From Here, Pose From There", ICCV 2019, finds pictures of one pose by a pretrained
    network; features, distance and thresholds are ours.

    Args:
        rows: the frames, uint8 [n, H, W, 3].
        clips: index of the clip of each, [n].
        kind: of the features, see ``layout_features``.
        count: neighbours of each frame.
        rejected: share of the frames, those with the least similar neighbours, that count as having none.
        most: similarity of two frames of a clip above which they count as the same pose.
        expanded: nearest frames of other clips whose features are added to those of each frame before the search, as
            Chum et al., "Total Recall", ICCV 2007, do; what the identities look like cancels out, so that neighbours
            are alike in pose alone. 0: none.

    Raises:
        InputError: the features are not installed, or there are no frames of other clips.
    """
    if len(rows) > _MOST:
        raise InputError(f"{len(rows)} frames are too many to search: give clips of at most {_MOST} frames in all")
    features = layout_features(rows, kind)
    own = torch.from_numpy(clips)
    others = int((own != own.mode().values).sum())
    count = min(count, others)
    if count < 1:
        raise InputError("there is one clip only: give two or more, of different identities")
    found, best = _nearest(features.float(), own, max(count, min(expanded, others)))
    if expanded:
        wide = features.float()
        wide = F.normalize(wide + torch.stack([wide[row].sum(0) for row in found[:, :expanded]]), dim=1)
        found, _ = _nearest(wide, own, count)
    least = float(np.quantile(best, rejected)) if rejected else -1.0
    return Neighbours(found[:, :count].numpy().astype(np.int64), best, features, least, most)


def _nearest(features: Tensor, own: Tensor, count: int) -> tuple[Tensor, NDArray[np.float32]]:
    """The nearest frames of other clips, [n, count], and the similarity of the first, [n]."""
    numbers, similarity = [], []
    for first in range(0, len(features), 512):
        part = features[first : first + 512] @ features.T
        part.masked_fill_(own[first : first + 512, None] == own[None], -math.inf)
        values, found = part.topk(count, dim=1)
        numbers.append(found)
        similarity.append(values[:, 0])
    return torch.cat(numbers), torch.cat(similarity).numpy()


@torch.no_grad()
def layout_features(rows: NDArray[np.uint8], kind: Kind = "efficientnet") -> Tensor:
    """Descriptions of where things lie in pictures, float16 [n, D], of length 1.

    Args:
        rows: uint8 [n, H, W, 3]; they are compared without colour.
        kind: ``efficientnet``, the features of EfficientNet-Lite0 at 1/16 of 128 pixels, each position of length 1;
            ``edges``, orientations of edges in 8 x 8 cells; ``pixels``, grey values of 16 x 16.

    Raises:
        InputError: the weights of EfficientNet-Lite0 are not installed.
        ValueError: the kind is not known.
    """
    describe = _describe(kind)
    found = []
    for first in range(0, len(rows), _BATCH):
        pictures = torch.stack([as_tensor(row) for row in rows[first : first + _BATCH]])
        described = describe(_grey(pictures)).flatten(1)
        found.append(F.normalize(described, dim=1).half())
    return torch.cat(found)


def _describe(kind: Kind) -> Callable[[Tensor], Tensor]:
    if kind == "pixels":
        return lambda pictures: F.adaptive_avg_pool2d(pictures, 16)
    if kind == "edges":
        return _orientations
    if kind != "efficientnet":
        raise ValueError(f"'{kind}' are no features: choose one of {', '.join(KINDS)}")
    if not is_installed():
        raise InputError(
            "frames of one pose are found by EfficientNet-Lite0, whose weights are not installed: run "
            "'calotype weights efficientnet', or give --set retrieval=edges, which needs none"
        )
    net = efficientnet_lite0()

    def describe(pictures: Tensor) -> Tensor:
        enlarged = F.interpolate(pictures.expand(-1, 3, -1, -1), size=(_SIDE, _SIDE), mode="bilinear")
        # The network is shared: other functions move it to their device.
        features = net.to(enlarged.device).layers(enlarged)[1]
        return F.normalize(features - features.mean((2, 3), keepdim=True), dim=1)

    return describe


def _grey(pictures: Tensor) -> Tensor:
    """Grey pictures [B, 1, H, W] of mean 0 and variance 1 each, over 3 standard deviations."""
    grey = pictures.mean(1, keepdim=True)
    deviation, mean = torch.std_mean(grey, (2, 3), keepdim=True)
    return ((grey - mean) / (3 * deviation + 1e-4)).clamp(-1, 1)


def _orientations(pictures: Tensor) -> Tensor:
    """Strength of edges by orientation and cell, [B, angles, cells, cells]."""
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    across, down = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2], padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    strength = (across.square() + down.square()).sqrt()
    turn = torch.atan2(down, across).remainder(math.pi) * (_ANGLES / math.pi)
    apart = [((turn - k + _ANGLES / 2).remainder(_ANGLES) - _ANGLES / 2).abs() for k in range(_ANGLES)]
    cells = F.adaptive_avg_pool2d(torch.cat([strength * (1 - each).clamp(min=0) for each in apart], 1), _CELLS)
    return cells.sqrt()

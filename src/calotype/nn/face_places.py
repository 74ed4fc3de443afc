"""Networks that find faces in photos, and the places of eyes and mouth in them.

Tiny YOLO v2 (Redmon and Farhadi, "YOLO9000", CVPR 2017) with separable convolutions finds boxes of faces; four dense
blocks of separable convolutions find 68 points in each, numbered as in the 300-W data sets. Architecture and weights
are those of the package ``@vladmandic/face-api`` (MIT); ``calotype weights faces`` fetches it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.image.face_crop import Square, cut
from calotype.image.resize import resize
from calotype.nn.weight_files import found_weights
from calotype.types import FacePlaces

WEIGHTS_FILE, WEIGHTS_SHA256 = (
    "face_places.safetensors",
    "affd86cea2e49fa2dcada7e66f8ca1d1ac2474f0ada3b71593a7fa9f4ad308e6",
)
_DETECTOR_MEAN, _POINTS_MEAN = (117.001, 114.697, 97.404), (122.782, 117.001, 104.298)
_SIDES = (416, 608)  # of the photo as the detector sees it, pixels: the second where nothing is found in the first
_CROP = 112  # side of a face as the points are found in it, pixels
# Width and height of the boxes that the detector changes, in cells.
_ANCHORS = (
    (1.603231, 2.094468),
    (6.041143, 7.080126),
    (2.882459, 3.518061),
    (4.266906, 5.178857),
    (9.041765, 10.66308),
)
_LEAST_SCORE, _MOST_OVERLAP = 0.5, 0.4
_DETECTOR_WIDTHS, _POINTS_WIDTHS = (16, 32, 64, 128, 256, 512), (32, 64, 128, 256)
_LEFT, _RIGHT, _CORNERS = slice(36, 42), slice(42, 48), (48, 54)  # points of the eyes, and the corners of the mouth
_SLOPE = 0.1
_UPRIGHT = 2  # how often the points are found again in the face turned upright, where they are more exact


@dataclass(frozen=True)
class Face:
    """A face in a photo.

    Attributes:
        box: left, top, right and bottom, pixels.
        score: how sure the detector is, 0..1.
        places: of eyes and mouth, pixels.
    """

    box: tuple[float, float, float, float]
    score: float
    places: FacePlaces

    @property
    def area(self) -> float:
        """Of the box, pixels."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


class _Separable(nn.Module):
    """A convolution of each channel, and one of 1 x 1 with a bias."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.depthwise = nn.Conv2d(before, before, 3, stride, groups=before, bias=False)
        self.pointwise = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.pointwise(self.depthwise(_padded(x, self.stride)))
        return found


class _Block(nn.Module):
    """Four convolutions, each of which sees the sum of those before."""

    def __init__(self, before: int, after: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.conv0: nn.Module = nn.Conv2d(before, after, 3, 2) if first else _Separable(before, after, 2)
        for number in (1, 2, 3):
            self.add_module(f"conv{number}", _Separable(after, after))

    def forward(self, x: Tensor) -> Tensor:
        total = F.relu(self.conv0(_padded(x, 2) if self.first else x))
        found = total
        for number in (1, 2, 3):
            total = total + self.get_submodule(f"conv{number}")(found)
            found = F.relu(total)
        return found


class FacePlacer(nn.Module):
    """Both networks."""

    def __init__(self) -> None:
        super().__init__()
        widths = _DETECTOR_WIDTHS
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3)]
        layers += [_Separable(before, after) for before, after in pairwise(widths)]
        self.detector = nn.ModuleList([*layers, nn.Conv2d(widths[-1], 5 * len(_ANCHORS), 1)])
        before = 3
        self.blocks = nn.ModuleList()
        for number, after in enumerate(_POINTS_WIDTHS):
            self.blocks.append(_Block(before, after, first=not number))
            before = after
        self.points = nn.Linear(before, 2 * 68)

    @torch.no_grad()
    def faces(self, photo: Tensor) -> list[Face]:
        """The faces in a photo [1, 3, H, W], -1..1, the largest first."""
        found: list[Face] = []
        for side in _SIDES:
            boxes, scores = self.boxes(photo, side)
            found = [self._face(photo, box, score) for box, score in zip(boxes.tolist(), scores.tolist())]
            if found:
                break
        return sorted(found, key=lambda face: -face.area)

    def boxes(self, photo: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Boxes of faces [n, 4], pixels of the photo, and their scores [n], the highest first."""
        longest = max(photo.shape[2:])
        height, width = (max(1, round(each * side / longest)) for each in photo.shape[2:])
        small = resize(photo, (height, width), mode="bilinear")  # first, as the square of a wide photo is large
        x = _normalized(F.pad(small, (0, side - width, 0, side - height), value=-1.0), _DETECTOR_MEAN)
        last = len(self.detector) - 1
        for number, layer in enumerate(self.detector):
            x = layer(x)
            if number == last:
                break
            x = F.leaky_relu(x, _SLOPE)
            if number < last - 1:
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
            else:
                x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 2, 1)
        cells = x.shape[2]
        values = x[0].view(len(_ANCHORS), 5, cells, cells).permute(2, 3, 0, 1)  # row, column, anchor
        rows, columns = torch.meshgrid(torch.arange(cells), torch.arange(cells), indexing="ij")
        corner = torch.stack([columns, rows], 2)[:, :, None].to(x)
        centre = corner + values[..., :2].sigmoid()
        half = values[..., 2:4].exp() * values.new_tensor(_ANCHORS) / 2
        boxes = torch.cat([centre - half, centre + half], 3).view(-1, 4) * (longest / cells)
        scores = values[..., 4].sigmoid().reshape(-1)
        return _suppressed(boxes[scores > _LEAST_SCORE], scores[scores > _LEAST_SCORE])

    def _face(self, photo: Tensor, box: list[float], score: float) -> Face:
        height, width = photo.shape[2:]
        left, top = (max(0, int(value)) for value in box[:2])
        right, bottom = min(width, max(left + 2, int(box[2]))), min(height, max(top + 2, int(box[3])))
        found = _places(self.points_in(photo[:, :, top:bottom, left:right]) + photo.new_tensor([left, top]))
        half = max(right - left, bottom - top) / 2
        for _ in range(_UPRIGHT):
            square = _turned(found, complex(left + right, top + bottom) / 2, half)
            centre, step = complex(*square.centre), complex(*square.right) * 2 / _CROP
            points = self.points_in(cut(photo, square, _CROP))
            there = [centre + step * complex(x - _CROP / 2, y - _CROP / 2) for x, y in _places(points).all]
            found = FacePlaces(*((place.real, place.imag) for place in there))
        inside = [(min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))) for x, y in found.all]
        return Face((float(left), float(top), float(right), float(bottom)), score, FacePlaces(*inside))

    def points_in(self, face: Tensor) -> Tensor:
        """The 68 points in the picture of a face [1, 3, h, w], -1..1: [68, 2], x and y, pixels of it."""
        height, width = face.shape[2:]
        longest = max(height, width)
        left, top = (longest - width) // 2, (longest - height) // 2
        square = F.pad(face, (left, longest - width - left, top, longest - height - top), value=-1.0)
        x = _normalized(resize(square, (_CROP, _CROP), mode="bilinear"), _POINTS_MEAN)
        for block in self.blocks:
            x = block(x)
        found: Tensor = self.points(x.mean((2, 3)))[0].view(68, 2) * longest
        return found - found.new_tensor([left, top])


def face_placer(path: str | Path | None = None) -> FacePlacer:
    """The networks with their published weights, in eval mode.

    Args:
        path: of the weights, or of their folder; ``None``: the folder in ``CALOTYPE_WEIGHTS``, or where ``calotype
            weights`` keeps them.

    Raises:
        InputError: there is no such file, it cannot be read, or it holds other weights.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    file = _file(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise read_error(file, error, "run 'calotype weights faces', or give the places") from error
    net = FacePlacer()
    try:
        if path is None and hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
            raise ValueError
        net.load_state_dict(load(content))
    except (SafetensorError, RuntimeError, ValueError):
        raise InputError(f"{shown(file)} holds other weights: delete it, and run 'calotype weights faces'") from None
    return net.eval().requires_grad_(False)


def _file(path: str | Path | None) -> Path:
    if path is not None:
        return Path(path) / WEIGHTS_FILE if Path(path).is_dir() else Path(path)
    file = found_weights(WEIGHTS_FILE)
    if file is not None:
        return file
    raise InputError(
        "the places of eyes and mouth are found by networks that are not here: run 'calotype weights faces', or give "
        "the places"
    )


def _places(points: Tensor) -> FacePlaces:
    """The places of eyes and mouth of 68 points [68, 2]."""
    means = [points[_LEFT].mean(0), points[_RIGHT].mean(0), points[list(_CORNERS)].mean(0)]
    left, right, mouth = ((float(x), float(y)) for x, y in torch.stack(means).tolist())
    return FacePlaces(left, right, mouth)


def _turned(places: FacePlaces, centre: complex, half: float) -> Square:
    """A square around a face whose eyes are level in it."""
    left, right, mouth = (complex(*place) for place in places.all)
    across = right - left - (mouth - (left + right) / 2) * 1j
    step = half * across / abs(across) if across else complex(half)
    return Square((centre.real, centre.imag), (step.real, step.imag))


def _padded(x: Tensor, stride: int) -> Tensor:
    """Padding of a convolution of 3 x 3 as TensorFlow's ``same``: with stride 2, even sides get it right and below."""
    if stride == 1:
        return F.pad(x, (1, 1, 1, 1))
    over = [0 if side % 2 == 0 else 1 for side in (x.shape[3], x.shape[2])]
    return F.pad(x, (over[0], 1, over[1], 1))


def _normalized(pictures: Tensor, mean: tuple[float, ...]) -> Tensor:
    """[1, 3, H, W], -1..1, as the networks see them."""
    return ((pictures + 1) * 127.5 - pictures.new_tensor(mean)[:, None, None]) / 255


def _suppressed(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes that overlap no box of a higher score by much, the highest score first."""
    order = scores.argsort(descending=True)
    boxes, scores = boxes[order], scores[order]
    kept: list[int] = []
    for number in range(len(boxes)):
        if all(_overlap(boxes[number], boxes[other]) <= _MOST_OVERLAP for other in kept):
            kept.append(number)
    return boxes[kept], scores[kept]


def _overlap(one: Tensor, other: Tensor) -> float:
    """Intersection over union."""
    low, high = torch.maximum(one[:2], other[:2]), torch.minimum(one[2:], other[2:])
    inside = float((high - low).clamp_min(0).prod())
    areas = [float((box[2:] - box[:2]).prod()) for box in (one, other)]
    return inside / max(sum(areas) - inside, 1e-9)

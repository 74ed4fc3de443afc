"""The networks of the shift-tolerant perceptual distance, and the tensors that they are compared by.

Ghildyal and Liu, "Shift-tolerant Perceptual Similarity Metric", ECCV 2022: AlexNet and VGG-16 whose strides and
poolings are preceded by a binomial filter, trained from scratch on human judgements of pairs of pictures. The weights
are those of the package ``stlpips-pytorch`` (BSD-2); ``calotype weights stlpips`` fetches it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import shown
from calotype.foreign import View, read
from calotype.nn.weight_files import WEIGHTS_VARIABLE, found_weights

Trunk = Literal["alex", "vgg"]
FILES = {"alex": "alex_shift_tolerant.pth", "vgg": "vgg_shift_tolerant.pth"}
SHA256 = {
    "alex": "b356b382f96010f7",
    "vgg": "44597da68f49c183",
}  # starts of the files' SHA-256
SMALLEST = 24  # side of a picture, pixels
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
# Convolutions: index in the file, channels, side, padding; "blur" halves the size, a number is a max-pooling of that
# side without stride, "layer" is an activation that is compared.
_Step = tuple[int, int, int, int] | int | Literal["blur", "relu", "layer"]
_ALEX: tuple[_Step, ...] = (
    *((0, 64, 11, 2), "blur", "relu", "layer"),
    *(3, "blur", (5, 192, 5, 2), "relu", "layer"),
    *(3, "blur", (9, 384, 3, 1), "relu", "layer"),
    *((11, 256, 3, 1), "relu", "layer"),
    *((13, 256, 3, 1), "relu", "layer"),
)
_VGG: tuple[_Step, ...] = (
    *((0, 64, 3, 1), "relu", (2, 64, 3, 1), "relu", "layer"),
    *(2, "blur", (6, 128, 3, 1), "relu", (8, 128, 3, 1), "relu", "layer"),
    *(2, "blur", (12, 256, 3, 1), "relu", (14, 256, 3, 1), "relu", (16, 256, 3, 1), "relu", "layer"),
    *(2, "blur", (20, 512, 3, 1), "relu", (22, 512, 3, 1), "relu", (24, 512, 3, 1), "relu", "layer"),
    *(2, "blur", (28, 512, 3, 1), "relu", (30, 512, 3, 1), "relu", (32, 512, 3, 1), "relu", "layer"),
)
PLANS = {"alex": _ALEX, "vgg": _VGG}


class ShiftTolerant(nn.Module):
    """A trunk with one weight for each channel of the compared layers.

    Args:
        trunk: ``alex`` or ``vgg``.
        name: identifies it, with its weights.
    """

    def __init__(self, trunk: Trunk, name: str = "st-lpips") -> None:
        super().__init__()
        self.trunk, self.name = trunk, name
        before, compared = 3, []
        for step in PLANS[trunk]:
            if isinstance(step, tuple):
                index, channels, side, padding = step
                self.add_module(f"conv{index}", nn.Conv2d(before, channels, side, padding=padding))
                before = channels
            elif step == "layer":
                compared.append(before)
        self.heads = nn.ParameterList(torch.ones(channels) for channels in compared)

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], -1..1, to the compared activations [B, D, h, w], finest first; sides of at least 24 pixels.

        Raises:
            InputError: the pictures are too small.
        """
        if min(pictures.shape[2:]) < SMALLEST:
            height, width = pictures.shape[2:]
            raise InputError(
                f"pictures of {width}x{height} are too small for {self.name}: give at least {SMALLEST}x{SMALLEST}"
            )
        shift, scale = (pictures.new_tensor(each)[:, None, None] for each in (_SHIFT, _SCALE))
        x, found = (pictures - shift) / scale, []
        for step in PLANS[self.trunk]:
            if isinstance(step, tuple):
                x = self.get_submodule(f"conv{step[0]}")(x)
            elif step == "layer":
                found.append(x)
            elif step == "relu":
                x = F.relu(x)
            elif step == "blur":
                x = _halved(x)
            else:
                x = F.max_pool2d(x, step, stride=1)
        return found

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """The distance of pictures [B, 3, H, W], -1..1: [B], at least 0."""
        return self.distance(self.layers(one), self.layers(other))

    def distance(self, ones: list[Tensor], others: list[Tensor]) -> Tensor:
        """The distance of the activations of ``layers``: [B]."""
        return torch.stack([each.mean((1, 2, 3)) for each in self.maps(ones, others)]).sum(0)

    def maps(self, ones: list[Tensor], others: list[Tensor]) -> list[Tensor]:
        """The distance at every position of the activations of ``layers``: [B, 1, h, w] each."""
        return [
            ((_unit(a) - _unit(b)).square() * head[:, None, None]).sum(1, keepdim=True)
            for a, b, head in zip(ones, others, self.heads)
        ]


def _halved(x: Tensor) -> Tensor:
    """The binomial filter of 3 x 3, with two pixels reflected on every side, at every second pixel."""
    taps = x.new_tensor([1.0, 2.0, 1.0]) / 4
    kernel = torch.outer(taps, taps)[None, None].expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=x.shape[1])


def _unit(x: Tensor) -> Tensor:
    """Vectors along the channels, of length 1."""
    return x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)


def shift_tolerant(trunk: Trunk = "alex", path: str | Path | None = None) -> ShiftTolerant:
    """The distance with its published weights, in eval mode; its gradient reaches the pictures only.

    Args:
        trunk: ``alex``, or ``vgg``, which takes five times as long.
        path: of the weights, or of their folder; ``None``: the folder in ``CALOTYPE_WEIGHTS``, or where ``calotype
            weights`` keeps them.

    Raises:
        InputError: there is no such file, or it holds other weights.
    """
    file = _file(trunk, path)
    found = read(file, kind="file of ST-LPIPS weights")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    known = "" if digest.startswith(SHA256[trunk]) else "unknown weights "
    net = ShiftTolerant(trunk, f"st-lpips {trunk} ({known}{digest[:8]})")
    try:
        net.load_state_dict(_renamed(found, net))
    except (RuntimeError, KeyError, AttributeError):
        raise InputError(f"{shown(file)} holds no ST-LPIPS of {trunk}: give {FILES[trunk]}") from None
    return net.eval().requires_grad_(False)


def _renamed(found: object, net: ShiftTolerant) -> dict[str, Tensor]:
    tensors = {name: value.tensor() for name, value in found.items() if isinstance(value, View)}  # type: ignore[attr-defined]
    state = {}
    for name, value in tensors.items():
        parts = name.split(".")
        if parts[0] == "net" and parts[-1] in ("weight", "bias"):
            state[f"conv{parts[2]}.{parts[3]}"] = value
        elif parts[0].startswith("lin"):
            state[f"heads.{parts[0][3:]}"] = value.flatten()
    return state


def _file(trunk: Trunk, path: str | Path | None) -> Path:
    name = FILES[trunk]
    if path is not None:
        return Path(path) / name if Path(path).is_dir() else Path(path)
    file = found_weights(name)
    if file is not None:
        return file
    raise InputError(
        f"no ST-LPIPS weights: 'calotype weights stlpips' fetches them, or set {WEIGHTS_VARIABLE} to the folder of "
        f"{name}"
    )

"""VGG-16 and VGG-19 (Simonyan and Zisserman, ICLR 2015) as feature extractors, with weights of several origins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import cache_folder, shown
from calotype.nn.weight_files import (
    WEIGHTS_VARIABLE,
    found_weights,
    is_finite,
    load_float,
    read_identified,
    read_weights,
    weights_file,
)

VGG_FILE = "vgg16_conv_fp16.safetensors"
VGG_SHA256 = "0884370742bf8244deaccbfda0e9babcbadeac88690ca4d1340e5f28a4863e2e"
# Number of convolutions of each block, named conv<block>_<number>, and their channels.
VGG_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_VGG_MEAN = (103.939, 116.779, 123.68)  # BGR, 0..255: the preprocessing of these weights
# The preprocessing of torchvision's weights (RGB, 0..1), and their public file.
_VISION_MEAN, _VISION_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
VISION_VGG_FILE, VISION_VGG19_FILE = "vgg16-397923af.pth", "vgg19-dcbb9e9d.pth"  # with the start of their SHA-256
VGG19_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))


class Vgg16(nn.Module):
    """The 13 convolutions of VGG-16 (Simonyan and Zisserman, ICLR 2015), up to relu5_3.

    [B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16], non-negative. Images with a side below 16 pixels give none.
    """

    blocks: ClassVar[tuple[tuple[int, int], ...]] = VGG_BLOCKS

    def __init__(self, name: str, *, vision: bool = False) -> None:
        super().__init__()
        self.name, self.vision = name, vision
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(_VGG_MEAN)[:, None, None], persistent=False)
        before = 3
        for block, (count, channels) in enumerate(self.blocks, 1):
            for number in range(1, count + 1):
                self.add_module(f"conv{block}_{number}", nn.Conv2d(before, channels, 3, padding=1))
                before = channels

    def layers(self, pictures: Tensor) -> list[Tensor]:
        """The last feature map of each block; those of LPIPS: relu1_2, relu2_2, relu3_3, relu4_3, relu5_3."""
        if min(pictures.shape[-2:]) < 16:  # four 2x poolings
            return [pictures.new_zeros(len(pictures), channels, 0, 0) for _, channels in self.blocks]
        x = self.prepared(pictures)
        maps: list[Tensor] = []
        for block, (count, _) in enumerate(self.blocks, 1):
            if maps:
                x = F.max_pool2d(x, 2)
            for number in range(1, count + 1):
                x = F.relu(self.get_submodule(f"conv{block}_{number}")(x))
            maps.append(x)
        return maps

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in -1..1 to [B, 512, H // 16, W // 16]; see the class."""
        return self.layers(pictures)[-1]

    def prepared(self, pictures: Tensor) -> Tensor:
        """Preprocessing of the authors' weights or, with ``vision``, of torchvision's."""
        if not self.vision:
            return (pictures.flip(1) + 1) * 127.5 - self.mean
        mean, deviation = (pictures.new_tensor(v)[:, None, None] for v in (_VISION_MEAN, _VISION_DEVIATION))
        return ((pictures + 1) / 2 - mean) / deviation


class Vgg19(Vgg16):
    """The 16 convolutions of VGG-19 (Simonyan and Zisserman, ICLR 2015), up to relu5_4; else as ``Vgg16``."""

    blocks = VGG19_BLOCKS


def vision_vgg16(path: str | Path) -> tuple[Vgg16, dict[str, Tensor]]:
    """VGG-16 with torchvision's weights, which published LPIPS, precision and recall use.

    Args:
        path: of the public file, ``vgg16-397923af.pth``. Its SHA-256 is part of the name; other weights are marked as
            unknown.

    Returns:
        The convolutions, and the weights of the layers after them, by their names in the file.

    Raises:
        InputError: the file cannot be read, or has other content.
    """
    file = Path(path)
    weights, digest = read_weights(file, VISION_VGG_FILE)
    net = Vgg16(f"vgg-16 of torchvision ({_version_of(digest, VISION_VGG_FILE)})", vision=True)
    _load_vision(net, weights, file, "VGG-16", VISION_VGG_FILE)
    rest = {name: value for name, value in weights.items() if name.startswith("classifier.")}
    return net, rest


def vgg19(path: str | Path | None = None) -> Vgg19:
    """VGG-19 with torchvision's weights, which no package that ``calotype weights`` knows has: a file of your own.

    Args:
        path: of the public file, ``vgg19-dcbb9e9d.pth``, or its folder; ``None``: the folder in the environment
            variable ``CALOTYPE_WEIGHTS``, or where ``calotype weights`` keeps others. Its SHA-256 is part of the name;
            other weights are marked as unknown.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    file = _vgg19_file(path)
    weights, digest = read_weights(file, VISION_VGG19_FILE)
    net = Vgg19(f"vgg-19 of torchvision ({_version_of(digest, VISION_VGG19_FILE)})", vision=True)
    _load_vision(net, weights, file, "VGG-19", VISION_VGG19_FILE)
    return net


def check_vgg19() -> None:
    """Check that the weights of VGG-19 are there, without reading them.

    Raises:
        InputError: they are not.
    """
    file = _vgg19_file(None)
    if not file.is_file():
        raise InputError(
            f"the VGG-19 weights {shown(file)} are missing: set {WEIGHTS_VARIABLE} to the folder of torchvision's "
            f"{VISION_VGG19_FILE}, or choose vgg16"
        )


def _vgg19_file(path: str | Path | None) -> Path:
    given = Path(path or os.environ.get(WEIGHTS_VARIABLE) or cache_folder("weights"))
    there = found_weights(VISION_VGG19_FILE) if path is None else None
    return there or (given / VISION_VGG19_FILE if path is None or given.is_dir() else given)


def _version_of(digest: str, name: str) -> str:
    """Eight digits of a SHA-256, marked as unknown where the name of the public file ends in others."""
    known = Path(name).stem.rpartition("-")[2]
    return f"{'' if digest.startswith(known) else 'unknown weights '}{digest[:8]}"


def _load_vision(net: Vgg16, weights: Mapping[str, Tensor], file: Path, network: str, expected: str) -> None:
    """Give a net the convolutions of a file of torchvision, whose layers are numbered with ReLUs and poolings.

    Raises:
        InputError: the file has others, or weights that are not finite.
    """
    state, number = {}, 0
    for block, (count, _) in enumerate(net.blocks, 1):
        for i in range(1, count + 1):
            for kind in ("weight", "bias"):
                state[f"conv{block}_{i}.{kind}"] = weights.get(f"features.{number}.{kind}", torch.empty(0))
            number += 2
        number += 1
    try:
        net.load_state_dict(state)
    except RuntimeError:
        raise InputError(f"{shown(file)} holds no {network} of torchvision: give {expected}") from None
    if not is_finite(net):
        raise InputError(f"{shown(file)} holds weights that are not finite: get {expected} again")
    net.eval().requires_grad_(False)


def check_vgg16() -> None:
    """Check that the weights of VGG-16 are there, without reading them.

    Raises:
        InputError: they are not.
    """
    file = weights_file(None, VGG_FILE, "VGG-16")
    if not file.is_file():
        raise InputError(f"{file} is missing: 'calotype weights vgg16' fetches it; or unset {WEIGHTS_VARIABLE}")


def vgg16(path: str | Path | None = None) -> Vgg16:
    """VGG-16 with ImageNet weights, which do not come with the package.

    Args:
        path: the safetensors file, or its folder, where it is named ``vgg16_conv_fp16.safetensors``; ``None``: the
            folder in the environment variable ``CALOTYPE_WEIGHTS``, or where ``calotype weights`` keeps it.

    The weights used here are the original ones, rounded to half precision; published LPIPS numbers use torchvision's,
    which were trained separately.

    Raises:
        InputError: there is no such file, or it does not have these 13 layers.
    """
    data, version = read_identified(path, VGG_FILE, (VGG_SHA256,), "VGG-16")
    net = Vgg16(f"vgg-16 ({version})")
    file = weights_file(path, VGG_FILE, "VGG-16")
    load_float(net, data, file, "VGG-16: thirteen convolutions named conv1_1 to conv5_3")
    return net.eval().requires_grad_(False)

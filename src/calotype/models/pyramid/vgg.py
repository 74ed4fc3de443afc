"""VGG-16 with its fully connected layers, from a file of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import shown
from calotype.nn.vgg import VGG_BLOCKS, Vgg16, vision_vgg16

_SIDE = 7  # of the last feature map, as the fully connected layers take it
_LAYERS = ("classifier.0", "classifier.3", "classifier.6")  # fc6, fc7 and fc8 in torchvision's files
_FLAT = VGG_BLOCKS[-1][1] * _SIDE * _SIDE


class FullVgg16(nn.Module):
    """VGG-16 (Simonyan and Zisserman, ICLR 2015) in torchvision's form, for pictures of any size.

    Args:
        sizes: outputs of the three fully connected layers: published are 4096, 4096 and the number of classes.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.maps = Vgg16("vgg16", vision=True)
        self.fc6, self.fc7, self.fc8 = (nn.Linear(a, b) for a, b in zip((_FLAT, *sizes), sizes))

    def forward(self, pictures: Tensor, deepest: int = 6) -> list[Tensor]:
        """[B, 3, H, W], -1..1, to the outputs of the five poolings, of fc7 after its ReLU, and of fc8 (logits)."""
        found = [F.max_pool2d(each, 2) for each in self.maps.layers(pictures)]
        if deepest < len(found):
            return found[: deepest + 1]
        x = F.adaptive_avg_pool2d(found[-1], _SIDE).flatten(1)
        fc7 = F.relu(self.fc7(F.relu(self.fc6(x))))
        return [*found, fc7, self.fc8(fc7)][: deepest + 1]


def full_vgg16(path: str | Path) -> FullVgg16:
    """The network with the weights of a file like torchvision's, for ImageNet, Places365 or other classes; frozen.

    Args:
        path: a state dict saved by PyTorch: ``features.0`` to ``features.28``, ``classifier.0``, ``.3`` and ``.6``. It
            is read without executing anything in it.

    Raises:
        InputError: it cannot be read, or has other content.
    """
    maps, rest = vision_vgg16(path)
    found = [rest.get(f"{name}.{kind}") for name in _LAYERS for kind in ("weight", "bias")]
    layers = [tensor for tensor in found if tensor is not None]
    sizes = [tensor.numel() for tensor in layers[1::2]]
    inputs = [_FLAT, *sizes]
    shapes = [shape for before, after in zip(inputs, sizes) for shape in ((after, before), (after,))]
    if len(layers) < len(found) or [tuple(tensor.shape) for tensor in layers] != shapes:
        raise InputError(
            f"{shown(Path(path))} has no fully connected layers of VGG-16 ({', '.join(_LAYERS)}): give a whole one, or "
            "leave out --set classifier_file"
        )
    if not all(bool(tensor.isfinite().all()) for tensor in layers):
        raise InputError(f"{shown(Path(path))} holds weights that are not finite: get it again")
    net = FullVgg16(sizes)
    net.maps = maps
    for linear, weight, bias in zip((net.fc6, net.fc7, net.fc8), layers[::2], layers[1::2]):
        linear.load_state_dict({"weight": weight.float(), "bias": bias.float()})
    return net.requires_grad_(False).eval()

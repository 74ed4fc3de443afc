"""What the official code of SinGAN writes, in the place of it: its classes, and its four files."""

import sys
import types

import torch
from torch import nn

FILES = ("Gs.pth", "Zs.pth", "reals.pth", "NoiseAmp.pth")


def classes(place):
    """A module of the name that the official classes have in their pickles, with what of them is pickled."""
    module = types.ModuleType(place)

    class ConvBlock(nn.Sequential):
        def __init__(self, inside, outside):
            super().__init__()
            self.add_module("conv", nn.Conv2d(inside, outside, 3))
            self.add_module("norm", nn.BatchNorm2d(outside))
            self.add_module("LeakyRelu", nn.LeakyReLU(0.2, inplace=True))

    class GeneratorConcatSkip2CleanAdd(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.is_cuda = False
            self.head = ConvBlock(3, width)
            self.body = nn.Sequential()
            for i in range(3):
                self.body.add_module(f"block{i + 1}", ConvBlock(width, width))
            self.tail = nn.Sequential(nn.Conv2d(width, 3, 3), nn.Tanh())

    for kind in (ConvBlock, GeneratorConcatSkip2CleanAdd):
        kind.__module__, kind.__qualname__ = place, kind.__name__
        setattr(module, kind.__name__, kind)
    return module


def save(folder, values, in_zip=True):
    """Write generators, noises, photos and amplitudes, one list each, in either format of ``torch.save``."""
    folder.mkdir(exist_ok=True)
    for name, value in zip(FILES, values, strict=True):
        torch.save(value, folder / name, _use_new_zipfile_serialization=in_zip)
    return folder


def checkpoint(folder):
    """One of a photo of 40x30 pixels, as wide and as deep as the published settings make it."""
    from calotype.engines.singan.config import PRESETS
    from calotype.engines.singan.net import Net

    net = Net(PRESETS["paper"], (30, 40))
    widths = [generator.state_dict()["trunk.0.conv.weight"].shape[0] for generator in net.generators]
    module = classes("models")
    torch.manual_seed(0)
    noise = nn.functional.pad(torch.randn(1, 1, *net.sizes[0]), (5,) * 4).expand(-1, 3, -1, -1).clone()
    values = (
        [module.GeneratorConcatSkip2CleanAdd(width) for width in widths],
        [noise, *(torch.zeros(1, 3, h + 10, w + 10) for h, w in net.sizes[1:])],
        [torch.rand(1, 3, *size) * 2 - 1 for size in net.sizes],
        [1.0, *(0.1 for _ in net.sizes[1:])],
    )
    sys.modules["models"] = module
    try:
        return save(folder, values)
    finally:
        del sys.modules["models"]

"""Methods that ``superresolution.py`` compares ``upscale`` with: DIP, with a small net of our own, and ESRGAN-slim.

EDSR and SRGAN, which SinGAN's table also has, are not here: no package that can be had carries their weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.data.packages import Package, fetched
from calotype.image.resize import resize

ESRGAN_SLIM = Package(
    "npm",
    "@upscalerjs/esrgan-slim",
    "1.0.0",
    "b53070ff01363e74d33138106dcc72b58d341c9fb7e8fd648554a4e7744142b5",
    5,
    "MIT",
)
ESRGAN_FACTORS = (2, 3, 4, 8)


# ---------------------------------------------------------------------------------------------------------------
# Deep Image Prior


_NOISE = 8  # channels of the noise


class Hourglass(nn.Module):
    """The network of Deep Image Prior (Ulyanov, Vedaldi, Lempitsky, CVPR 2018), smaller: it halves and doubles.

    [1, C, H, W] noise to [1, 3, H, W], 0..1.
    """

    def __init__(self, noise: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        before, self.down, self.skip, self.up = noise, nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for count in channels:
            self.down.append(nn.Sequential(*_layer(before, count, 3, 2), *_layer(count, count, 3)))
            self.skip.append(nn.Sequential(*_layer(before, 4, 1)))
            before = count
        for count in reversed(channels):
            self.up.append(
                nn.Sequential(nn.BatchNorm2d(before + 4), *_layer(before + 4, count, 3), *_layer(count, count, 1))
            )
            before = count
        self.out = nn.Conv2d(before, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        kept = []
        for down, skip in zip(self.down, self.skip):
            kept.append(skip(x))
            x = down(x)
        for up, skipped in zip(self.up, reversed(kept)):
            x = F.interpolate(x, size=skipped.shape[2:], mode="bilinear", align_corners=False)
            x = up(torch.cat([x, skipped], 1))
        return torch.sigmoid(self.out(x))


def _layer(before: int, after: int, side: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, side, stride, side // 2)
    return [convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]


def dip(small: Tensor, factor: int, steps: int, channels: tuple[int, ...], seed: int = 0) -> Tensor:
    """The picture of a network fitted to the photo [1, 3, h, w], -1..1: its reduction is the photo.

    As published: noise as input, disturbed anew in every step, and the mean of the last pictures, weighted
    exponentially.
    """
    torch.manual_seed(seed)
    size = (factor * small.shape[2], factor * small.shape[3])
    net = Hourglass(_NOISE, channels).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    noise = (torch.rand(1, _NOISE, *size) * 0.1).contiguous(memory_format=torch.channels_last)
    optimizer, mean = torch.optim.Adam(net.parameters(), 0.01), torch.zeros(1, 3, *size)
    for step in range(steps):
        made = net(noise + 0.03 * torch.randn_like(noise) * 0.1) * 2 - 1
        loss = (resize(made, (small.shape[2], small.shape[3]), clamp=False) - small).square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        mean = made.detach() if not step else mean.lerp(made.detach(), 0.02)
    return mean.clamp(-1, 1)


# ---------------------------------------------------------------------------------------------------------------
# ESRGAN-slim


def esrgan_slim(factor: int, packages: Path | None = None) -> Callable[[Tensor], Tensor]:
    """The network of UpscalerJS for a factor of 2, 3, 4 or 8, read from its npm package."""
    files = dict(fetched(ESRGAN_SLIM, packages).files(lambda name: f"/models/x{factor}/" in name))
    named = {name.rsplit("/", 1)[-1]: content for name, content in files.items()}
    model = json.loads(named["model.json"])
    weights = _tensors(model["weightsManifest"][0]["weights"], named["group1-shard1of1.bin"])
    layers = model["modelTopology"]["model_config"]["config"]["layers"]

    @torch.inference_mode()
    def enlarge(photo: Tensor) -> Tensor:
        values = {}
        for layer in layers:
            inputs = [values[one[0]] for node in layer["inbound_nodes"] for one in node]
            values[layer["name"]] = _computed(layer, inputs, weights, photo)
        return (values[layers[-1]["name"]] / 127.5 - 1).clamp(-1, 1)

    return enlarge


def _tensors(manifest: list[dict[str, Any]], data: bytes) -> dict[str, Tensor]:
    found, place = {}, 0
    for one in manifest:
        count = math.prod(one["shape"])
        values = np.frombuffer(data, "<f4", count, place).reshape(one["shape"])
        found[one["name"]], place = torch.from_numpy(values.copy()), place + 4 * count
    return found


def _computed(layer: dict[str, Any], inputs: list[Tensor], weights: dict[str, Tensor], photo: Tensor) -> Tensor:
    """The output of a Keras layer; the input layer gives the photo, 0..255."""
    kind, config = layer["class_name"], layer["config"]
    if kind == "InputLayer":
        return (photo + 1) * 127.5
    if kind == "Conv2D":
        kernel = weights[f"{layer['name']}/kernel"].permute(3, 2, 0, 1)
        return F.conv2d(inputs[0], kernel, weights.get(f"{layer['name']}/bias"), padding="same")
    if kind == "Activation" and config["activation"] == "relu":
        return F.relu(inputs[0])
    if kind == "Concatenate":
        return torch.cat(inputs, 1)
    if kind == "Add":
        return sum(inputs[1:], inputs[0])
    if kind == "UpSampling2D":
        return F.interpolate(inputs[0], scale_factor=config["size"][0], mode=config["interpolation"])
    raise SystemExit(f"{kind} is not computed here")

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.lpips import lpips, published
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import vgg16

needs_weights = pytest.mark.skipif(
    not os.environ.get("CALOTYPE_WEIGHTS"), reason="CALOTYPE_WEIGHTS does not name the folder of the VGG-16 weights"
)


def scene(seed=0, size=(64, 80)):
    noise = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 9, 11, generator=noise) * 2 - 1
    real = torch.nn.functional.interpolate(coarse, size, mode="bicubic")
    return (real + 0.1 * torch.randn(real.shape, generator=noise)).clamp(-1, 1)


def disturbed(real, amount):
    return (real + amount * torch.randn(real.shape, generator=torch.Generator().manual_seed(1))).clamp(-1, 1)


class Toy:
    """Two layers that can be followed by hand: the picture, and twice its left half with a zero channel."""

    name = "toy"

    def layers(self, pictures):
        half = 2 * pictures[..., : pictures.shape[3] // 2]
        return [pictures, torch.cat([half, torch.zeros_like(half[:, :1])], 1)]


def test_arithmetic_is_that_of_the_paper():
    real, fake = scene(0), scene(1)
    expected = 0.0
    for a, b in zip(Toy().layers(real), Toy().layers(fake)):
        a, b = a[0].double().numpy(), b[0].double().numpy()
        a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
        expected += float(((a - b) ** 2).sum(0).mean())
    found = lpips(real, fake, Toy())
    assert found.distance == pytest.approx(expected, rel=1e-5)
    assert found.features == "toy"


def test_vectors_of_no_length_are_no_fault():
    nothing = torch.zeros(1, 3, 8, 8)
    assert lpips(nothing, nothing, Toy()).distance == 0
    assert lpips(nothing, torch.ones(1, 3, 8, 8), Toy()).distance == pytest.approx(2)


@pytest.mark.parametrize("features", [offline_features, pytest.param(vgg16, marks=needs_weights)])
def test_more_disturbance_is_further_and_its_features_are_named(features):
    features, real = features(), scene()
    distances = [lpips(real, disturbed(real, amount), features) for amount in (0, 0.05, 0.15, 0.5)]
    assert distances[0].distance == 0
    assert [d.distance for d in distances] == sorted(d.distance for d in distances)
    assert {d.features for d in distances} == {features.name}


@needs_weights
def test_a_small_shift_is_nearer_than_blur_of_the_same_error():
    """What the measure is for: pixel differences of the two are alike, and only one of them is easily seen."""
    real = scene(size=(96, 96))
    shifted = real.roll(1, 3)
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(real, [2] * 4, mode="reflect"), 5, 1)
    pixels = [(real - x).square().mean() for x in (shifted, blurred)]
    assert pixels[0] > pixels[1]
    features = vgg16()
    assert lpips(real, shifted, features).distance < lpips(real, blurred, features).distance


def test_what_cannot_be_compared():
    with pytest.raises(InputError, match="one size only"):
        lpips(scene(), scene(size=(64, 64)))
    with pytest.raises(InputError, match="too small"):
        lpips(scene()[..., :3, :3], scene()[..., :3, :3])


def files(folder, widths=(64, 128, 256, 512, 512)):
    """Files as torchvision's VGG-16 and the heads of the lpips package, with random weights."""
    torch.manual_seed(0)
    weights, before = {}, 3
    channels = [width for width, count in zip((64, 128, 256, 512, 512), (2, 2, 3, 3, 3)) for _ in range(count)]
    for number, width in zip((0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28), channels):
        weights[f"features.{number}.weight"] = torch.randn(width, before, 3, 3) / (3 * before) ** 0.5
        weights[f"features.{number}.bias"] = torch.zeros(width)
        before = width
    torch.save(weights, folder / "vgg16.pth")
    heads = {f"lin{i}.model.1.weight": torch.rand(1, width, 1, 1) for i, width in enumerate(widths)}
    torch.save(heads, folder / "heads.pth")
    return folder / "vgg16.pth", folder / "heads.pth"


def test_the_published_one_weighs_channels(tmp_path):
    real, fake = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    measure = published(*files(tmp_path))
    found = measure(real, fake)
    heads = torch.load(tmp_path / "heads.pth", weights_only=True)
    wanted = 0.0
    for i, (a, b) in enumerate(zip(measure.net.layers(real), measure.net.layers(fake))):
        a, b = (x / x.norm(dim=1, keepdim=True).clamp_min(1e-10) for x in (a, b))
        wanted += float(((a - b).square() * heads[f"lin{i}.model.1.weight"]).sum(1).mean())
    assert found.distance == pytest.approx(wanted, rel=1e-5)
    assert "lpips 0.1, vgg-16 of torchvision" in found.features
    assert measure(real, real).distance == 0


def test_files_that_are_others(tmp_path):
    vgg, heads = files(tmp_path, widths=(64, 128, 256, 512, 64))
    with pytest.raises(InputError, match="no channel weights"):
        published(vgg, heads)
    with pytest.raises(InputError, match="no VGG-16 of torchvision"):
        published(heads, heads)
    with pytest.raises(InputError, match="cannot be read"):
        published(tmp_path / "nowhere.pth", heads)
    heads.write_bytes(b"x")
    with pytest.raises(InputError, match="holds no weights"):
        published(vgg, heads)

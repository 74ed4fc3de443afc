"""Frozen feature extractors."""

from __future__ import annotations

import os

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from calotype.errors import InputError
from calotype.nn.features import STEM_FILE, Features, InceptionStem, LayeredFeatures, inception_stem
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import VGG_FILE, VISION_VGG19_FILE, Vgg16, check_vgg19, vgg16, vgg19

needs_weights = pytest.mark.skipif(
    not os.environ.get("CALOTYPE_WEIGHTS"), reason=f"CALOTYPE_WEIGHTS does not name the folder of {STEM_FILE}"
)


def picture(height=40, width=56, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def saved_stem(folder, seed=0):
    torch.manual_seed(seed)
    save_file(dict(InceptionStem("any").state_dict()), folder / STEM_FILE)
    return folder / STEM_FILE


def test_offline_features_are_a_named_extractor():
    features = offline_features()
    assert isinstance(features, Features)
    assert "offline" in features.name
    assert features(picture()).shape == (1, 27, 10, 14)


def test_features_that_are_moved_leave_others_where_they_are():
    offline_features().to("meta")
    assert {buffer.device.type for buffer in offline_features().buffers()} == {"cpu"}


def test_offline_features_of_a_flat_picture_are_its_colour_and_no_energy():
    out = offline_features()(torch.full((1, 3, 40, 40), 0.5))
    torch.testing.assert_close(out[:, 0], torch.full((1, 10, 10), 2.5))
    assert out[:, 1:].abs().max() < 0.02  # only the offset under the root


def test_offline_features_see_the_direction_of_a_grating():
    wave = torch.cos(2 * torch.pi * 0.4 * torch.arange(40.0)).expand(1, 3, 40, 40)
    across, along = offline_features()(wave).mean((0, 2, 3)), offline_features()(wave.mT).mean((0, 2, 3))
    assert across[3:7].argmax() == 0
    assert along[3:7].argmax() == 2


GOLDEN = -86.930654  # computed once; another number means that published ones no longer compare


def test_offline_features_are_the_same_everywhere():
    ramp = torch.linspace(-1, 1, 3 * 24 * 24).view(1, 3, 24, 24).sin()
    assert offline_features()(ramp).double().sum().item() == pytest.approx(GOLDEN, rel=1e-4)


def test_small_pictures_give_no_locations(tmp_path):
    assert offline_features()(picture(4, 40)).shape[-2:].numel() == 0
    stem = inception_stem(saved_stem(tmp_path))
    assert stem(picture(18, 40)).numel() == 0
    assert stem(picture(19, 19)).shape == (1, 192, 1, 1)


def test_stem_from_a_file_a_folder_and_the_environment(tmp_path, monkeypatch):
    file = saved_stem(tmp_path)
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    outputs = [inception_stem(where)(picture()) for where in (file, tmp_path, None)]
    assert outputs[0].shape == (1, 192, 6, 10)
    assert all(torch.equal(outputs[0], other) for other in outputs)


def test_name_tells_weights_apart(tmp_path):
    first = inception_stem(saved_stem(tmp_path, 0)).name
    second = inception_stem(saved_stem(tmp_path, 1)).name
    assert first != second
    assert "unknown" in first


def test_missing_weights_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    with pytest.raises(InputError, match="CALOTYPE_WEIGHTS"):
        inception_stem()
    with pytest.raises(InputError, match="CALOTYPE_WEIGHTS"):
        inception_stem(tmp_path / "absent.safetensors")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.safetensors").write_text("not weights")
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    for name in ("text.safetensors", "other.safetensors"):
        with pytest.raises(InputError, match="not the Inception stem"):
            inception_stem(tmp_path / name)


@needs_weights
def test_known_weights():
    stem = inception_stem()
    assert stem.name in ("inception-v3 stem (55d4a250)", "inception-v3 stem (63fd17d6)")
    assert stem(picture()).min() >= 0
    assert not any(p.requires_grad for p in stem.parameters())


def saved_vgg(folder, seed=0):
    torch.manual_seed(seed)
    save_file({key: value.half() for key, value in Vgg16("any").state_dict().items()}, folder / VGG_FILE)
    return folder / VGG_FILE


def test_layers_of_the_offline_features_are_three_sizes():
    features = offline_features()
    assert isinstance(features, LayeredFeatures)
    maps = features.layers(picture())
    assert [tuple(x.shape) for x in maps] == [(1, 27, 10, 14), (1, 27, 5, 7), (1, 27, 2, 3)]
    assert torch.equal(maps[0], features(picture()))
    assert len(features.layers(picture(8, 20))) == 1


def test_vgg_has_five_layers_and_the_input_it_was_trained_with(tmp_path):
    net = vgg16(saved_vgg(tmp_path))
    assert isinstance(net, LayeredFeatures)
    assert isinstance(net, Features)
    x = picture()
    maps = net.layers(x)
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 40, 56), (128, 20, 28), (256, 10, 14), (512, 5, 7), (512, 2, 3)]
    assert torch.equal(net(x), maps[-1])
    assert len(list(net.parameters())) == 26
    rgb = (x + 1) * 127.5
    bgr = torch.stack([rgb[:, 2] - 103.939, rgb[:, 1] - 116.779, rgb[:, 0] - 123.68], 1)
    first = net.conv1_2(net.conv1_1(bgr).relu()).relu()
    torch.testing.assert_close(maps[0], first)
    assert all(not m.numel() for m in net.layers(picture(15, 40)))


def test_vgg_weights_missing_unknown_or_wrong(tmp_path, monkeypatch):
    assert vgg16(saved_vgg(tmp_path)).name.startswith("vgg-16 (unknown weights ")
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    with pytest.raises(InputError, match=r"no VGG-16 weights.*CALOTYPE_WEIGHTS"):
        vgg16()
    with pytest.raises(InputError, match=f"cannot be read.*{VGG_FILE}"):
        vgg16(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is not VGG-16"):
        vgg16(saved_stem(tmp_path))


@needs_weights
def test_known_vgg_weights_tell_pictures_apart():
    net = vgg16()
    assert net.name == "vgg-16 (08843707)"
    assert 0.02 < float((net(picture()) > 0).float().mean()) < 0.9


# Where the convolutions are in torchvision's list of layers, as its file names them: pooling after 2, 4, 8, 12 and 16.
VGG19_PLACES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


@pytest.fixture(scope="module")
def vgg19_file(tmp_path_factory):
    torch.manual_seed(0)
    widths = [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8
    weights, before = {}, 3
    for place, width in zip(VGG19_PLACES, widths):
        weights[f"features.{place}.weight"] = torch.randn(width, before, 3, 3) * (2 / (9 * before)) ** 0.5
        weights[f"features.{place}.bias"] = torch.randn(width) / 9
        before = width
    path = tmp_path_factory.mktemp("weights") / VISION_VGG19_FILE
    torch.save(weights, path)
    return path


def test_vgg19_is_that_of_torchvision(vgg19_file, monkeypatch):
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(vgg19_file.parent))
    net, weights = vgg19(), torch.load(vgg19_file)
    assert net.name.startswith("vgg-19 of torchvision (unknown weights ")
    x = picture(32, 48)
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    y, maps = ((x + 1) / 2 - mean) / deviation, []
    for place in range(36):
        if place in VGG19_PLACES:
            y = F.conv2d(y, weights[f"features.{place}.weight"], weights[f"features.{place}.bias"], padding=1)
        elif place - 1 in VGG19_PLACES:
            y = F.relu(y)
        else:
            maps.append(y)
            y = F.max_pool2d(y, 2)
    for found, expected in zip(net.layers(x), [*maps, y], strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_vgg19_missing_wrong_or_not_finite(vgg19_file, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    with pytest.raises(InputError, match=r"VGG-19 weights .* are missing: set CALOTYPE_WEIGHTS"):
        check_vgg19()
    weights = torch.load(vgg19_file)
    few = {name: value for name, value in weights.items() if name.startswith("features.0")}
    torch.save(few, tmp_path / VISION_VGG19_FILE)
    with pytest.raises(InputError, match="holds no VGG-19 of torchvision"):
        vgg19()
    weights["features.0.bias"] = torch.full((64,), float("nan"))
    torch.save(weights, tmp_path / VISION_VGG19_FILE)
    with pytest.raises(InputError, match="not finite"):
        vgg19()


def test_weights_that_are_not_finite_are_refused(tmp_path):
    net = Vgg16("any")
    net.conv1_1.bias.data[3] = float("inf")
    save_file(net.state_dict(), tmp_path / VGG_FILE)
    with pytest.raises(InputError, match="not finite"):
        vgg16(tmp_path)

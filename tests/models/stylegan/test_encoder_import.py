"""The encoders of pSp and e4e: files made here by the published architecture, with narrow networks."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan.embedding import embed
from calotype.run import Run

CFG = replace(stylegan.PRESETS["tiny"], resolution=64, base=128, style=8, latent=8, mapping_rate=0.01, clamp=0.0)
ROWS, STYLE = 10, 8
WIDTHS, UNITS, REDUCTION = (6, 6, 8, 8 + 4, 16), (2, 1, 2, 1), 2


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """The weights of a decoder by rosinality's names."""
    torch.manual_seed(0)
    net = stylegan.build(CFG).eval()
    path = tmp_path_factory.mktemp("decoder") / "g.pt"
    stylegan.exported(CFG, net, path)
    return torch.load(path, weights_only=True)["g_ema"]


def encoder_weights(excited=True):
    """Weights by their published names."""
    chance = torch.Generator().manual_seed(3)
    found = {}

    def tensor(name, *shape, scale=0.3):
        found[name] = torch.randn(shape, generator=chance) * scale

    def norm(name, channels):
        for part in ("weight", "bias", "running_mean"):
            tensor(f"{name}.{part}", channels)
        found[f"{name}.running_var"] = torch.rand(channels, generator=chance) + 0.5
        found[f"{name}.num_batches_tracked"] = torch.tensor(5)

    tensor("input_layer.0.weight", WIDTHS[0], 3, 3, 3)
    norm("input_layer.1", WIDTHS[0])
    tensor("input_layer.2.weight", WIDTHS[0])
    before, number = WIDTHS[0], 0
    for count, width in zip(UNITS, WIDTHS[1:]):
        for _ in range(count):
            unit = f"body.{number}"
            if before != width:
                tensor(f"{unit}.shortcut_layer.0.weight", width, before, 1, 1)
                norm(f"{unit}.shortcut_layer.1", width)
            norm(f"{unit}.res_layer.0", before)
            tensor(f"{unit}.res_layer.1.weight", width, before, 3, 3)
            tensor(f"{unit}.res_layer.2.weight", width)
            tensor(f"{unit}.res_layer.3.weight", width, width, 3, 3)
            norm(f"{unit}.res_layer.4", width)
            if excited:
                tensor(f"{unit}.res_layer.5.fc1.weight", width // REDUCTION, width, 1, 1)
                tensor(f"{unit}.res_layer.5.fc2.weight", width, width // REDUCTION, 1, 1)
            before, number = width, number + 1
    for row in range(ROWS):
        for k in range(4 if row < 3 else 5 if row < 7 else 6):
            tensor(f"styles.{row}.convs.{2 * k}.weight", STYLE, STYLE if k else before, 3, 3)
            tensor(f"styles.{row}.convs.{2 * k}.bias", STYLE)
        tensor(f"styles.{row}.linear.weight", STYLE, STYLE, scale=1.0)
        tensor(f"styles.{row}.linear.bias", STYLE)
    for name, width in (("latlayer1", WIDTHS[3]), ("latlayer2", WIDTHS[2])):
        tensor(f"{name}.weight", before, width, 1, 1)
        tensor(f"{name}.bias", before)
    return found


def reference(p, photo, kind):
    """Styles by the published formulas."""

    def norm(x, name):
        return F.batch_norm(x, *(p[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")))

    x = F.prelu(norm(F.conv2d(photo, p["input_layer.0.weight"], padding=1), "input_layer.1"), p["input_layer.2.weight"])
    kept, number = [], 0
    for count in UNITS:
        for k in range(count):
            unit, stride = f"body.{number}", 1 if k else 2
            y = F.conv2d(norm(x, f"{unit}.res_layer.0"), p[f"{unit}.res_layer.1.weight"], padding=1)
            y = F.prelu(y, p[f"{unit}.res_layer.2.weight"])
            y = norm(F.conv2d(y, p[f"{unit}.res_layer.3.weight"], stride=stride, padding=1), f"{unit}.res_layer.4")
            if f"{unit}.res_layer.5.fc1.weight" in p:
                mean = F.adaptive_avg_pool2d(y, 1)
                hidden = F.relu(F.conv2d(mean, p[f"{unit}.res_layer.5.fc1.weight"]))
                y = y * torch.sigmoid(F.conv2d(hidden, p[f"{unit}.res_layer.5.fc2.weight"]))
            if f"{unit}.shortcut_layer.0.weight" in p:
                short = F.conv2d(x, p[f"{unit}.shortcut_layer.0.weight"], stride=stride)
                x = y + norm(short, f"{unit}.shortcut_layer.1")
            else:
                x = y + F.max_pool2d(x, 1, stride)
            number += 1
        kept.append(x)

    def add(coarse, fine, name):
        up = F.interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=True)
        return up + F.conv2d(fine, p[f"{name}.weight"], p[f"{name}.bias"])

    features = [kept[3]]
    features.append(add(kept[3], kept[2], "latlayer1"))
    features.append(add(features[1], kept[1], "latlayer2"))
    styles = []
    for row in range(ROWS):
        y = features[0 if row < 3 else 1 if row < 7 else 2]
        for k in range(4 if row < 3 else 5 if row < 7 else 6):
            part = f"styles.{row}.convs.{2 * k}"
            y = F.leaky_relu(F.conv2d(y, p[f"{part}.weight"], p[f"{part}.bias"], stride=2, padding=1))
        line = f"styles.{row}.linear"
        styles.append(y.flatten(1) @ (p[f"{line}.weight"] / math.sqrt(STYLE)).T + p[f"{line}.bias"])
    if kind == "Encoder4Editing":
        styles = [styles[0], *(styles[0] + each for each in styles[1:])]
    return torch.stack(styles, 1)


def written(path, decoder, kind="Encoder4Editing", weights=None, **options):
    state = {f"decoder.{name}": value for name, value in decoder.items()}
    state |= {f"encoder.{name}": value for name, value in (weights or encoder_weights()).items()}
    mean = torch.randn(ROWS, STYLE, generator=torch.Generator().manual_seed(7))
    opts = {"encoder_type": kind, "start_from_latent_avg": True, **options}
    torch.save({"state_dict": state, "latent_avg": mean, "opts": opts}, path)
    return mean


@pytest.fixture
def photo():
    return F.interpolate(torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1, size=(256, 256))


@pytest.mark.parametrize("kind", ["GradualStyleEncoder", "Encoder4Editing"])
@pytest.mark.parametrize("excited", [True, False])
def test_an_encoder_gives_the_styles_of_the_published_network(tmp_path, decoder, photo, kind, excited):
    weights = encoder_weights(excited)
    mean = written(tmp_path / "model.pt", decoder, kind, weights)
    cfg, net = stylegan.imported(tmp_path / "model.pt")
    assert (cfg.encoder_widths, cfg.encoder_units, cfg.encoder_excited) == (WIDTHS, UNITS, REDUCTION if excited else 0)
    wanted = reference(weights, photo, kind) + mean
    assert torch.allclose(net.encoder.encoded(net.generator, photo), wanted, atol=1e-4 * float(wanted.abs().max()))
    facts = stylegan.described(tmp_path / "model.pt")
    assert facts.facts["encoder"] == f"{'psp' if kind[0] == 'G' else 'e4e'}, 6 units"
    assert facts.unused == ("opts",)


def test_the_mean_is_left_out_where_the_options_say_so(tmp_path, decoder, photo):
    weights = encoder_weights()
    written(tmp_path / "model.pt", decoder, "GradualStyleEncoder", weights, start_from_latent_avg=False)
    _, net = stylegan.imported(tmp_path / "model.pt")
    wanted = reference(weights, photo, "GradualStyleEncoder")
    assert torch.allclose(net.encoder.encoded(net.generator, photo), wanted, atol=1e-4 * float(wanted.abs().max()))


def test_other_encoders_are_left_out_and_damaged_ones_refused(tmp_path, decoder):
    written(tmp_path / "other.pt", decoder, "SingleStyleCodeEncoder")
    cfg, net = stylegan.imported(tmp_path / "other.pt")
    assert (cfg.encoder, net.encoder) == ("none", None)
    assert stylegan.described(tmp_path / "other.pt").unused == ("encoder", "opts")
    weights = encoder_weights()
    del weights["styles.4.linear.bias"]
    written(tmp_path / "lacking.pt", decoder, "Encoder4Editing", weights)
    with pytest.raises(InputError, match=r"lacks the weights encoder\.styles\.4\.linear\.bias"):
        stylegan.imported(tmp_path / "lacking.pt")


def test_options_of_a_namespace_are_read(tmp_path, decoder):
    written(tmp_path / "model.pt", decoder)
    held = torch.load(tmp_path / "model.pt", weights_only=True)
    held["opts"] = argparse.Namespace(**held["opts"])
    torch.save(held, tmp_path / "model.pt")
    cfg, _ = stylegan.imported(tmp_path / "model.pt")
    assert cfg.encoder == "e4e"


def test_a_preview_and_a_search_from_the_encoder(tmp_path, decoder, photo, monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    written(tmp_path / "model.pt", decoder)
    cfg, net = stylegan.imported(tmp_path / "model.pt")
    given = {"net": net, "photo": photo, "encoder": net.encoder}
    made = embed(cfg, Run(), preview=True, **given)
    assert made.stages == ()
    small = F.interpolate(photo, size=(64, 64), mode="bicubic", antialias=True).clamp(-1, 1)
    assert torch.allclose(made.styles, net.encoder.encoded(net.generator, small), atol=1e-5)
    near = embed(cfg, Run(), start="encoder", steps=1, **given)
    assert (near.styles - made.styles).abs().max() < 0.2
    with pytest.raises(InputError, match="there is no encoder of this model"):
        embed(cfg, Run(), net=net, photo=photo, preview=True)

"""Files of other programs: their pictures, and what is said of files that cannot be used."""

from __future__ import annotations

import argparse
import math
import os
import pickle
import random
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stylegan_reference as reference
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.models import stylegan
from calotype.models.stylegan.network import Generator
from calotype.tasks import models as model_tasks
from calotype.tasks.model_description import describe
from calotype.tasks.model_export import export

CFG = replace(
    stylegan.PRESETS["tiny"], resolution=16, base=128, max_channels=16, latent=6, style=8, mapping_layers=3, clamp=2.0
)
WRITTEN = os.environ.get("CALOTYPE_CHECKPOINTS", "")  # folder of files that the official code wrote


def lively(cfg):
    """Weights of a generator by NVIDIA's names, with biases and noise strengths."""
    torch.manual_seed(5)
    net = Generator(cfg)
    with torch.no_grad():
        for name, value in net.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                value.add_(torch.randn_like(value) * 0.5)
        net.mapping.w_avg.normal_()
    return net.state_dict()


def expected(state, cfg, z, label=None, architecture="skip"):
    w = reference.mapping(state, z, label, rate=cfg.mapping_rate)
    return reference.synthesis(state, w[:, None].repeat(1, 6, 1), "const", cfg.clamp, architecture)


def check(path, z, pictures, label=None):
    cfg, net = stylegan.imported(path)
    assert not net.training
    made = net.generator(net.generator.styles(z, label))
    torch.testing.assert_close(made, pictures, atol=2e-5, rtol=1e-5)
    return cfg, net


# --- NVIDIA's programs for PyTorch


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("architecture", ["skip", "orig", "resnet"])
def test_nvidias_snapshots(nvidia, tmp_path, protocol, architecture):
    cfg = replace(CFG, architecture=architecture, classes=4)
    state, mark = lively(cfg), tmp_path / "run"
    net = nvidia(state, cfg, source=f"open({str(mark)!r}, 'w')")
    path = tmp_path / "network-snapshot-000001.pkl"
    whole = {"training_set_kwargs": {}, "G": net, "D": net, "G_ema": net, "augment_pipe": None}
    path.write_bytes(pickle.dumps(whole, protocol))
    z, label = torch.randn(2, cfg.latent), torch.eye(4)[1:3]
    found, made = check(path, z, expected(state, cfg, z, label, architecture), label)
    assert not mark.exists()
    kept = ("resolution", "classes", "latent", "style", "mapping_layers", "architecture", "clamp", "channels")
    assert all(getattr(found, name) == getattr(cfg, name) for name in kept)
    assert torch.equal(made.generator.mapping.w_avg, state["mapping.w_avg"])
    said = stylegan.described(path)
    assert said.family == "StyleGAN2"
    assert said.writer == "NVIDIA stylegan2-ada-pytorch"
    assert "non-commercial" in said.licence
    assert said.unused == ("D", "G")
    assert said.facts["resolution"] == "16x16, colour"
    assert said.facts["labels"] == "4 classes"


def test_modules_saved_whole(nvidia, tmp_path):
    state = lively(CFG)
    torch.save(nvidia(state, CFG, flat=True), tmp_path / "model_a_b.pt")
    z = torch.randn(2, CFG.latent)
    check(tmp_path / "model_a_b.pt", z, expected(state, CFG, z))
    assert stylegan.described(tmp_path / "model_a_b.pt").writer == "NVIDIA stylegan3 (one module)"


# --- files that the official code wrote, where they are at hand


def official(name):
    if not WRITTEN or not (Path(WRITTEN) / name).is_file():
        pytest.skip("no files of the official code: set CALOTYPE_CHECKPOINTS to their folder")
    return Path(WRITTEN) / name


@pytest.mark.parametrize(
    "name",
    ["sg2ada.pkl", "sg2ada_labels_p2.pkl", "sg2_by_sg3.pkl", "sg2ada_pti.pt", "sg3_t.pkl", "sg3_r.pkl", "sg3_t_pti.pt"],
)
def test_files_of_the_official_code_give_their_pictures(name):
    path = official(name)
    numbers = np.load(path.with_name(f"{path.stem.removesuffix('_pti')}.npz"))
    there = {key: torch.from_numpy(value) for key, value in numbers.items()}
    _, net = stylegan.imported(path)
    label = there.get("c")
    for truncation, key in ((1.0, "w"), (0.7, "w_psi07")):
        styles = net.generator.styles(there["z"], label, truncation)
        assert (styles - there[key]).abs().max() <= 1e-5
    off = (net.generator(there["w"]) - there["image"]).abs().max()
    # Pictures of these random weights reach some hundreds instead of 1, and the official float32 result is itself about
    # 1e-6 of that away from the one in float64.
    assert off <= max(1e-4, 2e-6 * float(there["image"].abs().max()))


# --- StyleGAN2 for TensorFlow


class Network:
    """As pickles of dnnlib have it."""


Network.__module__, Network.__qualname__ = "dnnlib.tflib.network", "Network"


@pytest.fixture
def dnnlib(monkeypatch):
    place = types.ModuleType("dnnlib.tflib.network")
    place.Network = Network
    for name in ("dnnlib", "dnnlib.tflib"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, place.__name__, place)


def tensorflow(state, cfg, *, version=4, architecture="skip", **settings):
    """A network as TensorFlow keeps it: HWIO weights, transposed matrices, biases of modulation without the 1."""
    mapping, synthesis, own = [], [], [("lod", np.float32(0))]
    layers = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB"}

    def numbers(value):
        return value.numpy().astype(np.float32)

    for name, value in state.items():
        parts = name.split(".")
        if name == "mapping.w_avg":
            own.append(("dlatent_avg", numbers(value)))
        elif parts[0] == "mapping":
            layer = "LabelEmbed" if parts[1] == "embed" else f"Dense{parts[1][2:]}"
            mapping.append((f"{layer}/{parts[2]}", numbers(value.T if value.dim() == 2 else value)))
        else:
            side = int(parts[1][1:])
            place = f"{side}x{side}"
            if parts[2] == "const":
                synthesis.append((f"{place}/Const/const", numbers(value[None])))
            elif parts[2] == "skip":
                synthesis.append((f"{place}/Skip/weight", numbers(value.permute(2, 3, 1, 0).flip(0, 1))))
            elif parts[3] == "noise_const":
                number = 2 * int(math.log2(side)) - (5 if parts[2] == "conv0" else 4)
                synthesis.append((f"noise{number}", numbers(value[None, None])))
            else:
                layer = "Conv" if side == 4 and parts[2] == "conv1" else layers[parts[2]]
                if architecture == "orig" and layer == "ToRGB":
                    place, layer = "ToRGB_lod0", ""
                end = {"affine.weight": "mod_weight", "affine.bias": "mod_bias"}.get(".".join(parts[3:]), parts[3])
                if end == "weight":
                    value = value.permute(2, 3, 1, 0)
                    value = value.flip(0, 1) if layer == "Conv0_up" else value
                elif end == "mod_weight":
                    value = value.T
                elif end == "mod_bias":
                    value = value - 1
                synthesis.append(("/".join(part for part in (place, layer, end) if part), numbers(value)))

    def network(variables, **parts):
        made = Network()
        made.__dict__ = {
            "version": version,
            "name": "G",
            "static_kwargs": {"mapping_lrmul": cfg.mapping_rate, "resolution": cfg.resolution, **settings},
            "components": parts,
            "build_module_src": "raise SystemExit",
            "build_func_name": "G_main",
            "variables": variables,
        }
        return made

    return network(own, mapping=network(mapping), synthesis=network(synthesis))


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_tuples_of_tensorflow(dnnlib, tmp_path, architecture):
    cfg = replace(CFG, architecture=architecture, clamp=0.0, classes=3)
    state = lively(cfg)
    average = tensorflow(state, cfg, architecture=architecture)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps((Network(), Network(), average), 4))
    z, label = torch.randn(2, cfg.latent), torch.eye(3)[:2]
    found, _ = check(tmp_path / "a.pkl", z, expected(state, cfg, z, label, architecture), label)
    assert (found.clamp, found.architecture, found.base) == (0, architecture, 128)
    assert stylegan.described(tmp_path / "a.pkl").unused == ("G", "D")


def test_older_networks_of_tensorflow_are_refused(dnnlib, tmp_path):
    old = tensorflow(lively(replace(CFG, clamp=0.0)), CFG, version=3)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps((old, old, old), 4))
    with pytest.raises(InputError, match="StyleGAN1 or of configuration A to D"):
        stylegan.imported(tmp_path / "a.pkl")
    old.variables.append(("4x4/Const/StyleMod/weight", np.zeros(1)))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps((old, old, old), 4))
    with pytest.raises(InputError, match="StyleGAN1: only StyleGAN2 and 3 are read"):
        stylegan.imported(tmp_path / "a.pkl")


# --- rosinality, pSp, e4e


def rosinality_weights(multiplier=1):
    """Weights by the names of that program, for 16 pixels, styles of 8 and three mapping layers."""
    torch.manual_seed(2)
    width, found = {4: 12, 8: 12, 16: 6 * multiplier}, {"input.input": torch.randn(1, 12, 4, 4)}
    for number in (1, 2, 3):
        found[f"style.{number}.weight"] = torch.randn(8, 8) / 0.01
        found[f"style.{number}.bias"] = torch.randn(8) / 0.01

    def layer(name, before, after, kernel):
        found[f"{name}.conv.weight"] = torch.randn(1, after, before, kernel, kernel)
        found[f"{name}.conv.modulation.weight"] = torch.randn(before, 8)
        found[f"{name}.conv.modulation.bias"] = 1 + torch.randn(before)
        if kernel == 3:
            found[f"{name}.noise.weight"] = torch.randn(1)
            found[f"{name}.activate.bias"] = torch.randn(after)
        else:
            found[f"{name}.bias"] = torch.randn(1, after, 1, 1)
        if name.startswith("convs") and int(name[6:]) % 2 == 0:
            found[f"{name}.conv.blur.kernel"] = torch.ones(4, 4) / 4

    layer("conv1", 12, 12, 3)
    layer("to_rgb1", 12, 3, 1)
    before = 12
    for number, side in enumerate((8, 16)):
        layer(f"convs.{2 * number}", before, width[side], 3)
        layer(f"convs.{2 * number + 1}", width[side], width[side], 3)
        layer(f"to_rgbs.{number}", width[side], 3, 1)
        before = width[side]
    for number in range(5):
        side = 2 ** ((number + 5) // 2)
        found[f"noises.noise_{number}"] = torch.randn(1, 1, side, side)
    return found


def rosinality_picture(p, z):
    """That program's forward pass: every convolution's weights times their scale."""
    w = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    for number in (1, 2, 3):
        w = reference.act(w @ (p[f"style.{number}.weight"] * 0.01 / math.sqrt(8)).T + p[f"style.{number}.bias"] * 0.01)

    def conv(name, x, up=False):
        weight = p[f"{name}.conv.weight"][0]
        style = w @ (p[f"{name}.conv.modulation.weight"] / math.sqrt(8)).T + p[f"{name}.conv.modulation.bias"]
        scaled = weight / math.sqrt(weight[0].numel())
        return reference.modulated(x, scaled, style, demodulate=weight.shape[2] == 3, up=up)

    def layer(name, x, number, up=False):
        x = conv(name, x, up) + p[f"{name}.noise.weight"] * p[f"noises.noise_{number}"]
        return reference.act(x + p[f"{name}.activate.bias"][:, None, None])

    x = layer("conv1", p["input.input"].repeat(len(z), 1, 1, 1), 0)
    picture = conv("to_rgb1", x) + p["to_rgb1.bias"]
    for k in range(2):
        x = layer(f"convs.{2 * k}", x, 2 * k + 1, True)
        x = layer(f"convs.{2 * k + 1}", x, 2 * k + 2)
        picture = reference.fir(picture, up=2, pad=(2, 1), gain=4.0) + conv(f"to_rgbs.{k}", x) + p[f"to_rgbs.{k}.bias"]
    return picture


@pytest.mark.parametrize("multiplier", [1, 2])
def test_checkpoints_of_rosinality(tmp_path, multiplier):
    state, z, mean = rosinality_weights(multiplier), torch.randn(2, 8), torch.randn(8)
    pictures = rosinality_picture(state, z)
    arguments = argparse.Namespace(size=16, channel_multiplier=multiplier)
    training = {"g": state, "d": {}, "g_ema": state, "g_optim": {}, "d_optim": {}, "args": arguments, "ada_aug_p": 0.1}
    files = {
        "training": training,
        "converted": {"g_ema": state, "latent_avg": mean},
        "bare": state,
        "encoder": {
            "state_dict": {f"decoder.{name}": value for name, value in state.items()} | {"encoder.body.0": mean},
            "latent_avg": mean.repeat(6, 1),
            "opts": {},
        },
    }
    for name, value in files.items():
        torch.save(value, tmp_path / f"{name}.pt")
        cfg, net = check(tmp_path / f"{name}.pt", z, pictures)
        assert (cfg.resolution, cfg.mapping_layers, cfg.clamp) == (16, 3, 0)
        if name in ("converted", "encoder"):
            torch.testing.assert_close(net.generator.mapping.w_avg, mean)
        else:  # measured
            drawn = net.generator.mapping(torch.randn(2000, 8))
            assert (drawn.mean(0) - net.generator.mapping.w_avg).abs().max() < 0.15 * drawn.std()
    assert stylegan.described(tmp_path / "training.pt").writer == "rosinality stylegan2-pytorch (training)"
    assert stylegan.described(tmp_path / "training.pt").unused == ("ada_aug_p", "args", "d", "d_optim", "g", "g_optim")
    assert "encoder" in stylegan.described(tmp_path / "encoder.pt").unused


def test_exported_files_are_those_of_rosinality(tmp_path):
    torch.manual_seed(3)
    cfg = replace(CFG, latent=8, clamp=0.0)
    net = stylegan.build(cfg).eval()
    net.load_state_dict({f"generator.{name}": value for name, value in lively(cfg).items()})
    said = stylegan.exported(cfg, net, tmp_path / "a.pt")
    assert said == "size 16, 3 mapping layers, channels of its own, which need a changed program"
    written = torch.load(tmp_path / "a.pt", weights_only=True)
    z = torch.randn(2, 8)
    made = net.generator(net.generator.styles(z))
    torch.testing.assert_close(rosinality_picture(written["g_ema"], z), made, atol=2e-5, rtol=1e-5)
    expected = set(rosinality_weights()) | {f"to_rgbs.{k}.upsample.kernel" for k in range(2)}
    assert set(written["g_ema"]) == expected
    check(tmp_path / "a.pt", z, made)
    wide = replace(CFG, latent=8, resolution=128, base=32768, max_channels=512, clamp=256.0)
    with torch.device("meta"):
        other = stylegan.build(wide)
    other = other.to_empty(device="cpu")
    said = stylegan.exported(wide, other, tmp_path / "b.pt")
    assert said.startswith("size 128, 3 mapping layers, channel multiplier 2; activations were limited to 256 here")
    for changes in ({"classes": 2}, {"architecture": "orig"}, {"channels": 1}, {"resample": "nearest"}):
        odd = replace(CFG, **changes)
        with pytest.raises(InputError, match="can be exported"):
            stylegan.exported(odd, stylegan.build(odd), tmp_path / "c.pt")


# --- lucidrains


def lucid_weights():
    torch.manual_seed(1)
    found, before = {"GE.initial_block": torch.randn(1, 16, 4, 4)}, 16
    linear = {"SE.net.0": (8, 8), "SE.net.2": (8, 8)}
    convs = {"GE.initial_conv": (16, 16, 3)}
    for k, width in enumerate((16, 8, 4)):
        name = f"GE.blocks.{k}"
        linear |= {f"{name}.to_style1": (before, 8), f"{name}.to_style2": (width, 8)}
        linear |= {f"{name}.to_noise1": (width, 1), f"{name}.to_noise2": (width, 1)}
        linear |= {f"{name}.to_rgb.to_style": (width, 8)}
        found |= {f"{name}.conv1.weight": torch.randn(width, before, 3, 3)}
        found |= {f"{name}.conv2.weight": torch.randn(width, width, 3, 3)}
        found |= {f"{name}.to_rgb.conv.weight": torch.randn(3, width, 1, 1) * 0.3}
        before = width
    for name, shape in linear.items():
        found |= {f"{name}.weight": torch.randn(shape), f"{name}.bias": torch.randn(shape[0])}
    for name, (after, inside, kernel) in convs.items():
        found |= {
            f"{name}.weight": torch.randn(after, inside, kernel, kernel) * 0.1,
            f"{name}.bias": torch.randn(after),
        }
    return found


def lucid_picture(p, z, noise):
    """That program's forward pass, in 0..1."""

    def linear(name, x):
        return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    def conv(name, x, style, demodulate=True):
        return reference.modulated(x, p[f"{name}.weight"], 1 + style, demodulate)

    w = z / z.norm(dim=1, keepdim=True)
    for k in (0, 2):
        w = F.leaky_relu(w @ (p[f"SE.net.{k}.weight"] * 0.1).T + p[f"SE.net.{k}.bias"] * 0.1, 0.2)
    x, picture = p["GE.initial_block"].repeat(len(z), 1, 1, 1), None
    x = F.conv2d(x, p["GE.initial_conv.weight"], p["GE.initial_conv.bias"], padding=1)
    for k in range(3):
        name = f"GE.blocks.{k}"
        if k:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        cut = noise[:, : x.shape[2], : x.shape[3], :]
        for half in "12":
            added = linear(f"{name}.to_noise{half}", cut).permute(0, 3, 2, 1)
            x = conv(f"{name}.conv{half}", x, linear(f"{name}.to_style{half}", w)) + added
            x = F.leaky_relu(x, 0.2)
        colours = conv(f"{name}.to_rgb.conv", x, linear(f"{name}.to_rgb.to_style", w), demodulate=False)
        picture = colours if picture is None else picture + colours
        if k < 2:
            picture = F.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
            kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])[None, None] / 16
            wide = F.pad(picture, (1, 1, 1, 1), mode="reflect")
            picture = F.conv2d(wide, kernel.repeat(3, 1, 1, 1), groups=3)
    return picture


def test_checkpoints_of_lucidrains(tmp_path):
    state, z = lucid_weights(), torch.randn(2, 8)
    both = state | {f"G.{name[3:]}": value for name, value in state.items() if name.startswith("GE.")}
    torch.save({"GAN": both, "version": "1.8.8"}, tmp_path / "model_3.pt")
    cfg, net = stylegan.imported(tmp_path / "model_3.pt")
    noise = torch.rand(2, 16, 16, 1)
    made = net.generator(net.generator.styles(z), [noise.permute(0, 3, 1, 2)])
    torch.testing.assert_close((made + 1) / 2, lucid_picture(state, z, noise), atol=1e-4, rtol=1e-4)
    assert (cfg.generator, cfg.resolution, net.generator.rows) == ("lucidrains", 16, 3)
    said = stylegan.described(tmp_path / "model_3.pt")
    assert (said.facts["version"], said.unused) == ("1.8.8", ("G",))
    torch.save({"GAN": both | {"GE.attns.0.a": z}}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="attention"):
        stylegan.imported(tmp_path / "other.pt")


# --- what is said of others, and the store


def test_files_that_are_none(tmp_path, nvidia):
    cases = {
        "list.pkl": ([1, 2], "holds no StyleGAN generator that is known"),
        "weights.pt": ({"layer.weight": torch.ones(2)}, "holds no StyleGAN generator that is known"),
        "eg3d.pkl": ({"G_ema": nvidia(lively(CFG), CFG, name="TriPlaneGenerator")}, "EG3D"),
    }
    for name, (value, words) in cases.items():
        torch.save(value, tmp_path / name)
        with pytest.raises(InputError, match=words) as error:
            stylegan.imported(tmp_path / name)
        assert "\n" not in str(error.value)
    state = lively(CFG)
    del state["synthesis.b8.conv1.bias"]
    torch.save(nvidia(state, CFG), tmp_path / "part.pt")
    with pytest.raises(
        InputError, match=r"part.pt' lacks the weights generator.synthesis.b8.conv1.bias: it is no network"
    ):
        stylegan.imported(tmp_path / "part.pt")
    state = lively(CFG)
    state["synthesis.b8.conv1.bias"] = torch.full((16,), float("nan"))
    torch.save(nvidia(state, CFG), tmp_path / "nan.pt")
    with pytest.raises(InputError, match="not finite"):
        stylegan.imported(tmp_path / "nan.pt")


def test_mutated_files_are_imported_or_refused(tmp_path, nvidia):
    """In one line, and without taking memory for what the file only says it has."""
    data = pickle.dumps({"G_ema": nvidia(lively(CFG), CFG)}, 3)
    chance, outcomes = random.Random(1), set()
    for _ in range(60):
        spoilt = bytearray(data)
        for _ in range(chance.choice([1, 1, 3])):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        (tmp_path / "a.pkl").write_bytes(bytes(spoilt))
        try:
            stylegan.imported(tmp_path / "a.pkl")
            outcomes.add("imported")
        except InputError as error:
            outcomes.add("refused" if "\n" not in str(error) else "many lines")
    assert outcomes == {"imported", "refused"}


@pytest.mark.parametrize("name", ["resolution", "latent", "classes", "mapping_layers"])
def test_sizes_that_only_the_settings_say(tmp_path, nvidia, name):
    value = {"resolution": 65536, "latent": 60000, "classes": 60000, "mapping_layers": 50000}[name]
    torch.save(nvidia(lively(CFG), replace(CFG, **{name: value})), tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"too large|lacks the weights|another size|other resolution"):
        stylegan.imported(tmp_path / "a.pt")


def test_a_file_is_imported_into_the_store_and_sampled(tmp_path, nvidia):
    import calotype

    path = tmp_path / "cats.pkl"
    path.write_bytes(pickle.dumps({"G_ema": nvidia(lively(CFG), CFG)}, 3))
    stored = model_tasks.take_over(path)
    assert stored.name.startswith("cats-stylegan-")
    (one,) = calotype.sample(stored, seed=4, truncation=0.5)
    assert one.size == (16, 16)
    assert describe(path).family == "StyleGAN2"
    with pytest.raises(InputError, match="can be exported"):  # its latent vectors have another length than its styles
        export(stored, tmp_path / "cats.pt")
    with pytest.raises(InputError, match="leave out --photo"):
        model_tasks.take_over(path, photo=tmp_path / "a.png")
    with pytest.raises(InputError, match="has no size"):
        calotype.sample(stored, size="32x32")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"files that can be read end in \.pkl, \.pt, \.pth"):
        describe(tmp_path / "a.txt")
    with pytest.raises(InputError, match="does not exist"):
        describe(tmp_path / "b.pkl")
    with pytest.raises(InputError, match="no folder of a model"):
        describe(tmp_path)

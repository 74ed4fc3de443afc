"""GIRAFFE files: the published architecture, written here with its own names, computes what ours computes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import calotype
from calotype.cli import main
from calotype.errors import InputError
from calotype.foreign.settings_yaml import read_settings
from calotype.models import control3d
from calotype.models.control3d.giraffe import Boxes, Codes
from calotype.models.control3d.giraffe_scene import boxes_of, camera_at, upright
from calotype.models.control3d.giraffe_settings import Giraffe, from_published, parsed
from calotype.run import Run
from calotype.tasks.model_description import describe
from calotype.tasks.models import take_over

SIDE, SAMPLES, HIDDEN, LATENT, AROUND, FEATURES = 4, 6, 8, 5, 3, 8
BASE = """
# as published, in small
data:
  path: data/some/*/*.png
  img_size: 64
model:
  z_dim: 5
  z_dim_bg: 3
  background_generator_kwargs:
    hidden_size: 8
    rgb_out_dim: 8
  bounding_box_generator_kwargs: # f = 0.23
    n_boxes: 2
    scale_range_min: [0.2, 0.16, 0.16]
    scale_range_max: [0.25, 0.2, 0.2]
    translation_range_min: [-0.6, -0.6, 0]
    translation_range_max: [0.6, 0.6, 0]
    z_level_plane: 0.1
    object_on_plane: True
    prior_npz_file: data/prior.npz
  generator_kwargs:
    range_v: [0.33, 0.4]
    fov: 40
    n_ray_samples: 6
    resolution_vol: 4
  neural_renderer_kwargs:
    input_dim: 8
    n_feat: 12
    min_feat: 4
  decoder_kwargs:
    hidden_size: 8
    rgb_out_dim: 8
    n_blocks: 7
training:
  learning_rate: 0.00025
rendering:
  render_program: ['one, two', "three"]
"""
PRETRAINED = "inherit_from: configs/64res/base.yaml\ntest:\n  model_file: https://example.org/checkpoint_x.pt\n"


def field(latent, blocks, skips):
    net = nn.Module()
    count = sum(i in skips for i in range(blocks - 1))
    net.fc_in, net.fc_z = nn.Linear(60, HIDDEN), nn.Linear(latent, HIDDEN)
    net.blocks = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in range(blocks - 1))
    if count:
        net.fc_z_skips = nn.ModuleList(nn.Linear(latent, HIDDEN) for _ in range(count))
        net.fc_p_skips = nn.ModuleList(nn.Linear(60, HIDDEN) for _ in range(count))
    net.sigma_out, net.fc_z_view = nn.Linear(HIDDEN, 1), nn.Linear(latent, HIDDEN)
    net.feat_view, net.fc_view = nn.Linear(HIDDEN, HIDDEN), nn.Linear(24, HIDDEN)
    net.feat_out, net.skips = nn.Linear(HIDDEN, FEATURES), skips
    return net


def encoded(point, count, downscale):
    found = []
    for i in range(count):
        found += [math.sin(2**i * math.pi * float(x) / downscale) for x in point]
        found += [math.cos(2**i * math.pi * float(x) / downscale) for x in point]
    return torch.tensor(found)


def evaluated(net, point, ray, shape, look, downscale):
    """Features and density of one point."""
    place = encoded(point, 10, downscale)
    x = F.relu(net.fc_in(place) + net.fc_z(shape))
    skip = 0
    for number, layer in enumerate(net.blocks):
        x = F.relu(layer(x))
        if number + 1 in net.skips and number < len(net.blocks) - 1:
            x = x + net.fc_z_skips[skip](shape) + net.fc_p_skips[skip](place)
            skip += 1
    density = net.sigma_out(x)[0]
    x = net.feat_view(x) + net.fc_z_view(look) + net.fc_view(encoded(ray / ray.norm(), 4, downscale))
    return net.feat_out(F.relu(x)), density


class Blur(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))

    def forward(self, x):
        kernel = self.f[:, None] * self.f / 16
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded.flatten(0, 1)[:, None], kernel[None, None]).view(*x.shape)


def reference():
    torch.manual_seed(4)
    net = nn.Module()
    net.decoder, net.background_generator = field(LATENT, 7, [4]), field(AROUND, 4, [])
    render = net.neural_renderer = nn.Module()
    render.upsample_rgb = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), Blur())
    render.conv_in = nn.Conv2d(8, 12, 1)
    render.conv_layers = nn.ModuleList([nn.Conv2d(12, 6, 3, 1, 1), nn.Conv2d(6, 4, 3, 1, 1)])
    render.conv_rgb = nn.ModuleList(nn.Conv2d(width, 3, 3, 1, 1) for width in (8, 6, 4))
    for part in (net.decoder, net.background_generator):  # dense enough to hide what is behind
        part.sigma_out.weight.data *= 8
        part.sigma_out.bias.data.fill_(0.3)
    net.decoder.sigma_out.bias.data.fill_(1.5)
    return net


def coloured(render, x):
    rgb, net = render.upsample_rgb(render.conv_rgb[0](x)), render.conv_in(x)
    for number, layer in enumerate(render.conv_layers):
        net = F.leaky_relu(layer(F.interpolate(net, scale_factor=2)), 0.2)
        rgb = rgb + render.conv_rgb[number + 1](net)
        if number == 0:
            rgb = render.upsample_rgb(rgb)
    return torch.sigmoid(rgb)


@torch.no_grad()
def features_of(net, codes, boxes, present, azimuth, polar):
    """The rendered features, ray by ray, sample by sample."""
    out = torch.tensor([math.sin(polar) * math.cos(azimuth), math.sin(polar) * math.sin(azimuth), math.cos(polar)])
    eye, up = 2.732 * out, torch.tensor([0.0, 0.0, 1.0])
    right = torch.linalg.cross(up, out) / torch.linalg.cross(up, out).norm()
    above, focal = torch.linalg.cross(out, right), 1 / math.tan(math.radians(20))
    result = torch.zeros(1, FEATURES, SIDE, SIDE)
    alphas = torch.zeros(2, SIDE, SIDE)
    steps = [0.5 + 5.5 * k / (SAMPLES - 1) for k in range(SAMPLES)]
    for row in range(SIDE):
        for column in range(SIDE):
            x, y = 2 * column / (SIDE - 1) - 1, 1 - 2 * row / (SIDE - 1)
            ray = x / focal * right + y / focal * above - out
            clear, alone = 1.0, [1.0, 1.0]
            for k, step in enumerate(steps):
                found = []
                for number in range(2):
                    inverse = boxes.rotation[number].T
                    point = inverse @ (eye + step * ray - boxes.place[number]) / boxes.half[number]
                    way = inverse @ ray / boxes.half[number]
                    feature, density = evaluated(net.decoder, point, way, codes.shape[number], codes.look[number], 2)
                    inside = bool((point.abs() <= 1.1).all()) and bool(present[number])
                    found.append((feature, max(0.0, float(density)) if inside else 0.0))
                around = (codes.shape_around, codes.look_around, 12)
                feature, density = evaluated(net.background_generator, eye + step * ray, ray, *around)
                found.append((feature, max(0.0, float(density))))
                total = sum(density for _, density in found)
                mixed = sum(feature * density for feature, density in found) / (total or 1e-4)
                length = float(ray.norm()) * (steps[k + 1] - step if k + 1 < SAMPLES else 1e10)
                alpha = 1 - math.exp(-total * length)
                result[0, :, row, column] += clear * alpha * mixed
                clear *= 1 - alpha + 1e-10
                for number in range(2):
                    own = 1 - math.exp(-found[number][1] * (length if k + 1 < SAMPLES else 0.0))
                    alphas[number, row, column] += alone[number] * own
                    alone[number] *= 1 - own + 1e-10
    return result, alphas


@pytest.fixture
def folder(tmp_path):
    theirs = reference()
    state = {f"generator_test.{name}": value for name, value in theirs.state_dict().items()}
    state |= {f"generator.{name}": torch.zeros_like(value) for name, value in theirs.state_dict().items()}
    state["discriminator.blocks.0.weight"] = torch.zeros(3)
    content = {"model": state, "optimizer": {}, "epoch_it": 3, "it": 7, "loss_val_best": np.float64(12.5)}
    torch.save(content, tmp_path / "checkpoint_x.pt")
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "base_pretrained.yaml").write_text(PRETRAINED)
    return tmp_path


def test_a_scene_is_drawn_as_by_the_reference(folder):
    theirs = reference()
    cfg, net = control3d.imported(folder)
    assert (cfg.size, cfg.objects) == (16, 2)
    settings = net.settings
    assert (settings.plane, settings.samples, settings.side, settings.decoder.blocks) == (0.1, 6, 4, 7)
    assert parsed(cfg.giraffe) == settings
    torch.manual_seed(0)
    codes = Codes(torch.randn(2, LATENT), torch.randn(2, LATENT), torch.randn(AROUND), torch.randn(AROUND))
    places = torch.tensor([[0.1, -0.2, 0.1], [-0.3, 0.3, 0.0]])
    boxes = Boxes(upright(torch.tensor([0.4, 2.0])), places, torch.tensor([[0.6, 0.5, 0.4], [0.3, 0.5, 0.5]]))
    for present in (torch.tensor([True, True]), torch.tensor([True, False])):
        wanted, alphas = features_of(theirs, codes, boxes, present, math.radians(30), math.radians(70))
        with torch.no_grad():
            found = net.seen(codes, boxes, present, camera_at(settings, 30, 70), torch.eye(3))
            torch.testing.assert_close(found.features, wanted, atol=2e-5, rtol=1e-4)
            torch.testing.assert_close(found.alpha[:, 0], alphas, atol=2e-5, rtol=1e-4)
            made = net.neural_renderer(found.features)
            torch.testing.assert_close(made, coloured(theirs.neural_renderer, wanted), atol=1e-5, rtol=1e-4)
    assert 0.01 < float(alphas[0].mean()) < 0.99


def test_scenes_are_edited(folder):
    cfg, net = control3d.imported(folder)
    given = {"net": net, "seed": 3}
    plain = control3d.layers(cfg, Run(), **given)
    assert plain.picture.shape == (1, 3, 16, 16)
    assert plain.picture.abs().max() <= 1
    moved = control3d.layers(cfg, Run(), objects=(1,), move=(0.1, 0.0, 0.0), turn=90, grow=1.2, **given)
    right, down, _ = (moved.pose.place - plain.pose.place)[0, 0].tolist()
    assert right == pytest.approx(0.1, abs=1e-6)
    assert abs(down) < 1e-6
    torch.testing.assert_close(moved.world.half[0, 0], 1.2 * plain.world.half[0, 0])
    around = moved.world.rotation[0, 0] @ plain.world.rotation[0, 0].T
    torch.testing.assert_close(around, upright(torch.tensor(math.pi / 2)), atol=1e-6, rtol=0)
    assert torch.equal(moved.world.place[0, 1], plain.world.place[0, 1])
    gone = control3d.layers(cfg, Run(), remove=(1, 2), **given)
    torch.testing.assert_close(gone.picture, plain.background)
    assert not gone.alpha.any()
    other = control3d.layers(cfg, Run(), look=9, **given)
    assert torch.equal(other.world.place, plain.world.place)
    assert not torch.equal(other.picture, plain.picture)
    again = control3d.scene(
        cfg, Run(), poses={name: getattr(moved.world, name) for name in moved.world._fields}, **given
    )
    torch.testing.assert_close(again, moved.picture.clamp(-1, 1), atol=1e-5, rtol=0)
    with pytest.raises(InputError, match="there is no object 3"):
        control3d.scene(cfg, Run(), objects=(3,), turn=3, **given)
    eye = camera_at(net.settings, None, None)[1]
    inside = {"rotation": torch.eye(3).expand(1, 2, 3, 3), "place": eye.expand(1, 2, 3), "half": torch.ones(1, 2, 3)}
    with pytest.raises(InputError, match="inside of object 1"):
        control3d.scene(cfg, Run(), poses=inside, **given)
    with pytest.raises(InputError, match="imported, not trained"):
        control3d.train(lambda i: {}, cfg, Run())


def test_objects_do_not_touch_and_may_be_fewer(folder):
    settings = from_published(read_settings(BASE, "base.yaml"))
    many = Giraffe(**{**vars(settings), "objects": 4, "existence": True})
    counts = set()
    for seed in range(30):
        boxes, present, _ = boxes_of(many, seed)
        counts.add(int(present.sum()))
        assert (boxes.place[:, 2] == 0.1).all()
        apart = (boxes.place[:, None] - boxes.place).abs() >= boxes.half[:, None] + boxes.half
        assert bool((apart.any(-1) | torch.eye(4, dtype=torch.bool)).all())
    assert counts == {2, 3, 4}


def test_from_files_to_pictures(folder, tmp_path):
    model = take_over(folder)
    made = calotype.scene(model, 2, seed=1)
    assert [picture.size for picture in made] == [(16, 16)] * 2
    given = ["scene", str(model), "--seed", "1", "--object", "1", "--move", "0.1,0,0", "--layers"]
    assert main([*given, "-o", str(tmp_path / "out" / "one.png")]) == 0
    told = json.loads((tmp_path / "out" / "one.json").read_text())
    assert len(told["objects"]) == 2
    assert {path.name for path in (tmp_path / "out").glob("*.png")} >= {"one.png", "one.depth.png", "one.object2.png"}
    again = calotype.scene(model, poses=tmp_path / "out" / "one.json")
    assert again[0].tobytes() == Image.open(tmp_path / "out" / "one.png").tobytes()
    film = calotype.turntable(model, seed=1, frames=3)
    assert len(film.frames if hasattr(film, "frames") else list(film)) == 3


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"base.yaml": "base.yaml"}, r"base\.yaml' inherits from itself: correct its line inherit_from"),
        (
            {"base.yaml": "a/middle.yaml", "middle.yaml": "a/base.yaml"},
            r"(base|middle)\.yaml' inherits from itself, by way of (base|middle)\.yaml: correct",
        ),
    ],
)
def test_configurations_that_inherit_from_themselves(folder, files, message):
    for name, base in files.items():
        (folder / name).write_text(f"inherit_from: {base}\n{BASE}")
    with pytest.raises(InputError, match=message):
        control3d.imported(folder)


def test_a_folder_is_described_before_and_after_the_import(folder):
    found = describe(folder)
    assert (found.family, found.facts["pixels"]) == ("control3d", "16x16")
    assert "models import" in found.facts["to use it"]
    assert describe(take_over(folder)).facts["verbs"] == found.facts["verbs"]


def test_weights_that_are_not_finite_are_refused(folder):
    content = torch.load(folder / "checkpoint_x.pt", weights_only=False)
    name = next(name for name in content["model"] if name.startswith("generator_test."))
    content["model"][name].view(-1)[0] = float("inf")
    torch.save(content, folder / "checkpoint_x.pt")
    for read in (take_over, describe):
        with pytest.raises(InputError, match="holds weights that are not finite"):
            read(folder)


def test_what_is_missing_or_strange_is_told(folder):
    (folder / "base.yaml").rename(folder / "kept")
    with pytest.raises(InputError, match=r"base_pretrained\.yaml' inherits from base\.yaml, which is not beside it"):
        control3d.imported(folder)
    (folder / "kept").rename(folder / "base.yaml")
    (folder / "other.yaml").write_text(BASE)
    assert control3d.imported(folder)[0].objects == 2  # the one that names the checkpoint
    (folder / "base_pretrained.yaml").unlink()
    with pytest.raises(InputError, match="has 2 configurations"):
        control3d.imported(folder)
    (folder / "other.yaml").unlink()
    for old, new, message in (
        ("    n_blocks: 7", "    n_blocks: 6", "not those of base"),
        ("  decoder_kwargs:\n", "  decoder_kwargs:\n    positional_encoding: gauss\n", "gauss, and only normal"),
        ("    fov: 40", "    fovea: 40", "fovea, which is not known"),
        ("    fov: 40", "    fov: !!python/object:os.system x", r"line \d+ of base\.yaml cannot be read as settings"),
        ("    n_boxes: 2", "    n_boxes: 0", "objects, samples"),
    ):
        assert old in BASE
        (folder / "base.yaml").write_text(BASE.replace(old, new))
        with pytest.raises(InputError, match=message):
            control3d.imported(folder)
    (folder / "base.yaml").write_text(BASE)
    torch.save({"model": {"discriminator.x": torch.zeros(1)}}, folder / "checkpoint_x.pt")
    with pytest.raises(InputError, match="no generator"):
        control3d.imported(folder)
    torch.save({"it": 3}, folder / "checkpoint_x.pt")
    with pytest.raises(InputError, match="no weights under 'model'"):
        control3d.imported(folder)
    torch.save({}, folder / "second.pt")
    with pytest.raises(InputError, match="has 2 checkpoints"):
        control3d.imported(folder)

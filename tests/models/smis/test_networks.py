"""Groups: how many, what they are apart for, and what is computed of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from calotype.models import smis
from calotype.models.smis.draw import drawn_with
from calotype.models.smis.encoder import class_crops, code_shape
from calotype.models.smis.network import codes_of
from calotype.models.smis.normalization import CGNorm
from calotype.models.smis.plan import hidden_channels, plan
from calotype.run import Run
from calotype.semantic.labels import LabelConv, LabelMaps, label_channels

TINY = replace(smis.PRESETS["tiny"], unknown="zeros")
APART = replace(TINY, size=(32, 32), doublings=3, classes=3, groups=(3, 3, 3, 3, 1), channels=(6, 6, 6, 6, 4))


def settled(cfg, seed=0):
    """A net with statistics as after a training."""
    torch.manual_seed(seed)
    net = smis.build(cfg).eval()
    for name, buffer in net.named_buffers():
        buffer.uniform_(0.5, 2) if name.endswith("variance") else buffer.normal_()
    for name, parameter in net.named_parameters():
        if name.startswith("generator") and parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    net.generator.conv_img.weight.detach().mul_(0.1)
    return net.requires_grad_(False)


def some_map(cfg, seed=0):
    return torch.randint(0, cfg.classes, (1, *cfg.size), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("classes", [2, 5, 8, 35, 151])
@pytest.mark.parametrize("preset", ["small", "study", "tiny"])
def test_automatic_groups_divide_channels_and_fall_to_one(classes, preset):
    cfg = replace(smis.PRESETS[preset], classes=classes, unknown="zeros")
    stem, stages = plan(cfg)
    groups = [classes, *(stage.groups for stage in stages)]
    assert stem % classes == 0
    assert groups == sorted(groups, reverse=True)
    assert groups[1] == classes
    assert groups[-1] == 1
    for stage in stages:
        assert stage.inputs % stage.groups == 0
        assert stage.outputs % stage.groups == 0
        hidden, first, second = hidden_channels(cfg, stage.groups)
        assert hidden % first == 0
        assert hidden % second == 0
        assert classes % first == 0
    assert all(stage.groups == 1 for stage in plan(replace(cfg, schedule="one")).stages)


@pytest.mark.parametrize(
    ("preset", "groups", "hidden"),
    [
        ("paper", (8, 8, 8, 4, 4, 2, 2, 1), [128] * 7),
        ("paper_cityscapes", (35, 35, 35, 20, 14, 10, 4, 1), [35 * g for g in (35, 35, 20, 14, 10, 4, 1)]),
        ("paper_ade20k", (151, 151, 16, 16, 8, 4, 2, 1), [302, 2416, 2416, 1208, 604, 302, 302]),
    ],
)
def test_published_schedules(preset, groups, hidden):
    cfg = smis.PRESETS[preset]
    stages = plan(cfg).stages
    assert (label_channels(cfg), *(stage.groups for stage in stages)) == groups
    assert [stage.name for stage in stages] == ["head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3"]
    assert [hidden_channels(cfg, stage.groups)[0] for stage in stages] == hidden
    assert code_shape(cfg)[1:] == ((4, 8) if preset == "paper_cityscapes" else (4, 4))


def test_groups_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="3 groups do not divide 8 channels"):
        plan(replace(TINY, groups=(3, 3, 1, 1), channels=(8, 8, 8, 8)))
    with pytest.raises(ValueError, match="empty or 4 numbers"):
        replace(TINY, groups=(3, 1))


def test_a_grouped_look_up_is_a_grouped_convolution():
    torch.manual_seed(0)
    cfg = replace(TINY, classes=6, instances=True)
    maps = LabelMaps(torch.randint(0, 6, (2, 9, 7)), cfg, torch.randint(0, 2, (2, 9, 7)))
    conv = LabelConv(6, 9, edges=True, rectified=False, groups=3)
    planes = maps.one_hot()
    pairs = torch.cat([torch.cat([planes[:, i : i + 2], planes[:, 6:]], 1) for i in (0, 2, 4)], 1)
    wanted = F.conv2d(pairs, conv.weight, conv.bias, padding=1, groups=3)
    torch.testing.assert_close(conv(maps.at((9, 7))), wanted)
    other = LabelMaps(maps.numbers, cfg, None, look_up=False)
    other.edges = maps.edges
    torch.testing.assert_close(conv(other.at((9, 7))), wanted)


def test_with_scale_1_and_shift_0_it_is_the_normalisation():
    norm = CGNorm(6, 3, TINY)
    for parameter in norm.parameters():
        torch.nn.init.zeros_(parameter)
    norm.initialise()
    x = torch.randn(1, 6, 16, 16)
    assert torch.equal(norm(x, LabelMaps(some_map(TINY), TINY).at((16, 16))), x)


def test_gradients_between_groups_are_exactly_0():
    net, cfg = settled(APART), APART
    maps = LabelMaps(some_map(cfg), cfg)
    codes = codes_of(0, cfg).requires_grad_()
    x = net.generator.stem(maps, codes)
    for i, block in enumerate(net.generator.blocks.values()):
        x = block(x, maps)
        for own in range(3):
            part = x if block.groups == 1 else x[:, own * 2 : own * 2 + 2]
            (slope,) = torch.autograd.grad(part.square().sum(), codes, retain_graph=True)
            by_class = slope.view(3, -1).abs().sum(1)
            others = [number for number in range(3) if number != own]
            if i < 3:
                assert by_class[own] > 0
                assert by_class[others].tolist() == [0, 0]
            else:
                assert (by_class > 0).all()


@pytest.mark.parametrize("norm", ["none", "instance"])
def test_codes_depend_on_pixels_of_their_class_alone(norm):
    cfg = replace(TINY, encoder_norm=norm, code_grid="grid", encoder_layers=2)
    net = settled(cfg)
    numbers = some_map(cfg)
    picture = (torch.rand(1, 3, 16, 16) * 2 - 1).requires_grad_()
    mean, log_variance = net.encoder(picture, LabelMaps(numbers, cfg))
    assert mean.shape == log_variance.shape == (1, *code_shape(cfg))
    for own in range(3):
        part = mean[:, own * cfg.code : (own + 1) * cfg.code]
        (slope,) = torch.autograd.grad(part.square().sum(), picture, retain_graph=True)
        assert slope[:, :, numbers[0] != own].abs().max() == 0
        assert slope[:, :, numbers[0] == own].abs().max() > 0


def test_codes_do_not_tell_where_a_class_is_and_how_large():
    colours = torch.rand(3, 3) * 2 - 1
    small = torch.zeros(1, 16, 16, dtype=torch.int64)
    small[:, 2:5, 3:7] = 1
    large = torch.zeros(1, 16, 16, dtype=torch.int64)
    large[:, 4:14, 1:15] = 1
    crops = [
        class_crops(colours[numbers].permute(0, 3, 1, 2), LabelMaps(numbers, TINY), (8, 8))[:, 3:]
        for numbers in (small, large)
    ]
    assert torch.equal(crops[0][:, :3], crops[1][:, :3])
    assert torch.equal(crops[0][0, :3], colours[1][:, None, None].expand(3, 8, 8))
    assert (crops[0][:, 3:] == 0).all()  # an absent class


@pytest.mark.parametrize(
    "changes", [{}, {"statistics": "batch"}, {"norm": "instance"}, {"code_grid": "grid"}, {"modulation": "class"}]
)
@pytest.mark.parametrize("base", [APART, TINY, replace(APART, groups=(), channels=(), schedule="one")])
def test_redrawing_is_drawing(changes, base):
    cfg = replace(base, **changes)
    net = settled(cfg)
    label_map = some_map(cfg)[:, :13, :15]
    codes = codes_of(0, cfg)
    drawing = smis.Drawing(cfg, Run(), net, label_map, codes)
    torch.testing.assert_close(drawing.picture, smis.draw(cfg, Run(), net=net, label_map=label_map, seed=0))
    for number in (1, 0, 2):
        codes = codes.clone()
        codes[:, number * cfg.code : (number + 1) * cfg.code] = codes_of(5 + number, cfg)[:, : cfg.code]
        wanted = drawn_with(cfg, Run(), net, label_map, codes)
        torch.testing.assert_close(drawing.redraw(codes), wanted, atol=1e-5, rtol=0)
    assert torch.equal(drawing.redraw(codes), drawing.picture)
    everything = codes_of(9, cfg)
    wanted = smis.draw(cfg, Run(), net=net, label_map=label_map, seed=9)
    torch.testing.assert_close(drawing.redraw(everything), wanted, atol=1e-5, rtol=0)

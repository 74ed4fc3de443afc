"""Scale and shift by the class of a pixel alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.models import smis, spade
from calotype.semantic.class_scale import ClassScale
from calotype.semantic.labels import LabelMaps

CFG = replace(spade.PRESETS["tiny"], modulation="class")


@pytest.mark.parametrize("unknown", ["last", "first", "zeros"])
@pytest.mark.parametrize("instances", [False, True])
def test_every_pixel_has_the_scale_and_the_shift_of_its_class(unknown, instances):
    torch.manual_seed(0)
    cfg = replace(CFG, unknown=unknown, instances=instances)
    layer = ClassScale(4, cfg)
    with torch.no_grad():
        layer.table.normal_()
    index = torch.randint(-1, 3, (2, 8, 8))
    normal = torch.randn(2, 4, 8, 8)
    tables = LabelMaps(index, cfg, look_up=True)
    planes = LabelMaps(index, cfg, look_up=False)
    rows = layer.table[tables.numbers].permute(0, 3, 1, 2)
    wanted = normal * rows[:, :4] + rows[:, 4:]
    torch.testing.assert_close(layer(normal, tables.at((8, 8))), wanted)
    torch.testing.assert_close(layer(normal, planes.at((8, 8))), wanted)
    smaller = LabelMaps(index[:, ::2, ::2], cfg).numbers
    found = layer.looked_up(tables.at((4, 4)))
    torch.testing.assert_close(found, layer.table[smaller].permute(0, 3, 1, 2))


def test_it_begins_with_scale_1_and_shift_0():
    normal = torch.randn(1, 4, 8, 8)
    where = LabelMaps(torch.zeros(1, 8, 8, dtype=torch.int64), CFG).at((8, 8))
    torch.testing.assert_close(ClassScale(4, CFG)(normal, where), normal)


@pytest.mark.parametrize("model", [spade, smis])
def test_the_quick_preset_is_smaller_and_told_to_be_quicker(model):
    quick, small = model.PRESETS["quick"], model.PRESETS["small"]
    count = [sum(each.numel() for each in model.build(cfg).parameters()) for cfg in (quick, small)]
    assert count[0] < 0.9 * count[1]
    assert model.training_cost(quick).seconds < model.training_cost(small).seconds
    assert model.cost(None, quick).seconds <= model.cost(None, small).seconds

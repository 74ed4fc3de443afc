"""Leak reports of models with a code of looks: what it tells of the content."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype.inspection.style_leaks import classes_of, colours_of, groups_of, style_leak_report
from calotype.tasks.leaks import leaks


def made_set(folder, count=24):
    """Pictures of three contents in two styles each, as 'calotype data' writes them."""
    (folder / "images").mkdir(parents=True)
    chance = np.random.default_rng(0)
    lines = []
    for i in range(count):
        pixels = chance.integers(0, 255, (16, 16, 3), np.uint8)
        pixels[:, :, i % 2] = 255
        pixels[:8, :8] = 90 * (i // 2 % 3)
        name = f"images/{i:03}.png"
        Image.fromarray(pixels).save(folder / name)
        lines.append({"image": name, "label": i // 2 % 3, "style": "warm" if i % 2 else "cold", "content": i // 2})
    (folder / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "about.json").write_text(
        json.dumps({"format": 1, "name": "made", "size": [16, 16], "labels": ["a", "b", "c"]})
    )
    return folder


def test_a_style_code_that_tells_the_content_is_found_out():
    chance = torch.Generator().manual_seed(0)
    style, content = torch.randint(2, (300,), generator=chance), torch.randint(5, (300,), generator=chance)
    colours = torch.stack([style.float(), 1 - style.float()], 1) + 0.1 * torch.randn(300, 2, generator=chance)
    classes = {"style": style, "label": content}
    of_style, of_content = torch.eye(2)[style], torch.eye(5)[content]
    clean = style_leak_report({"style": of_style, "content": of_content}, colours, classes)
    assert clean["separation"] > 0.9
    assert clean["probes"]["style"]["colours"]["score"] > 0.9
    assert clean["probes"]["style"]["label"]["normalised"] < 0.15
    leaky = style_leak_report({"style": torch.cat([of_style, of_content], 1), "content": of_content}, colours, classes)
    assert leaky["probes"]["style"]["label"]["score"] > 0.95
    assert leaky["separation"] < 0.6


def test_factors_are_those_that_the_set_tells():
    lines = [{"label": i % 2, "style": "ab"[i % 2], "category": "xyz"[i % 3], "content": i // 2} for i in range(12)]
    assert list(classes_of(lines)) == ["style", "category"]  # the label says the same as the style
    assert groups_of(lines) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert not classes_of([{"label": 1}, {"label": 1}])
    assert groups_of([{"label": 1}]) is None
    pictures = torch.ones(2, 3, 4, 4) * torch.tensor([0.5, -0.5])[:, None, None, None]
    torch.testing.assert_close(colours_of(pictures), torch.tensor([[0.5] * 3 + [0] * 3, [-0.5] * 3 + [0] * 3]))


@pytest.mark.parametrize(
    ("system", "settings", "codes"),
    [
        ("bicyclegan", {"steps": 1, "classes": 3}, {"style"}),
        ("styledisentangle", {}, {"style", "content"}),
    ],
)
def test_models_of_styles_leave_a_report(tmp_path, system, settings, codes):
    place = made_set(tmp_path / "set")
    model = calotype.train(system, place, preset="tiny", settings=settings, out=tmp_path / "model").folder
    kept = json.loads((model / "leaks.json").read_text())  # the training has left one
    found = leaks(model, place)
    assert json.loads(found.file.read_text()) == found.report
    assert found.report["probes"].keys() == kept["probes"].keys() == codes
    assert found.report["probes"]["style"].keys() == {"colours", "style", "label"}
    assert (found.report["separation"] is None) == (len(codes) == 1)

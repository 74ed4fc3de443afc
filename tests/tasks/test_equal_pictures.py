"""Pictures of several seeds that are equal, as a style picture or the model leaves the seed nothing to draw."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch

import calotype
from calotype import saving

MAP = np.repeat(np.arange(2, dtype=np.uint8) * 255, 8)[:, None].repeat(16, 1)
STYLE = np.random.default_rng(1).integers(0, 255, (16, 16, 3), np.uint8)


def model_of(folder, system, **changes):
    module = import_module(f"calotype.models.{system}")
    cfg = replace(module.PRESETS["tiny"], **changes)
    torch.manual_seed(0)
    net = module.build(cfg).eval()
    about = {"names": ["ground", "sky"], "colours": [[0, 0, 0], [255, 255, 255]]}
    saving.write(folder, system, cfg, net, "", module.picture_size(cfg), about=about)
    return folder


@pytest.mark.parametrize(
    ("system", "verb", "changes", "further", "why"),
    [
        ("spade", "draw", {"classes": 2}, {"style": STYLE}, "the look is that of the style picture"),
        ("spade", "draw", {"classes": 2, "latent": 0}, {}, "trained without style codes"),
        ("bicyclegan", "translate", {}, {"style": STYLE}, "the look is that of the style picture"),
        ("lifelong", "translate", {}, {"style": STYLE}, "the look is that of the style picture"),
    ],
)
def test_equal_pictures_are_noted(tmp_path, system, verb, changes, further, why):
    model, function = model_of(tmp_path / "model", system, **changes), getattr(calotype, verb)
    made = function(MAP, n=2, model=model, **further)
    assert made[0].tobytes() == made[1].tobytes()
    assert [why in note for note in made.notes if "equal" in note] == [True]
    assert "all 2 pictures will be equal" in "; ".join(made.notes)
    assert not any("equal" in note for note in function(MAP, model=model, **further).notes)


@pytest.mark.parametrize(
    ("system", "verb", "changes", "further"),
    [
        ("spade", "draw", {"classes": 2}, {}),
        ("smis", "draw", {"classes": 2}, {}),
        ("smis", "draw", {"classes": 2}, {"style": STYLE, "style_map": MAP}),
        ("bicyclegan", "translate", {}, {}),
    ],
)
def test_pictures_that_differ_are_not(tmp_path, system, verb, changes, further):
    made = getattr(calotype, verb)(MAP, n=2, model=model_of(tmp_path / "model", system, **changes), **further)
    assert made[0].tobytes() != made[1].tobytes()
    assert not any("equal" in note for note in made.notes)

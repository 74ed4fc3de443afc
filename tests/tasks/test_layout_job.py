"""Label maps for models whose classes are others."""

import json
from dataclasses import replace

import numpy as np
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.models import spade

MAP = np.repeat(np.arange(2, dtype=np.uint8), 8)[:, None].repeat(16, 1)


def test_a_map_of_a_set_of_other_classes_is_noted(tmp_path):
    cfg = replace(spade.PRESETS["tiny"], classes=2)
    torch.manual_seed(0)
    about = {"names": ["skin", "hair"], "colours": [[0, 0, 0], [255, 255, 255]]}
    saving.write(tmp_path / "model", "spade", cfg, spade.build(cfg).eval(), "", (16, 16), about=about)
    for names, noted in ((["sky", "hair"], True), (["skin", "hair"], False)):
        (tmp_path / "set" / "maps").mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / "about.json").write_text(json.dumps({"format": 1, "map_classes": names}))
        Image.fromarray(MAP).save(tmp_path / "set" / "maps" / "a.png")
        made = calotype.draw(tmp_path / "set" / "maps" / "a.png", model=tmp_path / "model")
        told = "'a' is of a set with other classes than the model's (0 sky, here skin): give a map of its classes"
        assert made.notes == ([told] if noted else [])
    Image.fromarray(MAP).save(tmp_path / "b.png")
    assert not calotype.draw(tmp_path / "b.png", model=tmp_path / "model").notes

"""Settings, and what a data set makes of them."""

from __future__ import annotations

import pytest

from calotype.errors import InputError
from calotype.models.spade import PRESETS, Config, adapted

SMALL = PRESETS["small"]


def test_a_data_set_gives_the_classes():
    about = {"names": ["sky", "sea"], "colours": [[0, 128, 255], [1, 2, 3]], "size": [40, 50], "instances": False}
    cfg = adapted(Config(size=(64, 64), encoder_size=64, instances=True), about)
    assert (cfg.classes, cfg.names, cfg.colours) == (2, ("sky", "sea"), ("#0080ff", "#010203"))
    assert cfg.size == (64, 64)
    assert not cfg.instances
    assert adapted(SMALL, {"classes": 7}).classes == 7
    assert adapted(Config(instances=True), {"classes": 7}).instances
    assert adapted(cfg, {"classes": 3}).names == ()


@pytest.mark.parametrize(
    ("about", "said"),
    [({}, "how many classes"), ({"classes": 3, "names": ["a"]}, "3 classes and 1 names"), ({"classes": 0}, "how many")],
)
def test_a_data_set_that_does_not_fit_is_refused(about, said):
    with pytest.raises(InputError, match=said):
        adapted(SMALL, about)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": (250, 256)}, "multiples of 32"),
        ({"doublings": 8}, "from 1 to 7"),
        ({"encoder_size": 96}, "power of two"),
        ({"generator": "pix2pixhd"}, "latent has to be 0"),
        ({"generator": "pix2pixhd", "latent": 0, "modulation": "class"}, "no scale and shift"),
        ({"mix_weight": -1.0}, "mix_weight has to be at least 0"),
        ({"kl_weight": float("nan")}, "kl_weight has to be at least 0"),
        ({"generator_rate": 0.0}, "generator_rate has to be above 0"),
        ({"steps": 0}, "steps has to be at least 1"),
        ({"average": 1.0}, "average"),
        ({"names": ("a",)}, "as many names"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        Config(**changes)


def test_presets():
    assert next(iter(PRESETS)) == "small"
    assert PRESETS["paper"].size == (256, 256)
    assert PRESETS["pix2pixhd"].generator == "pix2pixhd"

from __future__ import annotations

import dataclasses
import json
import math
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
import pytest
import torch

import calotype
from calotype import catalog, saving
from calotype.catalog import load
from calotype.errors import InputError
from calotype.models import cocogan
from calotype.tasks import given_model


@dataclass(frozen=True)
class Config:
    patch: int = 7
    alpha: float = 0.005
    exact: bool = False
    search: Literal["exact", "fast"] = "fast"
    limit: int | None = 5
    rank: Literal[1, 2] = 1
    name: str = "x"
    label: str | None = "x"
    sizes: tuple[int, ...] = (1, 2)
    pair: tuple[int, float] = (1, 2.0)

    def __post_init__(self):
        if self.patch % 2 == 0:
            raise InputError("patch must be odd: give 3, 5 or 7")
        if self.alpha < 0:
            raise ValueError("alpha\nbelow 0")


module = ModuleType("calotype.engines.sample")
module.Config = Config
module.PRESETS = {"fast": Config(), "paper": Config(patch=5)}


@pytest.mark.parametrize(
    ("key", "given", "wanted"),
    [
        ("patch", "5", 5),
        ("patch", 5.0, 5),
        ("alpha", "1e-3", 0.001),
        ("alpha", 1, 1.0),
        ("alpha", np.float32(2), 2.0),
        ("patch", np.int64(5), 5),
        ("patch", " 9 ", 9),
        ("exact", " off ", False),
        ("exact", "1", True),
        ("exact", "true", True),
        ("exact", "No", False),
        ("exact", True, True),
        ("search", "exact", "exact"),
        ("limit", "none", None),
        ("limit", None, None),
        ("limit", "None", None),
        ("limit", "3", 3),
        ("rank", "2", 2),
        ("label", "none", None),
        ("label", "7", "7"),
        ("name", "y", "y"),
        ("sizes", "3,4,5", (3, 4, 5)),
        ("sizes", [3], (3,)),
        ("sizes", "", ()),
        ("sizes", np.array([3, 4]), (3, 4)),
        ("pair", "3,4", (3, 4.0)),
    ],
)
def test_values_are_converted(key, given, wanted):
    value = getattr(catalog.config_from(module, "fast", {key: given}), key)
    assert value == wanted
    assert type(value) is type(wanted)


@pytest.mark.parametrize(
    ("key", "given", "words"),
    [
        ("patch", "big", "--set patch=big .*whole number"),
        ("patch", 5.5, "whole number"),
        ("patch", True, "whole number"),
        ("patch", "4", "odd"),
        ("alpha", "nan", "a finite number"),
        ("alpha", "inf", "--set alpha=inf cannot be used: give a finite number"),
        ("alpha", "1e400", "--set alpha=1e400 cannot be used: give a finite number"),
        ("alpha", -math.inf, "a finite number"),
        ("alpha", math.nan, "a finite number"),
        ("alpha", 10**400, "a finite number"),
        ("alpha", False, "a finite number"),
        ("alpha", "", "a finite number"),
        ("alpha", [1.0], "a finite number"),
        ("patch", "5.5", "whole number"),
        ("patch", math.inf, "whole number"),
        ("patch", None, "whole number"),
        ("patch", np.bool_(True), "whole number"),
        ("alpha", -1.0, "alpha below 0"),
        ("exact", "maybe", "true or false"),
        ("search", "slow", "one of exact, fast"),
        ("exact", 2, "true or false"),
        ("exact", "none", "true or false"),
        ("search", None, "one of exact, fast"),
        ("rank", "4", "one of 1, 2"),
        ("limit", "x", "whole number or none"),
        ("limit", True, "whole number or none"),
        ("name", 3, "text"),
        ("sizes", "a,b", "commas.*whole number"),
        ("pair", "1,2,3", "commas.*a finite number or a whole number"),
        ("pair", "1,inf", "commas"),
        ("sizes", [True], "commas"),
        ("pair", 3, "commas"),
        ("pach", 3, "setting of sample 'pach': did you mean 'patch'.*alpha.*search"),
    ],
)
def test_values_that_do_not_fit(key, given, words):
    with pytest.raises(InputError, match=words) as error:
        catalog.config_from(module, "fast", {key: given})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", ["1e400", "inf", "nan"])
def test_an_engine_takes_finite_numbers_only(given):
    with pytest.raises(InputError, match=f"^--set noise={given} cannot be used: give a finite number$"):
        catalog.config_from(catalog.engine("gpnn"), "fast", {"noise": given})


@pytest.mark.parametrize("name", [*catalog.ENGINES, *catalog.MODELS])
def test_every_preset_survives_json_and_text(name):
    system = catalog.system(name)
    for preset, config in system.PRESETS.items():
        values = json.loads(json.dumps(dataclasses.asdict(config)))
        assert catalog.config_from(system, preset, values) == config
        texts = {k: ",".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in values.items()}
        assert catalog.config_from(system, preset, texts) == config


@pytest.mark.parametrize(("name", "field", "value"), [("control3d", "poses", "learned"), ("pyramid", "exchanged", 0.0)])
def test_fields_that_a_saved_training_does_not_tell_are_of_earlier_versions(name, field, value, monkeypatch, tmp_path):
    assert getattr(catalog.saved_config(name, {"steps": 3}), field) == value
    given = []
    monkeypatch.setattr(catalog.system(name), "unfinished", lambda config, run: given.append(config))
    about = {"engine": name, "config": {"steps": 3}, "seed": 0, "photo_sha256": ""}
    with pytest.raises(InputError, match="saved nothing yet"):
        given_model._load_unfinished(tmp_path, about)
    assert getattr(given[0], field) == value
    assert given[0].steps == 3


def test_presets():
    assert catalog.config_from(module, "paper", {}) == Config(patch=5)
    assert catalog.config_from(module, "paper", {"alpha": 1.0}) == Config(patch=5, alpha=1.0)
    with pytest.raises(InputError, match=r"preset 'papre': did you mean 'paper'.*fast, paper"):
        catalog.config_from(module, "papre", {})


def test_engine_names():
    with pytest.raises(InputError, match="engine 'gpn': did you mean 'gpnn'"):
        catalog.engine("gpn")
    with pytest.raises(InputError, match="engine 'zzzzzz': choose from"):
        catalog.engine("zzzzzz")


def test_catalog_does_not_import_torch():
    code = "import sys, calotype.catalog; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("module", ["catalog", "tasks.vary", "cli.app"])
def test_pydantic_is_imported_when_a_setting_is_given_and_no_sooner(module):
    code = f"import sys, calotype.{module}; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_net_whose_weights_are_normalised_travels_to_another_process(tmp_path):
    cfg = cocogan.PRESETS["tiny"]
    net = cocogan.build(cfg)
    saving.write(tmp_path, "cocogan", cfg, net, "", cfg.size)
    loaded = load(tmp_path)
    there = pickle.loads(pickle.dumps(loaded))
    assert (there.system, there.config, there.photo_size) == (loaded.system, cfg, cfg.size)
    assert not there.net.training
    for name, value in loaded.net.state_dict().items():
        assert torch.equal(there.net.state_dict()[name], value)


@pytest.mark.parametrize("value", ["1e39", -1e30, 1e16])
def test_numbers_that_overflow_in_arithmetic_are_refused(value):
    with pytest.raises(InputError, match="is too large: give a finite number from"):
        catalog.config_from(catalog.system("gpnn"), "fast", {"noise": value})
    with pytest.raises(InputError, match="patch="):
        catalog.config_from(catalog.system("gpnn"), "fast", {"patch": 10**40})


@pytest.mark.parametrize("name", [*catalog.ENGINES, *catalog.MODELS])
def test_settings_without_the_package_are_those_of_the_package(name):
    light, package = catalog.settings_of(name), catalog.system(name)
    assert list(light.PRESETS) == list(package.PRESETS)
    for preset, config in package.PRESETS.items():
        assert dataclasses.asdict(light.PRESETS[preset]) == dataclasses.asdict(config)


def test_settings_are_checked_without_torch():
    lines = """
import sys
from calotype.catalog import ENGINES, MODELS, config_from, settings_of
for name in (*ENGINES, *MODELS):
    for preset in settings_of(name).PRESETS:
        config_from(settings_of(name), preset, {})
    assert not {"torch", "numpy", "PIL"} & set(sys.modules), name
print("done")
"""
    alone = {**os.environ, "PYTHONPATH": str(Path(calotype.__file__).parents[1])}
    made = subprocess.run([sys.executable, "-c", lines], env=alone, capture_output=True, text=True)
    assert made.stdout == "done\n", made.stderr

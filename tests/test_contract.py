"""What every engine must be. An engine that is in the catalog and cannot be imported fails: none is passed over."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from calotype import catalog
from calotype.kinds import KINDS, OUTPUTS
from calotype.run import Run
from calotype.tasks.verbs import VERBS
from calotype.types import Cost


def tiny_engine():
    """The engine that the tests of the kit train: it holds the contract to be one that can be kept."""
    path = Path(__file__).parent / "contract" / "tiny_engine" / "__init__.py"
    spec = importlib.util.spec_from_file_location("contract_tiny_engine", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["tiny_engine", *catalog.ENGINES])
def engine(request):
    return tiny_engine() if request.param == "tiny_engine" else catalog.engine(request.param)


def declared(engine):
    """What the engine declares."""
    name = engine.__name__.rpartition(".")[2]
    return DECLARATIONS["tiny_engine" if name.endswith("tiny_engine") else name]()


def tiny_declaration():
    path = Path(__file__).parent / "contract" / "tiny_engine" / "declared.py"
    spec = importlib.util.spec_from_file_location("contract_tiny_declared", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SYSTEM


DECLARATIONS = {"tiny_engine": tiny_declaration} | {
    name: functools.partial(catalog.declared, name) for name in catalog.ENGINES
}


def test_it_opens_with_a_page_of_prose(engine):
    assert engine.__doc__
    assert len(engine.__doc__.split()) >= 30
    assert len(engine.__doc__.strip().splitlines()) >= 3


def test_config_is_frozen_and_every_field_documented(engine):
    config = engine.Config
    assert dataclasses.is_dataclass(config)
    assert config.__dataclass_params__.frozen
    config()  # every field has a default
    source = inspect.getsource(config)
    for field in dataclasses.fields(config):
        in_docstring = re.search(rf"^\s*{field.name}\s*:\s*\S", inspect.getdoc(config) or "", re.MULTILINE)
        comment = rf"#.*\n(\s*#.*\n)*\s*{field.name}\s*:|^\s*{field.name}\s*:.*#|^\s*{field.name}\s*:.*\n\s*\"\"\""
        assert in_docstring or re.search(comment, source, re.MULTILINE), f"{field.name} is not documented"


def test_presets(engine):
    assert {"fast", "paper", "tiny"} <= set(engine.PRESETS)
    assert all(isinstance(preset, engine.Config) for preset in engine.PRESETS.values())
    for preset, config in engine.PRESETS.items():
        assert catalog.config_from(engine, preset, {}) == config


def test_every_field_can_be_set_from_the_command_line(engine):
    config = engine.PRESETS["fast"]
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        assert catalog.config_from(engine, "fast", {field.name: text}) == config


def test_functions_take_what_is_declared(engine):
    for verb, about in declared(engine).verbs.items():
        function = getattr(engine, about.function)
        parameters = inspect.signature(function).parameters
        assert list(parameters)[:3] == ["photos", "cfg", "run"], verb
        by_name = {name: p for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
        assert set(about.options) <= set(by_name), f"{verb} declares options that its function lacks"
        needed = {name for name, p in by_name.items() if p.default is inspect.Parameter.empty}
        assert needed - {"net"} <= set(about.options), f"{verb} demands what it does not declare"
        assert ("net" in by_name) == declared(engine).trained or about.function == "remake"
        assert about.inputs[0].name == "photo"
        assert all(given.kind in KINDS for given in about.inputs)
        assert about.output in OUTPUTS
        assert inspect.getdoc(function)


def test_no_function_of_a_verb_is_left_undeclared(engine):
    functions = {about.function for about in declared(engine).verbs.values()}
    verbs = {*VERBS, "remake", "fill", "film"}
    assert {name for name in verbs if inspect.isfunction(getattr(engine, name, None))} == functions


def test_what_is_declared_beyond_verbs_is_there(engine):
    about = declared(engine)
    assert about.trained == hasattr(engine, "train") == hasattr(engine, "build")
    assert about.adapts == hasattr(engine, "adapted")
    assert bool(about.imports) == hasattr(engine, "imported")
    assert about.efforts == hasattr(engine, "efforts")
    assert bool(about.needs) == hasattr(engine, "needs")
    assert (about.remade_with == "remaking") == hasattr(engine, "remaking")
    assert about.at_sampling <= {field.name for field in dataclasses.fields(engine.Config)}
    if about.trained:
        parameters = inspect.signature(engine.train).parameters
        assert about.learns_maps == ("labels" in parameters)
        assert about.extends == ("base" in parameters)


def test_a_declaration_is_read_without_torch():
    code = (
        "import sys; from calotype import catalog; [catalog.declared(n) for n in (*catalog.ENGINES, *catalog.MODELS)]"
    )
    subprocess.run([sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True)


def test_cost_and_training_have_the_agreed_arguments(engine):
    assert list(inspect.signature(engine.cost).parameters)[:3] == ["photo_sizes", "size", "cfg"]
    cost = engine.cost([(40, 50)], (40, 60), engine.PRESETS["tiny"])
    assert isinstance(cost, Cost)
    assert cost.seconds > 0
    assert cost.bytes > 0
    assert hasattr(engine, "train") == hasattr(engine, "build")
    if hasattr(engine, "train"):
        assert list(inspect.signature(engine.train).parameters)[:3] == ["photo", "cfg", "run"]
        assert list(inspect.signature(engine.build).parameters)[:2] == ["cfg", "size"]
        assert list(inspect.signature(engine.unfinished).parameters)[:3] == ["photo", "cfg", "run"]


def test_scales_grow_to_the_size_of_the_photo(engine):
    if not {"vary", "remake", "animate"} & set(dir(engine)):
        pytest.skip("no verb of it starts from a scale")
    scales = engine.scales((48, 64), engine.PRESETS["tiny"])
    assert scales[-1] == (48, 64)
    assert scales == sorted(scales)
    assert all(isinstance(length, int) for scale in scales for length in scale)


def test_what_it_can_do_beyond_its_verbs_has_a_known_name(engine):
    able = declared(engine).abilities
    assert able <= {"also", "tile", "shape", "film"}
    assert ("film" in able) == hasattr(engine, "film")
    if "shape" in able:
        assert inspect.signature(engine.retarget).parameters["shape"].default is None


def test_structures_can_be_used(engine):
    from calotype.tasks.arguments import structure_from

    for about in declared(engine).verbs.values():
        if about.structure is not None:
            assert "structure" in about.options
            structure_from(about.structure)


def test_training_says_what_it_takes_and_has_named_stages(engine):
    if not hasattr(engine, "train"):
        pytest.skip("it learns nothing")
    cfg, events = engine.PRESETS["tiny"], []
    cost = engine.training_cost((32, 40), cfg)
    assert isinstance(cost, Cost)
    assert cost.seconds > 0
    assert cost.bytes > 0
    if hasattr(engine, "efforts"):
        assert len(engine.efforts((32, 40), cfg)) == len(engine.stages((32, 40), cfg))
        assert min(engine.efforts((32, 40), cfg)) > 0
    engine.train(torch.zeros(1, 3, 32, 40), cfg, Run(on_event=events.append), **shown(engine, (32, 40)))
    assert [event.stage for event in events if event.kind == "begin"] == engine.stages((32, 40), cfg)
    last = [event for event in events if event.kind == "step" and event.step == event.steps]
    assert len(last) == len(engine.stages((32, 40), cfg))
    assert all(event.preview.shape[:2] == (1, 3) for event in last)


def shown(engine, size):
    """The map of a photo, for an engine that learns from one."""
    if "labels" not in inspect.signature(engine.train).parameters:
        return {}
    assert "labels" in inspect.signature(engine.unfinished).parameters
    return {"labels": (torch.arange(size[1]) * 2 // size[1]).expand(1, *size).contiguous()}


def test_configurations_are_adapted_once(engine):
    cfg = engine.PRESETS["tiny"]
    if not hasattr(engine, "adapted"):
        pytest.skip("one configuration serves all verbs")
    assert engine.adapted(cfg, "vary") == cfg
    verbs = {"upscale": {"factor": 4.0}, "animate": {}, "paint": {"colours": 5, "scale": 1}, "relayout": {"classes": 3}}
    for verb, facts in verbs.items():
        changed = engine.adapted(cfg, verb, **facts)
        assert isinstance(changed, engine.Config)
        assert engine.adapted(changed, verb, **facts) == changed


@pytest.mark.parametrize("verb", ["vary", "retarget"])
def test_verbs_give_pictures_of_the_size_and_seed_asked_for(engine, verb):
    if not hasattr(engine, verb):
        pytest.skip(f"it cannot {verb}")
    cfg = engine.PRESETS["tiny"]
    photo = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0)) * 2 - 1
    learned = {"net": engine.train(photo, cfg, Run())} if hasattr(engine, "train") else {}
    arguments = {"size": (36, 44), "tile": (False, False), **learned}
    if verb == "vary":
        structure = inspect.signature(engine.vary).parameters["structure"].default
        arguments["structure"] = None if structure is inspect.Parameter.empty else structure
    given = photo.clone()
    one, again = (getattr(engine, verb)([photo], cfg, Run(), seed=4, **arguments) for _ in range(2))
    assert one.shape == (1, 3, 36, 44)
    assert one.dtype == torch.float32
    assert one.abs().max() <= 1
    assert torch.equal(one, again)
    assert torch.equal(photo, given)


def test_relayout_gives_a_picture_of_the_size_of_its_target(engine):
    if not hasattr(engine, "relayout"):
        pytest.skip("it cannot relayout")
    cfg = engine.PRESETS["tiny"]
    photo = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0)) * 2 - 1
    before = (torch.arange(40) * 2 // 40).expand(1, 32, 40).contiguous()
    target = 1 - (torch.arange(44) * 2 // 44).expand(1, 36, 44).contiguous()
    learned = {"net": engine.train(photo, cfg, Run(), **shown(engine, (32, 40)))} if hasattr(engine, "train") else {}
    given = photo.clone(), before.clone(), target.clone()
    one, again = (
        engine.relayout([photo], cfg, Run(), before=before, target=target, seed=4, **learned) for _ in range(2)
    )
    assert one.shape == (1, 3, 36, 44)
    assert one.dtype == torch.float32
    assert one.abs().max() <= 1
    assert torch.equal(one, again)
    assert all(torch.equal(a, b) for a, b in zip(given, (photo, before, target)))

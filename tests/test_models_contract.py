"""What every model must be that learns from many photos. One that is in the catalog and cannot be imported fails."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
import torch
from model_inputs import batches, declared, example, outputs_of, tiny

from calotype import catalog
from calotype.kinds import KINDS, OUTPUTS
from calotype.run import Run
from calotype.tasks.engines import attribute_docs
from calotype.types import Cost


@pytest.fixture(scope="module", params=list(catalog.MODELS))
def model(request):
    return catalog.model(request.param)


@pytest.fixture(scope="module")
def trained(model):
    events = []
    cfg = tiny(model)
    return model.train(batches(model, cfg), cfg, Run(on_event=events.append)), events


def test_it_opens_with_a_page_of_prose(model):
    assert len(model.__doc__.split()) >= 30
    assert len(model.__doc__.strip().splitlines()) >= 3


def test_config_is_frozen_and_every_field_documented(model):
    config = model.Config
    assert dataclasses.is_dataclass(config)
    assert config.__dataclass_params__.frozen
    config()  # every field has a default
    for field in dataclasses.fields(config):
        assert attribute_docs(config).get(field.name), field.name


def test_presets(model):
    assert {"small", "paper", "tiny"} <= set(model.PRESETS)
    assert next(iter(model.PRESETS)) == "small"  # the usual one
    assert all(isinstance(preset, model.Config) for preset in model.PRESETS.values())


def test_fields_that_were_added_are_neutral_by_default(model):
    """Files of older models do not have them."""
    default = model.Config()
    for name, value in declared(model).neutral.items():
        assert getattr(default, name) == value
        assert type(getattr(default, name)) is type(value)


def test_every_field_can_be_set_from_the_command_line(model):
    for preset, config in model.PRESETS.items():
        for field in dataclasses.fields(config):
            value = getattr(config, field.name)
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            assert catalog.config_from(model, preset, {field.name: text}) == config


def test_costs_are_said_before(model):
    for cfg in model.PRESETS.values():
        for cost in (model.cost(None, cfg), model.training_cost(cfg)):
            assert isinstance(cost, Cost)
            assert cost.seconds > 0
            assert cost.bytes > 0
        assert len(model.efforts(cfg)) == len(model.stages(cfg))
        assert min(model.efforts(cfg)) > 0
    assert model.training_cost(model.PRESETS["small"]).seconds < model.training_cost(model.PRESETS["paper"]).seconds


def test_stages_are_worked_in_their_order_and_show_what_they_have_learned(model, trained):
    _, events = trained
    cfg = tiny(model)
    assert [event.stage for event in events if event.kind == "begin"] == model.stages(cfg)
    last = [event for event in events if event.kind == "step" and event.step == event.steps]
    assert len(last) == len(model.stages(cfg))
    assert all(event.preview.shape[:2] == (1, 3) for event in last)
    assert all(torch.isfinite(torch.tensor(list(event.values.values()))).all() for event in events)


def test_outputs_have_the_size_and_the_seed_asked_for(model, trained):
    net, _ = trained
    cfg = tiny(model)
    height, width = model.picture_size(cfg)
    assert not net.training
    made = [outputs_of(model, cfg, net, seed, height, width) for seed in (1, 1, 2)]
    assert made[0].shape == (1, 3, height, width)
    assert made[0].dtype == torch.float32
    assert made[0].abs().max() <= 1
    assert torch.equal(made[0], made[1])
    if "seed" in next(iter(declared(model).verbs.values())).options:
        assert not torch.equal(made[0], made[2])


def test_everything_that_sampling_needs_is_in_the_net(model, trained):
    net, _ = trained
    cfg = tiny(model)
    again = model.build(cfg)
    again.load_state_dict(net.state_dict())
    size = model.picture_size(cfg)
    assert torch.equal(outputs_of(model, cfg, again.eval(), 3, *size), outputs_of(model, cfg, net, 3, *size))


def test_functions_take_what_is_declared(model):
    about = declared(model)
    assert about.of_sets
    for verb in about.verbs.values():
        function = getattr(model, verb.function)
        parameters = inspect.signature(function).parameters
        assert list(parameters)[:2] == ["cfg", "run"]
        by_name = {name: p for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
        given = {one.argument or one.name for one in verb.inputs} | set(verb.options)
        assert given | {"net"} <= set(by_name)
        needed = {name for name, p in by_name.items() if p.default is inspect.Parameter.empty}
        assert needed - {"net"} <= given
        assert all(one.kind in KINDS for one in verb.inputs)
        assert verb.output in OUTPUTS
        assert inspect.signature(getattr(model, verb.cost))
        assert not verb.check or inspect.signature(getattr(model, verb.check))
    assert about.adapts == hasattr(model, "adapted")
    assert bool(about.imports) == hasattr(model, "imported")
    assert about.imports_file == hasattr(model, "described")
    assert about.exports == hasattr(model, "exported")
    assert bool(about.style_space) == hasattr(model, "style_space")
    assert bool(about.needs) == hasattr(model, "needs")
    for name in ("start", "started"):
        assert about.starts == hasattr(model, name)
    assert about.starts == ({"begun", "frozen"} <= inspect.signature(model.train).parameters.keys())
    for name in ("encoder_config", "build_encoder", "train_encoder", "encoder_cost", "encoder_stages"):
        assert about.encodes == hasattr(model, name)
    assert about.efforts == hasattr(model, "efforts")


def test_a_stopped_training_goes_on_as_if_it_had_not_been(model, trained, tmp_path):
    net, _ = trained
    cfg = tiny(model)
    run = Run(tmp_path, on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(Exception, match="run the same command again"):
        model.train(batches(model, cfg), cfg, run)
    assert model.unfinished(cfg, Run(tmp_path)) is not None
    again = model.train(batches(model, cfg), cfg, Run(tmp_path))
    for name, value in net.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_nothing_unfinished_where_nothing_was_begun(model, tmp_path):
    assert model.unfinished(tiny(model), Run(tmp_path)) is None


def needs_layers(model):
    if not declared(model).layered:
        pytest.skip("declared as a model that is not given as layers")


def layers_of(model, cfg, net):
    """The net as layers; for one that learns label maps, of the map that ``example`` gives."""
    if not declared(model).layered:
        pytest.skip("it has no layers to look into")
    height, width = model.picture_size(cfg)
    given = {"maps": example("label map", height, width)} if declared(model).learns_maps else {}
    return getattr(model, declared(model).layered)(cfg, net, **given)


def test_a_generator_is_layers_of_declared_shapes_whose_last_is_the_picture(model, trained):
    needs_layers(model)
    net, _ = trained
    cfg = tiny(model)
    layered = layers_of(model, cfg, net)
    found = layered.all(layered.latents([5]))
    assert [tuple(each.shape[1:]) for each in found] == layered.shapes
    assert 1 <= layered.inverted < len(layered.layers)
    assert len({layer.name for layer in layered.layers}) == len(layered.layers)
    height, width = model.picture_size(cfg)
    assert layered.size == (height, width)
    wanted = outputs_of(model, cfg, net, 5, height, width)
    torch.testing.assert_close(layered.pictures([5]), wanted, atol=1e-4, rtol=0)
    torch.testing.assert_close(layered.run(layered.latents([5])).clamp(-1, 1), wanted, atol=1e-4, rtol=0)


def test_layers_take_batches_and_have_gradients(model, trained):
    needs_layers(model)
    net, _ = trained
    cfg = tiny(model)
    layered = layers_of(model, cfg, net)
    if not declared(model).learns_maps:  # those have as many maps as pictures
        both = layered.pictures([3, 4])
        torch.testing.assert_close(both[1:], layered.pictures([4]), atol=1e-4, rtol=0)
    x = layered.run(layered.latents([5]), 0, layered.inverted).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(layered.run(x, layered.inverted).sum(), x)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().sum() > 0

"""Settings out of their range: an invalid argument, whatever the files hold, in every system of the catalog."""

from __future__ import annotations

import dataclasses

import pytest

from calotype import catalog
from calotype.errors import ArgumentError, InputError

SIZE = (64, 64)


def used(name, **values):
    """The settings of a system as a command uses them: checked, and their costs computed."""
    module = catalog.system(name)
    cfg = catalog.config_from(module, "tiny", values)
    if name in catalog.MODELS:
        return module.training_cost(cfg)
    if hasattr(module, "training_cost"):
        module.training_cost(SIZE, cfg)
    return [getattr(module, verb.cost)([SIZE], SIZE, cfg) for verb in catalog.declared(name).verbs.values()]


@pytest.mark.parametrize("name", [*catalog.ENGINES, *catalog.MODELS])
@pytest.mark.parametrize("value", ["-1", "0", "nonsense"])
def test_every_setting_out_of_range_is_an_invalid_argument(name, value):
    others = {}
    for field in dataclasses.fields(catalog.system(name).Config):
        try:
            used(name, **{field.name: value})
        except ArgumentError:
            continue
        except InputError as error:
            others[field.name] = str(error)
    assert not others


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("singan", "magnified", "0.5"), ("singan", "given", "3"), ("dia", "patches", "3,3"), ("canny", "blur", "0.3")],
)
def test_what_is_only_wrong_in_other_ways_is_refused_too(name, field, value):
    with pytest.raises(ArgumentError, match=field):
        used(name, **{field: value})

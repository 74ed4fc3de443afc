"""What the arguments of a verb alone tell, without torch: a server refuses at once what would fail in its queue."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.catalog import ENGINES, MODELS, config_from, settings_of
from calotype.tasks import model_store
from calotype.tasks.ability import check_able
from calotype.tasks.job import Job
from calotype.tasks.request import check_arguments, check_supported, own_arguments


def check_early(kind: type[Job], given: Mapping[str, Any]) -> None:
    """Check all that can be checked before inputs are opened and systems imported.

    Args:
        kind: class of the jobs of the verb.
        given: all arguments of the verb, those that are left out with their defaults; pictures, sets and models as
            paths.

    Raises:
        InputError: the job would fail, whatever the inputs hold; the message is that of the verb.
    """
    kind.check_given(given)
    inputs = {name: given[name] for name in kind.input_names() if name in given}
    own = own_arguments({name: value for name, value in given.items() if name not in inputs and name != "run"})
    kind.check(own)
    common = inspect.signature(check_arguments).parameters
    check_arguments(**{name: given[name] for name in common if name in given})
    system = _system(given)
    if system is None:
        return
    check_able(system, kind.verb, model_given=given.get("model") is not None)
    kind.check_inputs_of(system, inputs)
    check_supported(
        system,
        kind.verb,
        model_given=given.get("model") is not None,
        structure=given.get("structure"),
        tile=given.get("tile", "none"),
        own=own,
    )
    if given.get("model") is None and given.get("preset"):
        config_from(settings_of(system), given["preset"], given.get("settings") or {})


def _system(given: Mapping[str, Any]) -> str | None:
    """The system of the model, if one is given, else the engine; ``None`` if it cannot be told."""
    if given.get("model") is None:
        return given.get("engine")
    name = model_store.described(Path(given["model"])).get("engine")
    return name if name in {**ENGINES, **MODELS} else None

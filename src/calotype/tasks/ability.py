"""Which verbs a system has, and what it needs for one."""

from __future__ import annotations

from typing import Any

from calotype.catalog import ENGINES, MODELS, able, declared
from calotype.catalog import system as system_of
from calotype.errors import ArgumentError, ModelError, unknown


def check_able(engine: str, verb: str, *, model_given: bool = False) -> None:
    """Check that the system supports ``verb``, and that a trained model is given if the system needs one.

    Raises:
        InputError: the message names the systems that support it.
    """
    names = able(verb)
    if engine not in {**ENGINES, **MODELS}:
        known = [name for name in names if name in ENGINES] or list(ENGINES)
        raise ArgumentError(unknown("engine", engine, ENGINES if names else known))
    if model_given:
        _check_model_able(engine, verb, names)
        return
    if engine in names:
        if engine in MODELS:
            raise ArgumentError(
                f"{engine} has the verb '{verb}' only with a model of a data set: give one, --model NAME "
                "(model=); 'calotype models' lists them"
            )
        return
    if not names:
        raise ArgumentError(f"no engine here has the verb '{verb}': 'calotype engines' lists the engines")
    if engine in MODELS:
        raise ArgumentError(
            f"{engine} is trained on a data set and has no verb '{verb}': train it on a folder, 'calotype train "
            f"{engine} FOLDER', and then 'calotype {next(iter(declared(engine).verbs))}' makes pictures"
        )
    engines = [name for name in names if name in ENGINES] or names
    raise ArgumentError(f"the engine {engine} has no verb '{verb}': use one that has it ({', '.join(engines)})")


def _check_model_able(system: str, verb: str, names: list[str]) -> None:
    """Check that the system of a given model is among those that support ``verb``."""
    if system in names:
        return
    if not declared(system).of_sets and all(name in MODELS for name in names):
        raise ModelError(
            f"the model is of one photo ({system}): give that photo to a verb, like calotype vary PHOTO --model"
        )
    if system not in MODELS:
        engines = [name for name in names if name in ENGINES] or names
        raise ModelError(f"a model of {system} has no verb '{verb}': use one that has it ({', '.join(engines)})")
    own = ", ".join(f"'{name}'" for name in declared(system).verbs)
    models = [name for name in names if name in MODELS]
    another = f", or give a model of {', '.join(models)}" if models else ""
    without = ", or leave out --model" if len(models) < len(names) else ""
    raise ModelError(f"a model of {system} has no verb '{verb}': use it with {own}{another}{without}")


def check_needs(system: str, config: Any, verb: str) -> None:
    """Check that the weights of other networks are there which a verb, or ``train``, needs.

    Raises:
        InputError: they are not.
    """
    if declared(system).needs:
        getattr(system_of(system), declared(system).needs)(config, verb)


def abilities(engine: str) -> frozenset[str]:
    """The optional features that an engine supports, see ``System.abilities``; empty for models of a data set."""
    return declared(engine).abilities

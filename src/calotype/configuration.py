"""Settings given as text or JSON, converted to the fields of a frozen dataclass by pydantic, imported when needed."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from calotype.errors import InputError, unknown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_UNIONS = (Union, types.UnionType)


def configured(config: Any, values: Mapping[str, Any], name: str) -> Any:
    """A copy of ``config`` with some fields set.

    Args:
        config: an instance of a dataclass, with annotated fields.
        values: field names and values; text is converted to the type of the field: ``true``/``false``, ``none`` where
            the field may be ``None``, ``3,4`` for a tuple.
        name: of the engine or the model, for messages.

    Raises:
        InputError: no such field (the message names the nearest and lists all), or a value that does not fit.
    """
    kinds = typing.get_type_hints(type(config), include_extras=True)
    fields = [field.name for field in dataclasses.fields(config) if field.init]
    for key in values:
        if key not in fields:
            raise InputError(unknown(f"setting of {name}", key, fields))
    converted = {key: _converted(key, value, kinds[key]) for key, value in values.items()}
    try:
        return dataclasses.replace(config, **converted)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"these settings of {name} cannot be used: {' '.join(str(error).split())}") from error


def _converted(key: str, value: Any, kind: Any) -> Any:
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(value)
    except ValidationError:
        raise InputError(f"{key}={value!r} cannot be used: give {_described(kind)}") from None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(_rule(kind), config=ConfigDict(allow_inf_nan=False))


def _rule(kind: Any) -> Any:
    """``kind``, annotated at every depth with what pydantic does not read by itself."""
    from pydantic import BeforeValidator

    origin, rule = typing.get_origin(kind), kind
    if origin is tuple or origin in _UNIONS:
        parts = tuple(part if part is ... else _rule(part) for part in typing.get_args(kind))
        rule = tuple[parts] if origin is tuple else Union[parts]  # type: ignore[valid-type]  # noqa: UP007
    return Annotated[rule, BeforeValidator(functools.partial(_prepared, kind=kind))]


def _prepared(value: Any, kind: Any) -> Any:
    """``value`` for pydantic, which reads neither ``none`` nor ``3,4``, and would take ``True`` for a number."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if hasattr(value, "tolist"):  # scalars and arrays of numpy
        value = value.tolist()
    if isinstance(value, bool) and kind in (int, float):
        raise ValueError("not a number")
    if not isinstance(value, str):
        return value
    text = value.strip()
    if origin in _UNIONS and type(None) in arguments and text.lower() == "none":
        return None
    if origin is tuple:
        return text.split(",") if text else []
    if origin is Literal:
        return next((choice for choice in arguments if str(choice) == text), value)
    return text if kind is bool else value


def _described(kind: Any) -> str:
    """The type as a user would say it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in _UNIONS:
        return " or ".join(_described(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in arguments)
    if origin is tuple:
        parts = sorted({_described(argument) for argument in arguments if argument is not ...})
        return "values with commas between, each " + " or ".join(parts)
    names = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text", type(None): "none"}
    return names.get(kind, str(kind))

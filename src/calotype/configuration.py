"""Conversion of settings given as text or JSON to the fields of a frozen dataclass, by pydantic."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from calotype.errors import ArgumentError, InputError, unknown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LARGEST = 1e15  # beyond it, float32 arithmetic overflows in squares
_UNIONS = (Union, types.UnionType)


def configured(config: Any, values: Mapping[str, Any], name: str) -> Any:
    """A copy of ``config`` with some fields changed.

    Args:
        config: an instance of a dataclass.
        values: values by field name; text is converted to the type of the field: ``true``/``false``, ``none`` if the
            field may be ``None``, ``3,4`` for a tuple.
        name: name of the engine or model, for messages.

    Raises:
        InputError: an unknown field (the message names the closest one and lists all), or an invalid value.
    """
    kinds = typing.get_type_hints(type(config), include_extras=True)
    fields = [field.name for field in dataclasses.fields(config) if field.init]
    for key in values:
        if key not in fields:
            raise ArgumentError(unknown(f"setting of {name}", key, fields))
    converted = {key: _converted(key, value, kinds[key]) for key, value in values.items()}
    try:
        return dataclasses.replace(config, **converted)
    except InputError as error:
        raise ArgumentError(str(error)) from error
    except (ValueError, ArithmeticError) as error:
        raise ArgumentError(
            f"these settings of {name} (--set) cannot be used: {' '.join(str(error).split())}"
        ) from error


def _converted(key: str, value: Any, kind: Any) -> Any:
    from pydantic import ValidationError

    try:
        converted = _adapter(kind).validate_python(value)
    except (ValidationError, OverflowError):
        raise ArgumentError(f"--set {key}={_typed(value)} cannot be used: give {_described(kind)}") from None
    if any(abs(number) > _LARGEST for number in _numbers_in(converted)):
        raise ArgumentError(
            f"--set {key}={_typed(value)} is too large: give {_described(kind)} from {-_LARGEST:g} to {_LARGEST:g}"
        )
    return converted


def _typed(value: Any) -> str:
    """A value as it is typed after ``--set KEY=``; in quotes where it would not be one word."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isprintable() and text.split() == [text] else repr(value)


def _numbers_in(value: Any) -> list[float]:
    parts = value if isinstance(value, tuple | list) else (value,)
    return [part for part in parts if isinstance(part, int | float)]


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(_annotated(kind), config=ConfigDict(allow_inf_nan=False))


def _annotated(kind: Any) -> Any:
    """``kind``, annotated at every depth with a validator for the syntax that pydantic does not support."""
    from pydantic import BeforeValidator

    origin, annotated = typing.get_origin(kind), kind
    if origin is tuple or origin in _UNIONS:
        parts = tuple(part if part is ... else _annotated(part) for part in typing.get_args(kind))
        annotated = tuple[parts] if origin is tuple else Union[parts]  # type: ignore[valid-type]  # noqa: UP007
    return Annotated[annotated, BeforeValidator(functools.partial(_prepared, kind=kind))]


def _prepared(value: Any, kind: Any) -> Any:
    """``value`` for pydantic, which does not parse ``none`` and ``3,4``, and accepts ``True`` as a number."""
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
    """A description of the type for messages."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in _UNIONS:
        return " or ".join(_described(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in arguments)
    if origin is tuple:
        parts = sorted({_described(argument) for argument in arguments if argument is not ...})
        return "values separated by commas, each " + " or ".join(parts)
    names = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text", type(None): "none"}
    return names.get(kind, str(kind))

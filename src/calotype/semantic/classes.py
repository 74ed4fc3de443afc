"""The classes of objects in the settings of models that learn from boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from calotype.errors import InputError


class ObjectConfig(Protocol):
    """Settings with ``classes``, their number, and ``names``, empty where they are not known."""

    @property
    def classes(self) -> int:
        """How many classes there are."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes."""


C = TypeVar("C", bound=ObjectConfig)


def adapted(cfg: C, about: Mapping[str, Any]) -> C:
    """The settings for a data set.

    Args:
        cfg: settings, such as a preset.
        about: what the data set says of its objects: ``names`` of their classes, or ``classes``, their number.

    Raises:
        InputError: the number of classes cannot be told.
    """
    names = tuple(str(name) for name in about.get("names") or ())
    classes = int(about.get("classes") or len(names))
    if not classes:
        raise InputError("the data set does not tell how many classes of objects it has: give their names")
    return replace(cfg, classes=classes, names=names)  # type: ignore[type-var]


def about(cfg: ObjectConfig) -> dict[str, Any]:
    """What the settings know of the classes of objects: ``classes``, ``names``, and ``colours`` for label maps."""
    from calotype.image.labels import flat_colours  # imports torch

    names = cfg.names or tuple(f"class {number}" for number in range(cfg.classes))
    colours = [list(colour) for colour in flat_colours(cfg.classes)]
    return {"classes": cfg.classes, "names": list(names), "colours": colours}

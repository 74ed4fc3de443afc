"""Names of results that tell what was edited, so that other edits have other names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def edited_name(stem: str, edits: Mapping[str, Any]) -> str:
    """The name of an input, and each edit that is not ``None``: ``solids_object1_turn30``.

    Args:
        stem: name of the input.
        edits: values by the names that are written before them, which may be empty.

    Returns:
        ``stem``, and letters, digits, ``_``, ``-`` and ``.``; names that are too long for a file are shortened later.
    """
    told = "".join(f"_{name}{_plain(value)}" for name, value in edits.items() if value is not None)
    return stem + told


def edited_looks(looks: Mapping[Any, Any] | None) -> dict[str, Any]:
    """The edits that looks of classes are: the seed or the photo of each class by its name."""
    given = (looks or {}).values()
    return {f"{_plain(look.name)}-": look.seed if look.photo is None else look.photo.name for look in given}


def _plain(value: Any) -> str:
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"[^\w.-]+", "-", number).rstrip(".")

"""YAML files of settings, as other programs have them beside their models: maps, lists and plain values.

They are read by PyYAML's safe loader, which makes no other objects; aliases, which could make a small file endless, are
refused.
"""

from __future__ import annotations

from typing import Any

import yaml

from calotype.errors import InputError

_MOST = 1 << 20  # characters


def read_settings(text: str, name: str) -> dict[str, Any]:
    """The map of a file.

    Args:
        text: of the file.
        name: for messages.

    Raises:
        InputError: it is something else; the message names the line where there is one.
    """
    if len(text) > _MOST:
        raise InputError(f"{name} is too large for a file of settings")
    try:
        aliases = [event for event in yaml.parse(text, Loader=yaml.SafeLoader) if isinstance(event, yaml.AliasEvent)]
        found = None if aliases else yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"line {mark.line + 1} of {name}" if mark else name
        raise InputError(f"{at} cannot be read as settings ({error.problem}): write it like 'name: 3'") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InputError(f"{name} cannot be read as settings: write lines like 'name: 3'") from None
    if aliases:
        raise InputError(f"line {aliases[0].start_mark.line + 1} of {name} refers to another one: write its value")
    if not isinstance(found, dict | None):
        raise InputError(f"{name} is no map of settings: write lines like 'name: 3'")
    return found or {}

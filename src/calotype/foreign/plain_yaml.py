"""YAML files of settings, as other programs have them beside their models: maps, lists in brackets, and plain values.

No tags, no anchors, nothing that makes objects: such files are refused.
"""

from __future__ import annotations

import re
from typing import Any

from calotype.errors import InputError

_MOST = 1 << 20  # characters
_DEEPEST = 20
_LONGEST = 40  # characters of a number
_KEY = re.compile(r"^([A-Za-z0-9_.\-]+)\s*:(?:\s+(.*))?$")
_NUMBER = re.compile(r"^[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None, "none": None, "yes": True, "no": False}
_REFUSED = "!&*|>?%@`"  # first characters of what is more than a plain value


def read_plain_yaml(text: str, name: str) -> dict[str, Any]:
    """The map of a file.

    Args:
        text: of the file.
        name: for messages.

    Raises:
        InputError: it is something else, or more than plain values; the message names the line.
    """
    if len(text) > _MOST:
        raise InputError(f"{name} is too large for a file of settings")
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = _without_comment(line)
        if stripped.strip() and stripped.strip() != "---":
            if "\t" in stripped[: len(stripped) - len(stripped.lstrip())]:
                raise InputError(f"line {number} of {name} is indented by tabs: use spaces")
            lines.append((number, len(stripped) - len(stripped.lstrip()), stripped.strip()))
    found, rest = _map(lines, 0, name, 0)
    if rest != len(lines):
        raise _wrong(name, lines[rest][0])
    return found


def _map(lines: list[tuple[int, int, str]], at: int, name: str, depth: int) -> tuple[dict[str, Any], int]:
    """The map that begins at a line, and the line after it."""
    found: dict[str, Any] = {}
    if at == len(lines):
        return found, at
    if depth > _DEEPEST:
        raise InputError(f"{name} is too deep for a file of settings")
    indent = lines[at][1]
    while at < len(lines) and lines[at][1] == indent:
        number, _, text = lines[at]
        match = _KEY.match(text)
        if match is None:
            raise _wrong(name, number)
        key, value = match[1], match[2]
        at += 1
        if not value and at < len(lines) and lines[at][1] > indent:
            found[key], at = _map(lines, at, name, depth + 1)
        else:
            found[key] = _value((value or "").strip(), name, number)
    if at < len(lines) and lines[at][1] > indent:
        raise _wrong(name, lines[at][0])
    return found, at


def _value(text: str, name: str, number: int) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text == "{}":
        return {}
    if text.startswith("["):
        if not text.endswith("]"):
            raise _wrong(name, number)
        return [_value(part, name, number) for part in _parts(text[1:-1], name, number)]
    if text[0] in "'\"":
        if len(text) < 2 or text[-1] != text[0] or text[0] in text[1:-1] or "\\" in text:
            raise _wrong(name, number)
        return text[1:-1]
    if len(text) <= _LONGEST and _NUMBER.match(text):
        plain = text.replace("_", "")
        return int(plain) if re.fullmatch(r"[-+]?\d+", plain) else float(plain)
    if text[0] in _REFUSED or text[0] in "{}]":
        raise _wrong(name, number)
    return text


def _parts(text: str, name: str, number: int) -> list[str]:
    """The parts between commas that are in no brackets and no quotes."""
    parts, depth, quote, part = [], 0, "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
            if not 0 <= depth <= _DEEPEST:
                raise _wrong(name, number)
        if letter == "," and not depth and not quote:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    if depth or quote:
        raise _wrong(name, number)
    return [*parts, part.strip()] if part.strip() or parts else []


def _without_comment(line: str) -> str:
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1].isspace()):
            return line[:at].rstrip()
    return line.rstrip()


def _wrong(name: str, number: int) -> InputError:
    return InputError(f"line {number} of {name} is no plain setting: write it like 'name: 3' or 'name: [0.1, 0.2]'")

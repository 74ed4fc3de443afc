"""Restore the form of a verb from the settings of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Any

from calotype.errors import InputError
from calotype.kinds import KINDS
from calotype.studio.forms import VERBS, parameters
from calotype.studio.given import model_folder
from calotype.studio.pictures import Pictures
from calotype.tasks.arguments import STRUCTURES
from calotype.tasks.show import Shown


def restored(shown: Shown, pictures: Pictures) -> dict[str, Any]:
    """The form values that reproduce a result.

    Args:
        shown: the recorded settings of the result.
        pictures: picture store, in which the inputs are looked up by content.

    Returns:
        ``verb``, ``command``, ``version``, ``arguments`` (as in a request) and ``missing``: the names of the files that
        must be uploaded again, by argument.

    Raises:
        InputError: the verb is unknown.
    """
    settings = shown.settings
    verb = str(settings.get("verb", ""))
    if verb not in VERBS:
        raise InputError("this was made by a verb that this version does not have: use the version that made it")
    arguments, missing = _pictures(settings, pictures)
    for name, (about, default) in parameters(verb).items():
        if KINDS[about.kind].file:
            continue
        value = _value(settings, name, about.kind, default)
        if value is not None and value != (None if default is Parameter.empty else default):
            arguments[name] = value
    return {
        "verb": verb,
        "command": shown.command,
        "version": str(settings.get("calotype", "")),
        "arguments": arguments,
        "missing": missing,
    }


def _pictures(settings: Mapping[str, Any], pictures: Pictures) -> tuple[dict[str, Any], dict[str, str]]:
    max_side = settings.get("max_side")
    arguments: dict[str, Any] = {}
    missing: dict[str, str] = {}
    photo = {"photo": settings["photo"]} if "photo" in settings else {}
    named = {**photo, **settings.get("pictures", {})}
    for name, identity in named.items():
        if isinstance(identity, list):  # several latent codes, which are no pictures
            missing[name] = _names(identity)
            continue
        if name == "labels" and identity.get("name") == "auto":
            arguments[name] = "auto"
            continue
        if "graph" in identity:
            arguments[name] = identity["graph"]
            continue
        picture = pictures.found(identity, max_side)
        if picture is None:
            missing[name] = str(identity.get("name", "?"))
        else:
            arguments[name] = picture.id
    further = [pictures.found(identity, max_side) for identity in settings.get("also", [])]
    if further and all(further):
        arguments["also"] = [picture.id for picture in further if picture]
    elif further:
        missing["also"] = _names(settings["also"])
    return arguments, missing


def _names(identities: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(identity.get("name", "?")) for identity in identities)


def _value(settings: Mapping[str, Any], name: str, kind: str, default: Any) -> Any:
    own = settings.get("own", {})
    if name == "n":
        return None
    if name == "settings":
        return {key: _as_text(value) for key, value in settings.get("set", {}).items()} or None
    if kind == "size":
        plain = settings["verb"] != "retarget" and settings.get("size") == settings.get("photo", {}).get("size")
        return None if plain else settings.get("size")
    if kind == "structure":
        structure = settings.get("structure")
        words: dict[Any, str] = {number: word for word, number in STRUCTURES.items()}
        return words.get(structure, None if structure is None else str(structure))
    if kind == "model":
        return _model(settings.get("model"))
    if name == "unfinished":
        return True if "unfinished" in settings else None
    return own.get(name, settings.get(name, default if default is not Parameter.empty else None))


def _model(name: Any) -> str | None:
    try:
        return model_folder(str(name)).name if name else None
    except InputError:
        return None


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

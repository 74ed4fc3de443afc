"""From what a result says about itself to a form that is filled in again."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter
from typing import Any

from calotype.errors import InputError
from calotype.kinds import KINDS
from calotype.studio.forms import VERBS, parameters
from calotype.studio.jobs import model_folder
from calotype.studio.pictures import Pictures
from calotype.tasks.arguments import STRUCTURES
from calotype.tasks.show import Shown


def restored(shown: Shown, pictures: Pictures) -> dict[str, Any]:
    """What the form of a result's verb is to hold so that the same picture comes out.

    Args:
        shown: what the result says.
        pictures: where those that it was made of are looked for, by their content.

    Returns:
        ``verb``, ``command``, ``version``, ``arguments`` (as a request has them) and ``missing``: the names of the
        files that are to be handed in again, by argument.

    Raises:
        InputError: it was made by a verb that is not known here.
    """
    settings = shown.settings
    verb = str(settings.get("verb", ""))
    if verb not in VERBS:
        raise InputError("this was made by something that this version does not know: use the version that made it")
    arguments, missing = _pictures(settings, pictures)
    for name, (about, default) in parameters(verb).items():
        if KINDS[about.kind].file:
            continue
        value = _said(settings, name, about.kind, default)
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
        if name == "labels" and identity.get("name") == "auto":
            arguments[name] = "auto"
            continue
        here = pictures.found(identity, max_side)
        if here is None:
            missing[name] = str(identity.get("name", "?"))
        else:
            arguments[name] = here.id
    lent = [pictures.found(identity, max_side) for identity in settings.get("also", [])]
    if lent and all(lent):
        arguments["also"] = [picture.id for picture in lent if picture]
    elif lent:
        missing["also"] = ", ".join(str(identity.get("name", "?")) for identity in settings["also"])
    return arguments, missing


def _said(settings: Mapping[str, Any], name: str, kind: str, default: Any) -> Any:
    own = settings.get("own", {})
    if name == "n":
        return None
    if name == "settings":
        return {key: _written(value) for key, value in settings.get("set", {}).items()} or None
    if kind == "size":
        plain = settings["verb"] != "retarget" and settings.get("size") == settings.get("photo", {}).get("size")
        return None if plain else settings.get("size")
    if kind == "structure":
        said = settings.get("structure")
        words: dict[Any, str] = {number: word for word, number in STRUCTURES.items()}
        return words.get(said, None if said is None else str(said))
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


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_written, value))
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Forms of the page and request bodies, derived from the verbs' signatures, descriptions and docstrings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Annotated, Any

from calotype.data.box_layouts import boxes_of
from calotype.data.scene_graphs import graph_of
from calotype.data.sets import SETS
from calotype.errors import InputError, unknown
from calotype.kinds import KINDS
from calotype.kinds.kind import Form, Kind
from calotype.studio.words import label, plain
from calotype.tasks.align import align
from calotype.tasks.compare import compare
from calotype.tasks.data import data
from calotype.tasks.directions import directions
from calotype.tasks.dissect import dissect
from calotype.tasks.evaluate import evaluate
from calotype.tasks.invert import invert
from calotype.tasks.param import Param, described, description
from calotype.tasks.train import train
from calotype.tasks.verbs import JOBS, MODEL_VERBS
from calotype.tasks.verbs import VERBS as MAKING_VERBS

CODES = frozenset({"latent", "latents", "direction"})  # the kinds of latent codes


def _fillable(verb: Callable[..., Any]) -> bool:
    """Whether the page can ask for all that a verb needs: of files, it has pictures and latent codes."""
    needed = [about.kind for about, default in described(verb).values() if default is Parameter.empty]
    return not any(KINDS[kind].form == "file" and not _is_at_hand(KINDS[kind]) for kind in needed)


def _is_at_hand(kind: Kind) -> bool:
    """Whether the page has files of a kind: pictures that were uploaded, and latent codes of results."""
    return kind.picture or kind.name in CODES


# All verbs that run as jobs. ``show`` is answered directly.
_ALL: tuple[Callable[..., Any], ...] = (
    *JOBS,
    train,
    evaluate,
    dissect,
    invert,
    align,
    directions,
    data,
)
VERBS: dict[str, Callable[..., Any]] = {verb.__name__: verb for verb in _ALL if _fillable(verb)}
PICTURES = frozenset(kind.name for kind in KINDS.values() if kind.picture)  # the kinds of single pictures
# Formats of films; on the command line they are given by the suffix of -o.
FILMS = ("gif", "webp", "png", "mp4")
MOST_PICTURES = 100  # of one photo in one job
MOST_SAMPLES = 1000  # of one job with a model of a data set, whose samples are fast to generate
_MAX_FILES = 16  # in one argument
_LARGEST = 2**53  # numbers of JSON are exact up to this one
_MAX_GRAPH = 20_000  # characters of a scene graph
_MAX_LENGTH = 200  # characters of a text
_PICTURE_ID, _SET_ID = "[0-9a-f]{16}", "set-[0-9a-f]{12}"
_CODE = r"\d{14}-[0-9a-f]{8}/[\w. -]{1,200}"  # the latent code of a result: id of the job, and file of the result
_NAME = r"[\w=][\w=.-]{0,99}"  # of a direction that was learned for a model
UPLOADED_FOLDERS = frozenset({"packages"})  # folder arguments whose files can be uploaded
_FURTHER_TASKS = {"evaluate": (compare,)}  # combined with the verb in one form


def parameters(verb: str) -> dict[str, tuple[Param, Any]]:
    """The arguments of a verb in the studio, each with its default. Folders of the server are excluded.

    A folder argument whose files can be uploaded is given as the id of the upload.
    """
    known: dict[str, tuple[Param, Any]] = {}
    for task in (VERBS[verb], *_FURTHER_TASKS.get(verb, ())):
        known |= {
            name: entry
            for name, entry in described(task).items()
            if (entry[0].kind != "folder" or name in UPLOADED_FOLDERS) and not _on_disk(name, entry[0])
        }
    return known


def _on_disk(name: str, about: Param) -> bool:
    """Whether an argument is about files that the page neither takes nor shows."""
    kind = KINDS[about.kind]
    return name in ("stages", "freeze_d") or kind.name == "looks" or (kind.form == "file" and not _is_at_hand(kind))


def is_set(value: Any) -> bool:
    """Whether the value of an argument is the id of a set."""
    return isinstance(value, str) and re.fullmatch(_SET_ID, value) is not None


def is_film(verb: str) -> bool:
    """Whether the results of the verb are films."""
    return verb in MAKING_VERBS and MAKING_VERBS[verb][1].gives == "film"


def form(verb: str) -> dict[str, Any]:
    """JSON-ready description of a verb: ``name``, ``summary``, ``text`` and ``fields``, in signature order."""
    text = plain(description(VERBS[verb]))
    own = described(VERBS[verb])
    fields = [
        {**_field(name, about, _default(verb, about, default)), "of_sets": name not in own}
        for name, (about, default) in parameters(verb).items()
    ]
    if is_film(verb):
        fields.append(
            {
                **_field("film_format", Param("file format of the film", choices=FILMS), FILMS[0]),
                "first": False,
            }
        )
    return {
        "name": verb,
        "summary": _first_sentence(text),
        "text": text,
        "fields": fields,
    }


def _default(verb: str, about: Param, default: Any) -> Any:
    """The default of an argument; ``Parameter.empty`` also for the optional model argument of verbs that need one."""
    return Parameter.empty if about.kind == "model" and VERBS[verb] in MODEL_VERBS else default


def _first_sentence(text: str) -> str:
    return text.partition("\n\n")[0].partition(". ")[0].rstrip(".")


def _field(name: str, about: Param, default: Any) -> dict[str, Any]:
    required = default is Parameter.empty
    return {
        "name": name,
        "label": label(name, about),
        "help": plain(about.help),
        "kind": about.kind,
        "flag": about.flag(name),
        "hint": about.metavar,
        "choices": list(about.choices),
        "least": about.at_least,
        "most": about.at_most,
        "usual": about.usual,
        "begins": about.begins,
        "sets": about.sets,
        "single": about.single,
        "first": about.first or required,
        "required": required,
        "default": None if required or default == () else default,
    }


def is_painted(about: Param) -> bool:
    """Whether an argument is a picture that is painted on the photo, or starts from it."""
    return about.kind in ("mask", "sketch", "label map") or (about.kind == "picture" and bool(about.begins))


def checked(verb: str, given: Mapping[str, Any], *, unpainted: bool = False) -> dict[str, Any]:
    """Check and convert the arguments of a request; pictures are given by id.

    Args:
        verb: name of the verb.
        given: the arguments.
        unpainted: whether pictures that are painted on the photo may be missing.

    Raises:
        InputError: an argument is unknown, missing, or of the wrong type.
    """
    known = parameters(verb)
    converted: dict[str, Any] = {}
    for name, value in given.items():
        if name == "film_format" and is_film(verb):
            converted[name] = _one_of(FILMS, value, name)
        elif name not in known:
            raise InputError(unknown("argument", name, known))
        elif value is not None:
            converted[name] = _value(name, known[name][0], value)
    for name, (_, default) in known.items():
        if default is not Parameter.empty or (unpainted and is_painted(known[name][0])):
            continue
        if converted.get(name, []) == []:
            raise InputError(f"{verb} needs another argument: {known[name][0].help} ({name})")
    if verb == "data" and converted["name"] not in SETS:
        raise InputError(unknown("set", converted["name"], SETS))
    most = MOST_SAMPLES if VERBS[verb] in MODEL_VERBS else MOST_PICTURES
    if int(converted.get("n", 1)) > most:
        raise InputError(f"{converted['n']} pictures are too many for one job: give at most {most} (n)")
    return converted


def _value(name: str, about: Param, value: Any) -> Any:
    kind = KINDS[about.kind]
    if kind.name == "latents":
        if not isinstance(value, list) or len(value) > _MAX_FILES:
            raise InputError(f"{name} takes a list of at most {_MAX_FILES} results")
        return [_code(name, one) for one in value]
    if kind.form == "files":
        if not isinstance(value, list) or len(value) > _MAX_FILES:
            raise InputError(f"{name} takes a list of at most {_MAX_FILES} pictures")
        if len(value) > 1 and any(map(is_set, value)):
            raise InputError(f"{name} takes pictures or one set: leave out the rest")
        return [_picture(name, about, one) for one in value]
    if kind.name == "direction" and isinstance(value, str) and re.fullmatch(_NAME, value):
        return value
    if kind.name in ("latent", "direction"):
        return _code(name, value)
    if kind.form == "file" and isinstance(value, dict):
        return _placed(name, about, value)
    if kind.name == "clip" and isinstance(value, list):
        if not 0 < len(value) <= _MAX_FILES:
            raise InputError(f"{name} takes 1 to {_MAX_FILES} pictures")
        return [_picture(name, about, one) for one in value]
    if kind.form == "file":
        return value if kind.auto and value == "auto" else _picture(name, about, value)
    if about.kind == "folder":
        return _picture(name, about, value)
    if about.kind == "weights":
        # Clients may not name files of the server.
        return _one_of(about.choices, value, name)
    if kind.form == "switch":
        if not isinstance(value, bool):
            raise InputError(f"{name} must be true or false")
        return value
    if kind.form in ("whole", "number"):
        return _number(name, about, value)
    if kind.form == "pairs":
        if not isinstance(value, dict) or len(value) > 50:
            raise InputError(f"{name} takes keys and values, like patch=5")
        if any(str(key).strip().endswith("_file") for key in value):
            raise InputError(f"{name} names a file of this machine: set it on the command line")
        return {_text(name, key): _text(name, str(one)) for key, one in value.items()}
    return _text(name, value if isinstance(value, str) else f"{value:g}" if _is_number(value) else value)


def _code(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_CODE, value):
        raise InputError(f"{name} must be a result that has a latent code: JOB/FILE, like one of embed")
    return value


def _placed(name: str, about: Param, value: dict[str, Any]) -> dict[str, Any]:
    """Objects in place of a layout that is painted: a scene graph or boxes, see ``calotype.data``."""
    if about.kind != "label map" or about.begins:
        raise InputError(f"{name} must be the id of a picture that was uploaded")
    if len(json.dumps(value)) > _MAX_GRAPH:
        raise InputError(f"{name} has too many objects: place fewer")
    if _names(value, "photo"):  # before it is read: clients may not name files of the server
        raise InputError(f"{name} has a look of a photo: give seeds")
    if "boxes" in value:
        boxes_of(value)
    else:
        graph_of(value)
    return value


def _names(value: Any, key: str) -> bool:
    """Whether a JSON value has a key anywhere."""
    inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(one == key or _names(one, key) for one in inner)


def _picture(name: str, about: Param, value: Any) -> str:
    if about.sets and is_set(value):
        return str(value)
    if not isinstance(value, str) or not re.fullmatch(_PICTURE_ID, value):
        what = "a picture, or of a set," if about.sets else "a picture"
        raise InputError(f"{name} must be the id of {what} that was uploaded: 16 hexadecimal digits")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(name: str, about: Param, value: Any) -> int | float:
    if not _is_number(value) or value != value:
        raise InputError(f"{name} must be a number")
    if abs(value) > _LARGEST:
        low, high = (-_LARGEST if about.at_least is None else about.at_least), about.at_most or _LARGEST
        raise InputError(f"{name} is out of range: give a number from {low} to {high}")
    if KINDS[about.kind].form == "whole":
        if value != int(value):
            raise InputError(f"{name} must be a whole number")
        value = int(value)
    if about.at_least is not None and value < about.at_least:
        raise InputError(f"{name} is {value:g}: give at least {about.at_least:g}")
    if about.at_most is not None and value > about.at_most:
        raise InputError(f"{name} is {value:g}: give at most {about.at_most:g}")
    return value  # type: ignore[no-any-return]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_LENGTH or not value.isprintable():
        raise InputError(f"{name} must be a text of at most {_MAX_LENGTH} characters")
    return value


def _one_of(known: tuple[str, ...], value: Any, name: str) -> str:
    if value not in known:
        raise InputError(f"{name} must be one of {', '.join(known)}")
    return str(value)


def body(verb: str, *, unpainted: bool = False) -> Any:
    """The pydantic model of a request body, for the interface description; ``checked`` checks the values."""
    from pydantic import ConfigDict, Field, create_model

    fields: dict[str, Any] = {}
    for name, (about, default) in parameters(verb).items():
        needed = default is Parameter.empty and not (unpainted and is_painted(about))
        limits = {"ge": about.at_least, "le": about.at_most}
        kind, more = _annotation(about)
        if kind in (int, float):
            more = {**more, **{key: limit for key, limit in limits.items() if limit is not None}}
        if about.choices:
            more["examples"] = list(about.choices[:4])
        entry = Field(... if needed else None, description=plain(about.help), **more)
        fields[name] = (kind if needed else kind | None, entry)
    if is_film(verb):
        fields["film_format"] = (str | None, Field(None, description="file format", examples=list(FILMS)))
    return create_model(
        verb.capitalize() + ("Unpainted" if unpainted else ""),
        __config__=ConfigDict(extra="forbid", strict=False),
        **fields,
    )


def _annotation(about: Param) -> tuple[Any, dict[str, Any]]:
    from pydantic import Field

    kind = KINDS[about.kind]
    if about.kind == "folder":
        return str, {"pattern": f"^{_PICTURE_ID}$"}
    if kind.name == "latent":
        return str, {"pattern": f"^{_CODE}$"}
    if kind.name == "direction":
        return str, {"pattern": r"^(\d{14}-[0-9a-f]{8}/)?[\w=][\w=. -]*$", "max_length": _MAX_LENGTH}
    if kind.name == "latents":
        return list[Annotated[str, Field(pattern=f"^{_CODE}$")]], {"max_length": _MAX_FILES}
    if kind.form == "file":
        if about.kind == "label map" and not about.begins:
            return str | dict[str, Any], {}
        other = "|auto" if kind.auto else f"|{_SET_ID}" if about.sets else ""
        one = {"pattern": f"^({_PICTURE_ID}{other})$"}
        return (str | list[str], {}) if kind.name == "clip" else (str, one)
    if kind.form == "text":
        return (str | float, {}) if kind.numeric else (str, {"max_length": _MAX_LENGTH})
    return _TYPES[kind.form]


_TYPES: dict[Form, tuple[Any, dict[str, Any]]] = {
    "files": (list[str], {"max_length": _MAX_FILES}),
    "switch": (bool, {}),
    "whole": (int, {}),
    "number": (float, {}),
    "pairs": (dict[str, str | float | bool], {"max_length": 50}),
}

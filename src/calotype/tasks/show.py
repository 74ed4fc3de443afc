"""The verb ``show``: print the command that reproduces a picture."""

# Annotations are values here, not strings: the command line is made from them.
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

from calotype.catalog import able, declared
from calotype.errors import InputError
from calotype.image.signing import signature_of
from calotype.image.xmp import MEANINGS
from calotype.kinds import KINDS
from calotype.results import read_latent_settings
from calotype.tasks.arguments import STRUCTURES
from calotype.tasks.directions import directions
from calotype.tasks.invert import invert
from calotype.tasks.latent_job import CODE_SUFFIX
from calotype.tasks.model_store import described as described_model
from calotype.tasks.model_store import is_finished, places_of, root, saved_system
from calotype.tasks.param import Param, described
from calotype.tasks.retrieve import retrieve
from calotype.tasks.verbs import VERBS

# The commands beside the verbs whose pictures tell what repeats them.
_COMMANDS: Mapping[str, Callable[..., Any]] = {"retrieve": retrieve, "invert": invert, "directions": directions}

_NAME_IN_STORE = r".+-[a-z0-9]+-[0-9a-f]{12}"
_ELSEWHERE = "FOLDER"  # in a command, for the folder of a model that is not found


@dataclass(frozen=True)
class Shown:
    """The recorded settings of a picture.

    Attributes:
        settings: all recorded settings, including the engine's whole configuration.
        command: the shell command that reproduces the picture, to be run in the folder of the photo.
        content: what a latent code holds; empty for pictures.
        origin: what the file says of its origin, in words; empty if it says nothing.
        signature: who signed a C2PA manifest in it, and whether that is valid; empty if there is none.
        missing: what the command needs and this machine lacks, in a line; empty if nothing is known to be missing.
    """

    settings: Mapping[str, Any]
    command: str
    content: str = ""
    origin: str = ""
    signature: str = ""
    missing: str = ""


def show(
    path: Annotated[str | Path, Param("a picture or a latent code that calotype made", kind="photo", metavar="FILE")],
) -> Shown:
    """Print the command that made a picture or a latent code, from the settings stored in it.

    Args:
        path: a PNG that calotype made, or the .safetensors file beside it.

    Returns:
        The recorded settings and the command that reproduces the picture.

    Raises:
        InputError: the file cannot be read, or calotype did not make it.
    """
    recorded, content, origin = _recorded(path)
    settings, missing = _with_place(recorded, Path(path))
    try:
        command = shlex.join([*_words(settings), *_format(settings, Path(path))])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{path}' has settings that this version cannot read: use the version that made it"
        ) from error
    lacking = "; ".join(filter(None, (missing, _files_elsewhere(recorded))))
    return Shown(recorded, command, content, origin, signature_of(path), lacking)


def _files_elsewhere(settings: Mapping[str, Any]) -> str:
    """A line where the names of input files, which are recorded without their folders, do not tell which they are."""
    given = [one for one in _identities(settings) if Path(str(one["name"])).suffix]
    contents: dict[str, set[str]] = {}
    for one in given:
        contents.setdefault(str(one["name"]), set()).add(str(one.get("sha256", "")))
    said = [
        f"{len(found)} different files are called {name}: write the folder of each"
        for name, found in contents.items()
        if len(found) > 1
    ]
    away = [name for name, found in contents.items() if len(found) == 1 and not Path(name).exists()]
    if away:
        said.append(
            f"{', '.join(away)} {'is' if len(away) == 1 else 'are'} not in this folder: run it where it was run"
        )
    return "; ".join(said)


def _identities(settings: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is recorded of each input that has a name."""
    for given in (settings.get("photo"), settings.get("also"), settings.get("pictures")):
        waiting = [given]
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, Mapping) and isinstance(one.get("name"), str):
                yield one
            elif isinstance(one, Mapping):
                waiting += one.values()


def _with_place(settings: Mapping[str, Any], path: Path) -> tuple[Mapping[str, Any], str]:
    """The settings with the place of the model, and a line where it is not found.

    The name of a model is recorded, never the folder it is in: it is looked for here, in the model store, and beside
    the file and above it, by its whole name, as others may begin with it. Where it is not found, the command has
    ``FOLDER`` in its place, unless it has the name of a model in the store.
    """
    name = settings.get("model")
    if not isinstance(name, str):
        return settings, ""
    found = next((place for place in places_of(name, path) if _is_of(place, settings.get("engine"))), None)
    told = f"there is no model {name} here: write the folder that it is in"
    if found is None and re.fullmatch(_NAME_IN_STORE, name):
        return settings, told
    if found is None:
        place = {**settings, "model": f"{_ELSEWHERE}/{name}"}
        return place, f"{told} for {_ELSEWHERE}, as results do not record it"
    named = found == Path(name) or (found == root() / name and not Path(name).exists())
    return (settings if named else {**settings, "model": str(found)}), ""


def _is_of(folder: Path, system: Any) -> bool:
    """Whether there is a model of a system in a folder, also one that is not finished; of any, if that is unknown."""
    about = described_model(folder)
    if not (is_finished(folder) or about):
        return False
    said = about.get("engine") or saved_system(folder)
    return system is None or said is None or said == system


def _format(settings: Mapping[str, Any], path: Path) -> Iterator[str]:
    """The file that a film is to be written to, where its format is not the usual one."""
    if settings["verb"] in VERBS:
        kind = VERBS[settings["verb"]][1]
        if kind.gives == "film" and path.suffix.lower() != kind.suffix and "sheet" not in settings:
            yield from ("-o", _as_argument(path.name))


def _recorded(path: str | Path) -> tuple[Mapping[str, Any], str, str]:
    """The settings in a file, a line about what else a latent code holds, and one about the origin of a picture."""
    if Path(path).suffix.lower() == CODE_SUFFIX:
        settings, shapes = read_latent_settings(path)
        arrays = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items())
        found = f", found by {settings['features']}" if settings.get("features") else ""
        model = settings.get("tuned", settings.get("model", "unknown"))
        if "attribute" in settings:
            right = f"balanced accuracy on held-out samples {settings.get('accuracy', 0):.2f}"
            return settings, f"the direction of '{settings['attribute']}' of the model {model}; {right}", ""
        return settings, f"a latent code of the model {model}: {arrays}{found}", ""
    if Path(path).suffix.lower() == ".mp4":
        from calotype.image.animation import read_mp4_settings

        return read_mp4_settings(Path(path)), "", ""
    from calotype.image.io import read_settings, read_source_type

    settings, term = read_settings(path), read_source_type(path)
    return settings, "", f"{term}: {MEANINGS[term]}" if term in MEANINGS else term


def _words(settings: Mapping[str, Any]) -> Iterator[str]:
    known = _arguments_of(settings["verb"])
    if "photo" not in settings:
        yield from _of_model(settings, known)
        return
    photo, pictures = settings["photo"], settings.get("pictures", {})
    yield from ("calotype", settings["verb"], _as_argument(photo["name"]))
    for name, (about, default) in known.items():
        if name in pictures:
            yield from () if default is Parameter.empty or about.positional else (about.flag(name),)
            yield _as_argument(pictures[name]["name"])
    for other in settings["also"]:
        yield from ("--also", _as_argument(other["name"]))
    if "sheet" in settings:
        yield from ("--sheet", "-n", str(settings["sheet"]))
    yield from ("--seed", str(settings["seed"]))
    yield from _engine(settings)
    if "size" in known and (settings["verb"] == "retarget" or settings["size"] != photo["size"]):
        yield from ("--size", settings["size"])
    if "structure" in settings and "all_scales" not in settings.get("own", {}):
        words = {number: word for word, number in STRUCTURES.items()}
        yield from ("--structure", words.get(settings["structure"], str(settings["structure"])))
    yield from _own(settings.get("own", {}), known)
    if settings["tile"] != "none":
        yield from ("--tile", settings["tile"])
    if settings["max_side"] is not None:
        yield from ("--max-side", str(settings["max_side"]))
    yield from ("--device", settings["device"])


def _of_model(settings: Mapping[str, Any], known: Mapping[str, tuple[Param, Any]]) -> Iterator[str]:
    """The command of a verb that has a model of a data set and no photo."""
    pictures = settings.get("pictures", {})
    yield from ("calotype", settings["verb"])
    for name, (about, default) in known.items():
        if about.kind == "looks":
            yield from _looks(pictures.get(name, {}), about)
            continue
        if isinstance(pictures.get(name), list):  # several, by their places
            yield from (_as_argument(one["name"]) for one in pictures[name])
            continue
        value = settings.get("model") if about.kind == "model" else pictures[name]["name"] if name in pictures else None
        if value is not None:
            yield from () if default is Parameter.empty or about.positional else (about.flag(name),)
            yield _as_argument(value)
    if "sheet" in settings:
        yield from ("--sheet", "-n", str(settings["sheet"]))
    for name in ("seed", "size"):
        yield from (f"--{name}", str(settings[name])) if name in known and _has(settings, name) else ()
    yield from _own(settings.get("own", {}), known)
    if "unfinished" in settings:
        yield "--unfinished"
    if "device" in settings:
        yield from ("--device", settings["device"])


def _looks(looks: Mapping[str, Any], about: Param) -> Iterator[str]:
    """The looks of classes, each with its flag: a seed, or a photo and its label map."""
    for name, look in looks.items():
        given = look if isinstance(look, int) else f"{look['photo']['name']},{look['map']['name']}"
        yield from (about.flag(""), f"{name}={given}")


def _has(settings: Mapping[str, Any], name: str) -> bool:
    """Whether the model that was used has an option; all may have a seed, and what follows a given layout a size."""
    verb, engine = settings["verb"], settings["engine"]
    if name != "size" or engine not in able(verb):
        return True
    known = declared(engine).verbs[verb]
    return "size" in known.options or any(given.required for given in known.inputs)


def _arguments_of(verb: str) -> dict[str, tuple[Param, Any]]:
    """The verb's arguments, each with its default."""
    task = _COMMANDS[verb] if verb in _COMMANDS else VERBS[verb][0]
    return described(task)  # looked up in the registry: names from files are never imported


def _engine(settings: Mapping[str, Any]) -> Iterator[str]:
    if "model" in settings:
        yield from ("--model", _as_argument(settings["model"]))
        return
    yield from ("--engine", settings["engine"], "--preset", settings["preset"])
    for key, value in settings["set"].items():
        yield from ("--set", f"{key}={_as_value(value)}")
    if "unfinished" in settings:
        yield "--unfinished"


def _own(own: Mapping[str, Any], known: Mapping[str, tuple[Param, Any]]) -> Iterator[str]:
    """The verb-specific arguments that differ from their defaults."""
    for name, (about, default) in known.items():
        value = own.get(name, default)
        if value == default:
            continue
        form = KINDS[about.kind].form
        if form == "pairs":
            yield from (word for pair in value for word in (about.flag(name), pair))
        elif form == "switch":
            yield about.flag(name) if value else f"--no-{about.flag(name).removeprefix('--')}"
        else:
            yield from (about.flag(name), f"{value:.12g}" if isinstance(value, float) else str(value))


def _as_argument(name: str) -> str:
    # A name that starts with a dash would be parsed as an option.
    return f"./{name}" if name.startswith("-") else name


def _as_value(value: Any) -> str:
    """A value in the syntax of ``--set``."""
    if isinstance(value, list):
        return ",".join(map(_as_value, value))
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

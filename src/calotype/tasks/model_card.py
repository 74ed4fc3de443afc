"""The card of a model: README.md in its folder, in the form that model hubs read.

It says what the model learned from, with the licences of a data set that ``calotype data`` made and what is known of an
imported file's, how it was trained, and how to use it. A card that somebody has changed or written is never replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from calotype import __version__
from calotype.catalog import declared, usable_verbs
from calotype.errors import OutputError, counted
from calotype.files import write_whole
from calotype.tasks.figures import keep, read
from calotype.tasks.figures import lines as lines_of
from calotype.tasks.model_store import CARD, IMPORTED, described

_CARD_FACTS = "card"
_NONE: Mapping[str, Any] = MappingProxyType({})
_UNKNOWN = "not recorded: it is for whoever has rights in what it was trained on to say what may be done with it"


def write_card(folder: Path, *, parameters: int, source: Path | None = None, licence: str = "") -> None:
    """Write the card of a finished model, unless there is one.

    Args:
        folder: folder of the model.
        parameters: number of weights.
        source: folder of the data set; ``None`` for a photo or imported weights.
        licence: what is known of the licence of imported weights.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / CARD
    if path.exists():
        return
    _write(folder, {"parameters": parameters, "made_set": _set_of(source), "licence": licence})


def record(folder: Path, kind: str, figures: Mapping[str, Any]) -> None:
    """Keep what was measured of a model, and say it in its card unless somebody has changed that.

    Nothing is kept of a published model without a description, nor in a folder that cannot be written to: a
    measurement is no reason to change somebody's files, or to fail.

    Args:
        folder: folder of the model.
        kind: ``training``, ``evaluation``, ``dissection`` or ``leaks``.
        figures: JSON-ready; nothing is kept if it is empty. But for trainings with ``date``, ``how`` and ``values`` by
            name.

    Raises:
        OutputError: those of a training cannot be written.
    """
    if not figures or not described(folder):
        return
    try:
        keep(folder, kind, figures)
    except OutputError:
        if kind == "training":
            raise
        return
    known = read(folder).get(_CARD_FACTS, {})
    path = folder / CARD
    if path.is_file() and _hash(path.read_bytes()) in (known.get("sha256"), known.get("before")):
        _write(folder, known["facts"])


def _write(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write a card, and the hash by which it is known to be unchanged.

    The hash first, beside that of the card before: a process that dies between the two leaves a card that is known.
    """
    text, path = card(described(folder), folder.name, **facts, figures=read(folder)).encode(), folder / CARD
    found = _hash(path.read_bytes()) if path.is_file() else ""
    before = {"before": found} if found not in ("", _hash(text)) else {}
    keep(folder, _CARD_FACTS, {"sha256": _hash(text), **before, "facts": dict(facts)})
    write_whole(path, lambda file: file.write(text))


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def weights_of(net: Any) -> int:
    """The number of weights of a network, a ``torch.nn.Module``."""
    return sum(each.numel() for each in net.parameters())


def card(
    about: Mapping[str, Any],
    name: str,
    *,
    parameters: int,
    made_set: Mapping[str, Any] | None = None,
    licence: str = "",
    figures: Mapping[str, Any] = _NONE,
) -> str:
    """The text of a card.

    Args:
        about: what is recorded of the model, as in ``about.json``.
        name: of the model.
        parameters: number of weights.
        made_set: what ``calotype data`` recorded of the data set; ``None`` for others.
        licence: what is known of the licence of imported weights.
        figures: what was measured, see ``calotype.tasks.figures``.
    """
    system, imported = str(about["engine"]), about.get("preset") == IMPORTED
    tags = ["image-generation", system, *(["imported"] if imported else [])]
    verbs = usable_verbs(system, about.get("config", {}))
    lines = ["---", "library_name: calotype", "license: other", f"tags: [{', '.join(tags)}]", "---", ""]
    lines += [f"# {name}", "", f"A model of the system `{system}` for Calotype, {parameters:,} weights.", ""]
    lines += _imported_facts(about, licence) if imported else _trained_facts(about, made_set)
    measured = lines_of(figures)
    lines += measured or ([] if imported else [f"- **Measured**: {_measured(system)}"])
    lines += [f"- **Made with**: Calotype {__version__}", f"- **Can**: {', '.join(verbs)}", "", "```sh"]
    lines += [*_commands(about, name, verbs), "```", ""]
    return "\n".join(lines)


def _trained_facts(about: Mapping[str, Any], made_set: Mapping[str, Any] | None) -> list[str]:
    count = f", {counted(about['photos'], 'picture')}" if "photos" in about else ""
    changed = "".join(f", {key}={value}" for key, value in about.get("set", {}).items())
    facts = [
        f"- **Trained on**: {about.get('photo') or 'unknown'}{count}, {about['size']} pixels "
        f"(sha256 {str(about.get('photo_sha256', ''))[:16]})",
    ]
    if made_set is not None:
        facts.append(f"- **The set**: {made_set.get('summary', made_set.get('name', ''))}".rstrip())
        facts.append(f"- **Licences of the set**: {made_set.get('licence') or _UNKNOWN}")
    else:
        facts.append(f"- **Licence of what it was trained on**: {_UNKNOWN}")
    if "from" in about:
        frozen = (
            f", {counted(about['frozen'], 'layer')} of its discriminator frozen (Freeze-D)"
            if about.get("frozen")
            else ""
        )
        facts.append(f"- **Fine-tuned from**: {about['from']} (sha256 {about['from_sha256'][:16]}){frozen}")
        facts.append("- **Licence of the weights it started from**: applies to this model, too")
    facts.append(f"- **Settings**: preset {about.get('preset', '')}{changed}, seed {about.get('seed', 0)}")
    return facts


def _measured(engine: str) -> str:
    """What measures a model, by what it can do."""
    system = declared(engine)
    if system.codes:
        return "what leaks from one code to the other, in `leaks.json`; `calotype evaluate --leaks` repeats it"
    if "sample" in system.verbs:
        return "nothing yet; `calotype evaluate` compares its samples with the set"
    return "nothing yet; `calotype evaluate` compares a folder of its results with the set"


# The verbs that take the model in the first place.
_MODEL_FIRST = ("sample", "interpolate", "panorama", "scene", "turntable")


def _imported_facts(about: Mapping[str, Any], licence: str) -> list[str]:
    return [
        f"- **Imported from**: {about.get('photo') or 'a file of another program'}, {about['size']} pixels",
        f"- **Licence of the weights**: {licence or _UNKNOWN}",
        "- **Trained on**: not recorded in the file",
    ]


def _commands(about: Mapping[str, Any], name: str, verbs: list[str]) -> Iterator[str]:
    system = declared(str(about["engine"]))
    if not system.of_sets:
        yield f"calotype {verbs[0]} {about.get('photo') or 'PHOTO'} --model {name}"
    elif verbs[0] in _MODEL_FIRST:
        yield f"calotype {verbs[0]} {name}" + (" -n 8" if verbs[0] == "sample" else "")
    else:
        # The pictures that have to be given, by their names in capitals: those of the verb and those that it may lack.
        needed = [given.name for given in system.verbs[verbs[0]].inputs if given.required or given.name == "pose"]
        yield " ".join(["calotype", verbs[0], *(word.upper() for word in needed), f"--model {name}"])


def _set_of(source: Path | None) -> Mapping[str, Any] | None:
    """What ``calotype data`` recorded of a data set; ``None`` for folders that it did not make."""
    if source is None or not source.is_dir():
        return None
    try:
        found = json.loads((source / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "licence" in found else None

"""The files of Visual Genome as they are published: read, checked, and told apart by picture."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from calotype.errors import InputError
from calotype.files import shown

IMAGES, OBJECTS, _RELATIONSHIPS = "image_data.json", "objects.json", "relationships.json"
_ATTRIBUTES, _SPLITS = "attributes.json", ("vg_splits.json", "splits.json")
FILES = (IMAGES, OBJECTS, _RELATIONSHIPS)  # those that there have to be
GET = "get it again from the site of Visual Genome"


def listed(path: Path, *keys: str) -> list[Mapping[str, Any]]:
    """The entries of a file.

    Raises:
        InputError: it is missing or damaged, or an entry lacks a key.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{shown(path)} is missing or damaged: {GET}") from None
    if not isinstance(entries, list) or not entries or not all(isinstance(one, Mapping) for one in entries):
        raise InputError(f"{shown(path)} is no list of pictures: {GET}")
    _check(path, entries, keys)
    return entries


def _check(path: Path, entries: Sequence[Any], keys: Sequence[str]) -> None:
    for one in entries:
        missing = sorted(set(keys) - set(one)) if isinstance(one, Mapping) else list(keys)
        if missing:
            raise InputError(f"{shown(path)} has an entry without {', '.join(missing)}: {GET}")


def by_image(path: Path, name: str, keys: Sequence[str], wanted: Collection[int]) -> dict[int, list[Mapping[str, Any]]]:
    """The lists of a file by the numbers of their pictures."""
    found = {}
    for entry in listed(path, "image_id", name):
        if entry["image_id"] in wanted:
            _check(path, entry[name], keys)
            found[entry["image_id"]] = list(entry[name])
    return found


def relationships_in(folder: Path, wanted: Collection[int]) -> dict[int, list[tuple[int, str, int]]]:
    """Subject, relation and object of all relationships, by picture; relations by their aliases."""
    aliases = aliases_in(folder / "relationship_alias.txt")
    found = {}
    keys = ("subject", "predicate", "object")
    for image, entries in by_image(folder / _RELATIONSHIPS, "relationships", keys, wanted).items():
        _check(folder / _RELATIONSHIPS, [one[key] for one in entries for key in ("subject", "object")], ["object_id"])
        words = [str(one["predicate"]).lower().strip() for one in entries]
        found[image] = [
            (one["subject"]["object_id"], aliases.get(word, word), one["object"]["object_id"])
            for one, word in zip(entries, words)
        ]
    return found


def described_in(folder: Path, wanted: Collection[int]) -> dict[int, dict[int, list[str]]]:
    """The attributes of objects, by picture and object; empty without that file."""
    path = folder / _ATTRIBUTES
    if not path.is_file():
        return {}
    return {
        image: {one["object_id"]: [str(word) for word in one.get("attributes") or ()] for one in entries}
        for image, entries in by_image(path, "attributes", ("object_id",), wanted).items()
    }


def splits_in(folder: Path, images: Mapping[int, Any]) -> dict[str, list[int]]:
    """The numbers of the pictures of each split that there are.

    Raises:
        InputError: the file of splits is damaged.
    """
    path = next((folder / name for name in _SPLITS if (folder / name).is_file()), None)
    if path is None:
        return {"train": list(images)}
    try:
        splits = {str(name): list(numbers) for name, numbers in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        raise InputError(f"{shown(path)} has no lists of pictures by split: delete it, or get it again") from None
    if "train" not in splits:
        raise InputError(f"{shown(path)} has no split train: delete it, or get it again")
    return {name: [one for one in numbers if one in images] for name, numbers in splits.items()}


def aliases_in(path: Path) -> dict[str, str]:
    """The first name of a line by each of its names; empty without that file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    except (OSError, ValueError):
        raise InputError(f"{shown(path)} cannot be read: {GET}") from None
    split = [[name.strip() for name in line.split(",")] for line in lines if line.strip()]
    return {name: names[0] for names in split for name in names}


def name_of(image: Mapping[str, Any]) -> str:
    """Folder and name of a picture, as at the end of its address."""
    return "/".join(PurePosixPath(str(image["url"])).parts[-2:])


def root_of(folder: Path, images: Mapping[int, Mapping[str, Any]], numbers: Sequence[int]) -> Path:
    """The folder that the folders of pictures are in.

    Raises:
        InputError: there is none.
    """
    places = list(_places(folder))
    for image in numbers:
        for place in places:
            if (place / name_of(images[image])).is_file():
                return place
    raise InputError(f"{shown(folder)} has no pictures: put the folders VG_100K and VG_100K_2 beside {IMAGES}")


def _places(folder: Path) -> Iterator[Path]:
    yield from (folder, folder / "images")

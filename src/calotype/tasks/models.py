"""The models that are kept: which there are, and models that were trained elsewhere."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calotype.catalog import ENGINES, MODELS, declared, load
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_store
from calotype.types import PhotoLike, Size


def models() -> list[model_store.Entry]:
    """Every model that is kept, finished or not, by name."""
    return model_store.entries()


def remove(names: list[str]) -> None:
    """Delete kept models.

    Raises:
        InputError: there is none of a name, or it is being trained right now.
        OutputError: one cannot be deleted.
    """
    for name in names:
        model_store.remove(name)


def take_over(folder: str | Path, photo: PhotoLike | None = None) -> Path:
    """Keep a model that was trained elsewhere, by calotype or by another program, and return its folder here.

    Args:
        folder: as that program wrote it.
        photo: what it was trained on, if that is at hand: verbs then find the model by themselves. Without it, a verb
            has to be given the model, and a photo of the right size is taken for the right one.

    Raises:
        InputError: no engine can read it, or the photo is not of its size.
        OutputError: it cannot be kept.
    """
    from calotype import saving
    from calotype.image.io import open_photo, to_image

    if not Path(folder).is_dir():
        raise InputError(f"{shown(folder)} is not a folder: give the folder of the model")
    if (Path(folder) / "model.json").is_file():
        return _of_ours(Path(folder))
    name = _reader(Path(folder))
    if name in MODELS:
        return _model_of_others(Path(folder), name)
    config, net, (height, width), preview = engine_of(name).imported(Path(folder))
    size = Size(height, width)
    known = None if photo is None else open_photo(photo)
    if known is not None and known.size != size:
        raise InputError(
            f"'{known.name}' is {known.size} and the model for {size} pixels: give the photo it learned from"
        )
    sha256 = known.sha256 if known else ""
    # Without a photo the folder's name stands for it, so that two models of one size are kept apart.
    key = model_store.key_of(sha256 or str(Path(folder).resolve()), size, name, config, 0)
    stem = known.name if known else Path(folder).resolve().name
    learned_from = (known.source.name if known.source else known.name) if known else ""
    kept = model_store.place_of(stem, name, key)
    about = _imported_about(name, key, config, size, photo=learned_from, photo_sha256=sha256)
    with model_store.locked(kept):
        model_store.describe(kept, about)
        saving.write(kept, name, config, net, sha256, (height, width), to_image(preview))
    return kept


def _model_of_others(folder: Path, name: str) -> Path:
    """Keep a model of a data set that another program trained."""
    from calotype import saving

    module = model_of(name)
    config, net = module.imported(folder)
    size = Size(*module.picture_size(config))
    key = model_store.key_of(str(folder.resolve()), size, name, config, 0)
    kept = model_store.place_of(folder.resolve().name, name, key)
    said = module.about(config) if declared(name).learns_maps else {}
    about = _imported_about(name, key, config, size, photo=folder.resolve().name, photo_sha256="", about=said)
    with model_store.locked(kept):
        model_store.describe(kept, about)
        saving.write(kept, name, config, net, "", (size.height, size.width), about=said)
    return kept


def _imported_about(name: str, key: str, config: Any, size: Size, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "engine": name,
        "preset": model_store.IMPORTED,
        "set": {},
        "for": "",
        "config": asdict(config),
        "seed": 0,
        "stages": [],
        "size": str(size),
        **more,
    }


def _of_ours(folder: Path) -> Path:
    """Keep a model that calotype trained on another machine, or in a folder that was chosen."""
    loaded = load(folder)  # finds out whether it is whole
    about = model_store.described(folder)
    key = str(about.get("key", ""))
    if about.get("engine") != loaded.system or not re.fullmatch(r"[0-9a-f]{12}", key):
        raise InputError(
            f"{shown(folder)} says nothing of what it was trained on: give the whole folder, with "
            f"{model_store.ABOUT} in it"
        )
    photo = str(about.get("photo", ""))
    kept = model_store.place_of(photo if loaded.system in MODELS else Path(photo).stem, loaded.system, key)
    model_store.unpack(kept, model_store.packed(folder))
    return kept


def _reader(folder: Path) -> str:
    """The system that reads models of the program that wrote a folder."""
    readers = [name for name in (*ENGINES, *MODELS) if declared(name).imports]
    if not readers:
        raise InputError("no engine here can read models of other programs: 'calotype train' trains one")
    for name in readers:
        if all(any(folder.glob(pattern)) for pattern in declared(name).imports):
            return name
    # What is nearest says what is missing.
    counted = {name: sum(any(folder.glob(pattern)) for pattern in declared(name).imports) for name in readers}
    return max(readers, key=lambda name: counted[name])

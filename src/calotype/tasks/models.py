"""The models in the model store: list and delete them, and import models that were trained elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS, Loaded, declared, load
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_lock, model_store
from calotype.tasks.foreign_models import (
    by_one_of,
    check_finite,
    file_readers,
    imported_about,
    imported_model,
    readers,
    sha256_of,
)
from calotype.tasks.model_card import weights_of, write_card
from calotype.tasks.model_description import describe
from calotype.types import PhotoLike, Size


def models() -> list[model_store.Entry]:
    """All models in the model store, finished or not, sorted by name."""
    return model_store.entries()


def remove(names: list[str]) -> None:
    """Delete models from the model store.

    Raises:
        InputError: there is no model of that name, or it is being trained.
        OutputError: a model cannot be deleted.
    """
    for name in names:
        model_store.remove(name)


def take_over(folder: str | Path, photo: PhotoLike | None = None) -> Path:
    """Import a model that was trained elsewhere, by calotype or another program, and return its folder in the store.

    Args:
        folder: the model as that program wrote it: a folder, or a file such as a StyleGAN ``.pkl``.
        photo: the photo that it was trained on, if available: verbs then find the model automatically. Without it the
            model has to be given to a verb, and only the size of the photo is checked.

    Raises:
        InputError: no engine can read the model, the photo does not have its size, or there is another model of the
            photo with the same settings.
        OutputError: the model cannot be saved.
    """
    from calotype import saving
    from calotype.image.io import open_photo, to_image

    if Path(folder).is_file():
        if photo is not None:
            raise InputError(f"{shown(folder)} is a model of many pictures: leave out --photo (photo=)")
        return _import_by_one_of(Path(folder), file_readers(Path(folder)))
    if not Path(folder).is_dir():
        raise InputError(f"{shown(folder)} is neither a file nor a folder: give the file or the folder of the model")
    if (Path(folder) / "model.json").is_file():
        return _import_own(Path(folder))
    name, *others = readers(Path(folder))
    if name in MODELS:
        return _import_by_one_of(Path(folder), [name, *others])
    config, net, (height, width), preview = engine_of(name).imported(Path(folder))
    check_finite(net, Path(folder))
    size = Size(height, width)
    opened = None if photo is None else open_photo(photo)
    if opened is not None and opened.size != size:
        raise InputError(
            f"'{opened.name}' is {opened.size} and the model for {size} pixels: give the photo it was trained on"
        )
    sha256 = opened.sha256 if opened else ""
    # Without a photo the weights take its place, so that two models of one size have different keys.
    key = model_store.key_of(sha256 or sha256_of(net), size, name, config, 0)
    stem = opened.name if opened else Path(folder).resolve().name
    source_name = (opened.source.name if opened.source else opened.name) if opened else ""
    stored = model_store.place_of(stem, name, key)
    about = imported_about(name, key, config, size, photo=source_name, photo_sha256=sha256)
    with model_lock.locked(stored):
        _check_replaces_none(stored, net)
        model_store.describe(stored, about)
        saving.write(stored, name, config, net, sha256, (height, width), to_image(preview))
        write_card(stored, parameters=weights_of(net))
    return stored


def _check_replaces_none(stored: Path, net: Any) -> None:
    """Refuse to write a model over one with other weights, which verbs find by the same photo and settings.

    Raises:
        InputError: there is one.
    """
    if not model_store.is_finished(stored):
        return
    try:
        there = sha256_of(load(stored).net)
    except InputError:  # damaged
        return
    if there != sha256_of(net):
        raise InputError(
            f"there is another model of this photo with the same settings ({stored.name}): delete it first with "
            "'calotype models remove', or leave out --photo (photo=)"
        )


def _import_by_one_of(folder: Path, names: list[str]) -> Path:
    """Import a model by the first system that can read it."""
    return by_one_of(folder, names, lambda name: _import_dataset_model(folder, name))


def _import_dataset_model(folder: Path, name: str) -> Path:
    """Import a model of a data set that another program trained."""
    from calotype import saving

    module = model_of(name)
    _, config, net, sides = imported_model(folder, name)
    size = Size(*sides)
    key = model_store.key_of(sha256_of(net), size, name, config, 0)
    stem = folder.resolve().stem if folder.is_file() else folder.resolve().name
    stored = model_store.place_of(stem, name, key)
    description = module.about(config) if declared(name).learns_classes else {}
    about = imported_about(name, key, config, size, photo=stem, photo_sha256="", about=description)
    with model_lock.locked(stored):
        model_store.describe(stored, about)
        saving.write(stored, name, config, net, "", (size.height, size.width), about=description)
        write_card(stored, parameters=weights_of(net), licence=_licence_of(folder))
    return stored


def _licence_of(path: Path) -> str:
    """What is known of the licence of an imported file; empty if nothing is."""
    try:
        return describe(path).licence
    except InputError:
        return ""


def _import_own(folder: Path) -> Path:
    """Import a model that calotype trained on another machine or in a folder chosen by the user."""
    loaded = load(folder)  # fails if the model is incomplete
    check_finite(loaded.net, folder)
    about = model_store.described(folder)
    if not about and loaded.system in MODELS:
        return _import_bare(folder, loaded)
    key = str(about.get("key", ""))
    if about.get("engine") != loaded.system or not re.fullmatch(r"[0-9a-f]{12}", key):
        raise InputError(
            f"{shown(folder)} does not record what it was trained on: give the complete folder, with "
            f"{model_store.ABOUT}"
        )
    photo = str(about.get("photo", ""))
    stored = model_store.place_of(photo if loaded.system in MODELS else Path(photo).stem, loaded.system, key)
    model_store.unpack(stored, model_store.packed(folder))
    return stored


def _import_bare(folder: Path, loaded: Loaded) -> Path:
    """Import a model of a data set that was published without what only its training knows."""
    key = model_store.weights_sha256(folder)[:12]
    size, name = Size(*loaded.photo_size), folder.resolve().name
    about = imported_about(
        loaded.system, key, loaded.config, size, photo=name, photo_sha256="", about=dict(loaded.about)
    )
    stored = model_store.place_of(name, loaded.system, key)
    described = json.dumps(about, indent=1).encode()
    model_store.unpack(stored, {**model_store.packed(folder), model_store.ABOUT: described})
    return stored

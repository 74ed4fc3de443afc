"""The models in the model store: list and delete them, and import models that were trained elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from calotype import __version__
from calotype.catalog import ENGINES, MODELS, Loaded, declared, load, usable_verbs
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import ArgumentError, InputError, counted
from calotype.files import shown, write_whole
from calotype.tasks import arguments, model_store
from calotype.tasks.model_card import weights_of, write_card
from calotype.types import PhotoLike, Size

if TYPE_CHECKING:
    from calotype.foreign.description import Description
    from calotype.tasks.job import Job


_Read = TypeVar("_Read")


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


def describe(path: str | Path) -> Description:
    """What a file of another program holds, without executing anything in it; or a model, by its folder or its name.

    Raises:
        InputError: no model can read the file, or the folder has none.
    """
    path = Path(path)
    if path.is_dir() or (not path.is_file() and not path.suffix):
        folder = model_store.folder_of(path)
        own = (folder / "model.json").is_file() or model_store.described(folder)
        return _described_own(folder) if own or not _fitting(folder) else _described_foreign(folder)
    *first, last = _file_readers(path)
    for name in first:
        try:
            description: Description = model_of(name).described(path)
        except InputError:
            continue
        return description
    description = model_of(last).described(path)
    return description


def _described_own(folder: Path) -> Description:
    """What is recorded of a model of calotype."""
    from calotype.foreign.description import Description

    if not model_store.is_finished(folder):
        return Description(*_described_unfinished(folder))
    loaded, about = load(folder), model_store.described(folder)
    height, width = loaded.photo_size
    facts = {
        "trained on": str(about.get("photo", "")),
        "pixels": f"{width}x{height}",
        "preset": str(about.get("preset", "")),
        "seed": str(about.get("seed", "")),
        "weights": f"{weights_of(loaded.net):,}",
        "verbs": ", ".join(usable_verbs(loaded.system, asdict(loaded.config))),
    }
    card = " It has a model card, README.md." if (folder / model_store.CARD).is_file() else ""
    known = {name: fact for name, fact in facts.items() if fact}
    return Description(loaded.system, "calotype", known, f"that of what it was trained on.{card}")


def _described_foreign(folder: Path) -> Description:
    """What a folder of another program holds, which is read as by an import.

    Raises:
        InputError: no system can read it.
    """
    from calotype.foreign.description import Description

    name, config, net, (height, width) = _read_foreign(folder)
    facts = {
        "pixels": f"{width}x{height}",
        "weights": f"{weights_of(net):,}",
        "verbs": ", ".join(usable_verbs(name, asdict(config))),
        "to use it": f"calotype models import {shown(folder)}",
    }
    return Description(name, "another program", facts, "that of what it was trained on")


def _read_foreign(folder: Path) -> tuple[str, Any, Any, tuple[int, int]]:
    """The system, settings, net and size (height, width) of a folder of another program.

    Raises:
        InputError: no system can read it.
    """
    names = _readers(folder)
    if names[0] in ENGINES:
        config, net, size, _ = engine_of(names[0]).imported(folder)
        return names[0], config, net, size
    return _by_one_of(folder, names, lambda name: _imported_model(folder, name))


def _imported_model(path: Path, name: str) -> tuple[str, Any, Any, tuple[int, int]]:
    """The system, settings, net and size (height, width) of a model of a data set of another program.

    Raises:
        InputError: the system cannot read it, or its weights are not finite.
    """
    module = model_of(name)
    config, net = module.imported(path)
    check_finite(net, path)
    return name, config, net, tuple(module.picture_size(config))


def sha256_of(net: Any) -> str:
    """The SHA-256 of the weights of a net: names, shapes and values."""
    import torch

    digest = hashlib.sha256()
    for name, value in sorted(net.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\0".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def check_finite(net: Any, path: Path) -> None:
    """Refuse a net with a weight that is no number.

    Args:
        net: a module of torch.
        path: of the file or folder that it is from, for the message.

    Raises:
        InputError: a weight is infinite or not a number.
    """
    for name, value in net.state_dict().items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise InputError(
                f"{shown(path)} holds weights that are not finite ({name}): the file is damaged, or its training "
                "diverged; get another one"
            )


def _described_unfinished(folder: Path) -> tuple[str, str, dict[str, str], str]:
    """What is recorded of a training that has not reached its end."""
    about = model_store.described(folder)
    if not about:
        raise InputError(f"{shown(folder)} is no folder of a model: give one, or a file, such as network.pkl")
    entry = model_store.entry_of(folder)
    facts = {
        "state": f"not finished: {entry.finished_stages} of {counted(entry.stages, 'stage')}, {entry.done:.0%} "
        f"of the training",
        "trained on": entry.photo,
        "pixels": entry.size,
        "preset": entry.preset,
        "seed": str(about.get("seed", "")),
        "started": entry.when[:16].replace("T", " "),
        "verbs": ", ".join(declared(entry.engine).verbs),
        "to use it": "run its 'calotype train' command again to finish it, or give it to a verb that has --unfinished",
    }
    return entry.engine, "calotype", {name: fact for name, fact in facts.items() if fact}, "that of what it learns from"


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
        return _import_by_one_of(Path(folder), _file_readers(Path(folder)))
    if not Path(folder).is_dir():
        raise InputError(f"{shown(folder)} is neither a file nor a folder: give the file or the folder of the model")
    if (Path(folder) / "model.json").is_file():
        return _import_own(Path(folder))
    name, *others = _readers(Path(folder))
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
    about = _imported_about(name, key, config, size, photo=source_name, photo_sha256=sha256)
    with model_store.locked(stored):
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
    return _by_one_of(folder, names, lambda name: _import_dataset_model(folder, name))


def _by_one_of(folder: Path, names: list[str], read: Callable[[str], _Read]) -> _Read:
    """What ``read`` gives for the first system that can read: files of several systems have the same names.

    Raises:
        InputError: none of them can; the message has the reason of each.
    """
    errors: dict[str, str] = {}
    for name in names:
        try:
            return read(name)
        except InputError as error:
            errors.setdefault(str(error), name)
    if len(errors) == 1:
        raise InputError(next(iter(errors)))
    said = "; ".join(f"as {name}: {text.removeprefix(shown(folder)).strip()}" for text, name in errors.items())
    beside = folder.is_file() and any(folder.parent.glob("*.y*ml"))
    hint = "; of a GIRAFFE model give the folder, with the .yaml file" if beside else ""
    raise InputError(f"{shown(folder)} cannot be imported: {said}{hint}")


def _import_dataset_model(folder: Path, name: str) -> Path:
    """Import a model of a data set that another program trained."""
    from calotype import saving

    module = model_of(name)
    _, config, net, sides = _imported_model(folder, name)
    size = Size(*sides)
    key = model_store.key_of(sha256_of(net), size, name, config, 0)
    stem = folder.resolve().stem if folder.is_file() else folder.resolve().name
    stored = model_store.place_of(stem, name, key)
    description = module.about(config) if declared(name).learns_classes else {}
    about = _imported_about(name, key, config, size, photo=stem, photo_sha256="", about=description)
    with model_store.locked(stored):
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


def save_tuned(job: Job, net: Any, folder: Path) -> None:
    """Keep a generator that was tuned to a photo as a model, in place of one of the same settings.

    Raises:
        OutputError: it cannot be saved.
    """
    from calotype import saving

    name, size, description = job.request.engine, job.size, job.request.loaded.about if job.request.loaded else {}
    key = folder.name.rpartition("-")[2]
    about = _imported_about(
        name, key, job.config, size, photo=f"{job.name}-tuned", photo_sha256="", about=dict(description)
    )
    with model_store.locked(folder):
        model_store.describe(folder, about)
        saving.write(folder, name, job.config, net, "", (size.height, size.width), about=description)
        write_card(folder, parameters=weights_of(net), licence="that of the model it was tuned from")


def _imported_about(name: str, key: str, config: Any, size: Size, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "engine": name,
        "preset": model_store.IMPORTED,
        "set": {},
        "for": next(iter(declared(name).verbs)) if name in MODELS else "",
        "config": asdict(config),
        "seed": 0,
        "stages": [],
        "size": str(size),
        **more,
    }


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
    about = _imported_about(
        loaded.system, key, loaded.config, size, photo=name, photo_sha256="", about=dict(loaded.about)
    )
    stored = model_store.place_of(name, loaded.system, key)
    described = json.dumps(about, indent=1).encode()
    model_store.unpack(stored, {**model_store.packed(folder), model_store.ABOUT: described})
    return stored


FORMATS = ("pt", "onnx")


def export(model: str | Path, path: str | Path, form: str = "") -> str:
    """Write a model to the file of another program, and return a line about it.

    Args:
        model: its name in the model store, or its folder.
        path: of the file.
        form: ``"pt"``, the checkpoint of rosinality's program, for StyleGAN2; ``"onnx"``, the generator as a graph,
            for models that are given as layers; empty: as the file's name ends.

    Raises:
        ArgumentError: the file's name has another ending.
        InputError: there is no such model, none of another program could hold it, or the file exists.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    form = arguments.one_of(FORMATS, form or ("onnx" if path.suffix.lower() == ".onnx" else "pt"), "format")
    suffixes = (".onnx",) if form == "onnx" else (".pt", ".pth")
    if path.suffix.lower() not in suffixes:
        kind = "an ONNX" if form == "onnx" else "a PyTorch"
        raise ArgumentError(f"{shown(path)} is no name of {kind} file: give one that ends in {suffixes[0]}")
    if path.exists():
        raise InputError(f"{shown(path)} exists already: give another name, or delete it first")
    folder = model_store.folder_of(model)
    loaded = load(folder)
    if form == "onnx":
        return _export_onnx(loaded, folder.resolve().name, path)
    if not declared(loaded.system).exports:
        raise InputError(
            f"models of {loaded.system} cannot be exported as PyTorch files, only those of {_able('exports')}; as ONNX "
            f"(--format onnx) those of {_able('layered')}"
        )
    said: str = loaded.engine.exported(loaded.config, loaded.net, path)
    return said


def _able(what: str) -> str:
    return ", ".join(name for name in (*ENGINES, *MODELS) if getattr(declared(name), what))


def _export_onnx(loaded: Loaded, name: str, path: Path) -> str:
    from calotype.inspection.onnx import onnx_bytes

    system = declared(loaded.system)
    if not system.layered:
        raise InputError(f"models of {loaded.system} cannot be exported as ONNX, only those of {_able('layered')}")
    about = {"producer": f"calotype {__version__}", "model": name, "system": loaded.system}
    about |= {"classes": ", ".join(map(str, loaded.about["names"]))} if loaded.about.get("names") else {}
    make = getattr(loaded.engine, system.layered)
    content = onnx_bytes(make, loaded.config, loaded.net, maps=system.learns_maps, about=about)
    write_whole(path, lambda file: file.write(content))
    height, width = loaded.photo_size
    inputs = "latents and label maps" if system.learns_maps else "latents"
    return f"{inputs} to pictures of {width}x{height} pixels, -1 to 1; {len(content) / 1e6:.1f} MB"


def _readers(folder: Path) -> list[str]:
    """The systems whose files are in a folder, at least one."""
    readers = [name for name in (*ENGINES, *MODELS) if declared(name).imports and not declared(name).imports_file]
    if not readers:
        raise InputError("no engine here can read models of other programs: 'calotype train' trains one")
    fitting = _fitting(folder)
    if fitting:
        return fitting
    files = [path.name for path in sorted(folder.iterdir()) if path.suffix in (".pkl", ".pt", ".pth", ".npy")]
    singles = [name for name in (*ENGINES, *MODELS) if declared(name).imports_file]
    # The system with most matching files gives the most useful error message.
    matches = {name: sum(any(folder.glob(pattern)) for pattern in declared(name).imports) for name in readers}
    if files and singles and not any(matches.values()):
        raise InputError(f"{shown(folder)} is no folder of one model: give one of its files, such as {files[0]}")
    return [max(readers, key=lambda name: matches[name])]


def _fitting(folder: Path) -> list[str]:
    """The systems all of whose files are in a folder."""
    readers = [name for name in (*ENGINES, *MODELS) if declared(name).imports and not declared(name).imports_file]
    return [name for name in readers if all(any(folder.glob(one)) for one in declared(name).imports)]


def _file_readers(path: Path) -> list[str]:
    """The models that may read a file, by its name; the one with the most kinds of files is the last.

    Its message is the most useful one, if none of them can.
    """
    if not path.exists():
        raise InputError(f"{shown(path)} does not exist: check the name and the folder")
    patterns = {name: declared(name).imports for name in (*ENGINES, *MODELS) if declared(name).imports_file}
    fitting = [name for name, own in patterns.items() if any(path.match(pattern) for pattern in own)]
    if fitting:
        return sorted(fitting, key=lambda name: len(patterns[name]))
    known = dict.fromkeys(pattern for own in sorted(patterns.values(), key=len, reverse=True) for pattern in own)
    ends = ", ".join(pattern.removeprefix("*") for pattern in known)
    raise InputError(f"{shown(path)} is no model of another program: files that can be read end in {ends}")

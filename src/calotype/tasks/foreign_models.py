"""Models of other programs: which systems can read a file or a folder, and what they read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from calotype.catalog import ENGINES, MODELS, declared
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_store
from calotype.types import Size

_Read = TypeVar("_Read")


def read_foreign(folder: Path) -> tuple[str, Any, Any, tuple[int, int]]:
    """The system, settings, net and size (height, width) of a folder of another program.

    Raises:
        InputError: no system can read it.
    """
    names = readers(folder)
    if names[0] in ENGINES:
        config, net, size, _ = engine_of(names[0]).imported(folder)
        return names[0], config, net, size
    return by_one_of(folder, names, lambda name: imported_model(folder, name))


def imported_model(path: Path, name: str) -> tuple[str, Any, Any, tuple[int, int]]:
    """The system, settings, net and size (height, width) of a model of a data set of another program.

    Raises:
        InputError: the system cannot read it, or its weights are not finite.
    """
    module = model_of(name)
    config, net = module.imported(path)
    check_finite(net, path)
    return name, config, net, tuple(module.picture_size(config))


def by_one_of(folder: Path, names: list[str], read: Callable[[str], _Read]) -> _Read:
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


def readers(folder: Path) -> list[str]:
    """The systems whose files are in a folder, at least one."""
    readers = [name for name in (*ENGINES, *MODELS) if declared(name).imports and not declared(name).imports_file]
    if not readers:
        raise InputError("no engine here can read models of other programs: 'calotype train' trains one")
    fitting = fitting_systems(folder)
    if fitting:
        return fitting
    files = [path.name for path in sorted(folder.iterdir()) if path.suffix in (".pkl", ".pt", ".pth", ".npy")]
    singles = [name for name in (*ENGINES, *MODELS) if declared(name).imports_file]
    # The system with most matching files gives the most useful error message.
    matches = {name: sum(any(folder.glob(pattern)) for pattern in declared(name).imports) for name in readers}
    if files and singles and not any(matches.values()):
        raise InputError(f"{shown(folder)} is no folder of one model: give one of its files, such as {files[0]}")
    if not any(matches.values()):
        raise InputError(f"there is no model in {shown(folder)}: give {importable()}")
    return [max(readers, key=lambda name: matches[name])]


def one_file(folder: Path) -> Path | None:
    """The file to import, of a folder that holds it alone; ``None`` if the folder is the model, or several files."""
    files = list(folder.iterdir())
    return files[0] if len(files) == 1 and files[0].name != "model.json" else None


def importable() -> str:
    """The files and folders that can be imported, for a message: which systems, and what their files are called."""
    folders: dict[tuple[str, ...], list[str]] = {}
    files: dict[tuple[str, ...], list[str]] = {}
    for name in (*ENGINES, *MODELS):
        patterns = declared(name).imports
        if patterns:
            (files if declared(name).imports_file else folders).setdefault(patterns, []).append(name)
    of_folders, of_files = (
        ", ".join(f"{'/'.join(names)} ({', '.join(patterns)})" for patterns, names in found.items())
        for found in (folders, files)
    )
    own = "calotype (model.json)"
    return f"a folder of {', '.join(filter(None, (of_folders, own)))}" + (f", or a file of {of_files}" if files else "")


def fitting_systems(folder: Path) -> list[str]:
    """The systems all of whose files are in a folder."""
    readers = [name for name in (*ENGINES, *MODELS) if declared(name).imports and not declared(name).imports_file]
    return [name for name in readers if all(any(folder.glob(one)) for one in declared(name).imports)]


def file_readers(path: Path) -> list[str]:
    """The models that may read a file, by its name; the one with the most kinds of files is the last.

    Its message is the most useful one, if none of them can.
    """
    if not path.exists():
        raise InputError(f"{shown(path)} does not exist: check the name and the folder")
    patterns = {name: declared(name).imports for name in (*ENGINES, *MODELS) if declared(name).imports_file}
    fitting = [name for name, own in patterns.items() if any(path.match(pattern) for pattern in own)]
    if fitting:
        return sorted(fitting, key=lambda name: len(patterns[name]))
    parts = {pattern for name in (*ENGINES, *MODELS) for pattern in declared(name).imports if name not in patterns}
    if (path.parent / "model.json").is_file() or any(path.match(pattern) for pattern in parts):
        raise InputError(f"{shown(path)} is a part of a model: give the folder that it is in")
    known = dict.fromkeys(pattern for own in sorted(patterns.values(), key=len, reverse=True) for pattern in own)
    ends = ", ".join(pattern.removeprefix("*") for pattern in known)
    raise InputError(f"{shown(path)} is no model of another program: files that can be read end in {ends}")


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


def sha256_of(net: Any) -> str:
    """The SHA-256 of the weights of a net: names, shapes and values."""
    import torch

    digest = hashlib.sha256()
    for name, value in sorted(net.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\0".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def imported_about(name: str, key: str, config: Any, size: Size, **more: Any) -> dict[str, Any]:
    """The description in the model store of a model that was not trained there."""
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

"""Where trained models are kept: one folder a model, found again by what was learned from what.

The folder is named after the photo and the engine, and after a hash of everything that makes the model what it is: the
photo's pixels and size, those of its label map where one is learned from, the engine, its whole configuration, and the
seed of the training. A model of many photos is named after their folder; what tells that apart stands for the photo.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from calotype.catalog import declared
from calotype.errors import InputError, OutputError, unknown
from calotype.files import CACHE_VARIABLE, cache_folder, output_error, shown, write_whole
from calotype.types import Size

ABOUT = "about.json"
IMPORTED = "imported"  # in the place of a preset: trained by another program
_MODEL, _WEIGHTS, _STATE, _LOCK = "model.json", "weights.safetensors", "state", "lock"
_NAMING = 1.0  # seconds that whoever takes a lock may need to write its name into it


class Busy(InputError):  # noqa: N818  (what the model is)
    """Another process trains or deletes the model right now."""


def root() -> Path:
    """The folder with the models: ``models`` in ``CALOTYPE_CACHE``, or where this system keeps caches."""
    return cache_folder("models")


def key_of(
    photo_sha256: str, photo_size: Size, engine: str, config: Any, seed: int, labels_sha256: str | None = None
) -> str:
    """Twelve hexadecimal digits that are the same for the same model, and for no other.

    Settings that matter when pictures are made, not when the model is trained, are left out: the engine declares them
    (``at_sampling``).
    """
    later = declared(engine).at_sampling
    learned = {name: value for name, value in asdict(config).items() if name not in later}
    said = [photo_sha256, str(photo_size), engine, learned, seed]
    if labels_sha256 is not None:  # only then: models of a photo alone keep the keys they have
        said.append(labels_sha256)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


def place_of(photo_name: str, engine: str, key: str, within: Path | None = None) -> Path:
    """The folder of the model with that key: the one there is ``within`` (or in the cache), or the one to make."""
    within = within or root()
    there = sorted(within.glob(f"*-{key}"))  # the photo may have had another name then
    plain = re.sub(r"[^\w.-]+", "_", photo_name)[:60].strip("._-") or "photo"
    return there[0] if there else within / f"{plain}-{engine}-{key}"


def folder_of(model: str | Path) -> Path:
    """A model as it may be given: a folder, or the name of one of the kept models, or how only that one begins.

    Raises:
        InputError: there is neither; the message names the nearest.
    """
    folder = Path(model)
    if folder.is_dir():
        return folder
    names = [path.name for path in _folders()]
    # The beginning of a name is enough where no other begins so: the end is a hash that nobody types.
    meant = [name for name in names if name == str(model)] or [name for name in names if name.startswith(str(model))]
    if len(meant) == 1:
        return root() / meant[0]
    if len(meant) > 1 and str(model):
        raise InputError(f"several models are called like '{model}': give one of {', '.join(meant)}")
    if names:
        raise InputError(unknown("model", str(model), names, "give its folder, or a name that 'calotype models' lists"))
    raise InputError(f"there is no model {shown(model)}: give the folder of a trained model")


def _folders() -> list[Path]:
    return sorted(path.parent for path in root().glob(f"*/{ABOUT}"))


# ---------------------------------------------------------------------------------------------------------------
# What is known of a model


@dataclass(frozen=True)
class Entry:
    """One kept model.

    Attributes:
        name: of its folder.
        folder: where it is.
        engine: that it belongs to.
        preset: that it was trained with, and what was set on top of it; ``"imported"`` for one trained elsewhere.
        photo: name of the photo, or of the folder of photos.
        size: of the photo, or of the pictures that the set is brought to, ``WIDTHxHEIGHT`` in pixels.
        when: the training was begun, ISO 8601 with the time zone.
        bytes: on the disk.
        purpose: the verb that it was trained for, like ``upscale factor=2``; empty where it serves the others.
        finished: whether the training has ended.
        stages: in all.
        finished_stages: how many of them have ended.
    """

    name: str
    folder: str
    engine: str
    preset: str
    photo: str
    size: str
    when: str
    bytes: int
    purpose: str
    finished: bool
    stages: int
    finished_stages: int


def is_finished(folder: Path) -> bool:
    """Whether the model in ``folder`` can be sampled: the training has ended and everything was written."""
    return (folder / _MODEL).is_file() and (folder / _WEIGHTS).is_file()


def finished_stages(folder: Path) -> list[str]:
    """The stages of a training in ``folder`` that have ended and whose states are there."""
    from calotype.run import worked

    return [stage for stage, (done, steps) in worked(folder).items() if done == steps]


def describe(folder: Path, about: Mapping[str, Any]) -> None:
    """Write down what is trained in ``folder``, which is made where missing, before it is.

    Raises:
        OutputError: the folder cannot be made or written to.
    """
    said = {**about, "when": datetime.now(UTC).astimezone().isoformat(timespec="seconds")}
    text = json.dumps(said, indent=2, sort_keys=True) + "\n"
    try:
        write_whole(folder / ABOUT, lambda file: file.write(text.encode()))
    except OutputError as error:
        raise _nowhere_to_keep(folder, error) from error


def _nowhere_to_keep(folder: Path, error: OutputError) -> OutputError:
    if root() not in folder.parents:
        return error
    return OutputError(f"{error}, or set {CACHE_VARIABLE} to a folder where models can be kept")


def described(folder: Path) -> dict[str, Any]:
    """What ``describe`` wrote; empty where nothing can be read."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def entries() -> list[Entry]:
    """Every kept model, by name."""
    return [_entry(folder) for folder in _folders()]


def _entry(folder: Path) -> Entry:
    about, finished = described(folder), is_finished(folder)
    stages = len(about.get("stages", []))
    return Entry(
        name=folder.name,
        folder=str(folder),
        engine=str(about.get("engine", "?")),
        preset=" ".join([str(about.get("preset", "?")), *(f"{k}={v}" for k, v in about.get("set", {}).items())]),
        photo=str(about.get("photo", "?")),
        size=str(about.get("size", "?")),
        when=str(about.get("when", "")),
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        purpose=str(about.get("for", "")),
        finished=finished,
        stages=stages,
        finished_stages=stages if finished else len(finished_stages(folder)),
    )


def remove(name: str) -> None:
    """Delete a kept model, finished or not.

    Raises:
        InputError: there is none of that name, or it is being trained right now.
        OutputError: it cannot be deleted.
    """
    names = [folder.name for folder in _folders()]
    if name not in names:
        listed = "'calotype models' lists them" if names else "none is kept"
        raise InputError(unknown("model", name, names, listed))
    folder = root() / name
    with locked(folder):
        try:
            # Last of all the file that makes it a model: an interruption leaves something that can be removed again.
            for path in folder.iterdir():
                if path.name not in (ABOUT, _LOCK):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            (folder / ABOUT).unlink()
        except OSError as error:
            raise output_error(folder, error) from error
    with suppress(OSError):
        folder.rmdir()


def forget_state(folder: Path) -> None:
    """Delete what only a training that goes on would need."""
    shutil.rmtree(folder / _STATE, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------------
# From one machine to another


def chosen_place(folder: Path, key: str, photos: str) -> Path:
    """``folder``, chosen by the user for the model of ``key``; ``photos`` says in words what that is learned from.

    Raises:
        InputError: it holds something else.
    """
    there = described(folder)
    if there and there.get("key") != key:
        raise InputError(f"{shown(folder)} holds a model of {photos} or of other settings: give another folder")
    return folder


def packed(folder: Path) -> dict[str, bytes]:
    """The files of a finished model, by name; none where it is not finished."""
    if not is_finished(folder):
        return {}
    return {name: (folder / name).read_bytes() for name in (ABOUT, _WEIGHTS, _MODEL) if (folder / name).is_file()}


def unpack(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a packed model where none is finished yet, or leave it where another process is about to finish it.

    Raises:
        OutputError: the folder cannot be made or written to.
    """
    if not files or is_finished(folder):
        return
    with suppress(Busy), locked(folder):
        for name, data in files.items():
            _put(folder / name, data)
        forget_state(folder)


def _put(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))


# ---------------------------------------------------------------------------------------------------------------
# One at a time


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other process from training or deleting the model in ``folder``, until the block ends.

    The lock is the system's own on an open file, so it goes with the process, however that ends.

    Raises:
        Busy: another process has it; the message names that process.
        OutputError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _lock_file(folder)
    except OSError as error:
        raise _nowhere_to_keep(folder, output_error(folder, error)) from error
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / _LOCK).unlink()
        file.close()


def _lock_file(folder: Path) -> IO[str]:
    path = folder / _LOCK
    while True:
        file = open(path, "a+", encoding="ascii")  # noqa: SIM115  (stays open as long as the lock is held)
        try:
            _take(file)
        except OSError:
            holder = _holder(file)
            file.close()
            raise Busy(
                f"the model in {shown(folder)} is being trained by {holder}: wait until it ends, or stop it"
            ) from None
        # Whoever had it before may have deleted the file between our opening and our locking it.
        with suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                file.truncate(0)
                file.write(f"process {os.getpid()}")
                file.flush()
                return file
        file.close()


def _holder(file: IO[str]) -> str:
    """Who has the lock, as written in its file; that is empty for a moment after the lock was taken."""
    until = time.monotonic() + _NAMING
    while True:
        file.seek(0)
        if name := file.read().strip():
            return name
        if time.monotonic() > until:
            return "another process"
        time.sleep(0.01)


def _take(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 20)  # where nothing is: what is locked cannot be read there
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

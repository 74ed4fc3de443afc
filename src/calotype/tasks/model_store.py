"""The model store: one folder for each trained model, looked up by what the model was trained on and how.

The folder name consists of the name of the photo, the engine, and a key: a hash of the photo's pixels and size, of its
label map if the engine trains on one, of the engine, its configuration, and the seed of the training. For a model of a
data set, the name and the hash of the data set take the place of those of the photo.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from calotype.catalog import declared
from calotype.errors import InputError, unknown
from calotype.files import cache_folder, output_error, shortened, shown, write_whole
from calotype.tasks.model_lock import LOCK, Busy, locked
from calotype.types import Size

ABOUT = "about.json"
CARD = "README.md"  # the model card
FIGURES = "figures.json"  # what was measured of the model
ENCODER = "encoder"  # sub-folder with the encoder of a model
IMPORTED = "imported"  # recorded instead of a preset: trained by another program
WEIGHTS = "weights.safetensors"
_MODEL, _STATE = "model.json", "state"
_LONGEST_STEM = 160  # bytes of a photo's name in the name of its model


def root() -> Path:
    """The folder of the model store: ``models`` in ``CALOTYPE_CACHE``, or in the system's cache folder."""
    return cache_folder("models")


def key_of(
    photo_sha256: str, photo_size: Size, engine: str, config: Any, seed: int, labels_sha256: str | None = None
) -> str:
    """The key of a model: 12 hexadecimal digits of a hash of everything that determines the trained weights.

    Settings that have an effect only at sampling are excluded, and later settings with values that train as before; of
    files the contents count, not the paths. The engine declares them (``at_sampling``, ``neutral``, ``files``).

    Raises:
        InputError: a file cannot be read.
    """
    about = declared(engine)
    training_config = {
        name: value
        for name, value in asdict(config).items()
        if name not in about.at_sampling and not (name in about.neutral and value == about.neutral[name])
    }
    for name in about.files & {name for name, value in training_config.items() if value}:
        training_config[name] = _sha256(
            Path(training_config[name]), f"put it back, or give its new path with --set {name}=FILE (settings=)"
        )
    fields = [photo_sha256, str(photo_size), engine, training_config, seed]
    if labels_sha256 is not None:  # only then, so that the keys of models without a map do not change
        fields.append(labels_sha256)
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]


def place_of(photo_name: str, engine: str, key: str, within: Path | None = None) -> Path:
    """The folder of the model with that key, existing or not, ``within`` a folder (default: the model store)."""
    within = within or root()
    existing = sorted(within.glob(f"*-{key}"))  # the photo may have been renamed since
    stem = shortened(re.sub(r"[^\w.-]+", "_", photo_name)[:60].strip("._-"), _LONGEST_STEM) or "photo"
    return existing[0] if existing else within / f"{stem}-{engine}-{key}"


def folder_of(model: str | Path) -> Path:
    """The folder of a model given as a folder, a name in the model store, or a unique prefix of such a name.

    Raises:
        InputError: there is no such model; the message names the closest one.
    """
    folder = Path(model)
    if folder.is_dir():
        return folder
    names = [path.name for path in _folders()]
    # A unique prefix is accepted, as names end in a hash.
    matches = [name for name in names if name == str(model)] or [name for name in names if name.startswith(str(model))]
    if len(matches) == 1:
        return root() / matches[0]
    if len(matches) > 1 and str(model):
        raise InputError(f"the names of several models start with '{model}': give one of {', '.join(matches)}")
    if names:
        raise InputError(unknown("model", str(model), names, "give its folder, or a name that 'calotype models' lists"))
    raise InputError(
        f"there is no model {shown(model)}: give the folder of a trained model; 'calotype models' lists those that "
        "have a name, and there are none yet"
    )


def typed(folder: Path) -> str:
    """A model as it is typed in a command: its name in the store, or its folder."""
    return shlex.quote(folder.name if folder.parent.resolve() == root().resolve() else str(folder))


_ABOVE = 3  # folders above a file in which its model is looked for


def found_near(name: str, path: Path) -> Path | None:
    """The folder of a finished model by its name: here, in the store, or beside a file and above it.

    Args:
        name: of the model, as results record it.
        path: a file that the model made.
    """
    return next((folder for folder in places_of(name, path) if is_finished(folder)), None)


def places_of(name: str, path: Path) -> list[Path]:
    """Where a model of that name may be: here, in the store, and beside a file and above it."""
    return [Path(name), root() / name, *(parent / name for parent in path.resolve().parents[:_ABOVE])]


def _folders() -> list[Path]:
    return sorted(path.parent for path in root().glob(f"*/{ABOUT}"))


# ---------------------------------------------------------------------------------------------------------------
# Metadata


@dataclass(frozen=True)
class Entry:
    """One model in the model store.

    Attributes:
        name: name of its folder.
        folder: its folder.
        engine: name of the engine, or of the model's system.
        preset: preset and changed settings of the training; ``"imported"`` for a model trained elsewhere.
        photo: name of the photo, or of the data set.
        size: size of the photo, or of the training pictures, ``WIDTHxHEIGHT`` in pixels.
        when: start of the training, ISO 8601 with the time zone.
        bytes: size on disk.
        purpose: the verb that it was trained for, like ``upscale factor=2``; empty for a common model.
        finished: whether the training is finished.
        stages: total number of stages.
        finished_stages: number of finished stages.
        done: fraction of the training that is saved, 0..1, all stages counted alike.
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
    done: float = 1.0


def is_finished(folder: Path) -> bool:
    """Whether the model in ``folder`` is trained and completely written."""
    return (folder / _MODEL).is_file() and (folder / WEIGHTS).is_file()


def weights_sha256(folder: Path) -> str:
    """Hash of the weights of the finished model in ``folder``.

    Raises:
        InputError: they cannot be read.
    """
    return _sha256(folder / WEIGHTS, "train or copy the model again")


def _sha256(path: Path, advice: str) -> str:
    try:
        about = path.stat()
        return _digest(path, about.st_size, about.st_mtime_ns)
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read ({error.strerror}): {advice}") from error


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int) -> str:
    """The SHA-256 of a file, which is read again where its size or the time of its last change differs."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finished_stages(folder: Path) -> list[str]:
    """The finished stages of a training in ``folder`` whose states are saved."""
    from calotype.run import worked

    return [stage for stage, (done, steps) in worked(folder).items() if done == steps]


def describe(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the description of a model to ``folder`` before its training; create the folder if necessary.

    Raises:
        OutputError: the folder cannot be created or written to.
    """
    fields = {**about, "when": datetime.now(UTC).astimezone().isoformat(timespec="seconds")}
    text = json.dumps(fields, indent=2, sort_keys=True) + "\n"
    write_whole(folder / ABOUT, lambda file: file.write(text.encode()))


def described(folder: Path) -> dict[str, Any]:
    """The description that ``describe`` wrote; empty if there is none."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def saved_system(folder: Path) -> str | None:
    """The name of the system of a saved model, without reading its weights; ``None`` if there is none."""
    try:
        described = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    system = described.get("system") if isinstance(described, dict) else None
    return system if isinstance(system, str) else None


def entries() -> list[Entry]:
    """All models in the model store, sorted by name."""
    return [entry_of(folder) for folder in _folders()]


def entry_of(folder: Path) -> Entry:
    """What is known of the model in ``folder``, finished or not."""
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
        done=1.0 if finished else _done(folder, stages),
    )


def _done(folder: Path, stages: int) -> float:
    from calotype.run import worked

    return sum(step / max(1, steps) for step, steps in worked(folder).values()) / max(1, stages)


def remove(name: str) -> None:
    """Delete a model, finished or not.

    Raises:
        InputError: there is no model of that name, or it is being trained.
        OutputError: it cannot be deleted.
    """
    names = [folder.name for folder in _folders()]
    if name not in names:
        advice = "'calotype models' lists them" if names else "there are none"
        raise InputError(unknown("model", name, names, advice))
    folder = root() / name
    with locked(folder):
        try:
            # The description is deleted last, so that an interrupted removal can be repeated.
            for path in folder.iterdir():
                if path.name not in (ABOUT, LOCK):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            (folder / ABOUT).unlink()
        except OSError as error:
            raise output_error(folder, error) from error
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def withdrawn_if_refused(folder: Path) -> Iterator[None]:
    """Delete the description of a model if its first training is refused in the block, before anything was learned."""
    fresh = not described(folder)
    try:
        yield
    except InputError:
        if fresh and not (folder / _STATE).exists():
            (folder / ABOUT).unlink(missing_ok=True)
        raise


def has_state(folder: Path) -> bool:
    """Whether there is a training state."""
    return (folder / _STATE).exists()


def forget_state(folder: Path) -> None:
    """Delete the training state, which only a resumed training needs."""
    shutil.rmtree(folder / _STATE, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------------
# Transfer between machines


def chosen_place(folder: Path, key: str, photos: str) -> Path:
    """Check the ``folder`` that the user chose for the model of ``key``, and return it.

    Args:
        folder: the chosen folder.
        key: key of the model.
        photos: the training data of another model, for the error message.

    Raises:
        InputError: it contains another model.
    """
    existing = described(folder)
    if existing and existing.get("key") != key:
        raise InputError(f"{shown(folder)} contains a model of {photos} or of other settings: give another folder")
    return folder


def packed(folder: Path) -> dict[str, bytes]:
    """The contents of a finished model's files, by name; empty if it is not finished."""
    if not is_finished(folder):
        return {}
    names = [ABOUT, FIGURES, CARD, WEIGHTS, _MODEL]  # a model is there from the last one on
    if is_finished(folder / ENCODER):
        names = [*(f"{ENCODER}/{name}" for name in names), *names]
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def unpack(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a packed model to ``folder``, unless it is finished or locked by another process.

    Raises:
        OutputError: the folder cannot be created or written to.
    """
    if not files or is_finished(folder):
        return
    with suppress(Busy), locked(folder):
        for name, data in files.items():
            _put(folder / name, data)
        forget_state(folder)


def _put(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))

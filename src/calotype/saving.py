"""Saved models: a folder with ``model.json`` and ``weights.safetensors``, which is all that sampling needs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from calotype import __version__
from calotype.checkpoint import read_tensors, write_tensors
from calotype.errors import InputError
from calotype.files import shown, write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

FORMAT = 1
_MODEL, _WEIGHTS, _PREVIEW = "model.json", "weights.safetensors", "preview.png"
_AGAIN = "train or copy the model again"


@dataclass(frozen=True)
class Saved:
    """A saved model as read from disk.

    Attributes:
        system: name of the engine.
        config: its configuration, JSON values.
        tensors: parameters and buffers by name, on the CPU.
        photo_size: height and width in pixels of the photo it was trained on.
        meta: everything in ``model.json``: format, system, config, photo_sha256, photo_size, version.
    """

    system: str
    config: dict[str, Any]
    photo_size: tuple[int, int]
    tensors: dict[str, Tensor]
    meta: dict[str, Any]


def write(
    folder: str | Path,
    system: str,
    config: Any,
    net: nn.Module,
    photo_sha256: str,
    photo_size: tuple[int, int],
    preview: Image | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Save a trained model. An existing model in the folder is replaced; other files in it stay.

    Args:
        folder: created if missing.
        system: name of the engine, as in the catalog.
        config: the engine's frozen dataclass, or a mapping of JSON-ready values.
        net: its parameters and buffers are saved.
        photo_sha256: ``Photo.sha256`` of the training photo; ``""`` if unknown.
        photo_size: its height and width in pixels.
        preview: a preview image.
        about: the metadata of the data set it was trained on, JSON-ready: classes, names, colours.

    Raises:
        OutputError: the folder cannot be created or written to.
    """
    values: Mapping[str, Any] = dataclasses.asdict(config) if dataclasses.is_dataclass(config) else config  # type: ignore[arg-type]
    meta = {
        "format": FORMAT,
        "system": system,
        "config": dict(values),
        "photo_sha256": photo_sha256,
        "photo_size": list(photo_size),
        "version": __version__,
        **({"about": dict(about)} if about else {}),
    }
    folder = Path(folder)
    # The weights file has a copy of model.json in its header, which is what is read: the model is replaced atomically
    # with that one file, and an interruption between the writes does not mix an old and a new model. A new model is
    # there from the last write on, so that what is interrupted before is trained to its end again.
    if preview is not None:
        write_whole(folder / _PREVIEW, lambda file: preview.save(file, format="PNG"))
    write_tensors(folder / _WEIGHTS, net.state_dict(), meta)
    text = json.dumps(meta, indent=2, sort_keys=True) + "\n"
    write_whole(folder / _MODEL, lambda file: file.write(text.encode()))


def read(folder: str | Path) -> Saved:
    """Read a saved model.

    Raises:
        InputError: the folder is missing, not a model, damaged, or of a newer format than this version supports.
    """
    folder = Path(folder)
    label = shown(folder)
    if not folder.is_dir():
        raise InputError(f"{label} is not a folder: give the folder of a saved model")
    try:
        described = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        number = int(described["format"])
    except FileNotFoundError:
        raise InputError(f"{label} holds no model ({_MODEL} is missing): give the folder of a saved model") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the model in {label} is damaged ({_MODEL} cannot be read): {_AGAIN}") from error
    if number > FORMAT:
        raise InputError(f"the model in {label} is of a newer format ({number}): pip install --upgrade calotype")
    tensors, meta = read_tensors(folder / _WEIGHTS, _AGAIN)
    try:
        height, width = (int(length) for length in meta["photo_size"])
        _check_about(meta.get("about") or {})
        return Saved(str(meta["system"]), dict(meta["config"]), (height, width), tensors, meta)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the model in {label} is damaged: {_AGAIN}") from error


def _check_about(about: Any) -> None:
    """Check what is said of the classes of a data set.

    Raises:
        ValueError: names, colours or their number are not what they should be.
    """
    if not isinstance(about, dict):
        raise ValueError
    names, colours = about.get("names") or [], about.get("colours") or []
    if (
        not isinstance(names, list)
        or not isinstance(colours, list)
        or (names and colours and len(names) != len(colours))
    ):
        raise ValueError
    if any(not isinstance(name, str | int) for name in names):
        raise ValueError
    for colour in colours:
        if len(colour) != 3 or any(not isinstance(one, int) or not 0 <= one <= 255 for one in colour):
            raise ValueError
    classes = about.get("classes", 0)
    if not isinstance(classes, int) or classes < 0:
        raise ValueError

"""The arguments of a request as a verb takes them: ids of pictures, sets, results and models as files and folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import InputError, unknown
from calotype.kinds import KINDS
from calotype.studio.file_upload import FileUploads
from calotype.studio.forms import is_set, parameters
from calotype.studio.pictures import Missing, Pictures
from calotype.studio.sets import Sets
from calotype.tasks import model_store
from calotype.tasks.directions import known_directions

_MODEL_NAME = re.compile(r"[\w.-]{1,200}")


class Given:
    """Converts the arguments of requests.

    Args:
        pictures: the uploaded pictures.
        sets: the sets.
        uploads: the uploaded files.
        code: gives the file of the latent code of a result, ``JOB/FILE``.
    """

    def __init__(self, pictures: Pictures, sets: Sets, uploads: FileUploads, code: Callable[[str], Path]) -> None:
        self._pictures, self._sets, self._uploads, self._code = pictures, sets, uploads, code

    def converted(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Convert the arguments for the verb: pictures to paths, sets and models to folders.

        Raises:
            InputError: a picture, set or model does not exist, or a set is empty.
        """
        known = parameters(verb)
        converted: dict[str, Any] = {}
        for name, value in arguments.items():
            kind = known[name][0].kind if name in known else "text"
            if isinstance(value, dict):
                converted[name] = value
            elif kind == "latent":
                converted[name] = str(self._code(value))
            elif kind == "direction":
                converted[name] = str(self._direction(value, arguments.get("model")))
            elif kind == "latents":
                converted[name] = [str(self._code(one)) for one in value]
            elif KINDS[kind].form == "files" or isinstance(value, list):
                converted[name] = [self._path(one) for one in value]
            elif KINDS[kind].form == "file" and value != "auto":
                converted[name] = self._path(value)
            elif kind == "folder":
                converted[name] = str(self._uploads.folder(value))
            elif kind == "model":
                converted[name] = str(model_folder(value))
            else:
                converted[name] = value
        return converted

    def _direction(self, value: str, model: Any) -> Path:
        """The file of a direction: of a result, ``JOB/FILE``, or a name that was learned for the model."""
        if "/" in value:
            return self._code(value)
        known = known_directions(Path(model_folder(model))) if isinstance(model, str) else {}
        if value not in known:
            raise Missing(unknown("direction", value, known or ["none"]))
        return known[value]

    def _path(self, value: str) -> str:
        if not is_set(value):
            return str(self._pictures.path(value))
        given = self._sets.get(value)
        if not given.members:
            raise InputError(f"the set “{given.name}” is empty: add pictures to it")
        return str(self._sets.folder(value))


def model_folder(name: str) -> Path:
    """The folder of a model in the model store; names that lead elsewhere are refused.

    Raises:
        InputError: there is no model of that name.
    """
    folder = model_store.root() / name
    if not _MODEL_NAME.fullmatch(name) or name.strip(".") == "" or not (folder / model_store.ABOUT).is_file():
        raise Missing("there is no such model: choose one under Models")
    return folder

"""Files of weights of published networks: where they are, and reading them without executing code."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import cache_folder, shown

WEIGHTS_VARIABLE = "CALOTYPE_WEIGHTS"


def read_identified(path: str | Path | None, name: str, known: tuple[str, ...], network: str) -> tuple[bytes, str]:
    """The bytes of a weights file, and their identification: eight digits of the SHA-256, marked if unknown.

    Raises:
        InputError: there is no such file.
    """
    file = weights_file(path, name, network)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"the {network} weights cannot be read from {file} ({error.strerror}): give the path of {name} "
            f"or set {WEIGHTS_VARIABLE} to its folder"
        ) from None
    digest = hashlib.sha256(data).hexdigest()
    return data, f"{'' if digest in known else 'unknown weights '}{digest[:8]}"


def load_float(net: nn.Module, data: bytes, file: Path, needed: str) -> None:
    """Give a net the weights of a safetensors file.

    Args:
        net: the network.
        data: the bytes of the file.
        file: its path, for messages.
        needed: the network, and the layers that it has, for messages.

    Raises:
        InputError: they are of another net, or not finite.
    """
    try:
        net.load_state_dict({key: value.float() for key, value in load(data).items()})
    except (SafetensorError, RuntimeError):
        raise InputError(f"{file} is not {needed} are needed") from None
    if not is_finite(net):
        raise InputError(f"{file} holds values that are not finite: delete it, and 'calotype weights' fetches it again")


# Names of files for ``calotype weights``.
_FETCHED = {"vgg16_conv_fp16.safetensors": "vgg16", "inception_v3_stem.safetensors": "inception"}


def weights_file(path: str | Path | None, name: str, network: str) -> Path:
    """The path of a file of weights, which may not exist: as given, in ``CALOTYPE_WEIGHTS``, or in the cache.

    Raises:
        InputError: no path is given, and there is none of that name; the message says how to get it.
    """
    path = path or found_weights(name) or os.environ.get(WEIGHTS_VARIABLE)
    if path is None or not str(path):
        raise InputError(
            f"no {network} weights: 'calotype weights {_FETCHED[name]}' fetches them; or give the path of {name}, "
            f"or set {WEIGHTS_VARIABLE} to its folder"
        )
    path = Path(path)
    return path / name if path.is_dir() else path


def found_weights(name: str) -> Path | None:
    """The file of weights of that name: in ``CALOTYPE_WEIGHTS``, or named by it, else where ``calotype weights`` keeps
    it.
    """
    given, cached = os.environ.get(WEIGHTS_VARIABLE), cache_folder("weights") / name
    named = [Path(given) / name, *([Path(given)] if Path(given).name == name else [])] if given else []
    return next((file for file in (*named, cached) if os.path.isfile(file)), None)


def is_finite(net: nn.Module) -> bool:
    """Whether no weight is infinite or not a number."""
    return all(bool(value.isfinite().all()) for value in net.state_dict().values())


def read_weights(file: Path, name: str) -> tuple[dict[str, Tensor], str]:
    """The tensors of a PyTorch file by name, loaded without executing code, and the file's SHA-256.

    Args:
        file: its path.
        name: of the expected file, for messages.

    Raises:
        InputError: it cannot be read, or has no tensors.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{shown(file)} cannot be read ({error.strerror}): give {name}") from None
    try:
        weights = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        found = {str(key): value for key, value in weights.items() if isinstance(value, Tensor)}
    # torch.load raises exceptions of any kind, including IndexError, for other files.
    except Exception:
        found = {}
    if not found:
        raise InputError(f"{shown(file)} holds no weights: give {name}")
    return found, hashlib.sha256(data).hexdigest()

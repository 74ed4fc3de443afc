"""Kinds of latent codes and directions."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError, counted
from calotype.files import read_error, shown
from calotype.kinds.kind import Reading
from calotype.results import Latent, Result, read_latent_settings

if TYPE_CHECKING:
    import torch


def read_latent(value: Any, reading: Reading) -> Latent:
    """A latent code from a safetensors file, or a direction of another program: one array in an .npy or .pt file."""
    if isinstance(value, Latent):
        return value
    if isinstance(value, Result):
        return _only_latent(value)
    if Path(value).is_dir():
        raise InputError(f"{shown(value)} is a folder: give one latent code, a .safetensors file")
    latent = _foreign_latent(Path(value)) if Path(value).suffix.lower() in _FOREIGN else _own_latent(Path(value))
    if not all(_is_finite(array) for array in latent.values.values()):
        raise InputError(f"{shown(value)} holds values that are not finite: make the latent code or direction anew")
    return latent


def _only_latent(result: Result) -> Latent:
    """The latent code of a result."""
    if len(result.latents) != 1:
        count = counted(len(result.latents), "latent code")
        raise InputError(f"this result has {count}: give one, such as result.latents[0] of embed")
    return result.latents[0]


def read_latents(value: Any, reading: Reading) -> list[Latent]:
    """Several latent codes, or one."""
    several = value if isinstance(value, list | tuple) else [value]
    return [read_latent(one, reading) for one in several]


def _is_finite(array: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(array).all())


def _own_latent(value: Path) -> Latent:
    from safetensors import SafetensorError
    from safetensors.torch import load  # that of NumPy does not know bfloat16, which other programs write

    try:
        values = {name: _numbers(tensor) for name, tensor in load(value.read_bytes()).items()}
    except OSError as error:
        raise read_error(value, error, "give a saved latent code") from error
    except SafetensorError as error:
        raise InputError(f"{shown(value)} holds no latent code and no direction: give a .safetensors file") from error
    return Latent(values, value.stem, _settings_in(value), source=value)


def _settings_in(path: Path) -> dict[str, Any]:
    """The settings in a latent code; none in that of another program."""
    try:
        return read_latent_settings(path)[0]
    except InputError:
        return {}


def _numbers(tensor: torch.Tensor) -> Any:
    """The values as a NumPy array, those of types that NumPy does not know (bfloat16) as float32."""
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


_FOREIGN = (".npy", ".pt", ".pth")


def _foreign_latent(path: Path) -> Latent:
    """The one array in a file, which is read without executing anything in it."""
    from calotype.foreign import Array, Refused, View, read

    found = read(path, kind="file of one array")
    inner = list(found.values()) if isinstance(found, dict) else found
    single = inner[0] if isinstance(inner, list) and len(inner) == 1 else found
    if not isinstance(single, (Array, View)):
        raise InputError(f"{shown(path)} holds something else than one array: give a direction of styles")
    try:
        values = single.tensor().float().numpy()
    except Refused as error:
        raise InputError(f"{shown(path)} {error}: give a direction of styles") from None
    return Latent({"direction": values}, path.stem, source=path)


def latent_identity(latent: Latent) -> dict[str, str]:
    """Name and hash of a latent code."""
    digest = hashlib.sha256()
    for name in sorted(latent.values):
        digest.update(f"{name} {latent.values[name].shape} ".encode() + latent.values[name].tobytes())
    name = latent.source.name if latent.source else f"{latent.name}.safetensors"
    return {"name": name, "sha256": digest.hexdigest()}


def latent_tensor(latent: Latent, device: torch.device) -> dict[str, torch.Tensor]:
    """The arrays by name, float32."""
    import torch

    return {name: torch.from_numpy(value).float().to(device) for name, value in latent.values.items()}


def latent_tensors(latents: list[Latent], device: torch.device) -> list[dict[str, torch.Tensor]]:
    """The arrays of each code by name, float32."""
    return [latent_tensor(latent, device) for latent in latents]

"""GIRAFFE models that the published code saved: a checkpoint and its configuration. Nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from calotype.errors import InputError, counted
from calotype.files import read_error, shown
from calotype.foreign import Array, Refused, View, read
from calotype.foreign.settings_yaml import read_settings
from calotype.models.control3d.config import Config
from calotype.models.control3d.giraffe import GiraffeNet
from calotype.models.control3d.giraffe_settings import Giraffe, from_published

_KIND = "checkpoint of GIRAFFE"
_PARTS = ("generator_test.", "generator.")  # the average of the weights first
_NOT_OURS = "upsample_"  # constants of the blur
_DEFAULT = "default.yaml"  # what settings are by default is known here


def imported(folder: str | Path) -> tuple[Config, GiraffeNet]:
    """A GIRAFFE model of the published code.

    Args:
        folder: with a checkpoint (``.pt``), such as ``checkpoint_compcars64-e85060a0.pt``, and its configuration
            (``.yaml``), such as ``cars_64_pretrained.yaml`` with ``cars_64.yaml``, which it inherits from.

    Returns:
        The settings and the net, in eval mode, on the CPU: the averaged weights, where the file has them.

    Raises:
        InputError: a file is missing, cannot be read, or is of another network.
    """
    folder = Path(folder)
    found = sorted(folder.glob("*.pt"))
    if len(found) != 1:
        raise InputError(
            f"{shown(folder)} has {counted(len(found), 'checkpoint')}: leave one .pt file and its .yaml file in it"
        )
    file = found[0]
    configuration, settings = _configuration(folder, file)
    weights = _weights(file)
    cfg = _config(settings)
    net = GiraffeNet(settings)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the weights in {shown(file)} are not those of {configuration.name}: {reason}") from error
    return cfg, net.requires_grad_(False).eval()


def _config(settings: Giraffe) -> Config:
    """The settings of the model, as far as other models have them, too."""
    least, most = min(settings.scale_from), max(settings.scale_to)
    low, high = settings.polar
    return Config(
        size=settings.picture,
        objects=settings.objects,
        latent=2 * settings.latent,
        radius=sum(settings.radius) / 2,
        azimuth_from=settings.azimuth[0],
        azimuth_to=settings.azimuth[1],
        polar_from=min(max(low, 1e-3), 0.999),
        polar_to=min(max(high, 1e-3), 0.999),
        least_size=least,
        most_size=max(most, least * (1 + 1e-6)),
        giraffe=settings.text,
    )


def _configuration(folder: Path, checkpoint: Path) -> tuple[Path, Giraffe]:
    """The configuration of a checkpoint: the only one that no other one inherits from, or the one that names it."""
    files = {path.name: path for path in sorted(folder.glob("*.y*ml")) if path.name != _DEFAULT}
    read_files = {name: read_settings(_text(path), path.name) for name, path in files.items()}
    _check_bases(read_files, folder)
    inherited = {_base(given) for given in read_files.values()}
    last = [name for name in files if name not in inherited]
    named = [name for name in last if str(_part(read_files[name], "test").get("model_file")).endswith(checkpoint.name)]
    chosen = last if len(last) == 1 else named
    if len(chosen) != 1:
        raise InputError(
            f"{shown(folder)} has {counted(len(files), 'configuration')}: put that of {checkpoint.name} beside "
            f"it, a .yaml "
            "file of the published code, with the one that it inherits from"
        )
    merged = _merged(chosen[0], read_files)
    try:
        return files[chosen[0]], from_published(merged)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{shown(files[chosen[0]])} is no configuration of a GIRAFFE model: {error}") from None


def _check_bases(found: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Follow what configurations inherit from.

    Raises:
        InputError: a file is missing, or inherits from itself.
    """
    for name in found:
        passed = [name]
        while (base := _base(found[passed[-1]])) and base != _DEFAULT:
            where = shown(folder / passed[-1])
            if base in passed:
                way = " by way of ".join(passed[passed.index(base) + 1 :][::-1])
                raise InputError(
                    f"{where} inherits from itself{f', by way of {way}' if way else ''}: correct its line inherit_from"
                )
            if base not in found:
                raise InputError(
                    f"{where} inherits from {base}, which is not beside it: put that file of the published code into "
                    f"{shown(folder)}"
                )
            passed.append(base)


def _merged(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with what it inherits; ``_check_bases`` has followed it."""
    given = dict(found[name])
    base = _base(given)
    given.pop("inherit_from", None)
    if not base or base == _DEFAULT:
        return given
    return _over(_merged(base, found), given)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = _over(result[name], value) if both else value
    return result


def _base(given: Mapping[str, Any]) -> str:
    return str(given.get("inherit_from") or "").rpartition("/")[2]


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise read_error(path, error if isinstance(error, OSError) else OSError(0, "no text"), "get it again") from None


def _weights(file: Path) -> dict[str, Tensor]:
    found = read(file, kind=_KIND)
    model = found.get("model") if isinstance(found, Mapping) else None
    if not isinstance(model, Mapping):
        raise InputError(f"{shown(file)} is no {_KIND}: it has no weights under 'model'")
    part = next((part for part in _PARTS if any(str(name).startswith(part) for name in model)), None)
    if part is None:
        raise InputError(f"{shown(file)} is no {_KIND}: it has no generator")
    try:
        return {
            str(name).removeprefix(part): value.tensor().float()
            for name, value in model.items()
            if isinstance(value, Array | View) and str(name).startswith(part) and _NOT_OURS not in str(name)
        }
    except Refused as error:
        raise InputError(f"{shown(file)} {error}: nothing in it was run") from None

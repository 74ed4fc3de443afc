"""Files that the published code of SPADE and of what was derived from it saved: ``latest_net_G.pth`` and ``opt.txt``.

Only tensors are read, and the options from text. The pickled options beside them are never opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.files import shown
from calotype.nn.folding import largest_singular_value
from calotype.nn.weight_files import read_weights

GENERATOR, ENCODER, OPTIONS = "net_G.pth", "net_E.pth", "opt.txt"
UPSAMPLINGS = {"normal": 5, "more": 6, "most": 7}  # doublings of the size
_EPSILON = 1e-5  # of batch normalisation, there as here
M = TypeVar("M", bound=nn.Module)


def read_options(path: Path) -> dict[str, Any]:
    """The options of a training of the published code, from its text file: a line ``name: value [default: ...]`` each.

    Raises:
        InputError: the file cannot be read, or has no such line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{shown(path)} cannot be read: give the folder of a model of the published code") from None
    found: dict[str, Any] = {}
    for line in text.splitlines():
        match = re.match(r"\s*(\w+):\s*(.*?)\s*(?:\[default:.*\])?\s*$", line)
        if match and not set(line) <= {"-", " "}:
            found[match[1]] = _value(match[2])
    if "label_nc" not in found:
        raise InputError(f"{shown(path)} holds no options of the published code: it has no line label_nc")
    return found


def file_of(folder: Path, end: str) -> Path:
    """``latest_`` of a kind of file, or the one of the latest epoch.

    Raises:
        InputError: there is none.
    """
    latest = folder / f"latest_{end}"
    if latest.is_file():
        return latest
    epochs = {
        int(path.name.split("_")[0]): path for path in folder.glob(f"*_{end}") if path.name.split("_")[0].isdigit()
    }
    if not epochs:
        raise InputError(f"{shown(folder)} has no latest_{end}: give the folder of a model of the published code")
    return epochs[max(epochs)]


def plain_weights(path: Path) -> dict[str, Tensor]:
    """Weights by name, those with spectral normalisation normalised.

    Raises:
        InputError: the file cannot be read, or holds no weights.
    """
    read, _ = read_weights(path, f"a file of weights of the published code, such as {path.name}")
    found = {}
    for name, value in read.items():
        if name.endswith(".weight_orig"):
            stem = name.removesuffix("_orig")
            found[stem] = value / _normaliser(value, read.get(f"{stem}_u"), read.get(f"{stem}_v"))
        elif not name.endswith((".weight_u", ".weight_v", "num_batches_tracked")):
            found[name] = value
    return found


def statistics_of(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Running mean and variance of a normalisation layer, by our names."""
    pairs = (("mean", "running_mean"), ("variance", "running_var"))
    found = {ours: weights.get(f"{name}.param_free_norm.{theirs}") for ours, theirs in pairs}
    return {ours: value for ours, value in found.items() if value is not None}


def other_statistics(weights: Mapping[str, Tensor], prefix: str) -> tuple[Tensor, Tensor]:
    """Scale and offset that make of activations normalised for the first layer those normalised for the shortcut.

    Here both share one normalisation; there each has running statistics of its own of the same input.
    """
    channels = len(weights[f"{prefix}.mlp_gamma.bias"])
    mine, first = (f"{which}.param_free_norm" for which in (prefix, f"{prefix[:-1]}0"))
    if not prefix.endswith("s") or f"{mine}.running_mean" not in weights:
        return torch.ones(channels), torch.zeros(channels)
    deviation, wanted = ((weights[f"{which}.running_var"] + _EPSILON).sqrt() for which in (first, mine))
    return deviation / wanted, (weights[f"{first}.running_mean"] - weights[f"{mine}.running_mean"]) / wanted


def generator_state(weights: Mapping[str, Tensor], *, batch: bool) -> dict[str, Tensor]:
    """The weights of a SPADE generator by our names, beginning with ``generator.``.

    Args:
        weights: of the file, as ``plain_weights`` gives them.
        batch: whether its normalisation has running statistics.
    """
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        if name.split(".")[0] in ("fc", "conv_img"):
            found[f"generator.{name}"] = value
        elif ".conv_" in name:
            found[f"generator.blocks.{name}"] = value
    for block in {name.split(".")[0] for name in weights} - {"fc", "conv_img"}:
        for kind in "01s":
            prefix = f"{block}.norm_{kind}"
            if f"{prefix}.mlp_gamma.weight" in weights:
                found |= _spade_state(weights, prefix, f"generator.blocks.{block}.spade_{kind}")
        for kind in "01" if batch else "":
            norm = statistics_of(weights, f"{block}.norm_{kind}")
            found |= {f"generator.blocks.{block}.norm_{kind}.{name}": value for name, value in norm.items()}
    return found


def _spade_state(weights: Mapping[str, Tensor], prefix: str, ours: str) -> dict[str, Tensor]:
    """One SPADE layer: gamma and beta become one convolution, and the 1 that is added to gamma part of its bias."""
    gamma, beta = (
        [weights[f"{prefix}.mlp_{word}.{part}"] for part in ("weight", "bias")] for word in ("gamma", "beta")
    )
    scale, offset = other_statistics(weights, prefix)
    scaled = [gamma[0] * scale[:, None, None, None], (gamma[1] + 1) * scale]
    shifted = [beta[0] + gamma[0] * offset[:, None, None, None], beta[1] + (gamma[1] + 1) * offset]
    return {
        f"{ours}.shared.weight": weights[f"{prefix}.mlp_shared.0.weight"],
        f"{ours}.shared.bias": weights[f"{prefix}.mlp_shared.0.bias"],
        f"{ours}.affine.weight": torch.cat([scaled[0], shifted[0]]),
        f"{ours}.affine.bias": torch.cat([scaled[1], shifted[1]]),
    }


def filled(net: M, state: Mapping[str, Tensor], folder: Path) -> M:
    """A net with the weights of files, in eval mode.

    Raises:
        InputError: they do not fit.
    """
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the weights in {shown(folder)} do not fit the options in {OPTIONS}: {reason}") from error
    return net.requires_grad_(False).eval()


def _normaliser(weight: Tensor, u: Tensor | None, v: Tensor | None) -> Tensor:
    """The largest singular value as torch's spectral normalisation finds it in eval mode: u^T W v.

    Files of torch 1.0 lack v, which is the normalised W^T u.
    """
    matrix = weight.flatten(1)
    if u is None:
        return largest_singular_value(weight, iterations=50)
    if v is None:
        v = torch.nn.functional.normalize(matrix.mT @ u, dim=0, eps=1e-12)
    return torch.dot(u, matrix @ v)


def _value(text: str) -> Any:
    words = {"True": True, "False": False, "None": None}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

"""Generators and encoders that the published code saved: ``latest_net_G.pth``, ``latest_net_E.pth`` and ``opt.txt``.

Only tensors are read, and the options from text. The pickled options beside them are never opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown
from calotype.models.spade.config import Config
from calotype.models.spade.network import Net, build
from calotype.nn.features import read_weights
from calotype.nn.folding import largest_singular_value

_GENERATOR, _ENCODER, _OPTIONS = "net_G.pth", "net_E.pth", "opt.txt"
_DOUBLINGS = {"normal": 5, "more": 6, "most": 7}
_EPSILON = 1e-5  # of batch normalisation, there as here


def imported(folder: str | Path) -> tuple[Config, Net]:
    """A SPADE generator of the published code, with its encoder where there is one.

    Args:
        folder: with ``latest_net_G.pth`` (or another epoch's), ``opt.txt``, and ``latest_net_E.pth`` where the
            generator takes style codes.

    Returns:
        The settings and the net, in eval mode, on the CPU. Spectral normalisation is folded into the weights. For
        ADE20K (``dataset_mode`` ade20k) label 0 of the files is a pixel without a class, so ``unknown`` is "first" and
        class i is label i + 1 of the files.

    Raises:
        InputError: a file is missing or holds something else, or the options are not those of a SPADE generator.
    """
    folder = Path(folder)
    options = read_options(folder / _OPTIONS)
    weights = _plain_weights(_file(folder, _GENERATOR))
    # A generator whose first layer is linear takes style codes.
    coded = "fc.weight" in weights and weights["fc.weight"].dim() == 2
    encoder = _plain_weights(_file(folder, _ENCODER)) if coded else {}
    cfg = settings(options, weights, encoder)
    net = build(cfg)
    state = _generator_state(weights, cfg) | {f"encoder.{k}": v for k, v in _encoder_state(encoder).items()}
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the weights in {shown(folder)} do not fit the options in {_OPTIONS}: {reason}") from error
    return cfg, net.requires_grad_(False).eval()


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


def settings(options: Mapping[str, Any], weights: Mapping[str, Tensor], encoder: Mapping[str, Tensor]) -> Config:
    """The settings of a net with these options; widths are taken from the weights.

    Raises:
        InputError: it is no SPADE generator, or one of an unknown kind.
    """
    if str(options.get("netG", "spade")) != "spade" or "conv_img.weight" not in weights:
        raise InputError("this is no SPADE generator: only netG spade of the published code can be read")
    up = str(options.get("num_upsampling_layers", "normal"))
    if up not in _DOUBLINGS:
        raise InputError(f"num_upsampling_layers {up} is not known: it is one of {', '.join(_DOUBLINGS)}")
    width = weights["G_middle_0.conv_0.weight"].shape[0] // 16
    hidden = weights["head_0.norm_0.mlp_shared.0.weight"].shape[0]
    across = int(options.get("crop_size", 256)) >> _DOUBLINGS[up]
    down = round(across / float(options.get("aspect_ratio", 1.0)))
    classes = int(options["label_nc"])
    unknown = "last" if options.get("contain_dontcare_label") else "zeros"
    if str(options.get("dataset_mode")) == "ade20k" and unknown == "last":
        unknown = "first"
    norm = re.sub(r"^spectral", "", str(options.get("norm_G", "spectralspadesyncbatch3x3")))
    return Config(
        size=(down << _DOUBLINGS[up], across << _DOUBLINGS[up]),
        classes=classes,
        unknown=unknown,  # type: ignore[arg-type]
        instances=not options.get("no_instance", False),
        width=width,
        max_width=16 * width,
        hidden=hidden,
        doublings=_DOUBLINGS[up],
        norm="instance" if "instance" in norm else "batch",
        latent=weights["fc.weight"].shape[1] if weights["fc.weight"].dim() == 2 else 0,
        encoder_width=encoder["layer1.0.weight"].shape[0] if encoder else 64,
        encoder_size=256,
        encoder_norm="instance",
    )


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


def _file(folder: Path, end: str) -> Path:
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


def _plain_weights(path: Path) -> dict[str, Tensor]:
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


def _generator_state(weights: Mapping[str, Tensor], cfg: Config) -> dict[str, Tensor]:
    """The weights of the generator by our names."""
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
        for kind in "01":
            for ours, theirs in (("mean", "running_mean"), ("variance", "running_var")):
                name = f"{block}.norm_{kind}.param_free_norm.{theirs}"
                if name in weights and cfg.norm == "batch":
                    found[f"generator.blocks.{block}.norm_{kind}.{ours}"] = weights[name]
    return found


def _spade_state(weights: Mapping[str, Tensor], prefix: str, ours: str) -> dict[str, Tensor]:
    """One SPADE layer: gamma and beta become one convolution, and the 1 that is added to gamma part of its bias."""
    gamma, beta = (
        [weights[f"{prefix}.mlp_{word}.{part}"] for part in ("weight", "bias")] for word in ("gamma", "beta")
    )
    scale, offset = _other_statistics(weights, prefix)
    scaled = [gamma[0] * scale[:, None, None, None], (gamma[1] + 1) * scale]
    shifted = [beta[0] + gamma[0] * offset[:, None, None, None], beta[1] + (gamma[1] + 1) * offset]
    return {
        f"{ours}.shared.weight": weights[f"{prefix}.mlp_shared.0.weight"],
        f"{ours}.shared.bias": weights[f"{prefix}.mlp_shared.0.bias"],
        f"{ours}.affine.weight": torch.cat([scaled[0], shifted[0]]),
        f"{ours}.affine.bias": torch.cat([scaled[1], shifted[1]]),
    }


def _other_statistics(weights: Mapping[str, Tensor], prefix: str) -> tuple[Tensor, Tensor]:
    """Scale and offset that make of activations normalised for the first layer those normalised for the shortcut.

    Here both share one normalisation; there each has running statistics of its own of the same input.
    """
    channels = len(weights[f"{prefix}.mlp_gamma.bias"])
    mine, first = (f"{which}.param_free_norm" for which in (prefix, f"{prefix[:-1]}0"))
    if not prefix.endswith("s") or f"{mine}.running_mean" not in weights:
        return torch.ones(channels), torch.zeros(channels)
    deviation, wanted = ((weights[f"{which}.running_var"] + _EPSILON).sqrt() for which in (first, mine))
    return deviation / wanted, (weights[f"{first}.running_mean"] - weights[f"{mine}.running_mean"]) / wanted


def _encoder_state(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the encoder by our names."""
    found = {}
    for name, value in weights.items():
        if match := re.fullmatch(r"layer(\d+)\.0\.weight", name):
            found[f"convs.{int(match[1]) - 1}.weight"] = value
        elif match := re.fullmatch(r"fc_(mu|var)\.(weight|bias)", name):
            found[f"{'mean' if match[1] == 'mu' else 'log_variance'}.{match[2]}"] = value
    return found

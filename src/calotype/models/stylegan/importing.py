"""Import of StyleGAN networks from the files of other programs. Nothing in a file is executed."""

from __future__ import annotations

from pathlib import Path

import torch

from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.foreign import COMMON, Refused, read
from calotype.foreign.description import Description
from calotype.foreign.names import PERSISTENT
from calotype.models.stylegan.config import Config, rows
from calotype.models.stylegan.dialects import lucidrains, nvidia, rosinality, tensorflow
from calotype.models.stylegan.dialects.found import Found
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.network import Net, build, measure_mean

_NAMES = {**COMMON, **PERSISTENT}
_DIALECTS = (nvidia, tensorflow, rosinality, lucidrains)
_KIND = "StyleGAN file"
_FAMILIES = {"stylegan2": "StyleGAN2", "stylegan3": "StyleGAN3", "lucidrains": "StyleGAN2 (lucidrains)"}
_LARGEST, _MOST_LAYERS = 4096, 64
_TRUST = "it is no network that is known here"
_MAYBE_ABSENT = ("mapping.w_avg", "noise_const", "num_batches_tracked")


def imported(path: str | Path) -> tuple[Config, Net]:
    """A StyleGAN generator from a file of another program.

    Args:
        path: of a snapshot of stylegan2-ada-pytorch or stylegan3 (``.pkl``), a module of theirs saved by PTI (``.pt``),
            networks of StyleGAN2 for TensorFlow (``.pkl``), or a checkpoint of rosinality's or lucidrains' programs, of
            pSp or of e4e (``.pt``). Sizes are taken from the weights.

    Returns:
        The settings and the net, in eval mode, on the CPU. Where a file has no mean style, for truncation, it is
        measured; where it has no noise maps, they are drawn from a fixed seed.

    Raises:
        InputError: the file cannot be read, is of another network, or holds what no such file needs.
    """
    found = _found(Path(path))
    _check(found, Path(path))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = build(found.cfg)
    net.load_state_dict(dict(found.tensors), strict=False)
    if not found.mean:
        measure_mean(net.generator, found.cfg)
    return found.cfg, net.requires_grad_(False).eval()


def _check(found: Found, path: Path) -> None:
    """Check that the file has all weights of a network of its settings, before any memory is taken for one.

    Raises:
        InputError: weights are missing, have other sizes, or there are others besides.
    """
    try:
        with torch.device("meta"):
            wanted = build(found.cfg).state_dict()
    except RuntimeError as error:
        raise InputError(f"{shown(path)} has settings of a network that cannot be: {_TRUST}") from error
    shapes = {name: value.shape for name, value in found.tensors.items()}
    odd = sorted(name for name in shapes.keys() & wanted.keys() if shapes[name] != wanted[name].shape)
    missing = sorted(name for name in wanted.keys() - shapes.keys() if not name.endswith(_MAYBE_ABSENT))
    surplus = sorted(shapes.keys() - wanted.keys())
    for word, names in (("lacks", missing), ("has another size of", odd), ("has besides", surplus)):
        if names:
            raise InputError(f"{shown(path)} {word} the weights {', '.join(names[:3])}: {_TRUST}")


def discriminator_in(path: str | Path, cfg: Config) -> tuple[Config, dict[str, torch.Tensor]] | None:
    """The discriminator in a snapshot of stylegan2-ada-pytorch; ``None`` where a file has none that is read.

    Args:
        path: of the file.
        cfg: settings of the generator in it.

    Returns:
        The settings with those of the discriminator, and its weights by name.

    Raises:
        InputError: the file cannot be read, or its discriminator has weights that no such network has.
    """
    try:
        found = nvidia.discriminator(read(path, _NAMES, kind=_KIND), cfg)
        if found is None:
            return None
        with torch.device("meta"):
            wanted = Discriminator(found[0]).state_dict()
    except (Refused, ValueError) as error:
        raise InputError(f"the discriminator of {shown(path)} cannot be used: {error}") from None
    if {name: value.shape for name, value in wanted.items()} != {name: each.shape for name, each in found[1].items()}:
        raise InputError(f"{shown(path)} has a discriminator of another kind than is known here")
    return found


def described(path: str | Path) -> Description:
    """What a file of another program holds; see ``imported``.

    Raises:
        InputError: as ``imported``.
    """
    found = _found(Path(path))
    cfg = found.cfg
    facts = {
        "resolution": f"{cfg.resolution}x{cfg.resolution}, {'grey' if cfg.channels == 1 else 'colour'}",
        "latent": f"{cfg.latent}; {rows(cfg)} style vectors of {cfg.style}, one a layer",
        "mapping layers": str(cfg.mapping_layers),
        "channels": f"channel_base {cfg.base}, channel_max {cfg.max_channels}",
        "labels": counted(cfg.classes, "class") if cfg.classes else "none",
        "architecture": cfg.architecture if cfg.generator == "stylegan2" else "one style a resolution",
        "activation clamp": f"{cfg.clamp:g}" if cfg.clamp else "none",
        "mean style": "in the file" if found.mean else "measured when it is imported",
        "parameters": f"{sum(value.numel() for value in found.tensors.values()):,}",
        **({"encoder": f"{cfg.encoder}, {sum(cfg.encoder_units)} units"} if cfg.encoder != "none" else {}),
        **found.facts,
    }
    if cfg.generator == "stylegan3":
        facts["architecture"] = f"{counted(cfg.layers, 'layer')}, no noise maps"
    return Description(_FAMILIES[cfg.generator], found.writer, facts, found.licence, found.unused)


def _limit(cfg: Config) -> None:
    """Refuse sizes that no network has, and that would take all memory."""
    if cfg.resolution > _LARGEST or max(cfg.layers, cfg.mapping_layers) > _MOST_LAYERS:
        raise Refused(
            f"holds a network of {cfg.resolution} pixels and {counted(cfg.layers, 'layer')}, which is too large"
        )


def _found(path: Path) -> Found:
    value = read(path, _NAMES, kind=_KIND)
    try:
        for dialect in _DIALECTS:
            found: Found | None = dialect.read(value)
            if found is not None:
                _limit(found.cfg)
                return found
        raise Refused("holds no StyleGAN generator that is known")
    except Refused as error:
        raise InputError(f"{shown(path)} {error}") from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise InputError(f"{shown(path)} holds no StyleGAN generator that is known ({type(error).__name__})") from error

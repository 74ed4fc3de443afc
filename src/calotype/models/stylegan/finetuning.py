"""Fine-tuning: a training that starts from a trained generator and, where there is one, from its discriminator.

With few pictures the discriminator learns them by heart. Freeze-D (Mo, Cho, Shin, "Freeze the Discriminator: a Simple
Baseline for Fine-Tuning GANs", 2020) keeps the weights of its first layers, those next to the picture. They are counted
as by NVIDIA's option ``--freezed``: at each resolution from RGB where there is one, both convolutions, and the skip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from calotype.configuration import configured
from calotype.errors import InputError, counted
from calotype.files import shown
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.discriminator import Discriminator
from calotype.models.stylegan.importing import discriminator_in, imported
from calotype.saving import read

# The settings that belong to the networks; the others are those of the training.
_GENERATOR = (
    *("generator", "resolution", "channels", "classes", "names", "latent", "style", "mapping_layers", "mapping_rate"),
    *("base", "max_channels", "architecture", "clamp", "resample"),
)
_DISCRIMINATOR = ("discriminator_base", "discriminator_architecture", "group")


@dataclass(frozen=True)
class Start:
    """What a training starts from.

    Attributes:
        config: settings of the networks.
        net: weights of the generator, by name.
        discriminator: weights of the discriminator; ``None`` if it starts anew.
    """

    config: Config
    net: Mapping[str, Tensor]
    discriminator: Mapping[str, Tensor] | None


def start(path: str | Path) -> Start:
    """The generator, and perhaps the discriminator, of a model or of the file of another program.

    Args:
        path: folder of a StyleGAN2 model, or a file as ``imported`` reads; the snapshots of stylegan2-ada-pytorch have
            discriminators that are read.

    Raises:
        InputError: it cannot be read, or is no StyleGAN2.
    """
    path = Path(path)
    if path.is_dir():
        saved = read(path)
        if saved.system != "stylegan":
            raise InputError(f"{shown(path)} is a model of {saved.system}: give one of stylegan, or a file of one")
        found = Start(configured(Config(), saved.config, "stylegan"), saved.tensors, None)
    else:
        config, net = imported(path)
        tensors = {name: value for name, value in net.state_dict().items() if not name.startswith("encoder")}
        there = discriminator_in(path, config)
        found = Start(there[0] if there else config, tensors, there[1] if there else None)
    if found.config.generator != "stylegan2":
        raise InputError(f"{shown(path)} holds a network of {found.config.generator}, which is not trained here")
    return found


def started(cfg: Config, begun: Start) -> Config:
    """The settings of a training, with those of the networks that it starts from."""
    names = (*_GENERATOR, *(_DISCRIMINATOR if begun.discriminator is not None else ()))
    group = begun.config.group if begun.discriminator is not None else cfg.group
    batch = -(-cfg.batch // group) * group  # of whole groups
    return replace(cfg, batch=batch, **{name: getattr(begun.config, name) for name in names})


def first_layers(discriminator: Discriminator) -> Iterator[nn.Module]:
    """The layers of a discriminator in the order in which they are frozen, from the picture on."""
    for side in discriminator.sides:
        block = discriminator.get_submodule(f"b{side}")
        yield from (layer for name in ("fromrgb", "conv0", "conv1", "skip") if (layer := getattr(block, name, None)))


def freeze(discriminator: Discriminator, count: int) -> None:
    """Keep the weights of the first ``count`` layers.

    Raises:
        InputError: it has fewer.
    """
    layers = list(first_layers(discriminator))
    if not 0 <= count <= len(layers):
        raise InputError(
            f"{counted(count, 'layer')} of the discriminator cannot be frozen: give 0 to {len(layers)} "
            f"(--freeze-d, freeze_d=)"
        )
    for layer in layers[:count]:
        layer.requires_grad_(False)

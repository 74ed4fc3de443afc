"""The generator as a sequence of layers: the first one, and every residual block, for given label maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.inspection.layers import Layer, Layered
from calotype.models.spade.config import Config
from calotype.models.spade.network import Net, code_of
from calotype.semantic.blocks import Block
from calotype.semantic.labels import maps_of_training_size
from calotype.semantic.normalization import SLOPE
from calotype.semantic.spade_generator import SpadeGenerator, plan


def layered(cfg: Config, net: Net, maps: Tensor) -> Layered:
    """The generator of a trained net, for a batch of label maps.

    Args:
        cfg: as in training.
        net: trained, in eval mode.
        maps: int64 [N, H, W], classes from 0 and -1 for none, of the size of training; batches of latent vectors have
            to be of N.

    Raises:
        InputError: a map has a class that the net does not know, or maps are of another size.
    """
    generator = net.generator
    device = next(generator.parameters()).device
    where = maps_of_training_size(maps, cfg, device)

    def latents(seeds: Sequence[int]) -> Tensor:
        codes = [code_of(seed, cfg) for seed in seeds]
        known = [code for code in codes if code is not None]
        return (torch.cat(known) if known else torch.zeros(len(codes), 0))[:, :, None, None].to(device)

    def code(z: Tensor) -> Tensor | None:
        return z[:, :, 0, 0] if cfg.latent else None

    if not isinstance(generator, SpadeGenerator):

        def whole(z: Tensor) -> Tensor:
            made: Tensor = generator(where, code(z))
            return made

        same = Layer("code", (cfg.latent, 1, 1), lambda z: z)
        return Layered(cfg.latent, (same, Layer("network", (3, *cfg.size), whole)), latents)

    def block(each: Block) -> Callable[[Tensor], Tensor]:
        return lambda x: each(x, where)

    def last(x: Tensor) -> Tensor:
        return torch.tanh(generator.conv_img(F.leaky_relu(x, SLOPE)).float())

    height, width = generator.grid
    layers = [Layer("first", (generator.channels, height, width), lambda z: generator.first(where, code(z)))]
    for stage in plan(cfg):
        height, width = (2 * height, 2 * width) if stage.up else (height, width)
        layers.append(Layer(stage.name, (stage.outputs, height, width), block(generator.blocks[stage.name])))  # type: ignore[arg-type]
    return Layered(cfg.latent, (*layers, Layer("colours", (3, *cfg.size), last)), latents)

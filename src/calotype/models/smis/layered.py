"""The decoder as a sequence of layers: the first one, and every residual block, for given label maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from calotype.inspection.layers import Layer, Layered
from calotype.models.smis.config import Config
from calotype.models.smis.encoder import code_shape
from calotype.models.smis.network import Net, codes_of
from calotype.models.smis.plan import plan
from calotype.semantic.blocks import Block
from calotype.semantic.labels import maps_of_training_size


def layered(cfg: Config, net: Net, maps: Tensor) -> Layered:
    """The decoder of a trained net, for a batch of label maps; its latent vectors are the codes of all classes.

    Args:
        cfg: as in training.
        net: trained, in eval mode.
        maps: int64 [N, H, W], classes from 0 and -1 for none, of the size of training; batches of latent vectors have
            to be of N.

    Raises:
        InputError: a map has a class that the net does not know, or maps are of another size.
    """
    decoder = net.generator
    device = next(decoder.parameters()).device
    where = maps_of_training_size(maps, cfg, device)
    stem, stages = plan(cfg)
    height, width = decoder.grid

    def latents(seeds: Sequence[int]) -> Tensor:
        return torch.cat([codes_of(seed, cfg) for seed in seeds]).flatten(1)[:, :, None, None].to(device)

    def first(z: Tensor) -> Tensor:
        return decoder.stem(where, z.reshape(-1, *code_shape(cfg)))

    def block(each: Block) -> Callable[[Tensor], Tensor]:
        return lambda x: each(x, where)

    layers = [Layer("first", (stem, height, width), first)]
    for stage in stages:
        height, width = (2 * height, 2 * width) if stage.up else (height, width)
        layers.append(Layer(stage.name, (stage.outputs, height, width), block(decoder.blocks[stage.name])))  # type: ignore[arg-type]
    last = Layer("colours", (3, *cfg.size), decoder.coloured)
    return Layered(math.prod(code_shape(cfg)), (*layers, last), latents)

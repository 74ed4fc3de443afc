"""The generator as a sequence of layers: the mapping network, and the blocks of the synthesis network.

From the mapping network on, every layer hands on the style beside the activations and the picture so far, as the blocks
after it take it. The generators of StyleGAN3 and of lucidrains' program have one synthesis layer here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from calotype.inspection.layers import Layer, Layered, carried_vector, packed
from calotype.models.stylegan.config import Config
from calotype.models.stylegan.generate import label_of, latents_of
from calotype.models.stylegan.network import Generator, Net
from calotype.models.stylegan.synthesis import Block, Synthesis


def layered(cfg: Config, net: Net) -> Layered:
    """The generator of a trained or imported net.

    The latent vector is followed by the class, one-hot, where the model knows classes: that of a seed is the rest of
    its division by their number.
    """
    generator = net.generator
    device = next(generator.parameters()).device

    def latents(seeds: Sequence[int]) -> Tensor:
        vectors = latents_of(seeds, cfg)
        labels = [label for seed in seeds if (label := label_of(seed % max(1, cfg.classes), cfg)) is not None]
        return torch.cat([vectors, *([torch.cat(labels)] if labels else [])], 1)[:, :, None, None].to(device)

    def mapping(z: Tensor) -> Tensor:
        vectors = z[:, :, 0, 0]
        label = vectors[:, cfg.latent :] if cfg.classes else None
        style: Tensor = generator.mapping(vectors[:, : cfg.latent], label)
        return style[:, :, None, None]

    def whole(z: Tensor) -> Tensor:
        return _drawn(generator, mapping(z))

    first = Layer("mapping", (cfg.style, 1, 1), mapping)
    return Layered(cfg.latent + cfg.classes, (first, *_synthesis(generator, cfg)), latents, whole)


def _drawn(generator: Generator, style: Tensor) -> Tensor:
    return _coloured(generator(style[:, :, 0, 0][:, None].expand(-1, generator.rows, -1)))


def _synthesis(generator: Generator, cfg: Config) -> list[Layer]:
    synthesis = generator.synthesis
    if not isinstance(synthesis, Synthesis):
        return [Layer("synthesis", (3, cfg.resolution, cfg.resolution), lambda style: _drawn(generator, style))]
    maps, layers = iter(synthesis.noise_maps()), []
    blocks = synthesis.blocks()
    inputs = (0, 0)  # channels of the activations and of the picture so far
    for side, block in zip(synthesis.sides, blocks):
        last = block is blocks[-1]
        noise = [next(maps) for _ in range(block.convs)]
        outputs = (block.conv1.weight.shape[0], cfg.channels if hasattr(block, "torgb") else 0)
        channels = 3 if last else sum(outputs) + cfg.style
        layers.append(Layer(f"b{side}", (channels, side, side), _block(block, noise, inputs, cfg, last=last)))
        inputs = outputs
    return layers


def _block(
    block: Block, noise: list[Tensor], inputs: tuple[int, int], cfg: Config, *, last: bool
) -> Callable[[Tensor], Tensor]:
    def run(state: Tensor) -> Tensor:
        style = carried_vector(state, cfg.style)
        x = state[:, : inputs[0]] if inputs[0] else None
        picture = state[:, inputs[0] : sum(inputs)] if inputs[1] else None
        x, picture = block(x, picture, style[:, None].expand(-1, block.convs + 1, -1), noise)
        assert x is not None
        if last:
            assert picture is not None
            return _coloured(picture)
        return packed(x, picture, style[:, :, None, None])

    return run


def _coloured(picture: Tensor) -> Tensor:
    return picture.float().expand(-1, 3, -1, -1)

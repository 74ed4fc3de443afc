"""The generator as a sequence of layers: all micro patches of a picture side by side.

What every layer hands on are the activations of the patches, with their overlapping margins, in the grid of the
picture, and the latent vector, which conditions every normalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.inspection.layers import Layer, Layered, carried_vector, packed
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, joined, merged, micro_coordinates
from calotype.models.cocogan.generate import latent_of
from calotype.models.cocogan.network import Net


def layered(cfg: Config, net: Net) -> Layered:
    """The averaged generator of a trained net, for pictures of the training size."""
    generator = net.average
    device = next(generator.parameters()).device
    rows, columns = cells(cfg)
    down, across = torch.meshgrid(torch.arange(rows).float(), torch.arange(columns).float(), indexing="ij")
    where = micro_coordinates(down.flatten(), across.flatten(), cfg).to(device)

    def condition(latent: Tensor) -> Tensor:
        """Latent vectors [N, latent] to the conditions of all patches, [N rows columns, latent + 2 or 3]."""
        every = latent.repeat_interleave(len(where), dim=0)
        return torch.cat([every, where.repeat(latent.shape[0], 1)], 1)

    def state(patches: Tensor, latent: Tensor) -> Tensor:
        return packed(merged(patches, rows, columns), latent[:, :, None, None])

    def patches_of(x: Tensor, side: int) -> Tensor:
        channels = x.shape[1] - cfg.latent
        grid = x[:, :channels].reshape(x.shape[0], channels, rows, side, columns, side)
        return grid.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels, side, side)

    shapes = [generator.shape_after(number) for number in range(len(generator.blocks) + 1)]

    def first(z: Tensor) -> Tensor:
        latent, (channels, side) = z[:, :, 0, 0], shapes[0]
        return state(generator.first(condition(latent)).view(-1, channels, side, side), latent)

    def block(number: int, side: int) -> Callable[[Tensor], Tensor]:
        def run(x: Tensor) -> Tensor:
            latent = carried_vector(x, cfg.latent)
            made = generator.block(number, patches_of(x, side), condition(latent))
            return state(made, latent)

        return run

    def last(x: Tensor) -> Tensor:
        patches = patches_of(x, shapes[-1][1])
        made = torch.tanh(generator.last(F.relu(generator.norm(patches)))).float()
        return joined(made, rows, columns, cfg)

    def layer(name: str, number: int, run: Callable[[Tensor], Tensor]) -> Layer:
        channels, side = shapes[number]
        return Layer(name, (channels + cfg.latent, rows * side, columns * side), run)

    layers = [layer("first", 0, first)]
    for number in range(len(generator.blocks)):
        layers.append(layer(f"block{number}", number + 1, block(number, shapes[number][1])))
    layers.append(Layer("colours", (3, *cfg.size), last))

    def latents(seeds: Sequence[int]) -> Tensor:
        return torch.cat([latent_of(seed, cfg) for seed in seeds])[:, :, None, None].to(device)

    return Layered(cfg.latent, tuple(layers), latents)

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
        return torch.cat([every, where.repeat(len(latent), 1)], 1)

    def state(patches: Tensor, latent: Tensor) -> Tensor:
        return packed(merged(patches, rows, columns), latent[:, :, None, None])

    def patches_of(x: Tensor, side: int) -> Tensor:
        grid = x[:, : x.shape[1] - cfg.latent].unflatten(2, (rows, side)).unflatten(4, (columns, side))
        return grid.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)

    sides = [2 + 2 * generator.margins[0]]
    channels = generator.blocks[0].conv1.in_channels

    def first(z: Tensor) -> Tensor:
        latent = z[:, :, 0, 0]
        made = generator.first(condition(latent)).view(-1, channels, sides[0], sides[0])
        return state(made, latent)

    def block(number: int, side: int) -> Callable[[Tensor], Tensor]:
        def run(x: Tensor) -> Tensor:
            latent = carried_vector(x, cfg.latent)
            made = generator.block(number, patches_of(x, side), condition(latent))
            return state(made, latent)

        return run

    def last(x: Tensor) -> Tensor:
        patches = patches_of(x, sides[-1])
        made = torch.tanh(generator.last(F.relu(generator.norm(patches)))).float()
        return joined(made, rows, columns, cfg)

    layers = [Layer("first", (channels + cfg.latent, rows * sides[0], columns * sides[0]), first)]
    for number, each in enumerate(generator.blocks):
        before, after = sides[-1], generator.side_after(number)
        width = each.conv2.out_channels + cfg.latent
        layers.append(Layer(f"block{number}", (width, rows * after, columns * after), block(number, before)))
        sides.append(after)
    layers.append(Layer("colours", (3, *cfg.size), last))

    def latents(seeds: Sequence[int]) -> Tensor:
        return torch.cat([latent_of(seed, cfg) for seed in seeds])[:, :, None, None].to(device)

    return Layered(cfg.latent, tuple(layers), latents)

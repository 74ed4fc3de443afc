"""The network of sg2im: graphs of any relations to pictures, with boxes and masks, and without looks.

Johnson, Gupta and Fei-Fei, "Image Generation from Scene Graphs", CVPR 2018. Graph convolutions give vectors of the
objects, from which boxes and masks are made; the vectors at their places are the layout, and a cascaded refinement
network (Chen and Koltun, ICCV 2017) draws it. Released models are imported; none are trained here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.errors import InputError, nth
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.graph import GraphConvolution, perceptron
from calotype.run import Run

_CONSTANT = 8  # side of the mask of an object without one: its box fades out over a seventh of its side
_LEAST = 1e-6  # of the side of a box
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the training pictures, as they were normalised


class Masks(nn.Module):
    """Masks of object vectors, by doublings of the size from one pixel.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        doublings, width = cfg.mask_side.bit_length() - 1, cfg.graph_width
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(doublings))
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(doublings))
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        """[N, width] to [N, 1, m, m], 0..1."""
        x = vectors[:, :, None, None]
        for norm, conv in zip(self.norms, self.convs):
            x = F.relu(conv(norm(F.interpolate(x, scale_factor=2.0, mode="nearest"))))
        return torch.sigmoid(self.last(x))


class Refinement(nn.Module):
    """Two convolutions on features beside the layout, at one of the sizes of the cascade.

    Args:
        inputs: channels of layout and features together.
        outputs: of the result.
        cfg: ``refinement_norm`` and ``slope`` are used.
    """

    def __init__(self, inputs: int, outputs: int, cfg: Config) -> None:
        super().__init__()
        self.slope = cfg.slope
        self.convs = nn.ModuleList(nn.Conv2d(width, outputs, 3, padding=1) for width in (inputs, outputs))
        norm = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "none": nn.Identity}[cfg.refinement_norm]
        self.norms = nn.ModuleList(norm(outputs) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, h, w] to [B, outputs, h, w]."""
        for conv, norm in zip(self.convs, self.norms):
            x = F.leaky_relu(norm(conv(x)), self.slope)
        return x


class Sg2im(nn.Module):
    """The networks.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        width = cfg.graph_width
        self.classes = nn.Embedding(cfg.classes + 1, cfg.embedding)
        self.relations = nn.Embedding(len(cfg.relations) + 1, cfg.embedding)
        self.graph = nn.ModuleList(
            GraphConvolution(before, before, cfg.graph_hidden, width)
            for before in [cfg.embedding, *[width] * (cfg.graph_layers - 1)]
        )
        self.boxes = perceptron(width, cfg.graph_hidden, 4)
        self.masks = Masks(cfg) if cfg.masks else None
        planes = width + cfg.layout_noise
        self.refinement = nn.ModuleList(Refinement(planes + a, b, cfg) for a, b in pairwise((1, *cfg.refinement)))
        self.paint = nn.Conv2d(cfg.refinement[-1], cfg.refinement[-1], 3, padding=1)
        self.last = nn.Conv2d(cfg.refinement[-1], 3, 1)

    def vectors(self, classes: Tensor, triples: Tensor) -> Tensor:
        """The vectors of objects, [N, graph_width].

        Args:
            classes: int64 [N], 0 for the node of the whole picture.
            triples: int64 [T, 3]: subject, relation (0 for that to the whole picture), object.
        """
        objects: Tensor = self.classes(classes)
        relations: Tensor = self.relations(triples[:, 1])
        for layer in self.graph:
            objects, relations = layer(objects, relations, triples[:, [0, 2]])
        return objects

    def layout(self, vectors: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
        """The sum of the vectors [N, D] at the places of their boxes [N, 4]: [1, D, H, W]."""
        masks = vectors.new_ones(len(vectors), 1, _CONSTANT, _CONSTANT) if self.masks is None else self.masks(vectors)
        sides = boxes[:, 2:] - boxes[:, :2]
        sides = torch.where(sides.abs() < _LEAST, _LEAST, sides)[:, None, None]
        y, x = (torch.linspace(0, 1, n, device=boxes.device) for n in size)
        points = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
        grid = 2 * (points - boxes[:, None, None, :2]) / sides - 1
        # As in the published code, which was written for a torch that aligned corners.
        placed = F.grid_sample(masks, grid, padding_mode="zeros", align_corners=True)
        return torch.einsum("nd,nhw->dhw", vectors, placed[:, 0])[None]

    def painted(self, layout: Tensor) -> Tensor:
        """[B, D + layout_noise, H, W] to pictures [B, 3, H, W], normalised as in training."""
        count = len(self.refinement)
        x = layout.new_zeros(len(layout), 1, layout.shape[2] >> count, layout.shape[3] >> count)
        for number, module in enumerate(self.refinement, 1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            factor = 1 << (count - number)
            x = module(torch.cat([F.avg_pool2d(layout, factor), x], 1))
        result: Tensor = self.last(F.leaky_relu(self.paint(x), self.cfg.slope))
        return result


@torch.no_grad()
def drawn(
    cfg: Config, run: Run, net: Sg2im, graph: Mapping[str, Any], size: tuple[int, int] | None, seed: int
) -> Tensor:
    """A picture of a scene graph; arguments, result and errors as for ``calotype.models.scenegraph.draw``.

    Boxes of the graph take the place of those that the network makes. The picture is stretched to the whole range, as
    in the published code.
    """
    device = next(net.parameters()).device
    classes, triples = encoded(cfg, graph)
    vectors = net.vectors(classes.to(device), triples.to(device))
    boxes, given = net.boxes(vectors), graph["boxes"].to(device)
    given = torch.cat([given, given.new_full((1, 4), float("nan"))])
    height, width = size or cfg.size
    grid = 1 << len(cfg.refinement)
    padded = (height + -height % grid, width + -width % grid)
    layout = net.layout(vectors, torch.where(given.isnan(), boxes, given), padded)
    noise = torch.randn(1, cfg.layout_noise, *padded, generator=torch.Generator().manual_seed(seed)).to(device)
    picture = net.painted(torch.cat([layout, noise], 1))[:, :, :height, :width]
    mean, spread = (picture.new_tensor(each).view(1, 3, 1, 1) for each in (_MEAN, _SPREAD))
    picture = picture * spread + mean
    low, high = picture.min(), picture.max()
    return (2 * (picture - low) / (high - low).clamp_min(_LEAST) - 1).contiguous().to(run.device)


def encoded(cfg: Config, graph: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """Classes [n + 1] and triples [T, 3], with the node of the whole picture last.

    Raises:
        InputError: the graph has what the network does not know.
    """
    kinds, count = graph["classes"].cpu(), len(graph["classes"])
    if int(kinds.max()) >= cfg.classes:
        raise InputError(f"an object has class {int(kinds.max())}: this model knows 0 to {cfg.classes - 1}")
    for number in range(count):
        told = bool(graph["sizes"][number] >= 0) or not bool(graph["locations"][number].isnan().any())
        if told or graph["looks"][number] is not None:
            raise InputError(
                f"the {nth(number)} object has a size, a location or a look: models of sg2im take classes, "
                f"relations and "
                "boxes"
            )
    triples = [
        [one, 1 + cfg.relations.index(word), other]
        for (one, _, other), word in zip(graph["relations"].tolist(), graph["words"])
    ]
    triples += [[number, 0, count] for number in range(count)]
    return torch.cat([kinds + 1, kinds.new_zeros(1)]), torch.tensor(triples)

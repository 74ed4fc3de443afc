"""The network G: graph convolutions that give every object a layout embedding."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.objects import SPATIAL, attribute_count


def perceptron(*widths: int, last: bool = True) -> nn.Sequential:
    """Linear layers of so many channels, each with a ReLU; without ``last``, the last one has none."""
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(pairwise(widths), 2):
        linear = nn.Linear(before, after)
        nn.init.kaiming_normal_(linear.weight)
        layers += [linear, nn.ReLU()] if last or number < len(widths) else [linear]
    return nn.Sequential(*layers)


class GraphConvolution(nn.Module):
    """One layer: every edge makes candidates for its two objects, which take the mean of theirs.

    Johnson, Gupta, Fei-Fei, "Image Generation from Scene Graphs", CVPR 2018, sec. 3, with average pooling.

    Args:
        inputs: channels of an object.
        relations: channels of a relation.
        hidden: of the hidden layers.
        outputs: channels of objects and relations in the result.
    """

    def __init__(self, inputs: int, relations: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.hidden, self.outputs = hidden, outputs
        self.net1 = perceptron(2 * inputs + relations, hidden, 2 * hidden + outputs)
        self.net2 = perceptron(hidden, hidden, outputs)

    def forward(self, objects: Tensor, relations: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        """Objects [N, inputs] and relations [T, ...] to [N, outputs] and [T, outputs]; ``edges`` int64 [T, 2]."""
        subjects, targets = edges.unbind(1)
        found = self.net1(torch.cat([objects[subjects], relations, objects[targets]], 1))
        of_subjects, relation, of_targets = found.split([self.hidden, self.outputs, self.hidden], 1)
        both = torch.cat([subjects, targets])
        total = found.new_zeros(len(objects), self.hidden).index_add(0, both, torch.cat([of_subjects, of_targets]))
        count = torch.bincount(both, minlength=len(objects)).clamp_min(1)[:, None]
        return self.net2(total / count), relation


class GraphNetwork(nn.Module):
    """G: from classes, relations and attributes to layout embeddings.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        width, attributes = cfg.embedding, attribute_count(cfg.location_cells)
        self.classes = nn.Embedding(cfg.classes + 1, width)
        self.relations = nn.Embedding(len(SPATIAL) + 1, width)
        self.layers = nn.ModuleList(
            GraphConvolution(width + (attributes if i == 0 else 0), width, cfg.graph_hidden, width)
            for i in range(cfg.graph_layers)
        )

    def forward(self, classes: Tensor, triples: Tensor, attributes: Tensor) -> Tensor:
        """Layout embeddings [N, embedding].

        Args:
            classes: int64 [N], 0 for the node of a whole picture.
            triples: int64 [T, 3]: subject, relation, object.
            attributes: [N, ``attribute_count(cfg.location_cells)``]; zeros for none.
        """
        objects = torch.cat([self.classes(classes), attributes], 1)
        relations = self.relations(triples[:, 1])
        for layer in self.layers:
            objects, relations = layer(objects, relations, triples[:, [0, 2]])
        return objects

"""Graph convolutions as the published code of sg2im, and of what followed it, has them."""

from itertools import pairwise

import torch
from torch import nn


def mlp(*widths):
    """Linear layers, each with a ReLU."""
    layers = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)


def convolution(inputs, attributes, hidden, outputs):
    """One layer; objects have further attributes."""
    layer = nn.Module()
    layer.hidden, layer.outputs = hidden, outputs
    layer.net1 = mlp(3 * inputs + 2 * attributes, hidden, 2 * hidden + outputs)
    layer.net2 = mlp(hidden, hidden, outputs)
    return layer


def applied(layer, objects, relations, edges):
    """New objects and relations."""
    found = layer.net1(torch.cat([objects[edges[:, 0]], relations, objects[edges[:, 1]]], 1))
    total, count = torch.zeros(len(objects), layer.hidden), torch.zeros(len(objects), 1)
    for row, (one, other) in zip(found, edges.tolist()):
        total[one] += row[: layer.hidden]
        total[other] += row[-layer.hidden :]
        count[one] += 1
        count[other] += 1
    return layer.net2(total / count.clamp_min(1)), found[:, layer.hidden : layer.hidden + layer.outputs]

"""A graph that a user gives, as the networks take it: classes, attributes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError, nth
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.objects import (
    attribute_count,
    attribute_vectors,
    cells_of,
    image_attributes,
    relations_of,
)

_SIZES = 9.0  # the size bin of the whole picture


def check_classes(cfg: Config, graph: Mapping[str, Any]) -> None:
    """Refuse a graph with classes that a model does not know.

    Raises:
        InputError: it has one; the message names the object.
    """
    for i, kind in enumerate(graph["classes"].tolist()):
        if not 0 <= kind < cfg.classes:
            raise InputError(f"the {nth(i)} object has the class {kind}: this model knows 0 to {cfg.classes - 1}")


def attributes_for(graph: Mapping[str, Any], grid: int) -> Tensor:
    """Attributes of the objects of a graph and of the whole picture; zeros where nothing is given.

    Of a given box, its size and centre.

    Args:
        graph: as for ``draw``.
        grid: columns and rows of the grid of locations.

    Returns:
        [n + 1, ``attribute_count(grid)``].
    """
    boxes, sizes, points = (graph[name].cpu() for name in ("boxes", "sizes", "locations"))
    there = ~boxes.isnan().any(1)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    bins = (_SIZES * areas.nan_to_num()).round().long()
    sizes = torch.where(there & (sizes < 0), bins, sizes)
    points = torch.where(there[:, None] & points.isnan(), (boxes[:, :2] + boxes[:, 2:]) / 2, points)
    known = ~points.isnan().any(1)
    cells = torch.where(known, cells_of(points.nan_to_num(), grid), -1)
    if not bool((sizes >= 0).any() or known.any()):
        return torch.zeros(len(sizes) + 1, attribute_count(grid))
    size, cell = image_attributes(grid)
    return attribute_vectors(torch.cat([sizes, torch.tensor([size])]), torch.cat([cells, torch.tensor([cell])]), grid)


def triples_of(graph: Mapping[str, Any]) -> Tensor:
    """The edges of a graph with those to the whole picture: int64 [T, 3], relations from 1, 0 for the latter.

    Without any relation, each object with a place has that to the nearest other one.
    """
    relations, count = graph["relations"].cpu(), len(graph["classes"])
    if not len(relations):
        relations = inferred(graph)
    shifted = relations + torch.tensor([0, 1, 0])
    whole = torch.stack([torch.arange(count), torch.zeros(count, dtype=torch.int64), torch.full((count,), count)], 1)
    return torch.cat([shifted, whole])


def inferred(graph: Mapping[str, Any]) -> Tensor:
    """Relations that follow from places: of each object to the nearest other one, int64 [m, 3].

    The place is the box, or a square of the object's size around its location.
    """
    boxes, sizes, points = (graph[name].cpu() for name in ("boxes", "sizes", "locations"))
    half = (torch.where(sizes < 0, 1, sizes).clamp_min(1) / _SIZES).sqrt()[:, None] / 2
    squares = torch.cat([points - half, points + half], 1)
    places = torch.where(boxes.isnan(), squares, boxes)
    there = (~places.isnan().any(1)).nonzero()[:, 0]
    if len(there) < 2:
        return torch.zeros(0, 3, dtype=torch.int64)
    middle = (places[there, :2] + places[there, 2:]) / 2
    distances = torch.cdist(middle, middle).fill_diagonal_(float("inf"))
    others = there[distances.argmin(1)]
    return torch.stack([there, relations_of(places[there], places[others]), others], 1)

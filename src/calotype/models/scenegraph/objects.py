"""The objects of a batch as flat tensors: boxes, masks, attributes, and the edges of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.data.boxes import RELATIONS
from calotype.models.scenegraph.config import Config
from calotype.semantic.objects import crops, largest

SIZES = 10  # bins of the size
SPATIAL = RELATIONS[:6]  # those that follow from boxes
IN_IMAGE = 0  # the relation of every object to the node of the whole picture; spatial relations follow


@dataclass(frozen=True)
class Objects:
    """The objects of some pictures, N in all; the last one of each picture is the node of the whole picture.

    Attributes:
        classes: int64 [N], from 1; 0 is the node of the whole picture.
        boxes: float32 [N, 4], left, top, right, bottom, 0..1.
        masks: float32 [N, 1, m, m], 0 or 1, each over its box.
        picture: int64 [N], the picture that each belongs to, ascending.
        pictures: how many pictures there are.
    """

    classes: Tensor
    boxes: Tensor
    masks: Tensor
    picture: Tensor
    pictures: int

    @property
    def real(self) -> Tensor:
        """Which are objects, not nodes of whole pictures: bool [N]."""
        return self.classes > 0


def objects_of(batch: Mapping[str, Tensor], cfg: Config) -> Objects:
    """The largest objects of every picture of a batch.

    Args:
        batch: ``boxes`` float32 [B, n, 4]; ``classes`` int64 [B, n], -1 for none; perhaps ``instances`` int64 [B, H,
            W], whose pixels have the number of their object in the picture, from 1.
        cfg: ``objects``, ``least`` and ``mask_side`` are used.
    """
    boxes, classes = batch["boxes"], batch["classes"]
    chosen = largest(boxes, classes, cfg.objects, cfg.least)
    count = len(boxes)
    picture = torch.cat([torch.full((len(row) + 1,), i) for i, row in enumerate(chosen)])
    one, side = boxes.new_ones(1, 1, cfg.mask_side, cfg.mask_side), cfg.mask_side
    whole = boxes.new_tensor([[0.0, 0.0, 1.0, 1.0]])
    instances = batch.get("instances")
    masks = []
    for i, row in enumerate(chosen):
        if len(row) and instances is not None:
            planes = (instances[i][None] == row[:, None, None] + 1).float()[:, None]
            masks.append((crops(planes, boxes[i, row], side) > 0.5).float())
        else:
            masks.append(one.expand(len(row), -1, -1, -1))
        masks.append(one)
    return Objects(
        classes=torch.cat([torch.cat([classes[i, row] + 1, classes.new_zeros(1)]) for i, row in enumerate(chosen)]),
        boxes=torch.cat([torch.cat([boxes[i, row], whole]) for i, row in enumerate(chosen)]),
        masks=torch.cat(masks),
        picture=picture,
        pictures=count,
    )


def exchanged(objects: Objects, draws: Tensor, rate: float) -> Objects:
    """The same objects, with their classes exchanged at random in some pictures; boxes and masks stay.

    Args:
        objects: the objects.
        draws: uniform random numbers [N, 2], 0..1: the first column orders the classes of a picture, the second one of
            its node, the last object, tells whether they are exchanged.
        rate: share of the pictures in which they are, 0..1.
    """
    real, picture = objects.real, objects.picture.to(draws.device)
    # Pictures stay in their order, and the node of each at its end.
    keys = picture.double() * 2 + torch.where(real, draws[:, 0].double(), 1.5)
    chosen = (draws[~real, 1] < rate)[picture]
    return replace(objects, classes=torch.where(chosen, objects.classes[keys.argsort()], objects.classes))


def attribute_count(cells: int) -> int:
    """Numbers of the attributes of an object, with a grid of so many columns and rows of locations."""
    return SIZES + cells**2


def attributes_of(boxes: Tensor, masks: Tensor, cells: int) -> Tensor:
    """The size and the location of objects, each one of some bins: [N, ``attribute_count(cells)``].

    The size is 9 times the share of the box, rounded, the location that of the mask's centre of mass on a grid of
    ``cells`` columns and rows whose outer ones are half as wide.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    sizes = ((SIZES - 1) * areas).round().long().clamp(0, SIZES - 1)
    return attribute_vectors(sizes, cells_of(centres(boxes, masks), cells), cells)


def attribute_vectors(sizes: Tensor, locations: Tensor, cells: int) -> Tensor:
    """Bins of size, 0..9, and of location, below ``cells`` squared, as [N, ``attribute_count(cells)``]; -1 for none."""
    both = ((sizes, SIZES), (locations, cells**2))
    planes = [F.one_hot(bins.clamp_min(0), n) * (bins >= 0)[:, None] for bins, n in both]
    return torch.cat(planes, 1).float()


def cells_of(points: Tensor, cells: int) -> Tensor:
    """The bin of location of points [N, 2], x and y, 0..1, on a grid of ``cells`` columns and rows: int64 [N]."""
    column, row = ((cells - 1) * points).round().long().clamp(0, cells - 1).unbind(1)
    return column + cells * row


def image_attributes(cells: int) -> tuple[int, int]:
    """Bins of size and location of the node of the whole picture."""
    return SIZES - 1, int(cells_of(torch.full((1, 2), 0.5), cells))


def centres(boxes: Tensor, masks: Tensor) -> Tensor:
    """Centres of mass, x and y, 0..1: [N, 2]; of empty masks those of the boxes."""
    side = masks.shape[-1]
    steps = (torch.arange(side, device=masks.device) + 0.5) / side
    total = masks.sum((1, 2, 3))
    x = torch.where(total > 0, (masks[:, 0] * steps).sum((1, 2)) / total.clamp_min(1), 0.5)
    y = torch.where(total > 0, (masks[:, 0] * steps[:, None]).sum((1, 2)) / total.clamp_min(1), 0.5)
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes[:, :2] + torch.stack([x, y], 1) * sides


def relations_of(subjects: Tensor, objects: Tensor) -> Tensor:
    """The spatial relation of boxes [N, 4] to others, by ``calotype.data.boxes.relation``: int64 [N], 0..5."""
    inside = ((subjects[:, :2] > objects[:, :2]) & (subjects[:, 2:] < objects[:, 2:])).all(1)
    around = ((subjects[:, :2] < objects[:, :2]) & (subjects[:, 2:] > objects[:, 2:])).all(1)
    across, down = (((subjects - objects)[:, :2] + (subjects - objects)[:, 2:]) / 2).unbind(1)
    beside = (across.abs() >= down.abs()) | torch.isclose(across.abs(), down.abs())
    level = torch.where(across < 0, 0, 1)
    upright = torch.where(down < 0, 2, 3)
    found = torch.where(beside, level, upright)
    return torch.where(inside, 4, torch.where(around, 5, found))


def random_triples(objects: Objects, draws: Tensor) -> Tensor:
    """One relation of every object to another one of its picture, either way round, and each one's edge to the picture.

    Args:
        objects: the objects.
        draws: uniform random numbers [N, 2], 0..1.

    Returns:
        int64 [T, 3]: subject, relation (0 for ``IN_IMAGE``, else 1 and more), object.
    """
    real = objects.real.nonzero()[:, 0]
    counts = torch.bincount(objects.picture[real], minlength=objects.pictures)
    first = torch.cat([counts.new_zeros(1), (counts + 1).cumsum(0)[:-1]])  # of each picture, among all nodes
    of = objects.picture[real]
    several = counts[of] > 1
    one, of = real[several], of[several]
    step = 1 + (draws[one, 0] * (counts[of] - 1)).long().clamp_max(counts[of] - 2)
    other = first[of] + (one - first[of] + step) % counts[of]
    swapped = draws[one, 1] < 0.5
    subject, target = torch.where(swapped, other, one), torch.where(swapped, one, other)
    spatial = 1 + relations_of(objects.boxes[subject], objects.boxes[target])
    nodes = first[objects.picture[real]] + counts[objects.picture[real]]
    edges = torch.stack([real, torch.zeros_like(real), nodes], 1)
    return torch.cat([torch.stack([subject, spatial, target], 1), edges])

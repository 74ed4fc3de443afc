"""Pictures from scene graphs, and pictures with other looks of some objects, by a trained net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.given_graph import attributes_for, check_classes, triples_of
from calotype.models.scenegraph.layout import composed, painted
from calotype.models.scenegraph.looks import (
    Look,
    check_archetype,
    crop_of,
    look_vector,
    looks_for,
    own_seed,
)
from calotype.models.scenegraph.network import Net
from calotype.models.scenegraph.sg2im import Sg2im, drawn, encoded
from calotype.run import Run
from calotype.semantic.objects import placed

_LEAST = 1 / 32  # of a box that B makes


@dataclass(frozen=True)
class Scene:
    """Where the objects of a graph lie, with the node of the whole picture last.

    Attributes:
        classes: int64 [n + 1], 0 for the whole picture.
        boxes: [n + 1, 4], 0..1.
        masks: [n + 1, 1, m, m], 0..1.
    """

    classes: Tensor
    boxes: Tensor
    masks: Tensor

    def planes(self, cfg: Config, size: tuple[int, int]) -> Tensor:
        """Which object each pixel belongs to, [n + 1, 1, H, W], 0 or 1."""
        planes = placed(self.masks, self.boxes, size)
        owner = torch.zeros_like(self.classes)
        return painted(self.classes, planes, owner, whole=cfg.compose == "paint")


@torch.no_grad()
def draw(
    cfg: Config,
    run: Run,
    *,
    net: Net | Sg2im,
    graph: Mapping[str, Any],
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture of a scene graph.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        graph: as the kind ``scene graph`` gives it (``calotype.kinds``): ``classes``, ``sizes``, ``locations``,
            ``boxes``, ``relations``, ``looks``. Objects with places but without relations take those that follow from
            the places.
        size: height and width of the picture; ``None``: as in training.
        seed: of looks that are not given, and of the masks.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: an object has a class or an archetype that the net does not know.
    """
    if isinstance(net, Sg2im):
        return drawn(cfg, run, net, graph, size, seed)
    scene = arranged(cfg, net, graph, seed)
    return rendered(cfg, run, net, scene, looks_for(cfg, net, graph, seed), size)


@torch.no_grad()
def laid_out(
    cfg: Config, *, net: Net, graph: Mapping[str, Any], size: tuple[int, int] | None = None, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Where ``draw`` puts the objects of a scene graph; the arguments are those of ``draw``.

    Returns:
        Boxes [n, 4], 0..1: left, top, right, bottom, as given or made by B; and the number of the object that each
        pixel belongs to by the masks of M, int64 [h, w], -1 for none.

    Raises:
        InputError: an object has a class that the net does not know.
    """
    scene = arranged(cfg, net, graph, seed)
    planes = scene.planes(cfg, size or cfg.size)[:-1, 0]
    owners = torch.where(planes.amax(0) > 0, planes.argmax(0), -1)
    return scene.boxes[:-1].cpu(), owners.cpu()


def check_draw(
    cfg: Config, *, net: Net | Sg2im, graph: Mapping[str, Any], size: tuple[int, int] | None = None, seed: int = 0
) -> None:
    """Refuse a scene graph that ``draw`` cannot draw; the arguments are those of ``draw``.

    Raises:
        InputError: as ``draw``.
    """
    if isinstance(net, Sg2im):
        encoded(cfg, graph)
        return
    check_classes(cfg, graph)
    for i, look in enumerate(graph["looks"]):
        check_archetype(cfg, look, i)


def check_restyle(
    cfg: Config,
    *,
    net: Net | Sg2im,
    graph: Mapping[str, Any],
    looks: Mapping[int, Any] | None = None,
    classes: tuple[int, ...] = (),
    at: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> None:
    """Refuse changes of looks that ``restyle`` cannot make; the arguments are those of ``restyle``.

    Raises:
        InputError: as ``restyle``.
    """
    check_looks(cfg)
    assert not isinstance(net, Sg2im)
    check_draw(cfg, net=net, graph=graph)
    scene = arranged(cfg, net, graph, graph.get("seed") or 0)
    for i in changing(cfg, scene, graph, {**dict.fromkeys(classes, None), **(looks or {})}, at, size):
        kind = int(graph["classes"][i])
        look = (looks or {}).get(kind)
        if isinstance(look, tuple):
            crop_of(look, kind, cfg)


def check_looks(cfg: Config) -> None:
    """Refuse ``restyle`` with a model that has no looks of objects.

    Raises:
        InputError: it is of sg2im.
    """
    if cfg.network == "sg2im":
        raise InputError("this model has no looks of objects: draw the graph with another class, or train scenegraph")


@torch.no_grad()
def restyle(
    cfg: Config,
    run: Run,
    *,
    net: Net | Sg2im,
    graph: Mapping[str, Any],
    looks: Mapping[int, Any] | None = None,
    classes: tuple[int, ...] = (),
    at: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture of a scene graph with other looks of some objects; all of them keep their places.

    Args:
        cfg: as in training.
        run: where it runs.
        net: trained, in eval mode.
        graph: as for ``draw``, with the ``seed`` that the picture was drawn with; without, 0.
        looks: by the number of a class, a seed, or a photo [1, 3, H, W] and its label map int64 [1, H, W] in which the
            class has pixels.
        classes: numbers of classes that take random looks.
        at: row and column of a pixel of one object of the picture: only that object changes, to a random look or to
            that of its class in ``looks``.
        size: height and width of the picture; ``None``: as in training.
        seed: of the random looks.

    Returns:
        [1, 3, h, w], float32, -1..1, on the run's device.

    Raises:
        InputError: as for ``draw``, nothing changes, or ``at`` lies outside of the picture or on no object.
    """
    check_looks(cfg)
    assert not isinstance(net, Sg2im)
    before = graph.get("seed") or 0
    scene = arranged(cfg, net, graph, before)
    vectors = looks_for(cfg, net, graph, before)
    kinds = [int(kind) for kind in graph["classes"]]
    changed: dict[int, Look] = {**dict.fromkeys(classes, None), **(looks or {})}
    for i in changing(cfg, scene, graph, changed, at, size):
        look = changed.get(kinds[i])
        given = crop_of(look, kinds[i], cfg) if isinstance(look, tuple) else look
        vectors[i] = look_vector(cfg, net, kinds[i] + 1, given, own_seed(seed, i))
    return rendered(cfg, run, net, scene, vectors, size)


def changing(
    cfg: Config,
    scene: Scene,
    graph: Mapping[str, Any],
    changed: Mapping[int, Look],
    at: tuple[int, int] | None,
    size: tuple[int, int] | None,
) -> list[int]:
    """The objects that ``restyle`` changes: those of changed classes, or the one with the pixel ``at``.

    Raises:
        InputError: there are none, or ``at`` lies outside of the picture or on no object.
    """
    only = None if at is None else object_at(scene.planes(cfg, size or cfg.size), at)
    kinds = [int(kind) for kind in graph["classes"]]
    chosen = [i for i, kind in enumerate(kinds) if (kind in changed or (not changed and i == only))]
    found = [i for i in chosen if only is None or i == only]
    if not found:
        raise InputError("no object of the picture changes: give a class that it has, or a pixel of an object of it")
    return found


def arranged(cfg: Config, net: Net, graph: Mapping[str, Any], seed: int) -> Scene:
    """Boxes and masks of the objects of a graph; boxes that are given stay.

    Raises:
        InputError: an object has a class that the net does not know.
    """
    check_classes(cfg, graph)
    device = next(net.parameters()).device
    given = graph["classes"].to(device)
    classes = torch.cat([given + 1, given.new_zeros(1)])
    boxes = graph["boxes"].to(device)
    embeddings = net.graph(classes, triples_of(graph).to(device), attributes_for(graph, cfg.location_cells).to(device))
    found = within(net.boxes(embeddings).float())
    found[-1] = found.new_tensor([0.0, 0.0, 1.0, 1.0])
    there = ~boxes.isnan().any(1)
    found[:-1] = torch.where(there[:, None], boxes, found[:-1])
    generator = torch.Generator().manual_seed(seed)
    rows = 1 if cfg.noise_by == "batch" else len(classes)
    noise = torch.randn(rows, cfg.mask_noise, generator=generator).expand(len(classes), -1).to(device)
    masks = net.masks(embeddings, noise)
    masks[-1] = 1.0
    return Scene(classes, found, masks)


def rendered(
    cfg: Config, run: Run, net: Net, scene: Scene, looks: Tensor, size: tuple[int, int] | None = None
) -> Tensor:
    """The picture of a scene whose objects have appearance vectors [n + 1, looks]: [1, 3, h, w], -1..1."""
    height, width = size or cfg.size
    grid = 1 << cfg.halvings
    padded = (height + -height % grid, width + -width % grid)
    planes = scene.planes(cfg, padded)
    layout = composed(cfg, scene.classes, looks, planes, torch.zeros_like(scene.classes), 1)
    picture: Tensor = net.renderer(layout.contiguous(memory_format=torch.channels_last))
    return picture[:, :, :height, :width].clamp(-1, 1).contiguous().to(run.device)


def object_at(planes: Tensor, at: tuple[int, int]) -> int:
    """The number of the object that has a pixel (row, column), by planes [n + 1, 1, H, W].

    Raises:
        InputError: it lies outside, or on none.
    """
    height, width = planes.shape[2:]
    if not (0 <= at[0] < height and 0 <= at[1] < width):
        raise InputError(f"the pixel {at[1]},{at[0]} lies outside of the {width}x{height} pixels of the picture")
    found = (planes[:-1, 0, at[0], at[1]] > 0).nonzero()
    if not len(found):
        raise InputError(f"there is no object at the pixel {at[1]},{at[0]}: give a pixel of one")
    return int(found[0, 0])


def within(found: Tensor) -> Tensor:
    """Boxes within the picture and of a least size."""
    middle, sides = (found[:, :2] + found[:, 2:]) / 2, (found[:, 2:] - found[:, :2]).clamp(_LEAST, 1)
    low = torch.minimum((middle - sides / 2).clamp_min(0), 1 - sides)
    return torch.cat([low, low + sides], 1)

"""Looks of the objects of a graph: seeds, archetypes and crops of photos as appearance vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from calotype.errors import InputError, nth
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.network import Net

# What an object looks like: ``None`` or a seed, a random archetype; ("archetype", number); a photo and a box in it.
Look = Any


def looks_for(cfg: Config, net: Net, graph: Mapping[str, Any], seed: int) -> Tensor:
    """The appearance vectors of all objects and of the whole picture, [n + 1, looks]."""
    kinds = [int(kind) + 1 for kind in graph["classes"]]
    given = [*graph["looks"], None]
    for i, look in enumerate(given):
        check_archetype(cfg, look, i)
    vectors = [
        look_vector(cfg, net, kind, look, own_seed(seed, i)) for i, (kind, look) in enumerate(zip([*kinds, 0], given))
    ]
    return torch.stack(vectors)


def check_archetype(cfg: Config, look: Look, number: int | None = None) -> None:
    """Refuse an archetype that a model does not have.

    Args:
        cfg: the settings.
        look: of an object.
        number: its place in the graph, from 0, for the message.

    Raises:
        InputError: the look is such an archetype.
    """
    most = cfg.archetypes[-1]
    if isinstance(look, tuple) and look[0] == "archetype" and look[1] >= most:
        whose = "there is no" if number is None else f"the {nth(number)} object has the"
        raise InputError(f"{whose} archetype {look[1]}: this model knows -1, the mean, and 0 to {most - 1}")


def look_vector(cfg: Config, net: Net, kind: int, look: Look, seed: int) -> Tensor:
    """The appearance vector of an object, [looks].

    Args:
        cfg: the settings.
        net: trained.
        kind: its class, 0 for the whole picture.
        look: see ``Look``.
        seed: of a random archetype.

    Raises:
        InputError: there is no such archetype.
    """
    check_archetype(cfg, look)
    most = cfg.archetypes[-1]
    if isinstance(look, tuple) and look[0] == "archetype":
        found: Tensor = net.archetypes[kind, 0 if look[1] < 0 else sum(cfg.archetypes[:-1]) + look[1]]
        return found
    if isinstance(look, tuple):
        return imported_look(net, look[0], look[1])
    generator = torch.Generator().manual_seed(seed if look is None else look)
    number = int(torch.randint(most, (1,), generator=generator))
    drawn: Tensor = net.archetypes[kind, sum(cfg.archetypes[:-1]) + number]
    return drawn


def imported_look(net: Net, picture: Tensor, box: tuple[float, float, float, float]) -> Tensor:
    """The appearance vector of a box in any picture [1, 3, H, W]: [looks]."""
    like = next(net.parameters())
    boxes = torch.tensor([box], dtype=torch.float32, device=like.device)
    vector: Tensor = net.looks_of(picture.to(like.device), boxes)[0].float()
    return vector


def crop_of(look: tuple[Tensor, Tensor], kind: int, cfg: Config) -> Look:
    """A photo and the box of a class in its label map.

    Raises:
        InputError: the class has no pixel there.
    """
    picture, labels = look
    rows, columns = (labels[0] == kind).nonzero(as_tuple=True)
    if not len(rows):
        name = cfg.names[kind] if cfg.names else str(kind)
        raise InputError(f"a photo has no pixel of the class {name}, whose look it is to give")
    height, width = labels.shape[1:]
    low = (int(columns.min()) / width, int(rows.min()) / height)
    return picture, (*low, (int(columns.max()) + 1) / width, (int(rows.max()) + 1) / height)


def own_seed(seed: int, number: int) -> int:
    """The seed of an object's look, so that objects of one picture differ."""
    return (seed * 1009 + number * 9176 + 1) % (1 << 62)

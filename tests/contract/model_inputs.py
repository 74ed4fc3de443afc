"""What any model or engine can be trained on and called with: inputs by their declared kinds."""

from __future__ import annotations

import torch

from calotype import catalog
from calotype.kinds import KINDS
from calotype.run import Run


def declared(model):
    """What the model declares."""
    return catalog.declared(model.__name__.rpartition(".")[2])


def tiny(model):
    """The preset for tests, adapted to a set of two classes where it learns from one."""
    return adapted(model, "tiny")


def adapted(model, preset):
    """A preset, adapted to a set of two classes where the model learns from one."""
    cfg = model.PRESETS[preset]
    about = {"classes": 2, "names": ["sky", "grass"], "colours": [[0, 0, 255], [0, 255, 0]], "count": 8}
    about["things"] = ["grass"]
    return model.adapted(cfg, about) if declared(model).adapts else cfg


def outputs_of(model, cfg, net, seed, height, width):
    """What the first verb of a model makes, by what it declares."""
    verb = next(iter(declared(model).verbs.values()))
    given, options = model_arguments(model, seed, height, width)
    return getattr(model, verb.function)(cfg, Run(), net=net, **given, **options)


def model_arguments(model, seed, height, width):
    """The inputs and the options that the first verb of a model needs."""
    verb = next(iter(declared(model).verbs.values()))
    needed = [one for one in verb.inputs if one.required or (one.name == "pose" and "seed" not in verb.options)]
    given = {one.argument or one.name: example(one.kind, height, width) for one in needed}
    options = {"size": (height, width), "seed": seed}
    return given, {name: value for name, value in options.items() if name in verb.options}


def example(kind, height, width):
    """A tensor of a kind of input."""
    assert kind in KINDS
    nowhere = torch.full((2, 4), float("nan"))
    graph = {
        "classes": torch.tensor([0, 1]),
        "sizes": torch.tensor([-1, 3]),
        "locations": nowhere[:, :2],
        "boxes": nowhere,
        "relations": torch.tensor([[0, 2, 1]]),
        "looks": [None, None],
        "seed": None,
    }
    boxes = {"boxes": torch.tensor([[[0.1, 0.2, 0.6, 0.9]]]), "classes": torch.tensor([[1]])}
    return {
        "label map": torch.arange(height * width).reshape(1, height, width) % 2,
        "photo": torch.linspace(-1, 1, 3 * height * width).reshape(1, 3, height, width),
        "picture": torch.linspace(-1, 1, 3 * height * width).reshape(1, 3, height, width),
        "scene graph": graph,
        "boxes": boxes,
        "clip": [torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(7)) * 2 - 1],
    }[kind]


def batches(model, cfg):
    """The pictures of every step: a function of its number."""
    height, width = model.picture_size(cfg)

    def batch(i):
        generator = torch.Generator().manual_seed(i)
        count = model.batch_size(cfg)
        found = {"image": torch.rand(count, 3, height, width, generator=generator) * 2 - 1}
        for name in ("partner", "pose", "pose_partner"):
            if name in declared(model).learns:
                found[name] = torch.rand(count, 3, height, width, generator=generator) * 2 - 1
        if declared(model).learns_maps:
            found["map"] = torch.randint(-1, 2, (count, height, width), generator=generator)
        if declared(model).learns_conditions:
            found["other"] = torch.rand(count, 3, height, width, generator=generator) * 2 - 1
        if declared(model).learns_styles:
            found["art"] = torch.rand(count, 3, height, width, generator=generator) * 2 - 1
            found["category"], found["artist"] = torch.randint(0, 2, (2, count), generator=generator)
        if declared(model).learns_objects:
            corners = torch.rand(count, 3, 2, generator=generator) * 0.5
            sides = 0.2 + torch.rand(count, 3, 2, generator=generator) * 0.3
            found["boxes"] = torch.cat([corners, corners + sides], 2)
            found["classes"] = torch.randint(-1, 2, (count, 3), generator=generator)
            found["instances"] = torch.randint(0, 4, (count, height, width), generator=generator)
        return found

    return batch


def engine_arguments(about, size, count=2):
    """The options that the function of an engine's verb declares, for a photo [1, 3, height, width]."""
    height, width = size
    halves = (torch.arange(width) * 2 // width).expand(1, height, width).contiguous()
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1
    hole = torch.zeros(1, 1, height, width)
    hole[..., height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = 1
    of_maps = about.function == "relayout"
    known = {
        "size": size,
        "seed": 4,
        "structure": 0.25,
        "tile": (False, False),
        "picture": picture,
        "before": halves if of_maps else picture,
        "target": 1 - halves,
        "maps": [halves],
        "hole": hole,
        "region": hole,
        "factor": 2.0,
        "frames": count,
        "places": [0.0, 1.0],
        "level": 0.6,
        "classes": 3,
        "thickness": 1,
    }
    return {name: known[name] for name in about.options if name in known}

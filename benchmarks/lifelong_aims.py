"""Aims of the comparison of ways of learning tasks (``lifelong.py``), and whether they are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Told = Mapping[str, Any]  # figures of the ways of one seed
_OTHER_CODES = (
    ("so with codes from the standard normal distribution", "with standard codes"),
    ("so with codes of real pictures", "with real codes"),
)
_JOINT = ("joint", "judged")


def aims(seeds: Mapping[str, Told], costs: Sequence[float]) -> list[dict[str, Any]]:
    """What was aimed at, and what was reached: ``aim``, ``values`` of the seeds, ``reached`` (in all of them)."""
    rows: list[dict[str, Any]] = []

    def add(aim: str, values: Sequence[float | None], bound: float, *, most: bool = False) -> None:
        given = [round(value, 3) for value in values if value is not None]
        if given:
            reached = all(value <= bound if most else value >= bound for value in given)
            rows.append({"aim": f"{aim} {'<=' if most else '>='} {bound:g}", "values": given, "reached": reached})

    every = list(seeds.values())
    add("joint over single, mean accuracy of all tasks", [_over(of, "joint", "single", 0) for of in every], 0.9)
    for told, name in _OTHER_CODES:
        add(told, [_over(of, "joint", "single", 0, name) for of in every], 0.9)
    add("so with discriminators that see the condition", [_over(of, "judged", "single", 0) for of in every], 0.9)
    best = [_best_joint(of) for of in every]
    add(
        "first task at the end, lifelong over the better joint model",
        [_first(of, "lifelong", way) for of, way in zip(every, best)],
        0.7,
    )
    add("first task at the end, lifelong over single", [_first(of, "lifelong", "single") for of in every], 0.7)
    add("so with beta = 4", [_first(of, "light", "single") for of in every], 0.7)
    add("first task at the end, fine-tuning", [_accuracy(of, "fine", 0) for of in every], 0.3, most=True)
    add("newest task, lifelong minus fine-tuning", [_newest(of, "lifelong") for of in every], -0.1)
    add("so with beta = 4", [_newest(of, "light") for of in every], -0.1)
    add("diversity of the first task, lifelong over joint", [_diversity(of, "joint") for of in every], 0.5)
    add("diversity of the first task, lifelong over single", [_diversity(of, "single") for of in every], 0.5)
    add("locked over single, mean accuracy of the later tasks", [_over(of, "locked", "single", 1) for of in every], 0.9)
    for told, name in _OTHER_CODES:
        add(told, [_over(of, "locked", "single", 1, name) for of in every], 0.9)
    locked = [of["locked"] for of in every if "locked" in of]
    add("locked: share of parameters a task", [max(one["filters"]) for one in locked], 0.15, most=True)
    add("locked: old pictures identical, share", [_mean(one["identical"]) for one in locked], 1.0)
    found = [[_mean(of[way]["task_found"]) for way in ("joint", "lifelong", "locked") if way in of] for of in every]
    add("task found by the condition, joint, lifelong and locked, share", [min(one) for one in found if one], 0.95)
    add("processor time of a step, lifelong over fine-tuning", costs, 1.6, most=True)
    minutes = [
        max(one["seconds"]) / 60 for of in every for way, one in of.items() if way not in _JOINT and one["seconds"]
    ]
    add("CPU minutes a task", [max(minutes)] if minutes else [], 20, most=True)
    return rows


def means(seeds: Mapping[str, Told]) -> dict[str, dict[str, float]]:
    """Of each way, over the seeds: accuracy of the first task at the end, and mean of new tasks just after learning."""
    found: dict[str, dict[str, list[float]]] = {}
    for of in seeds.values():
        for way, one in of.items():
            if "matrix" in one:
                own = found.setdefault(way, {"first task at the end": [], "new tasks, each when learned": []})
                own["first task at the end"].append(one["matrix"][-1][0])
                own["new tasks, each when learned"].append(_mean([row[-1] for row in one["matrix"][1:]]))
    return {way: {name: round(_mean(values), 3) for name, values in own.items()} for way, own in found.items()}


def _accuracy(of: Told, way: str, task: int, name: str = "accuracy") -> float | None:
    found = of.get(way, {}).get("by_task", {}).get(task)
    return None if found is None else float(found[name])


def _over(of: Told, way: str, other: str, begin: int, name: str = "accuracy") -> float | None:
    tasks = [task for task in of.get(way, {}).get("by_task", {}) if task >= begin]
    pairs = [(_accuracy(of, way, task, name), _accuracy(of, other, task, name)) for task in tasks]
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    total = sum(b for _, b in known)
    return sum(a for a, _ in known) / total if total else None


def _first(of: Told, way: str, other: str) -> float | None:
    a, b = _accuracy(of, way, 0), _accuracy(of, other, 0)
    return None if a is None or not b else a / b


def _newest(of: Told, way: str) -> float | None:
    """Mean over the later tasks of the difference of accuracies just after learning them."""
    if not {way, "fine"} <= of.keys():
        return None
    rows = zip(of[way]["matrix"][1:], of["fine"]["matrix"][1:])
    return _mean([mine[-1] - other[-1] for mine, other in rows])


def _diversity(of: Told, other: str) -> float | None:
    if not {"lifelong", other} <= of.keys():
        return None
    return float(of["lifelong"]["by_task"][0]["diversity"] / of[other]["by_task"][0]["diversity"])


def _best_joint(of: Told) -> str:
    """Of the joint models that are there, the one that is better in the first task."""
    return max(_JOINT, key=lambda way: _accuracy(of, way, 0) or 0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

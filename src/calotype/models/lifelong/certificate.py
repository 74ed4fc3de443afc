"""What a further task did to the old ones: hashes of pictures before and after, accuracies, forgetting."""

from __future__ import annotations

from typing import Any

import torch

from calotype.models.lifelong.config import Config
from calotype.models.lifelong.network import Net, records, task_net
from calotype.translation import net as translation
from calotype.translation.record import accuracy, outputs, sha256


def accuracies(net: translation.Net, cfg: Config, device: torch.device) -> list[float]:
    """The accuracy of each task, see ``calotype.translation.record.accuracy``."""
    known = records(net)
    return [round(accuracy(task_net(net, cfg, number), known, number, device), 4) for number in range(len(cfg.tasks))]


def certificate(
    base: translation.Net, net: Net, before: Config, cfg: Config, device: torch.device, rows: list[list[float]] | None
) -> dict[str, Any]:
    """Compare the pictures of the old tasks before and after a further one.

    Args:
        base: the net before.
        net: the net after.
        before: the settings before.
        cfg: the settings after.
        device: of both nets.
        rows: accuracies after each of the earlier trainings; ``None``: those of ``base`` are measured.

    Returns:
        JSON-ready: ``tasks``, for each old task ``name``, ``locked``, ``before`` and ``after`` (hashes of the pictures
        of its kept conditions), ``same``, and ``drift``, their mean absolute difference, 0..255; ``names`` of all
        tasks; ``accuracy``, the matrix R: row t has the accuracies of tasks 0 .. t after training t; ``forgetting``,
        for each old task its greatest accuracy minus the last one.
    """
    known = records(net)
    matrix = [*(rows or [accuracies(base, before, device)]), accuracies(net, cfg, device)]
    last = matrix[-1]
    told = []
    for number, name in enumerate(before.tasks):
        old = outputs(task_net(base, before, number), records(base)[number], device)
        new = outputs(task_net(net, cfg, number), known[number], device)
        drift = float((old.float() - new.float()).abs().mean())
        told.append(
            {
                "name": name,
                "locked": before.locked[number],
                "before": sha256(old),
                "after": sha256(new),
                "same": bool(torch.equal(old, new)),
                "drift": round(drift, 4),
            }
        )
    reached = [[row[number] for row in matrix if number < len(row)] for number in range(len(before.tasks))]
    return {
        "tasks": told,
        "names": list(cfg.tasks),
        "accuracy": matrix,
        "forgetting": [round(max(values) - last[number], 4) for number, values in enumerate(reached)],
    }

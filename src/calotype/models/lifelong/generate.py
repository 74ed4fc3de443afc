"""What verbs make with a net of several tasks."""

from __future__ import annotations

from torch import Tensor

from calotype.models.lifelong.config import Config
from calotype.models.lifelong.network import Net, chosen, records, task_net
from calotype.run import Run
from calotype.translation import verbs


def translate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    picture: Tensor,
    style: Tensor | None = None,
    task: str | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture of another picture; see ``calotype.translation.verbs.translate``.

    Args:
        cfg, run, net, picture, style, size, seed: as there.
        task: name of the task; ``None``: the one whose conditions the picture is most like. Tasks that are not locked
            have one network, and differ in the distribution that codes are drawn from.

    Raises:
        InputError: there is no such task.
    """
    number = chosen(net, cfg, task, picture)
    own, record = task_net(net, cfg, number), records(net)[number]
    return verbs.translate(cfg, run, net=own, picture=picture, style=style, size=size, seed=seed, record=record)


def sample(cfg: Config, run: Run, *, net: Net, label: int = 0, seed: int = 0) -> Tensor:
    """A picture of a label; see ``calotype.translation.verbs.sample``. The task is the one that has the label."""
    number = _task_of(label, net)
    own, record = task_net(net, cfg, number), records(net)[number]
    return verbs.sample(cfg, run, net=own, label=label, seed=seed, record=record)


def interpolate(
    cfg: Config,
    run: Run,
    *,
    net: Net,
    picture: Tensor | None = None,
    style: Tensor | None = None,
    to_style: Tensor | None = None,
    task: str | None = None,
    label: int = 0,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    to_seed: int = 1,
    frames: int = 24,
) -> list[Tensor]:
    """Pictures of one condition between two codes; see ``calotype.translation.verbs.interpolate``.

    Raises:
        InputError: there is no such task, or the condition is missing.
    """
    number = _task_of(label, net) if cfg.classes else chosen(net, cfg, task, picture)
    return verbs.interpolate(
        cfg,
        run,
        net=task_net(net, cfg, number),
        picture=picture,
        style=style,
        to_style=to_style,
        label=label,
        size=size,
        seed=seed,
        to_seed=to_seed,
        frames=frames,
        record=records(net)[number],
    )


def check_task(cfg: Config, *, net: Net, picture: Tensor, task: str | None = None, **others: object) -> None:
    """Check the name of a task before the work is announced.

    Raises:
        InputError: there is no such task.
    """
    chosen(net, cfg, task, picture)


def _task_of(label: int, net: Net) -> int:
    """The number of the task that has a label; 0 where none has."""
    for number, record in enumerate(records(net)):
        if 0 <= label < len(record.labels) and bool(record.labels[label]):
            return number
    return 0

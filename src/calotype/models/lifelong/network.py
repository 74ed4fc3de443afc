"""The net of several tasks, built from settings."""

from __future__ import annotations

from torch import Tensor, nn

from calotype.errors import InputError, unknown
from calotype.models.lifelong.config import Config, check_format
from calotype.models.lifelong.filters import LockedTask, TaskFilters
from calotype.translation import net
from calotype.translation.network import in_memory
from calotype.translation.record import Record, likeliest
from calotype.translation.trainer import Translator


class Net(net.Net):
    """Generator and encoder of all tasks, and the filters of those that are locked.

    Args:
        cfg: the settings.

    Attributes:
        filters: of each locked task, in their order.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__(cfg, max(1, len(cfg.tasks)))
        self.filters = nn.ModuleList(TaskFilters(self, cfg.filter_share) for locked in cfg.locked if locked)


def build(cfg: Config) -> Net:
    """The networks, with weights drawn from torch's global generator; channels last in memory.

    Raises:
        InputError: the settings are of a model that another version has taught.
    """
    check_format(cfg)
    return in_memory(Net(cfg))


def records(of: net.Net) -> list[Record]:
    """The records of all tasks."""
    return [record for record in of.records if isinstance(record, Record)]


def task_net(of: net.Net, cfg: Config, number: int) -> Translator:
    """What draws the pictures of a task."""
    if number >= len(cfg.locked) or not cfg.locked[number]:
        return of
    assert isinstance(of, Net)
    filters = of.filters[sum(cfg.locked[:number])]
    assert isinstance(filters, TaskFilters)
    return LockedTask(of, filters)


def number_of(task: str, cfg: Config) -> int:
    """The number of a task.

    Raises:
        InputError: there is none of that name.
    """
    if task not in cfg.tasks:
        raise InputError(unknown("task", task, cfg.tasks or ("task 1",)))
    return cfg.tasks.index(task)


def chosen(of: net.Net, cfg: Config, task: str | None, condition: Tensor | None) -> int:
    """The number of the task that is asked for, or that a condition [1, 3, h, w] looks like.

    Raises:
        InputError: there is no such task.
    """
    if task is not None:
        return number_of(task, cfg)
    if condition is None or cfg.classes:
        return 0
    return likeliest(records(of), condition[:, :3])

"""Jobs that would surely fail are refused before they are queued, by what their arguments alone tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from calotype.studio import evaluation_job, training_job
from calotype.studio.job_spec import all_arguments
from calotype.tasks.early import check_early
from calotype.tasks.verbs import VERBS

_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "train": training_job.check,
    "evaluate": evaluation_job.check,
}


def refuse(verb: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a job that would fail whatever its pictures show; nothing is decoded, and torch is not imported.

    Args:
        verb: name of the verb.
        arguments: its arguments, pictures as paths, sets and models as folders.

    Raises:
        InputError: with the message of the verb.
    """
    if verb in _CHECKS:
        _CHECKS[verb](arguments)
    elif verb in VERBS:
        task, kind = VERBS[verb]
        check_early(kind, all_arguments(task, arguments))

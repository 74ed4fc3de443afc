"""Faults in the processes of ``chaos.py``, for which the environment asks; installed by a ``sitecustomize``.

``CHAOS_BAD``      the process that makes pictures of the photo of this name is killed
``CHAOS_FULL``     a file: the first write that is synchronised when it exists fails, as on a full disk, and deletes it
``CHAOS_STEPS``    a JSON file of [step, rank]: a training process is killed at the first one, which is taken away
``CHAOS_SAVE``     trainings save their state every so many steps
"""

from __future__ import annotations

import errno
import functools
import importlib.abc
import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any


def install() -> None:
    """Do what the environment asks for."""
    changes = {}
    if "CHAOS_BAD" in os.environ:
        changes["calotype.tasks.make_task"] = _bad_photo
    if "CHAOS_STEPS" in os.environ or "CHAOS_SAVE" in os.environ:
        changes["calotype.run"] = _training
    if changes:
        sys.meta_path.insert(0, _Changing(changes))
    if "CHAOS_FULL" in os.environ:
        _full_disk(Path(os.environ["CHAOS_FULL"]))


class _Changing(importlib.abc.MetaPathFinder):
    """Changes modules when they are imported."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in self._changes:
            return None
        change = self._changes.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def changed(module: Any) -> None:
            execute(module)
            change(module)

        spec.loader.exec_module = changed  # type: ignore[method-assign]
        return spec


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _bad_photo(module: Any) -> None:
    work = module.MakeTask.__call__

    @functools.wraps(work)
    def changed(task: Any, bulk: Any, context: Any) -> Any:
        if getattr(task.main, "name", "") == os.environ["CHAOS_BAD"]:
            _kill()
        return work(task, bulk, context)

    module.MakeTask.__call__ = changed


def _training(module: Any) -> None:
    begin, emit = module.Run.__init__, module.Run._emit

    @functools.wraps(begin)
    def begun(run: Any, *given: Any, **named: Any) -> None:
        begin(run, *given, **named)
        run.save_every_steps = int(os.environ.get("CHAOS_SAVE", "0")) or run.save_every_steps

    @functools.wraps(emit)
    def emitted(run: Any, kind: str, stage: str, done: int, n: int) -> None:
        emit(run, kind, stage, done, n)
        if kind == "step" and "RANK" in os.environ and "CHAOS_STEPS" in os.environ:
            path = Path(os.environ["CHAOS_STEPS"])
            steps = json.loads(path.read_text())
            if steps and done == steps[0][0] and int(os.environ["RANK"]) == steps[0][1]:
                path.write_text(json.dumps(steps[1:]))
                _kill()

    module.Run.__init__, module.Run._emit = begun, emitted


def _is_command() -> bool:
    """Whether this is the command itself, not one of its workers."""
    return Path(sys.argv[0]).name in ("calotype", "__main__.py") and multiprocessing.parent_process() is None


def _full_disk(path: Path) -> None:
    synchronise = os.fsync

    def fails_once(file: Any) -> None:
        if _is_command() and path.exists():
            path.unlink()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synchronise(file)

    os.fsync = fails_once

"""Batch processing: make the outputs of plans on an executor, and write them to disk.

An output depends only on its inputs, settings and seed. So any process can make it, and an interrupted command resumes
when it is repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from calotype.files import shown, write_whole
from calotype.tasks import model_store
from calotype.tasks.bulk_plan import Plan, PlannedOutput
from calotype.tasks.eta import remaining
from calotype.tasks.executor import Executor, Task
from calotype.tasks.make_task import Made, MakeTask, models_of

ATTEMPTS = 3  # maximum number of attempts for an output if its process dies


class BulkRun:
    """Makes the outputs of plans on an executor, and writes them in this process."""

    def __init__(self, executor: Executor, inputs: int) -> None:
        """Create the batch run; nothing is started yet.

        Args:
            executor: runs the tasks; their shared argument is a ``BulkRequest``.
            inputs: total number of inputs.
        """
        self._executor, self._left = executor, float(inputs)
        self._shares: dict[Task, float] = {}  # fraction done of each running task
        self._done = 0.0  # number of processed inputs, those without pending outputs not counted
        self._expected: list[float] = []  # estimated seconds of each input, run alone
        self._began = time.monotonic()

    def stop(self) -> None:
        """Request a stop, from any thread or signal handler."""
        self._executor.stop()

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._executor.stopping

    def skip(self) -> None:
        """Count an input whose outputs all exist."""
        self._left -= 1

    @property
    def done(self) -> float:
        """Fraction of all the work that is done, 0..1."""
        running = sum(share * _fraction_of_input(task) for task, share in self._shares.items())
        return min(1.0, (self._done + running) / max(self._left, 1))

    @property
    def seconds(self) -> float:
        """Estimated remaining time, seconds, see ``eta.remaining``."""
        done, mean = self.done, sum(self._expected) / max(1, len(self._expected))
        expected = mean * self._left / self._executor.concurrency * (1 - done)
        return remaining(expected, 1 - done, done, time.monotonic() - self._began)

    def outcomes(
        self, plans: Iterable[Plan], on_progress: Callable[[], object]
    ) -> Iterator[tuple[Plan, list[PlannedOutput], list[float] | Exception]]:
        """Make all outputs, and yield them as soon as they are done.

        Args:
            plans: read lazily, about as fast as they can be started.
            on_progress: called whenever ``done`` has changed, in the thread that iterates over the outcomes.

        Returns:
            Plan, outputs, and either the seconds that each took, when they are on disk, or the error.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: an output cannot be written.
        """

        def on_task_progress(task: Task, share: float) -> None:
            self._shares[task] = share
            on_progress()

        self._began = time.monotonic()
        with closing(self._executor.outcomes(self._tasks(plans), on_task_progress)) as outcomes:
            for task, outcome in outcomes:
                plan, some = task.about
                self._shares.pop(task, None)
                self._done += _fraction_of_input(task)
                yield plan, some, outcome if isinstance(outcome, Exception) else _write_outputs(plan, some, outcome)
                on_progress()

    def _tasks(self, plans: Iterable[Plan]) -> Iterator[Task]:
        far = self._executor.far
        for plan in plans:
            job, pending = plan.job, plan.job.pending_training
            seconds = [job.cost.seconds * len(plan.todo), *(training.cost.seconds for training in pending)]
            self._expected.append(sum(seconds))
            models = [model_store.packed(model.folder) for model in models_of(job)] if far else []
            for some in _task_outputs(plan):
                outputs = [one.output for one in some]
                main = job.as_given(job.main) if job.main else None
                work = MakeTask(main, outputs, some[0].path.suffix, plan.own, models, far)
                key = pending[-1].key if pending else ""
                needed = max([job.cost.bytes, *(training.cost.bytes for training in pending)])
                yield Task(work, shown(plan.label), key, needed, about=(plan, some))


def _fraction_of_input(task: Task) -> float:
    """Fraction of its input's outputs that a task makes."""
    plan, some = task.about
    return len(some) / max(1, len(plan.todo))


def _task_outputs(plan: Plan) -> list[list[PlannedOutput]]:
    """The outputs of each task: one, or all of the plan if a model must be trained first."""
    if not plan.todo:
        return []
    return [plan.todo] if plan.job.pending_training else [[one] for one in plan.todo]


def _write_outputs(plan: Plan, some: list[PlannedOutput], made: Made) -> list[float]:
    for model, files in zip(models_of(plan.job), made.models):
        model_store.unpack(model.folder, files)
    for one, files, seconds in zip(some, made.files, made.seconds):
        for suffix in sorted(files, key=lambda suffix: suffix == one.path.suffix):  # the output itself last
            _write(one.path.with_suffix(suffix), files[suffix])
        plan.record(one, seconds)
    return made.seconds


def _write(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))

"""Tasks done by a Ray cluster. Everything travels with them, so its machines need share no disk, only this program."""

from __future__ import annotations

import logging
import os
import pickle
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from calotype import __version__
from calotype.errors import CalotypeError, InputError, Stopped
from calotype.tasks.executor import POLL_SECONDS, Executor, Task, WorkerDied
from calotype.tasks.memory import format_bytes
from calotype.tasks.worker import TaskContext, outcome_of

if TYPE_CHECKING:
    from calotype.run import Run

_PLACE = re.compile(r"ray(?::local|:(?://)?[^\s:/]+:\d+)?")
_PATIENCE = 5.0  # seconds that an address has to answer in


def check_place(on: str) -> None:
    """Refuse what names no place to work on.

    Raises:
        InputError: the message says what does.
    """
    if not _PLACE.fullmatch(on):
        raise InputError(
            f"there is no place '{on}' to work on: write ray (the cluster of this machine or of RAY_ADDRESS), "
            "ray://HOST:PORT (a cluster's client port), ray:HOST:PORT (a cluster that this machine is part of), "
            "or ray:local"
        )


class Cluster(Executor):
    """Processes of a Ray cluster, each with one thread.

    Where the process of a task ends before the task does, Ray begins it again, on another machine if need be.
    """

    far = True

    def __init__(self, on: str, shared: Any, *, jobs: int | None, device: str, attempts: int = 1) -> None:
        """Join the cluster, or begin one on this machine.

        Args:
            on: which one, as ``check_place`` knows them.
            shared: what all tasks are called with.
            jobs: how many tasks at a time; ``None``: as many as the cluster has processors.
            device: that they work on.
            attempts: how often a task is begun whose process ends before it does.

        Raises:
            InputError: Ray is not installed, or there is no such cluster.
        """
        if on == "ray:local":
            # What works on one machine listens to nobody outside; by this alone Ray takes the loopback address.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        self._ray = _ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _join(self._ray, on, jobs)
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        super().__init__(jobs or max(1, processors))
        self._shared = self._ray.put(pickle.dumps(shared))
        gpus = {"num_gpus": 1} if device.startswith("cuda") else {}
        self._far = self._ray.remote(_far)
        self._options = {"num_cpus": 1, "max_retries": attempts - 1, "name": "calotype", **gpus}
        self._most = max((node["Resources"].get("memory", 0) for node in self._ray.nodes() if node["Alive"]), default=0)
        self._refs: dict[Any, Task] = {}
        self._refused: list[tuple[Task, Any]] = []
        self._told = False

    def _start(self, task: Task) -> None:
        if task.bytes > self._most:  # Ray would wait for ever for a machine that can
            self._refused.append((task, _too_large(task, self._most)))
            return
        far = self._far.options(memory=task.bytes, **self._options)
        self._refs[far.remote(__version__, self._shared, pickle.dumps(task.work))] = task

    def _messages(self) -> list[tuple[Task, Any]]:
        if self.stopping and not self._told:
            self._told = True
            for ref in self._refs:
                self._ray.cancel(ref, force=False)
        said, self._refused = self._refused, []
        if self._refs:
            ready, _ = self._ray.wait(list(self._refs), num_returns=1, timeout=0 if said else POLL_SECONDS)
            said += [(self._refs.pop(ref), self._outcome(ref)) for ref in ready]
        return said

    def _outcome(self, ref: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return pickle.loads(self._ray.get(ref))
        except errors.TaskCancelledError:
            return Stopped("stopped: run the same command again to go on")
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError):
            return WorkerDied(
                "the process of the Ray cluster that worked on it was ended, each time: the same command goes on"
            )
        except (ConnectionError, errors.RaySystemError) as error:
            raise CalotypeError(f"the Ray cluster is lost ({_first_line(error)}): the same command goes on") from error
        except errors.RayError as error:
            if "No module named 'calotype" in str(error):
                raise CalotypeError(
                    f"the machines of the Ray cluster lack calotype {__version__}: install it there"
                ) from error
            raise

    def close(self) -> None:
        """End what is still at work, and leave the cluster."""
        for ref in self._refs:
            with suppress(Exception):
                self._ray.cancel(ref, force=True)
        self._refs = {}
        if self._ours:
            self._ray.shutdown()


def _too_large(task: Task, most: int) -> InputError:
    return InputError(
        f"{task.subject} would need about {format_bytes(task.bytes)} of memory and no machine of the Ray cluster "
        f"has more than {format_bytes(int(most))}: add --max-side 800 (max_side)"
    )


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        with _own_signals():
            import ray
    except ImportError:
        raise InputError("to work on a Ray cluster Ray is needed: pip install 'calotype[cluster]'") from None
    return ray


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself; it is answered by the command line here."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _join(ray: Any, on: str, jobs: int | None) -> None:
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if on == "ray:local":
        # Said, or Ray would rather join a cluster that it finds.
        options |= {"address": "local", "num_cpus": jobs or os.cpu_count(), "include_dashboard": False}
    else:
        # ray:HOST:PORT is for us what HOST:PORT is for Ray.
        options["address"] = on if "//" in on else on.removeprefix("ray:")
        if on == "ray":
            options["address"] = os.environ.get("RAY_ADDRESS") or "auto"
        _check_reachable(options["address"])
    try:
        with _own_signals():
            ray.init(**options)
    except ImportError as error:  # the client has needs of its own
        raise InputError(f"{on} cannot be used ({_first_line(error)}): pip install 'calotype[cluster]'") from error
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        advice = "start one with 'ray start --head', or use --on ray:local" if on == "ray" else "is Ray running there?"
        raise InputError(f"no Ray cluster can be joined at {on} ({_first_line(error)}): {advice}") from error


def _check_reachable(address: str) -> None:
    # Ray itself would try for minutes, and end the whole process then.
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():  # "auto"
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster answers at {host}:{port} ({error.strerror or error}): check the address"
        ) from error


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".")[:200] if text else type(error).__name__


# ---------------------------------------------------------------------------------------------------------------
# In a process of the cluster


def _far(version: str, shared: bytes, work: bytes) -> bytes:
    """Do one task: its outcome, pickled."""
    if version != __version__:
        return pickle.dumps(
            InputError(f"a machine of the Ray cluster has calotype {__version__}: install {version} there")
        )
    with _interrupts() as context:
        # Only now: an import that is broken off leaves a process that can do no other task.
        import torch

        torch.set_num_threads(1)
        return pickle.dumps(outcome_of(work, shared, context))


class _Interrupts(TaskContext):
    """Hears the wish to stop, which Ray sends like a Ctrl-C."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._stopped = False

    def attach(self, run: Run) -> None:
        """See ``TaskContext``."""
        self._run = run
        if self._stopped:
            run.stop()

    def stop(self, *signal: object) -> None:
        """Pass on the wish to stop."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    context = _Interrupts()
    before = signal.signal(signal.SIGINT, context.stop)
    try:
        yield context
    finally:
        signal.signal(signal.SIGINT, before)

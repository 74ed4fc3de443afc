"""Executor on a Ray cluster. Tasks contain all their data, so the machines need calotype but no shared disk."""

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
from calotype.errors import ArgumentError, CalotypeError, InputError, Stopped
from calotype.openmp import wait_passively
from calotype.tasks.executor import POLL_SECONDS, Executor, Task, WorkerDied
from calotype.tasks.local_cluster import LocalCluster
from calotype.tasks.memory import format_bytes
from calotype.tasks.worker import TaskContext, outcome_of

if TYPE_CHECKING:
    from calotype.run import Run

_PLACE = re.compile(r"ray(?::local|:(?://)?[^\s:/]+:\d+)?")
_CONNECT_TIMEOUT = 5.0  # seconds
_MEMORY_STEP = 256 << 20  # bytes
_SHORT = 64 << 10  # bytes


def check_place(on: str) -> None:
    """Check the address of a cluster.

    Raises:
        InputError: it is invalid; the message lists the valid forms.
    """
    if not _PLACE.fullmatch(on):
        raise ArgumentError(
            f"'{on}' is no valid cluster: write ray (the cluster of this machine or of RAY_ADDRESS), "
            "ray://HOST:PORT (a cluster's client port), ray:HOST:PORT (a cluster that this machine is part of), "
            "or ray:local"
        )


class Cluster(Executor):
    """Processes of a Ray cluster, each with one thread.

    If the process of a task dies, Ray restarts the task, on another machine if necessary.
    """

    far = True

    def __init__(self, on: str, shared: Any, *, jobs: int | None, device: str, attempts: int = 1) -> None:
        """Connect to the cluster, or start one on this machine.

        Args:
            on: address of the cluster, as accepted by ``check_place``.
            shared: argument that all tasks are called with.
            jobs: number of tasks at a time; ``None``: one for each CPU of the cluster.
            device: torch name of the device.
            attempts: maximum number of times that a task is started if its process dies.

        Raises:
            InputError: Ray is not installed, or there is no such cluster.
        """
        if on == "ray:local":
            # A cluster on one machine needs no network access; this setting makes Ray bind to the loopback address.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        self._ray = _ray()
        self._owns_connection = not self._ray.is_initialized()
        self._local: LocalCluster | None = None
        if self._owns_connection:
            if on == "ray:local":
                self._local = _started(jobs or os.cpu_count() or 1, device)
            _connect(self._ray, on, self._local.address if self._local else _checked_address(on))
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        super().__init__(jobs or max(1, processors))
        if on == "ray:local" and self._owns_connection:  # it has as many CPUs as tasks may run
            self.ahead = self.concurrency
        self._shared = self._given_to_all(pickle.dumps(shared))
        gpus = {"num_gpus": 1} if device.startswith("cuda") else {}
        self._run_task = self._ray.remote(_run_task)
        self._options = {"num_cpus": 1, "max_retries": attempts - 1, "name": "calotype", **gpus}
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        self._largest_memory = max((node["Resources"].get("memory", 0) for node in nodes), default=0)
        self._needed: dict[int, Any] = {}
        self._refs: dict[Any, Task] = {}
        self._refused: list[tuple[Task, Any]] = []
        self._cancelled = False

    def _given_to_all(self, data: bytes) -> Any:
        """What every task is given: as it is where that is short, else sent to each machine once."""
        return data if len(data) <= _SHORT else self._ray.put(data)

    def _start(self, task: Task) -> None:
        if task.bytes > self._largest_memory:  # Ray would wait forever for a machine with enough memory
            self._refused.append((task, _too_large(task, self._largest_memory)))
            return
        remote_task = self._needing(scheduled_bytes(task.bytes, int(self._largest_memory)))
        self._refs[remote_task.remote(__version__, self._shared, pickle.dumps(task.work))] = task

    def _needing(self, memory: int) -> Any:
        """The function of a task that needs so many bytes."""
        if memory not in self._needed:
            self._needed[memory] = self._run_task.options(memory=memory, **self._options)
        return self._needed[memory]

    def _messages(self) -> list[tuple[Task, Any]]:
        if self.stopping and not self._cancelled:
            self._cancelled = True
            for ref in self._refs:
                self._ray.cancel(ref, force=False)
        messages, self._refused = self._refused, []
        if self._refs:
            ready, _ = self._ray.wait(list(self._refs), num_returns=1, timeout=0 if messages else POLL_SECONDS)
            messages += [(self._refs.pop(ref), self._outcome(ref)) for ref in ready]
        return messages

    def _outcome(self, ref: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return pickle.loads(self._ray.get(ref))
        except errors.TaskCancelledError:
            return Stopped("stopped: run the same command again to resume")
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError):
            return WorkerDied(
                "its process on the Ray cluster was ended in each attempt: run the same command again to resume"
            )
        except (ConnectionError, errors.RaySystemError) as error:
            raise CalotypeError(
                f"the Ray cluster is unreachable ({_first_line(error)}): run the same command again to resume"
            ) from error
        except errors.RayError as error:
            if "No module named 'calotype" in str(error):
                raise CalotypeError(
                    f"the machines of the Ray cluster lack calotype {__version__}: install it there"
                ) from error
            raise

    def close(self) -> None:
        """Kill the running tasks and disconnect from the cluster."""
        for ref in self._refs:
            with suppress(Exception):
                self._ray.cancel(ref, force=True)
        self._refs = {}
        if self._owns_connection:
            self._ray.shutdown()
        if self._local is not None:
            self._local.close()


def _too_large(task: Task, most: int) -> InputError:
    return InputError(
        f"{task.subject} would need about {format_bytes(task.bytes)} of memory and no machine of the Ray cluster "
        f"has more than {format_bytes(int(most))}: add --max-side 800 (max_side)"
    )


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
    try:
        with _keep_sigterm_handler():
            import ray
    except ImportError:
        raise InputError("Ray is not installed: pip install 'calotype[cluster]'") from None
    return ray


def scheduled_bytes(needed: int, most: int) -> int:
    """The memory that Ray is told, rounded up to whole steps of 256 MiB, at most ``most``.

    Ray looks for a worker anew for each amount; tasks of the same amount follow each other on one.
    """
    return min(-(-needed // _MEMORY_STEP) * _MEMORY_STEP, most)


@contextmanager
def _keep_sigterm_handler() -> Iterator[None]:
    """Restore this program's SIGTERM handler after the block, as Ray replaces it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous_handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous_handler)


def _started(processors: int, device: str) -> LocalCluster:
    """A cluster on this machine.

    Raises:
        InputError: it cannot be started.
    """
    gpus = 0
    if device.startswith("cuda"):
        import torch

        gpus = torch.cuda.device_count()
    try:
        with _keep_sigterm_handler():
            return LocalCluster(processors, gpus)
    except (RuntimeError, ValueError, OSError) as error:  # a TimeoutError is an OSError
        raise InputError(f"Ray cannot start on this machine ({_first_line(error)}): use --jobs instead") from error


def _checked_address(on: str) -> str:
    """What ``ray.init`` is to connect to; ``ray:HOST:PORT`` is Ray's ``HOST:PORT``."""
    address = on if "//" in on else on.removeprefix("ray:")
    if on == "ray":
        address = os.environ.get("RAY_ADDRESS") or "auto"
    _check_reachable(address)
    return address


def _connect(ray: Any, on: str, address: str) -> None:
    try:
        with _keep_sigterm_handler():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except ImportError as error:  # the Ray client has further dependencies
        raise InputError(f"{on} cannot be used ({_first_line(error)}): pip install 'calotype[cluster]'") from error
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        advice = "start one with 'ray start --head', or use --on ray:local" if on == "ray" else "is Ray running there?"
        raise InputError(f"cannot connect to a Ray cluster at {on} ({_first_line(error)}): {advice}") from error


def _check_reachable(address: str) -> None:
    # Ray would retry for minutes and then end the whole process.
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():  # "auto"
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_TIMEOUT).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster answers at {host}:{port} ({error.strerror or error}): check the address"
        ) from error


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".")[:200] if text else type(error).__name__


# ---------------------------------------------------------------------------------------------------------------
# In a process on the cluster


def _run_task(version: str, shared: bytes, work: bytes) -> bytes:
    """Run one task and return its pickled outcome."""
    if version != __version__:
        return pickle.dumps(
            InputError(f"a machine of the Ray cluster has calotype {__version__}: install {version} there")
        )
    wait_passively()
    with _interrupts() as context:
        # Imported here, protected from interrupts: an interrupted import would break the process for later tasks.
        import torch

        torch.set_num_threads(1)
        return pickle.dumps(outcome_of(work, shared, context))


class _Interrupts(TaskContext):
    """Stops the run on Ray's cancel request, which arrives as SIGINT."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._stopped = False

    def attach(self, run: Run) -> None:
        """See ``TaskContext``."""
        self._run = run
        if self._stopped:
            run.stop()

    def stop(self, *signal: object) -> None:
        """Signal handler: stop the run."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    context = _Interrupts()
    previous_handler = signal.signal(signal.SIGINT, context.stop)
    try:
        yield context
    finally:
        signal.signal(signal.SIGINT, previous_handler)

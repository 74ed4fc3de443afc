"""A Ray cluster on this machine alone, of no more services than its tasks need.

``ray.init`` starts an autoscaler and a process that collects the logs as well, and puts everything above 100 kB into
shared memory: for short tasks with small photos that is most of what Ray costs (``benchmarks/folder_speed.py``).
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from calotype.openmp import wait_passively
from calotype.tasks.memory import available_bytes

_TEMPORARY, _LONGEST_FOLDER = "RAY_TMPDIR", 20  # characters
_INLINE = 8 << 20  # bytes of an argument or result that travels within the message of its task
_PRELOADED = ("torch", "calotype.tasks.cluster", "calotype.tasks.make_task")  # by each process, before its first task
_ATTEMPTS, _PAUSE = 30, 0.1  # seconds
_STORE_SHARE, _LEAST_STORE = 0.3, 80 << 20  # of the shared memory for larger ones; Ray wants 75 MiB at least


class LocalCluster:
    """The processes of a cluster.

    Attributes:
        address: what ``ray.init`` connects to.
    """

    def __init__(self, processors: int, gpus: int) -> None:
        """Start the processes.

        Args:
            processors: number of tasks at a time.
            gpus: number of devices that tasks may use.

        Raises:
            RuntimeError, TimeoutError, OSError, ValueError: Ray cannot start here.
        """
        from ray.cluster_utils import Cluster

        wait_passively()  # the processes inherit it
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        self._folder = tempfile.mkdtemp(prefix="ct-", dir=_short_folder())
        try:
            with self._own_folder():
                self._cluster = Cluster(initialize_head=True, head_node_args=_settings(processors, gpus))
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self.address: str = self._cluster.address

    def close(self) -> None:
        """End the processes, and delete their files."""
        with suppress(Exception), self._own_folder():
            self._cluster.shutdown()
        for _ in range(_ATTEMPTS):  # processes that are about to end may write a last line into it
            shutil.rmtree(self._folder, ignore_errors=True)
            if not os.path.exists(self._folder):
                break
            time.sleep(_PAUSE)

    @contextmanager
    def _own_folder(self) -> Iterator[None]:
        """Ray writes the address of the cluster into a folder of its own, where no other command looks for one."""
        before = os.environ.get(_TEMPORARY)
        os.environ[_TEMPORARY] = self._folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[_TEMPORARY]
            else:
                os.environ[_TEMPORARY] = before


def _settings(processors: int, gpus: int) -> dict[str, Any]:
    return {
        "num_cpus": processors,
        "num_gpus": gpus,
        "object_store_memory": _store_bytes(),
        # Without a dashboard Ray still starts its process and waits for it, but not with a port that there is not.
        "include_dashboard": False,
        "dashboard_port": -1,
        "include_log_monitor": False,
        "no_monitor": True,
        "_system_config": {"max_direct_call_object_size": _INLINE, "preload_python_modules": list(_PRELOADED)},
    }


def _short_folder() -> str:
    """Where the files of the cluster go: paths of its sockets have 80 characters below it, of 103 that are allowed."""
    wanted = os.environ.get(_TEMPORARY) or tempfile.gettempdir()
    return "/tmp" if os.name == "posix" and len(wanted) > _LONGEST_FOLDER else wanted


def _store_bytes() -> int:
    """Shared memory for arguments and results that are not sent within messages."""
    limits = [int((available_bytes() or 0) * _STORE_SHARE)]
    with suppress(OSError, AttributeError):
        if Path("/dev/shm").is_dir():
            about = os.statvfs("/dev/shm")
            limits.append(int(about.f_bavail * about.f_frsize * 0.9))
    return max(_LEAST_STORE, min(limits))

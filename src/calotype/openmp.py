"""How the threads of OpenMP wait, chosen before torch is imported: the runtime reads it once, when it is loaded."""

from __future__ import annotations

import os

# GNU's runtime (Linux) spins unless told otherwise; those of LLVM and Intel (macOS, Windows) spin for 200 ms.
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
# Any of these says how to wait.
_CHOICES = (*_PASSIVE, "GOMP_SPINCOUNT", "KMP_LIBRARY")


def wait_passively() -> None:
    """Let idle OpenMP threads of this process, and of those it starts, sleep instead of spinning.

    Spinning threads take the processor from the ones they wait for, as soon as there are more of them than idle cores.
    A policy that is set in the environment is kept. It has no effect after torch has been imported.
    """
    if not any(name in os.environ for name in _CHOICES):
        os.environ.update(_PASSIVE)

"""What a benchmark ran on: enough to repeat it, nothing that tells whose machine it was."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("calotype", "torch", "numpy", "pillow")


def provenance() -> dict[str, Any]:
    """Machine, versions and commit, JSON-ready. No host name, no user name, no paths."""
    import torch

    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "machine": {
            "cpu": cpu_model(),
            "architecture": platform.machine(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gib": _memory_gib(),
            "system": platform.system(),
        },
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "torch_threads": torch.get_num_threads(),
    }


def cpu_model() -> str:
    """The processor's own name for itself, as well as the system tells it."""
    try:
        fields = dict(
            [part.strip() for part in line.split(":", 1)]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if ":" in line
        )
    except OSError:
        fields = {}
    return fields.get("model name") or platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a checkout that is not installed
        found: str | None = getattr(import_module(name), "__version__", None)
        return found


def _commit() -> str | None:
    """The commit of this checkout, with ``-dirty`` where a tracked file differs from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None

"""How much memory there is to work with, so that a task can say no before the machine says it worse."""

from __future__ import annotations

import os
from pathlib import Path


def available_bytes() -> int | None:
    """Main memory that can still be had, in bytes; ``None`` where the system does not tell."""
    known = [amount for amount in (_system(), _container()) if amount is not None]
    return min(known) if known else None


def _system() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _container() -> int | None:
    """What control groups leave us: inside a container, or a job of a scheduler, the system's figure is not ours."""
    known = [amount for amount in map(_left_in, _groups()) if amount is not None]
    return min(known) if known else None


def _groups() -> list[Path]:
    """Our control group and those that it lies in."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [root]
    own = next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
    return [root, *(root / part for part in (Path(own), *Path(own).parents))]


def _left_in(group: Path) -> int | None:
    try:
        most = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        # Cached files count as used there, but are given up as soon as somebody needs the room.
        for line in (group / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                used -= int(line.split()[1])
        return max(0, most - used)
    except (OSError, ValueError):  # no control groups, or the word "max"
        return None

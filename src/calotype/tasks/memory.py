"""How much memory there is to work with, so that a task can say no before the machine says it worse."""

from __future__ import annotations

import os
from pathlib import Path

from calotype.errors import InputError
from calotype.types import Size


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


def require_memory(needed: int, what: str, photo: Size, free: int | None = None) -> None:
    """Refuse work that needs more main memory than there is.

    Args:
        needed: bytes.
        what: the work, as the beginning of a sentence.
        photo: the size of the photo that would have to be smaller.
        free: bytes that there are; ``None``: as many as there are right now.

    Raises:
        InputError: the message says how much smaller.
    """
    there_is = available_bytes() if free is None else free
    if there_is is not None and needed > there_is:
        # Memory grows with the number of pixels, or faster; rounded down to something that people would type.
        side = max(photo.height, photo.width) * (there_is / needed) ** 0.5 * 0.9
        raise InputError(
            f"{what} would need about {format_bytes(needed)} of memory and {format_bytes(there_is)} are free: "
            f"add --max-side {max(100, int(side) // 100 * 100)} (max_side)"
        )


def format_bytes(amount: int) -> str:
    """An amount of memory as people say it: ``850 MB``, ``1.9 GB``."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{max(1, round(amount / 1e6))} MB"

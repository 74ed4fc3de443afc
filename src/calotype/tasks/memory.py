"""Available memory, and a check that refuses work that would run out of it."""

from __future__ import annotations

import os
from pathlib import Path

from calotype.errors import InputError
from calotype.types import Size


def available_bytes() -> int | None:
    """Available main memory, bytes; ``None`` if the system does not report it."""
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
    """Memory left by the control groups, bytes: a container or a scheduled job may have less than the system."""
    known = [amount for amount in map(_left_in, _groups()) if amount is not None]
    return min(known) if known else None


def _groups() -> list[Path]:
    """The control group of this process and its parents."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [root]
    own = next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
    return [root, *(root / part for part in (Path(own), *Path(own).parents))]


def _left_in(group: Path) -> int | None:
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        # Cached files count as used memory but are freed on demand.
        for line in (group / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                used -= int(line.split()[1])
        return max(0, limit - used)
    except (OSError, ValueError):  # no control groups, or the word "max"
        return None


def require_memory(
    needed: int, what: str, photo: Size, free: int | None = None, *, result: bool = False, advice: str = ""
) -> None:
    """Check that there is enough main memory.

    Args:
        needed: required memory, bytes.
        what: the work, as the subject of the error message.
        photo: size of the photo, pixels.
        free: available memory, bytes; ``None``: as measured now.
        result: ``photo`` is the size of the result instead, which a verb without a photo is asked for.
        advice: what to do where a smaller photo does not help.

    Raises:
        InputError: there is not enough; the message suggests a smaller size of the photo, or of the result.
    """
    available = available_bytes() if free is None else free
    if available is not None and needed > available:
        # Memory grows at least linearly with the number of pixels; the suggestion is rounded down.
        share = (available / needed) ** 0.5 * 0.9
        side = max(100, int(max(photo.height, photo.width) * share) // 100 * 100)
        advice = advice or f"add --max-side {side} (max_side)"
        if result:
            advice = f"give a smaller --size, like {int(photo.width * share)}x{int(photo.height * share)} (size=)"
        raise InputError(
            f"{what} would need about {format_bytes(needed)} of memory and {format_bytes(available)} are free: {advice}"
        )


def format_bytes(amount: int) -> str:
    """An amount of memory for display: ``850 MB``, ``1.9 GB``."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{max(1, round(amount / 1e6))} MB"

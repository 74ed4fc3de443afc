"""Decoders say what they find in broken files on standard error; what has to be said is in our own messages."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_lock = threading.Lock()
_inside = 0  # blocks that are being executed, in all threads
_kept = -1  # the descriptor of standard error meanwhile

# Pillow warns of damaged metadata, which is left out.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@contextmanager
def without_libtiff_messages(format_name: str | None) -> Iterator[None]:
    """Discard what libtiff prints in the block: it writes to the descriptor of standard error itself.

    Args:
        format_name: Pillow's name of the format; nothing is done for others than TIFF.
    """
    if format_name != "TIFF" or sys.__stderr__ is None:  # without standard error, its descriptor may be any file
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _kept
    with _lock:
        if _inside == 0:
            with suppress(OSError):  # it was closed
                _kept = os.dup(2)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                os.close(null)
        _inside += 1


def _leave() -> None:
    global _inside, _kept
    with _lock:
        _inside -= 1
        if _inside == 0 and _kept >= 0:
            os.dup2(_kept, 2)
            os.close(_kept)
            _kept = -1

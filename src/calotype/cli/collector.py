"""Python's garbage collector at the start of a command, when many objects are made and none are dropped."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Without the garbage collector in the block, which imports modules: it would look through them and free nothing.

    What was made until the end of the block that imported torch stays out of later collections too, also out of the
    last one, at the end of the process.
    """
    enabled, had_torch = gc.isenabled(), "torch" in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if "torch" in sys.modules and not had_torch:
            gc.freeze()
        if enabled:
            gc.enable()

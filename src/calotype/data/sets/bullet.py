"""The renderer of triangle meshes: the software renderer of the package pybullet, in one fixed version."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from calotype.errors import InputError

NEEDS = ("pybullet", "views")
_VERSION = "3.2.7"  # version of the renderer: another one may shade differently


@contextmanager
def renderer() -> Iterator[Any]:
    """A connection to the physics engine, of which only the renderer is used."""
    try:
        found = version("pybullet")
    except PackageNotFoundError:
        raise InputError(
            "no 3D renderer is installed: pip install 'calotype[views]' (where it has no wheel "
            "for this Python, pip compiles it and needs a compiler)"
        ) from None
    if found != _VERSION:
        raise InputError(f"the set is made with pybullet {_VERSION}, not {found}: pip install pybullet=={_VERSION}")
    with _quiet():  # importing it prints a banner
        import pybullet

        client = pybullet.connect(pybullet.DIRECT)
    try:
        yield pybullet
    finally:
        pybullet.disconnect(client)


@contextmanager
def _quiet() -> Iterator[None]:
    """Redirect standard error of this process to the null device, for Python and for C code."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

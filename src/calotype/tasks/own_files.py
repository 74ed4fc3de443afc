"""Files that calotype made, which its results may replace; those of others may not be replaced without a word."""

from __future__ import annotations

from pathlib import Path

from calotype.errors import InputError, UnwritableName
from calotype.files import shown
from calotype.results import read_latent_settings
from calotype.tasks.latent_job import CODE_SUFFIX

_HEAD = 1 << 24  # bytes of a film, within which what it says of itself is


def check_replaceable(path: Path) -> None:
    """Refuse to replace a picture, a film or a latent code that does not say that calotype made it; not an empty file.

    Raises:
        UnwritableName: there is such a file.
    """
    if path.is_file() and path.stat().st_size and not says_its_origin(path):
        raise UnwritableName(
            f"{shown(path)} is there and does not say that calotype made it: give another -o, or --overwrite to "
            "replace it"
        )


def says_its_origin(path: Path) -> bool:
    """Whether a file carries settings of calotype, or is of a kind that carries none, such as a table."""
    from calotype.image.io import SUFFIXES, settings_of

    suffix = path.suffix.lower()
    if suffix == CODE_SUFFIX:
        return _is_code(path)
    if suffix == ".mp4":
        return _names_settings(path)
    return settings_of(path) is not None or suffix not in (*SUFFIXES, ".apng")


def _is_code(path: Path) -> bool:
    try:
        return bool(read_latent_settings(path)[0])
    except InputError:
        return False


def _names_settings(path: Path) -> bool:
    """Whether the key of settings is in the head of a film, which can be read without a video decoder."""
    from calotype.image.io import SETTINGS_KEY

    try:
        with open(path, "rb") as file:
            return SETTINGS_KEY.encode() in file.read(_HEAD)
    except OSError:
        return False

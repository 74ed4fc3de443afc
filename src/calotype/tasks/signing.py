"""Outputs that are written with a signed C2PA manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calotype.files import write_whole
from calotype.image.signing import MIME, Claim, credentials, signed


def write_signed(path: Path, save: Callable[[Path], object], claim: Claim, certificate: Path) -> None:
    """Write a file with a signed manifest; it appears whole or not at all. Kinds that can hold none are not signed.

    Args:
        path: the file.
        save: writes it without a manifest.
        claim: what the manifest says.
        certificate: PEM file with certificates and private key.

    Raises:
        InputError: it cannot be signed.
        OutputError: it cannot be written.
    """
    mime = MIME.get(path.suffix.lower())
    if mime is None:
        save(path)
        return
    by = credentials(certificate)
    with tempfile.TemporaryDirectory(prefix="calotype-") as folder:
        bare = Path(folder) / f"result{path.suffix}"
        save(bare)
        data = signed(bare.read_bytes(), mime, claim, by)
    write_whole(path, lambda file: file.write(data))


def ingredients_of(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and hash of the pictures in the settings of a result, the photo first."""
    pictures = settings.get("pictures", {})
    found = [settings.get("photo"), *settings.get("also", []), *pictures.values()]
    known = [one for one in found if isinstance(one, Mapping) and "sha256" in one]
    return tuple({str(one["sha256"]): (str(one["name"]), str(one["sha256"])) for one in known}.values())

"""Which photo a result was made from."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def photo_of(result: Path, photos: Collection[str]) -> str | None:
    """The stem of the photo that a result belongs to; ``None`` if there is none.

    That is the photo of its own stem, the one that its settings name, or the one with the longest stem that its name
    begins with, followed by a character that is neither a letter nor a digit, as in ``bird_vary_0``.

    Args:
        result: file of the result.
        photos: stems of the photos.
    """
    from calotype.image.io import settings_of

    if result.stem in photos:
        return result.stem
    said = (settings_of(result) or {}).get("photo")
    named = Path(str(said.get("name", ""))).stem if isinstance(said, dict) else ""
    if named in photos:
        return named
    begun = [stem for stem in photos if _begins(result.stem, stem)]
    return max(begun, key=len, default=None)


def _begins(name: str, stem: str) -> bool:
    rest = name.removeprefix(stem)
    return rest != name and bool(rest) and not rest[0].isalnum()

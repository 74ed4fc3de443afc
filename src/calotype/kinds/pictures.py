"""Kinds of pictures: photos, clips and masks."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError
from calotype.files import shown
from calotype.kinds.kind import Reading
from calotype.types import Photo

if TYPE_CHECKING:
    import torch


def read_photo(value: Any, reading: Reading) -> Photo:
    """A photo, upright and in sRGB."""
    from calotype.image.io import open_photo

    return open_photo(value, max_side=reading.max_side)


def read_photos(value: Any, reading: Reading) -> list[Photo]:
    """Several photos."""
    return [read_photo(one, reading) for one in value]


def photo_identity(photo: Photo) -> dict[str, str]:
    """File name, size and hash of a photo."""
    # Without the folder, which may be private.
    name = photo.source.name if photo.source else photo.name
    return {"name": name, "size": str(photo.size), "sha256": photo.sha256}


def photo_tensor(photo: Photo, device: torch.device) -> torch.Tensor:
    """[1, 3, H, W], -1..1."""
    from calotype.image.io import to_tensor

    return to_tensor(photo, device)[:, :3]


def photos_tensor(photos: list[Photo], device: torch.device) -> list[torch.Tensor]:
    """[1, 3, H, W] each, -1..1."""
    return [photo_tensor(photo, device) for photo in photos]


_MOST_FRAMES = 2000  # of a clip


def read_clip(value: Any, reading: Reading) -> list[Photo]:
    """A picture, a film's frames, the pictures of a folder, or several of these."""
    from calotype.data.video import frames_of, is_film
    from calotype.image.io import list_photos, open_photo

    if isinstance(value, list | tuple):
        found = [photo for one in value for photo in read_clip(one, reading)]
    elif isinstance(value, str | Path) and Path(value).is_dir():
        found = [read_photo(path, reading) for path in list_photos(Path(value))]
    elif isinstance(value, str | Path) and is_film(Path(value)):
        film = Path(value)
        frames = (open_photo(frame, max_side=reading.max_side) for frame in frames_of(film))
        found = [replace(frame, name=film.stem, source=film) for frame in frames]
    else:
        found = [read_photo(value, reading)]
    if not found:
        raise InputError(f"{shown(value)} has no pictures: give a picture, a film, or a folder of pictures")
    if len(found) > _MOST_FRAMES:
        raise InputError(f"{len(found)} pictures are too many: give {_MOST_FRAMES} or fewer")
    return found


def clip_identity(photos: list[Photo]) -> Any:
    """That of the picture; of several their number, the name of their film or folder, and one hash."""
    if len(photos) == 1:
        return photo_identity(photos[0])
    files = {photo.source for photo in photos if photo.source is not None}
    folders = {file.parent for file in files}
    places = files if len(files) == 1 else folders
    name = next(iter(places)).resolve().name if len(places) == 1 else photos[0].name
    digest = hashlib.sha256("".join(photo.sha256 for photo in photos).encode()).hexdigest()
    return {"name": name, "count": len(photos), "sha256": digest}


def mask_tensor(photo: Photo, device: torch.device) -> torch.Tensor:
    """[1, 1, H, W], 0 or 1."""
    from calotype.image.mask import open_mask

    return open_mask(photo, photo.size).to(device)

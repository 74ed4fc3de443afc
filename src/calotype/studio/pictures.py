"""Uploaded pictures: checked before decoding, stored by content hash."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError
from calotype.files import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from calotype.types import Photo

MAX_BYTES = 64 << 20  # of one uploaded file
MAX_PIXELS = 50_000_000  # of one picture
_THUMBNAIL = 480  # pixels of the longer side
_ID = re.compile(r"[0-9a-f]{16}")
_ABOUT = "about.json"
# Formats that browsers can display, by Pillow's names, with their media types; others are converted to PNG.
_SHOWN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "BMP": "image/bmp"}


class Missing(InputError):  # noqa: N818  (named after the state)
    """The requested item does not exist (any more)."""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        id: 16 hexadecimal digits of a hash of the file.
        name: sanitised name of the uploaded file.
        width: pixels, after EXIF rotation.
        height: pixels, after EXIF rotation.
        sha256: hash of the pixels, as recorded in results.
        media: media type of the version for browsers.
        added: upload time, seconds since 1970.
        part: whether it is a mask, label map or sketch painted on the page, not listed as a photo.
        made: the verb that made it; empty if calotype did not.
    """

    id: str
    name: str
    width: int
    height: int
    sha256: str
    media: str
    added: float
    part: bool = False
    made: str = ""


class Pictures:
    """The picture store: a folder with a sub-folder for each picture."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Decode one picture at a time, to limit memory.
        self._decoding = threading.Lock()
        self._known: dict[str, Picture] = {}
        for about in sorted(folder.glob(f"*/{_ABOUT}")):
            try:
                picture = Picture(**json.loads(about.read_text("utf-8")))
            except (OSError, ValueError, TypeError):
                continue
            if _ID.fullmatch(picture.id) and picture.id == about.parent.name:
                self._known[picture.id] = picture

    def all(self) -> list[Picture]:
        """All pictures, newest first."""
        return sorted(self._known.copy().values(), key=lambda picture: -picture.added)

    def get(self, id: str) -> Picture:
        """The picture with that id.

        Raises:
            InputError: there is none.
        """
        picture = self._known.get(id)
        if picture is None:
            raise Missing("this picture is not in the studio any more: upload it again")
        return picture

    def path(self, id: str) -> Path:
        """The uploaded file."""
        picture = self.get(id)
        return self._folder / picture.id / picture.name

    def shown(self, id: str) -> Path:
        """The file of the version for browsers."""
        made = self._folder / self.get(id).id / "shown" / "shown.png"
        return made if made.exists() else self.path(id)

    def thumbnail(self, id: str) -> Path:
        """The thumbnail file, WebP."""
        return self._folder / self.get(id).id / "shown" / "thumbnail.webp"

    def add(self, data: bytes, name: str, *, part: bool = False) -> Picture:
        """Store an uploaded picture.

        Args:
            data: content of the file.
            name: file name given by the client.
            part: see ``Picture``.

        Raises:
            InputError: it is not a picture, damaged, or too large.
            OutputError: it cannot be saved.
        """
        if len(data) > MAX_BYTES:
            raise InputError(f"the file has more than {MAX_BYTES >> 20} MB: give a smaller one")
        id = hashlib.sha256(data).hexdigest()[:16]
        known = self._known.get(id)
        if known is not None:
            return self._save(Picture(**{**asdict(known), "added": time.time(), "part": known.part and part}))
        with self._decoding:
            return self._decode_and_store(id, data, name, part)

    def _decode_and_store(self, id: str, data: bytes, name: str, part: bool) -> Picture:
        given = checked_photo(data, name)
        file_name = given.name
        folder = self._folder / id
        write_whole(folder / file_name, lambda file: file.write(data))
        if given.kind not in _SHOWN:
            shown, image = folder / "shown" / "shown.png", given.upright
            write_whole(shown, lambda file: image.save(file, format="PNG", compress_level=1))
        write_whole(folder / "shown" / "thumbnail.webp", lambda file: write_thumbnail(given.upright, file))
        made = _made_by(folder / file_name)
        media = _SHOWN.get(given.kind, "image/png")
        size, sha256 = given.photo.size, given.photo.sha256
        picture = Picture(id, file_name, size.width, size.height, sha256, media, time.time(), part, made)
        return self._save(picture)

    def _save(self, picture: Picture) -> Picture:
        text = json.dumps(asdict(picture), indent=1)
        write_whole(self._folder / picture.id / _ABOUT, lambda file: file.write(text.encode()))
        self._known[picture.id] = picture
        return picture

    def remove(self, id: str) -> None:
        """Delete a picture.

        Raises:
            InputError: there is none.
        """
        picture = self.get(id)
        del self._known[picture.id]
        shutil.rmtree(self._folder / picture.id, ignore_errors=True)

    def found(self, identity: Mapping[str, Any], max_side: int | None) -> Picture | None:
        """Find the picture that a result was made from; ``None`` if it is not in the store.

        Args:
            identity: ``name`` and ``sha256``, as recorded in results.
            max_side: the size, pixels, to which it was shrunk for the result.
        """
        from calotype.image.io import open_photo

        sha256 = identity.get("sha256")
        exact = next((picture for picture in self.all() if picture.sha256 == sha256), None)
        if exact is not None or max_side is None:
            return exact
        for picture in self.all():
            if (
                picture.name == safe_name(str(identity.get("name", "")))
                and max(picture.width, picture.height) > max_side
            ):
                with self._decoding:
                    if open_photo(self.path(picture.id), max_side=max_side).sha256 == sha256:
                        return picture
        return None


@dataclass(frozen=True)
class Checked:
    """A decoded uploaded picture.

    Attributes:
        photo: the decoded picture.
        upright: the same as a Pillow image.
        kind: file format, by Pillow's name.
        name: sanitised file name with a suffix of its format.
    """

    photo: Photo
    upright: Image
    kind: str
    name: str


def checked_photo(data: bytes, name: str) -> Checked:
    """Check and decode an uploaded picture.

    Args:
        data: content of the file.
        name: file name given by the client.

    Raises:
        InputError: it is not a picture, damaged, or too large, which is checked in the header before decoding.
    """
    from calotype.image.io import FORMATS, image_of, open_photo, opened

    stream = io.BytesIO(data)
    stream.name = Path(name.replace("\\", "/")).name or "picture"
    with opened(io.BytesIO(data), f"'{safe_name(stream.name)}'") as image:
        kind, (width, height) = str(image.format), image.size
    if width * height > MAX_PIXELS:
        raise InputError(
            f"the picture has {width}x{height} pixels, {width * height / 1e6:.0f} megapixels: "
            f"the maximum is {MAX_PIXELS / 1e6:.0f}, shrink it first"
        )
    photo = open_photo(stream)
    given = Path(stream.name)
    suffix = given.suffix if given.suffix.lower() in FORMATS[kind] else FORMATS[kind][0]
    return Checked(photo, image_of(photo), kind, safe_name(given.stem) + suffix)


def safe_name(name: str, otherwise: str = "picture") -> str:
    """Sanitise a file name: no folders, no leading dots, only letters, digits, dots, dashes and blanks."""
    plain = re.sub(r"[^\w. -]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1])[-80:].strip(" ._-")
    return plain or otherwise


def write_thumbnail(image: Image, file: Any, side: int = _THUMBNAIL) -> None:
    """Write a thumbnail of ``image`` as WebP, with a longer side of at most ``side`` pixels."""
    small = image.copy()
    small.thumbnail((side, side))
    small.save(file, format="WEBP", quality=82)


def _made_by(path: Path) -> str:
    from calotype.image.io import read_settings

    try:
        return str(read_settings(path).get("verb", ""))
    except InputError:
        return ""

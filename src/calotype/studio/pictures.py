"""The pictures that were handed in: kept by their content, checked before they are decoded."""

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

MAX_BYTES = 64 << 20  # of one file that is handed in
MAX_PIXELS = 50_000_000  # of one picture
_THUMBNAIL = 480  # pixels of the longer side
_ID = re.compile(r"[0-9a-f]{16}")
_ABOUT = "about.json"
# What browsers show as it is, by Pillow's names; anything else is shown as a PNG that is made of it.
_SHOWN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "BMP": "image/bmp"}


class Missing(InputError):  # noqa: N818  (what the thing is)
    """Something was asked for that is not here, or not any more."""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        id: 16 hexadecimal digits of its content's hash.
        name: of the file, as it was handed in, made safe.
        width: in pixels, upright.
        height: the same.
        sha256: of the pixels: the identity that results carry.
        media: media type of what browsers are shown.
        added: seconds since 1970.
        part: whether it is a mask, a map or the like, made on the page: not offered as a photo.
        made: the verb that made it, where calotype did.
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
    """A folder of pictures, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Decoding takes memory: one at a time, however many are handed in.
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
        """Every picture, the newest first."""
        return sorted(self._known.copy().values(), key=lambda picture: -picture.added)

    def get(self, id: str) -> Picture:
        """The picture of that name.

        Raises:
            InputError: there is none.
        """
        picture = self._known.get(id)
        if picture is None:
            raise Missing("this picture is not in the studio any more: drop it again")
        return picture

    def path(self, id: str) -> Path:
        """The file as it was handed in."""
        picture = self.get(id)
        return self._folder / picture.id / picture.name

    def shown(self, id: str) -> Path:
        """What a browser can show of it."""
        made = self._folder / self.get(id).id / "shown" / "shown.png"
        return made if made.exists() else self.path(id)

    def thumbnail(self, id: str) -> Path:
        """A small WebP of it."""
        return self._folder / self.get(id).id / "shown" / "thumbnail.webp"

    def add(self, data: bytes, name: str, *, part: bool = False) -> Picture:
        """Keep a picture.

        Args:
            data: the file's bytes.
            name: of the file, from wherever it came.
            part: see ``Picture``.

        Raises:
            InputError: it is no picture, broken, or too large.
            OutputError: it cannot be kept.
        """
        if len(data) > MAX_BYTES:
            raise InputError(f"the file has more than {MAX_BYTES >> 20} MB: give a smaller one")
        id = hashlib.sha256(data).hexdigest()[:16]
        known = self._known.get(id)
        if known is not None:
            return self._noted(Picture(**{**asdict(known), "added": time.time(), "part": known.part and part}))
        with self._decoding:
            return self._read(id, data, name, part)

    def _read(self, id: str, data: bytes, name: str, part: bool) -> Picture:
        given = checked_photo(data, name)
        kept = given.name
        folder = self._folder / id
        write_whole(folder / kept, lambda file: file.write(data))
        if given.kind not in _SHOWN:
            write_whole(folder / "shown" / "shown.png", lambda file: given.upright.save(file, format="PNG"))
        write_whole(folder / "shown" / "thumbnail.webp", lambda file: write_thumbnail(given.upright, file))
        made = _made_by(folder / kept)
        media = _SHOWN.get(given.kind, "image/png")
        size, sha256 = given.photo.size, given.photo.sha256
        picture = Picture(id, kept, size.width, size.height, sha256, media, time.time(), part, made)
        return self._noted(picture)

    def _noted(self, picture: Picture) -> Picture:
        text = json.dumps(asdict(picture), indent=1)
        write_whole(self._folder / picture.id / _ABOUT, lambda file: file.write(text.encode()))
        self._known[picture.id] = picture
        return picture

    def remove(self, id: str) -> None:
        """Forget a picture.

        Raises:
            InputError: there is none.
        """
        picture = self.get(id)
        del self._known[picture.id]
        shutil.rmtree(self._folder / picture.id, ignore_errors=True)

    def found(self, identity: Mapping[str, Any], max_side: int | None) -> Picture | None:
        """The picture that a result says it was made from, if it is here.

        Args:
            identity: ``name`` and ``sha256``, as results carry them.
            max_side: that it was shrunk to before it was used.
        """
        from calotype.image.io import open_photo

        wanted = identity.get("sha256")
        here = next((picture for picture in self.all() if picture.sha256 == wanted), None)
        if here is not None or max_side is None:
            return here
        for picture in self.all():
            if (
                picture.name == safe_name(str(identity.get("name", "")))
                and max(picture.width, picture.height) > max_side
            ):
                with self._decoding:
                    if open_photo(self.path(picture.id), max_side=max_side).sha256 == wanted:
                        return picture
        return None


@dataclass(frozen=True)
class Checked:
    """A file that was handed in, and is a picture.

    Attributes:
        photo: what it shows.
        upright: the same, as an image of Pillow's.
        kind: its format, by Pillow's name.
        name: of the file, made safe, with a suffix of its format.
    """

    photo: Photo
    upright: Image
    kind: str
    name: str


def checked_photo(data: bytes, name: str) -> Checked:
    """The picture in a file that was handed in.

    Args:
        data: the file's bytes.
        name: of the file, from wherever it came.

    Raises:
        InputError: it is no picture, broken, or too large; its header says so before anything is decoded.
    """
    from calotype.image.io import FORMATS, image_of, open_photo, opened

    stream = io.BytesIO(data)
    stream.name = Path(name.replace("\\", "/")).name or "picture"
    with opened(io.BytesIO(data), f"'{safe_name(stream.name)}'") as image:
        kind, (width, height) = str(image.format), image.size
    if width * height > MAX_PIXELS:
        raise InputError(
            f"the picture has {width}x{height} pixels, {width * height / 1e6:.0f} megapixels: "
            f"the most here is {MAX_PIXELS / 1e6:.0f}, shrink it first"
        )
    photo = open_photo(stream)
    given = Path(stream.name)
    suffix = given.suffix if given.suffix.lower() in FORMATS[kind] else FORMATS[kind][0]
    return Checked(photo, image_of(photo), kind, safe_name(given.stem) + suffix)


def safe_name(name: str, otherwise: str = "picture") -> str:
    """A file name without folders, dots in front, or anything but letters, digits, dots, dashes and blanks."""
    plain = re.sub(r"[^\w. -]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1])[-80:].strip(" ._-")
    return plain or otherwise


def write_thumbnail(image: Image, file: Any, side: int = _THUMBNAIL) -> None:
    """Write a small WebP of ``image``."""
    small = image.copy()
    small.thumbnail((side, side))
    small.save(file, format="WEBP", quality=82)


def _made_by(path: Path) -> str:
    from calotype.image.io import read_settings

    try:
        return str(read_settings(path).get("verb", ""))
    except InputError:
        return ""

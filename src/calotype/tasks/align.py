"""The command ``align``: crop the faces of a folder of photos and turn them upright, for training and embedding."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.data.face_lists import places_csv, read_places
from calotype.errors import ArgumentError, InputError, UnwritableName, counted
from calotype.files import shown, write_whole
from calotype.tasks import arguments
from calotype.tasks.argument_types import check_types
from calotype.tasks.face_places import CONTRADICTORY, EXCHANGED, UPSIDE_DOWN, three_places
from calotype.tasks.found_faces import AUTO, FaceFinder
from calotype.tasks.param import Param
from calotype.types import FacePlaces

if TYPE_CHECKING:
    from calotype.run import Run

PLACES = "places.csv"
_SOFTWARE = "calotype align"  # what the pictures say of their origin: they carry no settings, as results do
_NAMED = 3  # photos that a note names


@dataclass(frozen=True)
class Aligned:
    """The result of ``align``.

    Attributes:
        paths: the files that were written, a picture for each photo.
        places: where eyes and mouth are in each photo, by its name; also written beside the pictures, ``places.csv``.
        notes: photos that were left out, have several faces, eyes in the other order, or a face upside down.
    """

    paths: list[Path]
    places: dict[str, FacePlaces]
    notes: list[str] = field(default_factory=list)


def align(
    photos: Annotated[str | Path, Param("a folder of photos of faces", kind="photo", metavar="FOLDER", sets=True)],
    *,
    places: Annotated[
        str | Path,
        Param(
            "where eyes and mouth are: a list (.csv, .json, .jsonl) of file, eyes and mouth, pixels; or auto: they are "
            "found ('calotype weights faces' fetches what finds them)",
            kind="folder",
            metavar="FILE|auto",
            first=True,
        ),
    ] = AUTO,
    to: Annotated[
        str | None,
        Param(
            "where left eye, right eye and mouth are to lie in the pictures, pixels, like '11,13 21,13 16,20'; without "
            "it, as in FFHQ",
            metavar="PLACES",
        ),
    ] = None,
    size: Annotated[
        int, Param("side of the pictures", kind="whole", metavar="PIXELS", at_least=8, at_most=4096, first=True)
    ] = 256,
    out: Annotated[
        str | Path,
        Param("folder for the pictures, created if missing", kind="folder", flags=("-o", "--out"), metavar="FOLDER"),
    ] = "aligned",
    device: Annotated[str, arguments.DEVICE] = "auto",
    on_progress: Callable[[int, int], None] | None = None,
    run: Optional["Run"] = None,
) -> Aligned:
    """Crop the faces of a folder of photos and turn them upright, so that eyes and mouth lie in the same places.

    The pictures are squares as models of faces are trained on: calotype train stylegan aligned/. The places that were
    used are written beside them, places.csv: correct them there, and align again with that file as --places; it stays
    as it is.

    Args:
        photos: a folder of photos.
        places: a list of the places, .csv, .json or .jsonl, or ``"auto"``: they are found; of several faces, those of
            the largest.
        to: where they are to lie in the pictures, ``"X,Y X,Y X,Y"``, pixels; ``None``: as in FFHQ.
        size: side of the pictures, pixels, 8 to 4096.
        out: folder for the pictures.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        on_progress: called with the number of photos that are done, and of all.
        run: receives a request to stop.

    Raises:
        InputError: the folder, the list or an argument cannot be used, or no photo has a face.
        OutputError: a file cannot be written, or a picture that was not aligned has the place of one.
        Stopped: ``run`` was stopped; the pictures that were made stay.
    """
    check_types(align, locals())
    from calotype.image.face_crop import cropped_face
    from calotype.image.io import named_path, open_photo, save_png, to_image, to_tensor
    from calotype.run import Run

    if not 8 <= arguments.whole(size, "a side", "256") <= 4096:
        raise ArgumentError(f"pictures of {size} pixels cannot be made: give --size 8 to 4096 (size=)")
    wanted = None if to is None else three_places(to)
    if wanted is not None and max(value for place in wanted.all for value in place) > size:
        raise ArgumentError(f"'{to}' lies outside of pictures of {size} pixels: give places inside (--to, to=)")
    found = _Photos(Path(photos), places, device)
    if Path(out).exists() and Path(out).samefile(photos):
        raise ArgumentError(f"{shown(out)} is the folder of the photos: give another one (-o, out=)")
    targets = [named_path(Path(out), stem, ".png") for stem in found.stems]
    _check_replaceable(targets)
    work = Run(device=device) if run is None else run.within(None, seed=0)
    made = Aligned([], {})
    for i in work.steps(len(found.files), stage="photos"):
        path = found.files[i]
        try:
            photo = open_photo(path)
            picture = to_tensor(photo)[:, :3]
            at = found.places_in(path, picture).in_order()
            cropped = to_image(cropped_face(picture, at, size, wanted))
            if at.upside_down:
                found.turned.append(f"'{path.name}'")
        except InputError as error:
            found.left_out.append(str(error) if path.name in str(error) else f"'{path.name}': {error}")
        else:
            save_png(cropped, targets[i], {}, photo.carried, _SOFTWARE)
            made.paths.append(targets[i])
            made.places[path.name] = at
        if on_progress is not None:
            on_progress(i + 1, len(found.files))
    if not made.paths:
        raise InputError(found.left_out[0])
    if not _is_same(Path(out) / PLACES, places):  # rows of photos that were left out stay in a list that was given
        write_whole(Path(out) / PLACES, lambda file: file.write(places_csv(made.places).encode()))
    made.notes.extend(found.notes())
    if wanted is not None and wanted.exchanged:
        made.notes.append(f"{EXCHANGED} (--to, to=)")
    return made


def _check_replaceable(targets: list[Path]) -> None:
    """Refuse to replace pictures that do not say that they were aligned.

    Raises:
        UnwritableName: there is such a picture.
    """
    from calotype.image.io import software_of

    for path in targets:
        if path.is_file() and path.stat().st_size and software_of(path) != _SOFTWARE:
            raise UnwritableName(
                f"{shown(path)} is there and does not say that 'calotype align' made it: give another folder (-o, "
                "out=), or delete it"
            )


def _is_same(path: Path, places: str | Path) -> bool:
    return str(places) != AUTO and path.exists() and path.samefile(places)


class _Photos:
    """The photos of a folder, and where the faces in them are: as a list tells, or found."""

    def __init__(self, folder: Path, places: str | Path, device: str) -> None:
        from calotype.image.io import list_photos

        self.left_out: list[str] = []
        self.several: list[str] = []
        self.exchanged: list[str] = []
        self.turned: list[str] = []
        self.finder = FaceFinder(device) if str(places) == AUTO else None
        self.told = {} if self.finder else read_places(Path(places))
        self.files = list_photos(folder)
        names = {path.name for path in self.files}
        missing = [name for name in self.told if name not in names]
        if self.told:
            self.left_out += [f"there is no '{name}' in {shown(folder)}" for name in missing]
            self.files = [path for path in self.files if path.name in self.told]
        if not self.files:
            raise InputError(f"none of the files that {shown(places)} names are in {shown(folder)}: give their folder")
        self.stems = list(self._stems())

    def _stems(self) -> Iterator[str]:
        """Names of the pictures: those of the photos, with their suffixes where they would be equal."""
        stems = [path.stem.casefold() for path in self.files]
        for path in self.files:
            yield path.stem if stems.count(path.stem.casefold()) == 1 else f"{path.stem}_{path.suffix[1:]}"

    def places_in(self, path: Path, picture: Any) -> FacePlaces:
        """Where the face in a photo [1, 3, h, w] is.

        Raises:
            InputError: there is none, or the list cannot mean one.
        """
        if self.finder is None:
            if self.told[path.name].contradictory:
                raise InputError(CONTRADICTORY)
            if self.told[path.name].exchanged:
                self.exchanged.append(f"'{path.name}'")
            return self.told[path.name]
        faces = self.finder.faces(picture, path.name)
        if len(faces) > 1:
            self.several.append(f"'{path.name}'")
        return faces[0].places

    def notes(self) -> list[str]:
        """What the user should know."""
        lines = []
        if self.left_out:
            lines.append(f"{counted(len(self.left_out), 'photo')} left out: {_some(self.left_out)}")
        if self.several:
            lines.append(
                f"{counted(len(self.several), 'photo')} with several faces, of which the largest was taken: "
                f"{_some(self.several)}"
            )
        if self.exchanged:
            lines.append(
                f"{counted(len(self.exchanged), 'photo')} whose eyes were exchanged, as the one that lies left with "
                f"the face upright comes first: {_some(self.exchanged)}"
            )
        if self.turned:
            lines.append(f"{counted(len(self.turned), 'photo')} whose face is {UPSIDE_DOWN}: {_some(self.turned)}")
        return lines


def _some(given: list[str]) -> str:
    more = f"; and {len(given) - _NAMED} more" if len(given) > _NAMED else ""
    return "; ".join(given[:_NAMED]) + more

"""The command ``styles``: style vectors of artworks, for t-SNE, clusters and the nearest style."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype import __version__
from calotype.catalog import MODELS, Loaded, declared, load
from calotype.errors import ArgumentError, InputError, counted
from calotype.files import check_writable, shown, write_whole
from calotype.results import Table
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from torch import Tensor

VECTORS = ("mean", "median", "closest", "patches")
SUFFIXES = (".csv", ".json", ".npz")
_MOST = 20_000  # artworks
_NAMED = 3  # files that a note names


@dataclass(frozen=True)
class Nearest:
    """The artwork whose style is nearest to that of another one.

    Attributes:
        picture: the artwork.
        nearest: the other one, of all that were given.
        distance: Euclidean distance of their style vectors, or of their nearest patches; 0..2.
    """

    picture: str
    nearest: str
    distance: float


@dataclass(frozen=True)
class Styles:
    """The result of ``styles``.

    Attributes:
        table: a row for each style vector: ``picture``, ``artist`` (its sub-folder or label; empty for none), ``patch``
            (from 0; one if vectors are combined), and the numbers of the vector, ``style_0`` and so on.
        nearest: for each artwork the one with the nearest style; empty for a single artwork.
        notes: files that were left out.
    """

    table: Table
    nearest: list[Nearest]
    notes: list[str] = field(default_factory=list)


def styles(
    artworks: Annotated[
        str | Path,
        Param(
            "an artwork, a folder of artworks with sub-folders, or the name of a set that 'calotype data' has made; "
            "of a set of photos and artworks, its artworks",
            kind="folder",
            metavar="ARTWORKS",
        ),
    ],
    *,
    model: Annotated[
        str | Path,
        Param(
            "a model with style vectors, by its name in 'calotype models' or by its folder",
            kind="model",
            metavar="MODEL|FOLDER",
            first=True,
        ),
    ] = "",
    vector: Annotated[
        str,
        Param(
            "what is made of the style vectors of an artwork's patches: their mean, their median, the one that is "
            "closest to the mean, or a row for each of the patches",
            metavar="|".join(VECTORS),
            choices=VECTORS,
            first=True,
        ),
    ] = "mean",
    out: Annotated[
        str | Path | None,
        Param("write the vectors to a file: .csv, .json or .npz", kind="folder", flags=("-o", "--out")),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    on_progress: Callable[[int, int], object] | None = None,
) -> Styles:
    """Find the style vectors of artworks, as a trained model sees them, and write them to a table.

    Artworks have any size: the style vector of a large one is made of those of ten patches.

    Args:
        artworks: a picture, a folder of pictures, or the name of a made set.
        model: a name in the model store, or the folder of a model.
        vector: ``"mean"``, ``"median"``, ``"closest"`` or ``"patches"``.
        out: a file that ends in .csv, .json or .npz; ``None``: none is written.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        on_progress: called with the number of artworks that are done, and of all.

    Raises:
        InputError: the artworks or the model cannot be used.
        OutputError: the file cannot be written.
    """
    check_types(styles, locals())
    import torch

    from calotype.image.io import open_photo, to_tensor
    from calotype.run import choose_device

    arguments.one_of(VECTORS, vector, "choice of the style vector")
    if not model:
        raise ArgumentError("styles needs a trained model: give --model NAME (model=); 'calotype models' lists them")
    if out is not None and Path(out).suffix.lower() not in SUFFIXES:
        raise ArgumentError(f"{out} is no table: give a name that ends in .csv, .json or .npz (-o)")
    if out is not None:
        check_writable(Path(out).parent)
    loaded = load(model_store.folder_of(model))
    function = _function(loaded, model)
    files, artists = _artworks(artworks)
    where = torch.device(choose_device(device))
    loaded.net.to(where)
    rows: list[tuple[Any, ...]] = []
    found: list[Tensor] = []
    left_out: list[str] = []
    for number, (path, artist) in enumerate(zip(files.values(), artists)):
        try:
            picture = to_tensor(open_photo(path), "cpu")[:, :3]
        except InputError as error:
            left_out.append(str(error))
        else:
            vectors = function(loaded.config, loaded.net, picture.to(where), vector).float().cpu()
            name = list(files)[number]
            rows += [(name, artist, patch, *map(float, each)) for patch, each in enumerate(vectors)]
            found.append(vectors)
        if on_progress is not None and found:
            on_progress(number + 1, len(files))
    if not found:
        raise InputError(left_out[0])
    columns = ("picture", "artist", "patch", *(f"style_{i}" for i in range(found[0].shape[1])))
    table = Table(columns, tuple(rows), "styles", _settings(loaded, model, artworks, vector))
    if out is not None:
        _save(table, Path(out))
    return Styles(table, _nearest(list(dict.fromkeys(row[0] for row in rows)), found), _notes(left_out, len(files)))


def _function(loaded: Loaded, model: str | Path) -> Callable[..., "Tensor"]:
    """The function of a model that gives style vectors.

    Raises:
        InputError: it has none.
    """
    name = declared(loaded.system).style_vectors
    if not name:
        able = " or ".join(system for system in MODELS if declared(system).style_vectors)
        raise InputError(
            f"{shown(model)} is a model of {loaded.system}, which has no style vectors: give one of {able}"
        )
    function: Callable[..., Tensor] = getattr(loaded.engine, name)
    return function


def _artworks(given: str | Path) -> tuple[dict[str, Path], list[str]]:
    """Files by name, and the artist of each.

    Raises:
        InputError: there are none, or too many.
    """
    from calotype.data.styles import artworks_in

    folder = set_folder(given)
    if folder.is_file():
        return {folder.name: folder}, [""]
    files, artists = artworks_in(folder)
    if len(files) > _MOST:
        raise InputError(f"{len(files)} artworks are too many for one table: give at most {_MOST}")
    return {path.relative_to(folder).as_posix(): path for path in files}, artists


def _nearest(names: list[str], found: "list[Tensor]") -> list[Nearest]:
    """For each artwork the one with the nearest style."""
    import torch

    if len(found) < 2:
        return []
    owner = torch.repeat_interleave(torch.arange(len(found)), torch.tensor([len(each) for each in found]))
    every = torch.cat(found)
    nearest = []
    for number, (name, vectors) in enumerate(zip(names, found)):
        apart = torch.cdist(vectors, every).amin(0).masked_fill(owner == number, torch.inf)
        best = int(apart.argmin())
        nearest.append(Nearest(name, names[int(owner[best])], float(apart[best])))
    return nearest


def _notes(left_out: list[str], count: int) -> list[str]:
    if not left_out:
        return []
    more = f"; and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
    return [f"{len(left_out)} of {counted(count, 'artwork')} left out: {'; '.join(left_out[:_NAMED])}{more}"]


def _settings(loaded: Loaded, model: str | Path, artworks: str | Path, vector: str) -> dict[str, Any]:
    """What the vectors are of: names without folders, which may be private."""
    return {
        "calotype": __version__,
        "verb": "styles",
        "engine": loaded.system,
        "model": model_store.folder_of(model).resolve().name,
        "artworks": Path(artworks).resolve().name,
        "vector": vector,
    }


def _save(table: Table, path: Path) -> None:
    """Write a table, or its columns as arrays: ``vectors`` float32 [n, style], ``picture``, ``artist``, ``patch``."""
    if path.suffix.lower() != ".npz":
        table.save(path)
        return
    import numpy as np

    pictures, artists, patches = ([row[i] for row in table.rows] for i in range(3))
    arrays: dict[str, Any] = {
        "vectors": np.array([row[3:] for row in table.rows], np.float32),
        "picture": np.array(pictures),
        "artist": np.array(artists),
        "patch": np.array(patches, np.int64),
    }
    write_whole(path, lambda file: np.savez(file, **arrays))

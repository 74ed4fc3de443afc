"""The verb ``segment``: make a label map of a photo."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from calotype.errors import ArgumentError, FolderError, InputError, counted, listed
from calotype.files import read_error, sha256_of_files, shown
from calotype.results import Result
from calotype.tasks import arguments
from calotype.tasks.arguments import AUTO
from calotype.tasks.outputs import OutputSpec
from calotype.tasks.param import Param
from calotype.tasks.photo_job import PhotoJob
from calotype.tasks.verb_options import EngineOptions
from calotype.types import Cost, LabelMap, LabelMapLike, Photo, PhotoLike

if TYPE_CHECKING:
    from torch import Tensor

_MAX_CLASSES = 255  # as in ``image.labels``, which is not imported here as it imports torch


Stamped = tuple[tuple[Path, int], ...]  # files, each with the time of its last change, nanoseconds
# Shared labels of the last folder, or why there are none, by what they depend on.
_found: dict[tuple[Any, ...], Any] = {}


def _photos(folder: str) -> Stamped:
    """The photos in a folder, without pictures and maps that this program made of them.

    Raises:
        FolderError: there are none, or the folder cannot be read.
    """
    from calotype.image.io import list_photos

    if not folder.strip():
        raise ArgumentError("the name of the folder is empty: give one of photos that share labels (--shared, shared=)")
    if not Path(folder).is_dir():
        raise FolderError(f"{shown(folder)} is no folder: give one of photos that share labels (--shared, shared=)")
    try:
        found = _without_results(tuple((path, path.stat().st_mtime_ns) for path in list_photos(folder)))
    except OSError as error:
        raise FolderError(str(read_error(error.filename or folder, error, "look at its permissions"))) from error
    except InputError as error:  # there are no pictures
        raise FolderError(str(error)) from error
    if not found:
        raise FolderError(f"{shown(folder)} has maps and no photos: give the folder of the photos (--shared, shared=)")
    return found


@lru_cache(maxsize=2)
def _without_results(stamped: Stamped) -> Stamped:
    from calotype.image.io import without_results

    kept = set(without_results([path for path, _ in stamped]))
    return tuple(one for one in stamped if one[0] in kept)


@lru_cache(maxsize=2)
def _sha256(stamped: Stamped) -> str:
    return sha256_of_files(path for path, _ in stamped)


@lru_cache(maxsize=2)
def _too_small(stamped: Stamped) -> str | None:
    """A line about photos that are left out of shared labels; ``None`` if all can be used, as their headers say."""
    from calotype.image.io import MIN_SIDE, upright_size

    sizes = {path: upright_size(path) for path, _ in stamped}
    found = [
        f"{shown(path)} {'cannot be read' if size is None else f'is {size} pixels'}"
        for path, size in sizes.items()
        if size is None or min(size.height, size.width) < MIN_SIDE
    ]
    return f"{counted(len(found), 'photo')} cannot share labels: {listed(found)}" if found else None


class SegmentJob(PhotoJob):
    """Job of the verb ``segment``."""

    verb = "segment"
    effect = ""
    takes = ("photo",)

    @classmethod
    def check(cls, own: Mapping[str, Any]) -> None:
        """See ``Job``."""
        if own["classes"] is not None and not 2 <= own["classes"] <= _MAX_CLASSES:
            raise ArgumentError(
                f"{counted(own['classes'], 'label')} cannot be used: give a count from 2 to {_MAX_CLASSES}, "
                f"like 5 (classes=)"
            )
        if own.get("shared") is not None:
            _photos(str(own["shared"]))

    @cached_property
    def _shared(self) -> Stamped | None:
        """The photos that share labels; ``None`` where the photo has labels of its own."""
        folder = self.request.own.get("shared")
        return None if folder is None else _photos(str(folder))

    def _key(self, photos: Stamped, seed: int) -> tuple[Any, ...]:
        """What shared labels depend on."""
        request = self.request
        chosen = (request.engine, self.config, request.own["classes"], request.max_side)
        return photos, *chosen, seed, str(self.run.device)

    def _labels(self, photos: Stamped, seed: int) -> Any:
        """The labels that photos share, found once for all maps.

        Raises:
            InputError: none of the photos can be used.
        """
        key = self._key(photos, seed)
        if key not in _found:
            try:
                found: Any = self._clustered([path for path, _ in photos], seed)
            except InputError as error:  # which other maps will meet as well
                found = error
            _found.clear()
            _found[key] = found
        if isinstance(_found[key], InputError):
            raise InputError(str(_found[key]))
        return _found[key]

    def _clustered(self, paths: Sequence[Path], seed: int) -> Any:
        """The labels of photos; those that cannot be used are left out, unless all are such.

        Raises:
            InputError: none can be used; the message is that of the last one.
        """
        refused: list[InputError] = []
        opened = self._opened(paths, refused)
        first = next(opened, None)
        if first is None:
            raise refused[-1]
        photos = chain([first], opened)
        found = self.package.shared_labels(photos, self.config, classes=self.request.own["classes"], seed=seed)
        return found

    def _opened(self, paths: Sequence[Path], refused: list[InputError]) -> Iterator["Tensor"]:
        """The photos that can be used, [1, C, H, W]; why the others cannot is added to ``refused``."""
        from calotype.image.io import open_photo, to_tensor

        for _, path in zip(self.run.steps(len(paths), stage="photos that share labels"), paths):
            try:
                photo = open_photo(path, max_side=self.request.max_side)
            except InputError as error:
                refused.append(error)
            else:
                yield to_tensor(photo, self.run.device)

    def doubts(self) -> list[str | None]:
        """See ``Job``: photos that are too small to share labels, or no pictures, as their headers say."""
        told = super().doubts()
        return [*told, None if self._shared is None else _too_small(self._shared)]

    @cached_property
    def cost(self) -> Cost:
        """See ``Job``; with ``shared``, all photos of the folder are looked at before the first map."""
        one = super().cost
        if self._shared is None or self._key(self._shared, self.request.seed) in _found:
            return one
        return replace(one, seconds=one.seconds * (1 + len(self._shared)))

    def engine_arguments(self, output: OutputSpec) -> dict[str, Any]:
        """See ``PhotoJob``; ``shared`` are labels here, not a folder."""
        found = super().engine_arguments(output)
        return {**found, "shared": None if self._shared is None else self._labels(self._shared, output.seed)}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``; of the folder of ``shared`` the name alone, and a hash of its photos, on which labels depend."""
        found = {**super().settings}
        if self._shared is not None:
            found["own"] = {**found["own"], "shared": Path(self.request.own["shared"]).resolve().name}
            found["shared_sha256"] = _sha256(self._shared)
        return found

    def finished(self, made: Any) -> Any:
        """The label map as a picture, with each label in a flat colour."""
        from calotype.image.labels import flat_colours

        index = made[0]
        colours = flat_colours(int(index.max()) + 1)
        return LabelMap(index.cpu().numpy().astype("uint8"), colours, self.photo.name).image()


def segment(
    photo: Annotated[PhotoLike, arguments.PHOTO],
    *,
    classes: Annotated[
        int | None,
        Param(
            "number of labels; default: estimated, at most 8; 8 for labels that photos share",
            kind="whole",
            metavar="COUNT",
            first=True,
        ),
    ] = None,
    shared: Annotated[
        str | Path | None,
        Param(
            "a folder of photos that share their labels, found in all of them together: a colour then means the same "
            "in every map",
            kind="folder",
            metavar="FOLDER",
            first=True,
        ),
    ] = None,
    seed: Annotated[
        int, Param("seed of the clustering; another may give other regions", kind="seed", metavar="NUMBER", at_least=0)
    ] = 0,
    engine: Annotated[str, arguments.ENGINE] = "superpixels",
    preset: Annotated[str, arguments.PRESET] = "fast",
    **options: Unpack[EngineOptions],
) -> Result:
    """Make a label map of a photo: regions of similar appearance, each in a flat colour.

    Labels are clusters of appearance (sky, leaves, stone), not recognised objects. Edit a copy of the map in any paint
    program and rearrange the photo accordingly: calotype segment photo.jpg, then calotype relayout photo.jpg
    photo_segment_0.png changed.png. Maps of a folder whose labels are shared by its photos are what draw takes
    without a model.

    Args:
        photo: a path, PIL image, array or ``Photo``.
        classes: number of labels, 2 to 255; ``None``: estimated, at most 8; 8 with ``shared``. There are fewer if the
            photo has fewer distinct regions.
        shared: a folder of photos that share their labels, such as that of the photo; ``classes`` are then those of
            all photos together.
        seed: seed of the clustering.
        engine: name of the engine; ``calotype engines`` lists them.
        preset: name of one of the engine's presets.
        options: see ``EngineOptions``.

    Returns:
        One picture, RGB, of the photo's size; ``save`` writes it. ``calotype.open_labels(result[0])`` returns the
        class numbers.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        Stopped: ``run`` was stopped.
    """
    return SegmentJob.of(locals()).result()


def is_auto(labels: LabelMapLike | None) -> bool:
    """Whether the automatic label map is requested instead of a given one."""
    return labels is None or (isinstance(labels, str) and labels == AUTO)


def map_of(photo: Photo, device: str) -> Photo:
    """The automatic label map of a photo, made with default settings, as a picture named ``auto``.

    Raises:
        InputError: the photo is too small.
    """
    from calotype.image.io import open_photo

    request = SegmentJob.ordered(
        classes=None, engine="superpixels", preset="fast", settings=None, max_side=None, device=device
    )
    made, _ = SegmentJob(request, photo).make(OutputSpec(0))
    return replace(open_photo(made), name=AUTO)

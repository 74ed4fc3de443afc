"""The job of the verb ``draw`` without a model: patches of photos with label maps, put together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from calotype.errors import ArgumentError, InputError, counted, listed
from calotype.files import shown
from calotype.kinds import KINDS
from calotype.kinds.kind import Reading
from calotype.tasks.aligned import same_shape
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.job import Job, common_settings, converted
from calotype.tasks.outputs import OutputSpec
from calotype.types import Cost, LabelMap, Photo, Size

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from calotype.data.maps import MapSet
    from calotype.run import Run
    from calotype.tasks.request import Request

PHOTOS_ENGINE = "gpnn"
_MOST = 1_000_000  # pixels of a result whose size was not given
_COLOUR_SIDE = 64  # pixels of the photos whose colours are compared
_MOST_FILES = 50_000  # entries of the folder whose changes are noticed
_USUAL_OF = 24  # photos from which the usual colours of labels are computed


class Lenders(NamedTuple):
    """A folder of photos with label maps, as it is now.

    Attributes:
        path: the folder.
        files: its files, each with the time of its last change, nanoseconds; of a very large folder the first ones, as
            a home folder given by mistake should be refused at once.
    """

    path: str
    files: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, path: str) -> Lenders:
        """The folder ``path``; without files if it cannot be read."""
        found = sorted(file for file in islice(Path(path).rglob("*"), _MOST_FILES) if file.is_file())
        return cls(path, tuple((str(file), file.stat().st_mtime_ns) for file in found))


@lru_cache(maxsize=2)
def _photos(lenders: Lenders) -> MapSet:
    """The photos with label maps in a folder.

    Raises:
        InputError: there are none.
    """
    from calotype.data.maps import map_set

    folder = Path(lenders.path)
    if not folder.is_dir():
        raise InputError(f"{shown(folder)} is no folder: give one of photos with label maps, --photos FOLDER (photos=)")
    found = map_set(folder)
    _check_shapes(found)
    return found


def _check_shapes(photos: MapSet) -> None:
    """Check that each map has the aspect ratio of its photo, of which sizes alone are read.

    Raises:
        InputError: some have not; the message names them.
    """
    from calotype.image.io import upright_size

    sizes = [(picture, upright_size(picture), upright_size(index)) for picture, index in photos.pairs]
    other = [
        f"'{picture.name}' {photo} and its map {labels}"
        for picture, photo, labels in sizes
        if photo and labels and not same_shape(photo, labels)
    ]
    if other:
        raise InputError(
            f"{counted(len(other), 'map')} of the photos for --photos (photos=) cannot be used, as the shape differs: "
            f"{listed(other)}; give maps of the photos' sizes or aspect ratios"
        )


@lru_cache(maxsize=2)
def _shares(lenders: Lenders) -> torch.Tensor:
    """Where the labels lie in the map of each photo, where it is opaque, [n, classes, g, g].

    Raises:
        InputError: a map cannot be read.
    """
    import torch

    from calotype.matching.retrieval import label_shares

    photos = _photos(lenders)
    maps = (torch.from_numpy(_seen_labels(photos, i)).long()[None] for i in range(len(photos.pairs)))
    return torch.stack([label_shares(torch.where(x < photos.classes, x, -1), photos.classes) for x in maps])


def _seen_labels(photos: MapSet, number: int) -> NDArray[np.uint8]:
    """The label map of a photo without its transparent pixels; the whole map where the photo cannot be read."""
    from calotype.image.io import open_photo
    from calotype.image.reading import may_be_transparent

    index = photos.label_map(number)
    try:
        path = photos.pairs[number][0]
        return _opaque(index, open_photo(path, max_side=max(16, *index.shape))) if may_be_transparent(path) else index
    except InputError:  # it may not be needed
        return index


def _opaque(index: NDArray[np.uint8], photo: Photo) -> NDArray[np.uint8]:
    """A label map [h, w] without the classes of a photo's transparent pixels."""
    if photo.alpha is None:
        return index
    import numpy as np

    from calotype.image.classmap import NO_CLASS

    height, width = index.shape
    rows, columns = (np.arange(n) * side // n for n, side in zip((height, width), photo.alpha.shape))
    return np.where(photo.alpha[rows][:, columns] < 128, np.uint8(NO_CLASS), index)


@lru_cache(maxsize=512)
def _colours(lenders: Lenders, number: int) -> torch.Tensor:
    """The mean colour of each label in a photo, [classes, 4], see ``calotype.matching.light``.

    Zeros, as of no label, if the photo or its map cannot be read: it may not be needed.
    """
    import torch

    from calotype.image.io import open_photo, to_tensor
    from calotype.image.resize import resize
    from calotype.matching.light import label_colours

    photos = _photos(lenders)
    try:
        opened = open_photo(photos.pairs[number][0], max_side=2 * _COLOUR_SIDE)
        labels = torch.from_numpy(_opaque(photos.label_map(number), opened)).long()
        photo = to_tensor(opened)[:, :3]
    except InputError:
        return torch.zeros(photos.classes, 4)
    small = resize(photo, (_COLOUR_SIDE, _COLOUR_SIDE))
    rows, columns = (torch.arange(_COLOUR_SIDE) * side // _COLOUR_SIDE for side in labels.shape)
    return label_colours(small, labels[rows][:, columns][None], photos.classes)


def opened_layout(value: Any, request: Request) -> LabelMap:
    """A layout with the classes of the photos' maps.

    Raises:
        InputError: it cannot be read, or has a colour or number of no class; the message names it.
    """
    photos = _photos(Lenders.of(str(request.own["photos"])))
    about = {"names": photos.names, "colours": photos.colours}
    layout: LabelMap = KINDS["label map"].read(value, Reading(None, about))
    return layout


def for_models(name: str) -> ArgumentError:
    """The error for an input that only models take."""
    flag = f"--{name.replace('_', '-')} ({name}=)"
    return ArgumentError(f"{flag} is for models: leave it out, or give --model NAME in place of --photos")


class PhotosJob(Job):
    """Job of the verb ``draw`` with a folder of photos."""

    verb = "draw"
    takes = ("layout",)
    main = "layout"

    @classmethod
    def create(cls, request: Request, inputs: Mapping[str, Any], run: Run | None = None) -> Self:
        """See ``Job``."""
        return cls(request, run, **inputs)

    def __init__(self, request: Request, run: Run | None = None, **inputs: Any) -> None:
        """Read the layout, and find the photos for the first output.

        Raises:
            InputError: the layout or a map cannot be used, no photo has a class of the layout, or an input is for
                models.
        """
        self.request, self._given_run = request, run
        self._lenders = Lenders.of(str(request.own["photos"]))
        for name, value in inputs.items():
            if value is not None and name != "layout":
                raise for_models(name)
        self.layout = opened_layout(inputs["layout"], request)
        self.inputs = {"layout": self.layout}
        nearest = self._photo(self.chosen(request.seed)[0])
        pixels = min(nearest.size.pixels, _MOST)
        scale = (pixels / self.layout.size.pixels) ** 0.5
        own = Size(max(1, round(self.layout.size.height * scale)), max(1, round(self.layout.size.width * scale)))
        self.size = request.size or own
        _ = self.cost

    def doubts(self) -> tuple[str, ...]:
        """See ``Job``: photos without a map, which are left out."""
        return (_photos(self._lenders).note,)

    def chosen(self, seed: int) -> list[int]:
        """The numbers of the photos for a seed, the one whose map is nearest in the lead.

        Raises:
            InputError: no photo has a class of the layout.
        """
        from calotype.matching.light import unlike
        from calotype.matching.retrieval import chosen, label_shares

        photos, target = _photos(self._lenders), KINDS["label map"].tensor(self.layout, "cpu")
        shares = label_shares(target, photos.classes)
        return chosen(
            shares,
            _shares(self._lenders),
            photos.names,
            rank=seed - self.request.seed,
            unlike=lambda one, other: unlike(_colours(self._lenders, one), _colours(self._lenders, other)),
        )

    def _photo(self, number: int) -> Photo:
        from calotype.image.io import open_photo

        return open_photo(_photos(self._lenders).pairs[number][0])

    @cached_property
    def cost(self) -> Cost:
        """See ``Job``."""
        import numpy as np

        sizes = [self._fitted(self._photo(number).size) for number in self.chosen(self.request.seed)]
        cost: Cost = self.package.draw_cost(
            [(size.height, size.width) for size in sizes],
            (self.size.height, self.size.width),
            len(np.unique(self.layout.index)),
            self.config,
        )
        return cost

    def _fitted(self, size: Size) -> Size:
        """The size of a photo shrunk to the number of pixels of the result, if it has more."""
        scale = min(1.0, (self.size.pixels / size.pixels) ** 0.5)
        return Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))

    def make(self, output: OutputSpec) -> tuple[Any, float]:
        """See ``Job``."""
        from calotype.image.labelmap import fitted

        began = time.perf_counter()
        made = [self._with_map(number) for number in self.chosen(output.seed)]
        target = KINDS["label map"].tensor(fitted(self.layout, self.size), self.run.device)
        found = self.package.draw(
            [photo for photo, _ in made],
            self.config,
            self.run,
            maps=[labels for _, labels in made],
            target=target,
            seed=output.seed,
            usual=self._usual_colours(),
        )
        return converted(found, self.declared.output), time.perf_counter() - began

    def _usual_colours(self) -> torch.Tensor | None:
        """The usual colours of the labels in the photos whose maps are most like the layout, [classes, 4].

        ``None`` if they are not asked for.
        """
        if not self.config.usual_light:
            return None
        from calotype.matching.light import usual_colours
        from calotype.matching.retrieval import label_shares, most_alike

        target = label_shares(KINDS["label map"].tensor(self.layout, "cpu"), _photos(self._lenders).classes)
        numbers = most_alike(target, _shares(self._lenders), _USUAL_OF)
        return usual_colours([_colours(self._lenders, number) for number in numbers])

    def _with_map(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """A photo [1, 3, H, W] and its map [1, H, W], at the size that they are used at.

        Transparent pixels have no class, so that they are not drawn.

        Raises:
            InputError: they do not belong together.
        """
        from calotype.image.io import to_tensor
        from calotype.image.labelmap import fitted
        from calotype.image.resize import resize

        photos, photo = _photos(self._lenders), self._photo(number)
        index = _opaque(photos.label_map(number), photo)
        name = photos.pairs[number][1].stem
        labels = of_photo(LabelMap(index, photos.colours, name, photos.pairs[number][1], ()), photo)
        size = self._fitted(photo.size)
        small = resize(to_tensor(photo, self.run.device)[:, :3], (size.height, size.width))
        return small, KINDS["label map"].tensor(fitted(labels, size), self.run.device)

    @property
    def name(self) -> str:
        """The name of the layout."""
        return str(self.layout.name)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """See ``Job``; of the folder of photos the name alone, and the hashes of those that were used."""
        used = [self._photo(number).sha256 for number in self.chosen(self.request.seed)]
        own = {name: value for name, value in self.request.own.items() if value is not None}
        return {
            **common_settings(self),
            "own": {**own, "photos": Path(self._lenders.path).resolve().name},
            "pictures": self.identities(["layout"]),
            "photos_sha256": used,
        }

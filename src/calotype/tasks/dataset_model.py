"""The model that a data set and settings belong to: found where it was trained before, or trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import declared, load
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_store
from calotype.tasks.photo_model import PreviewWriter
from calotype.tasks.progress import done, done_at, shares_of
from calotype.types import Cost, Size

if TYPE_CHECKING:
    import torch

    from calotype.data.maps import MapSet
    from calotype.data.stream import DataSet
    from calotype.run import Run

_LOOKED_AT = 4096  # bytes at either end of a file that tell it from another one of its size


@dataclass(frozen=True)
class Dataset:
    """A folder of pictures, perhaps with label maps, to learn from; not opened yet.

    Attributes:
        folder: where they are, sub-folders included.
        learns: what is learned from, as in ``System.learns``.
    """

    folder: Path
    learns: tuple[str, ...] = ("image",)

    @property
    def name(self) -> str:
        """What to call it."""
        return self.folder.resolve().name or "photos"

    @property
    def _with_maps(self) -> bool:
        return "label map" in self.learns

    @cached_property
    def _maps(self) -> MapSet:
        from calotype.data.maps import map_set

        if not self.folder.is_dir():
            raise InputError(f"there is no folder {shown(self.folder)}: give a folder of pictures with label maps")
        return map_set(self.folder)

    @cached_property
    def files(self) -> list[Path]:
        """The pictures in it.

        Raises:
            InputError: there is no such folder, no picture in it, or no map where maps are learned from.
        """
        from calotype.data.folder import pictures_below

        if self._with_maps:
            return [picture for picture, _ in self._maps.pairs]
        return pictures_below(self.folder)

    @cached_property
    def sha256(self) -> str:
        """What tells it from every other set: of each picture its place in the folder, its size, its beginning and end;
        of label maps, where they are learned from, all bytes.

        Raises:
            InputError: a file cannot be read.
        """
        digest = hashlib.sha256()
        for path in self.files:
            try:
                with path.open("rb") as file:
                    size = path.stat().st_size
                    digest.update(f"{path.relative_to(self.folder).as_posix()}\0{size}\0".encode())
                    digest.update(file.read(_LOOKED_AT))
                    file.seek(max(0, size - _LOOKED_AT))
                    digest.update(file.read(_LOOKED_AT))
            except OSError as error:
                raise InputError(f"{shown(path)} cannot be read ({error.strerror}): mend or remove it") from error
        if self._with_maps:
            from calotype.data.maps import maps_sha256

            maps = self._maps
            digest.update(f"maps {maps_sha256(maps.pairs)} {maps.names} {maps.colours}".encode())
        return digest.hexdigest()

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the set says of itself, JSON-ready: ``count``, and with maps ``classes``, ``names`` and ``colours``.

        Raises:
            InputError: as ``files``.
        """
        about: dict[str, Any] = {"count": len(self.files)}
        if self._with_maps:
            maps = self._maps
            colours = [list(colour) for colour in maps.colours]
            about |= {"classes": maps.classes, "names": list(maps.names), "colours": colours}
        return about

    def opened(self, size: tuple[int, int], on_progress: Callable[[int, int], object] | None = None) -> DataSet:
        """The samples at one size (height, width), decoded and kept.

        Raises:
            InputError: none of them can be read.
            OutputError: they cannot be kept.
        """
        if self._with_maps:
            return self._maps.opened(size, on_progress)
        from calotype.data.folder import Folder

        return Folder(self.folder, size, on_progress=on_progress)


@dataclass(frozen=True)
class DatasetModel:
    """A model of a data set, finished or not.

    Attributes:
        photos: what it learns from.
        engine: name of the model's system, as in ``catalog.MODELS``.
        preset: the preset that ``config`` came from, and ``changes`` what was set on top of it: for people to read.
        config: the model's configuration, adapted to the data set.
        changes: see ``preset``.
        seed: of the training.
        chosen: the folder it is to be in; ``None`` for the one in the model store.
    """

    photos: Dataset
    engine: str
    preset: str
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    chosen: Path | None = None

    @property
    def subject(self) -> str:
        """The name of the data set."""
        return self.photos.name

    @property
    def size(self) -> Size:
        """Of the pictures that it learns from."""
        return Size(*model_of(self.engine).picture_size(self.config))

    @cached_property
    def key(self) -> str:
        """What tells it from every other model."""
        return model_store.key_of(self.photos.sha256, self.size, self.engine, self.config, self.seed)

    @cached_property
    def folder(self) -> Path:
        """Where it is, or will be.

        Raises:
            InputError: the chosen folder holds something else.
        """
        if self.chosen is None:
            return model_store.place_of(self.photos.name, self.engine, self.key)
        return model_store.chosen_place(self.chosen, self.key, "other photos")

    @property
    def finished(self) -> bool:
        """Whether it can be used."""
        return model_store.is_finished(self.folder)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in the order they are worked."""
        names: list[str] = model_of(self.engine).stages(self.config)
        return names

    @property
    def finished_stages(self) -> list[str]:
        """The stages that a stopped training has behind it."""
        ended = model_store.finished_stages(self.folder)
        return [stage for stage in self.stages if stage in ended]

    @cached_property
    def cost(self) -> Cost:
        """What the whole training is expected to take on this machine, in one process."""
        expected: Cost = model_of(self.engine).training_cost(self.config)
        return expected

    @cached_property
    def shares(self) -> dict[str, float]:
        """About how much of the work each stage is; they add up to 1."""
        stages = self.stages
        efforts = model_of(self.engine).efforts(self.config) if declared(self.engine).efforts else [1.0] * len(stages)
        return shares_of(dict(zip(stages, efforts)))

    @property
    def previews(self) -> Path:
        """Where a picture of each stage is put, and replaced as it goes on."""
        return self.folder / "previews"

    def done(self) -> float:
        """How much of the work an earlier training has done already, 0..1."""
        return done(self.folder, self.shares)

    def done_at(self, stage: str, step: int, steps: int) -> float:
        """How much of the work is done, 0..1, after so many steps of so many of a stage."""
        return done_at(self.shares, stage, step, steps)

    def train(self, run: Run) -> None:
        """Train it, or go on with it; nothing is done where it is finished.

        Where several processes train together, all of them call this; the first alone writes.

        Raises:
            Busy: another process trains it.
            InputError: the data set cannot be learned from.
            OutputError: it cannot be kept.
            Stopped: the run was asked to stop; the same call goes on.
        """
        from calotype import distributed, saving
        from calotype.data.stream import Stream

        if self.finished:
            return
        first = distributed.rank() == 0
        with model_store.locked(self.folder) if first else nullcontext():
            if first and not model_store.described(self.folder):
                model_store.describe(self.folder, self._about())
            module = model_of(self.engine)
            with _first_process_first():
                samples = self.photos.opened(module.picture_size(self.config))
            batch = module.batch_size(self.config)
            stream = Stream(samples, batch, seed=self.seed, rank=distributed.rank(), world=distributed.world())
            previews = PreviewWriter(self.folder, run.on_event)
            part = run.within(self.folder, seed=self.seed, on_event=previews)
            net = module.train(stream, self.config, part)
            if first:
                self._save(saving.write, net, previews)
                model_store.forget_state(self.folder)
            distributed.barrier()

    def _save(self, write: Callable[..., None], net: torch.nn.Module, previews: PreviewWriter) -> None:
        size, preview = (self.size.height, self.size.width), previews.of(self.stages[-1])
        about = self.photos.about if declared(self.engine).learns_maps else None
        write(self.folder, self.engine, self.config, net, self.photos.sha256, size, preview, about)

    def _about(self) -> dict[str, Any]:
        about = {
            "key": self.key,
            "engine": self.engine,
            "preset": self.preset,
            "set": dict(self.changes),
            "for": next(iter(declared(self.engine).verbs)),
            "config": asdict(self.config),
            "seed": self.seed,
            "stages": self.stages,
            "photo": self.photos.name,
            "photos": len(self.photos.files),
            "photo_sha256": self.photos.sha256,
            "size": str(self.size),
        }
        return {**about, "about": self.photos.about} if declared(self.engine).learns_maps else about

    def net(self, device: torch.device) -> torch.nn.Module:
        """The finished net, as it lies on the disk.

        Raises:
            InputError: it is damaged, or from a version that is not known here.
        """
        return load(self.folder).net.to(device)


@contextmanager
def _first_process_first() -> Iterator[None]:
    """The first process does the block before the others: what it keeps on the disk they find there."""
    from calotype import distributed

    if distributed.rank() > 0:
        distributed.barrier()
    yield
    if distributed.rank() == 0:
        distributed.barrier()

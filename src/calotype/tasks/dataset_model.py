"""Models of a data set: looked up in the model store by data set, system and settings, or trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import declared
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_store
from calotype.tasks.model_card import weights_of, write_card
from calotype.tasks.progress import shares_of
from calotype.tasks.stored_model import PreviewWriter, StoredModel
from calotype.types import Cost, Size

if TYPE_CHECKING:
    import torch

    from calotype.data.maps import MapSet
    from calotype.data.stream import DataSet
    from calotype.run import Run

_HASHED_BYTES = 4096  # of each end of a picture file, for the hash of the data set


@dataclass(frozen=True)
class Dataset:
    """A folder of training pictures, optionally with label maps; not opened yet.

    Attributes:
        folder: the folder; sub-folders are included.
        learns: kinds of training data, as in ``System.learns``.
    """

    folder: Path
    learns: tuple[str, ...] = ("image",)

    @property
    def name(self) -> str:
        """Name of the data set: that of its folder."""
        return self.folder.resolve().name or "photos"

    @property
    def _with_maps(self) -> bool:
        return "label map" in self.learns

    @property
    def _with_objects(self) -> bool:
        return "objects" in self.learns

    @cached_property
    def _maps(self) -> MapSet:
        from calotype.data.maps import map_set

        if not self.folder.is_dir():
            raise InputError(f"there is no folder {shown(self.folder)}: give a folder of pictures with label maps")
        return map_set(self.folder)

    @cached_property
    def files(self) -> list[Path]:
        """The picture files.

        Raises:
            InputError: there is no such folder, it has no pictures, or no label maps where they are needed.
        """
        from calotype.data.folder import pictures_below

        if self._with_maps:
            return [picture for picture, _ in self._maps.pairs]
        if self._with_objects:
            from calotype.data.objects import object_pictures

            return object_pictures(self.folder)
        return pictures_below(self.folder)

    @cached_property
    def sha256(self) -> str:
        """Hash that identifies the data set: of each picture's relative path, file size, first and last bytes, and of
        the complete label maps if they are used.

        Raises:
            InputError: a file cannot be read.
        """
        digest = hashlib.sha256()
        for path in self.files:
            try:
                with path.open("rb") as file:
                    size = path.stat().st_size
                    digest.update(f"{path.relative_to(self.folder).as_posix()}\0{size}\0".encode())
                    digest.update(file.read(_HASHED_BYTES))
                    file.seek(max(0, size - _HASHED_BYTES))
                    digest.update(file.read(_HASHED_BYTES))
            except OSError as error:
                raise InputError(f"{shown(path)} cannot be read ({error.strerror}): repair or remove it") from error
        if self._with_maps:
            from calotype.data.maps import maps_sha256

            maps = self._maps
            digest.update(f"maps {maps_sha256(maps.pairs)} {maps.names} {maps.colours}".encode())
        if self._with_objects:
            from calotype.data.objects import objects_sha256

            digest.update(f"objects {objects_sha256(self.folder)}".encode())
        return digest.hexdigest()

    @cached_property
    def about(self) -> dict[str, Any]:
        """JSON-ready description of the set: ``count``, and with maps or objects ``classes``, ``names``, ``colours``.

        Raises:
            InputError: as ``files``.
        """
        about: dict[str, Any] = {"count": len(self.files)}
        if self._with_maps:
            maps = self._maps
            colours = [list(colour) for colour in maps.colours]
            about |= {"classes": maps.classes, "names": list(maps.names), "colours": colours}
            about |= {"things": list(maps.things)} if maps.things else {}
        if self._with_objects:
            from calotype.data.objects import object_classes

            about |= object_classes(self.folder)
        return about

    def opened(
        self, size: tuple[int, int], on_progress: Callable[[int, int], object] | None = None, *, classes: int = 0
    ) -> DataSet:
        """The samples at one size (height, width in pixels), decoded and cached.

        Args:
            size: of the pictures.
            on_progress: called with the number of decoded pictures and the total.
            classes: how many classes a model learns that learns labels: the folder has a sub-folder for each; 0: none.

        Raises:
            InputError: no sample can be read, or the folder has another number of sub-folders.
            OutputError: the cache cannot be written.
        """
        if self._with_maps:
            return self._maps.opened(size, on_progress)
        if self._with_objects:
            from calotype.data.objects import opened_objects

            return opened_objects(self.folder, size, on_progress)
        if classes:
            from calotype.data.labelled import Labelled

            found = Labelled(self.folder, size, on_progress=on_progress)
            if len(found.names) != classes:
                raise InputError(
                    f"{shown(self.folder)} has {len(found.names)} subfolders with pictures, one for each class: give "
                    f"--set classes={len(found.names)}"
                )
            return found
        from calotype.data.folder import Folder

        return Folder(self.folder, size, on_progress=on_progress)


@dataclass(frozen=True)
class DatasetModel(StoredModel):
    """A model of a data set, finished or not.

    Attributes:
        photos: the training data.
        engine: name of the model's system, as in ``catalog.MODELS``.
        preset: name of the preset of ``config``; for display, like ``changes``.
        config: the model's configuration, adapted to the data set.
        changes: settings that override the preset.
        seed: seed of the training.
        chosen: folder chosen by the user; ``None`` for the model store.
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
        """Size of the training pictures, pixels."""
        return Size(*model_of(self.engine).picture_size(self.config))

    @cached_property
    def key(self) -> str:
        """Unique key of the model."""
        return model_store.key_of(self.photos.sha256, self.size, self.engine, self.config, self.seed)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in training order."""
        names: list[str] = model_of(self.engine).stages(self.config)
        return names

    @cached_property
    def cost(self) -> Cost:
        """Expected time and memory of the training on this machine, in one process."""
        expected: Cost = model_of(self.engine).training_cost(self.config)
        return expected

    @cached_property
    def shares(self) -> dict[str, float]:
        """Approximate fraction of the work of each stage; the values sum to 1."""
        stages = self.stages
        efforts = model_of(self.engine).efforts(self.config) if declared(self.engine).efforts else [1.0] * len(stages)
        return shares_of(dict(zip(stages, efforts)))

    def train(self, run: Run) -> None:
        """Train the model or resume its training; do nothing if it is finished.

        In distributed training all processes call this; only rank 0 writes files.

        Raises:
            Busy: another process trains it.
            InputError: the model cannot be trained on the data set.
            OutputError: the model cannot be saved.
            Stopped: the run was stopped; the same call resumes the training.
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
            with _rank_zero_first():
                classes = int(getattr(self.config, "classes", 0))
                samples = self.photos.opened(module.picture_size(self.config), classes=classes)
            batch = module.batch_size(self.config)
            stream = Stream(samples, batch, seed=self.seed, rank=distributed.rank(), world=distributed.world())
            previews = PreviewWriter(self.folder, run.on_event)
            training_run = run.within(self.folder, seed=self.seed, on_event=previews)
            net = module.train(stream, self.config, training_run)
            if first:
                self._save(saving.write, net, previews)
                write_card(self.folder, parameters=weights_of(net), source=self.photos.folder)
                model_store.forget_state(self.folder)
            distributed.barrier()

    def _save(self, write: Callable[..., None], net: torch.nn.Module, previews: PreviewWriter) -> None:
        size, preview = (self.size.height, self.size.width), previews.of(self.stages[-1])
        about = self.photos.about if declared(self.engine).learns_classes else None
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
        return {**about, "about": self.photos.about} if declared(self.engine).learns_classes else about


@contextmanager
def _rank_zero_first() -> Iterator[None]:
    """Run the block in rank 0 before the other ranks, which then find its files on disk."""
    from calotype import distributed

    if distributed.rank() > 0:
        distributed.barrier()
    yield
    if distributed.rank() == 0:
        distributed.barrier()

"""The model that a set of photos and settings belong to: found where it was trained before, or trained."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import load
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_store
from calotype.tasks.photo_model import Previews
from calotype.tasks.progress import done, done_at, shares_of
from calotype.types import Cost, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from calotype.data.folder import Folder
    from calotype.run import Run

_LOOKED_AT = 4096  # bytes at either end of a file that tell it from another one of its size


@dataclass(frozen=True)
class Dataset:
    """A folder of photos to learn from, not opened yet.

    Attributes:
        folder: where they are, sub-folders included.
    """

    folder: Path

    @property
    def name(self) -> str:
        """What to call it."""
        return self.folder.resolve().name or "photos"

    @cached_property
    def files(self) -> list[Path]:
        """The photos in it.

        Raises:
            InputError: there is no such folder, or no photo in it.
        """
        from calotype.data.folder import pictures_below

        return pictures_below(self.folder)

    @cached_property
    def sha256(self) -> str:
        """What tells it from every other set: of each file its place in the folder, its size, its beginning and end.

        Raises:
            InputError: a photo cannot be read.
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
        return digest.hexdigest()

    def opened(self, size: tuple[int, int]) -> Folder:
        """The photos at one size (height, width), decoded and kept.

        Raises:
            InputError: none of them can be read.
            OutputError: they cannot be kept.
        """
        from calotype.data.folder import Folder

        return Folder(self.folder, size)


@dataclass(frozen=True)
class DatasetModel:
    """A model of many photos, finished or not.

    Attributes:
        photos: what it learns from.
        system: name of the model, as in ``catalog.MODELS``.
        preset: the preset that ``config`` came from, and ``changes`` what was set on top of it: for people to read.
        config: the model's configuration.
        changes: see ``preset``.
        seed: of the training.
        chosen: the folder it is to be in; ``None`` for the one in the cache.
    """

    photos: Dataset
    system: str
    preset: str
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    chosen: Path | None = None

    @property
    def subject(self) -> str:
        """The name of the set."""
        return self.photos.name

    @property
    def size(self) -> Size:
        """Of the pictures that it learns from."""
        return Size(*model_of(self.system).picture_size(self.config))

    @cached_property
    def key(self) -> str:
        """What tells it from every other model."""
        return model_store.key_of(self.photos.sha256, self.size, self.system, self.config, self.seed)

    @cached_property
    def folder(self) -> Path:
        """Where it is, or will be.

        Raises:
            InputError: the chosen folder holds something else.
        """
        if self.chosen is None:
            return model_store.place_of(self.photos.name, self.system, self.key)
        return model_store.chosen_place(self.chosen, self.key, "other photos")

    @property
    def finished(self) -> bool:
        """Whether it can be sampled."""
        return model_store.is_finished(self.folder)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in the order they are worked."""
        names: list[str] = model_of(self.system).stages(self.config)
        return names

    @property
    def finished_stages(self) -> list[str]:
        """The stages that a stopped training has behind it."""
        ended = model_store.finished_stages(self.folder)
        return [stage for stage in self.stages if stage in ended]

    @cached_property
    def cost(self) -> Cost:
        """What the whole training is expected to take on this machine, in one process."""
        expected: Cost = model_of(self.system).training_cost(self.config)
        return expected

    @cached_property
    def shares(self) -> dict[str, float]:
        """About how much of the work each stage is; they add up to 1."""
        return shares_of(dict(zip(self.stages, model_of(self.system).efforts(self.config))))

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
            InputError: the photos cannot be learned from.
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
            module = model_of(self.system)
            with _one_by_one():
                photos = self.photos.opened(module.picture_size(self.config))
            batch = module.batch_size(self.config)
            stream = Stream(photos, batch, seed=self.seed, rank=distributed.rank(), world=distributed.world())
            previews = Previews(self.folder, run.on_event)
            part = run.within(self.folder, seed=self.seed, on_event=previews)
            net = module.train(stream, self.config, part)
            if first:
                size = (self.size.height, self.size.width)
                preview = previews.of(self.stages[-1])
                saving.write(self.folder, self.system, self.config, net, self.photos.sha256, size, preview)
                model_store.forget_state(self.folder)
            distributed.barrier()

    def _about(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "engine": self.system,
            "preset": self.preset,
            "set": dict(self.changes),
            "for": "sample",
            "config": asdict(self.config),
            "seed": self.seed,
            "stages": self.stages,
            "photo": self.photos.name,
            "photos": len(self.photos.files),
            "photo_sha256": self.photos.sha256,
            "size": str(self.size),
        }

    def net(self, device: torch.device) -> torch.nn.Module:
        """The finished net, as it lies on the disk.

        Raises:
            InputError: it is damaged, or from a version that is not known here.
        """
        return load(self.folder).net.to(device)


@contextmanager
def _one_by_one() -> Iterator[None]:
    """The first process does the block before the others: what it keeps on the disk they find there."""
    from calotype import distributed

    if distributed.rank() > 0:
        distributed.barrier()
    yield
    if distributed.rank() == 0:
        distributed.barrier()

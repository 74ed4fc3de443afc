"""Models of a data set: looked up in the model store by data set, system and settings, or trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import declared, load
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.tasks import model_lock, model_store
from calotype.tasks.dataset import Dataset
from calotype.tasks.figures import of_training
from calotype.tasks.leaks import measured, styles_measured
from calotype.tasks.leaks import written as write_leaks
from calotype.tasks.model_card import record, weights_of, write_card
from calotype.tasks.progress import shares_of
from calotype.tasks.stored_model import PreviewWriter, StoredModel
from calotype.types import Cost, Size

if TYPE_CHECKING:
    import torch

    from calotype.data.stream import DataSet
    from calotype.run import Run


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
        start: a model or the file of another program from which the training starts; ``None``: from random weights.
        frozen: how many layers of its discriminator keep their weights.
    """

    photos: Dataset
    engine: str
    preset: str
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    chosen: Path | None = None
    start: Path | None = None
    frozen: int = 0

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
        learned = self.photos.sha256
        if self.start is not None:  # only then, so that the keys of other models do not change
            learned = f"{learned} {self._start_sha256} {self.frozen}"
        return model_store.key_of(learned, self.size, self.engine, self.config, self.seed)

    @cached_property
    def _start_sha256(self) -> str:
        """Hash of the weights that the training starts from."""
        assert self.start is not None
        if self.start.is_dir():
            return model_store.weights_sha256(self.start)
        with self.start.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

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
        with model_lock.locked(self.folder) if first else nullcontext(), self._withdrawn_if_refused(first):
            if first and not model_store.described(self.folder):
                model_store.describe(self.folder, self._about())
            module = model_of(self.engine)
            with _rank_zero_first():
                classes = int(getattr(self.config, "classes", 0))
                samples = self.photos.opened(module.picture_size(self.config), classes=classes, config=self.config)
            _tell(samples, run)
            batch = module.batch_size(self.config)
            stream = Stream(samples, batch, seed=self.seed, rank=distributed.rank(), world=distributed.world())
            previews = PreviewWriter(self.folder, run.on_event)
            training_run = run.within(self.folder, seed=self.seed, on_event=previews)
            begun = {} if self.start is None else {"begun": module.start(self.start), "frozen": self.frozen}
            net = module.train(stream, self.config, training_run, **begun)
            if first:
                record(self.folder, "training", of_training(training_run))
                write_card(self.folder, parameters=weights_of(net), source=self.photos.folder)
                self._save(saving.write, net, previews)
                self._close()
            distributed.barrier()

    def _withdrawn_if_refused(self, first: bool) -> AbstractContextManager[None]:
        return model_store.withdrawn_if_refused(self.folder) if first else nullcontext()

    def _close(self) -> None:
        self._report_leaks()
        super()._close()

    def _report_leaks(self) -> None:
        """Write what each code tells into the folder of a model of identity and pose, or of styles, on the set that it
        learned from.

        A set that is too small for it, or a folder that says nothing of its pictures, is no fault of the training.
        """
        system = declared(self.engine)
        if not system.codes and not system.style_codes:
            return
        try:
            report, _ = (styles_measured if system.style_codes else measured)(load(self.folder), self.photos.folder)
        except InputError:
            return
        write_leaks(self.folder, report)

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
        if self.start is not None:
            about |= {"from": self.start.resolve().name, "from_sha256": self._start_sha256, "frozen": self.frozen}
        return {**about, "about": self.photos.about} if declared(self.engine).learns_classes else about


def _tell(samples: DataSet, run: Run) -> None:
    """Tell the user which samples of a data set could not be read."""
    report: Callable[[], str] | None = getattr(samples, "report", None)
    line = report() if report is not None else ""
    if line:
        run.tell(line)


@contextmanager
def _rank_zero_first() -> Iterator[None]:
    """Run the block in rank 0 before the other ranks, which then find its files on disk."""
    from calotype import distributed

    if distributed.rank() > 0:
        distributed.barrier()
    yield
    if distributed.rank() == 0:
        distributed.barrier()

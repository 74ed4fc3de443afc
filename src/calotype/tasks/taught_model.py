"""A model that learns one more task: a new folder in the model store, so that the model before stays as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import Loaded, declared, load
from calotype.catalog import model as model_of
from calotype.configuration import configured
from calotype.errors import InputError
from calotype.tasks import model_lock, model_store
from calotype.tasks.dataset import Dataset
from calotype.tasks.figures import of_training
from calotype.tasks.model_card import record, weights_of, write_card
from calotype.tasks.stored_model import PreviewWriter, StoredModel
from calotype.types import Cost, Size

if TYPE_CHECKING:
    from calotype.run import Run

_AGAIN = "teach the task again"
_DISTILLING = 1.5  # seconds of a step with distillation, in those of a step without


@dataclass(frozen=True)
class TaughtModel(StoredModel):
    """A trained model with one task more, finished or not.

    Attributes:
        loaded: the model before.
        of: its folder.
        photos: the training data of the new task.
        engine: name of the system of the new model.
        before: its configuration without the new task.
        config: its configuration.
        changes: settings that differ from those of the model before; for display.
        seed: seed of the training.
        chosen: folder chosen by the user; ``None`` for the model store.
    """

    loaded: Loaded
    of: Path
    photos: Dataset
    engine: str
    before: Any
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    chosen: Path | None = None

    @property
    def subject(self) -> str:
        """The names of the tasks."""
        return "+".join(self.config.tasks)

    @property
    def size(self) -> Size:
        """Size of the training pictures, pixels."""
        return Size(*model_of(self.engine).picture_size(self.config))

    @cached_property
    def key(self) -> str:
        """Unique key of the model: of the weights before, the new data, the configuration and the seed."""
        values = [model_store.weights_sha256(self.of), self.photos.sha256, asdict(self.config), self.seed]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def stages(self) -> list[str]:
        """See ``StoredModel``."""
        names: list[str] = model_of(self.engine).stages(self.config)
        return names

    @cached_property
    def shares(self) -> dict[str, float]:
        """See ``StoredModel``."""
        return dict.fromkeys(self.stages, 1.0)

    @cached_property
    def cost(self) -> Cost:
        """Expected time and memory of the training on this machine."""
        expected: Cost = model_of(self.engine).training_cost(self.config)
        distilling = self.config.distillation and not self.config.locked[-1]
        return replace(expected, seconds=expected.seconds * (_DISTILLING if distilling else 1.0))

    @property
    def certificate(self) -> dict[str, Any]:
        """The certificate of a finished model; see ``calotype.models.lifelong.certificate``."""
        from calotype.checkpoint import read_meta

        about = read_meta(self.folder / model_store.WEIGHTS, _AGAIN).get("about", {})
        found: dict[str, Any] = about.get("certificate", {})
        return found

    def train(self, run: Run) -> None:
        """Teach the task or resume its training; do nothing if it is finished.

        Raises:
            Busy: another process trains it.
            InputError: the task contradicts a known one, or its data cannot be used.
            OutputError: the model cannot be saved.
            Stopped: the run was stopped; the same call resumes the training.
        """
        from calotype import saving
        from calotype.data.stream import Stream

        if self.finished:
            return
        module = model_of(self.engine)
        with model_lock.locked(self.folder):
            if not model_store.described(self.folder):
                model_store.describe(self.folder, self._about())
            samples = self.photos.opened(self.config.size, classes=self.config.classes)
            stream = Stream(samples, module.batch_size(self.config), seed=self.seed)
            previews = PreviewWriter(self.folder, run.on_event)
            training_run = run.within(self.folder, seed=self.seed, on_event=previews)
            base = self.loaded.net.to(run.device)
            net = module.teach(stream, self.config, training_run, base=base)
            rows = self.loaded.about.get("certificate", {}).get("accuracy")
            told = module.certificate(base, net, self.before, self.config, run.device, rows)
            about = {**self.photos.about, "certificate": told}
            size, preview = (self.size.height, self.size.width), previews.of(self.stages[-1])
            record(self.folder, "training", of_training(training_run))
            write_card(self.folder, parameters=weights_of(net), source=self.photos.folder)
            saving.write(self.folder, self.engine, self.config, net, self.photos.sha256, size, preview, about)
            self._close()

    def _about(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "engine": self.engine,
            "preset": "taught",
            "set": dict(self.changes),
            "for": next(iter(declared(self.engine).verbs)),
            "config": asdict(self.config),
            "seed": self.seed,
            "stages": self.stages,
            "photo": self.subject,
            "photos": len(self.photos.files),
            "photo_sha256": self.photos.sha256,
            "size": str(self.size),
        }


def teaching(
    model: str | Path,
    photos: Path,
    *,
    name: str | None = None,
    locked: bool = False,
    seed: int = 0,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> TaughtModel:
    """Check the arguments of a further training.

    Args:
        model: a name in the model store, or a folder.
        photos: folder of the new task's data.
        name: of the new task; ``None``: that of the folder.
        locked: whether the task gets filters of its own.
        seed: seed of the training.
        out: output folder; ``None`` for the model store.
        settings: changed settings.

    Raises:
        InputError: an argument is invalid, or the model cannot be taught.
    """
    folder = model_store.folder_of(model)
    if not model_store.is_finished(folder) and model_store.described(folder):
        raise InputError(f"the training of {folder.name} is not finished: finish it before you teach it more")
    loaded = load(folder)
    system = declared(loaded.system)
    if not system.taught_as:
        raise InputError(
            f"a model of the kind {loaded.system} cannot be taught: give one that learned from pairs "
            "(bicyclegan, lifelong)"
        )
    module = model_of(system.taught_as)
    first = str(model_store.described(folder).get("photo", "")) or folder.resolve().name
    before = module.adopted(loaded.config, first)
    dataset = Dataset(photos, system.learns)
    _ = dataset.files  # fails if there are none
    if not before.classes:
        dataset.check_pairs()
    changes = dict(settings or {})
    changed = configured(before, changes, system.taught_as)
    values = {key: getattr(changed, key) for key in changes}
    config = module.taught(before, name or dataset.name, locked=locked, changes=values)
    return TaughtModel(
        loaded, folder, dataset, system.taught_as, before, config, changes, seed, None if out is None else Path(out)
    )

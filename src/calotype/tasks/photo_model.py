"""Models of one photo: looked up in the model store by photo, engine and settings, or trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.catalog import Loaded, declared
from calotype.catalog import engine as engine_of
from calotype.errors import InputError
from calotype.files import shown
from calotype.kinds.layouts import labels_sha256
from calotype.tasks import model_lock, model_store
from calotype.tasks.figures import of_training
from calotype.tasks.model_card import record, weights_of, write_card
from calotype.tasks.progress import shares_of
from calotype.tasks.stored_model import PreviewWriter, StoredModel
from calotype.types import Cost, LabelMap, Photo

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

_PREVIEWS = "previews"


@dataclass(frozen=True)
class PhotoModel(StoredModel):
    """A model of one photo, finished or not.

    Attributes:
        photo: the training photo.
        engine: name of the engine.
        preset: name of the preset of ``config``; for display, like ``changes``.
        config: the engine's configuration, adapted to the verb.
        changes: settings that override the preset.
        seed: seed of the training.
        purpose: the verb that ``config`` is adapted to, in the form of ``purpose_of``; empty for the common model.
        chosen: folder chosen by the user; ``None`` for the model store.
        base: a model that is trained first and whose weights this one starts from.
        labels: the label map of the photo, at its size, if the engine trains on it.
    """

    photo: Photo
    engine: str
    preset: str
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    purpose: str = ""
    chosen: Path | None = None
    base: PhotoModel | None = None
    labels: LabelMap | None = None

    others: ClassVar[str] = "another photo"

    @property
    def subject(self) -> str:
        """The name of the photo."""
        return self.photo.name

    @cached_property
    def key(self) -> str:
        """Unique key of the model."""
        map_sha256 = None if self.labels is None else labels_sha256(self.labels)
        return model_store.key_of(self.photo.sha256, self.photo.size, self.engine, self.config, self.seed, map_sha256)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in training order, without those of the base."""
        base_stages = self.base.stages if self.base else []
        return [name for name in engine_of(self.engine).stages(self._size, self.config) if name not in base_stages]

    @property
    def pending_training(self) -> list[PhotoModel]:
        """The models that must be trained before this one can be sampled, in order, itself included."""
        return [model for model in (self.base, self) if model is not None and not model.finished]

    @property
    def _size(self) -> tuple[int, int]:
        return self.photo.size.height, self.photo.size.width

    @cached_property
    def cost(self) -> Cost:
        """Expected time and memory of the training on this machine, without that of the base."""
        cost: Cost = engine_of(self.engine).training_cost(self._size, self.config)
        return replace(cost, seconds=max(1.0, cost.seconds - self.base.cost.seconds)) if self.base else cost

    @cached_property
    def shares(self) -> dict[str, float]:
        """Approximate fraction of the work of each stage; the values sum to 1."""
        module = engine_of(self.engine)
        all_stages = module.stages(self._size, self.config)
        efforts = module.efforts(self._size, self.config) if declared(self.engine).efforts else [1.0] * len(all_stages)
        return shares_of({stage: effort for stage, effort in zip(all_stages, efforts) if stage in self.stages})

    def train(self, run: Run) -> None:
        """Train the model or resume its training, the base first; do nothing if it is finished.

        Raises:
            Busy: another process trains it.
            InputError: the engine cannot be trained on the photo.
            OutputError: the model cannot be saved.
            Stopped: the run was stopped; the same call resumes the training.
        """
        from calotype import saving
        from calotype.image.io import to_tensor

        if self.finished:
            return
        if self.base is not None:
            self.base.train(run)
        with model_lock.locked(self.folder):
            if self.finished:  # finished by another process in the meantime
                return
            if not model_store.described(self.folder):
                model_store.describe(self.folder, self._about())
            previews = PreviewWriter(self.folder, run.on_event)
            training_run = run.within(self.folder, seed=self.seed, on_event=previews)
            extra = {"base": self.base.net(run.device)} if self.base else self._label_arguments(run.device)
            net = engine_of(self.engine).train(to_tensor(self.photo, run.device), self.config, training_run, **extra)
            preview = previews.of(self.stages[-1])
            record(self.folder, "training", of_training(training_run))
            write_card(self.folder, parameters=weights_of(net))
            saving.write(self.folder, self.engine, self.config, net, self.photo.sha256, self._size, preview)
            self._close()

    def _label_arguments(self, device: torch.device) -> dict[str, torch.Tensor]:
        """The label map as an argument of the engine: class indices, int64 [1, H, W]."""
        import torch

        if self.labels is None:
            return {}
        return {"labels": torch.from_numpy(self.labels.index).long()[None].to(device)}

    def _about(self) -> dict[str, Any]:
        about = {
            "key": self.key,
            "engine": self.engine,
            "preset": self.preset,
            "set": dict(self.changes),
            "for": self.purpose,
            "config": asdict(self.config),
            "seed": self.seed,
            "stages": self.stages,
            "photo": self.photo.source.name if self.photo.source else self.photo.name,
            "photo_sha256": self.photo.sha256,
            "size": str(self.photo.size),
        }
        if self.labels is None:
            return about
        name = self.labels.source.name if self.labels.source else self.labels.name
        return {
            **about,
            "for": "relayout",
            "labels": name,
            "classes": self.labels.classes,
            "labels_sha256": labels_sha256(self.labels),
        }

    def unfinished_net(self, run: Run) -> torch.nn.Module:
        """The net from the finished stages of a stopped training.

        Raises:
            InputError: no stage is finished.
        """
        from calotype.image.io import to_tensor

        training_run = run.within(self.folder, seed=self.seed)
        photo = to_tensor(self.photo, run.device)
        net: torch.nn.Module | None = engine_of(self.engine).unfinished(
            photo, self.config, training_run, **self._label_arguments(run.device)
        )
        if net is None:
            raise self._not_started_error()
        return net

    def check_begun(self) -> None:
        """Refuse a training without a usable stage.

        Raises:
            InputError: no stage is finished.
        """
        if not self.finished and not self.finished_stages:
            raise self._not_started_error()

    def _not_started_error(self) -> InputError:
        return InputError(
            f"no stage of the training on '{self.photo.name}' is finished yet: leave out --unfinished to resume it"
        )


def purpose_of(verb: str, adaptation: Mapping[str, Any]) -> str:
    """Text for a verb that needs its own model, and the parameters of that model: ``upscale factor=2``."""
    return " ".join([verb, *(f"{name}={value:g}" for name, value in adaptation.items())])


def check_purpose(loaded: Loaded, folder: Path, verb: str, adaptation: Mapping[str, Any]) -> None:
    """Refuse a model that was not trained for ``verb`` if that verb needs its own model.

    Raises:
        InputError: the message says how to train one.
    """
    adapts = declared(loaded.system).adapts
    if not adapts or loaded.engine.adapted(loaded.config, verb, **adaptation) == loaded.config:
        return
    about, purpose = model_store.described(folder), purpose_of(verb, adaptation)
    if about.get("preset") == model_store.IMPORTED:  # the purpose of an imported model is unknown
        return
    options = " ".join(["--for", verb, *(f"--{name} {value:g}" for name, value in adaptation.items())])
    raise InputError(
        f"the model in {shown(folder)} was trained for {about.get('for') or 'other verbs'}, not for {purpose}: "
        f"leave out --model (model=), or give one of 'calotype train {loaded.system} PHOTO {options}'"
    )


def check_labels(loaded: Loaded, folder: Path, labels: LabelMap) -> None:
    """Refuse a label map other than the one that the model was trained on.

    Raises:
        InputError: it is another one; the message names the right one.
    """
    about = model_store.described(folder)
    if about.get("labels_sha256", labels_sha256(labels)) == labels_sha256(labels):
        return
    raise InputError(
        f"the model in {shown(folder)} was not trained on the label map '{labels.name}' but on another one "
        f"('{about.get('labels', '?')}', {about.get('classes', '?')} labels): give that one, or leave out --model "
        "(model=)"
    )


def check_photo(loaded: Loaded, folder: Path, photo: Photo) -> None:
    """Refuse a photo other than the one that the model was trained on.

    Raises:
        InputError: it is another one; the message names the right one.
    """
    same_size = loaded.photo_size == (photo.size.height, photo.size.width)
    # An imported model may not record its photo; then only the size can be compared.
    if same_size and loaded.photo_sha256 in ("", photo.sha256):
        return
    about = model_store.described(folder)
    height, width = loaded.photo_size
    name = f"'{about['photo']}', " if about.get("photo") else ""
    raise InputError(
        f"the model in {shown(folder)} was not trained on '{photo.name}' ({photo.size}) but on another photo "
        f"({name}{width}x{height} pixels): give that one, with the same --max-side as in training"
    )

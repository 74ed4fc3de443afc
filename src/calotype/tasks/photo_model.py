"""The model that a photo, an engine and settings belong to: found where it was trained before, or trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from calotype.catalog import Loaded, declared, load
from calotype.catalog import engine as engine_of
from calotype.errors import InputError
from calotype.files import shown, write_whole
from calotype.kinds import labels_sha256
from calotype.tasks import model_store
from calotype.tasks.progress import done, done_at, shares_of
from calotype.types import Cost, LabelMap, Photo

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from calotype.run import Event, Run

_PREVIEWS = "previews"


@dataclass(frozen=True)
class PhotoModel:
    """A model, finished or not.

    Attributes:
        photo: what it learns from.
        engine: name of the engine.
        preset: the preset that ``config`` came from, and ``changes`` what was set on top of it: for people to read.
        config: the engine's configuration, adapted to the verb.
        changes: see ``preset``.
        seed: of the training.
        purpose: the verb that ``config`` is adapted to, as ``purpose_of`` writes it; empty where it serves the others.
        chosen: the folder it is to be in; ``None`` for the one in the cache.
        base: a model that has to be finished first, of which this one takes over what it has learned.
        labels: the map of the photo, of its size, where the engine learns from that too.
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

    @property
    def subject(self) -> str:
        """The name of the photo."""
        return self.photo.name

    @cached_property
    def key(self) -> str:
        """What tells it from every other model."""
        map_sha256 = None if self.labels is None else labels_sha256(self.labels)
        return model_store.key_of(self.photo.sha256, self.photo.size, self.engine, self.config, self.seed, map_sha256)

    @cached_property
    def folder(self) -> Path:
        """Where it is, or will be.

        Raises:
            InputError: the chosen folder holds something else.
        """
        if self.chosen is None:
            return model_store.place_of(self.photo.name, self.engine, self.key)
        return model_store.chosen_place(self.chosen, self.key, "another photo")

    @property
    def finished(self) -> bool:
        """Whether it can be sampled."""
        return model_store.is_finished(self.folder)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in the order they are worked; those of the base are not worked again."""
        behind = self.base.stages if self.base else []
        return [name for name in engine_of(self.engine).stages(self._size, self.config) if name not in behind]

    @property
    def pending_training(self) -> list[PhotoModel]:
        """What is still to be trained before this model can be sampled, in that order."""
        return [model for model in (self.base, self) if model is not None and not model.finished]

    @property
    def _size(self) -> tuple[int, int]:
        return self.photo.size.height, self.photo.size.width

    @cached_property
    def cost(self) -> Cost:
        """What the whole training is expected to take on this machine, the base's left out."""
        cost: Cost = engine_of(self.engine).training_cost(self._size, self.config)
        return replace(cost, seconds=max(1.0, cost.seconds - self.base.cost.seconds)) if self.base else cost

    @cached_property
    def shares(self) -> dict[str, float]:
        """About how much of the work each stage is; they add up to 1."""
        module = engine_of(self.engine)
        every = module.stages(self._size, self.config)
        efforts = module.efforts(self._size, self.config) if declared(self.engine).efforts else [1.0] * len(every)
        return shares_of({stage: effort for stage, effort in zip(every, efforts) if stage in self.stages})

    @property
    def previews(self) -> Path:
        """Where a picture of each finished stage is put."""
        return self.folder / _PREVIEWS

    @property
    def finished_stages(self) -> list[str]:
        """The stages that a stopped training has behind it."""
        ended = model_store.finished_stages(self.folder)
        return [stage for stage in self.stages if stage in ended]

    def done(self) -> float:
        """How much of the work an earlier training has done already, 0..1."""
        return done(self.folder, self.shares)

    def done_at(self, stage: str, step: int, steps: int) -> float:
        """How much of the work is done, 0..1, after so many steps of so many of a stage."""
        return done_at(self.shares, stage, step, steps)

    def train(self, run: Run) -> None:
        """Train it, or go on with it, the base first; nothing is done where it is finished.

        Raises:
            Busy: another process trains it.
            InputError: the photo cannot be learned from.
            OutputError: it cannot be kept.
            Stopped: the run was asked to stop; the same call goes on.
        """
        from calotype import saving
        from calotype.image.io import to_tensor

        if self.finished:
            return
        if self.base is not None:
            self.base.train(run)
        with model_store.locked(self.folder):
            if self.finished:  # since we looked last
                return
            if not model_store.described(self.folder):
                model_store.describe(self.folder, self._about())
            previews = PreviewWriter(self.folder, run.on_event)
            part = run.within(self.folder, seed=self.seed, on_event=previews)
            further = {"base": self.base.net(run.device)} if self.base else self._shown(run.device)
            net = engine_of(self.engine).train(to_tensor(self.photo, run.device), self.config, part, **further)
            preview = previews.of(self.stages[-1])
            saving.write(self.folder, self.engine, self.config, net, self.photo.sha256, self._size, preview)
            model_store.forget_state(self.folder)

    def _shown(self, device: torch.device) -> dict[str, torch.Tensor]:
        """The map as engines take it that learn from one: class indices, int64 [1, H, W]."""
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

    def net(self, device: torch.device) -> torch.nn.Module:
        """The finished net, as it lies on the disk.

        Raises:
            InputError: it is damaged, or from a version that is not known here.
        """
        return load(self.folder).net.to(device)

    def unfinished_net(self, run: Run) -> torch.nn.Module:
        """The net from the stages of a stopped training that are finished.

        Raises:
            InputError: none is.
        """
        from calotype.image.io import to_tensor

        part = run.within(self.folder, seed=self.seed)
        photo = to_tensor(self.photo, run.device)
        net: torch.nn.Module | None = engine_of(self.engine).unfinished(
            photo, self.config, part, **self._shown(run.device)
        )
        if net is None:
            raise self._not_begun()
        return net

    def check_begun(self) -> None:
        """Refuse a training of which nothing can be used yet.

        Raises:
            InputError: no stage is finished.
        """
        if not self.finished and not self.finished_stages:
            raise self._not_begun()

    def _not_begun(self) -> InputError:
        return InputError(
            f"no stage of the training on '{self.photo.name}' is finished yet: leave out --unfinished to train on"
        )


def purpose_of(verb: str, adaptation: Mapping[str, Any]) -> str:
    """A verb that needs a model of its own, and what that depends on: ``upscale factor=2``."""
    return " ".join([verb, *(f"{name}={value:g}" for name, value in adaptation.items())])


class PreviewWriter:
    """Hears what a training says, passes it on, and keeps each stage's last picture as a PNG."""

    def __init__(self, folder: Path, listener: Callable[[Event], object] | None) -> None:
        self._folder, self._listener = folder, listener

    def of(self, stage: str) -> Image | None:
        """The stage's picture, be it from this process or from one before it."""
        from PIL import Image

        path = self._path(stage)
        if not path.exists():
            return None
        with Image.open(path) as picture:
            return picture.copy()

    def _path(self, stage: str) -> Path:
        return self._folder / _PREVIEWS / f"{quote(stage, safe=' ') or 'main'}.png"

    def __call__(self, event: Event) -> None:
        """Keep its picture, if it has one, and pass it on."""
        if event.preview is not None and event.kind == "step":
            from calotype.image.io import to_image

            image = to_image(event.preview)
            write_whole(self._path(event.stage), lambda file: image.save(file, format="PNG"))
        if self._listener is not None:
            self._listener(event)


def check_purpose(loaded: Loaded, folder: Path, verb: str, adaptation: Mapping[str, Any]) -> None:
    """Refuse a model that was not trained for ``verb``, where that needs one of its own.

    Raises:
        InputError: the message says how to train one.
    """
    adapts = declared(loaded.system).adapts
    if not adapts or loaded.engine.adapted(loaded.config, verb, **adaptation) == loaded.config:
        return
    about, purpose = model_store.described(folder), purpose_of(verb, adaptation)
    if about.get("preset") == model_store.IMPORTED:  # what such a model was trained for, only its owner knows
        return
    options = " ".join(["--for", verb, *(f"--{name} {value:g}" for name, value in adaptation.items())])
    raise InputError(
        f"the model in {shown(folder)} was trained for {about.get('for') or 'other verbs'}, not for {purpose}: "
        f"leave out --model (model=), or give one of 'calotype train {loaded.system} PHOTO {options}'"
    )


def check_labels(loaded: Loaded, folder: Path, labels: LabelMap) -> None:
    """Refuse a label map of the photo that the model was not trained on.

    Raises:
        InputError: it is another one; the message says which it should be.
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
    """Refuse a photo that the model was not trained on.

    Raises:
        InputError: it is another one; the message says which it should be.
    """
    same_size = loaded.photo_size == (photo.size.height, photo.size.width)
    # A model from elsewhere may not know its photo; the size is then all there is to go by.
    if same_size and loaded.photo_sha256 in ("", photo.sha256):
        return
    about = model_store.described(folder)
    height, width = loaded.photo_size
    name = f"'{about['photo']}', " if about.get("photo") else ""
    raise InputError(
        f"the model in {shown(folder)} was not trained on '{photo.name}' ({photo.size}) but on another photo "
        f"({name}{width}x{height} pixels): give that one, shrunk with --max-side as it was then"
    )

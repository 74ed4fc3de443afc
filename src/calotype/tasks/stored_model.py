"""What the model of a photo and that of a data set have in common: their folder in the model store and its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from calotype.catalog import load
from calotype.files import remove_parts, write_whole
from calotype.tasks import model_lock, model_store
from calotype.tasks.progress import done, done_at

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from calotype.run import Event

_PREVIEWS = "previews"


class StoredModel(ABC):
    """A model in the model store or in a chosen folder, finished or not."""

    engine: str
    chosen: Path | None
    others: ClassVar[str] = "other photos"  # what a chosen folder may hold a model of instead, in messages

    @property
    @abstractmethod
    def subject(self) -> str:
        """The name of what the model is trained on."""

    @property
    @abstractmethod
    def stages(self) -> list[str]:
        """The names of the stages, in training order."""

    @cached_property
    @abstractmethod
    def key(self) -> str:
        """Unique key of the model."""

    @cached_property
    @abstractmethod
    def shares(self) -> dict[str, float]:
        """Approximate fraction of the work of each stage; the values sum to 1."""

    @cached_property
    def folder(self) -> Path:
        """The folder of the model; it may not exist yet.

        Raises:
            InputError: the chosen folder holds something else.
        """
        if self.chosen is None:
            return model_store.place_of(self.subject, self.engine, self.key)
        return model_store.chosen_place(self.chosen, self.key, self.others)

    @property
    def finished(self) -> bool:
        """Whether the model is trained and can be used."""
        return model_store.is_finished(self.folder)

    @property
    def finished_stages(self) -> list[str]:
        """The stages that are finished."""
        done_stages = model_store.finished_stages(self.folder)
        return [stage for stage in self.stages if stage in done_stages]

    @property
    def previews(self) -> Path:
        """Folder with the latest preview picture of each stage."""
        return self.folder / _PREVIEWS

    def done(self) -> float:
        """Fraction of the work that an earlier run has saved, 0..1."""
        return done(self.folder, self.shares)

    def done_at(self, stage: str, step: int, steps: int) -> float:
        """Fraction of the work that is done, 0..1, after ``step`` of ``steps`` steps of ``stage``."""
        return done_at(self.shares, stage, step, steps)

    def net(self, device: torch.device) -> torch.nn.Module:
        """The finished net, read from disk.

        Raises:
            InputError: the files are damaged or of an unknown version.
        """
        return load(self.folder).net.to(device)

    def tidy(self) -> None:
        """Do what is left to do where a process died after it had saved the finished model, and before the end."""
        if not model_store.has_state(self.folder) or model_store.described(self.folder).get("key") != self.key:
            return
        with suppress(model_lock.Busy), model_lock.locked(self.folder):
            self._close()

    def _close(self) -> None:
        """The end of a training, when the model is saved: what only a training needs is deleted."""
        for folder in (self.folder, self.previews):
            remove_parts(folder)
        model_store.forget_state(self.folder)


class PreviewWriter:
    """Forwards the events of a training and saves the last preview of each stage as a PNG."""

    def __init__(self, folder: Path, listener: Callable[[Event], object] | None) -> None:
        self._folder, self._listener = folder, listener

    def of(self, stage: str) -> Image | None:
        """The saved preview of a stage, from this or an earlier process; ``None`` if there is none."""
        from PIL import Image

        path = self._path(stage)
        if not path.exists():
            return None
        with Image.open(path) as picture:
            return picture.copy()

    def _path(self, stage: str) -> Path:
        return self._folder / _PREVIEWS / f"{quote(stage, safe=' ') or 'main'}.png"

    def __call__(self, event: Event) -> None:
        """Save the preview of an event, if it has one, and forward the event."""
        if event.preview is not None and event.kind == "step":
            from calotype.image.io import to_image

            image = to_image(event.preview)
            write_whole(self._path(event.stage), lambda file: image.save(file, format="PNG"))
        if self._listener is not None:
            self._listener(event)

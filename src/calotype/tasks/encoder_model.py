"""The encoder of a model: trained on the model's own samples, and kept in a folder beside its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import Loaded, declared, load
from calotype.catalog import model as model_of
from calotype.configuration import configured
from calotype.errors import ArgumentError, InputError
from calotype.files import shown
from calotype.tasks import model_lock, model_store
from calotype.tasks.model_store import ENCODER
from calotype.tasks.progress import shares_of
from calotype.tasks.stored_model import PreviewWriter, StoredModel
from calotype.types import Cost, Size

if TYPE_CHECKING:
    import torch

    from calotype.run import Run

_AGAIN = "train it again, calotype train encoder MODEL, or start without it, --start mean (start=)"


@dataclass(frozen=True)
class EncoderModel(StoredModel):
    """The encoder of a model, finished or not.

    Attributes:
        loaded: the model.
        of: its folder.
        config: settings of the encoder.
        changes: those that differ from the default; for display.
        seed: seed of the training.
        chosen: not used: an encoder lies beside its model.
    """

    loaded: Loaded
    of: Path
    config: Any
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    chosen: Path | None = None

    @property
    def engine(self) -> str:  # type: ignore[override]
        """See ``Training``."""
        return self.loaded.system

    @property
    def subject(self) -> str:
        """What it is trained on."""
        return f"samples of {self.of.name}"

    @cached_property
    def folder(self) -> Path:
        """The folder of the encoder; it may not exist yet."""
        return self.of / ENCODER

    @cached_property
    def weights(self) -> str:
        """Hash of the weights of the model."""
        return model_store.weights_sha256(self.of)

    @cached_property
    def key(self) -> str:
        """See ``Training``."""
        values = [self.weights, asdict(self.config), self.seed]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def stages(self) -> list[str]:
        """See ``StoredModel``."""
        names: list[str] = model_of(self.engine).encoder_stages()
        return names

    @cached_property
    def shares(self) -> dict[str, float]:
        """See ``Training``."""
        return shares_of(dict.fromkeys(self.stages, 1.0))

    @cached_property
    def cost(self) -> Cost:
        """See ``Training``."""
        expected: Cost = model_of(self.engine).encoder_cost(self.loaded.config, self.config)
        return expected

    @property
    def finished(self) -> bool:
        """Whether there is an encoder of these weights and settings; without changed settings, one of any settings."""
        if not model_store.is_finished(self.folder):
            return False
        recorded = _recorded(self.folder)
        unchanged = not self.changes and not self.seed and recorded.get("photo_sha256") == self.weights
        return unchanged or recorded.get("about", {}).get("key") == self.key

    @property
    def replaces(self) -> bool:
        """Whether there is an encoder of other settings or weights, which the training replaces at its end."""
        return model_store.is_finished(self.folder) and not self.finished

    def done(self) -> float:
        """See ``StoredModel``; nothing of a training with other settings."""
        return super().done() if model_store.described(self.folder).get("key") == self.key else 0.0

    def train(self, run: Run) -> None:
        """See ``Training``; an encoder of other weights or settings is replaced at the end.

        Raises:
            Busy: another process trains it.
            OutputError: it cannot be saved.
            Stopped: the run was stopped; the same call resumes the training.
        """
        from calotype import saving

        if self.finished:
            return
        with model_lock.locked(self.folder):
            if model_store.described(self.folder).get("key") != self.key:
                model_store.forget_state(self.folder)
                model_store.describe(self.folder, self._about())
            previews = PreviewWriter(self.folder, run.on_event)
            training_run = run.within(self.folder, seed=self.seed, on_event=previews)
            net = self.loaded.net.to(run.device)
            encoder = model_of(self.engine).train_encoder(self.loaded.config, self.config, training_run, net=net)
            about = {"key": self.key, "of": self.engine}
            saving.write(self.folder, ENCODER, self.config, encoder, self.weights, self.loaded.photo_size, None, about)
            self._close()

    def _about(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "engine": ENCODER,
            "of": self.engine,
            "set": dict(self.changes),
            "config": asdict(self.config),
            "seed": self.seed,
            "stages": self.stages,
            "photo": self.subject,
            "photo_sha256": self.weights,
            "size": str(Size(*self.loaded.photo_size)),
        }


def encoder_training(
    model: str | Path, *, seed: int = 0, settings: Mapping[str, Any] | None = None, **others: Any
) -> EncoderModel:
    """Check the arguments of the training of an encoder.

    Args:
        model: a name in the model store, or a folder.
        seed: seed of the training.
        settings: changed settings.
        others: arguments that only other trainings have; they must be empty.

    Raises:
        InputError: an argument is invalid, or there is no encoder for models of that kind.
    """
    for name, flag in (
        ("preset", "--preset"),
        ("purpose", "--for"),
        ("labels", "--labels"),
        ("out", "--out"),
        ("max_side", "--max-side"),
    ):
        if others.get(name):
            raise ArgumentError(f"an encoder is trained on samples of its model: leave out {flag} ({name}=)")
    folder = model_store.folder_of(model)
    if not model_store.is_finished(folder) and model_store.described(folder):
        raise InputError(f"the training of {folder.name} is not finished: finish it before you train an encoder of it")
    loaded = load(folder)
    if not declared(loaded.system).encodes:
        raise InputError(
            f"a model of the kind {loaded.system} takes no encoder: give one that photos are embedded in (stylegan)"
        )
    changes = dict(settings or {})
    config = configured(model_of(loaded.system).encoder_config(loaded.config), changes, ENCODER)
    return EncoderModel(loaded, folder, config, changes, seed)


def _again(folder: Path) -> str:
    return _AGAIN.replace("MODEL", model_store.typed(folder))


def encoder_of(loaded: Loaded, folder: Path) -> torch.nn.Module | None:
    """The trained encoder of a model; ``None`` if there is none.

    Raises:
        InputError: it is of other weights than the model has, or damaged.
    """
    from calotype import saving

    place = folder / ENCODER
    if not model_store.is_finished(place):
        return None
    saved = saving.read(place)
    if saved.system != ENCODER or saved.meta.get("photo_sha256") != model_store.weights_sha256(folder):
        raise InputError(f"the encoder in {shown(place)} belongs to another model: {_again(folder)}")
    module = model_of(loaded.system)
    own = configured(module.encoder_config(loaded.config), saved.config, ENCODER)
    encoder: torch.nn.Module = module.build_encoder(loaded.config, own)
    try:
        encoder.load_state_dict(saved.tensors)
    except RuntimeError as error:
        raise InputError(f"the weights in {shown(place)} do not fit this version: {_again(folder)}") from error
    return encoder.float().requires_grad_(False).eval()


def _recorded(folder: Path) -> dict[str, Any]:
    from calotype.checkpoint import read_meta

    try:
        return read_meta(folder / model_store.WEIGHTS, _AGAIN)
    except InputError:  # damaged: it is trained anew
        return {}

"""The checked arguments of a training: of an engine on a photo, or of a model on a data set."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from calotype.catalog import ENGINES, MODELS, config_from, declared, default_preset
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import ArgumentError, InputError
from calotype.files import shown
from calotype.tasks import arguments, model_store
from calotype.tasks.ability import check_able, check_needs
from calotype.tasks.data import set_folder
from calotype.tasks.dataset import Dataset
from calotype.tasks.dataset_model import DatasetModel
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.memory import require_memory
from calotype.tasks.photo_model import PhotoModel, purpose_of
from calotype.tasks.request import check_seed
from calotype.tasks.segment import is_auto, map_of
from calotype.tasks.upscale import enlargement
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike

_WEIGHTS = frozenset((".pt", ".pth", ".pkl", ".npy", ".safetensors", ".tar", ".zip"))
_CLOSE = 0.6  # similarity of a word to a name from which on it is taken for a misspelled one
PURPOSES = ("upscale", "animate")


@dataclass(frozen=True)
class TrainingRequest:
    """The checked arguments of a training, for any number of photos.

    Attributes:
        config: the engine's configuration, adapted to the purpose.
        out: output folder; ``None`` for the model store.
        several: whether ``out`` is the parent folder of several models.
        purpose: the verb that needs its own model, in the form of ``purpose_of``; empty for the common model.
        labels: the given label map of the photo, if the engine trains on one.
    """

    engine: str
    preset: str
    changes: Mapping[str, Any]
    config: Any
    seed: int
    max_side: int | None
    device: str
    out: Path | None
    several: bool = False
    purpose: str = ""
    labels: LabelMapLike | None = None

    def model(self, photo: PhotoLike) -> PhotoModel:
        """The model of one photo, trained or not.

        Raises:
            InputError: the photo or its map cannot be used, or the folder contains another model.
        """
        from calotype.image.io import open_photo

        # As in relayout, the map is computed from the photo before it is shrunk, so that relayout finds the model.
        whole = open_photo(photo) if self._labels_computed else photo
        opened = open_photo(whole, max_side=self.max_side)
        given = map_of(open_photo(whole), self.device) if self._labels_computed else self.labels
        labels, config = self._labels_and_config(given, opened)
        model = PhotoModel(
            opened,
            self.engine,
            self.preset,
            config,
            self.changes,
            self.seed,
            self.purpose,
            self._place(opened),
            labels=labels,
        )
        if not model.finished and self.device == "cpu":
            require_memory(model.cost.bytes, f"training on '{opened.name}' ({opened.size})", opened.size)
        return model

    @property
    def _labels_computed(self) -> bool:
        """Whether the label map is computed from each photo."""
        return self.labels is not None and is_auto(self.labels)

    def _labels_and_config(self, given: LabelMapLike | None, photo: Photo) -> tuple[LabelMap | None, Any]:
        """The label map for the training, if there is one, and the configuration adapted to it."""
        if given is None:
            return None, self.config
        from calotype.image.labelmap import open_labels

        labels = of_photo(open_labels(given), photo)
        return labels, engine_of(self.engine).adapted(self.config, "relayout", classes=labels.classes)

    def _place(self, photo: Photo) -> Path | None:
        if self.out is None or not self.several:
            return self.out
        key = model_store.key_of(photo.sha256, photo.size, self.engine, self.config, self.seed)
        return model_store.place_of(photo.name, self.engine, key, within=self.out)


def training_request(
    engine: str,
    *,
    preset: str | None,
    seed: int,
    purpose: str,
    factor: float,
    out: str | Path | None,
    max_side: int | None,
    settings: Mapping[str, Any] | None,
    device: str,
    several: bool = False,
    labels: LabelMapLike | None = None,
) -> TrainingRequest:
    """Check the arguments of a training.

    Raises:
        InputError: an argument is invalid.
    """
    from calotype.run import choose_device

    changes = dict(settings or {})
    check_trained(engine, labels, several=several)
    check_seed(seed)
    module = engine_of(engine)
    preset = default_preset(engine) if preset is None else preset
    base_config = config_from(module, preset, changes)
    adaptation = _adaptation(engine, purpose, factor)
    adapts = purpose and declared(engine).adapts
    config = module.adapted(base_config, purpose, **adaptation) if adapts else base_config
    return TrainingRequest(
        engine=engine,
        preset=preset,
        changes=changes,
        config=config,
        seed=seed,
        max_side=max_side,
        device=str(choose_device(device)),
        out=None if out is None else Path(out),
        several=several,
        purpose="" if config == base_config else purpose_of(purpose, adaptation),
        labels=labels,
    )


def dataset_training_request(
    engine: str,
    photos: str | Path,
    *,
    preset: str | None,
    seed: int,
    out: str | Path | None,
    settings: Mapping[str, Any] | None,
    start: str | Path | None = None,
    freeze_d: int = 0,
    **others: Any,
) -> DatasetModel:
    """Check the arguments of a training on a data set, and return its model.

    Args:
        engine: name of the model's system.
        photos: the folder of photos, or the name of a set created by ``calotype data``.
        preset: name of a preset; ``None`` for the default.
        seed: seed of the training.
        out: output folder; ``None`` for the model store.
        settings: keys of the model's ``Config`` and their values.
        start: a trained model or the file of another program, from which the training starts.
        freeze_d: how many layers of its discriminator keep their weights.
        others: arguments that apply to one photo only; they must be empty.

    Raises:
        InputError: an argument is invalid.
    """
    check_of_photos(engine, others)
    check_seed(seed)
    module, changes, system = model_of(engine), dict(settings or {}), declared(engine)
    preset = default_preset(engine) if preset is None else preset
    config = config_from(module, preset, changes)
    dataset = Dataset(set_folder(photos), system.learns)
    _ = dataset.files  # fails if there are none
    if system.adapts:
        given, config = config, module.adapted(config, dataset.about)
        _check_decided(dataset, changes, given, config)
    place, config = _begun(engine, start, freeze_d, config)
    check_needs(engine, config, "train")
    folder = None if out is None else Path(out)
    return DatasetModel(dataset, engine, preset, config, changes, seed, folder, place, freeze_d)


def check_of_photos(engine: str, given: Mapping[str, Any]) -> None:
    """Refuse, for a training on a data set, what concerns a single photo.

    Raises:
        ArgumentError: something was given.
    """
    for name, flag in (("purpose", "--for"), ("labels", "--labels"), ("max_side", "--max-side")):
        if given.get(name):
            raise ArgumentError(f"{engine} is trained on a data set: leave out {flag} ({name}=)")


def check_order(engine: str, photo: Any) -> None:
    """Refuse engine and photo that are exchanged.

    Raises:
        InputError: they are; the message gives the right order.
    """
    systems = (*ENGINES, *MODELS)
    if engine in (*systems, model_store.ENCODER) or not isinstance(photo, str | Path):
        return
    near = get_close_matches(str(photo), systems, n=1, cutoff=_CLOSE)
    if near and (Path(engine).exists() or "." in engine or "/" in engine) and not Path(photo).exists():
        raise ArgumentError(
            f"'{engine}' is no engine: engine and photo look exchanged, write calotype train {near[0]} {engine}"
        )


def check_no_start(engine: str, start: str | Path | None, freeze_d: int) -> None:
    """Refuse what only trainings of some models start from.

    Raises:
        ArgumentError: something was given.
    """
    if start is not None or freeze_d:
        able = ", ".join(name for name in MODELS if declared(name).starts)
        flag = "--from (start=)" if start is not None else "--freeze-d (freeze_d=)"
        raise ArgumentError(f"a training of {engine} starts from nothing: leave out {flag}; models that do not: {able}")


def _check_decided(dataset: Dataset, changes: Iterable[str], given: Any, adapted: Any) -> None:
    """Refuse settings that the data set decides otherwise.

    Raises:
        ArgumentError: one of the changed settings is not what it was given as.
    """
    for name in changes:
        wanted, found = getattr(given, name, None), getattr(adapted, name, None)
        if wanted != found:
            raise ArgumentError(
                f"--set {name}={_told(wanted)} cannot be used: the data set '{dataset.name}' decides it "
                f"({name}={_told(found)}); leave it out (settings=)"
            )


def _told(value: Any) -> str:
    """A setting as it is typed."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _begun(engine: str, start: str | Path | None, freeze_d: int, config: Any) -> tuple[Path | None, Any]:
    """Where a training starts from, and its settings with those of the networks there.

    Raises:
        InputError: it cannot be used.
    """
    if start is None:
        if freeze_d:
            raise ArgumentError("--freeze-d keeps layers of a trained discriminator: give --from too (start=)")
        return None, config
    if not declared(engine).starts:
        check_no_start(engine, start, freeze_d)
    module = model_of(engine)
    place = _start_place(start)
    begun = module.start(place)
    if freeze_d and begun.discriminator is None:
        raise InputError(
            f"{shown(place)} has no discriminator whose layers could be frozen: leave out --freeze-d (freeze_d=), or "
            "give a snapshot of stylegan2-ada-pytorch"
        )
    return place, module.started(config, begun)


def _start_place(start: str | Path) -> Path:
    path = Path(start)
    if path.is_file():
        return path
    try:
        return model_store.folder_of(start)
    except InputError:
        if path.suffix.lower() in _WEIGHTS or len(path.parts) > 1:  # a path
            raise InputError(
                f"{shown(path)} does not exist, and the training starts from it, also to resume: put it back, or give "
                "its new path with --from (start=)"
            ) from None
        raise


def check_trained(engine: str, labels: LabelMapLike | None, *, several: bool) -> None:
    """Check that an engine can be trained, and whether it takes a label map.

    Args:
        engine: name of the engine.
        labels: the label map; ``None``: there is none.
        several: whether several photos are trained on.

    Raises:
        InputError: it cannot; the message names those that can.
    """
    if declared(engine).trained:
        _check_labels(engine, labels, several)
        return
    able = [name for name in ENGINES if declared(name).trained]
    raise ArgumentError(f"the engine {engine} cannot be trained: use one that can ({', '.join(able)})")


def _check_labels(engine: str, labels: LabelMapLike | None, several: bool) -> None:
    if not declared(engine).learns_maps:
        if labels is not None:
            raise ArgumentError(f"{engine} is trained without a label map: leave out --labels (labels=)")
    elif labels is None:
        raise ArgumentError(
            f"{engine} is trained on a photo and its label map: give one, --labels MAP (labels=), or --labels auto"
        )
    elif several and not is_auto(labels):
        raise ArgumentError("a label map belongs to one photo: give that photo instead of a folder, or --labels auto")


def _adaptation(engine: str, purpose: str, factor: float) -> dict[str, Any]:
    """The parameters of a verb to which the engine adapts its settings."""
    if not purpose:
        return {}
    arguments.one_of(PURPOSES, purpose, "purpose of a training")
    check_able(engine, purpose)
    return {"factor": enlargement(factor)} if purpose == "upscale" else {}

"""A model trained before any verb needs it: of one photo, or of many."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype.catalog import ENGINES, MODELS, config_from, declared, default_preset
from calotype.catalog import engine as engine_of
from calotype.catalog import model as model_of
from calotype.errors import InputError
from calotype.tasks import arguments, model_store
from calotype.tasks.data import set_folder
from calotype.tasks.dataset_model import Dataset, DatasetModel
from calotype.tasks.image_conditioned import of_photo
from calotype.tasks.memory import require_memory
from calotype.tasks.param import Param
from calotype.tasks.photo_model import PhotoModel, purpose_of
from calotype.tasks.progress import Training
from calotype.tasks.request import check_able, check_seed
from calotype.tasks.segment import is_auto, map_of
from calotype.tasks.training import Trained, train_model
from calotype.tasks.upscale import ENLARGEMENT, enlargement
from calotype.types import LabelMap, LabelMapLike, Photo, PhotoLike

if TYPE_CHECKING:
    from calotype.run import Run

_PURPOSES = ("upscale", "animate")


@dataclass(frozen=True)
class TrainingRequest:
    """The arguments of a training, checked; it can be given to any number of photos.

    Attributes:
        config: the engine's configuration, adapted to what the model is for.
        out: the folder that the model is to be in; ``None`` for the cache.
        several: whether ``out`` is for several models, each in a folder of its own in it.
        purpose: what the model is for, as ``purpose_of`` writes it; empty for verbs that need no model of their own.
        labels: the map of the photo, of its shape, as it was given, where the engine learns from one; ``config`` is
            then adapted to it too.
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
            InputError: the photo or its map cannot be used, or the folder holds something else.
        """
        from calotype.image.io import open_photo

        # A map made here is of the whole photo, as relayout takes it: only so does relayout find the model.
        whole = open_photo(photo) if self._maps else photo
        opened = open_photo(whole, max_side=self.max_side)
        labels, config = self._shown(map_of(open_photo(whole), self.device) if self._maps else self.labels, opened)
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
    def _maps(self) -> bool:
        """Whether each photo's map is made here."""
        return self.labels is not None and is_auto(self.labels)

    def _shown(self, given: LabelMapLike | None, photo: Photo) -> tuple[LabelMap | None, Any]:
        """The map that is learned from beside the photo, if there is one, and the configuration for it."""
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
        InputError: one of them cannot be used as given.
    """
    from calotype.run import choose_device

    changes = dict(settings or {})
    _check_trained(engine)
    check_seed(seed)
    module = engine_of(engine)
    preset = default_preset(engine) if preset is None else preset
    plain = config_from(module, preset, changes)
    _check_labels(engine, labels, several)
    adaptation = _facts(engine, purpose, factor)
    adapts = purpose and declared(engine).adapts
    config = module.adapted(plain, purpose, **adaptation) if adapts else plain
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
        purpose="" if config == plain else purpose_of(purpose, adaptation),
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
    **others: Any,
) -> DatasetModel:
    """The model of a set of photos, its arguments checked.

    Args:
        engine: name of the model.
        photos: the folder of photos, or the name of a set that ``calotype data`` has made.
        preset: which of the model's presets; ``None`` for its usual one.
        seed: of the training.
        out: a folder for the model; ``None`` for the cache.
        settings: keys of the model's ``Config`` and their values.
        others: arguments that are for one photo, which have to be left out.

    Raises:
        InputError: one of them cannot be used as given.
    """
    for name, flag in (("purpose", "--for"), ("labels", "--labels"), ("max_side", "--max-side")):
        if others.get(name):
            raise InputError(f"{engine} learns from many photos: leave out {flag} ({name}=)")
    check_seed(seed)
    module, changes, system = model_of(engine), dict(settings or {}), declared(engine)
    preset = default_preset(engine) if preset is None else preset
    dataset = Dataset(set_folder(photos), system.learns)
    _ = dataset.files  # whether there are any is found out now
    config = config_from(module, preset, changes)
    if system.adapts:
        config = module.adapted(config, dataset.about)
    chosen = None if out is None else Path(out)
    return DatasetModel(dataset, engine, preset, config, changes, seed, chosen)


def _check_trained(engine: str) -> None:
    """Refuse an engine that learns nothing.

    Raises:
        InputError: it does not; the message names those that do.
    """
    if declared(engine).trained:
        return
    able = [name for name in ENGINES if declared(name).trained]
    raise InputError(f"the engine {engine} cannot train: use one that can ({', '.join(able)})")


def _check_labels(engine: str, labels: LabelMapLike | None, several: bool) -> None:
    if not declared(engine).learns_maps:
        if labels is not None:
            raise InputError(f"{engine} learns from the photo alone: leave out --labels (labels=)")
    elif labels is None:
        raise InputError(
            f"{engine} learns from a photo and a label map of it: give one, --labels MAP (labels=), or --labels auto"
        )
    elif several and not is_auto(labels):
        raise InputError("a label map is of one photo: give that one with --labels, not a folder, or --labels auto")


def _facts(engine: str, purpose: str, factor: float) -> dict[str, Any]:
    """What the engine has to know to adapt its settings to a verb."""
    if not purpose:
        return {}
    arguments.one_of(_PURPOSES, purpose, "purpose of a training")
    check_able(engine, purpose)
    return {"factor": enlargement(factor)} if purpose == "upscale" else {}


def train(
    engine: Annotated[
        str, Param("engine or model to train; 'calotype engines' lists them", kind="engine", metavar="ENGINE")
    ],
    photo: Annotated[
        PhotoLike,
        Param(
            "a photo, a folder of photos, or - for a photo on standard input; for a model, the folder of photos that "
            "it learns from, or the name of a set that 'calotype data' has made",
            kind="photo",
            metavar="PHOTO",
            sets=True,
        ),
    ],
    *,
    preset: Annotated[
        str | None,
        Param(
            "preset; without it fast, or a model's small. 'calotype engines' lists them", kind="preset", metavar="NAME"
        ),
    ] = None,
    seed: Annotated[
        int,
        Param(
            "seed of the training; another one than 0 makes a model to be given with --model",
            kind="seed",
            metavar="NUMBER",
            at_least=0,
        ),
    ] = 0,
    purpose: Annotated[
        str,
        Param(
            "the verb it is for, where that needs a model of its own: upscale or animate",
            flags=("--for",),
            metavar="VERB",
            choices=_PURPOSES,
            first=True,
            single=True,
        ),
    ] = "",
    factor: Annotated[float, replace(ENLARGEMENT, first=False, single=True)] = 4.0,
    labels: Annotated[
        LabelMapLike | None,
        Param(
            "a map of the photo, for engines that lay it out anew: what lies where, each thing in a flat colour of its "
            "own; or auto, the one that 'calotype segment' makes",
            kind="label map",
            metavar="MAP",
            single=True,
        ),
    ] = None,
    out: Annotated[
        str | Path | None,
        Param(
            "folder for the model, instead of where models are kept; for several, one folder each in it", kind="folder"
        ),
    ] = None,
    max_side: Annotated[int | None, replace(arguments.MAX_SIDE, single=True)] = None,
    settings: Annotated[Mapping[str, Any] | None, arguments.SETTINGS] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    run: Optional["Run"] = None,
) -> Trained:
    """Train an engine on a photo, so that the verbs need not; or a model on a folder of photos.

    An engine learns from one photo. Verbs do this by themselves when they need it; here it is done ahead, for one photo
    or for a folder of photos, one after another or several at a time.

    A model learns from all photos of a folder together, and then makes new ones like them (calotype sample).

    Finished models are passed over, and a stopped training goes on where it was.

    Args:
        engine: which engine or model; ``calotype engines`` lists them.
        photo: a path, PIL image, array or ``Photo``; for a model, a folder.
        preset: which of the presets; ``None``: ``fast`` of an engine, the first of a model.
        seed: of the training. Verbs look for seed 0; hand them a model of another one as ``model``.
        purpose: ``"upscale"`` or ``"animate"``: the verb that the model is for. Empty: the other verbs.
        factor: for ``"upscale"``: how many times as wide and high, above 1 and at most 8.
        labels: a map of the photo, for engines that learn from one too: a path, PIL image, array or
            ``LabelMap``; or ``"auto"``, the map that ``segment`` makes of each.
        out: a folder for the model. ``None``: where verbs find it by themselves.
        max_side: in pixels: shrink the photo first, so that no side is longer.
        settings: keys of the engine's ``Config`` and their values, on top of the preset.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        run: where to report progress to, and to be stopped from.

    Returns:
        Where the model is.

    Raises:
        InputError: the photo or an argument cannot be used; the message says what to do.
        OutputError: the model cannot be kept.
        Stopped: ``run`` was asked to stop; the same call goes on.
    """
    from calotype.run import Run, choose_device

    if engine in MODELS:
        if not isinstance(photo, str | Path):
            raise InputError(f"{engine} learns from many photos: give the folder that they are in")
        model: Training = dataset_training_request(
            engine,
            photo,
            preset=preset,
            seed=seed,
            out=out,
            settings=settings,
            purpose=purpose,
            labels=labels,
            max_side=max_side,
        )
        return train_model(model, run or Run(device=str(choose_device(device))))
    asked = training_request(
        engine,
        preset=preset,
        seed=seed,
        purpose=purpose,
        factor=factor,
        labels=labels,
        out=out,
        max_side=max_side,
        settings=settings,
        device=device,
    )
    return train_model(asked.model(photo), run or Run(device=asked.device))

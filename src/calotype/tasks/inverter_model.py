"""The layer-wise encoder of a model: trained on the model's own samples, and kept in a folder beside its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import Loaded
from calotype.configuration import configured
from calotype.errors import InputError
from calotype.files import shown
from calotype.tasks import model_lock, model_store

if TYPE_CHECKING:
    from calotype.inspection.inverter import Inverter
    from calotype.inspection.layers import Layered
    from calotype.run import Run

NAME, DIRECT = "inverter", "inverter-direct"
_FORMAT = 1  # counts up where the same settings would give another net
OnStep = Callable[[str, int, int], object]  # called with the stage, the number of steps done and their number


def inverter_of(
    loaded: Loaded,
    folder: Path,
    layered: Layered,
    run: Run,
    *,
    direct: bool = False,
    settings: Mapping[str, Any] | None = None,
    on_step: OnStep | None = None,
) -> Inverter:
    """The encoder of a model; trained if there is none of these weights and settings yet.

    Args:
        loaded: the model.
        folder: of the model.
        layered: its generator.
        run: where it runs, and is stopped.
        direct: the one that is trained as a whole.
        settings: changed settings, by name; see ``InverterConfig``.
        on_step: called at every step.

    Raises:
        Busy: another process trains it.
        InputError: a setting is not known, or a saved encoder is damaged.
        Stopped, OutputError: as ``Run.steps``; the same call goes on.
    """
    from calotype import saving
    from calotype.inspection.inverter import InverterConfig, build_inverter
    from calotype.inspection.inverter_training import stages_of, train_inverter

    cfg = configured(InverterConfig(), dict(settings or {}), NAME)
    place, weights = folder / (DIRECT if direct else NAME), model_store.weights_sha256(folder)
    key = _key(weights, cfg)

    def listener(event: Any) -> None:
        if on_step is not None and event.kind == "step":
            on_step(event.stage, event.step, event.steps)

    if not _is_current(place, key):
        with model_lock.locked(place):
            about = {"key": key, "engine": NAME, "of": loaded.system, "stages": stages_of(layered, direct)}
            if model_store.described(place).get("key") != key:
                model_store.forget_state(place)
                model_store.describe(place, about)
            trained = train_inverter(layered, cfg, run.within(place, seed=0, on_event=listener), direct=direct)
            saving.write(place, NAME, cfg, trained, weights, loaded.photo_size, None, {"key": key})
            model_store.forget_state(place)
    saved = saving.read(place)
    inverter = build_inverter(layered, cfg)
    try:
        inverter.load_state_dict(saved.tensors)
    except RuntimeError as error:
        raise InputError(
            f"the encoder in {shown(place)} is damaged: delete that folder, and it is trained again"
        ) from error
    return inverter.to(run.device).requires_grad_(False).eval()


def _is_current(place: Path, key: str) -> bool:
    from calotype import saving

    if not model_store.is_finished(place):
        return False
    try:
        return bool(saving.read(place).meta.get("about", {}).get("key") == key)
    except InputError:  # damaged: it is trained again
        return False


def _key(weights: str, cfg: Any) -> str:
    return hashlib.sha256(json.dumps([_FORMAT, weights, asdict(cfg)], sort_keys=True).encode()).hexdigest()[:12]

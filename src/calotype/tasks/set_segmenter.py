"""The segmenter that is learned from the label maps of a set: trained once, and kept in the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from calotype.errors import InputError
from calotype.files import cache_folder
from calotype.tasks import model_lock, model_store
from calotype.tasks.dataset import Dataset

if TYPE_CHECKING:
    from calotype.data.stream import DataSet
    from calotype.inspection.learned import Config, LearnedSegmenter
    from calotype.run import Run

SYSTEM = "segmenter"
_FORMAT = 1  # counts up where the same settings would give another net


def set_segmenter(
    dataset: Dataset, samples: DataSet, size: tuple[int, int], run: Run, on_step: Callable[[int, int], object] | None
) -> LearnedSegmenter:
    """The segmenter of a set; trained if there is none yet.

    Args:
        dataset: with label maps.
        samples: of the set, opened at ``size``.
        size: of the pictures, (height, width).
        run: where it runs, and is stopped.
        on_step: called with the number of steps done and the total.

    Raises:
        Busy: another process trains it.
        InputError: the set is too small.
        Stopped, OutputError: as ``Run.steps``.
    """
    from calotype import saving
    from calotype.inspection.learned import (
        Accuracy,
        Config,
        LearnedSegmenter,
        Part,
        SegmentationNet,
        accuracy_of,
        halves,
        segmentation_of,
        train_segmenter,
    )

    trained_on, held_out = halves(len(samples))
    names = [str(name) for name in dataset.about["names"]]
    cfg = Config(classes=len(names))
    folder = cache_folder(SYSTEM + "s") / _key(dataset, size, cfg)
    with model_lock.locked(folder):
        if not model_store.is_finished(folder):
            part = run.within(folder, seed=0, on_event=lambda event: on_step and on_step(event.step, event.steps))
            net = train_segmenter(Part(samples, trained_on), cfg, size, part)
            accuracy = accuracy_of(segmentation_of(net), Part(samples, held_out), names)
            saving.write(folder, SYSTEM, cfg, net, dataset.sha256, size, None, {"accuracy": asdict(accuracy)})
            model_store.forget_state(folder)
    saved = saving.read(folder)
    net = SegmentationNet(cfg, size)
    try:
        net.load_state_dict(saved.tensors)
        accuracy = Accuracy(**saved.meta["about"]["accuracy"])
    except (RuntimeError, KeyError, TypeError) as error:
        raise InputError(
            f"the segmenter in {folder} is damaged: delete that folder, and it is learned again"
        ) from error
    return LearnedSegmenter(net.to(run.device), names, accuracy)


def _key(dataset: Dataset, size: tuple[int, int], cfg: Config) -> str:
    text = json.dumps([_FORMAT, dataset.sha256, size, asdict(cfg)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]

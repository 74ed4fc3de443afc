"""What the commands that look into generators share: the model, its samples, and the segmenter."""

# Annotations are values here, not strings: the command line is made from them.
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.catalog import Loaded, declared, load
from calotype.errors import ArgumentError, InputError, Stopped, counted
from calotype.files import shown
from calotype.tasks import model_store
from calotype.tasks.data import set_folder
from calotype.tasks.dataset import Dataset
from calotype.tasks.param import Param
from calotype.tasks.set_segmenter import set_segmenter

if TYPE_CHECKING:
    from calotype.data.stream import DataSet
    from calotype.inspection.layers import Layered
    from calotype.inspection.segmenters import Segmenter
    from calotype.inspection.sources import Source
    from calotype.run import Run


Progress = Callable[[str, int, int], object]  # called with what is done, how much of it, and the total
_DOUBTFUL = 0.5  # intersection over union below which a class of the segmenter is told of
_ADVICE = "give a trained model, or a folder of pictures that a generator made"
SEGMENTER = Param(
    "how pictures are segmented: voc, city, the file of an ONNX network with --classes, or a JSON file of colours; "
    "without it, by a network that is trained on the set's own label maps",
    kind="weights",
    metavar="NAME",
    choices=("voc", "city"),
)


CLASSES = Param("for an ONNX network, the JSON file with the names of its classes", kind="folder", metavar="FILE")


class Counter:
    """Counts pictures, tells of them, and ends the work where it is stopped."""

    def __init__(self, what: str, total: int, run: "Run", on_progress: Progress | None) -> None:
        self.what, self.total, self.run, self.on_progress, self.done = what, total, run, on_progress, 0

    def __call__(self, count: int) -> None:
        """Called with the number of pictures of a batch."""
        self.done += count
        if self.on_progress is not None:
            self.on_progress(self.what, self.done, self.total)
        if self.run.stopping:
            raise Stopped(f"stopped after {self.done} of {self.total} {self.what}")


def opened_model(model: str | Path) -> tuple[str, Loaded | None]:
    """Name and content of a model; nothing for a folder of pictures.

    Raises:
        InputError: there is neither, or the model is not declared as layers.
    """
    folder = set_folder(model) if not _is_model(Path(model)) else Path(model)
    if folder.is_dir() and not _is_model(folder):
        return folder.resolve().name, None
    place = model_store.folder_of(model)
    loaded = load(place)
    if not declared_layers(loaded):
        raise InputError(f"a model of the kind {loaded.system} has no layers that can be inspected: {_ADVICE}")
    return place.resolve().name, loaded


def declared_layers(loaded: Loaded) -> str:
    """The name of the function that gives a model as layers; empty for none."""
    return declared(loaded.system).layered


def _is_model(folder: Path) -> bool:
    return (folder / "model.json").is_file() or "engine" in model_store.described(folder)


def size_of(loaded: Loaded) -> tuple[int, int]:
    """Height and width of a model's pictures."""
    height, width = loaded.engine.picture_size(loaded.config)
    return int(height), int(width)


def segmenter_of(
    dataset: Dataset,
    samples: "DataSet",
    size: tuple[int, int],
    segmenter: str | Path | None,
    classes: str | Path | None,
    run: "Run",
    on_progress: Progress | None,
) -> "Segmenter":
    """The segmenter that was asked for, or the one of the set."""
    from calotype.inspection.segmenters import given_segmenter

    if segmenter is not None:
        return given_segmenter(os.fspath(segmenter), classes)
    if classes is not None:
        raise ArgumentError("--classes names the classes of an ONNX network: give it as --segmenter too (classes=)")
    on_step = partial(on_progress, "training the segmenter") if on_progress is not None else None
    return set_segmenter(dataset, samples, size, run, on_step)


def segmenter_facts(segment: "Segmenter") -> list[tuple[str, str]]:
    """What is to be said of a segmenter."""
    said = [("segmenter", f"{segment.name}, {counted(len(segment.classes), 'class')}")]
    accuracy = getattr(segment, "accuracy", None)
    if accuracy is not None:
        told = f"{accuracy.pixels:.1%} of the pixels, mean IoU {accuracy.mean_iou:.3f}, on "
        tried = counted(accuracy.pictures, "picture")
        said.append(("its accuracy", f"{told}{tried} that it was not trained on"))
    return said


def doubtful(segment: "Segmenter") -> dict[str, float]:
    """The classes that a learned segmenter sees badly, with their intersection over union."""
    accuracy = getattr(segment, "accuracy", None)
    return {name: iou for name, iou in (accuracy.iou if accuracy else {}).items() if iou < _DOUBTFUL}


def doubts(segment: "Segmenter") -> list[str]:
    """A warning of the classes that a learned segmenter sees badly."""
    bad = [f"{name} (IoU {iou:.2f})" for name, iou in doubtful(segment).items()]
    return [f"The segmenter is not to be relied on for {', '.join(bad)}."] if bad else []


def check_classes(loaded: Loaded, dataset: Dataset) -> None:
    """Check that a model that is drawn from label maps knows the classes of the set.

    Raises:
        InputError: it knows others.
    """
    if not declared(loaded.system).learns_maps:
        return
    known, there = list(loaded.about.get("names", ())), list(dataset.about["names"])
    if dataset.about["classes"] > loaded.config.classes or (known and known != there):
        raise InputError(
            f"the model draws {', '.join(map(str, known[:5])) or loaded.config.classes}{'...' if known[5:] else ''}, "
            f"and {shown(dataset.folder)} has maps of {', '.join(there[:5])}{'...' if there[5:] else ''}: give the set "
            "that it was trained on (--real)"
        )


def generated(loaded: Loaded, samples: "DataSet", seed: int, run: "Run") -> "Source":
    """The pictures of a model; of one that is drawn from label maps, those of the real set."""
    import torch

    from calotype.inspection.sources import ModelSource

    net = loaded.net.to(run.device)
    make = getattr(loaded.engine, declared_layers(loaded))
    if not declared(loaded.system).learns_maps:
        whole: Layered = make(loaded.config, net)
        return ModelSource(lambda numbers: whole, seed)

    def of_maps(numbers: Sequence[int]) -> "Layered":
        maps = torch.stack([samples[i % len(samples)]["map"] for i in numbers])
        layered: Layered = make(loaded.config, net, maps=maps.to(run.device))
        return layered

    return ModelSource(of_maps, seed)

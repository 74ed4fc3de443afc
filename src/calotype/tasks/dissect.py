"""The command ``dissect``: what a generator leaves out of what is in a set."""

# Annotations are values here, not strings: the command line is made from them.
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype.catalog import Loaded, declared
from calotype.errors import ArgumentError, InputError, counted
from calotype.files import check_writable, shown, write_whole
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.dataset import Dataset
from calotype.tasks.figures import today
from calotype.tasks.inspected import (
    CLASSES,
    SEGMENTER,
    Counter,
    Progress,
    check_classes,
    doubtful,
    doubts,
    generated,
    opened_model,
    segmenter_facts,
    segmenter_of,
    size_of,
)
from calotype.tasks.model_card import record
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from PIL.Image import Image

    from calotype.data.stream import DataSet
    from calotype.inspection.dissection import Dissection
    from calotype.inspection.dissection_page import ClassExamples, Examples
    from calotype.inspection.segmenters import Segmenter
    from calotype.inspection.sources import Source
    from calotype.run import Run

_PAIRS, _SHOWN, _CLASSES = 8, 6, 4  # example pictures; pictures of a class; classes with pictures
_LARGEST = 256  # side to which pictures of a folder are brought, pixels
REAL = Param(
    "the real set: a folder of pictures, with label maps if no segmenter is given, or a set that 'calotype data' made",
    kind="photo",
    metavar="SET",
    first=True,
    sets=True,
)


@dataclass(frozen=True)
class Dissected:
    """The result of ``dissect``.

    Attributes:
        folder: with ``page.html``, ``areas.png`` and ``areas.json``.
        page: the page.
        report: what is in ``areas.json``: ``fsd``, ``classes``, ``settings`` ...
        summary: the result in a sentence.
        notes: warnings.
    """

    folder: Path
    page: Path
    report: Mapping[str, Any]
    summary: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sides:
    """Both sides of a comparison.

    Attributes:
        real: the real pictures that are compared.
        fake: the generated pictures.
        count: how many of either.
        size: height and width of all, pixels.
        segment: the segmenter.
        about: names and values, for the page.
        notes: warnings.
    """

    real: "Source"
    fake: "Source"
    count: int
    size: tuple[int, int]
    segment: "Segmenter"
    about: list[tuple[str, str]]
    notes: list[str]


def dissect(
    model: Annotated[
        str | Path,
        Param(
            "a model of a data set, by its name in 'calotype models' or by its folder; or a folder of generated "
            "pictures",
            kind="model",
            metavar="MODEL|FOLDER",
        ),
    ],
    *,
    real: Annotated[str | Path | None, REAL] = None,
    segmenter: Annotated[str | Path | None, SEGMENTER] = None,
    classes: Annotated[str | Path | None, CLASSES] = None,
    n: Annotated[
        int,
        Param(
            "how many pictures of either side, at most",
            kind="whole",
            metavar="COUNT",
            flags=("-n", "--count"),
            at_least=50,
        ),
    ] = 2000,
    seed: Annotated[int, arguments.SEED] = 0,
    out: Annotated[
        str | Path | None,
        Param("folder of the page; default: the model's name with -dissected", kind="folder", flags=("-o", "--out")),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    on_progress: Progress | None = None,
    run: "Run | None" = None,
) -> Dissected:
    """Find out what a generator does not draw: compare class areas of its pictures with those of a real set.

    Writes a page with every class, the missing ones first, their relative difference with its interval, the Frechet
    segmentation distance, and examples.

    Args:
        model: a name in the model store, the folder of a model, or a folder of pictures.
        real: the real set.
        segmenter: ``voc``, ``city``, or a file; ``None``: learned from the set's label maps.
        classes: the file of the classes of an ONNX network.
        n: number of pictures of either side; fewer where the set has fewer.
        seed: of the first generated picture, the choice of the real ones and the bootstrap.
        out: output folder; existing files of a page are replaced.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        on_progress: called with what is done, the number done and the total.
        run: can stop the work.

    Raises:
        InputError: there is no such model, set or segmenter, they do not fit together, or there are too few pictures.
        OutputError: the page cannot be written.
        Stopped: ``run`` was stopped.
    """
    check_types(dissect, locals())
    from calotype.inspection.dissection import class_areas
    from calotype.inspection.dissection import dissect as compared
    from calotype.inspection.sources import batches
    from calotype.run import Run

    run = run or Run(device=device)
    if n < 50:
        raise ArgumentError(f"too few pictures to compare areas ({n}): give at least 50 (--count, n=)")
    name, loaded = opened_model(model)
    folder = Path(out) if out is not None else Path(f"{name}-dissected")
    check_writable(folder)
    sides = _sides(name, loaded, model, real, segmenter, classes, n, seed, run, on_progress)
    areas = []
    for what, source in (("real pictures", sides.real), ("generated pictures", sides.fake)):
        counter = Counter(what, sides.count, run, on_progress)
        areas.append(class_areas(batches(source, sides.count, sides.size), sides.segment, counter))
    found = compared(areas[0], areas[1], sides.segment.classes, seed=seed, doubtful=doubtful(sides.segment))
    settings = {
        "model": name,
        "real": Path(real or "").name,
        "segmenter": sides.segment.name,
        "n": sides.count,
        "seed": seed,
    }
    made = _written(folder, name, found, sides, settings)
    if loaded is not None:
        values = {name: made.report[name] for name in ("fsd", "fsd_floor")}
        how = f"{counted(sides.count, 'sample')} against {Path(real or '').name}, by {sides.segment.name}"
        record(model_store.folder_of(model), "dissection", {"date": today(), "how": how, "values": values})
    return made


# ---------------------------------------------------------------------------------------------------------------
# Both sides


def _sides(
    name: str,
    loaded: Loaded | None,
    model: str | Path,
    real: str | Path | None,
    segmenter: str | Path | None,
    classes: str | Path | None,
    n: int,
    seed: int,
    run: "Run",
    on_progress: Progress | None,
) -> Sides:
    import torch

    from calotype.data.folder import pictures_below
    from calotype.inspection.dissection import FEWEST, check_count
    from calotype.inspection.learned import LearnedSegmenter, halves
    from calotype.inspection.sources import SetSource

    with_maps = loaded is not None and declared(loaded.system).learns_maps
    if real is None:
        raise ArgumentError("dissect compares with a real set: give --real SET (real=)")
    dataset = Dataset(set_folder(real), ("image", "label map") if with_maps or segmenter is None else ("image",))
    size = size_of(loaded) if loaded is not None else _size_of_folder(set_folder(model))
    if loaded is None:  # before a segmenter is trained
        check_count(len(pictures_below(set_folder(model), results=True)), "generated")
    reading = partial(on_progress, "reading the real set") if on_progress is not None else None
    samples = _opened(dataset, size, reading, segmenter)
    if segmenter is None and len(halves(len(samples))[1]) < FEWEST:
        raise InputError(
            f"{shown(dataset.folder)} has {len(samples)} pictures, and half of them train the segmenter: give a set of "
            f"at least {2 * FEWEST}, or --segmenter"
        )
    check_count(len(samples), "real")
    segment = segmenter_of(dataset, samples, size, segmenter, classes, run, on_progress)
    numbers = halves(len(samples))[1] if isinstance(segment, LearnedSegmenter) else list(range(len(samples)))
    order = torch.randperm(len(numbers), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = [numbers[i] for i in order[:n]]
    notes = [samples.report()] if getattr(samples, "report", None) and samples.report() else []  # type: ignore[attr-defined]
    if loaded is None:
        fake, count = _folder_source(set_folder(model), size, min(n, len(chosen)), on_progress, notes)
        check_count(count, "generated")
    else:
        check_classes(loaded, dataset)
        fake, count = generated(loaded, samples, seed, run), len(chosen)
    about = [
        ("generator", name if loaded is None else f"{name} ({loaded.system})"),
        ("real set", f"{dataset.name}, {counted(len(dataset.files), 'picture')}"),
        ("compared", f"{counted(count, 'picture')} of either side, {size[1]}x{size[0]} pixels, seed {seed}"),
        *segmenter_facts(segment),
    ]
    return Sides(SetSource(samples, chosen), fake, count, size, segment, about, [*notes, *doubts(segment)])


def _opened(
    dataset: Dataset,
    size: tuple[int, int],
    on_progress: Callable[[int, int], object] | None,
    segmenter: str | Path | None,
) -> "DataSet":
    try:
        return dataset.opened(size, on_progress)
    except InputError as error:
        if segmenter is None and "no label maps" in str(error):
            raise InputError(
                f"{shown(dataset.folder)} has no label maps that a segmenter could be learned from: give a set with "
                "maps, or --segmenter (voc, city, a network or colours)"
            ) from error
        raise


def _size_of_folder(folder: Path) -> tuple[int, int]:
    from calotype.data.folder import pictures_below
    from calotype.image.io import open_photo

    size = open_photo(pictures_below(folder, results=True)[0]).size
    factor = min(1.0, _LARGEST / max(size.height, size.width))
    return max(1, round(size.height * factor)), max(1, round(size.width * factor))


def _folder_source(
    folder: Path, size: tuple[int, int], n: int, on_progress: Progress | None, notes: list[str]
) -> "tuple[Source, int]":
    from calotype.data.folder import decoded_photos, pictures_below
    from calotype.image.io import as_tensor, without_sheets
    from calotype.inspection.sources import SetSource

    paths = without_sheets(pictures_below(folder, results=True))[:n]
    reading = partial(on_progress, "reading the generated pictures") if on_progress is not None else None
    rows = decoded_photos(paths, size, on_progress=reading)
    if rows.report():
        notes.append(rows.report())

    class Rows:
        def __len__(self) -> int:
            return len(rows.rows)

        def __getitem__(self, i: int, /) -> Any:
            return {"image": as_tensor(rows.rows[i])}

    return SetSource(Rows(), range(len(rows.rows))), len(rows.rows)


# ---------------------------------------------------------------------------------------------------------------
# What is written


def _written(folder: Path, name: str, found: "Dissection", sides: Sides, settings: Mapping[str, Any]) -> Dissected:
    from calotype.inspection.chart import picture
    from calotype.inspection.dissection import spread
    from calotype.inspection.dissection_page import chart, page, summary

    pairs = tuple(_examples(source, spread(sides.count, _PAIRS), sides) for source in (sides.real, sides.fake))
    text = page(
        found,
        sides.segment.classes,
        f"What {name} does not draw",
        sides.about,
        sides.notes,
        (pairs[0], pairs[1]),
        [_of_class(found, row.area.name, sides) for row in found.missing[:_CLASSES]],
    )
    report = report_of(found, sides, settings)
    image: Image = picture(*chart(found))
    write_whole(folder / "page.html", lambda file: file.write(text.encode()))
    write_whole(folder / "areas.png", lambda file: image.save(file, format="PNG"))
    write_whole(folder / "areas.json", lambda file: file.write((json.dumps(report, indent=1) + "\n").encode()))
    return Dissected(folder, folder / "page.html", report, summary(found), sides.notes)


def _examples(source: "Source", numbers: Sequence[int], sides: Sides) -> "Examples":
    from calotype.inspection.dissection_page import Examples

    pictures = source.pictures(numbers)
    return Examples(pictures.cpu(), sides.segment(pictures).cpu())


def _of_class(found: "Dissection", name: str, sides: Sides) -> "ClassExamples":
    from calotype.inspection.dissection import most_of
    from calotype.inspection.dissection_page import ClassExamples

    number = sides.segment.classes.index(name)
    real, fake = most_of(found.real, number, _SHOWN), most_of(found.fake, number, _SHOWN)
    made = _examples(sides.fake, fake, sides) if fake else None
    return ClassExamples(name, _examples(sides.real, real, sides), made)


def report_of(found: "Dissection", sides: Sides, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All numbers, JSON-ready."""
    whole = found.distance
    accuracy = getattr(sides.segment, "accuracy", None)
    return {
        "settings": dict(settings),
        "size": list(sides.size),
        "segmenter_accuracy": None if accuracy is None else asdict(accuracy),
        "fsd": whole.distance,
        "fsd_of_means": whole.of_means,
        "fsd_of_covariances": whole.of_covariances,
        "fsd_floor": whole.floor,
        "fsd_standardised": whole.standardised,
        "classes": [{**asdict(row.area), "finding": row.finding, "pictures": row.pictures} for row in found.rows],
        "notes": sides.notes,
    }

"""Set metrics of two folders of pictures: FID, KID, precision and recall, and others."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype.errors import ArgumentError, InputError, counted, unknown
from calotype.files import shown
from calotype.tasks.argument_types import check_types
from calotype.tasks.data import set_folder
from calotype.tasks.figures import model_of, today
from calotype.tasks.model_card import record
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.metrics.fsd import Segmentation
    from calotype.nn.embedding import Embedding, Vectors

MEASURES = ("fid", "kid", "precision", "recall", "density", "coverage", "class_score", "fsd")
_DEFAULT_MEASURES = ("fid", "kid", "precision", "recall", "density", "coverage")  # without --metrics
_BATCH = 32  # maximum number of pictures of one size in a batch
_LOSSY = {".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".heic", ".heif"}
_FEWEST = 2  # pictures of a set
_FEW = 50  # number of pictures below which a warning is given


@dataclass(frozen=True)
class SetScores:
    """The result of ``compare``.

    Attributes:
        values: the measures by name; with ``fid`` also ``fid_floor``, the distance between two random halves of the
            real set (about twice that of two equal sets of full size), with ``kid`` and ``class_score`` also their
            standard deviations (``..._deviation``).
        features: name of the feature extractor or segmenter; empty if only label maps were compared.
        real: number of real pictures.
        fake: number of generated pictures.
        classes: for ``fsd``, the areas of each class in both sets (see ``calotype.metrics.fsd``); else empty.
        notes: warnings on the reliability of the values.
    """

    values: dict[str, float]
    features: str
    real: int
    fake: int
    classes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """All attributes as JSON-ready values."""
        return asdict(self)


def compare(
    real: str | Path,
    fakes: str | Path,
    *,
    metrics: Annotated[
        str | Sequence[str] | None,
        Param(
            "compare two folders as sets, with these measures, like fid,kid: fid, kid, precision, recall, density, "
            "coverage, class_score, fsd, or all",
            kind="several",
            metavar="NAMES",
            choices=MEASURES,
        ),
    ] = None,
    features: Annotated[
        str | Path,
        Param(
            "feature extractor for sets: auto, efficientnet, offline, or the file of FID's Inception weights",
            kind="weights",
            metavar="NAME",
            choices=("auto", "efficientnet", "offline"),
        ),
    ] = "auto",
    segmenter: Annotated[
        str | Path | None,
        Param(
            "segmenter for fsd of photos: voc, city, or the file of ESPNetv2's weights; without it the label maps of "
            "the sets are compared",
            kind="weights",
            metavar="NAME",
            choices=("voc", "city"),
        ),
    ] = None,
    seed: Annotated[int, Param("seed of the random choices in set measures", kind="whole", at_least=0)] = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> SetScores:
    """Compare two folders of pictures as sets: fidelity and diversity of the generated pictures.

    The pictures need not be paired, and their numbers may differ, though equal numbers give better comparisons. All
    pictures below both folders are used, each resized to the input size of the features. ``fsd`` needs a segmenter, or
    label maps in both sets, like those of ``calotype data``. Where the generated pictures tell of one model that is
    here, the values go into its card.

    Args:
        real: folder of the real pictures, or the name of a set created by ``calotype data``.
        fakes: folder of the generated pictures, or such a name.
        metrics: names in ``MEASURES``, or one text separated by commas; ``None``: all that need no further data.
        features: ``auto`` (EfficientNet-Lite0 if installed, else ``offline``), ``efficientnet``, ``offline`` (features
            without weights), or the path of the weights of FID's Inception network.
        segmenter: for ``fsd``: ``voc``, ``city`` or a path (see ``calotype.nn.espnet``); ``None``: use label maps.
        seed: seed of the random choices.
        on_progress: called with the number of processed pictures and their total number.

    Raises:
        InputError: a folder is missing or has too few pictures, a picture cannot be read, there is no such measure, or
            its data or weights are missing.
    """
    check_types(compare, locals())
    from calotype.data.folder import pictures_below
    from calotype.image.io import without_sheets

    measures, if_possible = _parse_metrics(metrics)
    folders = [_folder(real), _folder(fakes)]
    values: dict[str, float] = {}
    classes: list[dict[str, Any]] = []
    notes: list[str] = []
    name = ""
    feature_measures = [measure for measure in measures if measure != "fsd"]
    files = [without_sheets(pictures_below(folder, results=True)) for folder in folders]
    if feature_measures:
        from calotype.nn.embedding import chosen

        embedding = chosen(features)
        name = embedding.name
        vectors = _embedded(files, embedding, on_progress, notes)
        if vectors[1].probabilities is None and "class_score" in if_possible:
            feature_measures.remove("class_score")
            notes.append(
                "class_score is left out, as the features see no classes: pip install 'calotype[deep]', or give "
                "--features with the file of FID's weights"
            )
        notes += _notes(files, vectors[0].values.shape[1], feature_measures)
        values |= _measured(vectors[0], vectors[1], feature_measures, seed, notes)
    if "fsd" in measures:
        class_areas, names, segmenter_name = _class_areas(folders, files, segmenter, notes)
        segmentation = _fsd(class_areas, names, seed)
        name = "; ".join(part for part in (name, segmenter_name) if part)
        values |= {"fsd": segmentation.distance, "fsd_floor": segmentation.floor}
        values["fsd_standardised"] = segmentation.standardised
        classes = [asdict(one) for one in segmentation.classes]
    model = model_of(files[1])
    if model is not None:
        how = f"{counted(len(files[1]), 'picture')} against {len(files[0])} of {folders[0].name}, by {name}"
        record(model, "evaluation", {"date": today(), "how": how, "values": values})
    return SetScores(values, name, len(files[0]), len(files[1]), classes, notes)


def _parse_metrics(metrics: str | Sequence[str] | None) -> tuple[list[str], frozenset[str]]:
    """The measures to compute, and those of them that are left out where they are impossible."""
    if metrics is None:
        return list(_DEFAULT_MEASURES), frozenset()
    names = [name.strip() for name in (metrics.split(",") if isinstance(metrics, str) else metrics)]
    if names == ["all"]:
        return [*_DEFAULT_MEASURES, "class_score"], frozenset({"class_score"})
    for name in names:
        if name not in MEASURES:
            raise ArgumentError(unknown("measure of sets", name, (*MEASURES, "all")))
    return list(dict.fromkeys(names)), frozenset()


def _folder(path: str | Path) -> Path:
    folder = set_folder(path)
    if not folder.is_dir():
        raise InputError(f"{shown(path)} is not a folder: give folders, or leave out --metrics to compare pictures")
    return folder


def _embedded(
    files: "list[list[Path]]",
    embedding: "Embedding",
    on_progress: Callable[[int, int], object] | None,
    notes: list[str],
) -> "list[Vectors]":
    from calotype.nn.embedding import embed

    total, done = sum(map(len, files)), 0
    vectors_of_sets = []
    for paths in files:

        def with_progress(batches: "Iterator[Tensor]") -> "Iterator[Tensor]":
            nonlocal done
            for batch in batches:
                yield batch
                done += len(batch)
                if on_progress is not None:
                    on_progress(done, total)

        vectors_of_sets.append(embed(with_progress(_batches(paths, notes)), embedding))
    return vectors_of_sets


def _batches(paths: Sequence[Path], notes: list[str]) -> "Iterator[Tensor]":
    """The pictures at full size, [B, 3, H, W], -1..1; consecutive pictures of one size form a batch.

    Pictures that cannot be read are skipped and noted.

    Raises:
        InputError: fewer than two can be read.
    """
    import torch

    from calotype.image.io import open_photo, to_tensor

    batch: list[Tensor] = []
    errors: list[InputError] = []
    for path in paths:
        try:
            picture = to_tensor(open_photo(path))[:, :3]
        except InputError as error:
            errors.append(error)
            if len(errors) > len(paths) - _FEWEST:
                raise
            continue
        if batch and (batch[0].shape != picture.shape or len(batch) == _BATCH):
            yield torch.cat(batch)
            batch = []
        batch.append(picture)
    yield torch.cat(batch)
    if errors:
        notes.append(f"{len(errors)} of {len(paths)} pictures cannot be read and are left out: {errors[0]}")


def _measured(
    real: "Vectors", fake: "Vectors", measures: Sequence[str], seed: int, notes: list[str]
) -> dict[str, float]:
    """The values of those measures that can be computed; a note tells which cannot.

    Raises:
        InputError: none can.
    """
    values: dict[str, float] = {}
    failed: dict[str, list[str]] = {}
    neighbour_scores = cache(lambda: _neighbour_scores(real, fake))
    for name in measures:
        try:
            values |= _one_measure(name, real, fake, seed) or {name: neighbour_scores()[name]}
        except InputError as error:
            failed.setdefault(str(error), []).append(name)
    if failed and not values:
        raise InputError(next(iter(failed)))
    notes += [f"left out: {', '.join(names)}: {why}" for why, names in failed.items()]
    return values


def _one_measure(name: str, real: "Vectors", fake: "Vectors", seed: int) -> dict[str, float]:
    """A measure and what belongs to it; nothing for those of nearest neighbours, which are computed together."""
    if name == "fid":
        from calotype.metrics.frechet import fid, self_distance

        return {"fid": fid(real, fake), "fid_floor": self_distance(real, seed)}
    if name == "kid":
        from calotype.metrics.kid import kid

        kernel = kid(real, fake, seed=seed)
        several = min(len(real), len(fake)) > kernel.subset  # else there is only one subset
        return {"kid": kernel.mean, **({"kid_deviation": kernel.deviation} if several else {})}
    if name == "class_score":
        from calotype.metrics.classes import class_score

        score = class_score(fake, min(10, len(fake)))
        return {"class_score": score.mean, "class_score_deviation": score.deviation}
    return {}


def _neighbour_scores(real: "Vectors", fake: "Vectors") -> dict[str, float]:
    from calotype.metrics.neighbours import neighbours

    return asdict(neighbours(real, fake))


def _class_areas(
    folders: Sequence[Path], files: "list[list[Path]]", segmenter: str | Path | None, notes: list[str]
) -> "tuple[list[Tensor], Sequence[str], str]":
    """The class areas of both sets, the names of the classes, and the name of the segmenter."""
    from calotype.metrics.fsd import areas

    if segmenter is not None:
        from calotype.nn import espnet

        segment = espnet.segmenter(segmenter)
        return (
            [areas(map(segment, _batches(paths, notes)), len(segment.classes)) for paths in files],
            segment.classes,
            segment.name,
        )
    from calotype.data.sample_lines import read_about, read_lines
    from calotype.data.samples import read_map

    names: list[str] = read_about(folders[0]).get("map_classes") or []
    class_areas = []
    for folder in folders:
        lines = read_lines(folder)
        if not names or read_about(folder).get("map_classes") != names or any("map" not in line for line in lines):
            raise InputError(
                f"fsd needs label maps of the same classes, and {shown(folder)} has none: use sets with label maps, or "
                "give a segmenter (--segmenter city)"
            )
        class_areas.append(areas((_map(read_map(folder / line["map"])) for line in lines), len(names)))
    return class_areas, names, ""


def _fsd(class_areas: "list[Tensor]", names: Sequence[str], seed: int) -> "Segmentation":
    from calotype.metrics.fsd import fsd

    return fsd(class_areas[0], class_areas[1], names, seed=seed)


def _map(index: Any) -> "Tensor":
    import torch

    return torch.from_numpy(index.astype("int64"))[None]


def _notes(files: "list[list[Path]]", dimensions: int, measures: Sequence[str]) -> list[str]:
    real, fake = map(len, files)
    notes = []
    if real != fake:
        notes.append(f"there are {real} real and {fake} generated pictures: use equal numbers for a fair comparison")
    if min(real, fake) < _FEW:
        notes.append(f"{min(real, fake)} pictures are few: the values are unreliable")
    elif "fid" in measures and min(real, fake) < 2 * dimensions:
        notes.append(
            f"fid of {counted(min(real, fake), 'picture')} with {dimensions} features is too high by about half "
            f"of fid_floor: "
            "compare it at equal numbers only, or use kid"
        )
    lossy = [{path.suffix.lower() in _LOSSY for path in paths} for paths in files]
    if lossy[0] != lossy[1]:
        notes.append("the pictures of only one folder have lossy compression, which influences the values")
    return notes

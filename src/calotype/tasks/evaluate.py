"""The verb ``evaluate``: measure similarity, originality and diversity of results against their photo."""

# Annotations are values here, not strings: the command line is made from them.
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

from calotype.errors import ArgumentError, InputError
from calotype.tasks import arguments
from calotype.tasks.argument_types import check_types
from calotype.tasks.pairing import photo_of
from calotype.tasks.param import Param
from calotype.types import Photo, PhotoLike

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.nn.features import Features


@dataclass(frozen=True)
class Scores:
    """Measures of one result against its photo.

    Attributes:
        photo: name of the photo.
        result: name of the result.
        sifid: single-image Frechet distance with Inception features, at least 0, lower is more similar to the photo's
            textures; ``None`` without weights.
        sifid_offline: the same distance with features that need no weights; its scale is not comparable.
        sliced: sliced Wasserstein distance of 7 px patches, at least 0, lower is more similar.
        copied: 0..1, fraction of the result that is copied contiguously from the photo, lower is more original.
        coverage: 0..1, fraction of the photo that is present in the result, higher is more complete.
    """

    photo: str
    result: str
    sifid: float | None
    sifid_offline: float
    sliced: float
    copied: float
    coverage: float


_SECONDS_PER_PIXEL = 3e-5
MEASURES = ("sifid", "sifid_offline", "sliced", "copied", "coverage")


@dataclass(frozen=True)
class Evaluation:
    """The result of ``evaluate``.

    Attributes:
        rows: one entry for each result, in the given order; sorted by stem for folders.
        diversity: standard deviation of the results of one photo relative to its contrast (see
            ``calotype.metrics.diversity``); ``None`` for fewer than two results of one size, or a folder of photos.
        features: name of the feature extractor for each computed sifid measure.
        unpaired: files of two folders without a partner, which were skipped.
        failed: name and reason of each picture that could not be measured.
    """

    rows: list[Scores]
    diversity: float | None
    features: dict[str, str]
    unpaired: list[str] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    @property
    def medians(self) -> dict[str, float]:
        """The median of each computed measure over the rows."""
        columns = {name: [getattr(row, name) for row in self.rows] for name in MEASURES}
        return {name: median(values) for name, values in columns.items() if None not in values}

    def as_dict(self) -> dict[str, Any]:
        """All attributes and the medians as JSON-ready values."""
        return {**asdict(self), "medians": self.medians}


def evaluate(
    real: Annotated[
        PhotoLike,
        Param(
            "the photo, or a folder of photos; with --metrics also the name of a set that 'calotype data' has made",
            kind="photo",
            metavar="REAL",
            sets=True,
        ),
    ],
    fakes: Annotated[
        PhotoLike | Sequence[PhotoLike],
        Param(
            "the results: one, several, or a folder of them; for a folder of photos, a folder with equal names or of "
            "what was made of these photos",
            kind="photos",
            metavar="FAKE",
            sets=True,
        ),
    ],
    *,
    weights: Annotated[str | Path | None, arguments.WEIGHTS] = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Measure results against the photo they were made from.

    The measures of a result are sifid and sliced (similarity of its textures to the photo's), copied (fraction of it
    that is copied from the photo) and coverage (fraction of the photo that is in it). For two or more results of one
    photo and size, diversity is added. Sizes may differ from the photo's. Without weights only sifid_offline is
    computed. A folder of photos is paired with results of the same names, and with what calotype made of these photos.
    What cannot be measured is reported. A result of 250 px takes about 3 seconds, one of 3 megapixels a minute or two.
    With --metrics two folders are compared as sets instead: fidelity and diversity of all generated pictures together.

    Args:
        real: the photo, or a folder of photos.
        fakes: the results: one, several, or a folder of them.
        weights: Inception weights for sifid, a file or its folder; ``None``: the folder ``CALOTYPE_WEIGHTS``.
        on_progress: called with the number of measured results and their total number.

    Raises:
        InputError: the photo cannot be read, or none of the results can be measured, weights were given but cannot be
            used, the photos are in a folder and the results are not, or no file of the two folders has a partner.
    """
    check_types(evaluate, locals())
    if _is_folder(real):
        if not _is_folder(fakes):
            raise InputError(
                "the photos are in a folder but the results are not: give a folder of results with equal names"
            )
        return _evaluate_folders(Path(real), Path(fakes), features_by_measure(weights), on_progress)  # type: ignore[arg-type]
    from calotype.image.io import open_photo

    results = list(_results(fakes))
    if not results:
        raise ArgumentError("no results to evaluate: give at least one picture")
    photo = open_photo(real)
    _check_there(results)
    features = features_by_measure(weights)
    measured = _rows([(photo, result) for result in results], features, on_progress)
    return Evaluation(
        rows=measured.rows,
        diversity=_diversity(photo, measured.results),
        features={kind: extractor.name for kind, extractor in features.items()},
        failed=measured.failed,
    )


def _evaluate_folders(
    real: Path, fake: Path, features: "dict[str, Features]", on_progress: Callable[[int, int], object] | None
) -> Evaluation:
    pairs, unpaired = paired(real, fake)
    measured = _rows(pairs, features, on_progress)
    return Evaluation(
        rows=measured.rows,
        diversity=None,
        features={kind: extractor.name for kind, extractor in features.items()},
        unpaired=unpaired,
        failed=measured.failed,
    )


def paired(real: Path, fake: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """The photos of a folder, each with its results in another, and the names of the files without a partner.

    Which photo a result belongs to: see ``photo_of``.

    Raises:
        InputError: a folder cannot be used, two photos or results have one stem, or nothing belongs together.
    """
    from calotype.image.io import without_results

    reals, fakes = _by_stem(without_results(pictures_in(real))), _by_stem(pictures_in(fake))
    owners = {stem: photo_of(path, reals) for stem, path in fakes.items()}
    pairs = [(reals[stem], fakes[made]) for stem in reals for made in fakes if owners[made] == stem]
    if not pairs:
        raise InputError(
            "no photo and result have the same name: name each result like its photo, with any suffix, or compare "
            "the folders as sets (--metrics fid,kid)"
        )
    used = set(owners.values())
    alone = [path.name for stem, path in reals.items() if stem not in used]
    return pairs, alone + [path.name for stem, path in fakes.items() if owners[stem] is None]


def expected_seconds(results: Sequence[Path]) -> float:
    """Estimated time to measure results, from their sizes."""
    from calotype.image.io import opened

    pixels = 0
    for path in results:
        try:
            with open(path, "rb") as file, opened(file, "") as picture:
                pixels += picture.width * picture.height
        except (OSError, InputError):  # said when it is measured
            continue
    return len(results) + pixels * _SECONDS_PER_PIXEL


@dataclass(frozen=True)
class _Measured:
    """Rows, the results of these rows, and what could not be measured."""

    rows: list[Scores]
    results: list[Photo]
    failed: list[dict[str, str]]


def _rows(
    pairs: Sequence[tuple[PhotoLike, PhotoLike]],
    features: "dict[str, Features]",
    on_progress: Callable[[int, int], object] | None,
) -> _Measured:
    """The measures of each pair of photo and result.

    Raises:
        InputError: none of them can be measured.
    """
    from calotype.image.io import open_photo

    measured = _Measured([], [], [])
    errors = []
    for number, (photo, result) in enumerate(pairs, 1):
        try:
            opened = open_photo(result)
            measured.rows.append(_scores(open_photo(photo), opened, features))
            measured.results.append(opened)
        except InputError as error:
            errors.append(error)
            measured.failed.append({"result": _name(result, number), "error": str(error)})
        if on_progress is not None and (measured.rows or number < len(pairs)):
            on_progress(number, len(pairs))
    if not measured.rows:
        raise errors[0]
    return measured


def _check_there(results: Sequence[PhotoLike]) -> None:
    """Check, before anything is measured, that at least one of the results is there.

    Raises:
        InputError: none of the files exists.
    """
    from calotype.image.io import open_photo

    if not any(not isinstance(one, str | Path) or Path(one).exists() for one in results):
        _ = open_photo(results[0])  # which says what is wrong


def _name(result: PhotoLike, number: int) -> str:
    return Path(result).name if isinstance(result, str | Path) else getattr(result, "name", f"result {number}")


def _by_stem(pictures: Sequence[Path]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in pictures:
        if path.stem in files:
            raise InputError(
                f"{files[path.stem].name} and {path.name} have the same stem: keep one of them in that folder"
            )
        files[path.stem] = path
    return files


def _results(fakes: PhotoLike | Sequence[PhotoLike]) -> Iterator[PhotoLike]:
    if _is_folder(fakes):
        yield from pictures_in(Path(fakes))  # type: ignore[arg-type]
    elif isinstance(fakes, Sequence) and not isinstance(fakes, str):
        yield from (one for one in fakes if not _is_sheet(one))
    else:
        yield fakes


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder, without contact sheets made by calotype."""
    from calotype.image.io import list_photos, without_sheets

    return without_sheets(list_photos(folder))


def _is_sheet(source: object) -> bool:
    from calotype.image.io import without_sheets

    return isinstance(source, str | Path) and not without_sheets([Path(source)])


def _is_folder(source: object) -> bool:
    return isinstance(source, str | Path) and Path(source).is_dir()


def features_by_measure(weights: str | Path | None) -> "dict[str, Features]":
    """The feature extractors, by the field of ``Scores`` that they are used for."""
    from calotype.nn.features import STEM_FILE, inception_stem
    from calotype.nn.filter_bank import offline_features
    from calotype.nn.weight_files import WEIGHTS_VARIABLE, found_weights

    features: dict[str, Features] = {"sifid_offline": offline_features()}
    if weights is not None or os.environ.get(WEIGHTS_VARIABLE) or found_weights(STEM_FILE):
        features["sifid"] = inception_stem(weights)
    return features


def _scores(photo: Photo, result: Photo, features: "dict[str, Features]") -> Scores:
    from calotype.image.io import to_tensor
    from calotype.metrics.originality import originality
    from calotype.metrics.sifid import sifid
    from calotype.metrics.sliced import sliced

    real, fake = to_tensor(photo), to_tensor(result)
    distances = {kind: sifid(real, fake, extractor) for kind, extractor in features.items()}
    origin = originality(real, fake)
    return Scores(
        photo=photo.name,
        result=result.name,
        sifid=distances.get("sifid"),
        sifid_offline=distances["sifid_offline"],
        sliced=sliced(real, fake),
        copied=origin.copied,
        coverage=origin.coverage,
    )


def _diversity(photo: Photo, results: list[Photo]) -> float | None:
    if len(results) < 2 or len({result.size for result in results}) > 1:
        return None
    import torch

    from calotype.image.io import to_tensor
    from calotype.metrics.diversity import diversity

    samples: list[Tensor] = [to_tensor(result)[:, :3] for result in results]
    try:
        return diversity(to_tensor(photo), torch.cat(samples))
    except InputError:  # a uniform photo has no contrast; the other measures are still valid
        return None

"""How far one folder of pictures is from another, as sets: FID and its like."""

# Annotations are values here, not strings: the command line is made from them.
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype.errors import InputError, unknown
from calotype.files import shown
from calotype.tasks.data import set_folder
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.metrics.fsd import Segmentation
    from calotype.nn.embedding import Embedding, Vectors

MEASURES = ("fid", "kid", "precision", "recall", "density", "coverage", "class_score", "fsd")
_BY_ITSELF = ("fid", "kid", "precision", "recall", "density", "coverage")  # without --metrics
_BATCH = 32  # pictures of one size that are looked at together
_LOSSY = {".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".heic", ".heif"}
_FEW = 50  # pictures: below, no measure of a set says much


@dataclass(frozen=True)
class SetScores:
    """What ``compare`` found.

    Attributes:
        values: each measure by name, as asked for; beside ``fid`` its ``fid_floor``, the distance between two halves
            of the real pictures (at half their number, so about twice what equal sets of the whole number have), beside
            ``kid`` and ``class_score`` their standard deviations (``..._deviation``).
        features: name of what the pictures were seen with; empty where only maps were looked at.
        real: how many real pictures there are.
        fake: how many made ones.
        classes: for ``fsd``, the areas of every class in both (see ``calotype.metrics.fsd``); else empty.
        notes: what should be known before the numbers are believed.
    """

    values: dict[str, float]
    features: str
    real: int
    fake: int
    classes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON-ready values."""
        return asdict(self)


def compare(
    real: str | Path,
    fakes: str | Path,
    *,
    metrics: Annotated[
        str | Sequence[str] | None,
        Param(
            "compare two folders as sets, by these, like fid,kid: fid, kid, precision, recall, density, coverage, "
            "class_score, fsd, or all",
            kind="several",
            metavar="NAMES",
            choices=MEASURES,
        ),
    ] = None,
    features: Annotated[
        str | Path,
        Param(
            "what sets are seen with: auto, efficientnet, offline, or the file of FID's Inception weights",
            kind="weights",
            metavar="NAME",
            choices=("auto", "efficientnet", "offline"),
        ),
    ] = "auto",
    segmenter: Annotated[
        str | Path | None,
        Param(
            "for fsd of photos: what sees what they show, voc, city, or the file of ESPNetv2's weights; without it the "
            "maps beside the pictures are compared",
            kind="weights",
            metavar="NAME",
            choices=("voc", "city"),
        ),
    ] = None,
    seed: Annotated[int, Param("of what is drawn at random to compare sets", kind="whole", at_least=0)] = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> SetScores:
    """Compare two folders of pictures as sets: how real the made ones look, and what they leave out.

    Pictures need not belong together one by one, and their numbers may differ, though equal ones are better. All
    pictures below both folders are taken, each resized as a whole as the features say. For ``fsd`` either a segmenter
    is given, or both have to be sets of samples with maps, like those of ``calotype data``.

    Args:
        real: folder of the real pictures, or the name of a set that ``calotype data`` has made.
        fakes: folder of the made ones, or such a name.
        metrics: names, of ``MEASURES``, or one text with commas; ``None`` takes all that need nothing else.
        features: ``auto`` (EfficientNet-Lite0 where it is installed, else formulas), ``efficientnet``, ``offline``, or
            the path of the weights of FID's Inception network.
        segmenter: for ``fsd``: ``voc``, ``city`` or a path (see ``calotype.nn.espnet``); ``None`` takes maps.
        seed: of what is drawn at random.
        on_progress: called with how many pictures were looked at, and how many there are.

    Raises:
        InputError: a folder is missing or has too few pictures, one cannot be read, there is no such measure, or what
            it needs is not there.
    """
    from calotype.data.folder import pictures_below

    asked = _asked(metrics)
    folders = [_folder(real), _folder(fakes)]
    values: dict[str, float] = {}
    classes: list[dict[str, Any]] = []
    notes: list[str] = []
    name = ""
    seen = [measure for measure in asked if measure != "fsd"]
    files = [pictures_below(folder) for folder in folders]
    if seen:
        from calotype.nn.embedding import chosen

        embedding = chosen(features)
        name = embedding.name
        both = _embedded(files, embedding, on_progress)
        notes += _notes(files, both[0].values.shape[1], seen)
        values |= _measured(both[0], both[1], seen, seed)
    if "fsd" in asked:
        tallies, names, seer = _tallied(folders, files, segmenter)
        segmentation = _fsd(tallies, names, seed)
        name = "; ".join(part for part in (name, seer) if part)
        values |= {"fsd": segmentation.distance, "fsd_floor": segmentation.floor}
        values["fsd_standardised"] = segmentation.standardised
        classes = [asdict(one) for one in segmentation.classes]
    return SetScores(values, name, len(files[0]), len(files[1]), classes, notes)


def _asked(metrics: str | Sequence[str] | None) -> list[str]:
    if metrics is None:
        return list(_BY_ITSELF)
    names = [name.strip() for name in (metrics.split(",") if isinstance(metrics, str) else metrics)]
    if names == ["all"]:
        return [*_BY_ITSELF, "class_score"]
    for name in names:
        if name not in MEASURES:
            raise InputError(unknown("measure of sets", name, (*MEASURES, "all")))
    return list(dict.fromkeys(names))


def _folder(path: str | Path) -> Path:
    folder = set_folder(path)
    if not folder.is_dir():
        raise InputError(f"{shown(path)} is not a folder: sets are compared folder by folder, without --metrics singly")
    return folder


def _embedded(
    files: "list[list[Path]]", embedding: "Embedding", on_progress: Callable[[int, int], object] | None
) -> "list[Vectors]":
    from calotype.nn.embedding import embed

    total, done = sum(map(len, files)), 0
    found = []
    for paths in files:

        def watched(batches: "Iterator[Tensor]") -> "Iterator[Tensor]":
            nonlocal done
            for batch in batches:
                yield batch
                done += len(batch)
                if on_progress is not None:
                    on_progress(done, total)

        found.append(embed(watched(_batches(paths)), embedding))
    return found


def _batches(paths: Sequence[Path]) -> "Iterator[Tensor]":
    """Pictures as they are, those of one size that follow each other together."""
    import torch

    from calotype.image.io import open_photo, to_tensor

    held: list[Tensor] = []
    for path in paths:
        picture = to_tensor(open_photo(path))[:, :3]
        if held and (held[0].shape != picture.shape or len(held) == _BATCH):
            yield torch.cat(held)
            held = []
        held.append(picture)
    yield torch.cat(held)


def _measured(real: "Vectors", fake: "Vectors", asked: Sequence[str], seed: int) -> dict[str, float]:
    values: dict[str, float] = {}
    near: dict[str, float] = {}
    for name in asked:
        if name == "fid":
            from calotype.metrics.frechet import fid, self_distance

            values["fid"] = fid(real, fake)
            values["fid_floor"] = self_distance(real, seed)
        elif name == "kid":
            from calotype.metrics.kid import kid

            kernel = kid(real, fake, seed=seed)
            values["kid"] = kernel.mean
            if min(len(real), len(fake)) > kernel.subset:  # else there is one subset, which deviates from nothing
                values["kid_deviation"] = kernel.deviation
        elif name == "class_score":
            from calotype.metrics.classes import class_score

            score = class_score(fake, min(10, len(fake)))
            values |= {"class_score": score.mean, "class_score_deviation": score.deviation}
        else:
            from calotype.metrics.neighbours import neighbours

            near = near or asdict(neighbours(real, fake))
            values[name] = near[name]
    return values


def _tallied(
    folders: Sequence[Path], files: "list[list[Path]]", segmenter: str | Path | None
) -> "tuple[list[Tensor], Sequence[str], str]":
    """The areas of the classes in both sets, the names of these, and what saw them."""
    from calotype.metrics.fsd import areas

    if segmenter is not None:
        from calotype.nn import espnet

        see = espnet.segmenter(segmenter)
        return [areas(map(see, _batches(paths)), len(see.classes)) for paths in files], see.classes, see.name
    from calotype.data.samples import read_about, read_lines, read_map

    names: list[str] = read_about(folders[0]).get("map_classes") or []
    tallies = []
    for folder in folders:
        lines = read_lines(folder)
        if not names or read_about(folder).get("map_classes") != names or any("map" not in line for line in lines):
            raise InputError(
                f"fsd compares maps of one set of classes, and {shown(folder)} has none: use sets with maps, or say "
                "what sees them (--segmenter city)"
            )
        tallies.append(areas((_map(read_map(folder / line["map"])) for line in lines), len(names)))
    return tallies, names, ""


def _fsd(tallies: "list[Tensor]", names: Sequence[str], seed: int) -> "Segmentation":
    from calotype.metrics.fsd import fsd

    return fsd(tallies[0], tallies[1], names, seed=seed)


def _map(index: Any) -> "Tensor":
    import torch

    return torch.from_numpy(index.astype("int64"))[None]


def _notes(files: "list[list[Path]]", dimensions: int, asked: Sequence[str]) -> list[str]:
    real, fake = map(len, files)
    notes = []
    if real != fake:
        notes.append(f"there are {real} real pictures and {fake} made ones: equal numbers are compared more fairly")
    if min(real, fake) < _FEW:
        notes.append(f"{min(real, fake)} pictures are few: chance decides much")
    elif "fid" in asked and min(real, fake) < 2 * dimensions:
        notes.append(
            f"fid of {min(real, fake)} pictures with {dimensions} features is too large by about half of what halves "
            "of the real ones have: compare it at equal numbers only, or take kid"
        )
    lossy = [{path.suffix.lower() in _LOSSY for path in paths} for paths in files]
    if lossy[0] != lossy[1]:
        notes.append(
            "the pictures of one folder are compressed with losses and those of the other are not: that counts"
        )
    return notes

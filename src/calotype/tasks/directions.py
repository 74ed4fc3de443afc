"""The command ``directions``: learn the directions of styles along which labelled attributes change."""

# Annotations are values here, not strings: the command line is made from them.
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from calotype import __version__
from calotype.catalog import MODELS, Loaded, declared, load
from calotype.errors import ArgumentError, InputError, unknown
from calotype.files import sha256_of_files, shown
from calotype.results import Latent
from calotype.tasks import arguments, model_store
from calotype.tasks.argument_types import check_types
from calotype.tasks.attribute_styles import AttributeStyles, Progress
from calotype.tasks.data import set_folder
from calotype.tasks.latent_job import CODE_SUFFIX
from calotype.tasks.param import Param

if TYPE_CHECKING:
    from calotype.data.attributes import Attributes
    from calotype.run import Run

FOLDER = "directions"  # sub-folder of a model
BY = ("samples", "encoder")
_LONGEST = 100  # characters of a file's name


@dataclass(frozen=True)
class Direction:
    """A direction, and how far it is to be trusted.

    Attributes:
        attribute: its name.
        latent: the direction, an array [style] of one standard deviation.
        accuracy: balanced accuracy of its boundary on samples, or pictures, that it was not fitted to, 0..1; 0.5 is
            chance.
        share: of those that have the attribute, 0..1.
        classifier: balanced accuracy of the classifier on pictures of the set that it was not trained on; ``None``
            where an encoder found the styles.
        changed: share of new samples in which the classifier sees the attribute come, or go, when they are moved by two
            standard deviations; ``None`` as before.
        kept: mean share of the other attributes that the classifier sees unchanged then; ``None`` where there is no
            other.
        path: the file it was written to.
    """

    attribute: str
    latent: Latent
    accuracy: float
    share: float
    classifier: float | None = None
    changed: float | None = None
    kept: float | None = None
    path: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """The figures, JSON-ready."""
        names = ("attribute", "accuracy", "share", "classifier", "changed", "kept")
        return {**{name: getattr(self, name) for name in names}, "path": self.path and str(self.path)}


@dataclass(frozen=True)
class Directions:
    """The result of ``directions``.

    Attributes:
        found: the directions.
        notes: attributes and pictures that were left out.
    """

    found: list[Direction]
    notes: list[str] = field(default_factory=list)


def directions(
    model: Annotated[
        str | Path,
        Param(
            "a model that photos are embedded in, by its name in 'calotype models' or by its folder",
            kind="model",
            metavar="MODEL|FOLDER",
        ),
    ],
    labelled: Annotated[
        str | Path,
        Param(
            "pictures with attributes: a set that 'calotype data' has made, like faces, its folder, or a list of files "
            "(.csv or .jsonl) with the column file and one for each attribute, yes or no",
            kind="photo",
            metavar="SET",
            sets=True,
        ),
    ],
    *,
    attributes: Annotated[
        str | Sequence[str],
        Param(
            "names of the attributes, with commas between them; without them, all that enough pictures have and have "
            "not",
            metavar="NAMES",
            first=True,
        ),
    ] = "",
    by: Annotated[
        str,
        Param(
            "samples: random pictures of the model, labelled by a classifier of the set; encoder: the set's pictures, "
            "as the model's encoder sees them",
            metavar="samples|encoder",
            choices=BY,
        ),
    ] = "samples",
    samples: Annotated[
        int, Param("how many random pictures are labelled", kind="whole", metavar="COUNT", at_least=100)
    ] = 4000,
    orthogonal: Annotated[
        bool,
        Param("take from each direction what it shares with the others, so that they are left alone", kind="switch"),
    ] = False,
    seed: Annotated[int, Param("seed of the classifier and of the samples", kind="seed", metavar="NUMBER")] = 0,
    out: Annotated[
        str | Path | None,
        Param(
            "folder for the files; without it, that of the model, where adjust --direction NAME finds them",
            kind="folder",
            flags=("-o", "--out"),
            metavar="FOLDER",
        ),
    ] = None,
    device: Annotated[str, arguments.DEVICE] = "auto",
    on_progress: Progress | None = None,
    run: Optional["Run"] = None,
) -> Directions:
    """Learn directions along which attributes change, from labelled pictures: glasses, a smile, a colour.

    A classifier learns the attributes from the pictures and labels random pictures of the model; the direction of an
    attribute crosses the linear boundary between those with and without it (InterFaceGAN, Shen et al. 2020). What is
    said of each is measured on samples that it was not fitted to; 'changed' and 'kept' are what the classifier sees
    when others are moved by two standard deviations. calotype adjust CODE --model MODEL --direction NAME moves along.

    Args:
        model: a name in the model store, or the folder of a model.
        labelled: a made set by name, its folder, or a list of files and attributes, .csv or .jsonl.
        attributes: names, or text with commas; of attributes with values ``"NAME=VALUE"``. Empty: all that at least 20
            pictures have and 20 have not.
        by: ``"samples"``, or ``"encoder"`` (``calotype train encoder MODEL``).
        samples: number of random pictures that are labelled.
        orthogonal: whether directions are made orthogonal to those of all other attributes.
        seed: of the classifier and of the samples.
        out: folder for the files, one for each attribute; ``None``: ``directions`` in the folder of the model.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` ...
        on_progress: called with what is done, how much of it, and the total.
        run: receives a request to stop.

    Raises:
        InputError: the model, the set or an attribute cannot be used.
        OutputError: a file cannot be written.
        Stopped: ``run`` was stopped.
    """
    check_types(directions, locals())
    arguments.one_of(BY, by, "way to find styles")
    if not 100 <= arguments.whole(samples, "a number of samples", "4000") <= 1_000_000:
        raise ArgumentError(f"{samples} samples cannot be used: give 100 to 1000000 (--samples, samples=)")
    folder = model_store.folder_of(model)
    loaded = load(folder)
    space = _space(loaded, folder)
    wanted = [each.strip() for each in (attributes.split(",") if isinstance(attributes, str) else attributes)]
    told = _told(labelled, [name for name in wanted if name])
    _check_files(told.names)
    work = AttributeStyles(loaded, folder, space, told, seed, _run(run, device, seed), on_progress or (lambda *_: None))
    loaded.net.to(work.run.device)
    found, figures = work.by_encoder() if by == "encoder" else work.by_samples(samples)
    if orthogonal:
        found = work.orthogonal(found)
    moved = work.moved(found, samples) if by == "samples" else {}
    own = {"attributes": ",".join(told.names), "by": by, "samples": samples, "orthogonal": orthogonal}
    settings = _settings(loaded, folder, labelled, work, own)
    place = folder / FOLDER if out is None else Path(out)
    made = []
    for name, one in found.items():
        values: dict[str, Any] = {"accuracy": one.accuracy, "share": work.share(name)}
        values |= {**figures.get(name, {}), **moved.get(name, {})}
        about = {**settings, "attribute": name, **values}
        latent = Latent({"direction": one.direction.cpu().numpy()}, file_stem(name), about)
        made.append(Direction(name, latent, **values, path=latent.save(place / f"{latent.name}{CODE_SUFFIX}")))
    return Directions(made, work.notes)


def file_stem(attribute: str) -> str:
    """The name of the file of an attribute's direction, without a suffix."""
    return re.sub(r"[^\w=.-]", "", re.sub(r"\s+", "-", attribute)).strip("-.")[:_LONGEST] or "direction"


def _check_files(names: Sequence[str]) -> None:
    """Check that each attribute has a file of its own, also where names of files do not tell capitals apart.

    Raises:
        InputError: two have the same.
    """
    files: dict[str, str] = {}
    for name in names:
        other = files.setdefault(file_stem(name).casefold(), name)
        if other != name:
            raise InputError(
                f"the directions of '{other}' and '{name}' would be the same file: rename one, or choose one "
                "(--attributes, attributes=)"
            )


def known_directions(folder: Path) -> dict[str, Path]:
    """The directions that were learned for a model, by the names of their files."""
    return {path.stem: path for path in sorted((folder / FOLDER).glob(f"*{CODE_SUFFIX}"))}


def direction_file(given: str | Path, folder: Path) -> Path:
    """The file of a direction: an existing one, or one that was learned for the model in ``folder``, by its name.

    Raises:
        InputError: there is neither.
    """
    path, known = Path(given), known_directions(folder)
    if path.is_file() or path.parent != Path():
        return path
    stem = file_stem(path.name.removesuffix(CODE_SUFFIX))
    if stem in known:
        return known[stem]
    if path.exists() or path.suffix in (CODE_SUFFIX, ".npy", ".pt", ".pth"):
        return path  # a folder, or a file that is not there
    if not known:
        raise InputError(
            f"there is no direction {shown(path)}: give a file, or learn some, calotype directions "
            f"{model_store.typed(folder)} SET"
        )
    raise InputError(unknown("direction", str(path), known))


def _space(loaded: Loaded, folder: Path) -> Any:
    name = declared(loaded.system).style_space
    if not name:
        able = " or ".join(system for system in MODELS if declared(system).style_space)
        raise InputError(f"{shown(folder)} is a model of {loaded.system}, which has no styles: give one of {able}")
    return getattr(loaded.engine, name)(loaded.config, loaded.net.requires_grad_(False))


def _told(labelled: str | Path, wanted: Sequence[str]) -> "Attributes":
    from calotype.data.attributes import read_attributes

    return read_attributes(set_folder(labelled), wanted)


def _run(given: Optional["Run"], device: str, seed: int) -> "Run":
    from calotype.run import Run

    return Run(seed=seed, device=device) if given is None else given.within(None, seed=seed)


def _settings(
    loaded: Loaded, folder: Path, labelled: str | Path, work: AttributeStyles, own: Mapping[str, Any]
) -> dict[str, Any]:
    """What repeats the directions: names without folders, which may be private."""
    return {
        "calotype": __version__,
        "verb": "directions",
        "engine": loaded.system,
        "model": folder.resolve().name,
        "model_sha256": model_store.weights_sha256(folder),
        "device": work.run.device.type,
        "seed": work.seed,
        "own": dict(own),
        "pictures": {
            "labelled": {
                "name": Path(labelled).resolve().name,
                "count": len(work.told.files),
                "sha256": sha256_of_files(work.told.files),
            }
        },
    }

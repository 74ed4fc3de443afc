"""The verb ``study``: a page for a user study of generated pictures, and the results of its participants."""

# Annotations are values here, not strings: the command line is made from them.
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from calotype.errors import ArgumentError, InputError, counted, unknown
from calotype.files import check_writable, is_free, shown, write_folder
from calotype.tasks import arguments
from calotype.tasks.argument_types import check_types
from calotype.tasks.evaluate import features_by_measure, pictures_in
from calotype.tasks.param import Param, described
from calotype.tasks.study_page import page, sha256_of, study_id
from calotype.tasks.study_trials import KINDS, Plan, left_out, matched, plan

if TYPE_CHECKING:
    from calotype.nn.features import Features
    from calotype.tasks.study_answers import Interval

FORMAT = 1
KEY, PAGE, ANSWERS = "key.json", "study.html", "answers"
_FEW = 5  # participants


@dataclass(frozen=True)
class Study:
    """A study that was created.

    Attributes:
        folder: holds the page, the key, and a folder for the answers.
        page: the file for the participants.
        trials: number of trials for each participant.
        methods: names of the methods.
        notes: what limits it.
    """

    folder: Path
    page: Path
    trials: int
    methods: tuple[str, ...]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StudyResult:
    """What the participants of a study answered.

    Attributes:
        kind: ``paired``, ``unpaired`` or ``ranking``.
        participants: number of participants.
        rows: for each method its name and its values with intervals of 95 % from bootstrap samples of participants and
            photos: ``confusion``, share of wrong answers, .5 if real and generated pictures cannot be told apart; for
            ``unpaired`` also ``taken_for_real``; for ``ranking`` ``mean_rank`` and ``first``, share of first ranks.
        taken_for_generated: for ``unpaired``, the share of photos that were taken for generated pictures.
        preferences: for ``ranking``, how often each method was ranked above each other one.
        correlation: of the judgements of generated pictures with their SIFID; ``None`` for few pictures.
        features: name of the features of that SIFID.
        notes: what limits the result.
    """

    kind: str
    participants: int
    rows: list[dict[str, Any]]
    taken_for_generated: "Interval | None" = None
    preferences: list[dict[str, Any]] = field(default_factory=list)
    correlation: dict[str, Any] | None = None
    features: str = ""
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """All attributes as JSON-ready values."""
        return asdict(self)


def study(
    folders: Annotated[
        Sequence[str | Path],
        Param(
            "a folder of photos and one folder of generated pictures for each method; or the folder of a study, for "
            "its results",
            kind="photos",
            metavar="FOLDERS",
        ),
    ],
    *,
    kind: Annotated[
        str,
        Param(
            "paired (a photo and a generated picture), unpaired (one picture) or ranking (likeness to a photo)",
            metavar="KIND",
            choices=KINDS,
        ),
    ] = "paired",
    out: Annotated[
        str | Path, Param("folder of the new study", kind="folder", flags=("-o", "--out"), metavar="FOLDER")
    ] = "study",
    count: Annotated[int, Param("trials for each participant", kind="whole", flags=("-n", "--count"), at_least=1)] = 50,
    seconds: Annotated[
        float, Param("how long pictures are shown; 0: until the answer", kind="number", metavar="SECONDS")
    ] = 1.0,
    twice: Annotated[bool, Param("make every trial twice, with the pictures in reverse order", kind="switch")] = False,
    criterion: Annotated[
        str,
        Param(
            "for ranking: what participants are asked, like 'Which shows the same scene, only wider? Press the best "
            "first.'; without it, likeness to the photo",
            metavar="TEXT",
        ),
    ] = "",
    side: Annotated[
        int, Param("shrink pictures so that no side is longer, pixels", kind="whole", metavar="PIXELS", at_least=16)
    ] = 512,
    seed: Annotated[int, Param("seed of the random choices", kind="whole", metavar="NUMBER", at_least=0)] = 0,
    weights: Annotated[str | Path | None, arguments.WEIGHTS] = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Study | StudyResult:
    """Create a page for a user study of generated pictures, or read the results of one.

    The page is one HTML file that works offline and hides what is real and which method made what. Participants save
    their answers as a file; put these files into the folder answers of the study and name the study's folder for its
    results: confusion rates or ranks with intervals, and their correlation with SIFID.

    The protocols are those of SinGAN (Shaham, Dekel and Michaeli, ICCV 2019, section 3): pictures are shown for one
    second, in pairs of a photo and a generated picture or one at a time; and ranking by likeness to a source.

    Args:
        folders: a folder of photos and one folder of generated pictures for each method, each picture named like its
            photo with anything after it (``lake_1.png`` for ``lake.jpg``); or the folder of a study.
        kind: ``"paired"``, ``"unpaired"`` or ``"ranking"``.
        out: folder of the new study; must be empty or not exist.
        count: number of trials for each participant, at most.
        seconds: how long pictures are shown; 0: until the answer. Rankings have no limit.
        twice: make every trial twice, with the pictures in reverse order; in rankings, contradictions count as ties.
        criterion: for rankings, the sentence that tells participants what to rank by; empty: likeness to the photo.
        side: largest side of a shown picture, pixels. A photo and its generated pictures get equal sizes, in rankings
            one scale.
        seed: seed of the random choices.
        weights: Inception weights for sifid, a file or its folder; ``None``: the folder ``CALOTYPE_WEIGHTS``; without
            them SIFID has features that need no weights.
        on_progress: called with the number of measured pictures and their total number.

    Raises:
        InputError: a folder or picture cannot be read, no generated picture is named after a photo, there are too few
            methods, the folder of the new study is not empty, or answers are damaged or of another study.
        OutputError: the study cannot be written.
    """
    check_types(study, locals())
    places = [Path(folder) for folder in ([folders] if isinstance(folders, str | Path) else folders)]
    if len(places) == 1:
        _read_key(places[0])
        given = {"kind": kind, "out": out, "count": count, "seconds": seconds, "twice": twice, "seed": seed}
        _check_existing(places[0], **given, side=side, criterion=criterion)
        return results(places[0])
    if kind not in KINDS:
        raise ArgumentError(unknown("kind of study", kind, KINDS))
    if not 0 <= seconds <= 60:
        raise ArgumentError(f"pictures cannot be shown for {seconds:g} s: give --seconds 0 to 60 (seconds=)")
    if kind == "unpaired" and count < 2:
        raise ArgumentError(
            "an unpaired study asks about a photo and a generated picture: give 2 trials or more: --count 2 (count=)"
        )
    if twice and kind == "unpaired":
        raise ArgumentError("an unpaired trial has one picture and no order: leave out --twice (twice=)")
    if criterion and kind != "ranking":
        raise ArgumentError(f"a {kind} study asks what is real: leave out --criterion, or give --kind ranking")
    target = Path(out)
    if not is_free(target):
        raise InputError(f"{shown(target)} is not empty: give another folder, -o (out=)")
    check_writable(target)
    reals, fakes, notes = _pictures(places)
    planned = plan(kind, reals, fakes, count, seed)
    distances, features = _distances(planned, reals, weights, on_progress)
    settings = {"seconds": 0.0 if kind == "ranking" else seconds, "twice": twice, "side": side, "criterion": criterion}
    _write(planned, target, settings, distances, features)
    trials = max(map(len, planned.forms)) * (2 if twice else 1)
    return Study(target, target / PAGE, trials, planned.methods, [*notes, *planned.notes])


def _check_existing(place: Path, **given: Any) -> None:
    """Check that no option of a new study is given for the results of one.

    Raises:
        InputError: one is.
    """
    for name, (about, default) in described(study).items():
        if name in given and given[name] != default:
            raise InputError(
                f"{shown(place)} is a study, one folder gives its results, and {about.flag(name)} is for a new one: "
                f"leave it out ({name}=), or name folders of generated pictures too"
            )


def _pictures(places: Sequence[Path]) -> tuple[dict[str, Path], dict[str, dict[str, list[Path]]], list[str]]:
    """The photos by stem; of every method, named after its folder, the pictures by the stem of their photo; and notes
    about pictures that belong to no photo.
    """
    reals: dict[str, Path] = {}
    for path in pictures_in(places[0]):
        if path.stem in reals:
            raise InputError(f"{reals[path.stem].name} and {path.name} have the same stem: keep one of them")
        reals[path.stem] = path
    for place in places[1:]:
        if place.resolve() == places[0].resolve():
            raise InputError(f"{shown(place)} is the folder of photos: give the folder of generated pictures after it")
    names = [place.resolve().name for place in places[1:]]
    if len(set(names)) < len(names):
        raise InputError("two folders of generated pictures have the same name, which names the method: rename one")
    fakes: dict[str, dict[str, list[Path]]] = {}
    notes: list[str] = []
    for name, place in zip(names, places[1:]):
        files = pictures_in(place)
        fakes[name] = matched(reals, files, place)
        notes += left_out(files, fakes[name], place)
    return reals, fakes, notes


def _write(
    planned: Plan, target: Path, settings: Mapping[str, Any], distances: Mapping[str, float], features: str
) -> None:
    id = study_id(planned, settings)
    text = page(planned, id, **settings)
    pictures = {
        one.id: {
            "method": one.method,
            "photo": one.photo,
            "file": one.path.name,
            "sha256": sha256_of(one.path),
            "sifid": distances.get(one.id),
        }
        for one in planned.pictures.values()
    }
    forms = [[asdict(trial) for trial in form] for form in planned.forms]
    about = {"format": FORMAT, "study": id, "kind": planned.kind, "methods": planned.methods, **settings}
    key = {**about, "features": features, "forms": forms, "pictures": pictures}

    def write(part: Path) -> None:
        (part / PAGE).write_text(text, encoding="utf-8", newline="")
        (part / KEY).write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8", newline="")
        (part / ANSWERS).mkdir()

    write_folder(target, write)


def _distances(
    planned: Plan,
    reals: Mapping[str, Path],
    weights: str | Path | None,
    on_progress: Callable[[int, int], object] | None,
) -> tuple[dict[str, float], str]:
    """SIFID of each generated picture and the photo, and the name of the features; too small pictures have none."""
    from calotype.image.io import open_photo, to_tensor
    from calotype.metrics.sifid import sifid

    extractors: dict[str, Features] = features_by_measure(weights)
    extractor = extractors.get("sifid", extractors["sifid_offline"])
    made = [one for one in planned.pictures.values() if one.method is not None]
    found: dict[str, float] = {}
    for number, one in enumerate(made, 1):
        pair = (to_tensor(open_photo(reals[one.photo])), to_tensor(open_photo(one.path)))
        try:
            found[one.id] = sifid(*pair, extractor)
        except InputError:
            continue
        finally:
            if on_progress is not None:
                on_progress(number, len(made))
    return found, extractor.name


def results(folder: str | Path) -> StudyResult:
    """The results of a study.

    Args:
        folder: the folder of the study, with the participants' files in its folder ``answers``.

    Raises:
        InputError: it is no folder of a study, there are no answers, or a file of answers cannot be used.
    """
    from calotype.tasks.study_answers import correlation, judgements, preferences, read_answers

    folder = Path(folder)
    key = _read_key(folder)
    answers = read_answers(folder / ANSWERS, key["study"], key["forms"])
    if not any(one.answers for one in answers):
        raise InputError(f"{shown(folder / ANSWERS)} has no answers yet: put the participants' .json files there")
    kind = key["kind"]
    found = judgements(kind, answers, key)
    distances = {id: one["sifid"] for id, one in key["pictures"].items() if one["sifid"] is not None}
    notes = [f"{_people(len(answers))}: too few, the intervals are rough"] if len(answers) < _FEW else []
    return StudyResult(
        kind=kind,
        participants=len(answers),
        rows=[_row(kind, method, found) for method in key["methods"]],
        taken_for_generated=_taken_for_generated(kind, found),
        preferences=preferences(answers, key) if kind == "ranking" else [],
        correlation=correlation(found, distances),
        features=key["features"],
        notes=notes,
    )


def _people(count: int) -> str:
    return counted(count, "participant")


def _row(kind: str, method: str, found: Sequence[Any]) -> dict[str, Any]:
    from dataclasses import replace

    from calotype.tasks.study_answers import balanced_error, mean

    own = [one for one in found if one.method == method]
    if kind == "ranking":
        first = [replace(one, value=float(one.value == 1)) for one in own]
        return {"method": method, "mean_rank": mean(own), "first": mean(first)}
    if kind == "unpaired":
        real = [one for one in found if one.method is None]
        return {"method": method, "confusion": balanced_error([*real, *own]), "taken_for_real": mean(own)}
    return {"method": method, "confusion": mean(own)}


def _taken_for_generated(kind: str, found: Sequence[Any]) -> "Interval | None":
    from calotype.tasks.study_answers import mean

    return mean([one for one in found if one.method is None]) if kind == "unpaired" else None


def _read_key(folder: Path) -> Mapping[str, Any]:
    label = shown(folder)
    try:
        key = json.loads((folder / KEY).read_text(encoding="utf-8"))
        known = (
            key["format"] == FORMAT and key["kind"] in KINDS and {"study", "methods", "forms", "pictures"} <= set(key)
        )
    except FileNotFoundError:
        raise InputError(
            f"{label} is no study: give a folder of photos and folders of generated pictures, or the folder of a study"
        ) from None
    except OSError as error:
        raise InputError(f"{label} cannot be read ({error.strerror}): check the folder") from error
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise InputError(f"{KEY} in {label} is damaged or of another version: create the study anew")
    return dict(key)

"""Answers of the participants of a user study, and what they say of each method, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from calotype.errors import InputError
from calotype.files import shown

if TYPE_CHECKING:
    import numpy as np

_REPLICATES = 2000
_LARGEST = 4 << 20  # bytes of a file of answers
_FEWEST = 5  # pictures of a correlation

_Id = Annotated[str, Field(max_length=40)]


class Answer(BaseModel):
    """The answer to one trial."""

    model_config = ConfigDict(extra="ignore")

    trial: int = Field(ge=0)
    again: int = Field(0, ge=0, le=1, alias="pass")
    order: list[_Id] = Field(max_length=20)
    choice: _Id | list[_Id]
    ms: float = 0.0


class Answers(BaseModel):
    """The answers of one participant, as the page saves them."""

    model_config = ConfigDict(extra="ignore")

    format: Literal[1]
    study: _Id
    participant: _Id
    form: int = Field(ge=0)
    answers: list[Answer] = Field(max_length=10_000)


@dataclass(frozen=True)
class Interval:
    """A value with its interval of 95 %.

    Attributes:
        value: of all answers.
        low: lower end; ``None`` where it cannot be estimated, as with one participant and one photo.
        high: upper end, likewise.
        count: number of answers.
    """

    value: float
    low: float | None
    high: float | None
    count: int


def read_answers(folder: Path, id: str, forms: Sequence[Sequence[Any]]) -> list[Answers]:
    """The answers in a folder, one file a participant; a participant's longest file counts.

    Raises:
        InputError: a file is damaged, too large, or of another study.
    """
    found: dict[str, Answers] = {}
    for path in sorted(folder.glob("*.json")):
        one = _read(path)
        if one.study != id:
            raise InputError(f"{shown(path)} has answers to another study: move it away")
        if one.form >= len(forms) or any(answer.trial >= len(forms[one.form]) for answer in one.answers):
            raise InputError(
                f"{shown(path)} has answers to trials that this study does not have: save it again from the page"
            )
        asked = [(answer.trial, answer.again) for answer in one.answers]
        if len(set(asked)) < len(asked):
            raise InputError(f"{shown(path)} answers a trial more than once: save it again from the page")
        before = found.get(one.participant)
        if before is None or len(before.answers) < len(one.answers):
            found[one.participant] = one
    return [one for one in found.values() if one.answers]


def _read(path: Path) -> Answers:
    damaged = InputError(f"{shown(path)} has no answers of a study: save them from its page, unchanged")
    try:
        if path.stat().st_size > _LARGEST:
            raise damaged
        return TypeAdapter(Answers).validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read ({error.strerror}): check the file") from error
    except ValidationError:
        raise damaged from None


@dataclass(frozen=True)
class Judgement:
    """What one participant said of one generated picture, or of one photo.

    Attributes:
        participant: who.
        photo: stem of the photo.
        method: of the generated picture; ``None`` for a photo.
        picture: id of the picture.
        value: what is averaged, 0..1 or a rank from 1.
    """

    participant: str
    photo: str
    method: str | None
    picture: str
    value: float


def judgements(kind: str, answers: Iterable[Answers], key: Mapping[str, Any]) -> list[Judgement]:
    """The single judgements in the answers.

    Returns:
        For ``paired`` 1 where the photo was taken for the generated picture, else 0; for ``unpaired`` 1 where the
        answer was wrong; for ``ranking`` the rank of every picture, 1 for the most alike.

    Raises:
        InputError: an answer does not fit the study.
    """
    pictures = key["pictures"]
    found = []
    for one in answers:
        for answer in one.answers:
            trial = key["forms"][one.form][answer.trial]["pictures"]
            if not _fits(kind, answer, trial):
                raise InputError(
                    f"the answers of participant {one.participant} do not fit the trials: remove that file"
                )
            for picture, value in _valued(kind, answer, trial, pictures):
                about = pictures[picture]
                found.append(Judgement(one.participant, about["photo"], about["method"], picture, value))
    return found


def _fits(kind: str, answer: Answer, trial: Sequence[str]) -> bool:
    if kind == "ranking":
        return isinstance(answer.choice, list) and sorted(answer.choice) == sorted(trial)
    return answer.choice in (("real", "generated") if kind == "unpaired" else trial)


def _valued(
    kind: str, answer: Answer, trial: Sequence[str], pictures: Mapping[str, Any]
) -> Iterable[tuple[str, float]]:
    if kind == "ranking":
        return [(picture, rank) for rank, picture in enumerate(answer.choice, 1)]
    if kind == "unpaired":
        right = "real" if pictures[trial[0]]["method"] is None else "generated"
        return [(trial[0], float(answer.choice != right))]
    generated = next(picture for picture in trial if pictures[picture]["method"] is not None)
    return [(generated, float(answer.choice != generated))]


def mean(some: Sequence[Judgement], seed: int = 0) -> Interval | None:
    """The mean value of judgements, with an interval over participants and photos; ``None`` without any."""
    if not some:
        return None
    low, high = _ends(_replicates(some, seed))
    return Interval(sum(one.value for one in some) / len(some), low, high, len(some))


def balanced_error(some: Sequence[Judgement], seed: int = 0) -> Interval | None:
    """Mean of the error rates of real and of generated pictures, as if there were equally many; 0..1.

    ``None`` unless there are judgements of both.
    """
    real, made = ([one for one in some if (one.method is None) == wanted] for wanted in (True, False))
    if not real or not made:
        return None
    value = sum(sum(one.value for one in each) / len(each) for each in (real, made)) / 2
    low, high = _ends((_replicates(real, seed) + _replicates(made, seed)) / 2)
    return Interval(value, low, high, len(some))


def _replicates(some: Sequence[Judgement], seed: int) -> np.ndarray[Any, Any]:
    """Means over bootstrap samples of the participants crossed with bootstrap samples of the photos.

    NaN where a sample has no judgement.
    """
    import numpy as np

    real = some[0].method is None  # of other photos than the generated pictures: drawn independently
    weights = _weights([one.participant for one in some], [seed, 0])
    weights *= _weights([one.photo for one in some], [seed, 1 + real])
    total = weights.sum(1)
    sums = weights @ np.array([one.value for one in some])
    means: np.ndarray[Any, Any] = np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)
    return means


def _weights(names: Sequence[str], seed: Sequence[int]) -> np.ndarray[Any, Any]:
    """How often the unit that each judgement belongs to is drawn, [replicates, judgements]."""
    import numpy as np

    units = sorted(set(names))
    place = {unit: i for i, unit in enumerate(units)}
    chances = np.full(len(units), 1 / len(units))
    drawn = np.random.default_rng(list(seed)).multinomial(len(units), chances, size=_REPLICATES)
    return drawn[:, [place[name] for name in names]].astype(float)


def _ends(replicates: np.ndarray[Any, Any]) -> tuple[float | None, float | None]:
    import numpy as np

    known = replicates[~np.isnan(replicates)]
    if not len(known) or known.min() == known.max():
        return None, None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def preferences(answers: Iterable[Answers], key: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How often each method was ranked above another one.

    Where a participant judged a trial twice, two judgements that contradict each other are one tie, and two that agree
    are one win.

    Returns:
        For each pair of methods ``first``, ``second``, and the numbers ``wins``, ``losses``, ``ties`` of the first.
    """
    pictures = key["pictures"]
    votes: dict[tuple[Any, ...], list[int]] = {}
    for one in answers:
        for answer in one.answers:
            rank = {pictures[picture]["method"]: place for place, picture in enumerate(answer.choice)}
            for pair in combinations(key["methods"], 2):
                name = (*pair, one.participant, one.form, answer.trial)
                votes.setdefault(name, []).append(1 if rank[pair[0]] < rank[pair[1]] else -1)
    rows = []
    for pair in combinations(key["methods"], 2):
        outcomes = [_agreed(some) for name, some in votes.items() if name[:2] == pair]
        counts = {"wins": outcomes.count(1), "losses": outcomes.count(-1), "ties": outcomes.count(0)}
        rows.append({"first": pair[0], "second": pair[1], **counts})
    return rows


def _agreed(votes: Sequence[int]) -> int:
    return votes[0] if len(set(votes)) == 1 else 0


def correlation(some: Sequence[Judgement], distances: Mapping[str, float], seed: int = 0) -> dict[str, Any] | None:
    """Correlation over generated pictures of the mean judgement with a distance such as SIFID.

    Returns:
        Pearson's and Spearman's coefficients with intervals from bootstrap samples of the pictures, and the number of
        pictures; ``None`` for fewer than five pictures or without any variation.
    """
    import numpy as np

    by_picture: dict[str, list[float]] = {}
    for one in some:
        if one.method is not None and one.picture in distances:
            by_picture.setdefault(one.picture, []).append(one.value)
    if len(by_picture) < _FEWEST:
        return None
    rates = np.array([sum(values) / len(values) for values in by_picture.values()])
    far = np.array([distances[picture] for picture in by_picture])
    if rates.min() == rates.max() or far.min() == far.max():
        return None
    rng, count = np.random.default_rng(seed), len(rates)
    draws = [rng.integers(0, count, count) for _ in range(_REPLICATES)]
    found: dict[str, Any] = {"pictures": count}
    for name, change in (("pearson", lambda x: x), ("spearman", ranks)):
        values = np.array([_pearson(change(rates[draw]), change(far[draw])) for draw in draws])
        low, high = _ends(values)
        found[name] = {"value": float(_pearson(change(rates), change(far))), "low": low, "high": high}
    return found


def _pearson(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float((a @ a) * (b @ b)) ** 0.5
    return float(a @ b) / scale if scale > 0 else float("nan")


def ranks(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Ranks from 1; equal values get their mean rank."""
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]

"""The trials of a user study: which pictures are shown together, in which order, and which of them are generated."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from calotype.errors import InputError, counted, listed
from calotype.files import shown
from calotype.tasks.pairing import photo_of

StudyKind = Literal["paired", "unpaired", "ranking"]
KINDS: tuple[StudyKind, ...] = ("paired", "unpaired", "ranking")
MOST_RANKED = 6  # pictures beside a source


@dataclass(frozen=True)
class Picture:
    """One picture of a study.

    Attributes:
        id: random name, the only one that participants' files contain.
        path: its file.
        photo: stem of the photo: itself, or the one that it was generated from.
        method: name of the folder of a generated picture; ``None`` for a real one.
    """

    id: str
    path: Path
    photo: str
    method: str | None


@dataclass(frozen=True)
class Trial:
    """One question.

    Attributes:
        pictures: ids of the pictures to choose from, or the single one to be judged.
        source: id of the photo that is shown beside them; ``None`` where there is none.
    """

    pictures: tuple[str, ...]
    source: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a study shows.

    Attributes:
        kind: ``paired``, ``unpaired`` or ``ranking``.
        methods: names of the methods, in the given order.
        pictures: by id.
        forms: alternative lists of trials; a participant gets one of them.
        notes: what limits the study.
    """

    kind: StudyKind
    methods: tuple[str, ...]
    pictures: Mapping[str, Picture]
    forms: tuple[tuple[Trial, ...], ...]
    notes: list[str] = field(default_factory=list)


def plan(
    kind: StudyKind, reals: Mapping[str, Path], fakes: Mapping[str, Mapping[str, Sequence[Path]]], count: int, seed: int
) -> Plan:
    """Choose the trials of a study.

    Methods and photos get equal numbers of trials as far as possible.

    Args:
        kind: ``paired``: a photo and a picture generated from it, side by side. ``unpaired``: one picture at a time,
            half of them real; a participant sees no photo both as itself and as what was generated from it, if there
            are several. ``ranking``: a photo, and one picture of each method.
        reals: the photos, by stem.
        fakes: for each method the generated pictures, by the stem of their photo.
        count: trials for each participant, at most.
        seed: of all random choices.

    Raises:
        InputError: there are too few or too many methods, or no method has pictures of a photo.
    """
    rng = random.Random(seed)
    ids = iter(_random_ids(len(reals) + sum(len(f) for of in fakes.values() for f in of.values()), rng))
    real = {stem: Picture(next(ids), path, stem, None) for stem, path in reals.items()}
    fake = {
        method: {stem: [Picture(next(ids), path, stem, method) for path in paths] for stem, paths in of.items()}
        for method, of in fakes.items()
    }
    chosen = {"paired": _paired, "unpaired": _unpaired, "ranking": _ranking}[kind]
    forms, notes = chosen(real, fake, count, rng)
    used = {id for form in forms for trial in form for id in (*trial.pictures, trial.source)}
    every = [*real.values(), *(one for of in fake.values() for some in of.values() for one in some)]
    return Plan(kind, tuple(fakes), {one.id: one for one in every if one.id in used}, tuple(forms), notes)


_Fakes = Mapping[str, Mapping[str, Sequence[Picture]]]
_Chosen = tuple[list[tuple[Trial, ...]], list[str]]


def _random_ids(count: int, rng: random.Random) -> list[str]:
    """Names whose order says nothing about the pictures."""
    numbers = rng.sample(range(10 * count), count)
    return [f"p{number:0{len(str(10 * count))}d}" for number in numbers]


def _paired(real: Mapping[str, Picture], fake: _Fakes, count: int, rng: random.Random) -> _Chosen:
    trials = [_trial([real[one.photo], one], rng) for one in _balanced(fake, count, rng)]
    return [tuple(trials)], _fewer(len(trials), count)


def _unpaired(real: Mapping[str, Picture], fake: _Fakes, count: int, rng: random.Random) -> _Chosen:
    stems = [stem for stem in real if any(stem in of for of in fake.values())]
    if len(stems) == 1:
        halves = [(stems, stems)]
        notes = ["there is one photo only: participants see it both as itself and as what was generated from it"]
    else:
        rng.shuffle(stems)
        middle = len(stems) // 2
        halves, notes = [(stems[:middle], stems[middle:]), (stems[middle:], stems[:middle])], []
    forms = []
    for as_real, as_fake in halves:
        reals = [real[stem] for stem in rng.sample(as_real, min(len(as_real), count // 2))]
        some = {method: {stem: of[stem] for stem in as_fake if stem in of} for method, of in fake.items()}
        fakes = _balanced(some, len(reals), rng)
        shown = _shuffled([*reals[: len(fakes)], *fakes], rng)
        forms.append(tuple(_trial([one], rng) for one in shown))
    return forms, notes + _fewer(min(map(len, forms)), count - count % 2)


def _ranking(real: Mapping[str, Picture], fake: _Fakes, count: int, rng: random.Random) -> _Chosen:
    if not 2 <= len(fake) <= MOST_RANKED:
        raise InputError(f"a ranking is of 2 to {MOST_RANKED} methods: give as many folders of generated pictures")
    stems = [stem for stem in real if all(stem in of for of in fake.values())]
    if not stems:
        raise InputError("no photo has a generated picture of every method: use the same photos for all methods")
    queues = {(method, stem): _shuffled(of[stem], rng) for method, of in fake.items() for stem in stems}
    rounds = min(len(queue) for queue in queues.values())
    order = [(stem, k) for k in range(rounds) for stem in _shuffled(stems, rng)]
    trials = [_trial([queues[method, stem][k] for method in fake], rng, real[stem]) for stem, k in order[:count]]
    return [tuple(trials)], _fewer(len(trials), count)


def _trial(pictures: Sequence[Picture], rng: random.Random, source: Picture | None = None) -> Trial:
    """A trial whose order of pictures says nothing about them."""
    return Trial(tuple(one.id for one in _shuffled(pictures, rng)), None if source is None else source.id)


def _balanced(fake: _Fakes, count: int, rng: random.Random) -> list[Picture]:
    """Generated pictures, in turn of each method and, for each method, of each photo."""
    queues = {method: _in_turns([_shuffled(some, rng) for some in of.values()], rng) for method, of in fake.items()}
    return list(_in_turns(list(queues.values()), rng))[:count]


def _in_turns(queues: Sequence[Sequence[Picture]], rng: random.Random) -> list[Picture]:
    def rounds() -> Iterator[Picture]:
        for k in range(max((len(queue) for queue in queues), default=0)):
            yield from (queue[k] for queue in _shuffled(queues, rng) if k < len(queue))

    return list(rounds())


def _shuffled(some: Sequence[Any], rng: random.Random) -> list[Any]:
    return rng.sample(list(some), len(some))


def _fewer(made: int, count: int) -> list[str]:
    return [f"there are pictures for {counted(made, 'trial')}, not {count}"] if made < count else []


def matched(reals: Mapping[str, Path], files: Sequence[Path], folder: Path) -> dict[str, list[Path]]:
    """Generated pictures by the stem of their photo; see ``photo_of``.

    Raises:
        InputError: no picture belongs to a photo.
    """
    found: dict[str, list[Path]] = {}
    for path in files:
        stem = photo_of(path, reals)
        if stem is not None:
            found.setdefault(stem, []).append(path)
    if not found:
        raise InputError(
            f"no picture in {shown(folder)} is named after a photo: give the folder of photos first, and name each "
            "generated picture like its photo, with anything after it, like lake_1.png for lake.jpg"
        )
    return found


def left_out(files: Sequence[Path], found: Mapping[str, Sequence[Path]], folder: Path) -> list[str]:
    """A note about the generated pictures in a folder that belong to no photo; empty if there are none."""
    used = {path for some in found.values() for path in some}
    alone = [path.name for path in files if path not in used]
    if not alone:
        return []
    verb = "is named after no photo and is" if len(alone) == 1 else "are named after no photo and are"
    return [f"{counted(len(alone), 'picture')} in {shown(folder)} {verb} left out: {listed(alone)}"]

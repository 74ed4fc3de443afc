"""The page of a dissection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from torch import Tensor

from calotype.inspection import html
from calotype.inspection.chart import MOST, Shape, chart_of, svg
from calotype.inspection.dissection import Dissection, Row
from calotype.metrics.fsd import ClassArea


@dataclass(frozen=True)
class Examples:
    """Pictures with their segmentations.

    Attributes:
        pictures: [N, 3, H, W], -1..1.
        maps: int64 [N, H, W].
    """

    pictures: Tensor
    maps: Tensor


@dataclass(frozen=True)
class ClassExamples:
    """What shows most of one class.

    Attributes:
        name: of the class.
        real: of the real set.
        fake: what was generated; ``None`` if it is in none.
    """

    name: str
    real: Examples
    fake: Examples | None


def chart(found: Dissection) -> tuple[int, int, list[Shape]]:
    """The chart of a dissection, in the order of the real areas."""
    return chart_of(sorted((row.area for row in found.rows), key=lambda area: -area.real))


def page(
    found: Dissection,
    names: Sequence[str],
    title: str,
    about: Sequence[tuple[str, str]],
    notes: Sequence[str],
    pairs: tuple[Examples, Examples],
    classes: Sequence[ClassExamples],
) -> str:
    """The text of the page.

    Args:
        found: the dissection.
        names: of the classes.
        title: of the page.
        about: names and values of what was compared, and how.
        notes: warnings.
        pairs: examples of the real set, and as many generated ones.
        classes: examples of the classes that are missing most.
    """
    return html.document(title, _parts(found, names, title, about, notes, pairs, classes))


def _parts(
    found: Dissection,
    names: Sequence[str],
    title: str,
    about: Sequence[tuple[str, str]],
    notes: Sequence[str],
    pairs: tuple[Examples, Examples],
    classes: Sequence[ClassExamples],
) -> Iterator[str]:
    yield html.heading(title, 1)
    yield html.paragraph(summary(found))
    yield html.facts(about)
    for note in notes:
        yield html.paragraph(note, "note")
    yield html.heading("Areas of classes")
    yield html.key_of_chart()
    drawn = svg(*chart(found), "areas of classes in both sets, and their relative difference")
    yield f'<div class="wide">{drawn}</div>'
    if len(found.rows) > MOST:
        yield html.paragraph(f"The {MOST} largest of {len(found.rows)} classes; the table has all.", "note")
    yield html.heading("All classes, missing ones first")
    yield html.table(
        ["class", "", "real %", "generated %", "difference", "95 % interval", "in real pictures"],
        [_cells(row) for row in found.rows],
    )
    yield html.heading("Frechet segmentation distance")
    yield html.facts(distances(found))
    yield html.paragraph(
        "The distance is that of areas in percent, so large classes dominate it: a small class can vanish without a "
        "trace in it, which the list tells of. The standardised distance, in which all classes count alike, is "
        "an extension, not a published measure.",
        "note",
    )
    for one in classes:
        yield html.heading(f"{one.name}: what shows most of it")
        yield html.paragraph("Real pictures:", "note")
        yield _examples(one.real, len(names))
        yield html.paragraph("Generated pictures:" if one.fake else "None of the generated pictures has any.", "note")
        if one.fake:
            yield _examples(one.fake, len(names))
    yield html.heading("Examples")
    yield html.key(names, html.seen(each.maps for each in pairs))
    for word, examples in zip(("Real pictures:", "Generated pictures:"), pairs):
        yield html.paragraph(word, "note")
        yield _examples(examples, len(names))


def summary(found: Dissection) -> str:
    """The result in a sentence or two."""
    dropped = [row.area.name for row in found.rows if row.finding == "dropped"]
    fewer = [row.area.name for row in found.rows if row.finding == "fewer"]
    said = []
    if dropped:
        said.append(f"Left out: {', '.join(dropped)}.")
    if fewer:
        said.append(f"Too little of: {', '.join(fewer)}.")
    said = said or ["No class that was compared is left out, at the level of 95 % intervals."]
    if found.unseen:
        said.append(f"The segmenter finds in no picture of either side, so not compared: {', '.join(found.unseen)}.")
    return " ".join(said)


def distances(found: Dissection) -> list[tuple[str, str]]:
    """The distances by name."""
    whole = found.distance
    return [
        ("FSD", f"{whole.distance:.3g} (means {whole.of_means:.3g}, covariances {whole.of_covariances:.3g})"),
        ("FSD between two halves of the real set", f"{whole.floor:.3g}"),
        ("standardised FSD (extension)", f"{whole.standardised:.3g}"),
    ]


def _cells(row: Row) -> list[str]:
    area = row.area
    chip = f'<span class="chip {row.finding}">{row.finding}</span>' if row.finding else ""
    return [escape(area.name), chip, f"{area.real:.3f}", f"{area.fake:.3f}", *_difference(area), str(row.pictures)]


def _difference(area: ClassArea) -> tuple[str, str]:
    if area.change is None or area.least is None or area.most is None:
        return "", "not in the set"
    return f"{area.change:+.0%}", f"{area.least:+.0%} to {area.most:+.0%}"


def _examples(examples: Examples, classes: int) -> str:
    painted = html.painted(examples.maps, classes)
    return html.row(html.figure([picture, seen]) for picture, seen in zip(examples.pictures, painted))

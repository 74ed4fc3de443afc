"""What each code of a model tells of identity and pose: ``calotype evaluate --leaks MODEL SET``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import Loaded, declared, load
from calotype.errors import InputError, counted
from calotype.files import shown, write_whole
from calotype.tasks import model_store
from calotype.tasks.data import set_folder
from calotype.tasks.figures import today
from calotype.tasks.model_card import record

if TYPE_CHECKING:
    from torch import Tensor

    from calotype.data.clips import Frames

LEAKS = "leaks.json"
_MOST = 4000  # pictures
_MOST_STYLED = 500  # of a model of styles, whose pictures may be large
_FEW = 100  # pictures, below which figures say little
_BLOCK = 64


@dataclass(frozen=True)
class Leaks:
    """A leak report.

    Attributes:
        file: ``leaks.json`` in the model's folder.
        report: its content, see ``calotype.inspection.leaks.leak_report``, with ``model``, ``set`` and ``system``.
        notes: clips and files that were left out.
    """

    file: Path
    report: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)


def leaks(
    model: str | Path,
    pictures: str | Path,
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> Leaks:
    """Measure what the codes of a model tell of what they should not: the pose code of the identity and the identity
    code of the pose, or the code of a look of the content.

    The report is written to ``leaks.json`` in the folder of the model, and replaces the one of its training.

    Args:
        model: a name in the model store, or the folder of a model.
        pictures: a folder of clips, or a set with identities that ``calotype data`` has made, best one that the model
            was not trained on; for a model of styles, any set of pictures that ``calotype data`` has made.
        seed: of splits, probes and critic.
        on_progress: called with the number of encoded pictures and their total number.

    Raises:
        InputError: the model has no such codes, or the pictures cannot be used.
        OutputError: the report cannot be written.
    """
    folder = model_store.folder_of(model)
    loaded = load(folder)
    where = set_folder(pictures)
    if declared(loaded.system).style_codes:
        report, notes = styles_measured(loaded, where, seed, on_progress)
    else:
        check_codes(loaded, model)
        report, notes = measured(loaded, where, seed, on_progress)
    notes += _cautions(folder, report)  # before the earlier report is replaced
    return Leaks(written(folder, report), report, notes)


def _cautions(folder: Path, report: Mapping[str, Any]) -> list[str]:
    """Notes about a set that is too small, and about an earlier report that is about to be replaced."""
    notes = []
    if report["pictures"] < _FEW:
        notes.append(f"{counted(report['pictures'], 'picture')} of {report['set']} are few: the figures say little")
    try:
        before = json.loads((folder / LEAKS).read_text("utf-8"))
        notes.append(f"the report on {before['pictures']} pictures of {before['set']} in {LEAKS} is replaced")
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return notes


def check_codes(loaded: Loaded, name: str | Path) -> None:
    """Refuse a model without codes of pose and identity.

    Raises:
        InputError: it has none.
    """
    if not declared(loaded.system).codes:
        raise InputError(
            f"the model {shown(name)} ({loaded.system}) has no codes of pose and identity: give one of disentangle or "
            "idpose"
        )


def measured(
    loaded: Loaded, folder: Path, seed: int = 0, on_progress: Callable[[int, int], object] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The report of a model on a folder of clips, and notes about what was left out.

    Raises:
        InputError: the pictures cannot be used.
    """
    from calotype.data.clips import frames_in
    from calotype.inspection.leaks import factors_of, leak_report
    from calotype.reposing.grids import chosen

    frames = frames_in(folder, loaded.photo_size)
    numbers = chosen(len(frames), _MOST)
    codes = codes_of(loaded, frames, numbers, on_progress)
    labels = [frames.labels[i] for i in numbers] if frames.labels else []
    pose_labels = bool(labels) and "solid" not in labels[0]  # the label of the set views is a colour
    known = factors_of([int(frames.clips[i]) for i in numbers], labels, pose_labels=pose_labels)
    report = leak_report(codes["pose"], codes["identity"], known, seed=seed)
    return {"system": loaded.system, "set": folder.resolve().name, **report}, list(filter(None, [frames.report()]))


def styles_measured(
    loaded: Loaded, folder: Path, seed: int = 0, on_progress: Callable[[int, int], object] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The report of a model with a code of looks on a set of pictures, and notes about what was left out.

    Raises:
        InputError: the pictures cannot be used.
    """
    import torch

    from calotype.data.folder import decoded_photos
    from calotype.data.sample_lines import read_lines
    from calotype.image.io import as_tensor
    from calotype.inspection.style_leaks import classes_of, colours_of, groups_of, style_leak_report
    from calotype.reposing.grids import chosen

    lines = read_lines(folder)
    lines = [lines[i] for i in chosen(len(lines), _MOST_STYLED)]
    decoded = decoded_photos([folder / line["image"] for line in lines], loaded.photo_size)
    lines = [lines[i] for i in decoded.numbers]
    function = getattr(loaded.engine, declared(loaded.system).style_codes)
    parts: dict[str, list[Tensor]] = {}
    colours = []
    for first in range(0, len(lines), _BLOCK):
        block = torch.stack([as_tensor(row) for row in decoded.rows[first : first + _BLOCK]])
        colours.append(colours_of(block))
        for name, code in function(loaded.config, loaded.net, list(torch.split(block, 1))).items():
            parts.setdefault(name, []).append(code.float().cpu())
        if on_progress is not None:
            on_progress(min(first + _BLOCK, len(lines)), len(lines))
    codes = {name: torch.cat(each) for name, each in parts.items()}
    report = style_leak_report(codes, torch.cat(colours), classes_of(lines), groups=groups_of(lines), seed=seed)
    return {"system": loaded.system, "set": folder.resolve().name, **report}, list(filter(None, [decoded.report()]))


def codes_of(
    loaded: Loaded,
    frames: Frames,
    numbers: list[int],
    on_progress: Callable[[int, int], object] | None = None,
) -> dict[str, Tensor]:
    """The codes of frames by number: ``pose`` and ``identity``, [n, d] each."""
    import torch

    from calotype.data.clips import tensor_of

    function = getattr(loaded.engine, declared(loaded.system).codes)
    parts: dict[str, list[Tensor]] = {}
    for first in range(0, len(numbers), _BLOCK):
        pictures = list(torch.split(tensor_of(frames, numbers[first : first + _BLOCK]), 1))
        for name, code in function(loaded.config, loaded.net, pictures).items():
            parts.setdefault(name, []).append(code.float().cpu())
        if on_progress is not None:
            on_progress(min(first + _BLOCK, len(numbers)), len(numbers))
    return {name: torch.cat(each) for name, each in parts.items()}


def written(folder: Path, report: Mapping[str, Any]) -> Path:
    """Write a report into the folder of a model; returns its file.

    Raises:
        OutputError: it cannot be written.
    """
    text = json.dumps(report, indent=1) + "\n"
    write_whole(folder / LEAKS, lambda file: file.write(text.encode()))
    values = {
        f"{factor} from the {code} code": probe["normalised"]
        for code, probes in report["probes"].items()
        for factor, probe in probes.items()
    }
    how = f"{counted(report['pictures'], 'picture')} of {report['set']}; 0 is chance, 1 is all; see {LEAKS}"
    record(folder, "leaks", {"date": today(), "how": how, "values": values})
    return folder / LEAKS

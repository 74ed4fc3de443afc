"""One sheet with the inputs and all outputs of a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import save_png, to_image, to_tensor
from calotype.tasks.bulk import Plan
from calotype.types import LabelMap, Photo

_CELL = 320  # pixels that a picture has on a sheet, each way, at most
_SAMPLES = 10  # pictures a row, at most, where there is no input beside them


def write_sheet(plan: Plan, path: Path) -> None:
    """Write a contact sheet of a plan whose outputs are all there, with what repeats it.

    Raises:
        OutputError: it cannot be written.
    """
    job = plan.job
    names = {plan.stem if name == job.main else name: given for name, given in job.inputs.items() if name != "also"}
    given = {name: one for name, one in names.items() if isinstance(one, Photo | LabelMap)}
    pictures, labels = [_picture(one) for one in given.values()], list(given)
    for one in plan.planned:
        with Image.open(one.path) as picture:
            # Only what the sheet shows of it is kept: there may be hundreds.
            picture.thumbnail((2 * _CELL, 2 * _CELL))
            pictures.append(picture.copy())
        labels.append(one.output.label)
    cell = min(_CELL, max(max(picture.size) for picture in pictures))
    if given:
        sheet = contact_sheet(pictures, labels, cell=cell, mark_first=True)
    else:
        sheet = contact_sheet(pictures, columns=min(_SAMPLES, max(1, round(len(pictures) ** 0.5))), cell=cell)
    settings = {**job.settings, "sheet": job.request.n}
    if job.request.own.get("all_scales"):
        settings["own"] = {"all_scales": True}
    save_png(sheet, path, settings)


def _picture(given: Photo | LabelMap) -> Any:
    return given.image() if isinstance(given, LabelMap) else to_image(to_tensor(given))

"""Contact sheets: the inputs and all outputs of a job in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import save_png, to_image, to_tensor
from calotype.tasks.bulk_plan import Plan
from calotype.tasks.outputs import series
from calotype.types import LabelMap, Photo

_CELL = 320  # maximum side of a picture on a sheet, pixels
_MAX_COLUMNS = 10  # on sheets without inputs


def write_sheet(plan: Plan, path: Path) -> None:
    """Write a contact sheet of a plan whose outputs are all done, with its settings.

    Raises:
        OutputError: it cannot be written.
    """
    job = plan.job
    inputs = {
        plan.stem if name == job.main else name: shown_inputs
        for name, shown_inputs in job.inputs.items()
        if name != "also"
    }
    shown_inputs = {name: one for name, one in inputs.items() if isinstance(one, Photo | LabelMap)}
    pictures, labels = [_picture(one) for one in shown_inputs.values()], list(shown_inputs)
    for one in plan.planned:
        with Image.open(one.path) as picture:
            # Shrunk at once, to save memory with hundreds of pictures.
            picture.thumbnail((2 * _CELL, 2 * _CELL))
            pictures.append(picture.copy())
        labels.append(one.output.label)
    cell = min(_CELL, max(max(picture.size) for picture in pictures))
    if shown_inputs:
        sheet = contact_sheet(pictures, labels, cell=cell, mark_first=True)
    else:
        sheet = contact_sheet(pictures, columns=min(_MAX_COLUMNS, max(1, round(len(pictures) ** 0.5))), cell=cell)
    settings = {**job.settings, "sheet": job.request.n}
    several = series(job.request.own)
    if several:
        settings["own"] = {**settings.get("own", {}), several: True}
    save_png(sheet, path, settings if job.request.metadata else {}, job.carried)


def _picture(shown_inputs: Photo | LabelMap) -> Any:
    return shown_inputs.image() if isinstance(shown_inputs, LabelMap) else to_image(to_tensor(shown_inputs))

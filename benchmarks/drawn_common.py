"""What both studies of drawn layouts have in common: their tasks, the pictures of the methods, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor

import calotype
from calotype.image.io import open_photo, save_png, to_image, to_tensor
from calotype.image.resize import resize
from calotype.tasks.study import study

HELD, SMALL = 20, 64
STUDIES = {"full": ("photos", "spade", "enlarged"), "small": ("photos", "spade")}
CRITERION = "Which is the better picture of this map? Right content in the right places, and good to look at."


def modelled(layout: Any, model: Path, side: int, seed: int) -> Tensor:
    """A picture of a map by a trained model, [1, 3, side, side]."""
    picture = calotype.draw(layout, model=model, size=f"{side}x{side}", seed=seed, device="cpu")[0]
    return to_tensor(open_photo(picture))[:, :3]


def keep(work: Path, number: int, flat: Tensor, made: Tensor, model: Path, layout: Any) -> None:
    """Write the pictures of all methods for a layout.

    Args:
        work: folder of the studies.
        number: of the layout, and the seed of the model's pictures.
        flat: the map in flat colours, [1, 3, side, side].
        made: the picture drawn of photos, of that size.
        model: the trained model.
        layout: the map, as ``calotype.draw`` takes it.
    """
    side = made.shape[2]
    small, whole = (modelled(layout, model, pixels, number) for pixels in (SMALL, side))
    full = {"maps": flat, "photos": made, "spade": whole, "enlarged": resize(small, (side, side))}
    # The page of the study shows map and pictures at one scale: the map has to be as small as they are.
    flat_small = F.interpolate(flat, (SMALL, SMALL), mode="nearest")
    shrunk = {"maps": flat_small, "photos": resize(made, (SMALL, SMALL)), "spade": small}
    for task, pictures in (("full", full), ("small", shrunk)):
        for method, picture in pictures.items():
            save_png(to_image(picture.clamp(-1, 1)), work / task / method / f"{number:02d}.png", {})


def write_studies(work: Path) -> Mapping[str, str]:
    """Write the pages of both studies, and give the hashes of the pictures."""
    for task, methods in STUDIES.items():
        places = [work / task / method for method in ("maps", *methods)]
        out = work / f"study {task}"
        study(places, kind="ranking", out=out, count=HELD, twice=True, criterion=CRITERION, seed=5)
    return {
        f"{task}/{method}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for task, methods in STUDIES.items()
        for method in methods
        for path in sorted((work / task / method).glob("*.png"))
    }

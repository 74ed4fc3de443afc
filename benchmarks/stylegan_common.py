"""What the benchmarks of StyleGAN on drawn faces have in common: arguments, the style, pictures, and files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.data.sets.dicebear import Chosen
from calotype.data.sets.drawing import drawn
from calotype.image.io import to_image

SIDE, STYLE = 32, "pixel-art"
EXAMPLE_MODEL = Path(__file__).parents[1] / "examples" / "models" / "faces"
# Loss and filters of StyleGAN2, which the presets for a processor do not have.
AS_PUBLISHED: dict[str, Any] = {
    "resample": "filtered",
    "loss": "logistic",
    "fake_penalty": 0.0,
    "gradient_every": 16,
}
_ENLARGED = 3  # pixels of a sheet for each of the pictures


def parser(doc: str | None, sheet: str, *, trains: str = "", features: tuple[str, ...] = ()) -> argparse.ArgumentParser:
    """The arguments of a benchmark.

    Args:
        doc: what is said of it.
        sheet: what is on the sheet of pictures.
        trains: folder of its trainings; empty: it trains nothing, and always writes a result.
        features: the kinds of features that pictures are compared by; empty: it has no such choice.
    """
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path, required=not trains)
    made.add_argument("--sheet", type=Path, help=f"where to write {sheet}")
    if trains:
        made.add_argument("--work", type=Path, default=Path(trains))
    if features:
        made.add_argument("--features", nargs="+", default=list(features))
    return made


def with_packages(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same with the folder of packages that faces are drawn from."""
    made.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    return made


def begun(made: argparse.ArgumentParser) -> tuple[argparse.Namespace, dict[str, Any]]:
    """What is asked for, with one thread and a folder for the trainings; and the style, where faces are drawn."""
    asked = made.parse_args()
    torch.set_num_threads(1)
    if "work" in asked:
        asked.work.mkdir(parents=True, exist_ok=True)
    held = dicebear.style(fetched(dicebear.STYLES, asked.packages), STYLE) if "packages" in asked else {}
    return asked, held


def face_picture(held: dict[str, Any], chosen: Chosen, side: int = SIDE) -> Tensor:
    """A face of a style: [1, 3, side, side], -1..1."""
    picture = np.asarray(drawn(dicebear.svg(held, chosen), side))
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 127.5 - 1


def write_result(result: dict[str, Any], out: Path) -> None:
    """Write a result and print it."""
    text = json.dumps(result, indent=2)
    out.write_text(text + "\n", encoding="utf-8")
    print(text)


def write_sheet(pictures: Tensor, path: Path | None) -> None:
    """Write pictures side by side [1, 3, h, w], -1..1, enlarged; ``None``: nothing."""
    if path is not None:
        image = to_image(pictures)
        size = (_ENLARGED * image.width, _ENLARGED * image.height)
        image.resize(size, Image.Resampling.NEAREST).save(path)

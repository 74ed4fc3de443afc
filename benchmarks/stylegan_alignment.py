"""Photos that are turned, scaled and shifted, embedded as they are and aligned by eyes and mouth.

The generator is the example model of drawn faces, 32 pixels, with its encoder. Each photo is a held-out face of 256
pixels on a larger white ground, turned by so many degrees, smaller, and shifted. ``upright`` is the search for the face
itself, ``as it is`` that for the middle square of the photo, ``aligned`` that for the photo cropped by its three
places, which are known from how it was drawn. ``cropped`` is the PSNR of the aligned photo to the face itself: what
resampling costs. Said are means over the photos, of the PSNR to what was searched for; 100 steps.

    python benchmarks/stylegan_alignment.py --out benchmarks/results/stylegan_alignment.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from calotype.catalog import load
from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.data.sets.drawing import drawn
from calotype.image.face_crop import cropped_face
from calotype.image.io import to_image
from calotype.models.stylegan.embedding import embed, prepared, psnr
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Run
from calotype.tasks.encoder_model import encoder_of
from calotype.types import FacePlaces
from machine import provenance
from stylegan import HELD_OUT, TRAINED
from stylegan_common import SIDE, STYLE

MODEL = Path(__file__).parent.parent / "examples" / "models" / "faces"
DRAWN, GROUND = 256, 400  # pixels
PHOTOS, STEPS = 6, 100
# Eyes and mouth of the style, of its 16 squares; of the model's 32 pixels.
PLACES = FacePlaces((11.0, 13.0), (21.0, 13.0), (16.0, 20.0))
CHANGES = ((15, 0.8, 20, -10), (-25, 0.7, -25, 30), (40, 0.9, 0, 10))  # degrees, scale, and shift in pixels


def changed(face: Image.Image, degrees: float, scale: float, across: float, down: float) -> tuple[Image.Image, complex]:
    """The face on a larger ground, and the step of one of its pixels there."""
    step = scale * complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    back = 1 / step  # places of the photo to places of the face
    middle = complex(GROUND / 2 + across, GROUND / 2 + down)
    start = complex(DRAWN / 2, DRAWN / 2) - back * middle
    matrix = (back.real, -back.imag, start.real, back.imag, back.real, start.imag)
    photo = face.transform(
        (GROUND, GROUND), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)
    )
    return photo, step


def places_in(step: complex, across: float, down: float) -> FacePlaces:
    middle = complex(GROUND / 2 + across, GROUND / 2 + down)
    ratio = DRAWN / SIDE
    moved = [middle + step * (ratio * complex(*place) - complex(DRAWN / 2, DRAWN / 2)) for place in PLACES.all]
    return FacePlaces(*((each.real, each.imag) for each in moved))


def tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image.convert("RGB")).copy()).permute(2, 0, 1)[None] / 127.5 - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to write a sheet of the photos and results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    held = dicebear.style(fetched(dicebear.STYLES, asked.packages), STYLE)
    loaded = load(asked.model)
    cfg, net, encoder = loaded.config, loaded.net.requires_grad_(False), encoder_of(loaded, asked.model)

    def searched(photo: Tensor) -> tuple[float, Tensor]:
        found = embed(cfg, Run(), net=net, photo=photo, encoder=encoder, start="encoder", steps=STEPS)
        return float(psnr(found.picture, prepared(photo, cfg))), found.picture

    sums: dict[str, list[float]] = {"upright": [], "as it is": [], "aligned": [], "cropped": []}
    columns = []
    for number in range(PHOTOS):
        chosen = dicebear.choose(held, np.random.default_rng((0, TRAINED + HELD_OUT + number)))
        face = drawn(dicebear.svg(held, chosen), DRAWN)
        degrees, scale, across, down = CHANGES[number % len(CHANGES)]
        image, step = changed(face, degrees, scale, across, down)
        photo, upright = tensor(image), prepared(tensor(face), cfg)
        cropped = cropped_face(photo, places_in(step, across, down), SIDE, PLACES)
        pictures = {"upright": upright, "as it is": photo, "aligned": cropped}
        column = [prepared(photo, cfg)]
        for name, picture in pictures.items():
            value, made = searched(picture)
            sums[name].append(value)
            column += [made] if name != "aligned" else [cropped, made]
        sums["cropped"].append(float(psnr(cropped, upright)))
        columns.append(torch.cat(column, 2))
    result = {
        "benchmark": "stylegan_alignment",
        **provenance(),
        "seed": 0,
        "photos": PHOTOS,
        "steps": STEPS,
        "changes": CHANGES,
        "features": shift_tolerant("alex").name,
        "psnr": {name: round(float(np.mean(values)), 2) for name, values in sums.items()},
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if asked.sheet:
        sheet = to_image(torch.cat(columns, 3))
        sheet.resize((4 * sheet.width, 4 * sheet.height), 0).save(asked.sheet)


if __name__ == "__main__":
    main()

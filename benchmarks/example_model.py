"""A trained model in half precision, for ``examples/models``: without discriminator, optimizers and checkpoints.

How ``examples/models/landscapes`` was made, a quarter of an hour on one core:

    calotype data landscapes --size 64 --count 4600 --out work/landscapes
    calotype train spade work/landscapes --out work/model
    python benchmarks/example_model.py work/model examples/models/landscapes

And ``examples/models/faces`` with its encoder, an hour on one core:

    python benchmarks/stylegan.py train --work work --seed 0
    calotype train encoder work/seed0/net --set width=16 --set max_width=64 --set hidden=128 --set steps=2050
    python benchmarks/example_model.py work/seed0/net examples/models/faces

``examples/models/parts``, ten minutes on one core; the face in ``examples/layouts`` is one that it did not learn from:

    calotype data faces --count 3000 --out work/faces
    python benchmarks/smis.py train work/faces --work work
    python benchmarks/example_model.py "work/smis 0/net" examples/models/parts

Prints by how much half precision changes a picture at most.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import calotype
from calotype import saving
from calotype.catalog import load
from calotype.image.io import open_photo
from calotype.tasks.encoder_model import EncoderModel, encoder_of
from calotype.tasks.model_store import ENCODER

LAYOUTS = [Path(__file__).parents[1] / "examples" / "layouts" / f"{name}.png" for name in ("lake", "winter")]
COLUMNS, SAMPLES = 8, 32


def drawn(folder: Path) -> list[Image.Image]:
    """Three pictures of each example layout."""
    return [each for layout in LAYOUTS for each in calotype.draw(layout, model=folder, n=3, seed=0, device="cpu")]


def landscapes(folder: Path) -> Image.Image:
    """Three pictures of each example layout, beside it."""
    rows = []
    made = drawn(folder)
    for number, layout in enumerate(LAYOUTS):
        given = Image.open(layout).convert("RGB").resize((128, 128), Image.Resampling.NEAREST)
        beside = (given, *made[3 * number : 3 * number + 3])
        rows.append(np.hstack([np.asarray(each.convert("RGB").resize((128, 128))) for each in beside]))
    return Image.fromarray(np.vstack(rows))


def sampled(folder: Path) -> list[Image.Image]:
    """The pictures of the first seeds."""
    return list(calotype.sample(folder, n=SAMPLES, device="cpu"))


def faces(folder: Path) -> Image.Image:
    """The pictures of the first seeds, each pixel doubled."""
    cells = [np.asarray(each.convert("RGB").resize((64, 64), Image.Resampling.NEAREST)) for each in sampled(folder)]
    return Image.fromarray(np.vstack([np.hstack(cells[i : i + COLUMNS]) for i in range(0, SAMPLES, COLUMNS)]))


def restyled(folder: Path) -> list[Image.Image]:
    """A drawn face of random looks, and an example face with other hair and other clothes."""
    photo, labels = (LAYOUTS[0].parent / f"face{end}.png" for end in ("_photo", ""))
    made = [
        calotype.draw(labels, model=folder, n=3, seed=0, device="cpu"),
        calotype.restyle(photo, labels, model=folder, classes="hair", n=3, seed=0, device="cpu"),
        calotype.restyle(photo, labels, model=folder, classes="clothes", n=3, seed=0, device="cpu"),
    ]
    return [each for result in made for each in result]


def parts(folder: Path) -> Image.Image:
    """A label map and a face of it; beside them random looks, other hair, and other clothes."""
    given = [Image.open(LAYOUTS[0].parent / f"face{end}.png").convert("RGB") for end in ("", "_photo")]
    rows = [given[:1], given[1:], given[1:]]
    made = restyled(folder)
    cells = [[*row, *made[3 * i : 3 * i + 3]] for i, row in enumerate(rows)]
    sized = [[np.asarray(x.convert("RGB").resize((128, 128), Image.Resampling.NEAREST)) for x in row] for row in cells]
    return Image.fromarray(np.vstack([np.hstack(row) for row in sized]))


KINDS: dict[str, tuple[Callable[[Path], list[Image.Image]], Callable[[Path], Image.Image]]] = {
    "smis": (restyled, parts),
    "spade": (drawn, landscapes),
    "stylegan": (sampled, faces),
}


def write_encoder(model: Path, out: Path) -> None:
    """The encoder of a model, in half precision, for the model in half precision."""
    encoder = encoder_of(load(model), model)
    if encoder is None:
        return
    own, loaded = encoder.own, load(out)
    target = EncoderModel(loaded, out, own)
    about = {"key": target.key, "of": loaded.system}
    saving.write(out / ENCODER, ENCODER, own, encoder.half(), target.weights, loaded.photo_size, None, about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()

    saved, net = saving.read(asked.model), load(asked.model).net
    net.half()
    saving.write(asked.out, saved.system, saved.config, net, "", saved.photo_size, about=saved.meta.get("about"))
    write_encoder(asked.model, asked.out)
    made, sheet = KINDS[saved.system]
    changes = [
        np.abs(open_photo(a).rgb.astype(int) - open_photo(b).rgb).max()
        for a, b in zip(made(asked.model), made(asked.out))
    ]
    print(f"largest change by half precision: {max(changes)} of 255")
    sheet(asked.out).save(asked.out / "preview.png", optimize=True)


if __name__ == "__main__":
    main()

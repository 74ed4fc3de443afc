"""Files of one build for the tests of later ones: pictures, models, and what is to be found in them.

    python benchmarks/recorded.py --keep made
    python benchmarks/recorded_files.py made/this --out tests/data/recorded

Copies a result of each verb and three models from the store, and writes ``expected.json``: the command that ``show``
prints for every picture, and names, shapes and digests of the tensors of every model. To be run by the build that made
them, once: ``tests/test_recorded.py`` then asks every later build to read the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

import calotype
from machine import provenance
from recorded import digest_of

# One result a verb, no side longer than 96 pixels: its name here, and where recorded.py puts it.
PICTURES = {
    "vary": "vary_size_and_tile/photo_vary_4.png",
    "retarget": "retarget_shape/small_retarget_0.png",
    "paint": "paint_singan/small_paint_0.png",
    "harmonize": "harmonize_cut_out/photo_harmonize_0.png",
    "edit": "edit_singan/small_edit_0.png",
    "erase": "erase/photo_erase_1.png",
    "expand": "expand_cocogan/face_expand_0.png",
    "texture": "texture/photo_texture_0.png",
    "stylize": "stylize_gpdm/small_stylize_0.png",
    "mix": "mix/photo_mix_0.png",
    "analogy": "analogy/photo_analogy_0.png",
    "relayout": "relayout_found_map/photo_relayout_0.png",
    "segment": "segment_classes/other_segment_1.png",
    "edges": "edges/photo_edges_0.png",
    "upscale": "upscale/small_upscale_0.png",
    "animate": "animate/film.png",
    "sample": "sample_guided/set_sample_1.png",
    "panorama": "panorama/wide_panorama_0.png",
}
# Models by how their names begin, in a store of the tests' own; the photo of the first two is small.png.
MODELS = ("small-singan-", "small-ingan-", "set-cocogan-")
INPUTS = ("small.png",)
PARTS = ("model.json", "weights.safetensors", "about.json")


def picture(path: Path) -> dict[str, Any]:
    with Image.open(path) as image:
        size, frames = f"{image.width}x{image.height}", getattr(image, "n_frames", 1)
        mode = image.mode
    return {"command": calotype.show(path).command, "size": size, "mode": mode, "frames": frames}


def model(folder: Path) -> dict[str, Any]:
    loaded = calotype.load(folder)
    tensors = {name: tensor.numpy() for name, tensor in sorted(loaded.net.state_dict().items())}
    height, width = loaded.photo_size
    return {
        "system": loaded.system,
        "size": f"{width}x{height}",
        "sha256": digest_of(tensors),
        "tensors": {name: f"{array.dtype} {list(array.shape)}" for name, array in tensors.items()},
    }


def serving(store: Path, beginning: str) -> Path:
    """The model whose name begins so and that serves all verbs of its engine, not one alone."""
    for folder in sorted(store.glob(f"{beginning}*")):
        if json.loads((folder / "about.json").read_text())["for"] in ("", "sample"):
            return folder
    sys.exit(f"there is no model {beginning}: run recorded.py --keep first")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("made", type=Path, help="the folder of one build that recorded.py --keep has left")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    expected: dict[str, Any] = {"pictures": {}, "models": {}}
    for name in INPUTS:
        shutil.copyfile(options.made / name, options.out / name)
    for verb, place in PICTURES.items():
        path = options.out / f"{verb}.png"
        shutil.copyfile(options.made / "out" / place, path)
        expected["pictures"][path.name] = picture(path)
    for beginning in MODELS:
        there = serving(options.made / "store" / "models", beginning)
        folder = options.out / "models" / there.name
        folder.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            shutil.copyfile(there / part, folder / part)
        expected["models"][folder.name] = model(folder)
    text = json.dumps({**provenance(), **expected}, indent=1)
    (options.out / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

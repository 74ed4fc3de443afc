"""Results of verbs: pictures, films, latent codes and tables, saved with the settings that reproduce them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import InputError
from calotype.files import read_error, shown, write_whole
from calotype.types import Carried

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Latent:
    """A latent code, as output or input of a verb.

    Attributes:
        values: float32 arrays by name; the first dimension is the batch.
        name: stem for a file name.
        settings: the settings that reproduce it, as JSON-ready values.
        source: the path it was read from, or ``None``.
    """

    values: Mapping[str, NDArray[np.float32]]
    name: str = "latent"
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: Path | None = None

    def save(self, path: str | Path) -> Path:
        """Write a safetensors file with the settings as metadata, and return its path.

        Raises:
            OutputError: the folder cannot be created or written to, or the disk is full; no partial file is left.
        """
        import numpy as np
        from safetensors.numpy import save

        # safetensors writes the memory of an array as it stands, whatever its strides.
        values = {name: np.ascontiguousarray(value) for name, value in self.values.items()}
        data = save(values, {"calotype": json.dumps(dict(self.settings))})
        write_whole(Path(path), lambda file: file.write(data))
        return Path(path)


def read_latent_settings(path: str | Path) -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
    """The settings that reproduce a saved latent code, and the shapes of its arrays. The arrays are not read.

    Raises:
        InputError: it cannot be read, or calotype did not write it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        Path(path).stat()  # the library reports a missing file in words of its own
        with safe_open(path, "np") as file:
            text = (file.metadata() or {}).get("calotype", "null")
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in sorted(file.keys())}
        settings = json.loads(text)
    except OSError as error:
        raise read_error(path, error, "give a saved latent code") from error
    except (SafetensorError, ValueError) as error:
        raise InputError(f"{shown(path)} is no latent code: give a .safetensors file that calotype wrote") from error
    if not isinstance(settings, dict) or "verb" not in settings:
        raise InputError(f"{shown(path)} carries no settings of calotype: give a latent code that calotype wrote")
    return settings, shapes


@dataclass(frozen=True)
class Stage:
    """What a stage of an optimisation made.

    Attributes:
        name: of the stage.
        picture: a PIL image, RGB, of what was found up to then.
        log: loss and PSNR (decibel) of every step.
    """

    name: str
    picture: Image
    log: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Table:
    """A table of values.

    Attributes:
        columns: column names.
        rows: the rows, one value per column.
        name: stem for a file name.
        settings: the settings that reproduce it, as JSON-ready values.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    name: str = "table"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path) -> Path:
        """Write a JSON file (``.json``) with the settings, or a CSV file without, and return its path.

        Raises:
            OutputError: the folder cannot be created or written to, or the disk is full; no partial file is left.
        """
        path = Path(path)
        if path.suffix.lower() == ".json":
            rows = [dict(zip(self.columns, row)) for row in self.rows]
            text = json.dumps({"settings": dict(self.settings), "rows": rows}, indent=1) + "\n"
        else:
            lines = io.StringIO()
            csv.writer(lines, lineterminator="\n").writerows([self.columns, *self.rows])
            text = lines.getvalue()
        write_whole(path, lambda file: file.write(text.encode()))
        return path


@dataclass(frozen=True)
class SceneLayers:
    """The layers of a scene, and its poses.

    Attributes:
        pictures: PIL images by name: ``depth``, ``background``, and each object, ``object1`` and so on, RGBA.
        scene: the scene file, JSON-ready: the model, the seed, and the poses of all objects; ``scene`` reads it.
        settings: the settings that reproduce the picture, as JSON-ready values.
        carried: the source type, which ``save`` writes into the pictures.
    """

    pictures: Mapping[str, Image]
    scene: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    carried: Carried = field(default_factory=Carried)

    def save(self, path: str | Path) -> None:
        """Write the files that belong to the picture ``path``: ``.depth.png`` and so on, and ``.json``.

        Raises:
            OutputError: the folder cannot be created or written to, or the disk is full; no partial file is left.
        """
        from calotype.image.io import save_png

        path = Path(path)
        for name, picture in self.pictures.items():
            save_png(picture, path.with_suffix(f".{name}.png"), self.settings, self.carried)
        text = (json.dumps(self.scene, indent=1) + "\n").encode()
        write_whole(path.with_suffix(".json"), lambda file: file.write(text))


@dataclass
class Result:
    """The pictures of a verb, and the settings that reproduce them.

    Attributes:
        images: PIL images, RGB, or RGBA if the photo has transparency.
        seeds: the seed of each image; image ``i`` of a call has ``seed + i``, so each can be reproduced alone.
        settings: the verb's arguments and the engine's whole configuration, as JSON-ready values.
        name: stem for file names.
        seconds: wall-clock time of each image.
        paths: the files of the images; empty until ``save`` was called.
        scales: the start scale of each image, like ``"scale3"``, if they differ; else empty.
        films: a film of each image, if requested; else empty.
        latents: the latent code of each image, if the verb finds any; else empty.
        stages: the stages of the search for each of them; else empty.
        layers: the layers of each scene, if requested; else empty.
        notes: how inputs were read, and what looks exchanged or inverted; one line each.
        carried: date, author, copyright and resolution of the photo, and the source type of the pictures, which
            ``save`` writes into the files.
    """

    images: list[Image]
    seeds: list[int]
    settings: Mapping[str, Any]
    name: str = "image"
    seconds: list[float] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    scales: list[str] = field(default_factory=list)
    films: list[Animation] = field(default_factory=list)
    latents: list[Latent] = field(default_factory=list)
    stages: list[list[Stage]] = field(default_factory=list)
    layers: list[SceneLayers] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    carried: Carried = field(default_factory=Carried)

    def __iter__(self) -> Any:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Image:
        return self.images[index]

    def save(self, folder: str | Path = ".", *, metadata: bool = True) -> list[Path]:
        """Write the images as ``{name}_{verb}_{seed}.png`` with embedded settings, and return the paths.

        If the images differ in their start scale, it is appended to the names. The film of an image has the same stem
        and the suffix of its format, a latent code the same stem and ``.safetensors``, layers the same stem, too.

        Args:
            folder: where to write them; created if missing.
            metadata: whether they carry settings, origin, and what came with the photo.

        Raises:
            OutputError: the folder cannot be created or written to, or the disk is full; no partial file is left.
        """
        from calotype.image.io import result_path, save_png

        folder = Path(folder)
        self.paths = []
        for i, (image, seed, scale) in enumerate(zip(self.images, self.seeds, self.scales or [""] * len(self))):
            path = result_path(folder, self.name, str(self.settings["verb"]), seed, scale)
            if self.films:
                film = self.films[i] if metadata else replace(self.films[i], settings={}, carried=Carried())
                film.save(path.with_suffix(f".{self.settings['own']['film']}"))
            if self.latents:
                code = self.latents[i] if metadata else replace(self.latents[i], settings={})
                code.save(path.with_suffix(".safetensors"))
            if self.layers:
                layers = self.layers[i] if metadata else replace(self.layers[i], settings={}, carried=Carried())
                layers.save(path)
            own = {"seed": seed, **({"structure": scale} if scale else {})}
            settings = {**self.settings, **own} if metadata else {}
            save_png(image, path, settings, self.carried if metadata else Carried())
            self.paths.append(path)
        return self.paths


@dataclass
class Animation:
    """A film, and the settings that reproduce it.

    Attributes:
        frames: PIL images of one size, RGB, or RGBA if the photo has transparency.
        fps: frames per second.
        loop: whether the last frame leads back to the first.
        settings: the verb's arguments and the engine's whole configuration, as JSON-ready values.
        name: stem for a file name.
        seconds: wall-clock time of all frames.
        carried: the source type, which ``save`` writes where the format has a place for it.
    """

    frames: list[Image]
    fps: float
    loop: bool
    settings: Mapping[str, Any]
    name: str = "image"
    seconds: float = 0.0
    carried: Carried = field(default_factory=Carried)

    def __iter__(self) -> Any:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def save(self, path: str | Path) -> Path:
        """Write a GIF, WebP, APNG (``.png``) or MP4, by suffix, with embedded settings, and return the path.

        Raises:
            InputError: an unknown suffix, or the format cannot be written on this machine.
            OutputError: the folder cannot be created or written to, or the disk is full; no partial file is left.
        """
        from calotype.image.animation import save_animation

        save_animation(self.frames, path, self.fps, self.loop, self.settings, self.carried)
        return Path(path)

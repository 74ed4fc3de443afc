"""What verbs give: pictures, films, latent codes, tables; each is saved with what repeats it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Latent:
    """A latent code that a verb made or takes.

    Attributes:
        values: float32 arrays by name; the first dimension counts the pictures.
        name: stem for a file name.
        settings: what repeats it, as JSON-ready values.
    """

    values: Mapping[str, NDArray[np.float32]]
    name: str = "latent"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path) -> Path:
        """Write a safetensors file that carries the settings. Returns the path.

        Raises:
            OutputError: the folder cannot be made or written to, or the disk is full; no half-written file stays.
        """
        from safetensors.numpy import save

        data = save(dict(self.values), {"calotype": json.dumps(dict(self.settings))})
        write_whole(Path(path), lambda file: file.write(data))
        return Path(path)


@dataclass(frozen=True)
class Table:
    """Numbers that a verb found.

    Attributes:
        columns: their names.
        rows: one value a column each.
        name: stem for a file name.
        settings: what repeats it, as JSON-ready values.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    name: str = "table"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path) -> Path:
        """Write a JSON file (``.json``) with the settings, or a CSV file without. Returns the path.

        Raises:
            OutputError: the folder cannot be made or written to, or the disk is full; no half-written file stays.
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


@dataclass
class Result:
    """Pictures that a verb made, and what repeats them.

    Attributes:
        images: one PIL image a sample, RGB, or RGBA where the photo had transparency.
        seeds: the seed of each image; sample ``i`` of a call has ``seed + i``, so each can be made again alone.
        settings: the verb's arguments and the engine's whole configuration, as JSON-ready values.
        name: stem for file names.
        seconds: wall-clock time of each image.
        paths: where each image was saved; empty until ``save`` was called.
        scales: the scale that each image starts from, like ``"scale3"``, where they differ in that; else empty.
        films: a film of each image, where the verb was asked for them; else empty.
    """

    images: list[Image]
    seeds: list[int]
    settings: Mapping[str, Any]
    name: str = "image"
    seconds: list[float] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    scales: list[str] = field(default_factory=list)
    films: list[Animation] = field(default_factory=list)

    def __iter__(self) -> Any:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Image:
        return self.images[index]

    def save(self, folder: str | Path = ".") -> list[Path]:
        """Write every image as ``{name}_{verb}_{seed}.png``, each carrying its settings. Returns the paths.

        Where images differ in the scale that they start from, their names end in it. A film lies beside its image, with
        the suffix of the format that it was asked for in.

        Raises:
            OutputError: the folder cannot be made or written to, or the disk is full; no half-written file stays.
        """
        from calotype.image.io import result_path, save_png

        folder = Path(folder)
        self.paths = []
        for i, (image, seed, scale) in enumerate(zip(self.images, self.seeds, self.scales or [""] * len(self))):
            path = result_path(folder, self.name, str(self.settings["verb"]), seed, scale)
            if self.films:
                self.films[i].save(path.with_suffix(f".{self.settings['own']['film']}"))
            own = {"seed": seed, **({"structure": scale} if scale else {})}
            save_png(image, path, {**self.settings, **own})
            self.paths.append(path)
        return self.paths


@dataclass
class Animation:
    """A film that a verb made, and what repeats it.

    Attributes:
        frames: PIL images of one size, RGB, or RGBA where the photo had transparency.
        fps: frames a second.
        loop: whether the last frame leads back to the first.
        settings: the verb's arguments and the engine's whole configuration, as JSON-ready values.
        name: stem for a file name.
        seconds: wall-clock time that all frames took.
    """

    frames: list[Image]
    fps: float
    loop: bool
    settings: Mapping[str, Any]
    name: str = "image"
    seconds: float = 0.0

    def __iter__(self) -> Any:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def save(self, path: str | Path) -> Path:
        """Write a GIF, WebP, APNG (``.png``) or MP4, as the suffix says, carrying its settings. Returns the path.

        Raises:
            InputError: the suffix is none of these, or nothing here can write it.
            OutputError: the folder cannot be made or written to, or the disk is full; no half-written file stays.
        """
        from calotype.image.animation import save_animation

        save_animation(self.frames, path, self.fps, self.loop, self.settings)
        return Path(path)

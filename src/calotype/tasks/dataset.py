"""Data sets that models are trained on: a folder of pictures and what belongs to them, not opened yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.data.sets import SETS
from calotype.errors import InputError, counted, listed
from calotype.files import shown

if TYPE_CHECKING:
    from calotype.data.conditions import ConditionSet
    from calotype.data.maps import MapSet
    from calotype.data.stream import DataSet
    from calotype.data.styles import StyleSet


_HASHED_BYTES = 4096  # of each end of a picture file, for the hash of the data set


@dataclass(frozen=True)
class Dataset:
    """A folder of training pictures, optionally with label maps; not opened yet.

    Attributes:
        folder: the folder; sub-folders are included.
        learns: kinds of training data, as in ``System.learns``.
    """

    folder: Path
    learns: tuple[str, ...] = ("image",)

    @property
    def name(self) -> str:
        """Name of the data set: that of its folder."""
        return self.folder.resolve().name or "photos"

    @property
    def _with_maps(self) -> bool:
        return "label map" in self.learns

    @property
    def _of_clips(self) -> bool:
        return "partner" in self.learns

    @property
    def _with_objects(self) -> bool:
        return "objects" in self.learns

    @cached_property
    def _maps(self) -> MapSet:
        from calotype.data.maps import map_set

        if not self.folder.is_dir():
            raise InputError(f"there is no folder {shown(self.folder)}: give a folder of pictures with label maps")
        return map_set(self.folder)

    @property
    def _with_conditions(self) -> bool:
        return "condition" in self.learns

    @cached_property
    def _conditions(self) -> ConditionSet:
        from calotype.data.conditions import condition_set

        return condition_set(self.folder)

    @cached_property
    def _styles(self) -> StyleSet:
        from calotype.data.styles import style_set

        return style_set(self.folder)

    @property
    def _with_styles(self) -> bool:
        return "style" in self.learns

    @cached_property
    def files(self) -> list[Path]:
        """The picture files.

        Raises:
            InputError: there is no such folder, it has no pictures, or no label maps where they are needed.
        """
        from calotype.data.folder import pictures_below

        if self._with_maps:
            return [picture for picture, _ in self._maps.pairs]
        if self._of_clips:
            from calotype.data.clips import clip_files

            return clip_files(self.folder)[0]
        if self._with_conditions:
            return list(self._conditions.files)
        if self._with_styles:
            return [*self._styles.photos, *self._styles.artworks]
        if self._with_objects:
            from calotype.data.objects import object_pictures

            return object_pictures(self.folder)
        return pictures_below(self.folder)

    @cached_property
    def note(self) -> str:
        """A line about clips and pictures that are left out, or about unusual pairs; empty if there are none.

        Raises:
            InputError: as ``files``.
        """
        if self._with_conditions:
            return self._note_on_conditions
        if self._with_maps:
            return self._maps.note
        if not self._of_clips:
            return ""
        from calotype.data.clips import clip_files

        return clip_files(self.folder)[1]

    @property
    def _note_on_conditions(self) -> str:
        """What a made set of other pairs is drawn from, or what has no partner."""
        from calotype.data.conditions import made_as

        name = made_as(self.folder)
        other = import_module(f"calotype.data.sets.{name}").ABOUT.other if name in SETS else ""
        if other:
            return f"in the set {name} each picture is learned from {other}"
        alone = self._conditions.unpaired
        if not alone:
            return ""
        left = f"without a partner {'is' if len(alone) == 1 else 'are'} left out"
        return f"{counted(len(alone), 'picture')} {left}: {listed(path.name for path in alone)}"

    @cached_property
    def sha256(self) -> str:
        """Hash that identifies the data set: of each picture's relative path, file size, first and last bytes, and of
        the complete label maps if they are used.

        Raises:
            InputError: a file cannot be read.
        """
        digest = hashlib.sha256()
        others = self._conditions.others if self._with_conditions else ()
        for path in (*self.files, *others):
            try:
                with path.open("rb") as file:
                    size = path.stat().st_size
                    digest.update(f"{path.relative_to(self.folder).as_posix()}\0{size}\0".encode())
                    digest.update(file.read(_HASHED_BYTES))
                    file.seek(max(0, size - _HASHED_BYTES))
                    digest.update(file.read(_HASHED_BYTES))
            except FileNotFoundError as error:
                raise InputError(f"{shown(path)} is missing: put it there, or take it out of the set's list") from error
            except OSError as error:
                raise InputError(f"{shown(path)} cannot be read ({error.strerror}): repair or remove it") from error
        if self._with_maps:
            from calotype.data.maps import maps_sha256

            maps = self._maps
            digest.update(f"maps {maps_sha256(maps.pairs)} {maps.names} {maps.colours}".encode())
        if self._with_objects:
            from calotype.data.objects import objects_sha256

            digest.update(f"objects {objects_sha256(self.folder)}".encode())
        return digest.hexdigest()

    @cached_property
    def about(self) -> dict[str, Any]:
        """JSON-ready description of the set: ``count``; with maps or objects ``classes``, ``names`` and ``colours``.

        With conditions ``name``, ``labels`` (their number) and ``pairs``; with artworks ``artists`` and ``categories``;
        with pictures alone ``label_names`` and ``label_counts``, how many pictures have each label.

        Raises:
            InputError: as ``files``.
        """
        about: dict[str, Any] = {"count": len(self.files)}
        if self._with_maps:
            maps = self._maps
            colours = [list(colour) for colour in maps.colours]
            about |= {"classes": maps.classes, "names": list(maps.names), "colours": colours}
            about |= {"things": list(maps.things)} if maps.things else {}
        if self._with_conditions:
            given = self._conditions
            about |= {"name": self.name, "labels": given.labels, "pairs": given.pairs}
        if self._with_styles:
            about |= {"artists": list(self._styles.artists), "categories": list(self._styles.categories)}
        if self._with_objects:
            from calotype.data.objects import object_classes

            about |= object_classes(self.folder)
        if set(self.learns) == {"image"}:
            from calotype.data.labelled import class_counts

            counts = class_counts(self.folder)
            about |= {"label_names": list(counts), "label_counts": list(counts.values())}
        return about

    def check_pairs(self) -> None:
        """Check that the conditions, if it has some, are pictures.

        Raises:
            InputError: they are labels.
        """
        if self._with_conditions:
            self._conditions.check_pairs()

    def opened(
        self,
        size: tuple[int, int],
        on_progress: Callable[[int, int], object] | None = None,
        *,
        classes: int = 0,
        config: Any = None,
    ) -> DataSet:
        """The samples at one size (height, width in pixels), decoded and cached.

        Args:
            size: of the pictures.
            on_progress: called with the number of decoded pictures and the total.
            classes: how many classes a model learns that learns labels: the folder has a sub-folder for each; 0: none.
            config: settings of a model that learns from frames of one pose in several clips: how they are found.

        Raises:
            InputError: no sample can be read, or the folder has another number of sub-folders.
            OutputError: the cache cannot be written.
        """
        if self._with_maps:
            return self._maps.opened(size, on_progress)
        if self._of_clips:
            return self._clips(size, on_progress, config)
        if self._with_conditions:
            return self._conditions.opened(size, on_progress, classes=classes)
        if self._with_styles:
            return self._styles.opened(size, on_progress)
        if self._with_objects:
            from calotype.data.objects import opened_objects

            return opened_objects(self.folder, size, on_progress)
        if classes:
            return self._labelled(size, on_progress, classes)
        from calotype.data.folder import Folder

        return Folder(self.folder, size, on_progress=on_progress)

    def _labelled(
        self, size: tuple[int, int], on_progress: Callable[[int, int], object] | None, classes: int
    ) -> DataSet:
        """The samples with labels: those of a set that ``calotype data`` made, else the names of subfolders."""
        from calotype.data.labelled import Labelled
        from calotype.data.samples import Samples
        from calotype.data.writing import SAMPLES

        if (self.folder / SAMPLES).is_file():
            samples = Samples(self.folder, size, keys=("image", "label"), on_progress=on_progress)
            names = samples.about.get("labels", ())
            if names and len(names) != classes:
                raise InputError(
                    f"{shown(self.folder)} has {counted(len(names), 'label')}: give --set classes={len(names)}"
                )
            return samples
        found = Labelled(self.folder, size, on_progress=on_progress)
        if len(found.names) != classes:
            raise InputError(
                f"{shown(self.folder)} has {len(found.names)} subfolders with pictures, one for each class: give "
                f"--set classes={len(found.names)}"
            )
        return found

    def _clips(self, size: tuple[int, int], on_progress: Callable[[int, int], object] | None, config: Any) -> DataSet:
        """Pairs of frames of one clip; with frames of other clips if the model learns from them."""
        from calotype.data.clips import ClipPairs, frames_in
        from calotype.data.retrieval import neighbours_of

        frames = frames_in(self.folder, size, on_progress=on_progress)
        if "pose" not in self.learns:
            return ClipPairs.of(frames)
        found = neighbours_of(
            frames.rows,
            frames.clips,
            kind=config.retrieval,
            count=config.neighbours,
            rejected=config.rejected,
            most=config.most_alike,
        )
        return ClipPairs.of(frames, found)

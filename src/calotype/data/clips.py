"""Pictures by identity: the clips of a folder, or a made set whose samples say who or what they show.

A clip is a film, a sub-folder of frames, or all samples of one identity. Models of identity and pose learn from two
frames of a clip, which show one identity in two poses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from calotype.data.decoded import Progress
from calotype.data.folder import Side, decoded_photos, pictures_below, sides
from calotype.data.retrieval import Neighbours
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.stream import Sample
from calotype.data.video import Clips, frame_count, videos_in
from calotype.data.writing import SAMPLES
from calotype.errors import InputError
from calotype.files import shown
from calotype.image.io import as_tensor, list_photos, opened

_PARTNERS = 64  # of each frame at most, spread over its clip
_NAMED = 3  # clips named in a message
_FIELDS = ("identity", "solid")  # what sets of earlier versions call the identity of a sample
_SAME = "other"  # the value of about.json's ``identity`` where both pictures of a sample show one identity


@dataclass(frozen=True)
class Frames:
    """All frames of clips of two or more frames, at one size.

    Attributes:
        rows: uint8 [n, H, W, 3].
        clips: index of the clip of each frame, [n], ascending.
        names: of the clips.
        files: file of each frame, that of the film for films, and its number within the clip.
        labels: what a made set says of each frame, for measuring only; empty for others.
        left_out: a line about clips of one frame, which are left out; empty if there are none.
        skipped: a line about files that could not be read; empty if there are none.
    """

    rows: NDArray[np.uint8]
    clips: NDArray[np.int64]
    names: tuple[str, ...]
    files: tuple[tuple[Path, int], ...]
    labels: tuple[Mapping[str, Any], ...] = ()
    left_out: str = ""
    skipped: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def report(self) -> str:
        """One line about clips that are left out and files that could not be read; empty if there are none."""
        return "; ".join(filter(None, (self.left_out, self.skipped)))


def clip_files(folder: Path) -> tuple[list[Path], str]:
    """The files that a folder of clips, or a made set, is read from, in natural order, and what ``Frames.report`` says
    of clips that are left out. No frame is decoded.

    Raises:
        InputError: as ``frames_in``.
    """
    if (folder / SAMPLES).is_file():
        lines = read_lines(folder)
        name = _identity_field(folder, lines[0])
        counts = Counter(str(number if name == _SAME else line.get(name)) for number, line in enumerate(lines))
        if name == _SAME:
            counts = Counter(dict.fromkeys(counts, 2))
        return pictures_below(folder), _alone(counts, folder)
    videos = videos_in(folder)
    counts = Counter({video.name: _checked_count(video) for video in videos})
    return [file for clip in videos for file in (list_photos(clip) if clip.is_dir() else [clip])], _alone(
        counts, folder
    )


def _checked_count(video: Path) -> int:
    if video.is_dir():
        _check_sizes(video)
    return frame_count(video)


def _alone(counts: Mapping[str, int], folder: Path) -> str:
    """What is said of clips of one frame.

    Raises:
        InputError: fewer than two clips have two frames.
    """
    several = sum(count > 1 for count in counts.values())
    if several == 0:
        raise InputError(
            f"no identity in {shown(folder)} has two pictures: give clips of two or more frames each, as films or "
            "folders of frames"
        )
    if several == 1:
        raise InputError(
            f"{shown(folder)} has one clip of two or more frames only: give two or more, of different identities"
        )
    alone = [name for name, count in counts.items() if count == 1]
    if not alone:
        return ""
    more = f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
    return f"left out, as it takes two pictures of an identity: {', '.join(alone[:_NAMED])}{more}"


def frames_in(folder: str | Path, size: Side, *, keep: bool = True, on_progress: Progress | None = None) -> Frames:
    """The frames of all clips of a folder.

    Args:
        folder: films and sub-folders of frames, or a set that ``calotype data`` made.
        size: of the frames, pixels: one number for squares, or (height, width); they are cut to it.
        keep: cache the decoded frames on disk, otherwise in memory.
        on_progress: called with the number of decoded frames and the total.

    Raises:
        InputError: there are fewer than two clips of two frames, a clip has frames of two sizes, the samples of the set
            do not say their identity, or none can be read.
        OutputError: the decoded frames cannot be cached.
    """
    folder = Path(folder)
    made = (folder / SAMPLES).is_file()
    found = _of_samples(folder, size, keep, on_progress) if made else _of_videos(folder, size, keep, on_progress)
    return _usable(found, folder)


def _of_samples(folder: Path, size: Side, keep: bool, on_progress: Progress | None) -> Frames:
    lines = read_lines(folder)
    name = _identity_field(folder, lines[0])
    keys = ("image", "other") if name == _SAME else ("image",)
    sources = [(folder / line[key], number, key) for number, line in enumerate(lines) for key in keys if key in line]
    decoded = decoded_photos([path for path, _, _ in sources], sides(size), keep=keep, on_progress=on_progress)
    kept = [sources[number] for number in decoded.numbers]
    whose = [str(number if name == _SAME else lines[number].get(name)) for _, number, _ in kept]
    labels = tuple({**lines[number], "_picture": key} for _, number, key in kept)
    return _ordered(decoded.rows, whose, [(path, 0) for path, _, _ in kept], labels, decoded.report())


def _identity_field(folder: Path, line: Mapping[str, Any]) -> str:
    about = read_about(folder)
    names = [about["identity"]] if about.get("identity") else [name for name in _FIELDS if name in line]
    if not names and "other_mouth" in line:
        names = [_SAME]
    if not names:
        raise InputError(
            f"the samples of {shown(folder)} do not say their identity: give a folder of films or of folders of "
            "frames, or a set like avatars, sprites, faces or views"
        )
    return str(names[0])


def _of_videos(folder: Path, size: Side, keep: bool, on_progress: Progress | None) -> Frames:
    for video in videos_in(folder):
        if video.is_dir():
            _check_sizes(video)
    found = Clips(folder, size, frames=1, keep=keep, on_progress=on_progress)
    rows = found._decoded.rows[:, 0]
    whose = [video.name for video, _ in found.clips]
    return _ordered(rows, whose, [(video, first) for video, first in found.clips], (), found.report())


def _check_sizes(folder: Path) -> None:
    """Refuse a clip of frames of two sizes: how they lie on each other is not known.

    Raises:
        InputError: it has such frames.
    """
    first: tuple[int, int] | None = None
    for path in list_photos(folder):
        try:
            with open(path, "rb") as file, opened(file, shown(path)) as picture:
                size = picture.size
        except (OSError, InputError):  # skipped when it is read
            continue
        if first is not None and size != first:
            raise InputError(
                f"the clip {shown(folder)} has pictures of {first[0]}x{first[1]} and of {size[0]}x{size[1]} pixels: "
                "bring all frames of a clip to one size"
            )
        first = size


def _ordered(
    rows: NDArray[np.uint8],
    whose: Sequence[str],
    files: Sequence[tuple[Path, int]],
    labels: Sequence[Mapping[str, Any]],
    skipped: str,
) -> Frames:
    """Frames grouped by clip, in the order in which clips appear."""
    number = {name: i for i, name in enumerate(dict.fromkeys(whose))}
    clips = np.array([number[name] for name in whose], np.int64)
    if np.all(np.diff(clips) >= 0):
        return Frames(rows, clips, tuple(number), tuple(files), tuple(labels), skipped=skipped)
    order = np.argsort(clips, kind="stable")
    told = tuple(labels[i] for i in order) if labels else ()
    return Frames(rows[order], clips[order], tuple(number), tuple(files[i] for i in order), told, skipped=skipped)


def _usable(found: Frames, folder: Path) -> Frames:
    """Without clips of one frame.

    Raises:
        InputError: fewer than two clips are left.
    """
    counts = np.bincount(found.clips, minlength=len(found.names))
    left_out = _alone(dict(zip(found.names, counts.tolist())), folder)
    if not left_out:
        return found
    kept = np.flatnonzero(counts[found.clips] > 1)
    left = [i for i, count in enumerate(counts) if count > 1]
    renumbered = {old: new for new, old in enumerate(left)}
    return Frames(
        found.rows[kept],
        np.array([renumbered[int(found.clips[i])] for i in kept], np.int64),
        tuple(found.names[i] for i in left),
        tuple(found.files[i] for i in kept),
        tuple(found.labels[i] for i in kept) if found.labels else (),
        left_out,
        found.skipped,
    )


@dataclass(frozen=True)
class ClipPairs:
    """Pairs of frames of one clip, as a data set; with the nearest frames of other clips if they were looked for.

    Attributes:
        frames: the frames.
        pairs: frame and partner of each sample, int64 [m, 2].
        neighbours: of each frame; ``None``: samples have no ``pose``.
    """

    frames: Frames
    pairs: NDArray[np.int64]
    neighbours: Neighbours | None = field(default=None)

    @classmethod
    def of(cls, frames: Frames, neighbours: Neighbours | None = None) -> ClipPairs:
        """All pairs of a frame and another one of its clip, up to 64 partners for each frame.

        With neighbours, pairs of frames that are too similar are left out, and frames without a similar one elsewhere.

        Raises:
            InputError: no pair is left.
        """
        found = []
        starts = np.flatnonzero(np.diff(frames.clips, prepend=-1))
        for first, end in zip(starts, [*starts[1:], len(frames)]):
            count = int(end - first)
            partners = min(count - 1, _PARTNERS)
            offsets = 1 + np.arange(partners) * (count - 1) // partners
            near = np.repeat(np.arange(count), partners)
            far = (near + np.tile(offsets, count)) % count
            found.append(np.stack([near, far], 1) + first)
        pairs = np.concatenate(found).astype(np.int64)
        if neighbours is not None:
            pairs = pairs[neighbours.usable(pairs)]
            if not len(pairs):
                raise InputError(
                    "the frames of each clip are all alike, or like none of another clip: give clips with more movement"
                )
        return cls(frames, pairs, neighbours)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, i: int) -> Sample:
        """``image`` and ``partner``, two frames of a clip, float32 [3, H, W], -1..1; with neighbours ``pose``, the
        frame of another clip whose pose is nearest to that of ``image``, of several by turns, and ``pose_partner``,
        another frame of that clip, by turns.
        """
        image, partner = (int(number) for number in self.pairs[i])
        found = {"image": as_tensor(self.frames.rows[image]), "partner": as_tensor(self.frames.rows[partner])}
        if self.neighbours is not None:
            numbers = self.neighbours.numbers[image]
            pose = int(numbers[(image + partner) % len(numbers)])
            found["pose"] = as_tensor(self.frames.rows[pose])
            found["pose_partner"] = as_tensor(self.frames.rows[self._another(pose, i)])
        return found

    def _another(self, frame: int, turn: int) -> int:
        """Another frame of a frame's clip, of all by turns."""
        clips = self.frames.clips
        first = int(np.searchsorted(clips, clips[frame]))
        count = int(np.searchsorted(clips, clips[frame], side="right")) - first
        return first + (frame - first + 1 + turn % (count - 1)) % count

    def report(self) -> str:
        """See ``Frames.report``."""
        return self.frames.report()


def tensor_of(frames: Frames, numbers: Sequence[int] | NDArray[np.int64]) -> torch.Tensor:
    """Frames by number, float32 [n, 3, H, W], -1..1."""
    return torch.stack([as_tensor(frames.rows[int(number)]) for number in numbers])

"""What the benchmarks of models of identity and pose share: avatars whose true picture in any pose is known.

Models learn from the clips of all identities of a set but those of the numbers 240 to 299, which are drawn in all poses
to measure; 16 pictures each. Settings are chosen on the identities 1000 to 1059, which no model learns from either.
Men and women have animations of their own: action, frame and view of a woman are another pose than those of a man. So
an identity is given the poses of others of its sex, and a pose is described by the mean positions of feet, legs, hands,
chest and head over those of 40 identities learned from that are of one sex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.data.clips import Frames, frames_in
from calotype.data.packages import fetched
from calotype.data.sets.avatars import ABOUT, PARTS, Figures
from calotype.image.io import save_png, to_image
from calotype.metrics.information import mutual_information
from calotype.metrics.probes import Probe, fourier_features, logistic_probe, ridge_probe, split
from calotype.metrics.separation import separation, transfer

FIRST, HELD_OUT = 240, 60  # number of the first held-out identity, and how many there are
TRIPLETS = 1000
SEXES = ("female", "male")
JOINTS = ("feet", "legs", "hands", "chest", "head")
_DESCRIBED = 40  # identities that the positions of a pose are averaged over
_BATCH = 250


def learned_frames(folder: Path, side: int) -> Frames:
    """The clips of the identities that are learned from."""
    frames = frames_in(folder, side)
    kept = (frames.clips < FIRST) | (frames.clips >= FIRST + HELD_OUT)
    numbers = np.unique(frames.clips[kept])
    return replace(
        frames,
        rows=frames.rows[kept],
        clips=np.searchsorted(numbers, frames.clips[kept]),
        names=tuple(frames.names[number] for number in numbers),
        files=tuple(file for file, own in zip(frames.files, kept) if own),
        labels=tuple(label for label, own in zip(frames.labels, kept) if own),
    )


@dataclass
class Truth:
    """Held-out identities in all poses.

    Attributes:
        pictures: uint8 [identities, poses, H, W, 3].
        parts: the part of every pixel, uint8 [identities, poses, H, W].
        joints: positions of the parts by sex and pose, pixels of 64, [2 poses, 10].
        poses: action, frame and view.
        sexes: 0 or 1 for each identity.
    """

    pictures: Tensor
    parts: Tensor
    joints: Tensor
    poses: list[tuple[str, int, int]]
    sexes: Tensor

    def number(self, identities: Tensor, poses: Tensor) -> Tensor:
        """The row of ``joints`` of identities in poses."""
        return self.sexes[identities] * len(self.poses) + poses

    def of(self, identities: Tensor, poses: Tensor) -> Tensor:
        """Pictures [n, 3, H, W], -1..1."""
        return self.pictures[identities, poses].permute(0, 3, 1, 2).float() / 127.5 - 1

    def distance(self, first: Tensor, second: Tensor) -> Tensor:
        """Mean distance of the parts of two poses each, pixels of 64; they are rows of ``joints``."""
        return (self.joints[first] - self.joints[second]).view(-1, len(JOINTS), 2).norm(dim=2).mean(1)


def truth(side: int, numbers: Sequence[int] = range(FIRST, FIRST + HELD_OUT)) -> Truth:
    """Draw identities in all poses, by default the held-out ones."""
    figures = Figures(fetched(ABOUT.packages[0]))
    made, sexes = [], []
    for number in numbers:
        who, _ = figures.identity(0, number)
        made.append([figures.picture(who, pose, side) for pose in figures.poses])
        sexes.append(SEXES.index(who.sex))
    pictures = torch.from_numpy(np.stack([np.stack([np.asarray(image) for image, _ in row]) for row in made]))
    parts = torch.from_numpy(np.stack([np.stack([map_ for _, map_ in row]) for row in made]))
    positions: list[list[list[list[float]]]] = [[], []]
    for number in range(_DESCRIBED):
        who, _ = figures.identity(0, number)
        found = [_positions(figures.picture(who, pose, 64)[1]) for pose in figures.poses]
        positions[SEXES.index(who.sex)].append(found)
    joints = np.concatenate([np.nanmean(np.array(of_sex), 0) for of_sex in positions])
    joints = np.where(np.isnan(joints), np.nanmean(joints, 0), joints)
    return Truth(pictures, parts, torch.from_numpy(joints).float(), figures.poses, torch.tensor(sexes))


def _positions(parts: np.ndarray[Any, Any]) -> list[float]:
    found = []
    for name in JOINTS:
        rows, columns = np.nonzero(parts == PARTS.index(name))
        found += [columns.mean(), rows.mean()] if len(rows) > 2 else [np.nan, np.nan]
    return found


def pose_numbers(frames: Frames, known: Truth) -> Tensor:
    """The row of ``Truth.joints`` of each frame of a set."""
    number = {pose: i for i, pose in enumerate(known.poses)}
    poses = [number[label["action"], label["frame"], label["label"]] for label in frames.labels]
    sexes = [SEXES.index(label["sex"]) for label in frames.labels]
    return torch.tensor([sex * len(number) + pose for sex, pose in zip(sexes, poses)])


Codes = Callable[[Tensor], tuple[Tensor, Tensor]]  # pictures to pose codes and identity codes
Drawn = Callable[[Tensor, Tensor], Tensor]  # pictures of identities and of poses to pictures


def triplets(known: Truth, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random identity pictures (who, pose) and pose pictures (who, pose) of other identities of that sex and poses."""
    generator = torch.Generator().manual_seed(seed)
    count = len(known.poses)
    who = torch.randint(HELD_OUT, (TRIPLETS,), generator=generator)
    alike = (known.sexes[who, None] == known.sexes[None]) & (who[:, None] != torch.arange(HELD_OUT))
    other = torch.multinomial(alike.float(), 1, generator=generator)[:, 0]
    own = torch.randint(count, (TRIPLETS,), generator=generator)
    wanted = (own + torch.randint(1, count, (TRIPLETS,), generator=generator)) % count
    return who, own, other, wanted


@torch.no_grad()
def transfer_errors(known: Truth, draw: Drawn) -> dict[str, Any]:
    """Errors of identities in the poses of others, against the truth, beside those of copies."""
    who, own, other, wanted = triplets(known)
    of_who, of_other, true = known.of(who, own), known.of(other, wanted), known.of(who, wanted)
    made = torch.cat([draw(a, b) for a, b in zip(of_who.split(_BATCH), of_other.split(_BATCH))])
    return transfer(made, true, {"identity": of_who, "pose": of_other})


@torch.no_grad()
def leaks(known: Truth, codes: Codes, *, fresh: bool = True) -> dict[str, Any]:
    """Probes of both codes of the held-out identities in all poses, and a fresh critic.

    The identity is told among the held-out ones, by a probe that learns from three quarters of the poses; the pose by
    one that learns from three quarters of the identities.
    """
    who, poses, named = encoded(known, codes)
    by_pose, by_identity = split(len(who), groups=poses), split(len(who), groups=who)
    joints = known.joints[known.number(who, poses)]
    probes: dict[str, dict[str, Probe]] = {}
    for name, code in named.items():
        probes[name] = {
            "identity": logistic_probe(code, who, by_pose),
            "pose": ridge_probe(code, joints, by_identity),
        }
    views = torch.tensor([view for _, _, view in known.poses])
    own = fourier_features(named["pose"], by_identity)
    result: dict[str, Any] = {
        "pose_of_pose_by_fourier_features": ridge_probe(
            own, known.joints[known.number(who, poses)], by_identity
        ).as_dict(),
        "view_of_pose": logistic_probe(named["pose"], views[poses], by_identity).as_dict(),
        "probes": {code: {factor: probe.as_dict() for factor, probe in each.items()} for code, each in probes.items()},
        "separation": separation(probes, {"pose": "pose", "identity": "identity"}),
    }
    result["identity_of_pose_within_a_sex"] = _within_sexes(known, who, poses, named["pose"])
    if fresh:
        result["fresh_critic"] = fresh_critic(known, codes)
    return result


def _within_sexes(known: Truth, who: Tensor, poses: Tensor, code: Tensor) -> dict[str, Any]:
    """Probes of the identity among those of one sex: a pose is one of men or of women, so its code may tell the sex."""
    found, chances = {}, []
    for number, name in enumerate(SEXES):
        rows = known.sexes[who] == number
        probe = logistic_probe(code[rows], who[rows], split(int(rows.sum()), groups=poses[rows]))
        found[name] = probe.as_dict()
        chances.append(probe.score / probe.chance)
    return {**found, "times_chance": sum(chances) / len(chances)}


def identity_of_sex(known: Truth) -> dict[str, Any]:
    """How well a probe tells the identity from the sex alone; poses tell it, as each sex has animations of its own."""
    count = len(known.poses)
    who = torch.arange(len(known.pictures)).repeat_interleave(count)
    poses = torch.arange(count).repeat(len(known.pictures))
    sexes = F.one_hot(known.sexes[who], len(SEXES)).float()
    return logistic_probe(sexes, who, split(len(who), groups=poses)).as_dict()


def encoded(known: Truth, codes: Codes) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Identity, pose and codes of all pictures."""
    count = len(known.poses)
    who = torch.arange(len(known.pictures)).repeat_interleave(count)
    poses = torch.arange(count).repeat(len(known.pictures))
    found = [codes(known.of(a, b)) for a, b in zip(who.split(_BATCH), poses.split(_BATCH))]
    return who, poses, {"pose": torch.cat([a for a, _ in found]), "identity": torch.cat([b for _, b in found])}


@torch.no_grad()
def fresh_critic(known: Truth, codes: Codes) -> dict[str, Any]:
    """The mutual information of the pose code of each picture and the identity code of another one of its identity."""
    who, poses, named = encoded(known, codes)
    count = len(known.poses)
    partner = who * count + (poses + torch.randint(1, count, (len(who),), generator=_seeded())) % count
    return mutual_information(named["pose"], named["identity"][partner]).as_dict()


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def write_sheet(path: Path, rows: Sequence[Tensor], scale: float = 2.0) -> None:
    """Rows of pictures [n, 3, H, W] as a PNG."""
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(to_image(F.interpolate(sheet.clamp(-1, 1), scale_factor=scale)), path, {})


def _women(known: Truth, generator: torch.Generator) -> Tensor:
    """Identities of one sex in a random order."""
    women = torch.nonzero(known.sexes == 0)[:, 0]
    return women[torch.randperm(len(women), generator=generator)]


@torch.no_grad()
def write_picture(path: Path, known: Truth, draw: Drawn, *, seed: int = 11) -> None:
    """A JPEG for the README: three times a picture of an identity, one of a pose, and the first in that pose."""
    generator = torch.Generator().manual_seed(seed)
    who = _women(known, generator)[:6]
    poses = torch.randperm(len(known.poses), generator=generator)[:6]
    identity, pose = known.of(who[:3], poses[:3]), known.of(who[3:], poses[3:])
    made = draw(identity, pose)
    columns = [each for three in zip(identity, pose, made) for each in three]
    row = F.interpolate(torch.cat(columns, 2)[None].clamp(-1, 1), scale_factor=128 / made.shape[3])
    path.parent.mkdir(parents=True, exist_ok=True)
    to_image(row).save(path, quality=90)


@torch.no_grad()
def sheet_of(known: Truth, draw: Drawn, *, identities: int = 6, poses: int = 8, seed: int = 3) -> list[Tensor]:
    """Identities down the side, poses of others along the top; below each row the truth."""
    generator = torch.Generator().manual_seed(seed)
    who = _women(known, generator)
    wanted = torch.randperm(len(known.poses), generator=generator)[:poses]
    start = torch.randperm(len(known.poses), generator=generator)[:identities]
    shown = known.of(who[identities : identities + poses], wanted)
    rows = [torch.cat([torch.ones_like(shown[:1]), shown])]
    for number, own in zip(who[:identities], start):
        identity = known.of(number[None], own[None])
        made = draw(identity.expand(poses, -1, -1, -1), shown)
        true = known.of(number.expand(poses), wanted)
        rows += [torch.cat([identity, made]), torch.cat([torch.ones_like(identity), true])]
    return rows

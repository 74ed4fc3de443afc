"""What each of two codes tells of identity and pose: the leak report of a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.information import STEPS, mutual_information
from calotype.metrics.probes import Probe, logistic_probe, ridge_probe, split
from calotype.metrics.separation import separation

_MOST_CLASSES = 64
_ANGLES = ("azimuth", "elevation")  # factors in degrees, probed as sine and cosine
_POSES = ("label", "action", "view", *_ANGLES)  # what sets say of a pose


@dataclass(frozen=True)
class Factors:
    """What is known of each picture.

    Attributes:
        identity: number of the identity, int64 [n].
        classes: classes of the pose by name, int64 [n] each.
        values: numbers of the pose by name, [n, k] each.
    """

    identity: Tensor
    classes: Mapping[str, Tensor] = field(default_factory=dict)
    values: Mapping[str, Tensor] = field(default_factory=dict)


def factors_of(clips: Sequence[int], labels: Sequence[Mapping[str, Any]], *, pose_labels: bool = True) -> Factors:
    """The factors of frames, from what a made set says of them.

    Args:
        clips: number of the clip, which is the identity, of each frame.
        labels: the lines of the set; empty for films and folders.
        pose_labels: whether the number ``label`` of the set tells the pose, as it does in the sets avatars and faces;
            in others it may tell the identity.
    """
    identity = torch.as_tensor(np.asarray(clips))
    classes, values = {}, {}
    for name in _POSES:
        if not labels or any(name not in line for line in labels) or (name == "label" and not pose_labels):
            continue
        told = [line[name] for line in labels]
        if name == "label" and any(line.get("_picture") == "other" for line in labels):
            told = [1 - line["label"] if line["_picture"] == "other" else line["label"] for line in labels]
        if name in _ANGLES:
            angles = torch.tensor([math.radians(float(angle)) for angle in told])
            values[name] = torch.stack([angles.sin(), angles.cos()], 1)
        elif 2 <= len(set(map(str, told))) <= _MOST_CLASSES:
            number = {each: i for i, each in enumerate(sorted(set(map(str, told))))}
            classes[name] = torch.tensor([number[str(each)] for each in told])
    return Factors(identity, classes, values)


def leak_report(
    pose: Tensor, identity: Tensor, known: Factors, *, seed: int = 0, steps: int | None = None
) -> dict[str, Any]:
    """Probes of both codes for identity and pose, and the mutual information of the codes.

    The identity is told among all that are given, by a probe that learns from three quarters of the pictures; the pose
    by probes that learn from three quarters of the identities. A new critic looks for what both codes share, each from
    another picture of one identity.

    Args:
        pose: pose codes [n, d].
        identity: identity codes [n, e].
        known: the factors.
        seed: of splits, probes and critic.
        steps: that the critic is trained for; ``None``: 25 for each picture, at most 1500.

    Returns:
        JSON-ready: ``pictures``, ``identities``, ``probes`` by code and factor, ``separation`` (``None`` where nothing
        is known of the pose), ``information`` (``None`` for fewer than 16 pictures).

    Raises:
        InputError: there are too few pictures for a probe.
    """
    codes = {"pose": pose.float().cpu(), "identity": identity.float().cpu()}
    if len(known.identity.unique()) < 2:  # type: ignore[no-untyped-call]
        raise InputError("a leak report needs pictures of two or more identities")
    by_picture = _within(known.identity, seed)
    by_identity = split(len(pose), groups=known.identity, seed=seed)
    probes: dict[str, dict[str, Probe]] = {}
    for name, code in codes.items():
        probes[name] = {"identity": logistic_probe(code, known.identity, by_picture, seed=seed)}
        for factor, classes in known.classes.items():
            probes[name][factor] = logistic_probe(code, classes, by_identity, seed=seed)
        for factor, values in known.values.items():
            probes[name][factor] = ridge_probe(code, values, by_identity, seed=seed)
    poses = [*known.classes, *known.values]
    score = None
    if poses:
        score = separation(
            {name: {"identity": each["identity"], "pose": each[poses[0]]} for name, each in probes.items()},
            {"pose": "pose", "identity": "identity"},
        )
    shared = None
    if len(pose) >= 16:
        partner = codes["identity"][_partners(known.identity)]
        shared = mutual_information(
            codes["pose"], partner, steps=steps or min(STEPS, 25 * len(pose)), seed=seed
        ).as_dict()
    return {
        "pictures": len(pose),
        "identities": len(set(known.identity.tolist())),
        "probes": {name: {factor: one.as_dict() for factor, one in each.items()} for name, each in probes.items()},
        "separation": score,
        "information": shared,
    }


def _within(identity: Tensor, seed: int) -> Tensor:
    """Three quarters of the pictures of each identity, at least one."""
    chance = torch.Generator().manual_seed(seed)
    learned = torch.zeros(len(identity), dtype=torch.bool)
    for number in sorted(set(identity.tolist())):
        rows = torch.nonzero(identity == number)[:, 0]
        order = rows[torch.randperm(len(rows), generator=chance)]
        learned[order[: max(1, min(len(rows) - 1, round(0.75 * len(rows))))]] = True
    return learned


def _partners(identity: Tensor) -> Tensor:
    """For each picture another one of its identity, where there is one."""
    partner = torch.arange(len(identity))
    for number in sorted(set(identity.tolist())):
        rows = torch.nonzero(identity == number)[:, 0]
        partner[rows] = rows.roll(1)
    return partner

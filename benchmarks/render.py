"""The renderer beside a ray marcher of the same formulas: processor seconds of one thread, and memory.

Three cuboids with textures in 16 pictures of 64 pixels, forward and backward, by turns. The marcher evaluates the same
soft box at 64 samples a ray between the nearest and the farthest distance, takes the largest alpha, its depth, and the
texture there. Memory is what autograd keeps for the backward pass, and the peak of a process that does one of them.

    python benchmarks/render.py --out benchmarks/results/render.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from calotype.render.camera import Pose, View, rays, rotation_of
from calotype.render.primitives import SHARPNESS, cuboids, spheres, textured
from machine import provenance

BATCH, OBJECTS, SIDE, SAMPLES, TURNS = 16, 3, 64, 64, 9
VIEW = View(SIDE, SIDE, float(SIDE))
NEAREST, FARTHEST = 1.0, 3.0


def inputs() -> list[Tensor]:
    """Rotations, places, half sizes and textures, each with a gradient."""
    torch.manual_seed(0)
    count = BATCH * OBJECTS
    place = torch.tensor([0.0, 0.0, 2.0]) + 0.2 * torch.randn(count, 3)
    given = (torch.randn(count, 6), place, 0.2 + 0.3 * torch.rand(count, 3), torch.randn(count, 8, 8, 8, 8))
    return [each.requires_grad_() for each in given]


def slabs(six: Tensor, place: Tensor, half: Tensor, texture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Alpha, depth and features as the renderer computes them."""
    made = cuboids(Pose(rotation_of(six), place, half), VIEW)
    return made.alpha, made.depth, textured(made.surface, texture)


def marched(six: Tensor, place: Tensor, half: Tensor, texture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same by samples along each ray."""
    pose = Pose(rotation_of(six), place, half)
    way = torch.linspace(NEAREST, FARTHEST, SAMPLES)
    at = rays(VIEW, place)[None, :, None] * way[:, None]  # [1, P, S, 3]
    inside = ((at - pose.place[:, None, None]) @ pose.rotation[:, None]) / pose.half[:, None, None]
    alpha = (SHARPNESS * (1 - inside.abs().amax(-1))).sigmoid()
    best, which = alpha.max(-1)
    surface = inside.gather(2, which[..., None, None].expand(-1, -1, -1, 3))[:, :, 0].clamp(-1, 1)
    shape = (len(place), SIDE, SIDE)
    return best.view(shape), way[which].view(shape), textured(surface.view(*shape, 3), texture)


WAYS: dict[str, Callable[..., tuple[Tensor, Tensor, Tensor]]] = {"renderer": slabs, "marcher": marched}


def once(way: str) -> tuple[float, int]:
    """Processor seconds forward and backward, and bytes kept between them."""
    given, kept = inputs(), 0

    def packed(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel() * tensor.element_size()
        return tensor

    began = time.process_time()
    with torch.autograd.graph.saved_tensors_hooks(packed, lambda tensor: tensor):
        alpha, depth, features = WAYS[way](*given)
        loss = alpha.mean() + depth.mean() + features.square().mean()
    loss.backward()  # type: ignore[no-untyped-call]
    return time.process_time() - began, kept


def peak(way: str) -> int:
    """Peak memory, bytes, of a process that renders once, beyond that of one that imports alone."""
    work = f"render.once({way!r})" if way else "pass"
    script = f"import resource, render; {work}; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, check=True)
    return int(done.stdout) * 1024


def overlap(seed: int) -> dict[str, float]:
    """IoU of thresholded alpha with exact silhouettes of 24 random boxes and ellipsoids at 64 pixels."""
    torch.manual_seed(seed)
    place = (torch.tensor([0.0, 0.0, 2.0]) + 0.3 * torch.randn(24, 3)).double()
    pose = Pose(rotation_of(torch.randn(24, 6)).double(), place, (0.1 + 0.5 * torch.rand(24, 3)).double())
    origin = -(pose.rotation.transpose(1, 2) @ pose.place[..., None])[..., 0][:, None] / pose.half[:, None]
    way = rays(VIEW, place) @ pose.rotation / pose.half[:, None]
    one, other = (-1 - origin) / way, (1 - origin) / way
    box = torch.maximum(one, other).amin(-1) > torch.minimum(one, other).amax(-1)
    a, b, c = (way * way).sum(-1), (origin * way).sum(-1), (origin * origin).sum(-1) - 1
    ball = b * b > a * c
    result = {}
    for name, render, exact in (("cuboids", cuboids, box), ("spheres", spheres, ball)):
        found = render(pose, VIEW).alpha.flatten(1) > 0.5
        result[name] = float(((found & exact).sum(1) / (found | exact).sum(1).clamp_min(1)).min())
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Before anything large is made here: a new process begins with the peak of its parent.
    base = peak("")
    peaks = {way: peak(way) - base for way in WAYS}
    for way in WAYS:
        once(way)
    turns = [{way: once(way) for way in WAYS} for _ in range(TURNS)]
    seconds = {way: statistics.median(turn[way][0] for turn in turns) for way in WAYS}
    bytes_ = {way: turns[0][way][1] for way in WAYS}
    record = {
        **provenance(),
        "batch": BATCH,
        "objects": OBJECTS,
        "side": SIDE,
        "samples_of_a_ray": SAMPLES,
        "cpu_seconds": seconds,
        "times_as_fast": statistics.median(turn["marcher"][0] / turn["renderer"][0] for turn in turns),
        "bytes_kept": bytes_,
        "share_of_bytes_kept": bytes_["renderer"] / bytes_["marcher"],
        "peak_bytes": peaks,
        "share_of_peak": peaks["renderer"] / peaks["marcher"],
        "least_iou": [overlap(seed) for seed in range(3)],
    }
    print(json.dumps(record, indent=1))
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

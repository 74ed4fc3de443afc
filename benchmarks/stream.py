"""How busy a trainer is: the share of the time that it does not wait for its next batch.

A small generator and critic learn from pictures of 64 x 64, in batches, with the stream in front of them. The pictures
come decoded (a folder), or from JPEG files of 256 x 256 in shards, decoded in every step.

    PYTHONPATH=src python benchmarks/stream.py --out benchmarks/results/stream.json
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from calotype.data.folder import Folder
from calotype.data.shards import Shards, write_shards
from calotype.data.stream import DataSet, Stream
from calotype.run import Run, fit
from machine import provenance

SIDE, FILE_SIDE, CHANNELS = 64, 256, 32  # pixels; channels of the networks' first layer
PICTURES = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        pictures = jpegs()
        (Path(folder) / "pictures").mkdir()
        for i, data in enumerate(pictures):
            (Path(folder) / "pictures" / f"{i}.jpg").write_bytes(data)
        write_shards(({"jpg": data} for data in pictures), Path(folder) / "shards", per_shard=64)
        sets = {
            "folder, decoded": Folder(Path(folder) / "pictures", SIDE, keep=False),
            "shards, JPEG of 256 px": Shards(Path(folder) / "shards", SIDE),
        }
        for name, dataset in sets.items():
            for workers in (0, 1, 2):
                row = {"set": name, "workers": workers, **measured(dataset, options.batch, options.steps, workers)}
                rows.append(row)
                print(f"{name:<24} {workers} workers: {row['busy']:.1%} busy, {row['step_ms']:.0f} ms a step")
    if options.out is not None:
        record = {**provenance(), "side": SIDE, "batch": options.batch, "steps": options.steps, "rows": rows}
        options.out.write_text(json.dumps(record, indent=1) + "\n")


def jpegs() -> list[bytes]:
    """Pictures with something of every scale in them, as files."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(PICTURES):
        picture = np.zeros((FILE_SIDE, FILE_SIDE, 3), np.float32)
        for side in (4, 16, 64):
            coarse = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
            picture += np.asarray(coarse.resize((FILE_SIDE, FILE_SIDE), Image.Resampling.BICUBIC), np.float32) / 3
        buffer = io.BytesIO()
        Image.fromarray(picture.astype(np.uint8)).save(buffer, "JPEG", quality=90)
        found.append(buffer.getvalue())
    return found


def measured(dataset: DataSet, batch: int, steps: int, workers: int) -> dict[str, Any]:
    """The share of the time between the first batch and the last step that was not spent waiting."""
    torch.manual_seed(0)
    generator, critic = networks()
    optimizers = [torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.99)) for net in (generator, critic)]
    stream, waited, began = Stream(dataset, batch, seed=0, workers=workers), [0.0], [0.0]

    def batches(i: int) -> dict[str, Tensor]:
        before = time.monotonic()
        found = stream(i)
        now = time.monotonic()
        if i == 0:
            began[0] = now  # nothing can be ready before it is asked for the first time
        else:
            waited[0] += now - before
        return found

    def step(state: Any, found: dict[str, Tensor], i: int) -> dict[str, Tensor]:
        real, noise = found["image"], torch.randn(batch, CHANNELS, 4, 4)
        optimizers[1].zero_grad()
        judged = critic(generator(noise).detach())
        loss = F.softplus(judged).mean() + F.softplus(-critic(real)).mean()
        loss.backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        F.softplus(-critic(generator(noise))).mean().backward()
        optimizers[0].step()
        return {"loss": loss.detach()}

    fit(step, {"generator": generator, "critic": critic}, batches, Run(), steps=steps)
    total = time.monotonic() - began[0]
    stream.close()
    return {"busy": 1 - waited[0] / total, "waited_ms": 1000 * waited[0] / (steps - 1), "step_ms": 1000 * total / steps}


def networks() -> tuple[nn.Module, nn.Module]:
    up, down = [], []
    for i in range(4):
        up += [nn.ConvTranspose2d(CHANNELS, CHANNELS, 4, 2, 1), nn.LeakyReLU(0.2)]
        down += [nn.Conv2d(3 if i == 0 else CHANNELS, CHANNELS, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*up, nn.Conv2d(CHANNELS, 3, 3, padding=1), nn.Tanh()), nn.Sequential(
        *down, nn.Flatten(), nn.Linear(CHANNELS * 16, 1)
    )


if __name__ == "__main__":
    main()

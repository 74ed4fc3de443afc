"""SPADE on the set scenes, and the speed of its training step beside MONAI's SPADENet.

Quality: the preset ``small`` (or another one) is trained on all but the last 600 scenes. Of those the label maps are
drawn, and a segmenter that was trained on real pictures alone says what it sees: pixel accuracy and mean IoU, over the
classes that cover more than 1 % of the pixels, relative to those of the real pictures. The Frechet distance is that of
EfficientNet-Lite0's features, which is not FID. Beside it stand two sets of real pictures, flat mean colours of the
classes, a U-Net that regresses pictures on maps, and the pix2pixHD generator, the last two trained for as many
processor seconds. Every training is kept in ``--work`` and goes on where it was stopped.

    calotype data scenes scenes --size 64 --count 5600
    python benchmarks/spade.py train scenes --work work --seed 0          # and 1, and 2
    python benchmarks/spade.py quality scenes --work work --seeds 0 1 2 --out benchmarks/results/spade.json

Speed: by turns in processes of their own, one thread each, and the time that ``draw`` takes for 64 x 64 pixels.

    python benchmarks/spade.py speed --monai PYTHON --out benchmarks/results/spade_speed.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from calotype import saving
from calotype.data.samples import Samples
from calotype.data.stream import Sample, Stream
from calotype.metrics.frechet import fid, self_distance
from calotype.metrics.segmentation import Confusion
from calotype.models import spade
from calotype.models.spade.network import build
from calotype.nn.embedding import Vectors, chosen, embed, quantised
from calotype.run import Run, fit
from calotype.semantic.trainer import Trainer
from machine import provenance

HELD_OUT = 600  # the last scenes
LEAST = 0.01  # of the pixels: classes that count
LATENCY = 0.150  # seconds: the target for 64 x 64 pixels


# ------------------------------------------------------------------------------------------------------------------
# The set


class Part:
    """Some of the samples of a set."""

    def __init__(self, samples: Samples, numbers: Sequence[int]) -> None:
        self.samples, self.numbers = samples, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> Sample:
        return self.samples[self.numbers[i]]


def parts(folder: Path, size: tuple[int, int]) -> tuple[Part, Part, list[str]]:
    """Training samples, held-out ones, and the names of the classes.

    Raises:
        ValueError: a held-out map is in the training set, too.
    """
    samples = Samples(folder, size, keys=["map"])
    count = len(samples)
    train, test = Part(samples, range(count - HELD_OUT)), Part(samples, range(count - HELD_OUT, count))
    seen = {train[i]["map"].numpy().tobytes() for i in range(len(train))}
    if any(test[i]["map"].numpy().tobytes() in seen for i in range(len(test))):
        raise ValueError("a held-out map is in the training set")
    return train, test, list(samples.about["map_classes"])


def config(preset: str, names: list[str], changes: Iterable[str] = ()) -> spade.Config:
    """A preset for the set, with settings like ``steps=100`` changed."""
    from calotype.catalog import config_from

    return spade.adapted(config_from(spade, preset, dict(change.split("=", 1) for change in changes)), {"names": names})


# ------------------------------------------------------------------------------------------------------------------
# Trainings that go on, and whose processor seconds are added up


def timed(folder: Path, seed: int, train: Callable[[Run], Any]) -> tuple[Any, float]:
    """What a training in a folder makes, and its processor seconds over all the times that it was begun."""
    folder.mkdir(parents=True, exist_ok=True)
    spent = folder / "seconds"
    before, began = float(spent.read_text()) if spent.exists() else 0.0, time.process_time()
    finished = (folder / "finished").exists()
    sums: dict[str, float] = {}
    counted = 0

    def heard(event: Any) -> None:
        nonlocal counted
        if event.kind == "save" and not finished:
            spent.write_text(str(before + time.process_time() - began))
        if event.kind == "step":
            counted += 1
            for name, value in event.values.items():
                sums[name] = sums.get(name, 0.0) + value
        if event.kind == "step" and event.step % 100 == 0:
            means = {name: round(value / counted, 4) for name, value in sums.items()}
            with open(folder / "log.jsonl", "a", encoding="utf-8") as log:
                log.write(json.dumps({"step": event.step, "cpu": round(time.process_time() - began), **means}) + "\n")
            sums.clear()
            counted = 0
        if event.preview is not None and event.kind == "step":
            from calotype.image.io import save_png, to_image

            save_png(to_image(F.interpolate(event.preview, scale_factor=2.0)), folder / f"{event.step:06d}.png", {})

    made = train(Run(folder, seed=seed, on_event=heard, save_every_steps=None))
    if not finished:
        spent.write_text(str(before + time.process_time() - began))
        (folder / "finished").touch()
    return made, seconds_of(folder)


def seconds_of(folder: Path) -> float:
    """The processor seconds of a training in a folder."""
    return float((folder / "seconds").read_text())


def trained(train: Part, cfg: spade.Config, work: Path, name: str, seed: int) -> tuple[nn.Module, float]:
    """A model of the package and its processor seconds."""
    stream = Stream(train, cfg.batch, seed=seed)
    net, seconds = timed(work / name, seed, lambda run: spade.train(stream, cfg, run))
    if not (work / name / "net").exists():
        saving.write(work / name / "net", "spade", cfg, net, "", cfg.size)
    return net, seconds


def for_seconds(cfg: spade.Config, train: Part, seconds: float, work: Path, name: str) -> spade.Config:
    """As many steps as take so many processor seconds, as the first ten say."""
    kept = work / name / "steps"
    if not kept.exists():
        trainer, stream = Trainer(cfg, torch.device("cpu"), build), Stream(train, cfg.batch, seed=99)
        step = step_seconds(lambda i: trainer.step(trainer.state, stream(i), i))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(max(50, round(seconds / step))))
    return replace(cfg, steps=int(kept.read_text()))


def step_seconds(step: Callable[[int], Any], count: int = 10) -> float:
    """Processor seconds of a step, the median of a few."""
    times = []
    for i in range(count):
        began = time.process_time()
        step(i)
        times.append(time.process_time() - began)
    return statistics.median(times)


class UNet(nn.Module):
    """A small U-Net: for the segmenter, and for the regression of pictures."""

    def __init__(self, inputs: int, outputs: int, width: int = 24, depth: int = 4) -> None:
        super().__init__()
        widths = [width * min(2**i, 4) for i in range(depth + 1)]
        self.down = nn.ModuleList(double(a, b) for a, b in zip([inputs, *widths], widths))
        self.up = nn.ModuleList(double(widths[i + 1] + widths[i], widths[i]) for i in reversed(range(depth)))
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for i, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for block, skip in zip(self.up, reversed(kept[:-1])):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0), skip], 1))
        return self.last(x)


def double(a: int, b: int) -> nn.Sequential:
    layers = [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())


Loss = Callable[[nn.Module, Mapping[str, Tensor]], Tensor]


def trained_unet(
    train: Part, net: UNet, loss: Loss, work: Path, name: str, steps: int | None, seconds: float = 0.0, batch: int = 16
) -> tuple[UNet, float]:
    """A U-Net, after so many steps or processor seconds."""
    torch.manual_seed(0)
    net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), 2e-3, fused=True)
    stream = Stream(train, batch, seed=7)

    def step(state: Any, examples: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, 2 * (1 - i / total))
        net.train()
        optimizer.zero_grad(set_to_none=True)
        found = loss(net, examples)
        found.backward()
        optimizer.step()
        return {name: found.detach()}

    kept = work / name / "steps"
    if steps is None and not kept.exists():
        total = 1 << 30
        before = {key: value.clone() for key, value in net.state_dict().items()}
        each = step_seconds(lambda i: step(None, stream(i), i))
        net.load_state_dict(before)
        optimizer = torch.optim.Adam(net.parameters(), 2e-3, fused=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(max(50, round(seconds / each))))
    total = steps or int(kept.read_text())
    state = {"net": net, "optimizer": optimizer}
    _, spent = timed(work / name, 0, lambda run: fit(step, state, stream, run, steps=total, stage=name))
    return net.eval().requires_grad_(False), spent


def segmentation_loss(net: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    return F.cross_entropy(net(batch["image"].contiguous(memory_format=torch.channels_last)), batch["map"])


def regression_loss(classes: int) -> Loss:
    def loss(net: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
        return (torch.tanh(net(planes(batch["map"], classes))) - batch["image"]).abs().mean()

    return loss


def planes(maps: Tensor, classes: int) -> Tensor:
    """One-hot maps, [B, classes, H, W]."""
    return F.one_hot(maps, classes).permute(0, 3, 1, 2).float()


# ------------------------------------------------------------------------------------------------------------------
# Sets of pictures of the held-out maps


def drawn(net: nn.Module, cfg: spade.Config, maps: Tensor, seed: int = 0) -> Tensor:
    """A picture of every map, each with a style code of its own."""
    made = [spade.draw(cfg, Run(), net=net, label_map=one[None], seed=seed + i) for i, one in enumerate(maps)]
    return torch.cat(made)


def styled(net: nn.Module, cfg: spade.Config, maps: Tensor, styles: Tensor) -> Tensor:
    """A picture of every map in the style of a picture."""
    pairs = zip(maps, styles)
    return torch.cat([spade.draw(cfg, Run(), net=net, label_map=m[None], style=s[None]) for m, s in pairs])


def mean_colours(train: Part, classes: int) -> Tensor:
    """The mean colour of every class in the training set, [classes, 3]."""
    sums, counts = torch.zeros(classes, 3), torch.zeros(classes)
    for i in range(0, len(train), 2):
        sample = train[i]
        flat = sample["map"].flatten()
        sums.index_add_(0, flat, sample["image"].flatten(1).mT)
        counts += torch.bincount(flat, minlength=classes)
    return sums / counts.clamp_min(1)[:, None]


def seen(segmenter: nn.Module, pictures: Tensor, maps: Tensor, classes: int) -> dict[str, Any]:
    """What the segmenter sees in pictures, beside what there should be."""
    confusion = Confusion(classes)
    with torch.no_grad():
        for some, wanted in zip(pictures.split(50), maps.split(50)):
            confusion.add(wanted, segmenter(some.contiguous(memory_format=torch.channels_last)).argmax(1))
    shares = torch.bincount(maps.flatten(), minlength=classes) / maps.numel()
    iou = confusion.iou()
    return {
        "pixel_accuracy": round(confusion.pixel_accuracy(), 4),
        "mean_iou": round(float(iou[shares > LEAST].nanmean()), 4),
        "iou": [round(float(each), 3) for each in iou],
    }


def kept_vectors(pictures: Tensor, embedding: Any, folder: Path) -> Vectors:
    """The vectors of pictures, made once and kept in a folder."""
    digest = hashlib.sha256(embedding.name.encode() + quantised(pictures).contiguous().numpy().tobytes()).hexdigest()
    path = folder / f"{digest[:24]}.safetensors"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"vectors": embed(pictures.split(50), embedding).values.contiguous()}, path)
    return Vectors(load_file(path)["vectors"], embedding.name)


def diversity(one: Tensor, other: Tensor) -> float:
    """Mean absolute difference of the mean colours of two pictures of each map, 0..2."""
    return round(float((one.mean((2, 3)) - other.mean((2, 3))).abs().mean()), 4)


def quality(asked: argparse.Namespace) -> dict[str, Any]:
    train, test, names = parts(asked.folder, (64, 64))
    classes = len(names)
    maps = torch.stack([test[i]["map"] for i in range(len(test))])
    real = torch.stack([test[i]["image"] for i in range(len(test))])
    more = torch.stack([train[i]["image"] for i in range(len(test))])
    embedding = chosen(asked.features)
    segmenter, segmenter_seconds = trained_unet(
        train, UNet(3, classes, 16), segmentation_loss, asked.work, "segmenter", asked.segmenter_steps
    )

    def vectors_of(pictures: Tensor) -> Vectors:
        return kept_vectors(pictures, embedding, asked.work / "vectors")

    reference = vectors_of(real)

    def figures(name: str, pictures: Tensor) -> dict[str, Any]:
        print(f"measuring {name}", flush=True)
        vectors = vectors_of(pictures)
        return {**seen(segmenter, pictures, maps, classes), "frechet": round(fid(reference, vectors), 2)}

    true = seen(segmenter, real, maps, classes)
    rows: dict[str, Any] = {}
    sheets: dict[str, Tensor] = {}
    longest = 0.0
    for seed in asked.seeds:
        cfg = config(asked.preset, names)
        net, seconds = trained(train, cfg, asked.work, f"{asked.preset} {seed}", seed)
        longest = max(longest, seconds)
        made = drawn(net, cfg, maps)
        again = drawn(net, cfg, maps, seed=10_000)
        own = styled(net, cfg, maps, real) if cfg.latent else made
        name = f"{asked.preset}, seed {seed}"
        rows[name] = {
            **figures(name, made),
            "cpu_seconds": round(seconds),
            "estimated_seconds": round(spade.training_cost(cfg).seconds),
            "diversity": diversity(made, again),
            "error_with_own_style": round(float((own - real).abs().mean()), 4),
            "error_with_random_style": round(float((made - real).abs().mean()), 4),
        }
        sheets |= {name: made, f"{name}, another code": again, f"{name}, style of the real picture": own}
    colours = mean_colours(train, classes)
    sheets["mean colours"] = colours[maps].permute(0, 3, 1, 2)
    rows["mean colours of the classes"] = figures("mean colours", sheets["mean colours"])
    if "unet" in asked.baselines:
        unet, spent = trained_unet(train, UNet(classes, 3), regression_loss(classes), asked.work, "unet", None, longest)
        with torch.no_grad():
            sheets["unet"] = torch.cat([torch.tanh(unet(planes(some, classes))) for some in maps.split(50)])
        rows["U-Net, regression"] = {**figures("U-Net", sheets["unet"]), "cpu_seconds": round(spent)}
    if "pix2pixhd" in asked.baselines:
        cfg = for_seconds(config("pix2pixhd", names), train, longest, asked.work, "pix2pixhd")
        net, spent = trained(train, cfg, asked.work, "pix2pixhd", 0)
        sheets["pix2pixhd"] = drawn(net, cfg, maps)
        rows["pix2pixHD"] = {**figures("pix2pixHD", sheets["pix2pixhd"]), "cpu_seconds": round(spent)}
    if asked.sheets:
        write_sheets(asked.sheets, maps, real, sheets)
    return {
        "benchmark": "spade",
        **provenance(),
        "preset": asked.preset,
        "config": {k: v for k, v in asdict(config(asked.preset, names)).items() if k not in ("names", "colours")},
        "pictures": {"trained_on": len(train), "held_out": len(test), "size": [64, 64]},
        "classes": names,
        "classes_that_count": [n for n, s in zip(names, shares_of(maps, classes)) if s > LEAST],
        "label_resize": "nearest",
        "segmenter_cpu_seconds": round(segmenter_seconds),
        "features": embedding.name,
        "real": true,
        "floor": {
            "frechet_of_as_many_training_pictures": round(fid(reference, vectors_of(more)), 2),
            "frechet_of_halves": round(self_distance(reference), 2),
        },
        "rows": rows,
        "relative": relative(rows, true),
    }


def shares_of(maps: Tensor, classes: int) -> list[float]:
    return (torch.bincount(maps.flatten(), minlength=classes) / maps.numel()).tolist()


def relative(rows: Mapping[str, Any], true: Mapping[str, Any]) -> dict[str, Any]:
    """Each row relative to the real pictures, and its Frechet distance to that of mean colours."""
    flat = rows["mean colours of the classes"]["frechet"]
    return {
        name: {
            "pixel_accuracy": round(row["pixel_accuracy"] / true["pixel_accuracy"], 3),
            "mean_iou": round(row["mean_iou"] / true["mean_iou"], 3),
            "frechet": round(row["frechet"] / flat, 3),
        }
        for name, row in rows.items()
    }


def write_sheets(folder: Path, maps: Tensor, real: Tensor, sets: Mapping[str, Tensor]) -> None:
    """One sheet: the maps, each set of pictures, and the real ones, a row each."""
    from calotype.image.io import save_png, to_image
    from calotype.image.labels import flat_colours

    folder.mkdir(parents=True, exist_ok=True)
    colours = torch.tensor(flat_colours(int(maps.max()) + 1)).float() / 127.5 - 1
    rows = [colours[maps].permute(0, 3, 1, 2), *sets.values(), real]
    for first in range(0, 48, 12):
        strips = [torch.cat(list(F.pad(row[first : first + 12], (1, 1, 1, 1), value=1.0)), 2) for row in rows]
        sheet = F.interpolate(torch.cat(strips, 1)[None], scale_factor=2.0)
        save_png(to_image(sheet), folder / f"sheet_{first:02d}.png", {})
    (folder / "rows.txt").write_text("\n".join(["label maps", *sets, "real"]) + "\n", encoding="utf-8")


# ------------------------------------------------------------------------------------------------------------------
# Speed


def speed(asked: argparse.Namespace) -> dict[str, Any]:
    cfg = spade.PRESETS["small"]
    shared = {
        "side": cfg.size[0],
        "classes": cfg.classes + 1,
        "latent": cfg.latent,
        "hidden": cfg.hidden,
        "discriminator_width": cfg.discriminator_width,
        "batch": cfg.batch,
        "steps": asked.steps,
        # Blocks of the same channels at the same sizes: 64 channels up to 16 pixels, 64 to 32 at 32 pixels, 32 to the
        # last ones at 64. Its last block makes three channels, and another doubling follows, which is pooled away.
        "channels": [32, 64, 64, 64, 64],
        "larger": 2,
    }
    found: dict[str, Any] = {}
    for whole in (False, True):
        turns = []
        for _ in range(asked.turns):
            turns.append(
                {
                    "monai": child(asked.monai, "monai", {**shared, "whole": whole, "bf16": False}),
                    "ours": child(sys.executable, "ours", {**shared, "whole": whole, "bf16": False}),
                    "ours, bfloat16": child(sys.executable, "ours", {**shared, "whole": whole, "bf16": True}),
                }
            )
        found["whole step" if whole else "generator and encoder"] = summed(turns)
    plain = {**shared, "channels": [16, 32, 64, 64], "larger": 1, "whole": False, "bf16": False}
    return {
        "benchmark": "spade_speed",
        **provenance(),
        "seed": 0,
        "settings": shared,
        "steps": found,
        "without_a_block_at_full_size": child(asked.monai, "monai", plain),
        "draw": latency(cfg),
    }


def child(python: str, which: str, what: Mapping[str, Any]) -> dict[str, Any]:
    """What ``spade_step.py`` measures in an interpreter."""
    script = Path(__file__).with_name("spade_step.py")
    source = Path(spade.__file__).parents[3]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(source) if which == "ours" else ""}
    command = [python, "-W", "ignore", str(script), which, json.dumps(what)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def summed(turns: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Medians over the turns, and how many times as fast ours is, turn by turn."""
    found: dict[str, Any] = {}
    for name in turns[0]:
        found[name] = {
            "seconds": round(statistics.median(turn[name]["seconds"] for turn in turns), 4),
            "peak_mib": round(statistics.median(turn[name]["peak_kib"] for turn in turns) / 1024),
            "grown_mib": round(statistics.median(turn[name]["grown_kib"] for turn in turns) / 1024),
            "weights": turns[0][name]["weights"],
        }
        if name != "monai":
            ratios = [turn["monai"]["seconds"] / turn[name]["seconds"] for turn in turns]
            found[name]["times_as_fast"] = [round(ratio, 2) for ratio in sorted(ratios)]
    return found


def latency(cfg: spade.Config, count: int = 40) -> dict[str, Any]:
    """Seconds that ``draw`` takes for one map of 64 x 64 pixels, on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, maps = spade.build(cfg).eval(), torch.randint(0, cfg.classes, (1, 64, 64))
    times, waited = [], []
    for i in range(count + 5):
        began, now = time.process_time(), time.perf_counter()
        spade.draw(cfg, Run(), net=net, label_map=maps, seed=i)
        times.append(time.process_time() - began)
        waited.append(time.perf_counter() - now)
    return {
        "median_cpu_seconds": round(statistics.median(times[5:]), 4),
        "median_wall_seconds": round(statistics.median(waited[5:]), 4),
        "worst_wall_seconds": round(max(waited[5:]), 4),
        "target": LATENCY,
        "estimated_seconds": spade.cost((64, 64), cfg).seconds,
    }


# ------------------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("folder", type=Path)
    one.add_argument("--work", type=Path, default=Path("spade-work"))
    one.add_argument("--preset", default="small")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--set", action="append", default=[], help="a setting, like steps=100")
    one.add_argument("--name", help="of the training's folder")
    two = commands.add_parser("quality")
    two.add_argument("folder", type=Path)
    two.add_argument("--work", type=Path, default=Path("spade-work"))
    two.add_argument("--preset", default="small")
    two.add_argument("--seeds", type=int, nargs="+", default=[0])
    two.add_argument("--segmenter-steps", type=int, default=1500)
    two.add_argument("--baselines", nargs="*", default=["unet", "pix2pixhd"], help="which are trained and measured")
    two.add_argument("--features", default="efficientnet")
    two.add_argument("--sheets", type=Path)
    two.add_argument("--out", type=Path, required=True)
    three = commands.add_parser("speed")
    three.add_argument("--monai", required=True, help="the interpreter of an environment with monai")
    three.add_argument("--turns", type=int, default=5)
    three.add_argument("--steps", type=int, default=8)
    three.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "train":
        train, _, names = parts(asked.folder, spade.PRESETS[asked.preset].size)
        name = asked.name or f"{asked.preset} {asked.seed}"
        _, seconds = trained(train, config(asked.preset, names, asked.set), asked.work, name, asked.seed)
        print(f"{name}: {seconds:.0f} processor seconds")
        return
    result = quality(asked) if asked.command == "quality" else speed(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

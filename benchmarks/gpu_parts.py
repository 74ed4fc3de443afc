"""The parts of ``gpu.py``, each a function of a device that returns figures, JSON-ready.

Nothing but torch, NumPy, Pillow, safetensors and this checkout is imported. Inputs are those of the contract tests.
"""

from __future__ import annotations

import copy
import ctypes
import gc
import json
import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent / "tests" / "contract")]

import model_inputs as inputs  # noqa: E402

from calotype import catalog  # noqa: E402
from calotype.data.sets import solids  # noqa: E402
from calotype.errors import InputError, Stopped  # noqa: E402
from calotype.image.io import open_photo, to_image, to_tensor  # noqa: E402
from calotype.run import Event, Run  # noqa: E402

SMALL, PHOTO_SIDE, PHOTOS = (32, 40), 250, 32
Figures = dict[str, Any]
# Weights that do not come with the package, and the packages that look for them.
LEFT_OUT = (InputError, ModuleNotFoundError)


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        seconds: of a timed loop.
        minute: seconds of each of the two longer trainings.
        preset: of timed models.
        photos: how many are trained together.
        steps: of the training on each of them, for each scale.
        processes: how many processes train them.
        rooms: pictures of the set that StyleGAN is trained on.
        patience: factor of the time limits of the parts.
    """

    seconds: float
    minute: float
    preset: str
    photos: int
    steps: int
    processes: tuple[int, ...]
    rooms: int
    patience: float


CARD = Scale(
    seconds=3.0, minute=60.0, preset="small", photos=PHOTOS, steps=60, processes=(1, 4, 8), rooms=512, patience=1.0
)
# The same networks and sizes, measured for a shorter time: ten minutes of one thread that other work disturbs.
PROCESSOR = Scale(seconds=0.3, minute=10.0, preset="small", photos=2, steps=6, processes=(1,), rooms=64, patience=4.0)
QUICK = Scale(seconds=0.2, minute=0.5, preset="tiny", photos=2, steps=2, processes=(1,), rooms=16, patience=1.0)
SCALES = {"card": CARD, "processor": PROCESSOR, "quick": QUICK}


@dataclass(frozen=True)
class Part:
    """One part: its name, the seconds after which it is given up, and its function."""

    name: str
    limit: float
    run: Callable[[str, Scale, Path], Figures]


def parts(scale: Scale) -> list[Part]:
    """All parts, those first that say most when the card is taken away early."""
    found = [Part(f"parity/{name}", 45, partial(engine_parity, name)) for name in catalog.ENGINES]
    found += [Part(f"parity/{name}", 45, partial(model_parity, name)) for name in catalog.MODELS]
    found += [Part("minute/singan", 1.5 * scale.minute + 30, singan_minute)]
    found += [Part("minute/stylegan", 1.5 * scale.minute + 30, stylegan_minute)]
    found += [Part(f"speed/{name}", 45, partial(model_speed, name)) for name in catalog.MODELS]
    found += [Part(f"graphs/{name}", 30, partial(graphs, name)) for name in catalog.MODELS if _layered(name)]
    found += [Part(f"speed/{name}", 40, partial(engine_speed, name)) for name in catalog.ENGINES]
    found += [Part(f"together/{count}", 90, partial(together, count)) for count in scale.processes]
    return [replace(part, limit=scale.patience * part.limit) for part in found]


def _layered(name: str) -> bool:
    return bool(catalog.declared(name).layered)


def photo(size: tuple[int, int], seed: int = 0) -> Tensor:
    """A picture with structures of several sizes, [1, 3, H, W], -1..1."""
    generator = torch.Generator().manual_seed(seed)
    octaves = [torch.rand(1, 3, 2**k, 2**k, generator=generator) / k for k in range(1, 6)]
    grown = [torch.nn.functional.interpolate(each, size, mode="bicubic") for each in octaves]
    total = torch.stack(grown).sum(0)
    return (total - total.mean()).div(2 * total.std()).clamp(-1, 1)


def wait(device: str) -> None:
    """Wait until a card has done what was asked of it."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


@contextmanager
def measured(device: str, into: Figures) -> Iterator[None]:
    """Write the time and the peak memory of the block."""
    on_card = device.startswith("cuda")
    if on_card:
        torch.cuda.reset_peak_memory_stats()
    else:
        _give_back()
        with suppress(OSError):  # Linux then counts the peak anew
            Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    yield
    wait(device)
    into["seconds"] = round(time.perf_counter() - began, 4)
    if on_card:
        into["card_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    else:
        into["process_mib"] = round(_peak_kib() / 1024, 1)


def _give_back() -> None:
    """Return to the system what earlier parts have freed, where its C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _peak_kib() -> int:
    """The largest memory of this process, since it was reset where the system can do that."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def exactly() -> Iterator[None]:
    """Without TF32, which rounds products to ten bits."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


# ---------------------------------------------------------------------------------------------------------------
# Parity with the processor


def moved(value: Any, device: str) -> Any:
    """Tensors on a device, within lists, tuples and mappings too."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {name: moved(one, device) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(moved(one, device) for one in value)
    return value


def picture_of(made: Any) -> Tensor:
    """What a function of a system gives as one tensor on the processor."""
    if isinstance(made, Tensor):
        return made.detach().float().cpu()
    if hasattr(made, "picture"):
        return picture_of(made.picture)
    return torch.cat([picture_of(one).flatten() for one in made])


def difference(on_processor: Any, on_device: Any) -> Figures:
    """How far the values of two results are apart, in units of -1..1."""
    one, other = picture_of(on_processor), picture_of(on_device)
    if one.shape != other.shape:
        return {"shapes": [list(one.shape), list(other.shape)]}
    apart = (one - other).abs()
    return {
        "largest": round(float(apart.max()), 6),
        "mean": round(float(apart.mean()), 6),
        "share_visible": round(float((apart > 1 / 127).float().mean()), 5),
    }


def engine_parity(name: str, device: str, scale: Scale, folder: Path) -> Figures:
    """Every verb of an engine at a small size, on the processor and on the device."""
    engine, system = catalog.engine(name), catalog.declared(name)
    cfg, picture, made = engine.PRESETS["tiny"], photo(SMALL), {}
    learned = {}
    if system.trained:
        labels = {"labels": (torch.arange(SMALL[1]) * 2 // SMALL[1]).expand(1, *SMALL)} if system.learns_maps else {}
        learned = {"net": engine.train(picture, cfg, Run(), **labels)}
    for verb, about in system.verbs.items():
        options = inputs.engine_arguments(about, SMALL)

        def call(where: str, about: Any = about, options: Figures = options) -> Any:
            net = {key: copy.deepcopy(each).to(where) for key, each in learned.items()}
            function = getattr(engine, about.function)
            found = function([picture.to(where)], cfg, Run(device=where), **moved(options, where), **net)
            return found if isinstance(found, Tensor) else list(found)

        made[verb] = compared(call, device)
    return made


def compared(call: Callable[[str], Any], device: str) -> Figures:
    """The difference between what the processor and the device make, or why there is none."""
    try:
        with exactly():
            return difference(call("cpu"), call(device))
    except LEFT_OUT as error:
        return {"left_out": str(error)[:200]}


def model_parity(name: str, device: str, scale: Scale, folder: Path) -> Figures:
    """The first verb of a model after a tiny training, and the losses of the first step of that training."""
    model = catalog.model(name)
    cfg = inputs.tiny(model)
    size, losses = model.picture_size(cfg), {}

    def train(where: str) -> torch.nn.Module:
        events: list[Event] = []
        net: torch.nn.Module = model.train(inputs.batches(model, cfg), cfg, Run(device=where, on_event=events.append))
        first = next(event for event in events if event.kind == "step")
        losses[where] = {key: float(value) for key, value in first.values.items()}
        return net

    nets = {where: train(where) for where in dict.fromkeys(("cpu", device))}
    net = nets["cpu"].cpu()

    def call(where: str) -> Any:
        return made_by(model, cfg, copy.deepcopy(net).to(where), 3, size, where)

    named = sorted(losses["cpu"])
    worst = max((abs(losses["cpu"][key] - losses[device].get(key, np.nan)) for key in named), default=0.0)
    return {"first verb": compared(call, device), "first losses apart": worst, "losses": losses[device]}


def made_by(model: Any, cfg: Any, net: Any, seed: int, size: tuple[int, int], device: str) -> Any:
    """What the first verb of a model makes."""
    verb = next(iter(inputs.declared(model).verbs.values()))
    arguments, options = inputs.model_arguments(model, seed, *size)
    return getattr(model, verb.function)(cfg, Run(device=device), net=net, **moved(arguments, device), **options)


# ---------------------------------------------------------------------------------------------------------------
# Speed


def timed(work: Callable[[int], object], device: str, seconds: float, warm: int = 2) -> float:
    """How often a second ``work`` is done, after some rounds that do not count."""
    for i in range(warm):
        work(i)
    wait(device)
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work(warm + done)
        done += 1
        wait(device)
    return done / (time.perf_counter() - began)


def steps_per_second(model: Any, cfg: Any, device: str, seconds: float) -> Figures:
    """Of a training with pictures that were made before; the first three steps do not count, or one of slow ones."""
    made = [inputs.batches(model, cfg)(i) for i in range(3)]
    times: list[float] = []
    began = time.perf_counter()

    def listener(event: Event) -> None:
        if event.kind == "step":
            wait(device)
            times.append(time.perf_counter())
            slow = len(times) > 1 and times[-1] - began > 10 * seconds
            if slow or (len(times) > 4 and times[-1] - times[3] >= seconds):
                run.stop()

    found: Figures = {}
    run = Run(device=device, on_event=listener)
    with measured(device, found), suppress(Stopped):
        model.train(lambda i: made[i % len(made)], cfg, run)
    after = times[3:] if len(times) > 4 else times  # one interval at least
    rate = (len(after) - 1) / (after[-1] - after[0]) if len(after) > 1 else None
    memory = {key: value for key, value in found.items() if key != "seconds"}
    return {"steps_per_second": rate and round(rate, 2), "steps": len(times), "batch": model.batch_size(cfg), **memory}


def model_speed(name: str, device: str, scale: Scale, folder: Path) -> Figures:
    """Training steps a second in float32 and bfloat16, and samples a second."""
    model = catalog.model(name)
    cfg = inputs.adapted(model, scale.preset)
    size, found = model.picture_size(cfg), {"preset": scale.preset, "size": list(model.picture_size(cfg))}
    if hasattr(cfg, "bf16"):
        for label, narrow in (("float32", False), ("bfloat16", True)):
            found[label] = steps_per_second(model, replace(cfg, bf16=narrow), device, scale.seconds)
    else:  # it has no setting for it
        found["float32"] = steps_per_second(model, cfg, device, scale.seconds)
    net = model.build(cfg).to(device).eval()
    with torch.no_grad():
        rate = timed(lambda i: made_by(model, cfg, net, i, size, device), device, scale.seconds, warm=1)
    return {**found, "samples_per_second": round(rate, 2)}


def engine_speed(name: str, device: str, scale: Scale, folder: Path) -> Figures:
    """Seconds and memory of every verb at a photo of 250 pixels, after one that is not counted."""
    engine, system = catalog.engine(name), catalog.declared(name)
    preset = "tiny" if scale is QUICK else "fast"
    side = SMALL if scale is QUICK else (PHOTO_SIDE * 3 // 4, PHOTO_SIDE)
    cfg, picture, found = engine.PRESETS[preset], photo(side).to(device), {}
    if name == "dia":  # as quick without the weights, which do not come with the package
        cfg = replace(cfg, features="untrained")
    learned = {}
    if system.trained:
        labels = {"labels": (torch.arange(side[1]) * 2 // side[1]).expand(1, *side)} if system.learns_maps else {}
        trained: Figures = {}
        few = replace(cfg, **({"steps": scale.steps} if hasattr(cfg, "steps") else {}))
        with measured(device, trained):
            learned = {"net": engine.train(picture, few, Run(device=device), **moved(labels, device))}
        found["training"], cfg = {"steps": getattr(few, "steps", None), **trained}, few
    functions: dict[str, Any] = {}
    for verb, about in system.verbs.items():
        functions.setdefault(about.function, (verb, about))
    for verb, about in functions.values():
        options = moved(inputs.engine_arguments(about, side), device)
        function = partial(getattr(engine, about.function), [picture], cfg, Run(device=device), **options, **learned)
        found[verb] = {}
        try:
            _ = picture_of(function())
            with measured(device, found[verb]):
                _ = picture_of(function())
        except LEFT_OUT as error:
            found[verb] = {"left_out": str(error)[:200]}
    return found


def graphs(name: str, device: str, scale: Scale, folder: Path) -> Figures:
    """Samples a second of a generator's layers, launched one by one and as one CUDA graph."""
    model = catalog.model(name)
    cfg = inputs.adapted(model, scale.preset)
    net = model.build(cfg).to(device).eval()
    height, width = model.picture_size(cfg)
    found: Figures = {}
    for count in (1, 16):
        maps = inputs.example("label map", height, width).expand(count, -1, -1).to(device)
        given = {"maps": maps} if catalog.declared(name).learns_maps else {}
        layered = getattr(model, catalog.declared(name).layered)(cfg, net, **given)
        make = layered.whole or layered.run
        latents = layered.latents(list(range(count))).to(device)
        with torch.no_grad():
            row = {"eager": round(count * timed(lambda i, m=make, z=latents: m(z), device, scale.seconds / 2), 1)}
            if "not_captured" not in str(found):  # neither would another batch be
                row |= _captured(make, latents, device, scale.seconds / 2)
        found[f"batch {count}"] = row
    return found


def _captured(make: Callable[[Tensor], Tensor], latents: Tensor, device: str, seconds: float) -> Figures:
    if not device.startswith("cuda"):
        return {"left_out": "CUDA graphs need a card"}
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            wanted = make(latents)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            made = make(latents)
    except RuntimeError as error:
        return {"not_captured": str(error).splitlines()[0][:200]}
    rate = timed(lambda i: graph.replay(), device, seconds)
    return {"graph": round(len(latents) * rate, 1), "apart": round(float((made - wanted).abs().max()), 6)}


# ---------------------------------------------------------------------------------------------------------------
# Longer trainings, with sheets


def save_sheet(pictures: list[Image.Image], path: Path, columns: int) -> None:
    """Pictures of one size side by side."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (i % columns * width, i // columns * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def singan_minute(device: str, scale: Scale, folder: Path) -> Figures:
    """SinGAN's preset ``fast`` on a photo for a minute: what it reaches, and six samples beside the photo."""
    engine = catalog.engine("singan")
    cfg = engine.PRESETS["tiny" if scale is QUICK else "fast"]
    source = HERE.parent / "examples" / "photos" / "stream.jpg"
    picture = to_tensor(open_photo(source, max_side=SMALL[1] if scale is QUICK else PHOTO_SIDE))[:, :3].to(device)
    size, began, done = tuple(picture.shape[2:]), time.perf_counter(), 0
    sizes = engine.scales(size, cfg)

    def listener(event: Event) -> None:
        nonlocal done
        done += event.kind == "step"

    # As many steps of each scale as a minute allows, by a short training before.
    few = replace(cfg, steps=max(2, cfg.steps // 50))
    engine.train(picture, few, Run(device=device, on_event=listener))
    wait(device)
    pace = (time.perf_counter() - began) / max(1, done)
    steps = max(2, min(cfg.steps, int(scale.minute / (pace * len(sizes)))))
    found: Figures = {"planned_steps_a_scale": steps, "of": cfg.steps, "scales": len(sizes), "size": list(size)}
    chosen = replace(cfg, steps=steps)
    with measured(device, found):
        net = engine.train(picture, chosen, Run(device=device))
    samples = [
        engine.vary([picture], chosen, Run(device=device), seed=seed, size=size, structure=0.0, net=net, tile=(0, 0))
        for seed in range(6)
    ]
    pictures = [to_image(each.cpu()) for each in (picture, *samples)]
    save_sheet(pictures, folder / "singan.png", 7)
    return {**found, "finite": bool(all(torch.isfinite(each).all() for each in samples))}


def stylegan_minute(device: str, scale: Scale, folder: Path) -> Figures:
    """StyleGAN's preset ``medium`` on drawn rooms for a minute: steps, losses, and 32 samples."""
    model = catalog.model("stylegan")
    cfg = model.PRESETS["tiny" if scale is QUICK else "medium"]
    side, count = model.picture_size(cfg)[0], scale.rooms
    drawn = [np.asarray(made.image, np.float32) for made in solids.compose([], side, count, 0)]
    rows = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2) / 127.5 - 1
    generator = torch.Generator().manual_seed(0)
    chosen = torch.randint(count, (4096, model.batch_size(cfg)), generator=generator)
    began, losses, done = time.perf_counter(), {}, 0

    def listener(event: Event) -> None:
        nonlocal done
        if event.kind == "step":
            done, losses[event.step] = event.step, {name: round(value, 4) for name, value in event.values.items()}
            if time.perf_counter() - began > scale.minute:
                run.stop()

    # The state is saved once, when the minute is over.
    run = Run(folder / "stylegan", device=device, on_event=listener, save_every_steps=None, save_every_seconds=None)
    found: Figures = {}
    with measured(device, found):
        try:
            net = model.train(lambda i: {"image": rows[chosen[i % len(chosen)]]}, cfg, run)
        except Stopped:
            net = model.unfinished(cfg, Run(folder / "stylegan"))
    shutil.rmtree(folder / "stylegan", ignore_errors=True)
    net = net.to(device).eval()
    with torch.no_grad():
        made = [model.sample(cfg, Run(device=device), net=net, seed=seed) for seed in range(32)]
    save_sheet([to_image(each.cpu()) for each in made], folder / "stylegan.png", 8)
    save_sheet([Image.fromarray(each.astype(np.uint8)) for each in drawn[:16]], folder / "stylegan_set.png", 8)
    return {**found, "steps": done, "of": cfg.steps, "losses": losses.get(done, {})}


# ---------------------------------------------------------------------------------------------------------------
# Photos trained together


def together(count: int, device: str, scale: Scale, folder: Path) -> Figures:
    """SinGAN on many photos by several processes that share the device: photos an hour.

    Each process trains its share with few steps a scale; the first photo of each does not count, as it starts the
    libraries. Photos that are not reached in a minute are not waited for.
    """
    context = multiprocessing.get_context("spawn")
    queue, gate = context.Queue(), context.Barrier(count + 1)
    work = [range(first, scale.photos, count) for first in range(count)]
    given = (device, scale.steps, SMALL if scale is QUICK else (94, 125), "tiny" if scale is QUICK else "fast")
    workers = [context.Process(target=_train_some, args=(list(some), *given, gate, queue)) for some in work]
    for worker in workers:
        worker.start()
    gate.wait()
    began = time.perf_counter()
    peaks = [queue.get() for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    rate = scale.photos / seconds
    figures = {"processes": count, "photos": scale.photos, "steps_a_scale": scale.steps, "seconds": round(seconds, 3)}
    return {**figures, "photos_per_hour": round(3600 * rate, 1), "mib_of_all": round(sum(peaks), 1)}


def _train_some(
    numbers: list[int], device: str, steps: int, size: tuple[int, int], preset: str, gate: Any, queue: Any
) -> None:
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 8))
    engine = catalog.engine("singan")
    cfg = replace(engine.PRESETS[preset], steps=steps)
    engine.train(photo(size).to(device), replace(cfg, steps=2), Run(device=device))
    gate.wait()
    for number in numbers:
        engine.train(photo(size, number).to(device), cfg, Run(device=device))
    wait(device)
    if device.startswith("cuda"):
        queue.put(torch.cuda.max_memory_allocated() / 2**20)
    else:
        queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


# ---------------------------------------------------------------------------------------------------------------
# A process that works on some parts


def work_on(names: list[str], device: str, scale: Scale, folder: Path) -> None:
    """Work on parts in order, and print a line of JSON before and after each."""
    known = {part.name: part for part in parts(scale)}
    for name in names:
        print(json.dumps({"begun": name}), flush=True)
        began = time.perf_counter()
        try:
            figures = known[name].run(device, scale, folder)
        except Exception as error:  # what one part meets must not cost the others
            figures = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        took = round(time.perf_counter() - began, 2)
        print(json.dumps({"done": name, "figures": {**figures, "part_seconds": took}}), flush=True)
        if device.startswith("cuda"):
            # An error stays in this process, and so may a capture that was not finished: another one goes on.
            if "CUDA error" in figures.get("error", "") or "not_captured" in str(figures):
                os._exit(0)
            torch.cuda.empty_cache()


if __name__ == "__main__":
    work_on(sys.argv[4:], sys.argv[1], SCALES[sys.argv[2]], Path(sys.argv[3]))

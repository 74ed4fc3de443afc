"""Everything that is said of a card, in ten minutes on one: parity, speed, memory and two short trainings.

Every engine and every model is compared with the processor at small sizes; training steps and samples a second are
measured in float32 and bfloat16, CUDA graphs of generators, 32 photos trained together, peak memory, SinGAN's ``fast``
and StyleGAN's ``medium`` for a minute each, with sheets. torch, NumPy, Pillow, safetensors and this checkout are all
that is needed; nothing is fetched.

Each part has a time limit: one that exceeds it, or whose process dies, is said to have failed, and the others go on.
Results are written after every part, and the same command goes on with what is missing, so that a card that is lent for
a few minutes is used to the end.

    python benchmarks/gpu.py --seconds 560 --out benchmarks/results/gpu.json          # on a card
    OMP_NUM_THREADS=1 python benchmarks/gpu.py --device cpu --out benchmarks/results/gpu_cpu.json    # the processor's
    python benchmarks/gpu.py --device cpu --quick --out /tmp/quick.json               # that the script works
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))

from machine import provenance  # noqa: E402

_START = 60.0  # seconds that a new process gets until its first part begins


def card(device: str) -> dict[str, Any]:
    """The name and memory of the device, and what torch was built with."""
    import torch

    if not device.startswith("cuda"):
        return {"device": device}
    about = torch.cuda.get_device_properties(torch.device(device))
    memory = round(about.total_memory / 2**30, 1)
    versions = {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    return {"device": about.name, "memory_gib": memory, **versions}


class Work:
    """The parts, worked on by a process that is replaced when a part takes too long."""

    def __init__(self, limits: dict[str, float], device: str, scale: str, folder: Path, until: float) -> None:
        self.limits, self.device, self.scale, self.folder, self.until = limits, device, scale, folder, until

    def figures(self, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What each part gives; stops when the time is over."""
        left = list(names)
        while left and time.monotonic() < self.until:
            before = len(left)
            for name, figures in self._by_one_process(left):
                left.remove(name)
                yield name, figures
            if len(left) == before and time.monotonic() < self.until:
                yield left.pop(0), {"error": "its process ended before it began"}

    def _by_one_process(self, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        command = [sys.executable, str(HERE / "gpu_parts.py"), self.device, self.scale, str(self.folder), *names]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = begun(command, environment)
        assert process.stdout is not None
        current, due = "", time.monotonic() + _START
        try:
            while True:
                line = _line(process.stdout, min(due, self.until))
                if line is None:  # too late
                    if current and time.monotonic() < self.until:
                        yield current, {"error": f"it took more than {self.limits[current]:.0f} s"}
                    return
                if not line:
                    if current:
                        yield current, {"error": f"its process ended with status {process.wait()}"}
                    return
                said = json.loads(line)
                if "begun" in said:
                    current, due = said["begun"], time.monotonic() + self.limits[said["begun"]]
                else:
                    current, due = "", time.monotonic() + _START
                    yield said["done"], said["figures"]
        finally:
            with contextlib.suppress(ProcessLookupError):  # with the processes that it started
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def begun(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process whose lines are read one by one: a buffer would hide the second of two that come together."""
    return subprocess.Popen(command, bufsize=0, stdout=subprocess.PIPE, env=environment, start_new_session=True)


def _line(stream: Any, until: float) -> bytes | None:
    """The next line of JSON; empty at the end, ``None`` when none comes in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, until - time.monotonic())):
                return None
            line: bytes = stream.readline()
            if not line or line.startswith(b"{"):
                return line


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="tiny presets and short loops: that the script works")
    parser.add_argument("--seconds", type=float, default=560.0, help="after which nothing new is waited for")
    parser.add_argument("--only", default="", help="parts whose names start so, with commas between them")
    parser.add_argument("--again", action="store_true", help="measure parts anew that failed before")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(words)
    began = time.monotonic()
    import gpu_parts

    scale = "quick" if given.quick else "processor" if given.device == "cpu" else "card"
    limits = {part.name: part.limit for part in gpu_parts.parts(gpu_parts.SCALES[scale])}
    starts = tuple(filter(None, given.only.split(",")))
    about = {**provenance(), "card": card(given.device), "scale": scale, "seed": 0}
    load = round(os.getloadavg()[0], 1)
    found: dict[str, Any] = {**_before(given.out, about), "load_average_before": load}
    parts = found["parts"]
    names = [name for name in limits if not starts or name.startswith(starts)]
    names = [name for name in names if name not in parts or (given.again and "error" in parts[name])]
    # Sheets lie beside the result.
    work = Work(limits, given.device, scale, given.out.with_suffix(""), began + given.seconds)
    for name, figures in work.figures(names):
        parts[name] = figures
        _write(given.out, found)
        print(f"{time.monotonic() - began:6.1f} s  {name}: {figures.get('error', 'done')}", flush=True)
    missing = [name for name in limits if name not in parts]
    failed = [name for name, figures in parts.items() if "error" in figures]
    _write(given.out, {**found, "missing": missing})
    print(f"{len(parts)} parts done, {len(failed)} of them failed, {len(missing)} left: the same command goes on")


def _before(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """The result so far; from the beginning if it is of another commit or device."""
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {**about, "parts": {}}
    same = all(found.get(key) == about[key] for key in ("commit", "card", "scale"))
    return found if same else {**about, "parts": {}}


def _write(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    part.replace(path)


if __name__ == "__main__":
    main()

"""Killed at every file operation once, and at random times: is anything lost, half-written, or different afterwards?

A folder run of ``vary``, a training of SinGAN on a photo, one of StyleGAN on a folder, and a job of the studio are
done once with ``crash_hook.py`` counting their file operations. Then they begin anew for each operation, are killed
(SIGKILL) just before it, or in the middle of it where it is a write, and the same command is given again. ``random``:
commands are killed after a random time, again and again until they are done, so many times in all. The result is
written after each kind of work, and the same command goes on with what is missing.

    OMP_NUM_THREADS=1 python benchmarks/crashes.py --out benchmarks/results/crashes.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from typing import Any

import crash_hook
from calotype.image.opening import is_whole
from forked import Done, begun, fork_workers, imported, run
from machine import provenance
from malformed_files import picture

HERE = Path(__file__).parent
_MOST_PHOTOS = 8
_KILLS = 20  # random ones, after which the result is written
_PART = re.compile(r"\.calotype-[0-9a-f]{12}\.part")
_TIMES = re.compile(rb'"(seconds|when)": ?[^,}\n]*')


@dataclass(frozen=True)
class Command:
    """A command to be killed.

    Attributes:
        name: of the row.
        words: its arguments, run in a folder with photos/.
        photos: how many photos there are.
    """

    name: str
    words: tuple[str, ...]
    photos: int = 3


COMMANDS = (
    Command("folder", ("vary", "photos", "-o", "out", "-n", "2", "--preset", "tiny", "-q")),
    Command("folder, --jobs 2", ("vary", "photos", "-o", "out", "--preset", "tiny", "-q", "--jobs", "2"), 2),
    Command("training on a photo", ("train", "singan", "photos/0.png", "--preset", "tiny", "-q"), 1),
    Command("training on a folder", ("train", "stylegan", "photos", "--preset", "tiny", "-q"), 4),
)


# What of a studio is killed.
STUDIO = {"main": "job of the studio, its server", "worker": "job of the studio, its worker"}


def prepared(folder: Path, photos: int) -> Path:
    """A new folder with so many photos, which have the same times for each call."""
    given = folder.parent / "given"
    if not given.is_dir():
        given.mkdir(parents=True)
        for number in range(_MOST_PHOTOS):
            picture(number, 32, 24).save(given / f"{number}.png")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "photos").mkdir(parents=True)
    for number in range(photos):
        shutil.copy2(given / f"{number}.png", folder / "photos")
    return folder


def kept(folder: Path) -> dict[str, Any]:
    """What a command leaves: bytes by path, times left out; states of trainings and hidden files are not results."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or _PART.search(name) or "/state/" in name or path.name == "lock":
            continue
        data = path.read_bytes()
        if path.name == "manifest.jsonl":
            found[name] = _records(data)
        elif path.name == "figures.json":
            found[name] = _json(data)
        else:
            found[name] = _TIMES.sub(b"", data) if path.suffix in (".json", ".jsonl", ".md") else data
    return found


def _json(data: bytes) -> dict[str, Any]:
    """An object; one that is cut short is said to be so."""
    try:
        found: dict[str, Any] = json.loads(data)
    except ValueError:
        return {"half": data}
    return found


def _records(data: bytes) -> dict[str, Any]:
    """The last record of each picture; a line that was cut short is none."""
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        record.pop("seconds", None)
        found[record["path"]] = record
    return found


def half_written(folder: Path, expected: dict[str, Any]) -> list[str]:
    """Results after a kill that are there and not what they should be.

    A manifest may lack its last records, and the figures of a model those of a kind.
    """
    wrong = []
    for name, content in kept(folder).items():
        if name.endswith(("manifest.jsonl", "figures.json")):
            right = all(expected[name].get(path) == record for path, record in content.items())
        elif "/previews/" in name:  # of a training that is not done
            right = is_whole(folder / name)
        else:
            right = expected.get(name) == content
        if not right:
            wrong.append(name)
    return wrong


def unreadable_states(folder: Path) -> list[str]:
    """States of trainings that cannot be read."""
    from safetensors import SafetensorError, safe_open

    wrong = []
    for path in folder.rglob("state/*.safetensors"):
        try:
            with safe_open(path, framework="pt") as file:
                file.keys()
        except (SafetensorError, OSError):
            wrong.append(str(path.relative_to(folder)))
    return wrong


def _hooked(command: Command, place: Path, at: int, log: Path | None = None) -> Done:
    """The command in a new folder, killed at an operation."""

    def before() -> None:
        fork_workers(crash_hook.install(place, at, log).stop)

    return _run(command, prepared(place, command.photos), before)


def command_row(command: Command, place: Path, every: int = 1) -> dict[str, Any]:
    """The command killed at each of its file operations (at every so many-th)."""
    expected, operations = _uninterrupted(command, place)
    row: dict[str, Any] = {"work": command.name, "operations": dict(Counter(one.split()[0] for one in operations))}
    faults, parts, points = [], 0, range(1, len(operations) + 1, every)
    for at in points:
        done = _hooked(command, place, at)
        fault = "" if done.status == -signal.SIGKILL else f"ended with {done.status}: {done.err[-300:]}"
        parts += sum(bool(_PART.fullmatch(path.name)) for path in place.rglob("*"))
        wrong = [] if fault else [*half_written(place, expected), *unreadable_states(place)]
        fault = fault or (f"half-written: {', '.join(wrong)}" if wrong else "")
        fault = fault or _resumed_fault(command, place, expected)
        if fault:
            faults.append({"at": at, "operation": operations[at - 1], "fault": fault})
            print(json.dumps({"work": command.name, **faults[-1]}), flush=True)
    left = sum(bool(_PART.fullmatch(path.name)) for path in place.rglob("*"))
    return {**row, "points": len(points), "faults": faults, "parts_after_kills": parts, "parts_after_last": left}


def _uninterrupted(command: Command, place: Path) -> tuple[dict[str, Any], list[str]]:
    """What the command leaves when nothing happens, and its file operations."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "log")
        done = _hooked(command, place, 0, log)
        if done.status != 0:
            raise RuntimeError(f"{command.name}: {done.err[-500:]}")
        return kept(place), log.read_text().splitlines()


def _run(command: Command, place: Path, before: Callable[[], object] | None = None, limit: float = 120.0) -> Done:
    variables = {"CALOTYPE_CACHE": str(place / "cache")}
    return run(command.words, place, variables=variables, before=before or fork_workers, limit=limit)


def _resumed_fault(command: Command, place: Path, expected: dict[str, Any]) -> str:
    done = _run(command, place)
    if done.status != 0:
        return f"resuming ended with {done.status}: {done.err[-300:]}"
    return difference(expected, kept(place))


def difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """How two folders differ; empty if they do not."""
    lost, more = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    changed = sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    told = (("lost", lost), ("more", more), ("different", changed))
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)


# ---------------------------------------------------------------------------------------------------------------
# Random kills


def random_row(kills: int, seed: int, place: Path) -> dict[str, Any]:
    """Commands killed after random times until they are done, so many kills in all."""
    rng, count, finished, faults = random.Random(seed), 0, Counter(), []
    folder, _, *trainings = COMMANDS
    commands = [Command("folder", folder.words, _MOST_PHOTOS), *trainings]
    whole = {}
    for command in commands:
        prepared(place, command.photos)
        began = time.monotonic()
        if _run(command, place).status != 0:
            raise RuntimeError(command.name)
        whole[command.name] = kept(place), time.monotonic() - began
    while count < kills:
        command = commands[sum(finished.values()) % len(commands)]
        expected, seconds = whole[command.name]
        prepared(place, command.photos)
        for _ in range(8):  # kills of one piece of work
            if count >= kills:
                break
            done = _run(command, place, limit=rng.uniform(0.05, 1.0) * seconds)
            if not done.late:
                break
            count += 1
            wrong = [*half_written(place, expected), *unreadable_states(place)]
            if wrong:
                faults.append({"work": command.name, "kill": count, "fault": f"half-written: {', '.join(wrong)}"})
        fault = _resumed_fault(command, place, expected)
        if fault:
            faults.append({"work": command.name, "kill": count, "fault": fault})
        finished[command.name] += 1
    return {"kills": count, "finished": dict(finished), "faults": faults}


# ---------------------------------------------------------------------------------------------------------------
# The studio


class Studio:
    """A studio in a fork of this process, with workers that are forks of it.

    Attributes:
        address: empty where it died before it was ready.
    """

    def __init__(self, home: Path, before: Callable[[], object]) -> None:
        reading, writing = os.pipe()
        words = ["studio", "--no-browser", "--port", "0", "--jobs", "1", "--home", str(home)]
        variables = {"CALOTYPE_CACHE": str(home / "cache")}
        self.process = begun(words, home.parent, Path(f"/dev/fd/{writing}"), Path(os.devnull), variables, before)
        os.close(writing)
        with open(reading, encoding="utf-8") as said:
            self.address = said.readline().strip()

    def ended(self, limit: float = 30.0) -> None:
        """Wait until it has died."""
        end = time.monotonic() + limit
        while not os.waitpid(self.process, os.WNOHANG)[0]:
            if time.monotonic() > end:
                raise RuntimeError("the studio breaks off and does not end")
            time.sleep(0.01)
        self.process = 0

    def close(self) -> None:
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)


def asked(address: str, method: str, path: str, data: bytes | None = None, kind: str = "application/json") -> Any:
    """The answer of a request, from JSON."""
    request = urllib.request.Request(f"{address.rstrip('/')}{path}", data=data, method=method)
    request.add_header("content-type", kind)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def studio_row(place: Path, role: str, every: int = 1) -> dict[str, Any]:
    """A job of the studio, its server (``main``) or its worker killed at each file operation."""
    log = place / "log"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    expected, _ = _job_done(place / "home", role, 0, log)
    operations = log.read_text().splitlines()
    points, faults, left = range(1, len(operations) + 1, every), [], 0
    for at in points:
        shutil.rmtree(place / "home")
        found, starts = _job_done(place / "home", role, at)
        left += sum(bool(_PART.fullmatch(path.name)) for path in place.rglob("*"))
        if found != expected:
            what = "jobs or results differ" if found.keys() == expected.keys() else str(sorted(found))
            faults.append({"at": at, "operation": operations[at - 1], "fault": what, "starts": starts})
            print(json.dumps({"work": role, **faults[-1]}), flush=True)
    counted = dict(Counter(one.split()[0] for one in operations))
    row = {"work": STUDIO[role], "operations": counted, "points": len(points), "faults": faults}
    return {**row, "parts_after_kills": left, "parts_after_last": left}


def _hooks(home: Path, role: str, at: int, log: Path | None) -> Callable[[], None]:
    """Installs the hook in the server or in its workers; only one process is killed."""
    killed = home.parent / "killed"
    killed.unlink(missing_ok=True)

    def install() -> crash_hook.Hook | None:
        return None if killed.exists() else crash_hook.install(home, at, log, killed)

    def in_the_server() -> None:
        hook = install() if role == "main" else None
        fork_workers(install if role == "worker" else hook.stop if hook else lambda: None)

    return in_the_server


def _job_done(home: Path, role: str, at: int, log: Path | None = None) -> tuple[dict[str, Any], int]:
    """Ask for a job, again where the studio died before it answered, until the job is done; its results, and how often
    the studio was started: again when it has died, as a supervisor does."""
    home.mkdir(parents=True)
    acknowledged: dict[str, str] = {}
    before = _hooks(home, role, at, log)
    for starts in range(1, 4):
        server = Studio(home, before)
        try:
            if server.address:
                return _results(server.address, acknowledged), starts
            server.ended()
        except (OSError, HTTPException):
            server.ended()
        finally:
            server.close()
    raise RuntimeError("the job was not done in three starts")


def _results(address: str, acknowledged: dict[str, str]) -> dict[str, Any]:
    import io

    if "photo" not in acknowledged:
        data = io.BytesIO()
        picture(0, 32, 24).save(data, "PNG")
        given = asked(address, "POST", "/api/pictures?name=bird.png", data.getvalue(), "image/png")
        acknowledged["photo"] = given["id"]
    if "job" not in acknowledged:
        wanted = json.dumps({"photo": acknowledged["photo"], "preset": "tiny", "n": 2}).encode()
        acknowledged["job"] = asked(address, "POST", "/api/verbs/vary/jobs", wanted)["id"]
    path = f"/api/jobs/{acknowledged['job']}"
    end = time.monotonic() + 120
    while time.monotonic() < end:
        job = asked(address, "GET", path)
        if job["state"] in ("failed", "stopped"):  # what a user does where a worker has died
            asked(address, "POST", f"{path}/continue", b"")
        elif job["state"] == "done":
            return {one["file"]: _content(address, f"{path}/files/{one['file']}") for one in job["results"]}
        time.sleep(0.05)
    raise RuntimeError(f"the job stays {job['state']}")


def _content(address: str, path: str) -> bytes:
    with urllib.request.urlopen(f"{address.rstrip('/')}{path}", timeout=60) as answer:
        content: bytes = answer.read()
        return content


def _before(out: Path | None, result: dict[str, Any]) -> dict[str, Any]:
    """The result so far, if it is of the same commit, machine and options."""
    try:
        found: dict[str, Any] = json.loads(out.read_text("utf-8")) if out else {}
    except (OSError, ValueError):
        return result
    same = all(found.get(key) == value for key, value in result.items() if key not in ("date", "points"))
    return found if same else result


def _added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two rows of random kills together."""
    if not one:
        return other
    finished = dict(Counter(one["finished"]) + Counter(other["finished"]))
    return {"kills": one["kills"] + other["kills"], "finished": finished, "faults": one["faults"] + other["faults"]}


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--kills", type=int, default=200, help="random kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="only every so many-th operation")
    parser.add_argument("--every-slow", type=int, default=1, help="the same for the studio and for --jobs")
    parser.add_argument("--fast", action="store_true", help="without the studio and --jobs")
    options = parser.parse_args(words)
    imported()
    result: dict[str, Any] = {
        "benchmark": "crashes",
        **provenance(),
        "seed": options.seed,
        "every": options.every,
        "every_of_several_processes": options.every_slow,
        "points": [],
    }

    result = _before(options.out, result)

    def keep() -> None:
        """Write what there is so far."""
        if options.out:
            options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    def add(name: str, measured: Callable[[], dict[str, Any]]) -> None:
        """Add a row, unless an earlier run has it."""
        if all(row["work"] != name for row in result["points"]):
            result["points"].append(measured())
            print(json.dumps(result["points"][-1]), flush=True)
            keep()

    with tempfile.TemporaryDirectory() as name:
        place = Path(name, "work")
        fast = [command for command in COMMANDS if "--jobs" not in command.words]
        for command in fast:
            add(command.name, partial(command_row, command, place, options.every))
        while (so_far := result.get("random", {}).get("kills", 0)) < options.kills:
            row = random_row(min(_KILLS, options.kills - so_far), options.seed + so_far, place)
            result["random"] = _added(result.get("random", {}), row)
            keep()
        print(json.dumps(result.get("random")), flush=True)
        if not options.fast:
            import_module("calotype.studio.app")
            import_module("uvicorn.protocols.http.h11_impl")
            for role, name in STUDIO.items():
                add(name, partial(studio_row, place, role, options.every_slow))
            for command in COMMANDS:
                if command not in fast:
                    add(command.name, partial(command_row, command, place, options.every_slow))
    return int(any(row["faults"] for row in [*result["points"], result["random"]]))


if __name__ == "__main__":
    sys.exit(main())

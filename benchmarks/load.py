"""32 clients of the studio at a time for five minutes on loopback: errors, latency, memory, turns in the queue.

Each client has an API key. It reads (lists, descriptions, thumbnails, results), uploads small pictures, now and then
one near the limit of 64 MB, keeps three jobs in the queue, deletes what it has fetched, and vanishes now and then: in
the middle of an upload, before an answer, or from the stream of events. Two jobs run at a time. Asked too much, a
client waits as ``Retry-After`` says.

    OMP_NUM_THREADS=1 python benchmarks/load.py --out benchmarks/results/load.json
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
from PIL import Image

from machine import provenance
from malformed_files import picture

JOBS = {"edges": {}, "segment": {}, "vary": {"preset": "tiny"}, "texture": {"preset": "tiny"}}
KEPT_WAITING = 3  # jobs of each client
_PICTURES = 400  # different small ones
_SLICE = 2**18  # bytes of a large upload that are sent at a time


@dataclass
class Seen:
    """What all clients have seen.

    Attributes:
        began: monotonic time.
        statuses: number of answers by status.
        reads: time and seconds of each read.
        routes: seconds of reads by path.
        writes: seconds of the others.
        done: jobs that a client has fetched.
        waits: seconds from a job's request to its end.
        vanished: times that clients vanished.
        broken: requests that ended without an answer, though the client stayed.
        refused: sentences of the answers 422.
        first: seconds of the first read of a new studio, before the others begin.
        lost: jobs or results that were acknowledged and are not there.
        memory: time and bytes of the server.
    """

    began: float = field(default_factory=time.monotonic)
    statuses: Counter[int] = field(default_factory=Counter)
    reads: list[tuple[float, float]] = field(default_factory=list)
    routes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    writes: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    vanished: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    first: float = 0.0
    lost: int = 0
    large: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """What clients upload, made before they begin: encoding pictures would delay what they measure.

    Attributes:
        small: pictures of 64 to 400 pixels.
        large: a BMP near the limit of 64 MB, whose last pixels each client changes.
    """

    small: list[bytes]
    large: bytes

    @classmethod
    def made(cls, seed: int) -> Given:
        rng, small = random.Random(seed), []
        for _ in range(_PICTURES):
            data = io.BytesIO()
            picture(rng.randrange(10**6), rng.randrange(64, 400), 96).save(data, "PNG")
            small.append(data.getvalue())
        return cls(small, large_picture())


class Client:
    """One client with a key of its own."""

    def __init__(self, name: str, key: str, address: str, given: Given, seen: Seen, seed: int) -> None:
        self.name, self.address, self.seen, self.given = name, address, seen, given
        self.headers = {"authorization": f"Bearer {key}"}
        self.rng = random.Random(seed)
        self.photos: list[str] = []
        self.jobs: dict[str, float] = {}
        self.results: list[str] = []
        self.http = httpx.AsyncClient(base_url=address, headers=self.headers, timeout=60)

    async def work(self, end: float) -> None:
        """Ask until the end."""
        actions = [(self.read, 60), (self.upload, 8), (self.ask, 14), (self.fetch, 12), (self.vanish, 4)]
        actions += [(self.upload_large, 1)]
        while time.monotonic() < end:
            (action,) = self.rng.choices([one for one, _ in actions], [weight for _, weight in actions])
            await action()
            await asyncio.sleep(self.rng.uniform(0.1, 1.1))
        await self.http.aclose()

    async def answer(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = await self.http.request(method, path, **more)
        except httpx.HTTPError as error:
            self.seen.broken[type(error).__name__] += 1
            return None
        now = time.monotonic()
        self.seen.statuses[answer.status_code] += 1
        if answer.status_code == 422:
            self.seen.refused[answer.json()["error"]] += 1
        if answer.status_code == 429:
            await asyncio.sleep(min(10.0, float(answer.headers["retry-after"])))
        elif method == "GET":
            self.seen.reads.append((now - self.seen.began, now - began))
            self.seen.routes[re.sub(r"[0-9a-f-]{16,}|files/.*", "*", path)].append(now - began)
        else:
            self.seen.writes.append(now - began)
        return answer

    async def read(self) -> None:
        paths = ["/api/pictures", "/api/jobs", "/api/verbs", "/api/models", "/api/sets"]
        paths += [f"/api/pictures/{self.rng.choice(self.photos)}/thumbnail"] * 3 if self.photos else []
        paths += [f"/api/jobs/{self.rng.choice(list(self.jobs))}"] * 3 if self.jobs else []
        await self.answer("GET", self.rng.choice(paths))

    async def upload(self) -> None:
        data = self.rng.choice(self.given.small)
        answer = await self.answer("POST", f"/api/pictures?name={self.name}.png", content=data)
        if answer is not None and answer.status_code == 201:
            self.photos.append(answer.json()["id"])
        if len(self.photos) > 4:
            await self.answer("DELETE", f"/api/pictures/{self.photos.pop(0)}")

    async def upload_large(self) -> None:
        large, mark = self.given.large, self.rng.randbytes(_SLICE)  # another picture each time

        async def slices() -> AsyncIterator[bytes]:
            for at in range(0, len(large) - _SLICE, _SLICE):
                yield large[at : at + _SLICE]
            yield mark[: len(large) % _SLICE or _SLICE]

        length = {"content-length": str(len(large))}
        answer = await self.answer("POST", "/api/pictures?name=large.bmp", content=slices(), headers=length)
        if answer is not None and answer.status_code == 201:
            self.seen.large += 1
            await self.answer("DELETE", f"/api/pictures/{answer.json()['id']}")

    async def ask(self) -> None:
        if not self.photos:
            await self.upload()
        while self.photos and len(self.jobs) < KEPT_WAITING:
            verb = self.rng.choice(list(JOBS))
            body = {"photo": self.photos[-1], **JOBS[verb]}
            body |= {"seed": self.rng.randrange(10**6)} if verb != "edges" else {}
            answer = await self.answer("POST", f"/api/verbs/{verb}/jobs", json=body)
            if answer is None or answer.status_code != 201:
                return
            self.jobs[answer.json()["id"]] = time.monotonic()

    async def fetch(self) -> None:
        for job in list(self.jobs):
            answer = await self.answer("GET", f"/api/jobs/{job}")
            if answer is None or answer.status_code == 429:
                return
            if answer.status_code != 200:
                self.seen.lost += 1
                del self.jobs[job]
                continue
            told = answer.json()
            if told["state"] in ("done", "failed"):
                del self.jobs[job]
                self.seen.done[self.name] += told["state"] == "done"
                self.seen.waits[self.name].append(told["ended"] - told["asked"])
                for result in told["results"]:
                    file = await self.answer("GET", f"/api/jobs/{job}/files/{result['file']}")
                    self.seen.lost += file is not None and file.status_code not in (200, 429)
                await self.answer("DELETE", f"/api/jobs/{job}")

    async def vanish(self) -> None:
        """Break off an upload, a request or the stream of events."""
        how = self.rng.choice(["upload", "answer", "events"])
        url = httpx.URL(self.address)
        key = self.headers["authorization"]
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            head = f"Host: {url.host}:{url.port}\r\nAuthorization: {key}\r\n"
            if how == "upload":
                head = f"POST /api/pictures?name=x.png HTTP/1.1\r\n{head}Content-Length: 5000000\r\n\r\n"
                writer.write(head.encode() + bytes(300_000))
            else:
                path = "/api/pictures" if how == "answer" else "/api/events"
                writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
            await writer.drain()
            if how == "events":
                await asyncio.wait_for(reader.read(100), 5)
            writer.transport.abort()
            self.seen.vanished[how] += 1


async def watched(process: int, seen: Seen, end: float) -> None:
    """The memory of the server, every second."""
    while time.monotonic() < end:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        seen.memory.append((time.monotonic() - seen.began, kilobytes * 1024))
        await asyncio.sleep(1)


def large_picture() -> bytes:
    """A BMP near the limit of 64 MB."""
    values = np.random.default_rng(0).integers(0, 256, (4700, 4650, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(values).save(data, "BMP")
    return data.getvalue()


def measured(clients: int, seconds: float, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        keys = {f"client{number:02d}": secrets.token_hex(16) for number in range(clients)}
        (place / "keys").write_text("".join(f"{client} {key}\n" for client, key in keys.items()))
        words = ["studio", "--no-browser", "--port", "0", "--jobs", "2", "--home", str(place / "home")]
        log = place / "log"
        with open(log, "wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "calotype", *words, "--api-key-file", str(place / "keys")],
                env={**os.environ, "CALOTYPE_CACHE": str(place / "cache")},
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip().rstrip("/")
            given, before = Given.made(seed), _processor_seconds(process.pid)
            own = time.process_time()
            seen = asyncio.run(_all(address, keys, seconds, seed, process.pid, given))
            used = {
                "clients": round(time.process_time() - own, 1),
                "server": round(_processor_seconds(process.pid) - before, 1),
            }
        finally:
            process.terminate()
            process.wait(60)
        text = log.read_text("utf-8", "replace")
        leaked = sum(key in text for key in keys.values())
        return {
            **told(seen, seconds),
            "processor_seconds": used,
            "tracebacks": text.count("Traceback"),
            "keys_in_the_log": leaked,
        }


def _processor_seconds(process: int) -> float:
    """What a process has taken, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _all(address: str, keys: dict[str, str], seconds: float, seed: int, process: int, given: Given) -> Seen:
    first = Client("first", next(iter(keys.values())), address, given, Seen(), seed)
    for path in ("/api/verbs", "/api/models"):  # a new studio finds out what it can do
        await first.answer("GET", path)
    seen = Seen(first=round(max(took for _, took in first.seen.reads), 1))
    end = time.monotonic() + seconds
    some = [Client(*one, address, given, seen, seed + number) for number, one in enumerate(keys.items())]
    await asyncio.gather(watched(process, seen, end), *(client.work(end) for client in some))
    return seen


def told(seen: Seen, seconds: float) -> dict[str, Any]:
    """The numbers."""
    reads = sorted(took for _, took in seen.reads)
    minute = min(60.0, seconds / 4)
    second = [size for at, size in seen.memory if minute <= at < 2 * minute]
    last = [size for at, size in seen.memory if at >= seconds - minute]
    done = [seen.done[name] for name in seen.waits]
    waits = [statistics.median(each) for each in seen.waits.values()]
    return {
        "requests": seen.statuses.total(),
        "statuses": {str(status): count for status, count in sorted(seen.statuses.items())},
        "server_errors": sum(count for status, count in seen.statuses.items() if status >= 500),
        "without_answer": dict(seen.broken),
        "refused": dict(seen.refused.most_common(5)),
        "vanished": dict(seen.vanished),
        "large_uploads": seen.large,
        "lost": seen.lost,
        "reads": len(reads),
        "first_read_s": seen.first,
        "read_ms": {name: round(1000 * _share(reads, share), 1) for name, share in _SHARES.items()},
        "read_ms_p99_by_path": {
            path: round(1000 * _share(sorted(some), 0.99), 1) for path, some in sorted(seen.routes.items())
        },
        "memory_mib": {
            "second_minute": round(statistics.median(second) / 2**20, 1),
            "last_minute": round(statistics.median(last) / 2**20, 1),
            "largest": round(max(size for _, size in seen.memory) / 2**20, 1),
        },
        "memory_growth": round(statistics.median(last) / statistics.median(second) - 1, 3),
        "jobs_done": {"all": sum(done), "fewest_of_a_client": min(done), "most_of_a_client": max(done)},
        "median_wait_s": {"shortest_of_a_client": round(min(waits), 1), "longest_of_a_client": round(max(waits), 1)},
    }


_SHARES = {"median": 0.5, "p90": 0.9, "p99": 0.99, "slowest": 1.0}


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    row = measured(options.clients, options.seconds, options.seed)
    result = {
        "benchmark": "load",
        **provenance(),
        "seed": options.seed,
        "clients": options.clients,
        "seconds": options.seconds,
        "load_average_before": round(load, 1),
        **row,
    }
    print(json.dumps(row, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

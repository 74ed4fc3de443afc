"""Whether the studio loses anything when it is killed: ``python benchmarks/killing.py --kills 50 --out FILE``.

A studio works on a queue of jobs while a client uploads pictures; a browser paints a mask. At random moments (seeded)
the server gets SIGKILL, and the studio is started again. After each start every picture whose upload was answered must
be there and whole, every picture in the folder of jobs must be whole, and the queue must go on. The painted mask is
looked at in the browser after every fifth start, where there is a browser.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from machine import provenance

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "contract")]
from tests.studio.browser import CHROMIUM, DESKTOP, DRIVER, Page, Server, chromium  # noqa: E402

_EVERY = 5  # kills after which the browser is looked at, too
_LONGEST = 3.0  # seconds of work between a start and the next kill
_MASK = "document.querySelector('main').stage?.layers?.get('mask')"


@dataclass
class Found:
    """What is counted."""

    kills: int = 0
    uploads_answered: int = 0
    pictures_looked_at: int = 0
    results_looked_at: int = 0
    masks_looked_at: int = 0
    jobs_done: int = 0
    killed_while: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Client:
    """Requests to the studio; those that a kill cuts off are no problem, and count as not answered."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ask(self, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        request = urllib.request.Request(self._server.address.rstrip("/") + path, data=body)
        if body is not None:
            request.add_header("content-type", kind)
        with urllib.request.urlopen(request, timeout=60) as answer:
            data = answer.read()
        return json.loads(data) if answer.headers["content-type"].startswith("application/json") else data


def picture(number: int, side: int = 160) -> bytes:
    """A picture of noise, which does not compress, so that its upload takes a while."""
    noise = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def whole(data: bytes) -> bool:
    """Whether a picture can be decoded to its end."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


class Trial:
    """A studio that is killed again and again.

    Args:
        folder: where it keeps everything.
        seed: of the random moments.
        page: a page of a browser, or ``None``.
        pictures: that each job makes.
    """

    def __init__(self, folder: Path, seed: int, page: Page | None, pictures: int = 6) -> None:
        self.server, self.page, self.found, self._pictures = Server(folder), page, Found(), pictures
        self._client, self._random = Client(self.server), random.Random(seed)
        self._uploaded: dict[str, int] = {}  # id: number of the picture
        self._next, self._seed = 0, 0
        self._painted: list[int] | None = None

    def run(self, kills: int) -> Found:
        """Kill the studio that often, and look at everything after each start."""
        self.server.start()
        self._prepare()
        for _ in range(kills):
            self._queue()
            self._killed_at_work()
            self.server.start()
            self.look()
        self._drained()
        self.server.stop()
        return self.found

    def _prepare(self) -> None:
        self._upload()
        if self.page is None:
            return
        self.page.open(self.server.address)
        self.page.drop("painted.png", picture(10_000, 96))
        self.page.click("[data-verb=erase]")
        self.page.until(lambda: self.page.script(f"return Boolean({_MASK}?.bar)"))
        self.page.paint((0.3, 0.3), (0.6, 0.5))
        flush = "return import('/page/js/keeping.js').then(({flush}) => flush()).then(() => true)"
        self.page.until(lambda: self.page.script(flush))
        self._painted = self._mask()

    def _mask(self) -> list[int]:
        found: list[int] = self.page.script(f"return Array.from({_MASK}.raster.data)") if self.page else []
        return found

    def _upload(self) -> None:
        number, self._next = self._next, self._next + 1
        data = picture(number, 160 + 64 * (number % 8))
        id = self._client.ask(f"/api/pictures?name=p{number}.png", data, "application/octet-stream")["id"]
        self._uploaded[id] = number
        self.found.uploads_answered += 1

    def _queue(self) -> None:
        """Ask for jobs, so that there is always something at work."""
        waiting = [job for job in self._client.ask("/api/jobs") if job["state"] in ("waiting", "working")]
        for _ in range(2 - len(waiting)):
            body = {"photo": next(iter(self._uploaded)), "n": self._pictures, "seed": self._seed, "preset": "tiny"}
            self._seed += self._pictures
            self._client.ask("/api/verbs/vary/jobs", json.dumps(body).encode())

    def _killed_at_work(self) -> None:
        stop = threading.Event()

        def upload() -> None:
            while not stop.is_set():
                try:
                    self._upload()
                except OSError:  # cut off by the kill
                    return
                time.sleep(0.05)

        thread = threading.Thread(target=upload, daemon=True)
        thread.start()
        time.sleep(self._random.uniform(0.02, _LONGEST))
        states = [job["state"] for job in self._client.ask("/api/jobs")]
        at = "working" if "working" in states else "waiting" if "waiting" in states else "idle"
        self.found.killed_while[at] = self.found.killed_while.get(at, 0) + 1
        self.server.stop(signal.SIGKILL)
        stop.set()
        thread.join(60)
        self.found.kills += 1

    def look(self) -> None:
        """Look at every picture, every result and the painted mask."""
        for id, number in self._uploaded.items():
            data = self._client.ask(f"/api/pictures/{id}/file")
            self.found.pictures_looked_at += 1
            if data != picture(number, 160 + 64 * (number % 8)):
                self.found.problems.append(f"kill {self.found.kills}: the upload {number} is not what was sent")
        self._look_at_jobs()
        if self.page is not None and self.found.kills % _EVERY == 0:
            self.found.masks_looked_at += 1
            self.page.open(f"{self.server.address}#/erase")
            self.page.until(lambda: self.page.script(f"return {_MASK}?.raster.any()"))
            if self._mask() != self._painted:
                self.found.problems.append(f"kill {self.found.kills}: the painted mask has changed")

    def _look_at_jobs(self) -> None:
        home = self.server.folder / "home" / "jobs"
        known = {job["id"]: job for job in self._client.ask("/api/jobs")}
        for path in sorted(home.glob("*/*.png")) + sorted(home.glob("*/*.webp")):
            self.found.results_looked_at += 1
            if not whole(path.read_bytes()):
                self.found.problems.append(f"kill {self.found.kills}: {path.name} is not whole")
        for id, job in known.items():
            for made in job["results"]:
                if not (home / id / made["file"]).is_file():
                    self.found.problems.append(f"kill {self.found.kills}: {made['file']} is listed and not there")
            if job["state"] not in ("waiting", "working", "done"):
                self.found.problems.append(f"kill {self.found.kills}: a job is {job['state']}: {job['message']}")
        self.found.jobs_done = sum(job["state"] == "done" for job in known.values())

    def _drained(self) -> None:
        """The queue goes on until nothing waits."""
        end = time.monotonic() + 600
        while any(job["state"] in ("waiting", "working") for job in self._client.ask("/api/jobs")):
            if time.monotonic() > end:
                self.found.problems.append("the queue does not go on")
                return
            time.sleep(0.2)
        self._look_at_jobs()
        for job in self._client.ask("/api/jobs"):
            if job["state"] == "done" and len({made["file"] for made in job["results"]}) != job["count"]:
                self.found.problems.append(f"a job has {len(job['results'])} results of {job['count']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if CHROMIUM and DRIVER:
            with chromium(Path(folder)) as driver:
                found = Trial(Path(folder) / "studio", options.seed, Page(driver, DESKTOP)).run(options.kills)
        else:
            found = Trial(Path(folder) / "studio", options.seed, None).run(options.kills)
    record = {**provenance(), "seed": options.seed, "browser": bool(CHROMIUM and DRIVER), **vars(found)}
    print(json.dumps(record, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    sys.exit(1 if found.problems else 0)


if __name__ == "__main__":
    main()

"""What the studio needs of network, memory and time, beside another build of it.

    git worktree add ../before 0070264
    python benchmarks/studio_use.py --before ../before --out benchmarks/results/studio_use.json

Measured are: seconds until the page can be used at 50 kB/s with 300 ms of latency (first visit and second), the memory
of all processes of a studio at rest (five minutes after the last job), wall and CPU seconds from a click at rest to the
result of a photo of 250 pixels, the work of a brush in a frame on a photo of 24 megapixels, and the memory of the
server after 30 jobs, relative to that after the first. It needs Linux, Chromium, its driver and selenium.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import provenance
from studio import _STROKES, DESKTOP, Page, Server, chromium, photo

HERE = Path(__file__).parent
LATENCY, BYTES_A_SECOND = 300, 50_000
MEGAPIXELS = (6000, 4000)  # 24
JOBS = 30
REST = 300.0  # seconds
_SLOW = {"offline": False, "latency": LATENCY, "downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
_FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def memory(pids: list[int]) -> float:
    """Resident memory of processes, MB: pages that several share count once (PSS)."""
    kilobytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(kilobytes / 1024, 1)


def cpu(pid: int) -> float:
    """CPU seconds of a process, its children that have ended, and all its descendants."""
    seconds = 0.0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds += sum(int(fields[i]) for i in (11, 12, 13, 14)) / _TICKS
    return seconds


def visits(page: Page, address: str) -> dict[str, float]:
    """Seconds until the page can be used over a slow network, on a first visit and on the next."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", _SLOW)
    found = {}
    try:
        for name in ("first_visit", "next_visit"):
            page.driver.get("about:blank")
            page.open(address)
            found[name] = round(page.script("return performance.getEntriesByName('ready')[0].startTime") / 1000, 2)
            time.sleep(12)  # what is loaded afterwards
    finally:
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", _FAST)
    return found


def asked(page: Page, id: str, seed: int) -> str:
    body = json.dumps({"photo": id, "seed": seed, "preset": "tiny"})
    script = (
        "const [body, done] = arguments; fetch('/api/verbs/vary/jobs', {method: 'POST', body, headers:"
        " {'content-type': 'application/json'}}).then((answer) => answer.json()).then(done)"
    )
    return str(page.driver.execute_async_script(script, body)["id"])


def done(page: Page, id: str) -> None:
    page.until(lambda: json.loads(page.fetched(f"/api/jobs/{id}"))["state"] == "done", 600)


def many_jobs(page: Page, server: Server) -> dict[str, float]:
    """Memory of the server after one job and after many, MB."""
    page.drop("small.png", photo((250, 250)))
    page.until(lambda: json.loads(page.fetched("/api/pictures")))
    id = json.loads(page.fetched("/api/pictures"))[0]["id"]
    done(page, asked(page, id, 0))
    first = memory([server.pid])
    for seed in range(1, JOBS):
        done(page, asked(page, id, seed))
    last = memory([server.pid])
    return {"after_one_job_mb": first, f"after_{JOBS}_jobs_mb": last, "ratio": round(last / first, 3)}


def click_from_rest(page: Page, server: Server) -> dict[str, float]:
    """Seconds from a click to a result in view, and those of CPU that the studio worked."""
    page.script("location.hash = '#/vary'")
    page.until(lambda: page.script("return document.querySelector('main').stage?.view?.levels?.length"))
    time.sleep(REST)
    found = {"memory_at_rest_mb": memory(tree(server.pid)), "processes_at_rest": len(tree(server.pid))}
    before = cpu(server.pid)
    began = time.monotonic()
    page.click(".make.main")
    page.one(".compare .after", 600)
    found["seconds_from_click"] = round(time.monotonic() - began, 2)
    time.sleep(1)
    found["cpu_seconds_from_click"] = round(cpu(server.pid) - before, 2)
    return found


def brush(page: Page) -> dict[str, float]:
    """Milliseconds of work of the brush in a frame, median, by its size, on 24 megapixels."""
    page.drop("large.jpg", photo(MEGAPIXELS))
    page.script("location.hash = '#/erase'")
    wide = f"return document.querySelector('main').stage?.view?.width === {MEGAPIXELS[0]}"
    page.until(lambda: page.script(wide), 600)
    page.until(lambda: page.script("return document.querySelector('main').stage?.layers?.has('mask')"), 600)
    time.sleep(2)
    sizes = (40, 200, 800)
    return {
        f"{size} px": round(statistics.median(page.driver.execute_async_script(_STROKES, size)["work"]), 2)
        for size in sizes
    }


def measured(source: Path, rest: bool) -> dict[str, Any]:
    """All figures of a build."""
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as driver:
        server, page = Server(Path(folder) / "studio", jobs=2, source=source), Page(driver, DESKTOP)
        server.start()
        try:
            found: dict[str, Any] = {"seconds_until_usable": visits(page, server.address)}
            found["server_memory"] = many_jobs(page, server)
            if rest:
                found |= click_from_rest(page, server)
            found["brush_work_a_frame_ms"] = brush(page)
        finally:
            server.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of another build")
    parser.add_argument("--no-rest", action="store_true", help="leave out what takes five minutes")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    record: dict[str, Any] = {**provenance(), "latency_ms": LATENCY, "bytes_a_second": BYTES_A_SECOND}
    record["now"] = measured(HERE.parent / "src", not options.no_rest)
    if options.before:
        command = ["git", "rev-parse", "--short=12", "HEAD"]
        commit = subprocess.run(command, cwd=options.before, capture_output=True, text=True, check=True).stdout.strip()
        record["before"] = {"commit": commit, **measured(options.before / "src", not options.no_rest)}
    print(json.dumps(record, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

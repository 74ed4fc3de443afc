"""How quick the studio is, measured in a real browser.

    python benchmarks/studio.py --out benchmarks/results/studio.json

How long until the page can be used; how long from the click to the first result of a photo of 250 pixels, from a warm
process; how many frames a second a brush draws on a photo of 16 megapixels; what the front end weighs; and what two
jobs at a time take, against one after the other. It needs Chromium, its driver and selenium.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

from machine import provenance

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "contract")]
from tests.studio.browser import DESKTOP, Page, Server, chromium  # noqa: E402
from tests.studio.conftest import encoded  # noqa: E402

PHOTOS = HERE.parent / "examples" / "photos"
PAGE = HERE.parent / "src" / "calotype" / "studio" / "page"
MEGAPIXELS = (4608, 3456)

_STROKES = """
const [size, done] = arguments;
const {view, layers} = document.querySelector('main').stage, mask = layers.get('mask');
mask.size = size;
const along = (size, share) => size * (0.5 + 0.42 * share);
const at = (t) => ({x: along(view.width, Math.cos(t)), y: along(view.height, Math.sin(1.7 * t)), screen: {x: 0, y: 0}});
const frames = [], work = [];
let t = 0, before = 0;
mask.down(at(0));
const step = (now) => {
  if (before) frames.push(now - before);
  before = now;
  const began = performance.now();
  for (let i = 0; i < 4; i++) { t += 0.01; mask.move(at(t)); }  // a mouse is heard a few times a frame
  work.push(performance.now() - began);
  if (frames.length < 240) requestAnimationFrame(step);
  else { mask.up(at(t)); done({frames, work}); }
};
requestAnimationFrame(step);
"""


def photo(size: tuple[int, int], name: str = "dandelions") -> bytes:
    image = Image.open(PHOTOS / f"{name}.jpg").convert("RGB")
    if max(size) <= 250:
        image.thumbnail(size, Image.Resampling.LANCZOS)
        return encoded(image)
    return encoded(image.resize(size, Image.Resampling.BICUBIC), "JPEG", quality=90)


def weight() -> dict[str, float]:
    """Kilobytes of the front end, each file compressed as it would be sent."""
    sizes: dict[str, float] = {}
    for path in PAGE.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            size = len(data) if path.suffix == ".webp" else len(gzip.compress(data))
            sizes[path.suffix[1:]] = sizes.get(path.suffix[1:], 0) + size / 1000
    return {**{kind: round(size, 1) for kind, size in sorted(sizes.items())}, "all": round(sum(sizes.values()), 1)}


def until_usable(page: Page, address: str) -> list[float]:
    """Seconds from the request to a page that can be used, of several visits."""
    seconds = []
    for _ in range(5):
        page.driver.get("about:blank")
        page.open(address)
        seconds.append(page.script("return performance.getEntriesByName('ready')[0].startTime") / 1000)
    return [round(one, 3) for one in seconds]


def first_results(page: Page, count: int = 5) -> list[dict[str, float]]:
    """Seconds from the click to the first result in view, and those of them that the engine worked."""
    page.drop("dandelions.png", photo((250, 250)))
    page.click("[data-verb=vary]")
    page.until(lambda: page.script("return document.querySelector('main').stage?.view.levels.length"))
    seconds = []
    for _ in range(count):
        page.script("performance.clearMarks()")
        page.script(
            """
            const look = new MutationObserver(() => {
              const shown = document.querySelector('.compare .after');
              if (!shown || shown.dataset.seen) return;
              shown.dataset.seen = 'yes';
              shown.decode().then(() => { performance.mark('shown'); look.disconnect(); });
            });
            look.observe(document.querySelector('main'), {childList: true, subtree: true});
            performance.mark('clicked');
            document.querySelector('.make.main').click();
            """
        )
        page.until(lambda: page.script("return performance.getEntriesByName('shown').length"))
        shown, clicked = (
            page.script("return performance.getEntriesByName(arguments[0])[0].startTime", name)
            for name in ("shown", "clicked")
        )
        engine = listed(page)[0]["results"][0]["seconds"]
        seconds.append({"all": round((shown - clicked) / 1000, 2), "engine": round(engine, 2)})
    return seconds


def brush(page: Page) -> dict[str, Any]:
    """Frames of a stroke on a photo of 16 megapixels, for three sizes of the brush."""
    page.click("[data-do=back]")
    page.click("[data-verb=erase]")
    page.drop("large.jpg", photo(MEGAPIXELS))
    page.one(".frame[aria-label^=large]")
    shown = f"return document.querySelector('main').stage?.view.width === {MEGAPIXELS[0]}"
    page.until(lambda: page.script(shown))
    page.until(lambda: page.script("return document.querySelector('main').stage?.layers.has('mask')"))
    time.sleep(2)
    found = {}
    for size in (40, 200, 800):
        said = page.driver.execute_async_script(_STROKES, size)
        frames, work = sorted(said["frames"]), sorted(said["work"])
        found[f"{size} px"] = {
            "frames_a_second": round(1000 / statistics.mean(frames), 1),
            "slowest_of_a_hundred_ms": round(frames[int(0.99 * len(frames))], 1),
            "work_a_frame_ms": round(statistics.median(work), 2),
            "work_of_the_slowest_of_a_hundred_ms": round(work[int(0.99 * len(work))], 2),
        }
    return found


def two_users(page: Page, folder: Path) -> dict[str, float]:
    """Seconds of a job alone, and of each of two at a time."""
    server = Server(folder, jobs=2)
    server.start()
    try:
        page.open(server.address)
        page.drop("photo.png", photo((250, 250), "stream"))
        page.one(".chooser")
        id = json.loads(page.fetched("/api/pictures"))[0]["id"]

        def ended(count: int, seed: int) -> float:
            jobs = [
                page.driver.execute_async_script(
                    "const [body, done] = arguments; fetch('/api/verbs/vary/jobs', {method: 'POST', body, headers:"
                    " {'content-type': 'application/json'}}).then((answer) => answer.json()).then(done)",
                    json.dumps({"photo": id, "n": 4, "seed": seed + 10 * i}),
                )["id"]
                for i in range(count)
            ]
            page.until(lambda: all(job["state"] == "done" for job in listed(page) if job["id"] in jobs))
            done = [job for job in listed(page) if job["id"] in jobs]
            return round(statistics.mean(job["ended"] - job["began"] for job in done), 2)

        ended(2, 1000)  # both processes are warm from now on
        return {"alone": ended(1, 2000), "two_at_a_time": ended(2, 3000)}
    finally:
        server.stop()


def listed(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.fetched("/api/jobs"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as driver:
        server, page = Server(Path(folder) / "one", jobs=2), Page(driver, DESKTOP)
        began = time.perf_counter()
        server.start()
        started = round(time.perf_counter() - began, 2)
        try:
            usable = until_usable(page, server.address)
            time.sleep(20)  # the process that works is warm by then
            found = {
                "seconds_until_the_server_answers": started,
                "seconds_until_the_page_is_usable": usable,
                "seconds_from_click_to_result_of_250_px": first_results(page),
                "brush_on_16_megapixels": brush(page),
            }
        finally:
            server.stop()
        found["seconds_of_four_pictures_of_250_px"] = two_users(page, Path(folder) / "two")
    found["front_end_kilobytes"] = weight()
    print(json.dumps(found, indent=1))
    if options.out:
        options.out.write_text(json.dumps({**provenance(), **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()

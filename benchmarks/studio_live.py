"""How soon a stroke on a label map is redrawn in the studio, with models of 64 x 64 pixels.

    python benchmarks/studio_live.py --out benchmarks/results/studio_live.json

Two models: ``spade`` (the example model of landscapes) and ``smis`` (preset ``small`` with random weights, whose time
is that of trained ones). Measured for each, medians over strokes of rectangles of changing classes:

- In a real browser: from the end of a stroke by the mouse until the new picture is decoded and in the page, and beside
  it how long it takes until the map is uploaded and the page asks for the picture.
- By the HTTP API, as the page asks: the upload of the painted map and the request for the live picture; wall seconds,
  and processor seconds of the studio's processes, which hardly depend on what else runs.

It needs Linux, Chromium, its driver and selenium.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from calotype import saving
from calotype.models import smis
from calotype.tasks.models import take_over
from machine import provenance
from studio import DESKTOP, HERE, Page, Server, chromium
from studio_use import cpu

MODELS = ("spade", "smis")
STROKES, WARM = 24, 4
MAP = 256  # side of the painted map, pixels
SIDE = 64  # of the pictures

_WATCH = """
performance.clearMarks();
const image = document.querySelector('.live img'), before = image.src;
const look = new MutationObserver(() => {
  if (image.src === before) return;
  look.disconnect();
  image.decode().then(() => performance.mark('redrawn'));
});
look.observe(image, {attributes: true, attributeFilter: ['src']});
addEventListener('pointerup', () => performance.mark('stroke'), {capture: true, once: true});
const plain = window.plainFetch ??= window.fetch;
window.fetch = (...given) => {
  if (!performance.getEntriesByName('asked').length) performance.mark('asked');
  return plain(...given);
};
"""
_TAKEN = """
const at = (name) => performance.getEntriesByName(name)[0]?.startTime;
return at('redrawn') === undefined ? null : [at('redrawn') - at('stroke'), at('asked') - at('stroke')];
"""
_MODEL = """
const [name] = arguments;
return import('/page/js/state.js').then(({setValue}) => { setValue('draw', 'model', name, 'benchmark'); return true; });
"""


def stored(folder: Path) -> dict[str, str]:
    """The names of the models in the store of a studio that keeps its files in a folder."""
    os.environ["CALOTYPE_CACHE"] = str(folder / "cache")
    names = [f"class {k}" for k in range(10)]
    cfg = smis.adapted(smis.PRESETS["small"], {"names": names})
    torch.manual_seed(0)
    net = smis.build(cfg).eval().requires_grad_(False)
    saving.write(folder / "random", "smis", cfg, net, "", cfg.size, about=smis.about(cfg))
    landscapes = HERE.parent / "examples" / "models" / "landscapes"
    return {"spade": take_over(landscapes).name, "smis": take_over(folder / "random").name}


def summary(milliseconds: list[float]) -> dict[str, float]:
    """The least, the median, and what nine of ten are below, milliseconds."""
    ordered = sorted(milliseconds)
    return {
        "least": round(ordered[0], 1),
        "median": round(statistics.median(ordered), 1),
        "of_ten_nine_below": round(ordered[int(0.9 * len(ordered))], 1),
    }


def in_browser(page: Page, model: str) -> dict[str, Any]:
    """Milliseconds from the end of a stroke to the picture in the page."""
    page.script(_MODEL, model)
    page.script("location.hash = '#/draw'")
    page.until(lambda: len(page.all(".palette .swatch")) > 3)
    page.one(".live img")
    page.click(".stage [data-tool=rect]")
    redrawn, asked = [], []
    for k in range(WARM + STROKES):
        page.click(f".palette .swatch:nth-child({1 + k % 9})")
        time.sleep(1.0)  # estimates of the stroke before are over
        page.script(_WATCH)
        x, y = 0.1 + 0.05 * (k % 8), 0.1 + 0.07 * (k % 5)
        page.paint((x, y), (x + 0.4, y + 0.4))
        both = page.until(lambda: page.script(_TAKEN))
        if k >= WARM:
            redrawn.append(both[0])
            asked.append(both[1])
    page.script("location.hash = ''")
    return {"stroke_to_picture_ms": summary(redrawn), "stroke_to_request_ms": summary(asked)}


def sent(address: str, path: str, body: bytes, kind: str) -> bytes:
    """The answer to a POST."""
    request = urllib.request.Request(address.rstrip("/") + path, body, {"content-type": kind})
    with urllib.request.urlopen(request) as answer:
        found: bytes = answer.read()
    return found


def by_api(server: Server, model: str) -> dict[str, Any]:
    """Milliseconds of the two requests of a stroke, and processor milliseconds of the studio."""
    index = np.zeros((MAP, MAP), np.uint8)
    upload, live, spent = [], [], []
    for k in range(WARM + STROKES):
        top, left = 16 * (k % 5), 16 * (k % 8)
        index[top : top + 100, left : left + 100] = k % 9
        file = io.BytesIO()
        Image.fromarray(index).save(file, "PNG")
        before, began = cpu(server.pid), time.perf_counter()
        added = json.loads(
            sent(server.address, "/api/pictures?name=layout.png&part=true", file.getvalue(), "image/png")
        )
        middle = time.perf_counter()
        given = json.dumps({"model": model, "layout": added["id"], "seed": 1}).encode()
        picture = sent(server.address, "/api/verbs/draw/live", given, "application/json")
        ended = time.perf_counter()
        assert Image.open(io.BytesIO(picture)).size == (SIDE, SIDE)
        if k >= WARM:
            upload.append(1000 * (middle - began))
            live.append(1000 * (ended - middle))
            spent.append(1000 * (cpu(server.pid) - before))
    both = [a + b for a, b in zip(upload, live, strict=True)]
    return {
        "upload_ms": summary(upload),
        "live_ms": summary(live),
        "both_ms": summary(both),
        "cpu_ms_mean": round(statistics.mean(spent), 1),  # counted in ticks of 10 ms
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    record: dict[str, Any] = {
        "benchmark": "studio_live",
        **provenance(),
        "size": [SIDE, SIDE],
        "strokes": STROKES,
        "load_of_the_machine_before": round(os.getloadavg()[0], 2),
        "models": {},
    }
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as driver:
        names = stored(Path(folder) / "one")
        server, page = Server(Path(folder) / "one", jobs=1), Page(driver, DESKTOP)
        server.start()
        try:
            page.open(server.address)
            for name in MODELS:
                record["models"][name] = {**in_browser(page, names[name]), **by_api(server, names[name])}
                print(name, json.dumps(record["models"][name]), flush=True)
        finally:
            server.stop()
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

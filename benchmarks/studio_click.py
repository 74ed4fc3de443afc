"""Seconds from a click to the first result in the studio, warm and from rest, beside another build of it.

    git worktree add --detach ../before 0070264
    python benchmarks/studio_click.py --before ../before --out benchmarks/results/studio_click.json

Both studios run at the same time, each with a page in a tab of one browser. A photo of 250 pixels is varied by a real
click, by turns; the time runs from the event of the click until the result is decoded. Then nobody touches the pages
for ``--rest`` seconds, so that processes without work end, and each is clicked once more; ``--rest 0`` leaves that out.
It needs Linux, Chromium, its driver and selenium, and takes about three minutes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import provenance
from studio import DESKTOP, Page, Server, chromium, photo
from studio_use import cpu, memory, tree

HERE = Path(__file__).parent
CLICKS, TURNS = 3, 3
REST = 140.0  # seconds; a process without work ends after 120

_WATCH = """
performance.clearMarks();
const before = new Set([...document.querySelectorAll('.compare .after')].map((one) => one.src));
const look = new MutationObserver(() => {
  const shown = document.querySelector('.compare .after');
  if (!shown || before.has(shown.src)) return;
  look.disconnect();
  shown.decode().then(() => performance.mark('shown'));
});
const seen = {childList: true, subtree: true, attributes: true, attributeFilter: ['src']};
look.observe(document.querySelector('main'), seen);
const clicked = () => performance.mark('clicked');
document.querySelector('.make.main').addEventListener('click', clicked, {capture: true, once: true});
"""
_SEED = """
const [seed] = arguments;
return import(`${document.documentElement.dataset.page ?? '/page/'}js/state.js`).then(({setValue}) => {
  setValue('vary', 'seed', seed);
  return true;
});
"""
_TAKEN = """
const at = (name) => performance.getEntriesByName(name)[0]?.startTime;
return at('shown') === undefined ? null : (at('shown') - at('clicked')) / 1000;
"""


class Build:
    """A build of the studio at work, with its page in a tab of its own."""

    def __init__(self, driver: Any, source: Path, folder: Path) -> None:
        self.server = Server(folder, jobs=2, source=source)
        self.server.start()
        driver.switch_to.new_window("tab")
        self._driver, self._tab = driver, driver.current_window_handle
        self.page, self._seed = Page(driver, DESKTOP), 0
        self.page.open(self.server.address)
        self.page.drop("dandelions.png", photo((250, 250)))
        self.page.click("[data-verb=vary]")
        self.page.until(lambda: self.page.script("return document.querySelector('main').stage?.view?.levels?.length"))

    def seconds(self) -> float:
        """From a click to another result in view."""
        self._driver.switch_to.window(self._tab)
        self.put_seed()
        time.sleep(1)  # the estimate
        self.page.script(_WATCH)
        self.page.one(".make.main").click()
        return round(float(self.page.until(lambda: self.page.script(_TAKEN), 600)), 2)

    def put_seed(self) -> None:
        """Another seed: builds differ in what a second press does, and here all make another picture."""
        self._driver.switch_to.window(self._tab)
        self._seed += 1
        self.page.script(_SEED, self._seed)

    def from_rest(self) -> dict[str, float]:
        """The same after a rest, without a look at the estimate; with the memory of the studio at rest."""
        self._driver.switch_to.window(self._tab)
        found = {"memory_at_rest_mb": memory(tree(self.server.pid))}
        before = cpu(self.server.pid)
        self.page.script(_WATCH)
        self.page.one(".make.main").click()
        found["seconds_from_click"] = round(float(self.page.until(lambda: self.page.script(_TAKEN), 600)), 2)
        time.sleep(1)
        return {**found, "cpu_seconds_from_click": round(cpu(self.server.pid) - before, 2)}


def measured(builds: dict[str, Build], rest: float) -> dict[str, Any]:
    """All figures of the builds."""
    for build in builds.values():
        build.seconds()  # the process is warm from now on
    warm: dict[str, list[float]] = {name: [] for name in builds}
    for turn in range(TURNS):
        for name, build in list(builds.items())[:: 1 if turn % 2 == 0 else -1]:
            warm[name] += [build.seconds() for _ in range(CLICKS)]
    found: dict[str, Any] = {
        name: {"seconds_from_warm_click": all_, "median": round(statistics.median(all_), 3)}
        for name, all_ in warm.items()
    }
    if rest:
        for build in builds.values():
            build.seconds()
        # The next seed is set before the rest: a change of the form would wake the studio.
        for build in builds.values():
            build.put_seed()
        time.sleep(rest)
        for name, build in builds.items():
            found[name]["from_rest"] = build.from_rest()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of another build")
    parser.add_argument("--rest", type=float, default=REST)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    record: dict[str, Any] = {**provenance(), "clicks": CLICKS, "turns": TURNS, "rest_seconds": options.rest}
    sources = {"now": HERE.parent / "src", **({"before": options.before / "src"} if options.before else {})}
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as driver:
        builds: dict[str, Build] = {}
        try:
            for name, source in sources.items():
                builds[name] = Build(driver, source, Path(folder) / name)
            record |= measured(builds, options.rest)
        finally:
            for build in builds.values():
                build.server.stop()
    if options.before:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=options.before, capture_output=True, text=True).stdout
        record["before"]["commit"] = commit.strip()[:12]
    print(json.dumps(record, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

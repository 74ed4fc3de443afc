"""The studio as a person meets it: the real command, and a real browser without a window."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hold import VARIABLE, Hold

SOURCE = Path(__file__).parents[2] / "src"
HELD = (Path(__file__).parents[1] / "contract", Path(__file__).parent / "held")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WAIT = 200.0  # seconds: machines that run tests are busy, and a first job waits for torch to be imported
DESKTOP, PHONE = (1280, 800), (390, 844)

_DROP = """
const [name, data] = arguments;
const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
const carried = new DataTransfer();
carried.items.add(new File([bytes], name, {type: 'image/png'}));
document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
"""


_DROP_ALL = """
const carried = new DataTransfer();
for (const [name, data] of Object.entries(arguments[0])) {
  carried.items.add(new File([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], name));
}
document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
"""


def _at_home(text: str) -> str:
    """JavaScript that imports the modules which the page itself has loaded: their addresses have a hash in them."""
    return text.replace("import('/page/", "import(document.documentElement.dataset.page + '")


def used(page: Page, server: Server) -> Iterator[Page]:
    """A page for a test: loaded, without complaints at the end, and with nothing chosen for the next one."""
    page.open(server.address)
    yield page
    assert page.problems() == []
    page.script("location.hash = ''; localStorage.clear()")


class Server:
    """The command ``calotype studio``, with all it keeps in one folder.

    Args:
        folder: that it keeps everything in.
        jobs: how many it works on at a time.
        held: whether its work can be held, by ``hold``.
        source: the folder of the package, if it is that of another build.
    """

    def __init__(self, folder: Path, jobs: int = 1, held: bool = False, source: Path = SOURCE) -> None:
        self.folder, self._jobs, self._path, self.port = folder, jobs, HELD if held else (), 0
        self._source = source
        self.hold = Hold(folder / "hold")
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> None:
        """Open the studio; at the port it had, if it had one."""
        environment = {
            **os.environ,
            "CALOTYPE_CACHE": str(self.folder / "cache"),
            "PYTHONPATH": os.pathsep.join([*map(str, self._path), str(self._source), os.environ.get("PYTHONPATH", "")]),
            VARIABLE: str(self.hold.path),
        }
        place = ("--home", str(self.folder / "home"), "--port", str(self.port), "--jobs", str(self._jobs))
        command = [sys.executable, "-m", "calotype", "studio", "--no-browser", *place]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http"), "the studio did not open"
        self.port = int(self.address.rstrip("/").rsplit(":", 1)[1].split("/")[0])

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Close it, as Ctrl-C does, and return the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        status = self._process.wait(WAIT)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


class Page:
    """A page of the studio in a browser; what is looked for is waited for ``patience`` seconds."""

    patience = WAIT

    def __init__(self, driver: Any, size: tuple[int, int]) -> None:
        self.driver, self.phone = driver, size == PHONE
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": self.phone},
        )
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": self.phone})
        # Without a window there is nobody to choose a file, which would count as choosing none.
        driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": True})

    def open(self, address: str) -> None:
        """Load the studio and wait until it can be used."""
        self.driver.get(address)
        self.until(lambda: self.script("return document.documentElement.dataset.ready === 'yes'"))

    def script(self, text: str, *arguments: Any) -> Any:
        """What JavaScript says."""
        return self.driver.execute_script(_at_home(text), *arguments)

    def later(self, text: str, *arguments: Any) -> Any:
        """What JavaScript passes to its last argument."""
        return self.driver.execute_async_script(_at_home(text), *arguments)

    def all(self, selector: str) -> list[Any]:
        """Every element of a CSS selector."""
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def one(self, selector: str, seconds: float | None = None) -> Any:
        """The first element of a selector that is shown, waited for."""
        return self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None), seconds, selector)

    def text(self, selector: str) -> str:
        """The text of the first element of a selector that is shown; one that is drawn anew is looked for again."""
        return str(self.until(lambda: self.one(selector).text, what=f"text of {selector}"))

    def attribute(self, selector: str, name: str) -> str:
        """An attribute of the first element of a selector that is shown."""
        return str(self.until(lambda: self.one(selector).get_attribute(name), what=f"{name} of {selector}"))

    def reads(self, selector: str, words: str) -> None:
        """Wait until the first element of a selector that is shown contains these words."""
        self.until(lambda: words in self.one(selector).text, what=f"'{words}' in {selector}")

    def click(self, selector: str, seconds: float | None = None) -> None:
        """Click it; what is drawn anew in the meantime is looked for again."""
        from selenium.common.exceptions import WebDriverException

        def clicked() -> bool:
            try:
                element = self.one(selector, seconds)
                self.script("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", element)
                element.click()
            except WebDriverException:
                return False
            return True

        self.until(clicked, seconds, selector)

    def until(self, look: Callable[[], Any], seconds: float | None = None, what: str = "") -> Any:
        """What ``look`` finds, as soon as that is something."""
        from selenium.common.exceptions import WebDriverException

        end = time.monotonic() + (self.patience if seconds is None else seconds)
        while time.monotonic() < end:
            try:
                found = look()
            except WebDriverException:
                found = None
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"did not come: {what or look}; {self.script('return document.body.innerText')[:600]}")

    def drop(self, name: str, data: bytes) -> None:
        """Drop a file on the page."""
        self.script(_DROP, name, base64.b64encode(data).decode())

    def choose(self, button: str, place: Path, kind: str = "folder") -> None:
        """Press a button that asks for a folder, or for files, and choose this one."""
        self.click(button)
        chooser = self.until(lambda: self.all(f"input.{kind}"), what=f"input.{kind}")[0]
        chooser.send_keys(str(place))

    def drop_all(self, files: dict[str, bytes]) -> None:
        """Drop several files at once."""
        self.script(_DROP_ALL, {name: base64.b64encode(data).decode() for name, data in files.items()})

    def paint(self, *places: tuple[float, float]) -> None:
        """Draw on the stage with a mouse or a finger; places are shares of the photo's width and height."""
        canvas = self.one("canvas.marks")
        self.script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        points = self.script(
            """
            const view = document.querySelector('main').stage.view, box = arguments[0].getBoundingClientRect();
            return arguments[1].map(([x, y]) => {
              const place = view.toScreen(x * view.width, y * view.height);
              return [Math.round(box.left + place.x / view.density), Math.round(box.top + place.y / view.density)];
            });
            """,
            canvas,
            places,
        )
        kind = "touch" if self.phone else "mouse"
        moves = [{"type": "pointerMove", "duration": 15, "x": x, "y": y, "origin": "viewport"} for x, y in points]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        actions = [moves[0], down, *moves[1:], up]
        pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
        self.driver.execute("actions", {"actions": [pointer]})

    def fetched(self, path: str) -> bytes:
        """A file of the studio, fetched by the page."""
        text = self.driver.execute_async_script(
            """
            const [path, done] = arguments;
            fetch(path).then((answer) => answer.blob()).then((blob) => {
              const reader = new FileReader();
              reader.onload = () => done(reader.result.split(',')[1]);
              reader.readAsDataURL(blob);
            });
            """,
            path,
        )
        return base64.b64decode(text)

    def problems(self) -> list[str]:
        """What the browser complained about: broken scripts, files that are missing."""
        severe = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        # What cannot be used is said on the page; a server that is restarted is not there for a while; work that is
        # begun again makes its pictures on the way anew.
        passing = ("status of 422", "/api/events", "ERR_CONNECTION", "/files/preview-")
        return [message for message in severe if not any(part in message for part in passing)]


@contextmanager
def chromium(downloads: Path) -> Iterator[Any]:
    """A browser."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument("--lang=en-GB")
    options.binary_location = str(CHROMIUM)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        driver.set_script_timeout(WAIT)
        yield driver
    finally:
        driver.quit()

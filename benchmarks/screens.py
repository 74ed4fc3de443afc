"""Pictures of the studio as people see it: ``python benchmarks/screens.py``, or ``screens.py FOLDER`` for all of them.

A real browser without a window does what a person would do, at the size of a desk and of a phone, light and dark. The
best of the pictures go to ``docs/images``; with a folder, all go there. It needs Chromium, its driver and selenium.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from PIL import Image

from calotype.tasks.models import take_over

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "contract")]
from tests.studio.browser import DESKTOP, PHONE, Page, Server, chromium  # noqa: E402

PHOTOS = HERE.parent / "examples" / "photos"
DOCS = HERE.parent / "docs" / "images"
SIDE = 640
# Those that the README and the guide show.
BEST = {
    *("choose-desktop-light", "mask-desktop-light", "erased-desktop-dark", "map-desktop-light", "erased-phone-light"),
    *("set-desktop-light", "compared-desktop-light", "draw-desktop-light"),
}
PIECES = 8  # that are cut out of each photo for a set


class Camera:
    """Takes pictures of a page."""

    def __init__(self, page: Page, folder: Path | None, kind: str) -> None:
        self.page, self._folder, self._kind = page, folder, kind

    def take(self, name: str) -> None:
        """One picture of what is to be seen now."""
        if name != "problem":  # which is about a message
            self.page.script("document.querySelectorAll('.toast').forEach((one) => one.remove())")
        time.sleep(0.7)
        name = f"{name}-{self._kind}"
        if self._folder is None and name not in BEST:
            return
        image = Image.open(io.BytesIO(self.page.driver.get_screenshot_as_png())).convert("RGB")
        if self._folder is None:
            image.save(DOCS / f"studio-{name}.webp", quality=82, method=6)
        else:
            image.save(self._folder / f"{name}.png")


def photo(name: str) -> bytes:
    image = Image.open(PHOTOS / f"{name}.jpg").convert("RGB")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=92)
    return data.getvalue()


def chosen(page: Page, verb: str) -> None:
    page.script("location.hash = ''")
    page.click(f"[data-verb={verb}]")
    page.until(lambda: page.script("return document.querySelector('main').stage?.view.levels.length"))
    time.sleep(0.5)


def made(page: Page) -> None:
    """Ask for it and wait until there is a result."""
    before = len(page.all(".rail .thumb"))
    page.click(".make.main")
    page.until(lambda: len(page.all(".rail .thumb")) > before)
    page.one(".compare .after, .beside figure")


def shots(camera: Camera) -> None:
    page = camera.page
    page.drop("dandelions.jpg", photo("dandelions"))
    page.one(".chooser")
    camera.take("choose")
    chosen(page, "erase")
    page.script("document.querySelector('main').stage.layers.get('mask').size = 208")
    page.paint((0.285, 0.28), (0.292, 0.3), (0.288, 0.32))
    page.script("document.querySelector('main').stage.layers.get('mask').size = 34")
    page.paint((0.28, 0.45), (0.29, 0.7), (0.31, 0.99))
    camera.take("mask")
    page.click(".make.main")
    page.one(".progress")
    camera.take("working")
    page.until(lambda: page.all(".rail .thumb"))
    page.one(".compare .after")
    camera.take("erased")
    page.click("[data-action=how]")
    camera.take("how")
    page.click("dialog button[aria-label=Close]")
    page.script("document.querySelector('[data-action=keep]').click()")

    page.drop("mountains.jpg", photo("mountains"))
    page.one(".frame[aria-label^=mountains]")  # the new photo is worked on with the same verb
    chosen(page, "relayout")
    page.until(lambda: page.script("return document.querySelector('main').stage.layers.get('target').always"))
    camera.take("map")
    chosen(page, "expand")
    page.paint((1.0, 0.5), (1.15, 0.5), (1.25, 0.5))
    camera.take("expand")
    chosen(page, "retarget")
    page.paint((1.0, 0.5), (1.15, 0.5), (1.3, 0.5))
    camera.take("retarget")
    chosen(page, "edit")
    page.click("[data-tool=copy]")
    page.paint((0.82, 0.8), (0.95, 0.8), (0.95, 0.97), (0.82, 0.97), (0.82, 0.82))
    page.paint((0.88, 0.88), (0.7, 0.8), (0.55, 0.85))
    camera.take("edit")
    chosen(page, "stylize")
    camera.take("stylize")
    chosen(page, "vary")
    page.script("document.querySelector('.more').open = true")
    camera.take("vary-more")
    made(page)
    camera.take("varied")
    chosen(page, "train")
    camera.take("train")
    page.click("[data-part=queue]")
    camera.take("queue")
    page.click("[data-part=kept]")
    camera.take("kept")
    page.click("[data-part=models]")
    camera.take("models")
    page.drop("note.txt", b"no picture")
    page.one(".toast.problem")
    camera.take("problem")


def drawn(camera: Camera, model: str) -> None:
    """A map of classes that a trained model draws."""
    page = camera.page
    page.script("location.hash = '#/draw'")
    page.until(lambda: page.script(_CHOSEN, model), what="the model")
    page.until(lambda: len(page.all(".palette .swatch")) > 3)
    for number, tool, places in (
        (1, "fill", ((0.5, 0.5),)),
        (3, "lasso", ((0.0, 0.45), (0.3, 0.3), (0.55, 0.42), (1.0, 0.36), (1.0, 0.6), (0.0, 0.6))),
        (4, "rect", ((0.0, 0.56), (1.0, 1.0))),
        (7, "lasso", ((0.5, 0.75), (0.9, 0.7), (1.0, 0.85), (0.75, 0.93), (0.5, 0.85))),
        (9, "lasso", ((0.12, 0.7), (0.24, 0.3), (0.36, 0.7))),
        (10, "rect", ((0.62, 0.5), (0.8, 0.66))),
    ):
        page.click(f".palette .swatch:nth-child({number})")
        page.click(f".stage [data-tool={tool}]")
        page.paint(*places)
    page.one(".live img")
    time.sleep(2)
    camera.take("draw")
    made(page)
    camera.take("drawn")


_CHOSEN = """
const [value] = arguments, select = document.querySelector('.panel [data-field=model] select');
if (![...select.options].some((one) => one.value === value)) return false;
select.value = value;
select.dispatchEvent(new Event('change'));
return true;
"""


def pieces(place: Path) -> Path:
    """A folder of small pictures, in a sub-folder for each photo that they are cut out of."""
    for path in sorted(PHOTOS.glob("*.jpg")):
        image = Image.open(path).convert("RGB")
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        side, within = min(image.size) // 2, place / path.stem
        within.mkdir(parents=True, exist_ok=True)
        for number in range(PIECES):
            x, y = (number * 61) % (image.width - side), (number * 37) % (image.height - side)
            image.crop((x, y, x + side, y + side)).resize((96, 96)).save(within / f"{number}.png")
    return place


def picked(page: Page, name: str) -> None:
    """Choose a set in a dialog."""
    find = (
        "return [...document.querySelectorAll('dialog .set')]"
        ".find((one) => one.querySelector('strong').textContent === arguments[0])"
    )
    page.until(lambda: page.script(find, name)).click()


def set_shots(camera: Camera, name: str) -> None:
    """What is done with many photos; every camera hands in a set of its own."""
    page = camera.page
    page.click("[data-part=sets]")
    page.one(".offer")
    camera.take("sets")
    page.click("[data-anyones=digits] button")
    camera.take("fetch")
    page.click("dialog button[aria-label=Close]")
    with tempfile.TemporaryDirectory() as place:
        page.choose("[data-do=folder]", pieces(Path(place) / name))
        page.one("#set-name")
        camera.take("handing")
        page.click("[data-do=make-set]")
        page.until(lambda: page.all(".members .thumb"))
    camera.take("set")
    page.click("[data-do=learn]")
    page.until(lambda: "About" in page.one(".cost").text)
    camera.take("learn")
    # Another number of steps for each name: the model of these pictures is there after the first time.
    tiny = f"{{preset: 'tiny', settings: {{steps: '{400 + len(name)}'}}}}"
    page.script(
        "import('/page/js/state.js').then(({setValue}) => "
        f"Object.entries({tiny}).forEach(([name, value]) => setValue('train', name, value)))"
    )
    page.click(".make.main")
    page.one(".learning img")
    camera.take("learning")
    page.click("[data-do=sample]")
    page.until(lambda: page.one("[data-field=model] select").get_attribute("value"))
    page.script("import('/page/js/state.js').then(({setValue}) => setValue('sample', 'n', 12))")
    time.sleep(0.5)
    made(page)
    page.until(lambda: len(page.all(".rail .thumb")) == 12)
    camera.take("sampled")
    page.click("[data-do=as-set]")
    page.until(lambda: len(page.all(".members .thumb")) == 12)
    page.script("location.hash = '#/evaluate'")
    page.click("[data-source=set]")
    picked(page, name)
    page.click("[data-field=fakes] [data-do=set]")
    picked(page, f"{name} sample")
    page.click(".make.main")
    page.one(".stage .report table")
    camera.take("compared")
    page.click("[data-part=models]")
    page.one("article.model")
    camera.take("models-of-sets")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    kinds = [(name, theme) for name in ("desktop", "phone") for theme in ("light", "dark")]
    if folder is None:
        kinds = [one for one in kinds if any(best.endswith("-".join(one)) for best in BEST)]
    with tempfile.TemporaryDirectory() as home, chromium(Path(home)) as driver:
        server = Server(Path(home))
        with mock.patch.dict(os.environ, {"CALOTYPE_CACHE": str(server.folder / "cache")}):
            landscapes = take_over(HERE.parent / "examples" / "models" / "landscapes").name
        server.start()
        try:
            for number, (name, theme) in enumerate(kinds, 1):
                page = Page(driver, DESKTOP if name == "desktop" else PHONE)
                scheme = [{"name": "prefers-color-scheme", "value": theme}]
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
                driver.get("about:blank")
                page.open(server.address)
                camera = Camera(page, folder, f"{name}-{theme}")
                shots(camera)
                if folder is not None or (name, theme) == ("desktop", "light"):
                    drawn(camera, landscapes)
                    set_shots(camera, "places" + " again" * (number - 1))
                print(name, theme, flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()

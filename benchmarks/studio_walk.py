"""Every verb and every kind of input of the studio, used in a real browser at the size of a desk and of a phone.

    python benchmarks/studio_walk.py --pictures FOLDER --out benchmarks/results/studio_walk.json

For each verb the inputs are given by pointer and keyboard, the button is pressed, and a result with a picture has to
arrive, without a failed card and without a complaint of the browser; a screenshot of each goes to FOLDER. The walk
fails where the page offers a verb, an input or a tool that was not used. It needs Chromium, its driver and selenium,
and takes about eight minutes on two cores; ``--only by_masks,of_models`` and ``--sizes desktop`` shorten it.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from machine import provenance
from studio_walk_models import EXAMPLES, prepared

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "contract")]
from tests.studio.browser import DESKTOP, PHONE, Page, Server, chromium  # noqa: E402
from tests.studio.conftest import encoded  # noqa: E402

SIZES = {"desktop": DESKTOP, "phone": PHONE}
PATIENCE = 180.0  # seconds for one result
LOOKED = 30.0  # seconds for anything else
SIDE = 160  # pixels of the longer side of a photo
# Kinds of inputs that are files, or made from files: each one of each verb is used. Of other kinds, one of all verbs.
FILES = frozenset(("photo", "photos", "picture", "sketch", "mask", "label map", "clip", "latent"))
# What is offered and left out, with the reason.
LEFT_OUT = {
    "verb align": "the networks that find faces, which have to be downloaded first",
    "input align photos (photo)": "the same",
    "verb directions": "a set that tells attributes, of packages that have to be downloaded first",
    "input directions labelled (photo)": "the same",
    "input remix also (photos)": "without a model, remix needs the weights of EfficientNet-Lite0",
    "kind folder": "packages of data sets, which have to be downloaded first",
    "kind weights": "networks that segment or compare, which have to be downloaded first",
}

# Tools and buttons that were seen, and those that were pressed by a pointer, are remembered by the browser.
_WATCH = """
const keys = ['tool', 'do', 'action', 'source'], any = keys.map((key) => `[data-${key}]`).join(', ');
const named = (one) => keys.filter((key) => one.dataset[key]).map((key) => `${key} ${one.dataset[key]}`);
const add = (key, words) => {
  const all = new Set([...JSON.parse(localStorage.getItem(key) || '[]'), ...words]);
  localStorage.setItem(key, JSON.stringify([...all]));
};
addEventListener('click', (event) => {
  const one = event.target.closest?.(any);
  if (event.isTrusted && one) add('walk-pressed', named(one));
}, true);
setInterval(() => {
  const tools = document.body ? [...document.querySelectorAll('.stage [data-tool]')] : [];
  add('walk-seen', tools.filter((one) => one.checkVisibility()).flatMap(named));
}, 300);
"""
_STAGE = "document.querySelector('main').stage"


@dataclass
class Walk:
    """One walk through the page at one size."""

    page: Page
    size: str
    models: dict[str, str]
    sets: dict[str, Path]
    pictures: Path | None
    done: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    pressed: set[str] = field(default_factory=set)

    # ------------------------------------------------------------------------------------------------- the page

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.page.fetched("/api/jobs"))
        return found

    def opened(self, verb: str, photo: str = "") -> None:
        """Choose a verb as people do, for a photo of the examples or for none."""
        self.page.script("location.hash = arguments[0]", "#/" if photo else "#/verbs")
        if (
            photo
            and self.page.script("return document.querySelector('.chooser figcaption')?.textContent || ''").split(" ")[
                0
            ]
            != photo
        ):
            self.page.drop(photo, picture_of(photo))
            self.page.reads(".chooser figcaption", photo)
        self.page.click(f".intents [data-verb={verb}]")
        self.page.reads(".panel h1", verb.capitalize())
        if photo:
            self.page.until(lambda: self.page.script(f"return {_STAGE}?.view?.levels?.length"), what="the photo")
            time.sleep(0.3)

    def quick(self, verb: str, **values: Any) -> None:
        """Settings that only make it shorter."""
        self.page.script(
            "const [verb, values] = arguments; return import('/page/js/state.js').then(({setValue}) => "
            "{ for (const name in values) setValue(verb, name, values[name], 'walk'); return true; })",
            verb,
            values,
        )

    def tool(self, *names: str) -> None:
        for name in names:
            if not any(one.is_displayed() for one in self.page.all(f".stage [data-tool='{name}']")):
                self.page.click(".stage [data-tool=more]")
            self.page.click(f".stage [data-tool='{name}']")

    def more(self) -> None:
        self.page.script("document.querySelectorAll('details.more').forEach((one) => { one.open = true; })")

    def field(self, name: str, inner: str = "input, select") -> Any:
        self.more()
        return self.page.one(f".panel [data-field={name}] :is({inner})")

    def types(self, name: str, words: str, inner: str = "input:not([type=range])") -> None:
        self.more()
        for box, part in zip(self.page.all(f".panel [data-field={name}] :is({inner})"), words.split("|")):
            self.page.script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].select()", box)
            box.send_keys(part)

    def slides(self, name: str, steps: int = 3) -> None:
        slider = self.field(name, "input[type=range]")
        slider.send_keys("\ue014" * steps)  # arrow to the right

    def picks(self, name: str, value: str) -> None:
        from selenium.webdriver.support.ui import Select

        def picked() -> bool:
            Select(self.field(name, "select")).select_by_value(value)
            return True

        self.page.until(picked, what=f"{value} in {name}")  # lists are filled when they are known

    def model(self, system: str) -> None:
        self.picks("model", self.models[system])
        time.sleep(0.2)

    def switches(self, name: str) -> None:
        self.more()
        self.page.click(f".panel [data-field={name}] input")

    def chooses(self, name: str, picture: str, *, add: str = ".thumb") -> None:
        """Choose a picture of those that are there, in the dialog of a field; one that is not is dropped first."""
        self.more()
        buttons = [one for one in self.page.all(f".panel [data-field={name}] {add}") if one.tag_name == "button"]
        self.page.script("arguments[0].scrollIntoView({block: 'center'})", buttons[-1])
        buttons[-1].click()
        self.page.click(f"dialog .thumb[aria-label='{picture}']")
        self.page.until(lambda: not self.page.all("dialog"))

    def chosen_set(self, name: str) -> None:
        """Choose a set in a dialog, by its name."""
        find = (
            "return [...document.querySelectorAll('dialog .set')]"
            ".find((one) => one.querySelector('strong').textContent === arguments[0])"
        )
        self.page.until(lambda: self.page.script(find, name), what=f"the set {name}").click()
        self.page.until(lambda: not self.page.all("dialog"))

    def code(self, name: str, number: int = 0) -> None:
        """Choose the latent code of a result."""
        self.page.click(f".panel [data-field={name}] .thumb")
        self.page.one("dialog [data-code]")
        self.page.all("dialog [data-code]")[number].click()
        self.page.until(lambda: not self.page.all("dialog"))

    # ------------------------------------------------------------------------------------------------- a verb

    @contextmanager
    def verb(self, name: str, what: str = "", result: str = ".rail .thumb img, .rail .thumb video") -> Iterator[None]:
        """Give the inputs in the block; then the verb is asked for, and its result is looked at."""
        title = f"{name}{f' {what}' if what else ''}"
        began, before = time.monotonic(), len(self.jobs())
        try:
            yield
            self.page.click(".make.main")
            asked = lambda: [one for one in self.jobs() if one["verb"] == name and not one["aside"]]  # noqa: E731
            self.page.until(
                lambda: len(self.jobs()) > before or self.page.all(".lacking, .toast.problem"), what="a job"
            )
            lacking = [one.text for one in self.page.all(".lacking, .toast.problem")]
            if lacking:
                raise AssertionError(f"refused: {'; '.join(lacking)}")
            job = asked()[0]
            self.page.until(
                lambda: asked()[0]["state"] in ("done", "failed", "stopped"), PATIENCE, f"the end of {title}"
            )
            job = asked()[0]
            if job["state"] != "done":
                raise AssertionError(f"{job['state']}: {job['message']}")
            self.page.until(
                lambda: self.page.all(result) and self.page.script(_SHOWN, result), 30, f"the result of {title}"
            )
            failed = [one.text for one in self.page.all(".progress.failed")]
            if failed:
                raise AssertionError(f"failed cards: {failed}")
            inputs = sorted(job["arguments"])
            self.done.append(
                {"verb": name, "what": what, "inputs": inputs, "seconds": round(time.monotonic() - began, 1)}
            )
            print(f"{self.size:8} {title:32} {time.monotonic() - began:5.1f} s  {' '.join(inputs)}", flush=True)
        except Exception as error:
            words = " ".join(str(error).split())[:500]
            self.problems.append(f"{title}: {words}")
            print(f"{self.size:8} {title:32} FAILED: {words}", flush=True)
            if os.environ.get("WALK_TRACE"):
                traceback.print_exc()
        time.sleep(0.4)
        self.shot(title)
        self.problems += [f"{title}: the browser says: {one}" for one in self.page.problems()]
        self.page.script("document.querySelectorAll('dialog, .toast').forEach((one) => one.remove())")

    def shot(self, name: str) -> None:
        if self.pictures is not None:
            image = Image.open(io.BytesIO(self.page.driver.get_screenshot_as_png())).convert("RGB")
            image.save(self.pictures / f"{name.replace(' ', '-')}-{self.size}.png")

    def remembered(self) -> None:
        for key, known in (("walk-seen", self.seen), ("walk-pressed", self.pressed)):
            known |= set(json.loads(self.page.script(f"return localStorage.getItem('{key}') || '[]'")))


_SHOWN = """
const one = document.querySelector(arguments[0]);
one.scrollIntoView({block: 'nearest'});
if (one.tagName === 'IMG') return one.complete && one.naturalWidth > 0;
return one.tagName === 'VIDEO' ? one.readyState > 0 : one.textContent.length > 0;
"""


def picture_of(name: str) -> bytes:
    """A small picture, by the name that it gets in the page."""
    stem = name.partition(".")[0]
    for place, side in (
        (EXAMPLES / "photos" / f"{stem}.jpg", SIDE),
        (EXAMPLES / "faces" / f"{stem}.png", 64),
        (EXAMPLES / "layouts" / f"{stem}.png", 64),
    ):
        if place.is_file():
            image = Image.open(place).convert("RGB")
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            return encoded(image)
    raise FileNotFoundError(name)


# ------------------------------------------------------------------------------------------------------- the verbs


def prepare(walk: Walk) -> None:
    """Pictures that other verbs choose."""
    page = walk.page
    for name in ("mountains.png", "pagoda.png", "stream.png"):
        page.script("location.hash = '#/'")
        page.drop(name, picture_of(name))
        page.reads(".chooser figcaption", name)
    layouts, clips = EXAMPLES / "layouts", walk.sets["clips"]
    files = [
        EXAMPLES / "faces" / "first.png",
        EXAMPLES / "faces" / "second.png",
        *(clips / f"figure{i}" / f"{i}.png" for i in range(4)),
        *sorted(layouts.glob("*.png")),
    ]
    sent = """
        const [name, bytes, done] = arguments;
        const body = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
        fetch(`/api/pictures?name=${name}`, {method: 'POST', body}).then(() => done(true));
    """
    for name, size in (
        ("mask.png", (32, 32)),
        ("region.png", Image.open(io.BytesIO(picture_of("dandelions.png"))).size),
    ):
        mask = Image.new("L", size)
        mask.paste(255, (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
        mask.save(walk.sets["clips"].parent / name)
    files.append(walk.sets["clips"].parent / "mask.png")
    for path in files:
        page.later(
            sent,
            f"{path.parent.name}.png" if path.is_relative_to(clips) else path.name,
            base64.b64encode(path.read_bytes()).decode(),
        )
    page.script("return import('/page/js/state.js').then(({loadPictures}) => loadPictures()).then(() => true)")


def of_one_photo(walk: Walk) -> None:
    page = walk.page
    with walk.verb("vary"):
        walk.opened("vary", "dandelions.png")
        page.click(".panel [data-field=structure] [data-word=close]")
        walk.types("n", "2")
        walk.types("seed", "5")
        walk.types("factor", "1|1")
        walk.picks("tile", "x")
        walk.picks("device", "cpu")
        walk.picks("preset", "fast")
        walk.types("max_side", "128")
        walk.chooses("also", "mountains.png")
        walk.picks("settings", "patch")
        page.until(lambda: page.all(".panel .setting input"))
        walk.types("settings", "5", inner=".setting input")
    with walk.verb("vary", "by a model of the photo"):
        walk.opened("vary", "dandelions.png")
        walk.quick("vary", settings=None, tile=None, seed=None, structure=None, factor=None, also=None, n=None)
        walk.picks("engine", "singan")
        walk.quick("vary", preset="tiny")
    with walk.verb("retarget"):
        walk.opened("retarget", "mountains.png")
        page.click(".stage [data-tab=size]")
        page.paint((1.0, 0.5), (1.1, 0.5), (1.2, 0.5))
        walk.chooses("also", "pagoda.png")
    with walk.verb("retarget", "to a shape"):
        walk.opened("retarget", "mountains.png")
        page.click(".stage [data-tab=corners]")
        page.paint((0.0, 0.0), (0.1, 0.05), (0.2, 0.0))
        walk.quick("retarget", engine="ingan", preset="tiny", size=None, also=None)
    with walk.verb("paint"):
        walk.opened("paint", "pagoda.png")
        walk.tool("fill")
        page.paint((0.2, 0.2))
        walk.tool("pick")
        page.paint((0.8, 0.8))
        walk.tool("brush")
        page.paint((0.2, 0.7), (0.5, 0.6), (0.8, 0.7))
        walk.tool("undo", "redo")
    with walk.verb("texture"):
        walk.opened("texture", "stream.png")
        walk.types("size", "200|150")
        walk.chooses("guide", "pagoda.png")
        walk.chooses("also", "mountains.png")
    with walk.verb("upscale"):
        walk.opened("upscale", "pagoda.png")
        walk.types("factor", "2")
        walk.picks("engine", "zssr")
        walk.quick("upscale", preset="tiny")
    with walk.verb("animate"):
        walk.opened("animate", "dandelions.png")
        walk.types("frames", "4")
        walk.types("fps", "6")
        walk.switches("loop")
        walk.quick("animate", preset="tiny")
    for name in ("segment", "edges"):
        with walk.verb(name):
            walk.opened(name, "pagoda.png")
    for tool in ("zoom-in", "pan", "zoom-out", "zoom-fit"):
        page.click(f".stage [data-tool={tool}]")


def by_masks(walk: Walk) -> None:
    page = walk.page
    mask = f"return {_STAGE}.layers.get('mask').raster.any()"
    with walk.verb("erase"):
        walk.opened("erase", "dandelions.png")
        walk.tool("brush")
        page.paint((0.2, 0.3), (0.3, 0.4))
        walk.tool("eraser")
        page.paint((0.2, 0.3), (0.22, 0.3))
        walk.tool("rect")
        page.paint((0.6, 0.6), (0.7, 0.75))
        walk.tool("lasso")
        page.paint((0.4, 0.1), (0.5, 0.1), (0.5, 0.2), (0.4, 0.2))
        walk.tool("undo", "redo", "grow", "shrink", "soft", "invert", "invert")
        walk.shot("erase painted")
    with walk.verb("erase", "what is clicked"):
        walk.opened("erase", "dandelions.png")
        walk.tool("clear", "select")
        page.paint((0.29, 0.3))
        page.until(lambda: page.script(mask), what="a selection")
        page.one(".stage .tolerance").send_keys("\ue014" * 4)
        walk.tool("snap", "take-out")
        page.paint((0.9, 0.1))
        time.sleep(0.3)
        walk.tool("take-out", "snap")
        page.until(lambda: page.script(mask), what="a selection")
        walk.shot("erase selected")
    with walk.verb("erase", "by a model"):
        walk.opened("erase", "dandelions.png")
        walk.model("pyramid")
    with walk.verb("erase", "a mask of a file"):
        walk.opened("erase", "dandelions.png")
        walk.quick("erase", model=None)
        walk.tool("clear", "download", "upload")
        page.driver.find_element("id", "file").send_keys(str(walk.sets["clips"].parent / "region.png"))
        page.until(lambda: page.script(mask), what="the mask of the file")
    with walk.verb("mix"):
        walk.opened("mix", "mountains.png")
        walk.chooses("other", "pagoda.png")
        walk.chooses("also", "stream.png")
        page.click("[data-tab=mask]")
        walk.tool("rect")
        page.paint((0.5, 0.1), (0.9, 0.9))
    with walk.verb("remix"):
        walk.opened("remix", "mountains.png")
        walk.slides("level")
        walk.model("pyramid")
        page.click("[data-tab=mask]")
        walk.tool("rect")
        page.paint((0.2, 0.2), (0.6, 0.8))
        walk.chooses("like", "pagoda.png")
    with walk.verb("stylize"):
        walk.opened("stylize", "mountains.png")
        walk.chooses("style", "pagoda.png")
        page.click("[data-tab=mask]")
        walk.tool("rect")
        page.paint((0.1, 0.1), (0.9, 0.9))
    with walk.verb("stylize", "by a model"):
        walk.opened("stylize", "stream.png")
        walk.model("styledisentangle")
        walk.chooses("style", "pagoda.png")
        walk.chooses("to_style", "mountains.png")
        walk.slides("blend")


def by_objects(walk: Walk) -> None:
    page = walk.page
    with walk.verb("harmonize"):
        walk.opened("harmonize", "mountains.png")
        page.click("[data-tab=pasted]")
        walk.tool("add")
        page.click("dialog .thumb[aria-label='pagoda.png']")
        page.until(lambda: page.script(f"return {_STAGE}.layers.get('pasted').things.length === 1"))
        walk.tool("smaller", "smaller", "smaller", "larger", "turn", "flip")
        page.paint((0.5, 0.5), (0.4, 0.6))
        page.drop("faces.png", picture_of("first.png"))
        page.until(lambda: page.script(f"return {_STAGE}.layers.get('pasted').things.length === 2"))
        walk.tool("back", "front", "undo", "redo", "remove")
        page.click("[data-tab=mask]")
        walk.tool("rect")
        page.paint((0.2, 0.3), (0.7, 0.9))
    with walk.verb("edit"):
        walk.opened("edit", "dandelions.png")
        page.click("[data-tab=edited]")
        walk.tool("copy")
        page.paint((0.1, 0.1), (0.3, 0.1), (0.3, 0.4), (0.1, 0.4), (0.1, 0.12))
        walk.tool("lift")
        page.paint((0.6, 0.5), (0.8, 0.5), (0.8, 0.8), (0.6, 0.8), (0.6, 0.52))
        walk.tool("move")
        page.paint((0.7, 0.65), (0.4, 0.6))
        page.click("[data-tab=mask]")
        walk.tool("rect")
        page.paint((0.05, 0.05), (0.9, 0.9))
    with walk.verb("expand"):
        walk.opened("expand", "stream.png")
        page.click("[data-tab=margins]") if page.all("[data-tab=margins]") else None
        page.paint((1.0, 0.5), (1.1, 0.5), (1.2, 0.5))
        walk.types("top", "10")
    with walk.verb("expand", "by a model"):
        walk.opened("expand", "stream.png")
        walk.quick("expand", left=None, right=None, top=None, bottom=None)
        walk.model("cocogan")
        walk.types("margin", "4")
    with walk.verb("relayout"):
        walk.opened("relayout", "mountains.png")
        page.until(lambda: page.script(f"return {_STAGE}.layers.get('target')?.always"), PATIENCE, "the map")
        walk.shot("relayout map")
        page.click("[data-tab=labels]")
        page.click("[data-tab=target]")
        walk.tool("rect")
        page.paint((0.3, 0.3), (0.7, 0.5))
    with walk.verb("analogy"):
        walk.opened("analogy", "mountains.png")
        walk.chooses("target", "pagoda.png")
        walk.chooses("before", "mountains.png")


def of_models(walk: Walk) -> None:
    page = walk.page
    with walk.verb("sample"):
        walk.opened("sample")
        walk.model("stylegan")
        walk.slides("truncation")
        walk.types("mix", "3")
    with walk.verb("sample", "with a guide"):
        walk.opened("sample")
        walk.quick("sample", truncation=None, mix=None)
        walk.model("cocogan")
        walk.chooses("guide", "first.png")
    with walk.verb("panorama"):
        walk.opened("panorama")
        walk.model("cylindrical")
    with walk.verb("scene"):
        walk.opened("scene")
        walk.model("control3d")
        walk.types("object", "1")
        walk.slides("turn")
        walk.field("move", "[data-axis=right]").send_keys("\ue014" * 5)
        walk.types("look", "4")
    with walk.verb("turntable"):
        walk.opened("turntable")
        walk.model("control3d")
        walk.types("frames", "4")
    with walk.verb("draw", "a map"):
        walk.opened("draw")
        walk.model("spade")
        page.until(lambda: len(page.all(".palette .swatch")) > 3)
        walk.tool("fill")
        page.paint((0.5, 0.5))
        page.click(".palette .swatch:nth-child(4)")
        walk.tool("rect")
        page.paint((0.0, 0.6), (1.0, 1.0))
        page.click(".palette .swatch:nth-child(9)")
        walk.tool("lasso")
        page.paint((0.2, 0.4), (0.4, 0.4), (0.4, 0.8), (0.2, 0.8))
        walk.chooses("style", "mountains.png")
    with walk.verb("draw", "with the looks of a photo"):
        walk.opened("draw")
        walk.quick("draw", style=None)
        walk.model("smis")
        page.click(".palette .swatch:nth-child(2)")
        walk.tool("rect")
        page.paint((0.2, 0.2), (0.8, 0.9))
        walk.chooses("style", "face_photo.png")
        walk.chooses("style_map", "face.png")
    with walk.verb("draw", "a scene graph"):
        walk.opened("draw")
        walk.quick("draw", style=None, style_map=None)
        walk.model("scenegraph")
        for _ in range(3):
            page.click(".stage [data-do=add-object]")
        page.until(lambda: len(page.all(".object")) == 3)
        drag(page, ".object:nth-child(2)", 60, 30)
        drag(page, ".object:nth-child(3) .corner", -20, 25)
        page.click(".stage [data-do=look]")
        page.click(".stage [data-do=free]")
        page.until(
            lambda: page.all(".chosen-box") and page.script("return !document.querySelector('.masks').hidden"),
            60,
            "the layout",
        )
        page.one(".live img", 60)
        walk.shot("draw layout")
    with walk.verb("draw", "boxes"):
        walk.opened("draw")
        walk.model("bachgan")
        for _ in range(2):
            page.click(".stage [data-do=add-object]")
        page.click(".stage [data-do=remove-object]")
        walk.chooses("background", "lake.png")
        walk.types("exclude", "0")
    with walk.verb("restyle", "by a map"):
        walk.opened("restyle", "face_photo.png")
        walk.model("smis")
        page.click("[data-tab=labels]")
        page.until(lambda: page.script(f"return Boolean({_STAGE}.layers.get('labels')?.bar)"))
        walk.tool("upload")
        page.driver.find_element("id", "file").send_keys(str(EXAMPLES / "layouts" / "face.png"))
        page.until(lambda: page.script(f"return {_STAGE}.layers.get('labels').touched"), what="the map of the file")
        page.click("[data-tab=target]")
        walk.tool("rect")
        page.paint((0.3, 0.3), (0.6, 0.5))
        walk.types("classes", "hair")
    with walk.verb("translate"):
        walk.opened("translate", "pagoda.png")
        walk.model("lifelong")
        page.until(lambda: len(page.all(".panel [data-field=task] option")) == 3)
        walk.picks("task", "blurs")
        walk.chooses("style", "mountains.png")
    with walk.verb("interpolate"):
        walk.opened("interpolate")
        walk.model("stylegan")
        walk.types("frames", "4")
        walk.types("to_seed", "3")
    with walk.verb("interpolate", "a map"):
        walk.opened("interpolate")
        walk.model("smis")
        walk.types("frames", "4")
        page.until(lambda: len(page.all(".palette .swatch")) > 3)
        page.click(".palette .swatch:nth-child(2)")
        walk.tool("rect")
        page.paint((0.2, 0.2), (0.8, 0.9))
        walk.chooses("style", "face_photo.png")
        walk.chooses("style_map", "face.png")
        walk.chooses("to_style", "face_photo.png")
        walk.chooses("to_style_map", "face.png")
    with walk.verb("interpolate", "a translation"):
        walk.opened("interpolate")
        walk.quick("interpolate", style=None, style_map=None, to_style=None, to_style_map=None, to_seed=None)
        walk.model("bicyclegan")
        walk.types("frames", "4")
        walk.chooses("picture", "pagoda.png")


def of_identities(walk: Walk) -> None:
    page = walk.page
    for system in ("disentangle", "idpose"):
        with walk.verb("repose", f"by {system}"):
            walk.opened("repose")
            walk.quick("repose", identity=None, pose=None)
            walk.model(system)
            for name, pictures in (
                ("identity", ("figure0.png", "figure1.png")),
                ("pose", ("figure2.png", "figure3.png")),
            ):
                for picture in pictures:
                    page.click(f".pairs [data-do=add-{name}]")
                    page.click(f"dialog .thumb[aria-label='{picture}']")
                    page.until(lambda: not page.all("dialog"))
            page.until(lambda: len(page.all(".made-pair[data-made]")) == 4, 60, "the live grid")
            walk.shot(f"repose grid {system}")
    with walk.verb("repose", "on a way"):
        walk.opened("repose")
        walk.model("disentangle")
        walk.quick("repose", identity=None, pose=None)
        for name in ("identity", "pose"):
            page.click(f".pairs [data-do=add-{name}]")
            page.click("dialog .thumb[aria-label='figure0.png']")
            page.until(lambda: not page.all("dialog"))
        walk.types("frames", "4")
        walk.chooses("to_identity", "figure1.png")
        walk.chooses("to_pose", "figure2.png")


def of_codes(walk: Walk) -> None:
    page = walk.page
    for name in ("first.png", "second.png"):
        with walk.verb("embed", name.partition(".")[0]):
            walk.opened("embed", name)
            walk.model("stylegan")
            if name == "first.png":
                walk.types("steps", "5")
                walk.types("noise_steps", "0")
            else:
                walk.quick("embed", steps=None, noise_steps=None)
                walk.switches("preview")
    with walk.verb("morph"):
        walk.opened("morph")
        walk.code("first")
        walk.code("second", 1)
        walk.types("frames", "4")
    with walk.verb("crossover"):
        walk.opened("crossover")
        walk.code("structure_code")
        walk.code("style_code", 1)
        walk.types("from_layer", "2")
        walk.chooses("mask", "mask.png")
        walk.chooses("source", "mask.png")
    with walk.verb("transfer"):
        walk.opened("transfer")
        for number, name in enumerate(("code", "before", "after")):
            walk.code(name, number % 2)
    with walk.verb("adjust"):
        walk.opened("adjust")
        walk.code("code")
        walk.slides("strength")
    with walk.verb("adjust", "along the difference of two"):
        walk.opened("adjust")
        walk.code("direction", 1)
    with walk.verb("edit", "with a latent code"):
        walk.opened("edit", "first.png")
        walk.model("stylegan")
        page.click("[data-tab=edited]")
        walk.tool("copy")
        page.paint((0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4), (0.1, 0.12))
        page.paint((0.25, 0.25), (0.6, 0.6))
        walk.code("code", 1)
        walk.types("steps", "5")
        walk.types("noise_steps", "0")
    for name in ("stylize", "mix"):
        with walk.verb(name, "with a latent code"):
            walk.opened(name, "first.png")
            walk.quick(name, to_style=None, blend=None, also=None)
            walk.model("stylegan")
            walk.chooses("style" if name == "stylize" else "other", "second.png")
            page.click("[data-tab=mask]")
            walk.tool("rect")
            page.paint((0.2, 0.2), (0.8, 0.8))
            walk.code("code", 1)
            walk.types("steps", "5")
            walk.types("noise_steps", "0")


def of_sets(walk: Walk) -> None:
    page = walk.page
    page.click("[data-part=sets]")
    page.choose("[data-do=folder]", walk.sets["shapes"])
    page.one("#set-name")
    page.click("[data-do=make-set]")
    page.until(lambda: page.all(".members .thumb"), what="the set")
    walk.shot("set")
    with walk.verb("data", result=".set-list .set"):
        page.click("[data-part=sets]")
        page.click("[data-anyones=solids] button")
        for name, value in (("size", "16"), ("count", "4")):
            box = page.one(f"dialog [data-field={name}] input:not([type=range])")
            box.clear()
            box.send_keys(value)
        page.script("document.querySelector('dialog [data-do=fetch]').classList.add('make')")
    with walk.verb("train", "on a photo", result=".rail .banner"):
        walk.opened("train", "dandelions.png")
        walk.picks("engine", "analogy")
        page.click("[data-tab=labels]")
        page.click(".palette .swatch:nth-child(2)")
        walk.tool("rect")
        page.paint((0.3, 0.3), (0.7, 0.7))
        walk.quick("train", preset="tiny")
    with walk.verb("train", "on a set", result=".stage img"):
        walk.quick("train", preset=None, engine="cocogan", labels=None)
        page.script("location.hash = '#/train'")
        page.click("[data-source=set]")
        walk.chosen_set("solids")
        walk.quick("train", preset="tiny")
    with walk.verb("vary", "a set"):
        walk.quick("vary", engine=None, preset=None, max_side=None)
        walk.opened("vary", "dandelions.png")
        page.click("[data-source=set]")
        walk.chosen_set("solids")
    with walk.verb("evaluate", result=".report table"):
        page.script("location.hash = '#/evaluate'")
        page.click("[data-source=photo]")
        page.click("dialog .thumb[aria-label='dandelions.png']")
        walk.chooses("fakes", "mountains.png")
    with walk.verb("evaluate", "two sets", result=".report table"):
        page.script("location.hash = '#/evaluate'")
        page.click("[data-source=set]")
        walk.chosen_set("solids")
        walk.quick("evaluate", fakes=None)
        page.click(".panel [data-field=fakes] [data-do=set]")
        walk.chosen_set("solids")
        for word in ("precision", "recall", "density", "coverage", "kid"):
            page.click(f".panel [data-field=metrics] input[value={word}]")
    with walk.verb("dissect", result=".report table"):
        page.script("location.hash = '#/dissect'")
        page.click("[data-source=set]")
        walk.chosen_set("shapes")
        walk.model("cocogan")
        walk.types("n", "50")
    with walk.verb("invert"):
        page.script("location.hash = '#/invert'")
        walk.model("cocogan")
        walk.chooses("photos", "dandelions.png")
        walk.quick("invert", method="z")
        walk.types("steps", "5")


GROUPS: tuple[Callable[[Walk], None], ...] = (
    of_one_photo,
    by_masks,
    by_objects,
    of_models,
    of_identities,
    of_codes,
    of_sets,
)


def drag(page: Page, selector: str, dx: int, dy: int) -> None:
    """Drag an element by some pixels, with a mouse or a finger."""
    element = page.one(selector)
    page.script("arguments[0].scrollIntoView({block: 'center'})", element)
    x, y = page.script(
        "const box = arguments[0].getBoundingClientRect();"
        "return [box.left + box.width / 2, box.top + box.height / 2].map(Math.round)",
        element,
    )
    kind = "touch" if page.phone else "mouse"
    moves = [
        {"type": "pointerMove", "duration": 20, "x": x + dx * i // 2, "y": y + dy * i // 2, "origin": "viewport"}
        for i in range(3)
    ]
    actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
    pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
    page.driver.execute("actions", {"actions": [pointer]})


# ----------------------------------------------------------------------------------------------------- what is missing


def unused(page: Page, walks: list[Walk]) -> list[str]:
    """What the page offers and no walk used: verbs, inputs that are files, kinds of other fields, tools of stages."""
    verbs = json.loads(page.fetched("/api/verbs"))
    used = {(one["verb"], name) for walk in walks for one in walk.done for name in one["inputs"]}
    kinds = {one["kind"] for verb in verbs for one in verb["fields"] if (verb["name"], one["name"]) in used}
    found = [f"verb {verb['name']}" for verb in verbs if not any(name == verb["name"] for name, _ in used)]
    found += [
        f"input {verb['name']} {one['name']} ({one['kind']})"
        for verb in verbs
        for one in verb["fields"]
        if one["kind"] in FILES and (verb["name"], one["name"]) not in used
    ]
    found += [f"kind {kind}" for kind in sorted({one["kind"] for verb in verbs for one in verb["fields"]} - kinds)]
    found += sorted(set().union(*(walk.seen for walk in walks)) - set().union(*(walk.pressed for walk in walks)))
    return [one for one in found if one not in LEFT_OUT]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="folder for the screenshots")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--only", default="", help="parts of the walk, such as of_models,by_masks")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    groups = [one for one in GROUPS if not options.only or one.__name__ in options.only.split(",")]
    walks, began = [], time.monotonic()
    with tempfile.TemporaryDirectory() as place, chromium(Path(place)) as driver:
        server = Server(Path(place) / "studio", jobs=1)
        os.environ["CALOTYPE_CACHE"] = str(server.folder / "cache")
        models, sets = prepared(Path(place))
        print(f"models and sets are there after {time.monotonic() - began:.0f} s", flush=True)
        server.start()
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        try:
            for size in options.sizes.split(","):
                page = Page(driver, SIZES[size])
                page.patience = LOOKED
                page.open(server.address)
                walk = Walk(page, size, models, sets, options.pictures)
                walks.append(walk)
                prepare(walk)
                for group in groups:
                    group(walk)
                    walk.remembered()
                origin = {"origin": server.address.rstrip("/"), "storageTypes": "all"}
                driver.execute_cdp_cmd("Storage.clearDataForOrigin", origin)
            missing = unused(page, walks)
        finally:
            server.stop()
    record = {
        **provenance(),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "sizes": {walk.size: {"done": walk.done, "problems": walk.problems} for walk in walks},
        "pressed": sorted(set().union(*(walk.pressed for walk in walks))),
        "not_used": missing,
        "left_out": LEFT_OUT,
    }
    problems = [f"{walk.size}: {one}" for walk in walks for one in walk.problems]
    print(*problems, *(f"not used: {one}" for one in missing), sep="\n")
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    sys.exit(1 if problems or (missing and not options.only) else 0)


if __name__ == "__main__":
    main()

"""Widgets of trained models in a real browser: sliders with a picture that follows them, and latent codes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

import calotype
from calotype.inspection.leaks import Factors, leak_report
from calotype.tasks.data import data
from calotype.tasks.leaks import LEAKS
from calotype.tasks.models import take_over

from .browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page, used

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def models(server, tmp_path_factory):
    """The example models and one of scene graphs that was hardly trained, in the store of the studio."""
    before = os.environ.get("CALOTYPE_CACHE")
    os.environ["CALOTYPE_CACHE"] = str(server.folder / "cache")
    names = {name: take_over(EXAMPLES / "models" / name).name for name in ("faces", "landscapes")}
    shapes = data("shapes", out=tmp_path_factory.mktemp("sets") / "shapes", size=32, count=12)
    names["shapes"] = calotype.train("scenegraph", shapes, preset="tiny", device="cpu").folder.name
    if before is None:
        del os.environ["CALOTYPE_CACHE"]
    else:
        os.environ["CALOTYPE_CACHE"] = before
    return names


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, server, browser, models):
    yield from used(Page(browser, request.param), server)


@pytest.fixture
def desk(server, browser, models):
    yield from used(Page(browser, DESKTOP), server)


def jobs(page):
    return json.loads(page.fetched("/api/jobs"))


def set_value(page, verb, name, value):
    page.script(
        "const given = [...arguments]; return import('/page/js/state.js')"
        ".then(({setValue}) => { setValue(...given, 'test'); return true; })",
        verb,
        name,
        value,
    )


def slide(page, field, value):
    page.script(
        "const range = document.querySelector(`[data-field=${arguments[0]}] input[type=range]`);"
        "range.closest('details')?.setAttribute('open', ''); range.value = arguments[1];"
        "range.dispatchEvent(new Event('input'))",
        field,
        value,
    )


_PIXELS = """
const image = document.querySelector('.live:not([hidden]) img');
if (!image?.complete || !image.naturalWidth) return null;
const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), context = canvas.getContext('2d');
context.drawImage(image, 0, 0);
return [canvas.height, canvas.width, Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data)];
"""


def live(page):
    """The pixels of the picture that follows the sliders."""
    height, width, data = page.until(lambda: page.script(_PIXELS), what="a live picture")
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def test_a_picture_follows_the_sliders_of_a_model(page, models):
    page.script("location.hash = '#/sample'")
    page.one("[data-field=model] select")
    set_value(page, "sample", "model", models["faces"])
    before = live(page)
    made = len(jobs(page))
    slide(page, "truncation", 0)
    page.until(lambda: (live(page) != before).any())
    assert page.one(".live").is_displayed()
    assert len(jobs(page)) == made
    slide(page, "truncation", 1)
    page.until(lambda: (live(page) == before).all())


def test_an_embedded_photo_is_changed_along_a_direction(desk, models):
    desk.drop("first.png", (EXAMPLES / "faces" / "first.png").read_bytes())
    desk.click("[data-verb=embed]")
    desk.one("[data-field=model] select")
    set_value(desk, "embed", "model", models["faces"])
    set_value(desk, "embed", "preview", True)
    desk.click(".make.main")
    desk.one(".rail .thumb")
    set_value(desk, "adjust", "model", models["faces"])
    desk.script("location.hash = '#/adjust'")
    desk.click("[data-field=code] .thumb")
    desk.click("dialog [data-code]")
    before = live(desk)
    slide(desk, "strength", -2)
    desk.until(lambda: (live(desk) != before).any())
    shown = live(desk)
    desk.click(".make.main")
    result = desk.attribute(".beside figure img, .compare .after", "src")
    assert (np.asarray(Image.open(io.BytesIO(desk.fetched(result))).convert("RGB")) == shown).all()
    assert not desk.one("body").find_element("css selector", ".live").is_displayed()
    slide(desk, "strength", 1)  # a slider shows what it does, in place of the result
    desk.one(".live img")
    assert jobs(desk)[0]["verb"] == "adjust"


def test_objects_are_placed_dragged_and_drawn(page, models):
    set_value(page, "draw", "model", models["shapes"])
    page.script("location.hash = '#/draw'")
    page.click("[data-do=add-object]")
    page.one(".object")
    live(page)
    page.script("const choice = document.querySelector('.class-of'); choice.value = 'tree';")
    page.click("[data-do=add-object]")
    page.until(lambda: len(page.all(".object")) == 2)
    page.reads(".graph", "Inferred")
    boxes = "return document.querySelector('main').stage.sketched().layout.objects.map((one) => one.box)"
    before = page.script(boxes)
    page.script(_DRAGGED, 1, 0.3, 0.2, False)
    moved = page.script(boxes)
    assert moved[0] == before[0]
    assert np.allclose(np.subtract(moved[1], before[1]), (0.3, 0.2, 0.3, 0.2), atol=0.01)
    page.script(_DRAGGED, 1, -0.1, 0.05, True)
    sized = page.script(boxes)
    assert np.allclose(np.subtract(sized[1], moved[1]), (0, 0, -0.1, 0.05), atol=0.01)
    left = "return document.querySelectorAll('.object')[1].offsetLeft / document.querySelector('.board').clientWidth"
    assert page.script(left) == pytest.approx(sized[1][0], abs=0.01)
    page.click("[data-do=look]")
    page.click(".make.main")
    page.one(".rail .thumb")
    layout = jobs(page)[0]["arguments"]["layout"]
    assert [one["class"] for one in layout["objects"]][1] == "tree"
    assert layout["objects"][1]["look"]["seed"] >= 0
    assert [one["box"] for one in layout["objects"]] == sized


def test_the_leak_report_of_a_model_is_shown(page, server, models):
    generator = torch.Generator().manual_seed(0)
    identity = torch.arange(8).repeat_interleave(8)
    known = Factors(identity, {"action": torch.arange(64) % 4})
    codes = torch.nn.functional.one_hot(torch.arange(64) % 4).float(), torch.nn.functional.one_hot(identity).float()
    report = leak_report(*(code + 0.1 * torch.rand(code.shape, generator=generator) for code in codes), known)
    folder = server.folder / "cache" / "models" / models["faces"]
    (folder / LEAKS).write_text(json.dumps(report))
    page.script("location.hash = '#/models'")
    page.click(f"[data-model='{models['faces']}'] [data-do=leaks]")
    page.reads("dialog .report", "pose")
    rows = page.all("dialog tbody tr")
    assert [row.get_attribute("data-code") for row in rows] == list(report["probes"])
    pose = report["probes"]["pose"]["action"]
    assert f"{pose['normalised']:.2f}" in rows[0].text
    page.click("dialog button[aria-label=Close]")
    (folder / LEAKS).unlink()


_DRAGGED = """
const [number, dx, dy, corner] = arguments, board = document.querySelector('.board');
const box = board.getBoundingClientRect(), object = board.querySelectorAll('.object')[number];
const held = corner ? object.querySelector('.corner') : object, place = held.getBoundingClientRect();
board.setPointerCapture = () => {};  // there is no pointer to capture
for (const [type, share] of [['pointerdown', 0], ['pointermove', 0.5], ['pointermove', 1], ['pointerup', 1]]) {
  const clientX = place.left + place.width / 2 + share * dx * box.width;
  const clientY = place.top + place.height / 2 + share * dy * box.height;
  const about = {clientX, clientY, bubbles: true, pointerId: 1, button: 0};
  (share ? board : held).dispatchEvent(new PointerEvent(type, about));
}
"""

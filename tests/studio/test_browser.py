"""The studio in a real browser, at the size of a desk and of a phone: what somebody does who never types a command."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

from .browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page, used
from .conftest import encoded, picture

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, server, browser):
    yield from used(Page(browser, request.param), server)


@pytest.fixture
def desk(server, browser):
    yield from used(Page(browser, DESKTOP), server)


def shown_result(page):
    """The pixels of the result that is compared with the photo."""
    source = page.attribute(".compare .after, .beside figure:last-child img", "src")
    return np.asarray(Image.open(io.BytesIO(page.fetched(source))).convert("RGB"))


def jobs(page):
    return json.loads(page.fetched("/api/jobs"))


def test_drop_paint_erase_compare_keep_and_download(page, browser):
    photo = picture(96, 64, seed=40 + page.phone)
    page.drop("lake.png", encoded(photo))
    page.click("[data-verb=erase]")
    page.one("canvas.marks")
    page.until(lambda: page.script("return document.querySelector('main').stage?.layers.size === 2"))
    page.paint((0.3, 0.3), (0.5, 0.35), (0.5, 0.6))
    page.click("[data-tool=undo]")
    assert not page.script("return document.querySelector('main').stage.layers.get('mask').raster.any()")
    page.click("[data-tool=redo]")
    mask = page.script("return Array.from(document.querySelector('main').stage.layers.get('mask').raster.data)")
    mask = np.array(mask).reshape(64, 96) > 0
    assert mask[25, 47]
    assert not mask[50:, :20].any()
    assert 0.01 < mask.mean() < 0.3
    page.click(".make.main")
    made = shown_result(page)
    grown = np.asarray(Image.fromarray(mask).convert("L").resize((96, 64)))
    far = np.asarray(Image.fromarray(grown).convert("L")) == 0
    far &= ~np.roll(mask, 2, 0) & ~np.roll(mask, -2, 0) & ~np.roll(mask, 2, 1) & ~np.roll(mask, -2, 1)
    before = np.asarray(photo)
    assert (made[far] == before[far]).all()
    assert (made[mask] != before[mask]).any()

    (slider,) = page.all("input.over")
    page.script("arguments[0].value = 80; arguments[0].dispatchEvent(new Event('input'))", slider)
    assert "20%" in page.one(".compare .before").value_of_css_property("clip-path")
    page.click("[data-action=keep]")
    page.one("[data-action=keep][aria-pressed=true]")
    name = jobs(page)[0]["results"][0]["file"]
    page.click("[data-action=save]")
    path = browser.downloads / name
    page.until(path.exists)
    assert (np.asarray(Image.open(path).convert("RGB")) == made).all()
    path.unlink()

    page.click("[data-action=how]")
    page.reads(".command", "calotype erase lake.png")
    page.click("dialog button[aria-label=Close]")
    page.click("[data-part=kept]")
    page.one(".gallery .thumb")


def test_paint_a_map_and_have_the_photo_laid_out(page):
    photo = Image.new("RGB", (96, 64), (60, 120, 200))
    photo.paste(picture(96, 32, seed=50), (0, 32))
    page.drop("hill.png", encoded(photo))
    page.click("[data-verb=relayout]")
    target = "document.querySelector('main').stage?.layers.get('target')"
    page.until(lambda: page.script(f"return {target}?.always && {target}.palette.length >= 2"))
    page.one(".palette .swatch")
    other = page.script(f"const t = {target}; return t.raster.data[0] === 0 ? 1 : 0")
    page.click(f".palette [data-label='{other}']")
    page.click("[data-tool=rect]")
    page.paint((0.1, 0.05), (0.2, 0.2), (0.5, 0.4))
    assert page.script(f"return {target}.raster.data[10 * 96 + 30]") == other
    page.click(".make.main")
    assert shown_result(page).shape == (64, 96, 3)


def test_margins_pulled_out_go_to_the_form_and_to_the_result(desk):
    desk.drop("shore.png", encoded(picture(96, 64, seed=60)))
    desk.click("[data-verb=expand]")
    desk.until(lambda: desk.script("return document.querySelector('main').stage?.layers.has('margins')"))
    desk.paint((1.0, 0.5), (1.1, 0.5), (1.2, 0.5))
    width = int(desk.attribute("[data-field=right] input", "value"))
    assert 12 <= width <= 26
    desk.click(".make.main")
    assert shown_result(desk).shape == (64, 96 + width, 3)


def test_something_cut_out_and_moved_is_passed_on(desk):
    desk.drop("road.png", encoded(picture(96, 64, seed=70)))
    desk.click("[data-verb=edit]")
    desk.click("[data-tool=lift]")
    desk.paint((0.2, 0.2), (0.4, 0.2), (0.4, 0.5), (0.2, 0.5), (0.2, 0.22))
    layer = "document.querySelector('main').stage.layers.get('edited')"
    assert desk.script(f"return {layer}.things.length") == 2
    desk.paint((0.3, 0.35), (0.5, 0.45), (0.7, 0.5))
    assert desk.script(f"return {layer}.things[1].x") > 50
    desk.click(".make.main")
    assert shown_result(desk).shape == (64, 96, 3)


def test_what_goes_wrong_is_one_sentence_and_a_form_comes_back_from_a_result(desk):
    desk.drop("note.txt", b"no picture")
    desk.reads(".toast.problem", "not a picture")
    desk.drop("wood.png", encoded(picture(96, 64, seed=80)))
    desk.click("[data-verb=edit]")
    desk.click("[data-tool=lift]")
    desk.paint((0.2, 0.2), (0.4, 0.2), (0.4, 0.5), (0.2, 0.5), (0.2, 0.22))
    desk.click(".make.main")  # cut out, and left where it was
    desk.reads(".progress.failed .problem", "no clear difference")
    desk.click("[data-do=remove]")
    desk.click("[data-do=back]")
    desk.click("[data-verb=vary]")
    desk.click("[data-field=structure] [data-word=close]")
    desk.click(".make.main")
    data = desk.fetched(desk.attribute(".compare .after", "src"))
    desk.click("[data-field=structure] [data-word=free]")
    desk.drop("result.png", data)
    desk.click(".banner button")
    desk.one("[data-field=structure] [data-word=close][aria-pressed=true]")


_DRAWN = """
const done = arguments[0];
import('/page/js/canvas/raster.js').then(({Raster}) => {
  const raster = new Raster(300, 280), steps = [];
  const step = (draw) => { raster.begin(); draw(); raster.end(); steps.push(Array.from(raster.data)); };
  step(() => raster.line(40.3, 50.2, 260.7, 200.9, 17.5, 255));
  step(() => raster.line(150, 30, 150, 30, 9, 0));
  step(() => raster.rectangle(10, 250, 60.4, 270, 3));
  step(() => raster.polygon([[200, 20], [280, 30], [240, 90]], 7));
  step(() => raster.fill(5, 5, 9));
  step(() => raster.invert());
  step(() => raster.soften(6));
  const back = [], forth = [];
  for (let i = 0; i < 6; i++) { raster.undo(); back.push(Array.from(raster.data)); }
  for (let i = 0; i < 6; i++) { raster.redo(); forth.push(Array.from(raster.data)); }
  done({steps, back, forth});
}, (error) => done(String(error)));
"""


def test_what_is_drawn_is_exact_and_undone_exactly(desk):
    said = desk.later(_DRAWN)
    steps = [np.array(one, np.uint8).reshape(280, 300) for one in said["steps"]]
    assert said["back"] == said["steps"][-2::-1]
    assert said["forth"] == said["steps"][1:]
    y, x = np.mgrid[:280, :300] + 0.5
    a, b = np.array((40.3, 50.2)), np.array((260.7, 200.9))
    along = ((x - a[0]) * (b - a)[0] + (y - a[1]) * (b - a)[1]) / ((b - a) @ (b - a))
    t = along.clip(0, 1)
    away = np.hypot(x - a[0] - t * (b - a)[0], y - a[1] - t * (b - a)[1])
    assert ((steps[0] == 255) == (away <= 17.5))[np.abs(away - 17.5) > 1e-6].all()
    assert (steps[1][np.hypot(x - 150, y - 30) <= 9] == 0).all()
    assert (steps[2][250:270, 10:61] == 3).all()
    inside = np.zeros((280, 300), bool)
    corners = [(200, 20), (280, 30), (240, 90)]
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]):
        inside ^= ((ay <= y) != (by <= y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    assert ((steps[3] == 7) == inside).all()
    assert ((steps[4] == 9) == (steps[3] == 0)).all()  # all that was empty hangs together
    assert (steps[5] == 255 - steps[4]).all()
    assert abs(float(steps[6].mean()) - float(steps[5].mean())) < 1.5  # softening moves, it does not add
    assert steps[6].std() < steps[5].std()


def test_three_jobs_one_stopped_the_studio_closed_and_opened_again(page, server):
    page.drop("sea.png", encoded(picture(96, 64, seed=90 + page.phone)))
    page.click("[data-verb=vary]")
    count = page.one("[data-field=n] input")
    count.send_keys("40")
    before = len(jobs(page))
    server.hold.at()
    for asked in range(1, 4):
        page.click(".make.main")  # which takes no second wish while it hands over the first
        page.until(lambda asked=asked: len(jobs(page)) == before + asked)
    last, middle, first = (job["id"] for job in jobs(page)[:3])
    made_by = {id: server.folder / "home" / "jobs" / id / "*_vary_*.png" for id in (first, last)}
    server.hold.at(files=made_by[first], count=1)
    page.click("[data-part=queue]")
    page.click(f"[data-job='{last}'] [data-do=stop]")
    page.one(f".progress.stopped[data-job='{last}']")
    page.until(lambda: next(job for job in jobs(page) if job["id"] == first)["results"])

    assert server.stop() == 0
    page.one("#offline")
    # On a busy machine the end of the server may cut off requests that it was at: nothing else may be complained about.
    assert all("status of 500" in problem for problem in page.problems())
    server.start()
    page.until(lambda: not page.one("body").find_element("id", "offline").is_displayed())
    states = {job["id"]: job for job in jobs(page)}
    assert states[last]["state"] == "stopped"  # what was stopped stays so
    assert states[first]["state"] in ("waiting", "working")  # what was at work goes on
    made = [one["file"] for one in states[first]["results"]]
    assert made

    page.click(f"[data-job='{first}'] [data-do=stop]")
    page.click(f"[data-job='{middle}'] [data-do=stop]")
    page.one(f".progress.stopped[data-job='{middle}']")
    page.one(f".progress.stopped[data-job='{first}']")
    server.hold.at(files=made_by[last], count=1)
    page.click(f"[data-job='{last}'] [data-do=continue]")
    page.until(lambda: next(job for job in jobs(page) if job["id"] == last)["results"])
    page.click(f"[data-job='{last}'] [data-do=stop]")
    page.one(f".progress.stopped[data-job='{last}']")
    server.hold.release()
    now = next(job for job in jobs(page) if job["id"] == first)
    assert [one["file"] for one in now["results"]][: len(made)] == made

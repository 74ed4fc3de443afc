"""The studio as a place to work, in a real browser: nothing painted is lost, and every press is a new picture."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

from .browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page
from .conftest import encoded, picture

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def desk(server, browser):
    page = Page(browser, DESKTOP)
    page.open(server.address)
    yield page
    server.hold.release()
    assert page.problems() == []
    page.script("location.hash = ''; localStorage.clear()")


MASK = "document.querySelector('main').stage?.layers.get('mask')"


def jobs(page):
    return json.loads(page.fetched("/api/jobs"))


def mask_of(page):
    return np.array(page.script(f"return Array.from({MASK}.raster.data)"))


def opened(page, name, verb, seed):
    page.drop(name, encoded(picture(96, 64, seed=seed)))
    page.click(f"[data-verb={verb}]")
    page.one("canvas.marks")
    page.until(lambda: page.script("return document.querySelector('main').stage?.layers.size >= 1"))


def with_mask(page):
    page.until(lambda: page.script(f"return Boolean({MASK}?.bar)"))


def ended(page, count):
    page.until(lambda: len(found := jobs(page)) >= count and all(job["state"] == "done" for job in found))
    return jobs(page)


def test_every_press_is_another_picture_and_a_pin_keeps_one(desk):
    opened(desk, "lake.png", "vary", 1)
    before = len(jobs(desk))
    seeds = []
    for press in range(1, 4):
        desk.click(".make.main")
        desk.until(lambda press=press: len(jobs(desk)) == before + press)
        seeds.append(jobs(desk)[0]["arguments"]["seed"])
    assert seeds == [0, 1, 2]
    desk.script("document.querySelector('details.more').open = true")
    desk.click("[data-do=pin]")
    assert desk.attribute("[data-field=seed] input", "value") == "2"
    desk.click(".make.main")
    desk.until(lambda: len(jobs(desk)) == before + 4)
    assert jobs(desk)[0]["arguments"]["seed"] == 2
    desk.click("[data-do=pin]")
    made = ended(desk, before + 4)
    assert len({job["results"][0]["file"] for job in made[:4]}) == 3
    desk.click(".rail .thumb")
    desk.click("[data-action=another]")
    desk.until(lambda: len(jobs(desk)) == before + 5)
    assert jobs(desk)[0]["arguments"]["seed"] == 3


def test_a_mask_is_there_after_other_verbs_a_reload_and_a_restart(desk, server):
    opened(desk, "bird.png", "erase", 2)
    with_mask(desk)
    desk.paint((0.3, 0.3), (0.6, 0.6))
    painted = mask_of(desk)
    assert painted.any()
    desk.click("[data-do=back]")
    desk.click("[data-verb=vary]")
    desk.click("[data-do=back]")
    desk.click("[data-verb=erase]")
    with_mask(desk)
    assert (mask_of(desk) == painted).all()
    desk.until(lambda: desk.script("return import('/page/js/keeping.js').then(({flush}) => flush()).then(() => true)"))
    desk.driver.refresh()
    with_mask(desk)
    assert (mask_of(desk) == painted).all()
    assert server.stop() == 0
    server.start()
    desk.open(server.address)
    desk.click(".recent .thumb[aria-label='Open bird.png']")
    desk.click("[data-verb=erase]")
    with_mask(desk)
    assert (mask_of(desk) == painted).all()
    desk.click("[data-tool=clear]")
    assert not mask_of(desk).any()
    desk.click("[data-tool=undo]")
    assert (mask_of(desk) == painted).all()
    desk.problems()  # a server that was stopped cuts requests off


def test_pasted_layers_and_margins_are_kept_too(desk):
    opened(desk, "road.png", "edit", 3)
    desk.click("[data-tool=lift]")
    desk.paint((0.2, 0.2), (0.4, 0.2), (0.4, 0.5), (0.2, 0.5), (0.2, 0.22))
    layer = "document.querySelector('main').stage?.layers.get('edited')"
    assert desk.script(f"return {layer}.things.length") == 2
    desk.paint((0.3, 0.35), (0.5, 0.45), (0.7, 0.5))
    place = desk.script(f"return {layer}.things[1].x")
    desk.click("[data-do=back]")
    desk.click("[data-verb=expand]")
    desk.until(lambda: desk.script("return document.querySelector('main').stage?.layers.has('margins')"))
    desk.paint((1.0, 0.5), (1.1, 0.5), (1.2, 0.5))
    width = desk.attribute("[data-field=right] input", "value")
    assert int(width) > 4
    desk.until(lambda: desk.script("return import('/page/js/keeping.js').then(({flush}) => flush()).then(() => true)"))
    desk.driver.refresh()
    desk.until(lambda: desk.attribute("[data-field=right] input", "value") == width)
    desk.click("[data-do=back]")
    desk.click("[data-verb=edit]")
    desk.until(lambda: desk.script(f"return {layer}?.things.length") == 2)
    assert desk.script(f"return {layer}.things[1].x") == place
    desk.click(".make.main")
    desk.one(".compare .after")


def test_a_result_that_comes_while_somebody_paints_waits_in_the_row(desk, server):
    opened(desk, "tree.png", "erase", 4)
    with_mask(desk)
    desk.paint((0.3, 0.3), (0.4, 0.4))
    before = len(jobs(desk))
    server.hold.at()
    high = desk.script("return document.querySelector('canvas.marks').height")
    desk.click(".make.main")
    desk.until(lambda: len(jobs(desk)) == before + 1)
    desk.one(".rail .progress")
    assert desk.script("return document.querySelector('canvas.marks').height") == high  # the first card takes no room
    desk.paint((0.6, 0.3), (0.7, 0.4))
    painted = mask_of(desk)
    server.hold.release()
    desk.one(".rail .thumb")
    assert desk.one("canvas.marks").is_displayed()
    assert not desk.all(".compare .after")
    assert (mask_of(desk) == painted).all()


def test_the_keyboard_stays_where_it_is_while_cards_change(desk, server):
    opened(desk, "hill.png", "vary", 5)
    server.hold.at()
    desk.click(".make.main")
    stop = desk.one(".rail [data-do=stop]")
    desk.script("arguments[0].focus()", stop)
    job = jobs(desk)[0]["id"]
    desk.script(
        """
        return import('/page/js/state.js').then(({state, changed}) => {
          const job = state.jobs.get(arguments[0]);
          for (const share of [.1, .2, .3]) {
            state.jobs.set(job.id, {...job, share, state: 'working'});
            changed('jobs', job);
          }
          return true;
        });
        """,
        job,
    )
    assert desk.script("return document.activeElement === arguments[0]", stop)
    server.hold.release()
    desk.one(".compare .after")
    desk.click("[data-action=keep]")
    desk.until(lambda: desk.script("return document.activeElement.dataset.action === 'keep'"))
    desk.one("[data-action=keep][aria-pressed=true]")
    assert desk.script("return document.activeElement.dataset.action") == "keep"


def test_a_deletion_can_be_undone(desk):
    opened(desk, "wood.png", "vary", 6)
    desk.click(".make.main")
    desk.one(".compare .after")
    job = jobs(desk)[0]
    desk.click("[data-action=discard]")
    desk.until(lambda: not desk.all(".rail .thumb"))
    desk.click("[data-do=offer]")
    desk.one(".rail .thumb")
    assert jobs(desk)[0]["results"] == job["results"]
    desk.click(".rail .thumb")
    desk.click("[data-action=discard]")
    desk.until(lambda: not desk.all(".rail .thumb"))
    desk.script("return import('/page/js/leaving.js').then(({settle}) => settle()).then(() => true)")
    desk.until(lambda: not any(one["id"] == job["id"] and one["results"] for one in jobs(desk)))


def test_what_is_missing_is_said_beside_it_and_no_job_is_begun(desk):
    opened(desk, "door.png", "erase", 7)
    with_mask(desk)
    before = len(jobs(desk))
    desk.click(".make.main")
    desk.reads("[data-field=mask] .lacking", "Paint the mask first")
    desk.click("[data-do=back]")
    desk.click("[data-verb=stylize]")
    desk.click(".make.main")
    desk.reads("[data-field=style] .lacking", "Choose a")
    assert len(jobs(desk)) == before
    desk.click("[data-do=back]")
    desk.click("[data-verb=edit]")
    desk.click(".make.main")
    desk.reads("[data-field=edited] .lacking", "first")
    assert len(jobs(desk)) == before


def test_erase_is_a_loop_with_a_way_back(desk):
    opened(desk, "sea.png", "erase", 8)
    with_mask(desk)
    desk.paint((0.3, 0.3), (0.5, 0.5))
    painted = mask_of(desk)
    desk.click(".make.main")
    desk.one(".compare .after")
    desk.click("[data-action=use]")
    desk.until(lambda: "sea.png" not in desk.attribute(".stage .frame", "aria-label"))
    with_mask(desk)
    assert desk.script("return location.hash") == "#/erase"
    assert not mask_of(desk).any()
    desk.click("[data-do=last-mask]")
    assert (mask_of(desk) == painted).all()
    desk.click("[data-do=before]")
    desk.until(lambda: "sea.png" in desk.attribute(".stage .frame", "aria-label"))
    with_mask(desk)
    assert (mask_of(desk) == painted).all()


def test_a_tab_keeps_its_name_when_a_colour_is_picked(desk):
    photo = Image.new("RGB", (96, 64), (60, 120, 200))
    photo.paste(picture(96, 32, seed=50), (0, 32))
    desk.drop("hill2.png", encoded(photo))
    desk.click("[data-verb=relayout]")
    target = "document.querySelector('main').stage?.layers.get('target')"
    desk.until(lambda: desk.script(f"return {target}?.always && {target}.palette.length >= 2"))
    names = [tab.text for tab in desk.all("[role=tab]")]
    desk.click(".palette .swatch:nth-child(2)")
    desk.paint((0.2, 0.2), (0.4, 0.3))
    desk.click("[data-tab=photo]")
    assert [tab.text for tab in desk.all("[role=tab]")] == names
    desk.click("[data-tab=target]")
    assert [tab.text for tab in desk.all("[role=tab]")] == names


def test_on_a_phone_a_mask_is_kept_as_well(server, browser):
    phone = Page(browser, PHONE)
    phone.open(server.address)
    opened(phone, "cat.png", "erase", 9)
    with_mask(phone)
    phone.paint((0.3, 0.3), (0.6, 0.6))
    painted = mask_of(phone)
    assert painted.any()
    phone.click("[data-do=back]")
    phone.click("[data-verb=erase]")
    with_mask(phone)
    assert (mask_of(phone) == painted).all()
    assert phone.problems() == []


def test_results_are_zoomed_compared_with_each_other_and_walked_through(desk):
    opened(desk, "moor.png", "vary", 10)
    desk.script("document.querySelector('details.more').open = true")
    desk.one("[data-field=n] input").send_keys("3")
    desk.click(".make.main")
    desk.until(lambda: len(desk.all(".rail .thumb")) == 3)
    desk.one(".compare .after")
    desk.click("[data-tool=zoom-in]")
    wide = desk.script("return document.querySelector('.compare .after').getBoundingClientRect().width")
    assert wide == pytest.approx(1.4 * desk.script("return document.querySelector('.compare').clientWidth"), rel=0.01)
    places = [
        desk.script(f"return document.querySelector('.compare .{one}').style.transform") for one in ("before", "after")
    ]
    assert places[0] == places[1] != ""
    # The line between both is where the slider is, however far it is zoomed.
    clip = desk.one(".compare .before").value_of_css_property("clip-path")
    assert 100 - float(clip.split()[1].rstrip("%")) == pytest.approx(100 * (0.2 + 0.2) / 1.4, abs=0.1)
    desk.click("[data-tool=zoom-fit]")
    assert "80%" in desk.one(".compare .before").value_of_css_property("clip-path")
    desk.click("[data-action=compare]")
    second = desk.all(".rail .thumb")[1]
    desk.script("arguments[0].focus()", desk.all(".rail .thumb")[0])
    desk.driver.switch_to.active_element.send_keys("\ue014")  # arrow to the right
    desk.until(lambda: desk.script("return document.activeElement === arguments[0]", second))
    assert desk.text(".tag.left") == "vary, seed 0"
    assert desk.text(".tag.right") == "vary, seed 1"
    assert "/files/" in desk.attribute(".compare .before", "src")


def test_what_is_larger_is_shown_larger(desk):
    opened(desk, "fence.png", "expand", 11)
    desk.until(lambda: desk.script("return document.querySelector('main').stage?.layers.has('margins')"))
    put = "import('/page/js/state.js').then(({setValue}) => { setValue('expand', 'right', 48, 'test'); return true; })"
    assert desk.script(f"return {put}")
    desk.click(".make.main")
    desk.one(".beside figure:last-child img")
    desk.until(lambda: desk.script("return document.querySelector('.window').style.width"))
    photo, result = desk.script("return [...document.querySelectorAll('.window')].map((one) => one.clientWidth)")
    assert result / photo == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize(
    "size", [(320, 568), (640, 400), (740, 360)], ids=["narrow", "zoomed to 200 %", "landscape phone"]
)
def test_the_photo_has_room_on_small_screens(server, browser, size):
    page = Page(browser, size)
    page.open(server.address)
    opened(page, f"small{size[0]}.png", "vary", 12)
    page.click(".make.main")
    page.one(".compare .after")
    assert page.script("return document.documentElement.scrollWidth") == size[0]
    assert page.script("return document.querySelector('.compare').clientHeight") >= 190
    page.click("[data-tab=photo]")
    assert page.script("return document.querySelector('.frame').clientHeight") >= 190
    assert page.problems() == []


def test_a_click_selects_what_is_there(desk):
    photo = Image.new("RGB", (96, 64), (60, 120, 200))
    photo.paste((200, 60, 40), (20, 16, 52, 48))
    desk.drop("box.png", encoded(photo))
    desk.click("[data-verb=erase]")
    with_mask(desk)
    desk.click("[data-tool=select]")
    desk.paint((0.37, 0.5))
    desk.until(lambda: mask_of(desk).any())
    inside = np.zeros((64, 96), bool)
    inside[16:48, 20:52] = True
    mask = mask_of(desk).reshape(64, 96) > 0
    assert (mask & inside).sum() / (mask | inside).sum() > 0.9
    before = mask.sum()
    desk.click("[data-tool=grow]")
    grown = mask_of(desk).reshape(64, 96) > 0
    assert grown.sum() > before
    assert (grown & mask).sum() == before
    desk.click("[data-tool=shrink]")
    assert (mask_of(desk).reshape(64, 96) > 0).sum() < grown.sum()
    desk.click("[data-tool=take-out]")
    desk.paint((0.37, 0.5))
    desk.until(lambda: not mask_of(desk).reshape(64, 96)[20:44, 24:48].any())
    desk.click("[data-tool=undo]")
    assert mask_of(desk).any()


def test_what_is_dropped_where_objects_are_pasted_becomes_a_layer(desk):
    opened(desk, "lawn.png", "harmonize", 13)
    layer = "document.querySelector('main').stage?.layers.get('pasted')"
    desk.until(lambda: desk.script(f"return Boolean({layer}?.bar)"))
    for number in (1, 2):
        desk.drop(f"thing{number}.png", encoded(picture(16, 16, seed=70 + number)))
        desk.until(lambda number=number: desk.script(f"return {layer}.things.length") == number)
    assert "lawn.png" in desk.attribute(".stage .frame", "aria-label")
    first = f"{layer}.things.indexOf({layer}.selected)"
    assert desk.script(f"return {first}") == 1
    desk.click("[data-tool=back]")
    assert desk.script(f"return {first}") == 0
    desk.click("[data-tool=add]")
    desk.click("dialog .photos .thumb")
    desk.until(lambda: desk.script(f"return {layer}.things.length") == 3)
    desk.click("[data-do=back]")
    desk.one(".chooser")
    desk.drop("other.png", encoded(picture(40, 40, seed=90)))  # elsewhere it is a photo
    desk.until(lambda: "other.png" in desk.text("main"))


def test_all_engines_are_tried_by_one_press(desk):
    opened(desk, "bush.png", "vary", 14)
    desk.one("[data-do=try-all]")
    before = len(jobs(desk))
    count = int(desk.text("[data-do=try-all]").split()[2])
    assert count >= 2
    desk.click("[data-do=try-all]")
    desk.until(lambda: len(jobs(desk)) == before + count)
    made = jobs(desk)[:count]
    assert len({job["arguments"]["engine"] for job in made}) == count
    assert len({job["arguments"]["seed"] for job in made}) == 1
    # Some engines train: on a busy machine, all of them together take longer than one job.
    desk.until(lambda: len(desk.all(".rail .thumb")) == count, count * desk.patience)


def test_a_result_is_saved_in_another_format(desk):
    opened(desk, "reed.png", "vary", 15)
    desk.click(".make.main")
    desk.one(".compare .after")
    desk.click("[data-action=save-as]")
    desk.one("#save-quality")
    job = jobs(desk)[0]
    place = f"/api/jobs/{job['id']}/results/{job['results'][0]['file']}/export?form=jpeg&quality=80&settings=false"
    data = desk.fetched(place)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (96, 64)
    assert b"reed" not in data
    desk.click("dialog [data-do=save-as]")
    desk.until(lambda: not desk.all("dialog"))


@pytest.mark.parametrize("verb", ["erase", "harmonize", "relayout"])
def test_the_time_is_told_before_anything_is_painted(desk, verb):
    opened(desk, f"time {verb}.png", verb, 16)
    desk.reads(".cost", "About")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_upload_says_how_far_it_is(server, browser, size):
    desk = Page(browser, size)
    desk.open(server.address)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    noise = np.random.default_rng(size[0]).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    desk.driver.execute_cdp_cmd("Network.enable", {})
    desk.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        desk.drop("noise of a very long name from a camera.png", encoded(Image.fromarray(noise)))
        desk.reads("#sending", "Uploading noise")
        share = desk.until(lambda: float(desk.script("return document.querySelector('#sending progress').value")))
        assert 0 < share <= 1
        percent = desk.script(
            "const one = document.querySelector('#sending .share');"
            "return [one.textContent, one.scrollWidth <= one.clientWidth + 1, one.getBoundingClientRect().right]"
        )
        assert re.fullmatch(r"\d+ %", percent[0])
        assert percent[1]
        assert percent[2] < desk.script("return innerWidth")
    finally:
        desk.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    desk.one(".chooser")
    desk.until(lambda: not desk.one("body").find_element("id", "sending").is_displayed())


def test_escape_leaves_a_comparison(desk):
    opened(desk, "heath.png", "vary", 17)
    desk.script("document.querySelector('details.more').open = true")
    desk.one("[data-field=n] input").send_keys("2")
    desk.click(".make.main")
    desk.until(lambda: len(desk.all(".rail .thumb")) == 2)
    desk.one(".compare .after")
    desk.click("[data-action=compare]")
    desk.all(".rail .thumb")[1].click()
    desk.reads(".tag.left", "vary")
    desk.driver.switch_to.active_element.send_keys("\ue00c")
    desk.reads(".tag.left", "Photo")
    desk.driver.switch_to.active_element.send_keys("\ue00c")
    desk.until(lambda: not desk.all(".compare"))
    assert desk.one(".frame").is_displayed()


def test_the_mask_tools_take_two_rows_on_a_phone(server, browser):
    phone = Page(browser, PHONE)
    phone.open(server.address)
    opened(phone, "fern.png", "erase", 18)
    with_mask(phone)
    height = "return document.querySelector('.toolrow').clientHeight"
    icon = phone.script("return document.querySelector('[data-tool=brush]').clientHeight")
    assert phone.script(height) < 3 * icon
    assert phone.script("return document.documentElement.scrollWidth") == PHONE[0]
    phone.paint((0.4, 0.4), (0.6, 0.6))
    before = (mask_of(phone) > 0).sum()
    phone.click("[data-tool=more]")
    phone.click("[data-tool=grow]")
    assert (mask_of(phone) > 0).sum() > before
    phone.click("[data-tool=more]")
    phone.until(lambda: phone.script(height) < 3 * icon)
    assert phone.problems() == []


_PICKED = """
const [selector, words] = arguments, select = document.querySelector(selector);
const option = [...select.options].find((one) => one.text === words);
if (!option) return false;
select.value = option.value;
select.dispatchEvent(new Event('change'));
return true;
"""


def test_saved_results_are_found_by_verb_photo_and_date(desk, browser):
    for name, verb in (("elm.png", "vary"), ("elm.png", "texture"), ("ash.png", "vary")):
        opened(desk, name, verb, 19 + (name == "ash.png"))
        desk.click(".make.main")
        desk.one(".compare .after, .beside figure")
        desk.click("[data-action=keep]")
        desk.one("[data-action=keep][aria-pressed=true]")
        desk.click("[data-do=back]")
        desk.one(".chooser")
    desk.click("[data-part=kept]")
    desk.until(lambda: len(desk.all(".gallery .thumb")) >= 3)
    everything = len(desk.all(".gallery .thumb"))

    def pick(field, words):
        desk.until(lambda: desk.script(_PICKED, field, words))

    pick("#kept-photo", "elm.png")
    desk.until(lambda: len(desk.all(".gallery .thumb")) == 2)
    pick("#kept-verb", "Vary")
    desk.until(lambda: len(desk.all(".gallery .thumb")) == 1)
    desk.click("[data-do=zip]")
    path = browser.downloads / "calotype-saved.zip"
    desk.until(path.exists)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["elm_vary_0.png"]
    path.unlink()
    desk.script(
        "const day = document.querySelector('#kept-until'); day.value = '2001-01-01';"
        " day.dispatchEvent(new Event('change'));"
    )
    desk.reads(".kept .empty", "No saved result")
    desk.click("[data-do=all]")
    desk.until(lambda: len(desk.all(".gallery .thumb")) == everything)


def test_a_verb_is_chosen_by_what_there_is_and_what_is_wanted(desk):
    desk.drop("brook.png", encoded(picture(96, 64, seed=21)))
    desk.one(".chooser")
    everything = len(desk.all(".intents [data-verb]"))
    desk.click("[data-have=two]")
    desk.click("[data-want=look]")
    desk.until(lambda: len(desk.all(".intents [data-verb]")) < everything)
    names = [one.get_attribute("data-verb") for one in desk.all(".intents [data-verb]")]
    assert names == ["stylize", "analogy"]
    desk.click("[data-have=model]")
    desk.reads("[data-verb=restyle]", "train one on a set, or import one")
    desk.click("[data-have=model]")
    desk.click("[data-want=look]")
    desk.until(lambda: len(desk.all(".intents [data-verb]")) == everything)
    desk.script("location.hash = '#/verbs'")
    desk.until(lambda: not desk.all(".chooser"))
    assert len(desk.all(".intents [data-verb]")) == everything


_SNAPPED = """
const done = arguments[0];
import('/page/js/canvas/snapping.js').then(({snapped}) => {
  const size = 120, inside = new Uint8Array(size * size), light = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
    const away = Math.hypot(x - 60, y - 60), rough = 34 + 4 * Math.sin(7 * Math.atan2(y - 60, x - 60));
    inside[y * size + x] = away < rough ? 1 : 0;
    light[y * size + x] = (away < 36 ? 180 : 90) + 12 * Math.sin(x / 3) + 12 * Math.cos(y / 4);
  }
  const thin = new Uint8Array(size * size);
  thin.fill(1, 60 * size, 61 * size);
  const none = new Uint8Array(size * size);
  const [after, ...others] = [inside, thin, none].map((one) => Array.from(snapped(one, light, size, size, 6)));
  done({before: Array.from(inside), after, thin: others[0], none: others[1].length});
}, (error) => done(String(error)));
"""


def test_what_is_selected_ends_at_the_strongest_edge_nearby(desk):
    said = desk.later(_SNAPPED)
    y, x = np.mgrid[:120, :120]
    disc = np.hypot(x - 60, y - 60) < 36
    before, after, thin = (np.array(said[name]).reshape(120, 120) > 0 for name in ("before", "after", "thin"))

    def overlap(one):
        return (one & disc).sum() / (one | disc).sum()

    assert overlap(before) < 0.9
    assert overlap(after) > 0.98
    assert thin.sum() == 120  # what is narrower than the reach stays as it is
    assert said["none"] == 120 * 120


def test_what_is_placed_is_no_longer_said_to_be_missing(desk):
    opened(desk, "pond.png", "harmonize", 23)
    layer = "document.querySelector('main').stage?.layers.get('pasted')"
    desk.until(lambda: desk.script(f"return Boolean({layer}?.bar)"))
    desk.click(".make.main")
    desk.one("[data-field=pasted] .lacking")
    desk.drop("thing.png", encoded(picture(16, 16, seed=77)))
    desk.until(lambda: not desk.all(".lacking"))


def test_what_is_done_to_a_photo_is_said_before_and_after(desk):
    photo = Image.new("RGB", (96, 64), (250, 250, 250))
    photo.paste(picture(80, 48, seed=24), (8, 8))
    desk.drop("framed.png", encoded(photo))
    desk.click("[data-verb=expand]")
    desk.until(lambda: desk.script("return document.querySelector('main').stage?.layers.has('margins')"))
    put = "import('/page/js/state.js').then(({setValue}) => { setValue('expand', 'right', 16, 'test'); return true; })"
    assert desk.script(f"return {put}")
    desk.reads(".cost", "The photo has a frame, which is replaced")
    desk.click(".make.main")
    desk.reads(".under .noted", "“Keep frame” keeps it")


def test_a_model_that_is_missing_is_named_where_the_time_is_told(desk):
    desk.script("location.hash = '#/panorama'")
    desk.reads(".cost", "Choose a model to see how long it takes.")


def test_the_slider_of_the_structure_stands_at_the_default(desk):
    opened(desk, "fen.png", "vary", 25)
    slider = "return Number(document.querySelector('[data-field=structure] input[type=range]').value)"
    desk.until(lambda: desk.script(slider) == 0.12)  # loose, for gpnn
    assert desk.text("[data-field=structure] output") == "12 %"
    assert desk.attribute("[data-word=auto]", "aria-pressed") == "true"
    desk.script("document.querySelector('details.more').open = true")
    desk.until(lambda: desk.script(_PICKED, "[data-field=engine] select", "gpdm"))
    desk.until(lambda: desk.script(slider) == 0)
    assert desk.one("[data-field=also]")
    desk.until(lambda: desk.script(_PICKED, "[data-field=engine] select", "singan"))  # takes no further photos
    assert desk.script("return document.querySelector('[data-field=also]').hidden")


def test_a_click_takes_a_part_and_its_slider_takes_more(desk):
    photo = Image.new("RGB", (96, 64), (60, 120, 200))
    photo.paste((60, 150, 60), (0, 32, 48, 64))
    photo.paste((76, 166, 76), (48, 32, 96, 64))
    desk.drop("meadow.png", encoded(photo))
    desk.click("[data-verb=erase]")
    with_mask(desk)
    desk.click("[data-tool=select]")
    desk.paint((0.25, 0.75))
    desk.until(lambda: mask_of(desk).any())
    mask = mask_of(desk).reshape(64, 96) > 0
    assert mask[36:60, 4:40].all()
    assert not mask[:, 54:].any()  # the meadow is not one
    slide = "const one = document.querySelector('.tolerance'); one.value = 30; one.dispatchEvent(new Event('input'))"
    desk.script(slide)
    desk.until(lambda: (mask_of(desk).reshape(64, 96)[36:60, 4:92] > 0).all())
    desk.click("[data-tool=undo]")
    assert not mask_of(desk).any()  # one step


def test_who_comes_back_to_the_page_wakes_the_studio(desk):
    opened(desk, "reeds.png", "vary", 26)
    asked = """
        const now = performance.now.bind(performance), request = fetch;
        window.woken = [];
        window.fetch = (path, ...more) => { window.woken.push(path); return request(path, ...more); };
        dispatchEvent(new PointerEvent('pointermove'));
        const early = window.woken.length;
        performance.now = () => now() + 120_000;
        for (let i = 0; i < 3; i++) dispatchEvent(new PointerEvent('pointermove'));
        Object.assign(performance, {now}); window.fetch = request;
        return [early, window.woken.filter((path) => path === '/api/wake').length];
    """
    assert desk.script(asked) == [0, 1]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_names_of_pictures_side_by_side_are_not_covered(server, browser, size):
    page = Page(browser, size)
    page.open(server.address)
    opened(page, "larger.png", "upscale", 27)
    put = "import('/page/js/state.js').then(({setValue}) => { setValue('upscale', 'preset', 'tiny'); return true; })"
    assert page.script(f"return {put}")
    page.click(".make.main")
    page.one(".beside figcaption")
    covered = """
        const bar = document.querySelector('.over-result').getBoundingClientRect();
        return [...document.querySelectorAll('.beside figcaption')].some((one) => {
          const box = one.getBoundingClientRect();
          return box.bottom > bar.top && box.top < bar.bottom && box.right > bar.left && box.left < bar.right;
        });
    """
    page.until(lambda: page.script("return document.querySelector('.window').style.width"))
    assert not page.script(covered)

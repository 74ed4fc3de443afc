"""The page of a user study in a real browser: what a participant sees, answers and saves, and what becomes of it."""

import json

import numpy as np
import pytest

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

from PIL import Image

from calotype import study

from .browser import CHROMIUM, DESKTOP, DRIVER, Page, chromium

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(600)


def folder(place, level, names):
    place.mkdir()
    for name in names:
        Image.fromarray(np.full((30, 40, 3), level, np.uint8)).save(place / name)
    return place


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    downloads = tmp_path_factory.mktemp("downloads")
    with chromium(downloads) as driver:
        opened = Page(driver, DESKTOP)
        opened.downloads = downloads
        yield opened


def created(tmp_path, **options):
    photos = folder(tmp_path / "photos", 40, ["a.png", "b.png"])
    methods = [folder(tmp_path / f"m{level}", level, ["a_1.png", "b_1.png"]) for level in (90, 200)]
    return study([photos, *methods], out=tmp_path / "study", **options)


def brightness(page, element):
    text = (
        "const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1; "
        "const drawn = canvas.getContext('2d'); drawn.drawImage(arguments[0], 0, 0); "
        "return drawn.getImageData(0, 0, 1, 1).data[0];"
    )
    return page.script(text, element)


def finished(page, made, participants=1):
    """Save the answers and move the file to where it belongs."""
    page.until(lambda: page.script("return document.body.dataset.finished === 'yes'"))
    assert not page.one(".again").is_enabled()  # nobody's answers are lost
    page.click(".save")
    assert "Send this file" in page.one("main p").text
    assert page.one(".again").is_enabled()
    (file,) = page.until(lambda: list(page.downloads.glob("answers-*.json")))
    page.until(lambda: file.stat().st_size)
    file.replace(made.folder / "answers" / file.name)
    return json.loads((made.folder / "answers" / file.name).read_text())


def test_pairs_are_hidden_after_their_time_answered_and_resumed(page, tmp_path):
    made = created(tmp_path, count=4, seconds=0.2, twice=True)
    page.driver.get(made.page.as_uri())
    page.click(".start")

    def asked(number):
        page.until(lambda: page.script("return document.querySelector('header').textContent") == f"{number + 1} of 8")

    for number in range(8):
        asked(number)
        if number == 3:  # a page that is loaded again goes on
            page.driver.refresh()
            page.reads(".start", "continue")
            page.click(".start")
            asked(number)
        images = page.until(lambda: len(page.all(".stage img")) == 2 and page.all(".stage img"))
        dark = [brightness(page, image) for image in images].index(40)
        page.until(lambda: page.script("return !!document.querySelector('.stage.hidden')"))  # after its time
        page.click(f"[data-value]:nth-child({2 - dark})")  # always right: the bright one is generated
    answers = finished(page, made)
    assert len(answers["answers"]) == 8
    assert "queue" not in answers
    orders = {(one["trial"], one["pass"]): one["order"] for one in answers["answers"]}
    assert all(orders[number, 1] == orders[number, 0][::-1] for number in range(4))
    assert [row["confusion"].value for row in study([made.folder]).rows] == [0, 0]
    assert page.problems() == []


def test_single_pictures_are_judged_with_the_keyboard(page, tmp_path):
    made = created(tmp_path, kind="unpaired", count=4, seconds=0)
    page.driver.get(made.page.as_uri())
    page.click(".start")
    for number in range(2):
        page.until(
            lambda n=number: page.script("return document.querySelector('header').textContent") == f"{n + 1} of 2"
        )
        page.one(".stage.single img")
        page.one("[data-value=real]")
        page.script("dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft'}))")  # all are called real
    finished(page, made)
    result = study([made.folder])
    assert result.taken_for_generated.value == 0
    assert [row["taken_for_real"].value for row in result.rows if row["taken_for_real"]] == [1]


UNDO = "return [...document.querySelectorAll('button')].find((one) => one.textContent === 'undo')"
SCALES = "return [...document.querySelectorAll('main img')].map((one) => one.clientWidth / one.naturalWidth)"


def test_pictures_are_ranked_by_pressing_them_in_order(page, tmp_path):
    made = created(tmp_path, kind="ranking")
    page.driver.get(made.page.as_uri())
    page.click(".start")
    for number in range(2):
        page.until(
            lambda n=number: page.script("return document.querySelector('header').textContent") == f"{n + 1} of 2"
        )
        picks = page.until(lambda: len(page.all(".pick img")) == 2 and page.all(".pick img"))
        assert not page.one(".next").is_enabled()
        assert not page.script(UNDO + ".disabled === false")
        # One scale for the photo and what was made of it, and a larger one when asked for.
        scales = page.script(SCALES)
        assert max(scales) - min(scales) < 0.1
        page.click(".zoom")
        assert min(page.script(SCALES)) > max(scales)
        page.click(".zoom")
        order = sorted(range(2), key=lambda i: brightness(page, picks[i]))  # the darker one is more alike
        page.click(f".pick:nth-child({order[1] + 1})")
        page.script(UNDO + ".click()")
        for i in order:
            page.click(f".pick:nth-child({i + 1})")
        page.click(".next")
    finished(page, made)
    first, second = study([made.folder]).rows
    assert (first["method"], first["mean_rank"].value, second["mean_rank"].value) == ("m90", 1, 2)

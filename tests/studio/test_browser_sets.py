"""Sets of pictures in a real browser: a folder is uploaded, a model trained on it, its samples compared."""

import json
import re

import pytest

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

from toys import TOYS

from calotype.data.writing import write_samples
from calotype.tasks.data import told

from .browser import CHROMIUM, DRIVER
from .conftest import encoded, picture
from .test_browser import desk, page  # noqa: F401  (fixtures)

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)


def folder(place, first, count=8):
    """Pictures in two folders of a folder, one of which is none, and something else."""
    for i in range(count):
        within = place / ("oak" if i % 2 else "ash")
        within.mkdir(parents=True, exist_ok=True)
        (within / f"{i}.png").write_bytes(encoded(picture(24, 24, seed=first + i)))
    (place / "oak" / "broken.png").write_bytes(encoded(picture())[:90])
    (place / "list.txt").write_text("no picture")
    return place


def set_values(page, verb, **values):  # noqa: F811
    """Fill in fields of a form as their widgets do."""
    text = (
        "const [verb, values, done] = arguments; import('/page/js/state.js').then(({setValue}) => {"
        "for (const [name, value] of Object.entries(values)) setValue(verb, name, value, 'test'); done(); });"
    )
    page.later(text, verb, values)


def jobs(page):  # noqa: F811
    return json.loads(page.fetched("/api/jobs"))


def test_a_folder_is_uploaded_trained_on_and_compared(page, server, tmp_path):  # noqa: F811
    name = "phone trees" if page.phone else "desk trees"
    kept = name.replace(" ", "_")  # so the name of its model begins
    page.click("[data-part=sets]")
    page.choose("[data-do=folder]", folder(tmp_path / name, 400 + 50 * page.phone))
    assert page.attribute("#set-name", "value") == name
    page.reads("dialog h2", "9 pictures")
    page.reads("dialog", "2 folders")
    page.click("[data-do=make-set]")
    page.one("[data-do=uploaded]")
    page.reads("dialog [role=status]", "8 of 9 are in the set")
    page.reads("dialog .refused", "oak/broken.png")
    page.click("[data-do=uploaded]")
    page.until(lambda: len(page.all(".members .thumb")) == 8)
    page.reads(".labels", "ash 4")

    page.click("[data-do=learn]")
    page.until(lambda: page.one("[data-field=engine] select").get_attribute("value") == "cocogan")
    page.until(lambda: page.all("[data-field=preset] select option[value=paper]"))
    assert page.all("[data-field=purpose], [data-field=labels]") == []  # they are of one photo
    set_values(page, "train", preset="tiny", settings={"steps": "4000"})
    server.hold.at(stage="parts", step=1000)  # it has shown pictures before
    page.until(lambda: "About" in page.one(".cost").text and "memory" in page.one(".cost").text)
    page.click(".make.main")
    page.until(lambda: page.all(".learning img, .progress .preview img"))
    page.until(lambda: jobs(page)[0]["share"] > 0)
    assert server.stop() == 0  # while it learns
    page.one("#offline")
    server.start()
    page.until(lambda: jobs(page)[0]["state"] == "working")
    page.click(".progress [data-do=stop]")
    page.until(lambda: jobs(page)[0]["state"] == "stopped")
    page.click("[data-part=models]")
    page.reads(f"article.model[data-model^='{kept}']", "% trained")
    assert re.search(r"[1-9]\d*% trained", page.text(f"article.model[data-model^='{kept}']"))
    page.click(f"[data-model^='{kept}'] [data-use=sample]")  # a model that is still learning can be tried
    page.until(lambda: page.one("[data-field=model] select").get_attribute("value"))
    page.until(lambda: "16 × 16" in page.one(".cost").text)
    set_values(page, "sample", n=6)
    page.click(".make.main")
    page.until(lambda: len(page.all(".rail .thumb")) == 6)
    page.click("[data-do=as-set]")
    page.until(lambda: len(page.all(".members .thumb")) == 6)

    page.script("location.hash = '#/evaluate'")
    page.click("[data-source=set]")
    pick(page, name)
    page.click("[data-field=fakes] [data-do=set]")
    pick(page, f"{name} sample")
    page.click(".make.main")
    table = page.text(".stage .report table")
    assert "FID" in table
    assert "coverage" in table
    page.reads(".stage .report", "8 real pictures, 6 generated ones")
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")

    page.click("[data-part=queue]")
    page.click("[data-do=continue]")
    page.until(lambda: any(job["state"] == "working" and job["verb"] == "train" for job in jobs(page)))
    page.click("[data-do=stop]")
    page.until(lambda: all(job["state"] in ("done", "stopped") for job in jobs(page)))
    server.hold.release()


def pick(page, name):  # noqa: F811
    """Choose the set of that name in a dialog."""
    find = (
        "return [...document.querySelectorAll('dialog .set')]"
        ".find((one) => one.querySelector('strong').textContent === arguments[0])"
    )
    page.until(lambda: page.script(find, name)).click()


def test_many_files_are_dropped_as_one_set_or_each_by_itself(desk):  # noqa: F811
    files = {f"leaf {i}.png": encoded(picture(24, 24, seed=100 + i)) for i in range(3)}
    desk.drop_all({**files, "readme.md": b"nothing"})
    desk.one("#set-name").clear()
    desk.one("#set-name").send_keys("leaves")
    desk.click("[data-do=make-set]")
    desk.until(lambda: len(desk.all(".members .thumb")) == 3)
    desk.drop_all({"one more.png": encoded(picture(24, 24, seed=110))})  # where a set is open it is for that
    desk.until(lambda: len(desk.all(".members .thumb")) == 4)
    desk.click("[data-do=each]")
    assert desk.all("[data-verb=erase]") == []  # a mask is of one photo
    desk.click("[data-verb=edges]")
    desk.click(".make.main")
    desk.until(lambda: len(desk.all(".rail .thumb")) == 4)
    desk.script("location.hash = ''")
    desk.drop_all(files)
    desk.click("[data-do=single]")
    desk.one(".chooser")
    assert {f"leaf {i}.png" for i in range(3)} <= {one["name"] for one in json.loads(desk.fetched("/api/pictures"))}


def test_a_set_made_elsewhere_keeps_its_maps(desk, tmp_path):  # noqa: F811
    module, packages = TOYS["scenes"]
    made = module.compose(packages(), 64, 2, 0)
    write_samples(tmp_path / "toy scenes", told(module.ABOUT, 64, 0), made, lambda: {"toys-LICENSE": b"free"})
    desk.click("[data-part=sets]")
    desk.choose("[data-do=folder]", tmp_path / "toy scenes")
    assert desk.attribute("#set-name", "value") == "toy scenes"
    desk.reads("dialog h2", "2 pictures")
    desk.reads("dialog", "are uploaded, too")
    desk.click("[data-do=make-set]")
    desk.until(lambda: len(desk.all(".members .thumb")) == 2)
    said = next(one for one in json.loads(desk.fetched("/api/sets")) if one["name"] == "toy scenes")
    assert (said["count"], said["maps"], said["source"]) == (2, True, "scenes")


def test_a_set_that_anyone_can_have_is_not_fetched_unasked(desk):  # noqa: F811
    desk.click("[data-part=sets]")
    desk.click("[data-anyones=digits] button")
    said = desk.text("dialog.fetch")
    assert "uses the network" in said
    assert "96 MB" in said
    assert "Apache-2.0" in said
    desk.click("dialog.fetch button[aria-label=Close]")
    assert not [job for job in jobs(desk) if job["verb"] == "data"]


def test_a_model_is_saved_and_imported(desk, server, browser, tmp_path):  # noqa: F811
    import calotype

    for i in range(4):
        (tmp_path / f"{i}.png").write_bytes(encoded(picture(24, 20, seed=200 + i)))
    model = calotype.train("cocogan", tmp_path, preset="tiny", device="cpu", out=tmp_path / "model").folder
    desk.click("[data-part=models]")
    desk.click("[data-do=import]")
    desk.choose("dialog [data-do=model-folder]", model)
    desk.click("[data-do=send]")
    name = desk.until(
        lambda: [a.get_attribute("data-model") for a in desk.all("article.model") if tmp_path.name in a.text]
    )
    assert "cocogan" in name[0]


def test_the_phones_bar_and_tools_fit(page):  # noqa: F811
    page.drop("lake.png", encoded(picture(96, 64, seed=300)))
    page.click("[data-verb=erase]")
    page.one("canvas.marks")
    page.until(lambda: page.all("[data-tool=undo]"))
    for selector in (".bar", ".toolrow"):
        wide, seen = page.script(
            f"const e = document.querySelector('{selector}'); return [e.scrollWidth, e.clientWidth]"
        )
        assert wide <= seen, selector

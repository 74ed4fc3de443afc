"""Every page of the studio is examined by axe-core: at the size of a desk and of a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")
pytest.importorskip("axe_core_python", reason="axe-core-python is not installed: accessibility is not examined")

import axe_core_python

from .browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page, used
from .conftest import encoded, picture

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
_FOUND = """
const [options, done] = arguments;
const shown = (one) => one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ');
axe.run(document, {resultTypes: ['violations'], ...options}).then(
  ({violations}) => done(violations.map((one) => `${one.id}: ${one.help}: ${shown(one)}`)),
  (error) => done([String(error)]));
"""


def found(page: Page, theme: str, sheet: bool = False) -> list[str]:
    """What axe finds on the page as it is now."""
    wanted = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wanted.items()]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    if not page.script("return Boolean(window.axe)"):
        page.script(AXE)
    # What is not about colours is the same in both, and the style sheet that axe would load each time on all pages.
    return list(page.later(_FOUND, {"preload": sheet, **({} if theme == "light" else {"runOnly": ["color-contrast"]})}))


def states(page: Page) -> Iterator[str]:
    """The pages of the studio, one after the other, with their usual content."""
    yield "start"
    page.script("location.hash = '#/verbs'")
    page.one(".intents [data-verb=vary]")
    yield "verbs"
    page.drop("meadow.png", encoded(picture(96, 64, seed=31)))
    page.one(".chooser .intents [data-verb=vary]")
    yield "chooser"
    page.click("[data-verb=erase]")
    page.until(lambda: page.script("return Boolean(document.querySelector('main').stage?.layers?.get('mask')?.bar)"))
    page.click("[data-tool=select]")
    if page.phone:
        page.click("[data-tool=more]")
    yield "mask"
    page.script("location.hash = '#/vary'")
    page.reads(".panel h1", "Vary")
    page.script("document.querySelector('details.more').open = true")
    yield "form"
    page.click(".make.main")
    page.one(".compare .after")
    page.click("[data-action=keep]")
    page.one("[data-action=keep][aria-pressed=true]")
    yield "result"
    page.click("[data-action=save-as]")
    page.one("dialog #save-form")
    yield "save as"
    page.click("dialog button[aria-label=Close]")
    page.click("[data-action=how]")
    page.one("dialog .command")
    yield "settings"
    page.click("dialog button[aria-label=Close]")
    page.script("location.hash = '#/relayout'")
    page.until(lambda: page.script("return document.querySelector('main').stage?.layers?.get('target')?.always"))
    yield "map"
    page.script("location.hash = '#/edit'")
    page.one("[data-tool=copy]")
    yield "objects"
    page.script("location.hash = '#/repose'")
    page.one(".pairs [data-do=add-pose]")
    yield "identities and poses"
    page.script("location.hash = '#/stylize'")
    page.click("[data-field=style] .thumb")
    page.one("dialog.choose")
    yield "choice of a picture"
    page.click("dialog button[aria-label=Close]")
    for name, shown in (
        ("train", ".panel h1"),
        ("evaluate", ".panel h1"),
        ("sample", ".panel h1"),
        ("draw", ".panel h1"),
        ("scene", ".panel h1"),
        ("adjust", ".panel h1"),
        ("queue", "article.job"),
        ("kept", ".gallery .thumb"),
        ("sets", ".offer"),
        ("models", ".page h1"),
    ):
        page.script("location.hash = `#/${arguments[0]}`", name)
        page.one(shown)
        yield name
    page.driver.get(f"{page.driver.current_url.split('/#')[0]}/api")
    page.one(".interface h2")
    yield "interface"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(server, browser, size):
    page = Page(browser, size)
    problems = []
    for _ in used(page, server):
        for state in states(page):
            for theme in ("light", "dark"):
                first = (state, theme) == ("start", "light")
                problems += [f"{state}, {theme}: {one}" for one in found(page, theme, sheet=first)]
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        page.open(server.address)
    assert not problems, "\n".join(problems)

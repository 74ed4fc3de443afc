"""Widgets of trained models in a real browser: sliders with a picture that follows them, and latent codes."""

from __future__ import annotations

import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed, so the page is not tried")

from calotype.inspection.leaks import Factors, leak_report
from calotype.results import Latent
from calotype.tasks.leaks import LEAKS

from .browser import CHROMIUM, DESKTOP, DRIVER, PHONE, Page, used
from .conftest import encoded, picture

if not CHROMIUM or not DRIVER:
    pytest.skip("there is no Chromium with its driver here, so the page is not tried", allow_module_level=True)

pytestmark = pytest.mark.timeout(900)
EXAMPLES = Path(__file__).parents[2] / "examples"


ROOT = EXAMPLES.parent
TRAINED = ("scenegraph", "bachgan", "pyramid", "disentangle", "control3d", "styledisentangle", "bicyclegan", "lifelong")


@pytest.fixture(scope="module")
def models(server, tmp_path_factory):
    """The example models, and others that were hardly trained, in the store of the studio."""
    spec = importlib.util.spec_from_file_location("studio_walk_models", ROOT / "benchmarks" / "studio_walk_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_CACHE", str(server.folder / "cache"))
        names, _ = module.prepared(tmp_path_factory.mktemp("sets"), ("stylegan", "spade", "smis", *TRAINED))
    return {**names, "faces": names["stylegan"], "landscapes": names["spade"], "shapes": names["scenegraph"]}


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


def test_a_learned_direction_and_several_codes_are_chosen(desk, models, server):
    store = server.folder / "cache" / "models" / models["faces"]
    width = json.loads((store / "model.json").read_text())["config"]["style"]
    Latent({"direction": np.full(width, 0.3, np.float32)}).save(store / "directions" / "glasses.safetensors")
    desk.drop("second.png", (EXAMPLES / "faces" / "second.png").read_bytes())
    desk.click("[data-verb=embed]")
    desk.one("[data-field=model] select")
    set_value(desk, "embed", "model", models["faces"])
    set_value(desk, "embed", "preview", True)
    desk.click(".make.main")
    desk.one(".rail .thumb")
    for verb in ("adjust", "morph"):
        set_value(desk, verb, "model", models["faces"])
    desk.script("location.hash = '#/adjust'")
    desk.click("[data-field=code] .thumb")
    desk.click("dialog [data-code]")
    before = live(desk)
    desk.script(
        "const select = document.querySelector('[data-field=direction] select'); select.value = 'glasses';"
        "select.dispatchEvent(new Event('change'))"
    )
    desk.until(lambda: (live(desk) != before).any())
    assert desk.script("return document.querySelector('[data-field=direction] select').value") == "glasses"
    desk.script("location.hash = '#/morph'")
    for field in ("first", "second", "further", "further"):
        desk.click(f"[data-field={field}] .slot:not(:has(img)) .thumb, [data-field={field}] .slots > .thumb")
        desk.click("dialog [data-code]")
        desk.until(lambda: not desk.all("dialog"))
    assert len(desk.all("[data-field=further] img")) == 2
    desk.click("[data-field=further] .slot button")
    assert len(desk.all("[data-field=further] img")) == 1
    set_value(desk, "morph", "frames", 4)
    desk.click(".make.main")
    desk.until(lambda: jobs(desk)[0]["verb"] == "morph" and jobs(desk)[0]["state"] == "done")
    assert len(jobs(desk)[0]["arguments"]["further"]) == 1


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


def uploaded(page, *names):
    """Ids of small pictures, which are handed in."""
    found = []
    for name in names:
        page.drop(name, encoded(picture(64, 64, seed=int.from_bytes(name.encode()) % 10007)))
        found.append(
            page.until(lambda name=name: next((one["id"] for one in pictures(page) if one["name"] == name), None))
        )
    page.script("return import('/page/js/state.js').then(({loadPictures}) => loadPictures()).then(() => true)")
    return found


def pictures(page):
    return json.loads(page.fetched("/api/pictures"))


def chosen(page, button, name):
    """Choose a picture in the dialog of a button."""
    page.click(button)
    page.click(f"dialog .thumb[aria-label='{name}']")
    page.until(lambda: not page.all("dialog"))


CELLS = """
return [...document.querySelectorAll('.made-pair[data-made]')].map((one) =>
  Array.from(one.getContext('2d').getImageData(0, 0, one.width, one.height).data));
"""


def test_identities_and_poses_give_a_grid(page, models):
    uploaded(page, "anna.png", "ben.png", "jump.png")
    set_value(page, "repose", "model", models["disentangle"])
    page.script("location.hash = '#/repose'")
    for name in ("anna.png", "ben.png"):
        chosen(page, ".pairs [data-do=add-identity]", name)
    for name in ("jump.png", "anna.png"):
        chosen(page, ".pairs [data-do=add-pose]", name)
    cells = page.until(lambda: len(found := page.script(CELLS)) == 4 and found, what="the cells")
    assert page.script("return document.documentElement.scrollWidth") <= page.script("return innerWidth")
    before = len(jobs(page))
    page.click(".make.main")
    job = page.until(lambda: (found := jobs(page)) and len(found) > before and found[0]["results"] and found[0])
    assert [len(job["arguments"][name]) for name in ("identity", "pose")] == [2, 2]
    made = page.fetched(f"/api/jobs/{job['id']}/files/{job['results'][0]['file']}")
    grid = np.asarray(Image.open(io.BytesIO(made)).convert("RGB"))
    side = grid.shape[0] // 3
    for number, cell in enumerate(cells):
        y, x = side * (1 + number // 2), side * (1 + number % 2)
        assert (np.array(cell, np.uint8).reshape(side, side, 4)[..., :3] == grid[y : y + side, x : x + side]).all()
    page.click("[data-do=grid]")
    page.click(".head.of-identity .icon")
    page.until(lambda: len(page.all(".made-pair")) == 2)
    # The form can be filled again, although the file has one hash of all pictures.
    place = f"/api/jobs/{job['id']}/results/{job['results'][0]['file']}/settings"
    assert json.loads(page.fetched(place))["arguments"]["pose"] == job["arguments"]["pose"]


def test_the_layout_is_shown_as_it_is_inferred(page, models):
    set_value(page, "draw", "model", models["scenegraph"])
    page.script("location.hash = '#/draw'")
    page.one("[data-do=add-object]")
    while page.all(".object"):
        page.click("[data-do=remove-object]")
    for _ in range(3):
        page.click("[data-do=add-object]")
    masks = "const one = document.querySelector('.masks'); return one.hidden ? 0 : one.width * one.height"
    page.until(lambda: page.script(masks), what="the masks")
    assert not page.all(".chosen-box")
    page.click("[data-do=free]")
    page.one(".chosen-box")
    layout = page.script("return document.querySelector('main').stage.sketched().layout")
    assert ["box" in one for one in layout["objects"]] == [True, True, False]
    assert len(layout["relations"]) == 3
    live(page)
    page.click("[data-do=free]")
    page.until(lambda: not page.all(".chosen-box"))
    assert "relations" not in page.script("return document.querySelector('main').stage.sketched().layout")


def test_a_picture_follows_the_strokes_of_a_map(page, models):
    set_value(page, "draw", "model", models["spade"])
    page.script("location.hash = '#/draw'")
    page.until(lambda: len(page.all(".palette .swatch")) > 3)
    before = live(page)
    parts = len(pictures(page))
    page.click(".palette .swatch:nth-child(4)")
    page.click(".stage [data-tool=rect]")
    for top in (0.8, 0.6):
        page.paint((0.0, top), (1.0, 1.0))
        page.until(lambda before=before: (live(page) != before).any())
        before = live(page)
    assert len(pictures(page)) <= parts + 1  # maps that no job has are not kept
    count = len(jobs(page))
    page.click(".make.main")
    made = page.until(lambda: (found := jobs(page)) and len(found) > count and found[0]["results"] and found[0])
    result = page.fetched(f"/api/jobs/{made['id']}/files/{made['results'][0]['file']}")
    assert np.asarray(Image.open(io.BytesIO(result)).convert("RGB")).shape == before.shape


def test_boxes_are_of_classes_that_the_model_draws_boxes_of(desk, models):
    set_value(desk, "draw", "model", models["bachgan"])
    desk.script("location.hash = '#/draw'")
    offered = desk.until(
        lambda: desk.script("return [...document.querySelectorAll('.class-of option')].map((one) => one.value)")
    )
    assert "tree" in offered
    assert "sky" not in offered
    desk.click("[data-do=add-object]")
    live(desk)


def test_objects_of_a_scene_are_turned_and_moved(desk, models):
    set_value(desk, "scene", "model", models["control3d"])
    desk.script("location.hash = '#/scene'")
    before = live(desk)
    slide(desk, "azimuth", 90)
    desk.until(lambda: (live(desk) != before).any())
    range_ = desk.one("[data-field=move] [data-axis=right]")
    desk.script("arguments[0].value = 0.4; arguments[0].dispatchEvent(new Event('input'))", range_)
    desk.reads(".cost", "Object")  # what is missing is said
    before = len(jobs(desk))
    desk.click(".make.main")
    desk.one(".cost.problem")
    assert len(jobs(desk)) == before  # and nothing is begun
    set_value(desk, "scene", "object", "1")
    desk.reads(".cost", "About")
    desk.click(".make.main")
    desk.one(".rail .thumb")
    given = jobs(desk)[0]["arguments"]
    assert given["azimuth"] == 90
    assert given["move"] == "0.4,0,0"


def test_a_remix_follows_its_level(desk, models):
    desk.drop("remixed.png", encoded(picture(64, 64, seed=7)))
    set_value(desk, "remix", "model", models["pyramid"])
    desk.click("[data-verb=remix]")
    desk.one("[data-field=level]")
    slide(desk, "level", 1)
    before = live(desk)
    slide(desk, "level", 0)
    desk.until(lambda: (live(desk) != before).any())
    # A model is in place of an engine.
    assert [
        desk.script(f"return document.querySelector('[data-field={name}]').hidden") for name in ("engine", "preset")
    ] == [True, True]
    set_value(desk, "remix", "model", None)
    assert not desk.script("return document.querySelector('[data-field=engine]').hidden")


def test_two_artworks_are_blended(desk, models):
    uploaded(desk, "artwork.png", "second.png", "blended.png")
    set_value(desk, "stylize", "model", models["styledisentangle"])
    desk.until(lambda: "blended" in desk.text("main"))
    desk.click("[data-verb=stylize]")
    desk.one(".panel [data-field=style]")
    desk.script("document.querySelector('details.more').open = true")
    chosen(desk, "[data-field=style] .thumb", "artwork.png")
    chosen(desk, "[data-field=to_style] .thumb", "second.png")
    slide(desk, "blend", 0.25)
    desk.click(".make.main")
    desk.one(".rail .thumb")
    given = jobs(desk)[0]["arguments"]
    assert given["blend"] == 0.25
    assert given["style"] != given["to_style"]


def test_the_tasks_that_a_model_was_taught_are_offered(desk, models):
    desk.drop("told.png", encoded(picture(64, 64, seed=9)))
    set_value(desk, "translate", "model", models["bicyclegan"])
    desk.click("[data-verb=translate]")
    desk.until(lambda: desk.script("return document.querySelector('[data-field=task] select')?.disabled"))
    set_value(desk, "translate", "model", models["lifelong"])
    words = "return [...document.querySelectorAll('[data-field=task] option')].map((one) => one.value)"
    desk.until(lambda: desk.script(words) == ["", "lines", "blurs"], what="the tasks")
    set_value(desk, "translate", "task", "blurs")
    desk.click(".make.main")
    desk.one(".rail .thumb")
    assert jobs(desk)[0]["arguments"]["task"] == "blurs"


def test_maps_and_masks_without_a_photo_are_painted_or_chosen(desk, models):
    (layout, style) = uploaded(desk, "map.png", "look.png")
    set_value(desk, "interpolate", "model", models["stylegan"])
    desk.script("location.hash = '#/interpolate'")
    desk.one(".panel [data-field=frames]")
    desk.until(
        lambda: (
            not any(
                desk.script(f"return !document.querySelector('[data-field={name}]').hidden")
                for name in ("layout", "style", "style_map")
            )
        )
    )
    set_value(desk, "interpolate", "model", models["smis"])
    desk.until(lambda: len(desk.all(".palette .swatch")) > 3)
    desk.reads(".cost", "About")  # as if the map were painted
    desk.script("document.querySelector('details.more').open = true")
    chosen(desk, "[data-field=style_map] .thumb", "map.png")
    chosen(desk, "[data-field=style] .thumb", "look.png")
    set_value(desk, "interpolate", "model", models["stylegan"])  # takes neither
    set_value(desk, "interpolate", "frames", 4)
    desk.until(lambda: desk.all(".bare"))
    desk.click(".make.main")
    desk.one(".rail .thumb")
    assert not {"style", "style_map", "layout"} & jobs(desk)[0]["arguments"].keys()
    desk.script("location.hash = '#/crossover'")
    desk.one(".panel [data-field=structure_code]")
    desk.script("document.querySelector('details.more').open = true")
    chosen(desk, "[data-field=mask] .thumb", "map.png")
    assert desk.script("return import('/page/js/state.js').then(({valuesOf}) => valuesOf('crossover').mask)") == layout
    assert style


def test_models_are_offered_to_be_dissected(desk, models):
    desk.script("location.hash = '#/dissect'")
    options = "return [...document.querySelectorAll('[data-field=model] option')].map((one) => one.value)"
    offered = desk.until(lambda: len(found := desk.script(options)) > 1 and set(found))
    assert {models["stylegan"], models["spade"]} <= offered
    assert models["disentangle"] not in offered


def test_photos_are_found_in_a_model(desk, models):
    desk.drop("found.png", encoded(picture(40, 40, seed=90)))
    desk.until(lambda: "found.png" in str(desk.script("return document.body.innerHTML")))
    for name, value in (("model", models["stylegan"]), ("method", "z"), ("steps", 2)):
        set_value(desk, "invert", name, value)
    desk.script("location.hash = '#/invert'")
    options = "return [...document.querySelectorAll('[data-field=model] option')].map((one) => one.value)"
    offered = desk.until(lambda: len(found := desk.script(options)) > 1 and set(found))
    assert models["stylegan"] in offered
    assert models["spade"] not in offered  # it draws label maps, which a photo does not have
    chosen(desk, ".panel [data-field=photos] .thumb:not([data-do])", "found.png")
    desk.click(".make.main")
    desk.one(".rail .thumb")
    desk.reads(".report", "PSNR")
    assert [made["file"] for made in jobs(desk)[0]["results"]] == ["found.png"]


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

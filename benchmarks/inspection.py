"""Three kinds of generators dissected and inverted by commands, and their pages opened in a browser.

COCO-GAN is trained on the set here, StyleGAN is the example's, and one network is imported: any file that ``calotype
models import`` reads, with random weights too. What the classes of an untrained network are is not of interest; that
everything is a number is. The encoders are trained for few steps. Every command is run as a user does and told of in
the result; pages are opened with a wide and a narrow window, which they have to fit into without complaints of the
browser. It needs Chromium, its driver and selenium.

    calotype data faces --size 32 --count 4000 --out FACES
    python benchmarks/inspection.py --faces FACES --imported FILE --work WORK --out benchmarks/results/inspection.json
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import provenance

EXAMPLE = Path(__file__).parent.parent / "examples" / "models" / "faces"
COCOGAN = ("--preset", "tiny", "--set", "steps=600", "--set", "width=8", "--set", "critic_width=8")
ENCODER = ("image_steps=80", "layer_steps=30", "joint_steps=30")
PICTURES, PHOTOS, STEPS = 200, 6, 40
WIDTHS = (1280, 390)


def calotype(work: Path, told: list[str], *arguments: str) -> str:
    """Run a command; returns what it prints."""
    environment = {**os.environ, "CALOTYPE_CACHE": str(work / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "calotype", *arguments], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise SystemExit(f"calotype {' '.join(arguments)}: {done.stderr}")
    told.append(" ".join(["calotype", *(Path(one).name if os.sep in one else one for one in arguments)]))
    return done.stdout


def inspected(name: str, model: str, asked: argparse.Namespace, told: list[str]) -> dict[str, Any]:
    """Dissect and invert a model; the numbers of both pages."""
    pages = {verb: asked.work / f"{name}-{verb}" for verb in ("dissected", "inverted")}
    faces = str(asked.faces)
    few = ("-n", str(PICTURES), "--device", "cpu")
    calotype(asked.work, told, "dissect", model, "--real", faces, *few, "-o", str(pages["dissected"]))
    photos = [str(path) for path in sorted((asked.faces / "images").iterdir())[-PHOTOS:]]
    settings = [part for each in ENCODER for part in ("--set", each)]
    more = ("--real", faces, "--steps", str(STEPS), *settings, "--device", "cpu", "-o", str(pages["inverted"]))
    calotype(asked.work, told, "invert", model, *photos, *more)
    areas = json.loads((pages["dissected"] / "areas.json").read_text())
    found = json.loads((pages["inverted"] / "inversion.json").read_text())
    psnr = sorted(row["psnr"] for row in found["photos"])
    row = {
        "fsd": areas["fsd"],
        "floor": areas["fsd_floor"],
        "classes": {one["name"]: one["change"] for one in areas["classes"]},
        "psnr": psnr[len(psnr) // 2],
        "kept": {one["name"]: one["kept"] for one in found["classes"]},
    }
    numbers = [row["fsd"], row["floor"], row["psnr"], *row["classes"].values(), *row["kept"].values()]
    assert all(one is None or math.isfinite(one) for one in numbers), row
    return {**row, "pages": {verb: looked_at(folder / "page.html", asked) for verb, folder in pages.items()}}


def looked_at(page: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Open a page in windows of two widths: its width, and what the browser complains about."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    found: dict[str, Any] = {"complaints": 0, "fits": True}
    try:
        for width in WIDTHS:
            screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            driver.get(page.resolve().as_uri())
            wide, high = driver.execute_script(
                "const root = document.documentElement; return [root.scrollWidth, root.scrollHeight];"
            )
            found["fits"] &= wide <= width
            found["broken_pictures"] = driver.execute_script(
                "return [...document.images].filter((one) => !one.naturalWidth).length"
            )
            found["complaints"] += len(driver.get_log("browser"))
            if asked.pictures:
                asked.pictures.mkdir(parents=True, exist_ok=True)
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**screen, "height": min(high, 2400)})
                driver.save_screenshot(str(asked.pictures / f"{page.parent.name}-{width}.png"))
    finally:
        driver.quit()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--imported", type=Path, required=True, help="a file that 'calotype models import' reads")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="folder for the screenshots")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    told: list[str] = []
    example = asked.work / "faces-example"  # a copy: the encoder is kept beside the model
    shutil.copytree(EXAMPLE, example, dirs_exist_ok=True)
    trained = calotype(asked.work, told, "train", "cocogan", str(asked.faces), *COCOGAN, "--device", "cpu")
    imported = calotype(asked.work, told, "models", "import", str(asked.imported))
    models = {"cocogan": folder_in(trained), "stylegan": str(example), "imported": folder_in(imported)}
    rows = {name: inspected(name, model, asked, told) for name, model in models.items()}
    result = {"benchmark": "inspection", **provenance(), "pictures": PICTURES, "photos": PHOTOS, "models": rows}
    text = json.dumps({**result, "commands": told}, indent=2) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


def folder_in(printed: str) -> str:
    """The folder of a model, which is the last line that a command prints."""
    return printed.strip().splitlines()[-1].strip()


if __name__ == "__main__":
    main()

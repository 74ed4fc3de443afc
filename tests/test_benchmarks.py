"""The benchmarks of quality, super-resolution and analogies, the first two with stand-ins for the engines."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.types import Result

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
quality = pytest.importorskip("quality", reason="the benchmarks are not part of this distribution")
machine = pytest.importorskip("machine")
superresolution = pytest.importorskip("superresolution")
analogies = pytest.importorskip("analogies")


def photo(seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)).resize((60, 48), Image.Resampling.BICUBIC)


def job(folder, **changes):
    for name, seed in (("photo", 0), ("singan", 1), ("gpnn", 0)):
        photo(seed).save(folder / f"{name}.png")
    values = {
        "group": "set",
        "photo": folder / "photo.png",
        "published": {"singan": folder / "singan.png", "gpnn": folder / "gpnn.png"},
        "engine": "gpnn",
        "presets": ("fast", "paper"),
        "structures": ("loose",),
        "seed": 4,
        "count": 2,
        "weights": None,
        "sheet": folder / "sheets" / "one.png",
    }
    return quality.Job(**{**values, **changes})


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)

    def generated(job, preset, structure):
        seeds = [job.seed + i for i in range(job.count)]
        return Result([photo(s) for s in seeds], seeds, {}, seconds=[0.5] * job.count)

    monkeypatch.setattr(quality, "generated", generated)


def test_rows_summary_and_sheet(tmp_path, engine):
    rows, features = quality.work(job(tmp_path))
    assert [row["system"] for row in rows] == ["singan", "gpnn", *["gpnn fast"] * 2, *["gpnn paper"] * 2]
    assert [row["seed"] for row in rows] == [None, None, 4, 5, 4, 5]
    assert set(features) == {"sifid_offline"}
    lines = quality.summary(rows)
    copied = next(line for line in lines if line["system"] == "gpnn" and line["set"] == "set")
    assert copied["median"]["copied"] == 1
    assert "sifid" not in copied["median"]
    assert next(line for line in lines if line["system"] == "gpnn fast")["median"]["diversity"] > 0.1
    assert "gpnn paper" in quality.table(lines)
    assert Image.open(tmp_path / "sheets" / "one.png").width == 3 * (256 + 8) + 8  # three columns of the kit's sheet
    json.dumps(rows)


def test_several_structures_are_systems_apart(tmp_path, engine):
    rows, _ = quality.work(job(tmp_path, presets=("fast",), structures=("free", "loose")))
    assert [row["system"] for row in rows[2:]] == ["gpnn fast free"] * 2 + ["gpnn fast loose"] * 2


def test_a_photo_counts_once():
    rows = [{"set": "s", "photo": p, "x": v} for p, v in (("a", 1.0), ("a", 3.0), ("b", 8.0), ("c", None))]
    assert quality.photo_means(rows, "x") == [2, 8]


def test_provenance_tells_the_machine_but_not_whose():
    record = machine.provenance()
    assert record["machine"]["cores"] >= 1
    assert record["versions"]["torch"]
    text = json.dumps(record)
    assert str(Path.home()) not in text
    assert str(Path.cwd()) not in text


def test_superresolution_against_bicubic(tmp_path, monkeypatch):
    folder = tmp_path / "tasks" / "upscale"
    folder.mkdir(parents=True)
    for i in range(3):
        photo(i).resize((131, 97), Image.Resampling.BICUBIC).save(folder / f"{i}.png")

    def upscaled(job, engine, preset):
        large = job.small.resize(job.true.shape[:1:-1], Image.Resampling.NEAREST)
        return large, 2.5

    monkeypatch.setattr(superresolution, "upscaled", upscaled)
    options = argparse.Namespace(data=tmp_path, factors=[4, 2], photos=2)
    rows = []
    for asked in superresolution.planned(options):
        assert asked.true.shape[2] == asked.factor * asked.small.height
        assert asked.true.shape[3] == asked.factor * asked.small.width
        features = {"lpips_offline": superresolution.offline_features()}
        found, pictures = superresolution.work(asked, "toy", ("fast",), features)
        assert list(pictures) == [row["system"] for row in found] == ["photo", "bicubic", "toy fast"]
        rows += found
    lines = superresolution.summary(rows)
    assert [(line["factor"], line["photos"]) for line in lines] == [(4, 2)] * 3 + [(2, 2)] * 3
    means = {(line["factor"], line["system"]): line["mean"] for line in lines}
    assert set(means[4, "photo"]) == {"naturalness"}
    for factor in (4, 2):
        assert means[factor, "bicubic"]["psnr"] > means[factor, "toy fast"]["psnr"]
        assert means[factor, "bicubic"]["ssim"] > means[factor, "toy fast"]["ssim"]
        assert means[factor, "toy fast"]["seconds"] == 2.5
    assert means[2, "bicubic"]["lpips_offline"] < means[4, "bicubic"]["lpips_offline"]
    assert "toy fast" in superresolution.table(lines)
    json.dumps(rows)


def maps():
    """A photo [1, 3, 40, 60], rough on the left and smooth on the right, and its map [1, 2, 40, 60]."""
    noise = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0)) - 0.5
    left = (torch.arange(60) < 30).float().expand(1, 1, 40, 60)
    return left * noise, torch.cat([left, 1 - left], 1)


def test_the_segmenter_goes_by_what_things_look_like_and_not_where_they_are():
    picture, own = maps()
    segmenter = analogies.Segmenter(picture, own)
    for picture_, own_ in ((picture, own), (picture.flip(3), own.flip(3))):
        found = analogies.agreement(own_, segmenter(picture_))
        assert found["pixels"] > 0.9
        assert found["iou"] > 0.8
    assert analogies.agreement(own, segmenter(picture, itself=True))["pixels"] > 0.85


def test_agreement():
    _, own = maps()
    assert analogies.agreement(own, own[0].argmax(0)) == {"pixels": 1.0, "iou": 1.0}
    assert analogies.agreement(own, torch.zeros(40, 60).long()) == {"pixels": 0.5, "iou": 0.25}
    assert analogies.agreement(own, 1 - own[0].argmax(0)) == {"pixels": 0.0, "iou": 0.0}


def test_analogies_from_end_to_end(tmp_path, monkeypatch):
    folder = tmp_path / "tasks" / "analogy" / "halves"
    (folder / "cond").mkdir(parents=True)
    flat = np.zeros((40, 60, 3), np.uint8)
    flat[:, 30:] = 255
    photo().resize((60, 40)).save(folder / "img.png")
    for name, pixels in (("label", flat), ("cond/1", flat[:, ::-1]), ("cond/mask_1", flat)):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    out, sheets = tmp_path / "out.json", tmp_path / "sheets"
    words = ["--data", tmp_path, "--out", out, "--sheets", sheets, "--systems", "gpnn tiny,imageanalogies tiny"]
    monkeypatch.setattr(sys, "argv", ["analogies.py", *map(str, words)])
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    analogies.main()
    record = json.loads(out.read_text())
    assert [row["system"] for row in record["rows"]] == [
        "photo, own map",
        "photo, target",
        "gpnn tiny",
        "imageanalogies tiny",
    ]
    assert all(0 <= row["iou"] <= 1 for row in record["rows"])
    assert {"sifid_offline", "seconds"} <= set(record["rows"][-1])
    assert [path.name for path in sheets.iterdir()] == ["halves.png"]

"""The benchmarks of quality, super-resolution and layouts, the first two with stand-ins for the engines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.results import Result

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
quality = pytest.importorskip("quality", reason="the benchmarks are not part of this distribution")
machine = pytest.importorskip("machine")
superresolution = pytest.importorskip("superresolution")
relayout = pytest.importorskip("relayout")
tables = pytest.importorskip("tables")


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
        "diverse": 0,
        "weights": None,
        "sheet": folder / "sheets" / "one.png",
    }
    return quality.Job(**{**values, **changes})


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)

    def generated(job, preset, structure, count):
        seeds = [job.seed + i for i in range(count)]
        return Result([photo(s) for s in seeds], seeds, {}, seconds=[0.5] * count)

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
    for i in range(2):
        photo(i).resize((131, 97), Image.Resampling.BICUBIC).save(folder / f"{i}.png")

    def upscaled(job, engine, preset):
        assert (engine, preset) == ("toy", "fast")
        return job.small.resize(job.true.shape[:1:-1], Image.Resampling.NEAREST)

    monkeypatch.setattr(superresolution, "upscaled", upscaled)
    rows, methods = [], ["bicubic", "toy fast", "esrgan-slim"]
    features = {"lpips_offline": superresolution.offline_features()}
    for asked in superresolution.planned(tmp_path, "upscale/0,upscale/1", [5, 2]):
        assert asked.true.shape[2] == asked.factor * asked.small.height
        assert asked.true.shape[3] == asked.factor * asked.small.width
        found, pictures = superresolution.work(asked, methods[: 2 if asked.factor == 2 else 3], features)
        assert list(pictures) == [row["system"] for row in found] == ["photo", "bicubic", "toy fast"]
        rows += found
    lines = superresolution.summary(rows)
    assert [(line["factor"], line["photos"]) for line in lines] == [(5, 2)] * 3 + [(2, 2)] * 3
    means = {(line["factor"], line["system"]): line["mean"] for line in lines}
    assert set(means[5, "photo"]) == {"naturalness"}
    for factor in (5, 2):
        assert means[factor, "bicubic"]["psnr"] > means[factor, "toy fast"]["psnr"]
        assert means[factor, "bicubic"]["rmse"] < means[factor, "toy fast"]["rmse"]
        assert means[factor, "bicubic"]["ssim"] > means[factor, "toy fast"]["ssim"]
        assert means[factor, "toy fast"]["seconds"] >= 0
    assert means[2, "bicubic"]["lpips_offline"] < means[5, "bicubic"]["lpips_offline"]
    assert "toy fast" in superresolution.table(lines)
    json.dumps(rows)


def test_no_photo_is_enlarged_that_settings_were_chosen_on():
    assert not set(superresolution.CHOOSING.split(",")) & set(superresolution.REPORTING.split(","))


def test_deep_image_prior_reduces_to_the_photo():
    small = torch.linspace(-0.8, 0.8, 12).expand(1, 3, 8, 12)
    errors = []
    for steps in (2, 40):
        made = superresolution.dip(small, 2, steps, (4, 4))
        assert made.shape == (1, 3, 16, 24)
        errors.append((torch.nn.functional.avg_pool2d(made, 2) - small).abs().mean())
    assert errors[1] < errors[0]


def maps():
    """A photo [1, 3, 40, 60], rough on the left and smooth on the right, and its map [1, 2, 40, 60]."""
    noise = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0)) - 0.5
    left = (torch.arange(60) < 30).float().expand(1, 1, 40, 60)
    return left * noise, torch.cat([left, 1 - left], 1)


def test_the_segmenter_goes_by_what_things_look_like_and_not_where_they_are():
    picture, own = maps()
    segmenter = relayout.Segmenter(picture, own)
    for picture_, own_ in ((picture, own), (picture.flip(3), own.flip(3))):
        wanted, found = own_[0].argmax(0), segmenter(picture_)
        assert relayout.pixel_accuracy(wanted, found) > 0.9
        assert relayout.mean_iou(wanted, found) > 0.8
    assert relayout.pixel_accuracy(own[0].argmax(0), segmenter(picture, itself=True)) > 0.85


def test_the_deep_segmenter_goes_by_features_alone():
    class Net:
        def layers(self, pictures):
            return [pictures, pictures.abs()[..., ::2, ::2], pictures.square()[..., ::4, ::4]]

    picture, own = maps()
    segmenter = relayout.DeepSegmenter(picture, own, Net())
    for picture_, own_ in ((picture, own), (picture.flip(3), own.flip(3))):
        assert relayout.pixel_accuracy(own_[0].argmax(0), segmenter(picture_)) > 0.85


def test_pasting_covers_what_changed_with_the_label_that_is_wanted():
    picture = torch.arange(40 * 60).view(1, 1, 40, 60).expand(1, 3, 40, 60) / 2400
    own, target = np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint8)
    own[10:20, 5:15], target[18:28, 30:40] = 1, 1
    colours = ((0, 0, 0), (255, 255, 255))
    case = relayout.Case("c", "1", picture, relayout.LabelMap(own, colours), relayout.LabelMap(target, colours))
    edited = relayout.pasted(case)
    assert torch.equal(edited[..., 18:28, 30:40], picture[..., 10:20, 5:15])
    same = torch.from_numpy((own == 0) & (target == 0))
    assert torch.equal(edited[..., same], picture[..., same])
    gone = torch.from_numpy((own == 1) & (target == 0))
    assert not torch.isclose(edited[..., gone], picture[..., gone]).all()


def test_layouts_from_end_to_end(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "tasks" / "analogy" / "halves"
    (folder / "cond").mkdir(parents=True)
    flat = np.zeros((40, 60, 3), np.uint8)
    flat[:, 30:] = 255
    photo().resize((60, 40)).save(folder / "img.png")
    for name, pixels in (("label", flat), ("cond/1", flat[:, ::-1]), ("cond/mask_1", flat)):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    out, sheets = tmp_path / "out.json", tmp_path / "sheets"
    words = [
        "--data",
        tmp_path,
        "--out",
        out,
        "--sheets",
        sheets,
        "--systems",
        "gpnn tiny,imageanalogies tiny,nothing fast",
    ]
    monkeypatch.setattr(sys, "argv", ["relayout.py", *map(str, words)])
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    relayout.main()
    assert "passing over 'nothing fast'" in capsys.readouterr().err
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


@pytest.mark.parametrize(
    ("load", "said"), [(0.2, "hardly any other work"), (0.9, "with other work"), (3.2, "kept the machine busy")]
)
def test_the_recorded_load_tells_what_else_ran(load, said):
    assert said in tables.other_work({"load_average_before": load, "machine": {"cores": 2}})

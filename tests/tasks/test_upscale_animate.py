"""The verbs of engines that learn, and the scales that any verb can start from."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype import catalog
from calotype.errors import InputError
from calotype.tasks.upscale import UpscaleJob

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
TINY = {"preset": "tiny", "device": "cpu"}
LEARN = {"engine": "tiny_engine", **TINY}


@pytest.mark.parametrize(("factor", "size"), [(2, (96, 64)), (1.3, (62, 42)), (4.0, (192, 128))])
@pytest.mark.usefixtures("tiny_engine")
def test_upscale(factor, size, tmp_path):
    made = calotype.upscale(PHOTO, factor, **LEARN)
    assert made[0].size == size
    assert made.settings["size"] == f"{size[0]}x{size[1]}"
    command = calotype.show(made.save(tmp_path)[0]).command
    assert "--size" not in command
    assert (f"--factor {factor:g}" in command) == (factor != 4)


def test_without_weights_the_photo_alone_is_learned_from_and_a_line_says_so(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    requests = [UpscaleJob.ordered(engine=engine, preset="fast", factor=2.0) for engine in ("span", "zssr")]
    assert [request.engine for request in requests] == ["zssr", "zssr"]
    (line,) = UpscaleJob(requests[0], PHOTO).notes
    assert "'calotype weights span' fetches them once" in line
    made = calotype.upscale(PHOTO, 2, **TINY)  # with random weights
    assert (made.settings["engine"], made.notes) == ("span", [])
    (equal,) = UpscaleJob.of({"photo": PHOTO, "n": 2, "factor": 2.0, "engine": "span", **TINY}).notes
    assert "the pictures will be equal" in equal
    with pytest.raises(InputError, match="'calotype weights span' fetches them once"):
        calotype.upscale(PHOTO, 2, settings={"channels": 52})  # settings that are those of no other engine


def test_with_weights_they_are_used(monkeypatch, tmp_path):
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    for scale in (2, 4):
        (tmp_path / f"span_x{scale}_ch48.safetensors").touch()
    assert UpscaleJob.ordered(engine="span", preset="fast", factor=2.0).engine == "span"
    request = UpscaleJob.ordered(engine="zssr", preset="fast", factor=2.0)
    assert (request.engine, UpscaleJob(request, PHOTO).notes) == ("zssr", ())
    assert UpscaleJob.ordered(engine="span", preset="paper", factor=2.0).engine == "zssr"


@pytest.mark.usefixtures("tiny_engine")
@pytest.mark.parametrize("factor", [1, 0, -2, 8.01, float("nan"), float("inf")])
def test_factors_that_cannot_be_had(factor):
    with pytest.raises(InputError, match="above 1 and up to 8"):
        calotype.upscale(PHOTO, factor, **LEARN)


@pytest.mark.usefixtures("tiny_engine")
@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animate(tmp_path, suffix):
    film = calotype.animate(PHOTO, frames=5, fps=20, loop=False, size="40x30", **LEARN)
    assert len(film) == 5
    assert {frame.size for frame in film} == {(40, 30)}
    path = film.save(tmp_path / f"film.{suffix}")
    with Image.open(path) as opened:
        assert opened.size == (40, 30)
        assert opened.n_frames == 5
    words = calotype.show(path).command.split()
    assert words[:3] == ["calotype", "animate", "image"]
    assert "--no-loop" in words
    format_told = "" if suffix == "gif" else f" -o film.{suffix}"
    assert " ".join(words).endswith(f"--frames 5 --fps 20 --no-loop --device cpu{format_told}")
    json.dumps(dict(film.settings))


@pytest.mark.usefixtures("tiny_engine")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"frames": 1}, "1 frame cannot be used"),
        ({"frames": 10**6}, "1000000 frames"),
        ({"fps": 0}, "a speed of 0"),
        ({"alpha": 1.5}, "an alpha of 1.5"),
        ({"beta": float("nan")}, "a beta of nan"),
        ({"engine": "gpnn"}, "gpnn has no verb 'animate': use one that has it .*tiny_engine"),
    ],
)
def test_wrong_films(wrong, words):
    with pytest.raises(InputError, match=words):
        calotype.animate(PHOTO, **{**LEARN, **wrong})


@pytest.mark.usefixtures("tiny_engine")
def test_a_film_of_an_unknown_format(tmp_path):
    with pytest.raises(InputError, match=r"animation format '\.gfi': did you mean '\.gif'"):
        calotype.animate(PHOTO, frames=2, **LEARN).save(tmp_path / "film.gfi")


# --- scales


def test_a_scale_is_the_level_it_names():
    from calotype.engines import gpnn

    count = len(gpnn.scales((32, 48), gpnn.PRESETS["tiny"]))
    assert count >= 3
    for scale in range(count):
        named = calotype.vary(PHOTO, structure=f"scale{scale}", **TINY)
        number = calotype.vary(PHOTO, structure=scale / (count - 1), **TINY)
        assert named[0].tobytes() == number[0].tobytes()
        assert named.settings["structure"] == f"scale{scale}"
    with pytest.raises(
        InputError, match=rf"'image' has {count} scales, from scale0 \(.*\) to scale{count - 1} \(48x32\)"
    ):
        calotype.vary(PHOTO, structure=f"scale{count}", **TINY)
    for wrong in ("scale", "scale-1", "scale1.5", "scalex"):
        with pytest.raises(InputError, match="no structure"):
            calotype.vary(PHOTO, structure=wrong, **TINY)


@pytest.mark.parametrize(
    ("said", "recorded"),
    [(None, 0.12), ("close", 0.25), (0.4, 0.4), ("scale1", "scale1"), ("scale9", "scale1")],
)
def test_where_nobody_says_it_the_engine_says_where_to_start(redeclare, tiny_engine, said, recorded):
    verbs = catalog.declared("tiny_engine").verbs
    redeclare("tiny_engine", verbs={**verbs, "vary": replace(verbs["vary"], structure=said)})
    made = calotype.vary(PHOTO, **LEARN)
    assert made.settings["structure"] == recorded
    with pytest.raises(InputError, match="there is no scale9"):
        calotype.vary(PHOTO, structure="scale9", **LEARN)


def test_the_scales_are_those_of_the_verbs_own_net():
    from calotype.tasks.animate import AnimateJob

    given = {"frames": 2, "fps": 1, "alpha": 0.1, "beta": 0.9, "loop": True, "engine": "singan", "preset": "fast"}
    request = AnimateJob.ordered(structure="auto", max_side=None, settings=None, device="cpu", **given)
    job = AnimateJob(request, np.zeros((60, 80, 3), np.uint8))
    assert (
        job.scales[0] == job.package.scales((60, 80), job.config)[0] != job.package.scales((60, 80), request.config)[0]
    )
    assert (job.start, job.level) == ("scale1", 1)


def test_every_scale(tmp_path):
    made = calotype.vary(PHOTO, 2, all_scales=True, **TINY)
    count = len(made) // 2
    assert made.scales == [f"scale{i}" for i in range(count)] * 2
    assert made.seeds == [0] * count + [1] * count
    paths = made.save(tmp_path)
    assert paths[1].name == "image_vary_0_scale1.png"
    assert "--structure scale1" in calotype.show(paths[1]).command
    alone = calotype.vary(PHOTO, structure="scale1", **TINY).save(tmp_path / "alone")[0]
    assert paths[1].read_bytes() == alone.read_bytes()


def test_importing_the_verbs_does_not_import_torch():
    code = "import sys, calotype.tasks.animate, calotype.tasks.edit, calotype.cli.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

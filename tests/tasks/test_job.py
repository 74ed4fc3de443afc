import numpy as np
import pytest

from calotype.errors import InputError
from calotype.tasks import arguments, memory
from calotype.tasks.expand import ExpandJob
from calotype.tasks.param import described
from calotype.tasks.request import request
from calotype.tasks.vary import VaryJob, vary
from calotype.types import Cost, Size

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
PLAIN = {
    "n": 1,
    "seed": 0,
    "engine": "gpnn",
    "preset": "tiny",
    "size": None,
    "factor": None,
    "tile": "none",
    "max_side": None,
    "settings": None,
    "device": "cpu",
}


def test_available_memory_is_known_and_believable():
    there_is = memory.available_bytes()
    assert there_is is None or 10**7 < there_is < 10**14


def test_too_little_memory_names_a_side_that_fits(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * 10**9)
    job = VaryJob(request("vary", structure="loose", **PLAIN), np.zeros((1000, 2000, 3), np.uint8))
    job.__dict__["cost"] = Cost(seconds=1, bytes=8 * 10**9)
    with pytest.raises(InputError, match=r"about 8.0 GB of memory and 2.0 GB are free: add --max-side 900 "):
        job.check_memory()
    with pytest.raises(InputError, match=r"give a smaller --size, like 900x450 \(size=\)"):
        memory.require_memory(8 * 10**9, "a picture", Size(1000, 2000), result=True)


@pytest.mark.parametrize(
    ("job", "verb", "given", "advice"),
    [
        (VaryJob, "vary", {"size": "4000x4000"}, "give a smaller --size"),
        (VaryJob, "vary", {"size": "20x20"}, "add --max-side"),
        (ExpandJob, "expand", {"margin": 900}, "give smaller margins"),
        (ExpandJob, "expand", {"margin": 4}, "add --max-side"),
    ],
)
def test_too_little_memory_for_a_large_result_of_a_small_photo(job, verb, given, advice):
    sides = dict.fromkeys(("margin", "left", "right", "top", "bottom"))
    own = {**sides, "keep_frame": False, "engine": "completion"} if verb == "expand" else {}
    made = job(request(verb, **{**PLAIN, **own, **given}), np.zeros((100, 200, 3), np.uint8))
    made.__dict__["cost"] = Cost(seconds=1, bytes=8 * 10**9)
    with pytest.raises(InputError, match=advice):
        made.check_memory(2 * 10**9)


def test_an_engine_that_lacks_the_verb(monkeypatch):
    with pytest.raises(InputError, match="no engine here has the verb 'dance'"):
        request("dance", **PLAIN)


def test_tile_names_mean_vertical_first():
    assert arguments.TILES["x"] == (False, True)
    assert arguments.TILES["y"] == (True, False)


@pytest.mark.parametrize(
    ("given", "value"), [("free", 0.0), ("close", arguments.STRUCTURES["close"]), (0.3, 0.3), ("0.3", 0.3)]
)
def test_structure(given, value):
    assert request("vary", structure=given, **PLAIN).structure == value


def test_every_argument_but_run_is_described():
    about = described(vary)
    assert "run" not in about
    assert all(param.help and not param.help.endswith(".") for param, _ in about.values())


@pytest.mark.parametrize(("amount", "text"), [(10, "1 MB"), (8.5e8, "850 MB"), (1.9e9, "1.9 GB")])
def test_gigabytes(amount, text):
    assert memory.format_bytes(int(amount)) == text

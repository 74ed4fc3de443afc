"""The chooser by intent: every verb is in it, and its page of the guide is up to date."""

import subprocess
import sys
from pathlib import Path

from calotype.studio.choosing import CHOICES, HAVES, WANTS, choices, needs
from calotype.studio.forms import VERBS
from calotype.tasks.verbs import JOBS

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "src" / "calotype" / "studio" / "page" / "verbs"


def test_every_verb_can_be_chosen_and_has_a_picture():
    assert set(CHOICES) == {task.__name__ for task in JOBS} | set(VERBS) - {"data"}
    for name, choice in CHOICES.items():
        assert set(choice.have) <= set(HAVES)
        assert choice.want in WANTS
        assert (PICTURES / f"{name}.webp").is_file()


def test_verbs_that_are_taken_for_each_other_are_told_apart():
    alike = ("edit", "mix", "transfer", "translate", "restyle", "repose", "remix", "draw", "stylize")
    assert len({CHOICES[name].differs for name in alike}) == len(alike)
    assert len({(PICTURES / f"{name}.webp").read_bytes() for name in alike}) == len(alike)


def test_verbs_say_which_models_they_need():
    assert needs("sample") == ["cocogan", "bicyclegan", "lifelong", "stylegan"]
    assert needs("restyle") == ["scenegraph", "smis"]
    assert needs("remix") == needs("vary") == []
    assert {one["name"]: one["needs"] for one in choices()["verbs"]}["scene"] == ["control3d"]


def test_the_page_of_the_guide_is_up_to_date():
    run = subprocess.run([sys.executable, ROOT / "benchmarks" / "choosing.py", "--check"], check=False)
    assert run.returncode == 0, "run python benchmarks/choosing.py"

"""What the command says of itself, for which it does not import torch."""

import json
import re
import subprocess
import sys

import pytest

import calotype as package
from calotype.tasks import verbs

from .conftest import environment


def test_version(calotype):
    done = calotype("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"calotype {package.__version__}\n", "")


VERBS = [
    *(task.__name__ for task in verbs.JOBS),
    *(
        "train",
        "teach",
        "data",
        "evaluate",
        "dissect",
        "invert",
        "retrieve",
        "styles",
        "align",
        "directions",
        "study",
        "show",
        "weights",
        "engines",
        "studio",
        "models",
    ),
]
# What takes longer to import than all of the command line. How long help takes is measured by benchmarks/help_time.py.
HEAVY = {"torch", "numpy", "PIL", "safetensors", "scipy", "skimage", "av", "ray", "fastapi", "uvicorn"}


def test_the_verbs_are_all_there_are(calotype):
    said = calotype("--help").stdout.partition(" Commands ")[2]
    assert re.findall(r"^│ (\w+) ", said, re.MULTILINE) == VERBS


def test_help_does_without_what_takes_long_to_import():
    code = f"""
import json, sys
from calotype.cli import main
for words in {[["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)]}:
    status = main(words)
    print(json.dumps([words, status, sorted({{name.partition('.')[0] for name in sys.modules}})]), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(said) == 2 + len(VERBS)
    for words, status, imported in said:
        assert (words, status, HEAVY & set(imported)) == (words, 0, set())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_text(calotype, verb):
    done = calotype(verb, "--help")
    assert done.returncode == 0
    assert "Args:" not in done.stdout
    assert "\x1b" not in done.stdout


def test_no_arguments_is_a_question_for_help(calotype):
    assert calotype().stdout == calotype("--help").stdout


def test_options_are_made_from_the_signature(calotype):
    text = re.sub(r"\s+", " ", calotype("vary", "--help").stdout)
    for option in ("--count", "-n", "--structure", "--tile", "--also", "--max-side", "--set", "--preset", "--out"):
        assert f"{option} " in text
    assert "--run" not in text  # for Python only
    assert "--structure" not in calotype("retarget", "--help").stdout


def test_engines_says_what_set_takes(calotype):
    text = calotype("engines").stdout
    about = json.loads(calotype("engines", "--json").stdout)
    gpnn = about["gpnn"]
    assert {"fast", "paper", "tiny"} <= set(gpnn["presets"])
    for key, said in gpnn["keys"].items():
        assert said["meaning"], f"nothing is said about {key}"
        assert key in text


@pytest.mark.parametrize("fails", [False, True])
def test_the_garbage_collector_rests_while_the_command_line_is_made_and_works_after(fails):
    import gc

    from calotype.cli.report import reported

    found = []

    class Command:
        def main(self, **_):
            found.append(gc.isenabled())
            if fails:
                raise package.InputError("no")
            return lambda: found.append(gc.isenabled()) or 0

    assert reported(Command, []) == int(fails)
    assert found == ([False] if fails else [False, True])
    assert gc.isenabled()


def test_what_importing_torch_made_stays_out_of_later_collections():
    code = """
import gc, sys
from calotype.cli.collector import no_garbage_collection
with no_garbage_collection():
    import json
assert gc.get_freeze_count() == 0
with no_garbage_collection():
    import torch
frozen = gc.get_freeze_count()
assert frozen > 100_000, frozen
kept = [[]]
kept[0].append(kept)
with no_garbage_collection():
    import torch
assert gc.get_freeze_count() <= frozen
assert gc.isenabled()
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""


def test_a_verb_imports_torch_without_the_garbage_collector(photo, tmp_path):
    code = f"""
import gc
from calotype.cli import main
status = main(["vary", {str(photo)!r}, "--preset", "tiny", "-q", "-o", {str(tmp_path / "made")!r}])
assert status == 0
assert gc.isenabled()
assert gc.get_freeze_count() > 100_000
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr

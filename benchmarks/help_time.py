"""How long ``calotype --help`` and the help of every verb take, each in a process of its own.

``without torch``: as it is. ``with torch``: the same where torch is imported first, which is what help would take if
the command line imported it. Python may write compiled modules, as it does by default; they go to a temporary folder
and are there from the second round on, as after an installation. All commands take turns, in an order drawn anew each
round, so that whatever else the machine does slows all of them; said are medians and the quickest. The goal is 0.4
seconds for the median without torch.
That torch is not imported is tested (``tests/cli/test_start.py``); how quick that is depends on the machine.

    python benchmarks/help_time.py --out benchmarks/results/help_time.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from calotype.tasks import verbs
from machine import provenance

GOAL = 0.4  # seconds, of the median without torch
VERBS = [
    *(task.__name__ for task in verbs.JOBS),
    *("train", "data", "evaluate", "study", "show", "weights", "engines", "studio", "models"),
]
COMMANDS = [["--help"], *([verb, "--help"] for verb in VERBS)]
WORK = "import sys; from calotype.cli import main; sys.exit(main(sys.argv[1:]))"
KINDS = {"without torch": WORK, "with torch": f"import torch; {WORK}"}
SOURCE = Path(__file__).parents[1] / "src"


def environment(compiled: str) -> dict[str, str]:
    """The environment of the commands; Python keeps compiled modules in the folder ``compiled``."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
    return {**kept, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": compiled}


def seconds_of(code: str, words: list[str], surroundings: dict[str, str]) -> float:
    """Seconds from the start of the process to its end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *words], env=surroundings, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measured(rounds: int, seed: int) -> list[dict[str, Any]]:
    """One row for each command and kind."""
    turns = [(kind, tuple(words)) for words in COMMANDS for kind in KINDS]
    seconds: dict[tuple[str, tuple[str, ...]], list[float]] = {turn: [] for turn in turns}
    order = random.Random(seed)
    with tempfile.TemporaryDirectory() as compiled:
        surroundings = environment(compiled)
        for i in range(rounds + 1):
            for kind, words in order.sample(turns, len(turns)):
                took = seconds_of(KINDS[kind], list(words), surroundings)
                if i:  # in the first round files are read, and compiled, for the first time
                    seconds[kind, words].append(took)
    return [
        {
            "command": " ".join(["calotype", *words]),
            "kind": kind,
            "median_seconds": round(statistics.median(took), 3),
            "quickest_seconds": round(min(took), 3),
        }
        for (kind, words), took in seconds.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the order of the commands")
    options = parser.parse_args()
    rows = measured(options.rounds, options.seed)
    slowest = {kind: max(row["median_seconds"] for row in rows if row["kind"] == kind) for kind in KINDS}
    result = {
        "benchmark": "help_time",
        **provenance(),
        "seed": options.seed,
        "rounds": options.rounds,
        "goal_seconds": GOAL,
        "within_goal": slowest["without torch"] <= GOAL,
        "slowest_median_seconds": slowest,
        "rows": rows,
    }
    for row in rows:
        print(f"{row['command']:<28} {row['kind']:<14} {row['median_seconds']:.3f} s, {row['quickest_seconds']:.3f} s")
    print(f"slowest without torch {slowest['without torch']:.3f} s, goal {GOAL} s")
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

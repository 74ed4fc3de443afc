"""How much quicker several processes of one thread each are than one: on the same batch, with the same result, or
(``--each``) when each has a batch as large as the one process has.

Runs are interleaved, so that what else the machine does weighs on all alike; the quickest of each is compared.

    python benchmarks/distributed.py --out benchmarks/results/distributed.json
    python benchmarks/distributed.py --each --out benchmarks/results/distributed_each.json
    python benchmarks/distributed.py --bf16 --out benchmarks/results/distributed_bf16.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from calotype import distributed, processor
from calotype.models import cocogan
from calotype.models.cocogan.trainer import Trainer
from machine import provenance

WARM = 2  # steps before the clock is started


def work(preset: str, steps: int, bf16: bool, each: bool) -> None:
    """What each process does; the first prints pictures a second."""
    torch.set_num_threads(1)
    cfg = replace(cocogan.PRESETS[preset], bf16=bf16)
    device = torch.device("cpu")
    with distributed.group(device):
        cfg = replace(cfg, batch=cfg.batch * (distributed.world() if each else 1))
        torch.manual_seed(0)
        trainer = Trainer(cocogan.build(cfg), cfg, device, cfg.steps)
        pictures = distributed.share(torch.rand(cfg.batch, 3, *cfg.size) * 2 - 1)
        for i in range(WARM + steps):
            if i == WARM:
                distributed.barrier()
                began = time.perf_counter()
            torch.manual_seed(i)
            trainer.step(trainer.state, {"image": pictures}, i)
        distributed.barrier()
        if distributed.rank() == 0:
            print(json.dumps({"pictures_per_second": steps * cfg.batch / (time.perf_counter() - began)}))


def measured(processes: int, preset: str, steps: int, options: list[str]) -> float:
    """Pictures a second of so many processes together."""
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command += [str(Path(__file__).resolve()), "--work", "--preset", preset, "--steps", str(steps)]
    command += options
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1])["pictures_per_second"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="where the processor multiplies it in hardware")
    parser.add_argument("--each", action="store_true", help="each process has the whole preset's batch")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.preset, asked.steps, asked.bf16, asked.each)
        return
    load = os.getloadavg()[0]
    options = [f"--{name}" for name in ("bf16", "each") if getattr(asked, name)]
    rounds = [
        {str(count): measured(count, asked.preset, asked.steps, options) for count in (1, asked.processes)}
        for _ in range(asked.rounds)
    ]
    best = {count: max(each[count] for each in rounds) for count in rounds[0]}
    result = {
        "benchmark": "distributed",
        **provenance(),
        "preset": asked.preset,
        "threads_per_process": 1,
        "arithmetic": "bfloat16" if asked.bf16 and processor.fast_bfloat16() else "float32",
        "batch": "the preset's for each process" if asked.each else "the preset's for all together",
        "steps": asked.steps,
        "load_average_before": load,
        "pictures_per_second": {count: round(value, 2) for count, value in best.items()},
        "rounds": [{count: round(value, 2) for count, value in each.items()} for each in rounds],
        "speed_up": round(best[str(asked.processes)] / best["1"], 2),
    }
    print(json.dumps(result, indent=2))
    if asked.out:
        asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

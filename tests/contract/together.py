"""Trainings in two processes, to be compared with the same in one."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
WORKER = """
import importlib, sys, torch
from pathlib import Path
from calotype import distributed
sys.path[:0] = [sys.argv[2], sys.argv[4]]
torch.set_num_threads(1)
with distributed.group(torch.device("cpu")):
    importlib.import_module(sys.argv[3]).learned(Path(sys.argv[1]))
    distributed.barrier()
"""


def in_two_processes(folder, test_file):
    """Run ``learned(folder)`` of a test file in two processes that train together."""
    script = folder / "worker.py"
    script.write_text(WORKER)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    test = Path(test_file)
    done = subprocess.run(
        [*launcher, str(script), str(folder), str(test.parent), test.stem, str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()


def train_share(train, batches, cfg, folder):
    """Train on this process's share of the batches; the losses and the net are saved by the first process."""
    import torch

    from calotype import distributed
    from calotype.run import Run

    said = []

    def heard(event):
        if event.kind == "step":
            said.append(sorted(event.values.items()))

    def share(i):
        return {name: distributed.share(value) for name, value in batches(i).items()}

    net = train(share, cfg, Run(on_event=heard))
    if distributed.rank() == 0:
        torch.save({"said": said, "net": net.state_dict()}, folder / "learned.pt")


def check_equal(one_folder, two_folder):
    """Compare what both trainings saved: rounding apart, which Adam turns into steps where a gradient is 0."""
    import pytest
    import torch

    one, two = (torch.load(folder / "learned.pt", weights_only=True) for folder in (one_folder, two_folder))
    for mine, theirs in zip(two["said"], one["said"], strict=True):
        assert [name for name, _ in mine] == [name for name, _ in theirs]
        assert [x for _, x in mine] == pytest.approx([x for _, x in theirs], rel=1e-3, abs=1e-3)
    for name, value in one["net"].items():
        torch.testing.assert_close(two["net"][name], value, atol=5e-3, rtol=1e-2)


def check_two_do_what_one_does(learned, test_file, tmp_path):
    """Two processes do what one does with the whole batch."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    for folder in (alone, together):
        folder.mkdir()
    learned(alone)
    in_two_processes(together, test_file)
    check_equal(alone, together)

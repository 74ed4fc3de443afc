"""Two processes that train together, with gloo: what equals what, and what happens when one dies."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from calotype import distributed, saving
from calotype.catalog import load
from calotype.errors import InputError, Stopped
from calotype.models import cocogan, pyramid
from calotype.run import Run, worked

SOURCE = Path(__file__).parents[1] / "src"

# What each process runs: a tiny model on pictures that are a function of their number. The last one dies once.
WORKER = """
import os, sys
from pathlib import Path
import torch
from calotype import distributed
from calotype.run import Run
sys.path.insert(0, sys.argv[2])
from test_distributed import learned

folder = Path(sys.argv[1])

def before(i):
    mark = folder / "died"
    if i == 2 and distributed.rank() == 1 and not mark.exists():
        mark.touch()
        os._exit(9)

torch.set_num_threads(1)
with distributed.group(torch.device("cpu")):
    net = learned(folder, before)
    total = float(sum(value.double().sum() for value in net.state_dict().values()))
    distributed.check_same(round(total * 1e6), "the processes have come apart")
    distributed.barrier()
"""


def learned(folder, before=lambda i: None):
    """Train a tiny model; its net and the losses that were reported are put into ``folder``."""

    def batches(i):
        before(i)
        pictures = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(i)) * 2 - 1
        return {"image": distributed.share(pictures)}

    cfg, said = replace(cocogan.PRESETS["tiny"], steps=4, bf16=False, batch=8), {}

    def heard(event):
        if event.kind == "step":
            said[event.step] = sorted(event.values.items())

    net = cocogan.train(batches, cfg, Run(folder, on_event=heard, save_every_steps=1))
    if distributed.rank() == 0:
        saving.write(folder / "net", "cocogan", cfg, net, "", cfg.size)
        torch.save(said, folder / "said.pt")
    return net


def sampled(folder):
    """A picture by what was trained there."""
    loaded = load(folder / "net")
    return loaded.engine.sample(loaded.config, Run(), net=loaded.net, seed=0)


def launched(text, folder, restarts=0):
    """What two processes that run a script said."""
    script = folder / "worker.py"
    script.write_text(text)
    how = ["--standalone", "--nproc-per-node=2", f"--max-restarts={restarts}"]
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *how, str(script), str(folder), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=800,
    )


@pytest.mark.slow
def test_two_processes_of_which_one_dies_do_what_one_does_with_the_whole_batch(tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    learned(alone)
    together.mkdir()
    done = launched(WORKER, together, restarts=1)
    assert done.returncode == 0, done.stderr.decode()
    assert (together / "died").exists()
    one, two = (torch.load(folder / "said.pt", weights_only=True) for folder in (alone, together))
    assert sorted(one) == [1, 2, 3, 4]
    assert sorted(two) == [3, 4]  # what was saved was not done again
    for step, values in two.items():
        assert [name for name, _ in values] == [name for name, _ in one[step]]
        # Rounding apart, which Adam turns into steps where a gradient is 0, as that of a bias before batch norm is.
        assert [x for _, x in values] == pytest.approx([x for _, x in one[step]], rel=1e-3, abs=1e-4)
    assert torch.allclose(sampled(alone), sampled(together), atol=5e-3)


# What each process runs: a tiny pyramid, whose batch normalisation is that of each process; the first one has previews.
PYRAMID = """
import sys
from pathlib import Path
import torch
from calotype import distributed
sys.path.insert(0, sys.argv[2])
from test_distributed import inverted

torch.set_num_threads(1)
with distributed.group(torch.device("cpu")):
    net = inverted(Path(sys.argv[1]))
    total = float(sum(value.double().sum() for value in net.state_dict().values()))
    distributed.check_same(round(total * 1e6), "the processes have come apart")
    distributed.barrier()
"""


def inverted(folder):
    """Train a tiny pyramid; what it knows of the features of the set is put into ``folder``."""

    def batches(i):
        pictures = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(i)) * 2 - 1
        return {"image": distributed.share(pictures)}

    previews = []
    cfg = replace(pyramid.PRESETS["tiny"], steps=2, bf16=False, batch=8)
    run = Run(folder, on_event=lambda event: previews.append(event.preview), save_every_steps=1)
    net = pyramid.train(batches, cfg, run)
    if distributed.rank() == 0:
        assert any(each is not None for each in previews)
        torch.save(dict(net.classifier.named_buffers()), folder / "features.pt")
    return net


@pytest.mark.slow
def test_two_processes_measure_the_same_statistics_of_the_whole_batch(tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    inverted(alone)
    done = launched(PYRAMID, together)
    assert done.returncode == 0, done.stderr.decode()
    one, two = (torch.load(folder / "features.pt", weights_only=True) for folder in (alone, together))
    assert any(name.startswith("mean") for name in one)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-5, rtol=1e-4)


# What each process runs: steps with an optimizer, of which one has a wrapped module; then it tells its threads.
ENDING = """
import os, sys, torch
from pathlib import Path
from calotype import distributed

def step(module):
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.rand(2, 3)).sum().backward()
    distributed.average_gradients(module.parameters())
    optimizer.step()

def threads():
    return [Path(task, "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]

def train():
    step(torch.nn.Linear(3, 3))
    wrapped = distributed.wrapped(torch.nn.Linear(3, 3))
    wrapped.itself = wrapped  # a reference cycle
    step(wrapped)
    assert any("gloo" in name for name in threads()), threads()
    if sys.argv[1] == "stopped":
        raise KeyboardInterrupt

try:
    with distributed.group(torch.device("cpu")):
        train()
except KeyboardInterrupt:
    assert not any("gloo" in name for name in threads()), threads()
assert not any("gloo" in name for name in threads()), threads()
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="tells threads by /proc")
@pytest.mark.parametrize("ending", ["finished", "stopped"])
def test_no_thread_of_the_group_outlives_it(ending, tmp_path):
    # A process that ends while such a thread runs is sometimes aborted, which the launcher takes for a failed training.
    script = tmp_path / "ending.py"
    script.write_text(ENDING)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script), ending],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_stop_of_any_process_stops_this_one(monkeypatch):
    monkeypatch.setattr(distributed, "any_of", lambda flag, device=None: True)
    with pytest.raises(Stopped):
        list(Run().steps(3))


def test_only_the_first_process_saves_and_speaks(tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    events = []
    list(Run(tmp_path, on_event=events.append).steps(2, {"x": torch.zeros(1)}))
    assert events == []
    assert worked(tmp_path) == {}


def test_processes_that_find_different_states_say_so(monkeypatch):
    def refuse(number, advice, device=None):
        raise InputError(advice)

    monkeypatch.setattr(distributed, "check_same", refuse)
    with pytest.raises(InputError, match="CALOTYPE_CACHE"):
        list(Run().steps(2, {"x": torch.zeros(1)}))


def test_alone_nothing_is_shared():
    batch = torch.arange(4)
    assert distributed.share(batch) is batch
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.mean_over_all(batch) is batch
    assert distributed.any_of(True)
    assert not distributed.any_of(False)
    module = torch.nn.Linear(1, 1)
    assert distributed.wrapped(module) is module
    with distributed.group(torch.device("cpu")), distributed.averaging(module, now=False):
        distributed.check_same(3, "never said")
        distributed.barrier()


def test_what_one_does_alone_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(distributed, "active", lambda: True)
    monkeypatch.setattr(distributed.dist, "get_world_size", lambda: 2)
    assert distributed.world() == 2
    with distributed.alone():
        assert distributed.world() == 1
        assert distributed.mean_over_all(torch.ones(1)).item() == 1
        assert distributed.share(torch.arange(4)).tolist() == [0, 1, 2, 3]
    assert distributed.world() == 2


def test_each_process_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert distributed.own_device("auto") == "auto"
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "8"), ("MASTER_ADDR", "x"), ("LOCAL_RANK", "3")):
        monkeypatch.setenv(name, value)
    assert distributed.own_device("auto") == "cuda:1"
    assert distributed.own_device("cpu") == "cpu"


def test_processes_that_do_not_meet_say_so(monkeypatch):
    monkeypatch.setattr(
        torch.distributed, "init_process_group", lambda *a, **k: (_ for _ in ()).throw(RuntimeError("x"))
    )
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "x")):
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="do not find each other"), distributed.group(torch.device("cpu")):
        pass

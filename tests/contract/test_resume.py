"""Stopped and gone on, however often and wherever, is the same as never stopped: bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_engine
import torch

from calotype import catalog, saving
from calotype.errors import InputError, Stopped
from calotype.run import Run

CFG = tiny_engine.PRESETS["tiny"]
TOTAL = 2 * CFG.steps


def photo():
    return torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(5)) * 2 - 1


def weights(net):
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole():
    return weights(tiny_engine.train(photo(), CFG, Run(seed=1)))


def train_until(folder, stop_after, **options):
    """Train, and stop after so many steps of this call (counted over both stages)."""
    done = 0

    def listen(event):
        nonlocal done
        done += event.kind == "step"
        if event.kind == "step" and done == stop_after:
            run.stop()

    run = Run(folder, seed=1, on_event=listen, save_every_seconds=None, **options)
    return tiny_engine.train(photo(), CFG, run)


def test_training_changes_the_net_and_repeats(whole):
    assert same(whole, weights(tiny_engine.train(photo(), CFG, Run(seed=1))))
    torch.rand(3)
    assert not same(whole, weights(tiny_engine.train(photo(), CFG, Run(seed=2))))


@pytest.mark.parametrize("at", range(1, TOTAL))
def test_stop_at_any_step_and_go_on(tmp_path, whole, at):
    with pytest.raises(Stopped, match="run the same command again"):
        train_until(tmp_path, at)
    torch.manual_seed(at)  # the process that goes on has another past
    assert same(whole, weights(train_until(tmp_path, 0)))


def test_stop_at_every_step(tmp_path, whole):
    for _ in range(TOTAL - 1):
        with pytest.raises(Stopped):
            train_until(tmp_path, 1)
    assert same(whole, weights(train_until(tmp_path, 0)))


def test_stop_in_the_last_step_is_too_late(tmp_path, whole):
    assert same(whole, weights(train_until(tmp_path, TOTAL)))


def test_finished_work_is_restored_not_repeated(tmp_path, whole):
    train_until(tmp_path, 0)
    events = []
    net = tiny_engine.train(photo(), CFG, Run(tmp_path, seed=1, on_event=events.append))
    assert same(whole, weights(net))
    assert {event.kind for event in events} == {"begin", "end"}


CHILD = """
import sys, time
import torch
torch.set_num_threads(1)
from test_resume import CFG, photo
import tiny_engine
from calotype.run import Run

def listen(event):
    if event.kind == "step":
        print(event.stage, event.step, flush=True)
        if (event.stage, event.step) == (sys.argv[2], int(sys.argv[3])):
            time.sleep(600)  # it is killed before

tiny_engine.train(photo(), CFG, Run(sys.argv[1], seed=1, on_event=listen, save_every_steps=3))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize(("stage", "step"), [("half", 2), ("half", 5), ("half", CFG.steps), ("whole", 1), ("whole", 5)])
def test_killed_between_saves(tmp_path, whole, stage, step):
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), stage, str(step)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        for line in child.stdout:
            if line.split() == [stage, str(step)]:
                break
        else:
            pytest.fail("the child ended before the step")
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    assert same(whole, weights(train_until(tmp_path, 0)))


def test_saves_by_time_do_not_change_the_outcome(tmp_path, whole):
    run = Run(tmp_path, seed=1, save_every_steps=None, save_every_seconds=0.0)
    assert same(whole, weights(tiny_engine.train(photo(), CFG, run)))


def test_an_error_in_a_step_keeps_what_was_saved(tmp_path, whole):
    def fail(event):
        if (event.kind, event.stage, event.step) == ("step", "whole", 4):
            raise RuntimeError("cable pulled")

    with pytest.raises(RuntimeError, match="cable"):
        tiny_engine.train(photo(), CFG, Run(tmp_path, seed=1, on_event=fail, save_every_steps=2))
    assert same(whole, weights(train_until(tmp_path, 0)))


def state_files(folder):
    return sorted((Path(folder) / "state").iterdir())


def test_no_pickle_and_no_fragments(tmp_path):
    with pytest.raises(Stopped):
        train_until(tmp_path, CFG.steps + 2)
    assert [path.name for path in state_files(tmp_path)] == ["half.safetensors", "whole.safetensors"]
    for path in state_files(tmp_path):
        data = path.read_bytes()
        assert int.from_bytes(data[:8], "little") < len(data)
        assert data[8:9] == b"{"  # the header of a safetensors file: a length, then JSON
        assert b"\x80\x04\x95" not in data


@pytest.mark.parametrize("keep", [0, 5, 100, -7])
def test_damaged_state_is_said_in_one_line(tmp_path, keep):
    with pytest.raises(Stopped):
        train_until(tmp_path, 3)
    (path,) = state_files(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"damaged.*delete it") as error:
        train_until(tmp_path, 0)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_other_settings_are_said_in_one_line(tmp_path):
    with pytest.raises(Stopped):
        train_until(tmp_path, 3)
    wider = tiny_engine.Config(width=9)
    longer = tiny_engine.Config(steps=99)
    for cfg, seed, words in ((CFG, 2, "seed 1, not 2"), (longer, 1, "steps 7, not 99"), (wider, 1, "other settings")):
        with pytest.raises(InputError, match=words) as error:
            tiny_engine.train(photo(), cfg, Run(tmp_path, seed=seed))
        assert "\n" not in str(error.value)


# --- the finished model


def test_saved_and_loaded_net_samples_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(catalog.ENGINES, "tiny_engine", "tiny_engine")
    cfg = tiny_engine.Config(width=5, sigma=0.25)
    net = tiny_engine.train(photo(), cfg, Run(seed=1))
    saving.write(tmp_path / "model", "tiny_engine", cfg, net, "ab" * 32, (24, 32))
    loaded = catalog.load(tmp_path / "model")
    assert loaded.config == cfg
    assert loaded.engine is tiny_engine
    assert loaded.photo_sha256 == "ab" * 32
    assert loaded.photo_size == (24, 32)
    assert same(weights(net), weights(loaded.net))
    arguments = {"size": (20, 28), "seed": 3}
    expected = tiny_engine.vary([photo()], cfg, Run(), net=net, **arguments)
    assert torch.equal(expected, loaded.engine.vary([photo()], loaded.config, Run(), net=loaded.net, **arguments))


def test_a_stop_from_a_signal(tmp_path):
    def stop_soon(*_):
        run.stop()

    def work():
        for i in run.steps(1000):
            seen.append(i)
            if i == 3:
                os.kill(os.getpid(), signal.SIGINT)
                while not run.stopping and time.monotonic() < until:  # any thread may be the one that hears it
                    time.sleep(0.001)

    seen, until = [], time.monotonic() + 200
    run = Run(tmp_path, seed=1)
    before = signal.signal(signal.SIGINT, stop_soon)
    try:
        with pytest.raises(Stopped):
            work()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [0, 1, 2, 3]

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
import torch

from calotype.checkpoint import read_tensors, write_tensors
from calotype.errors import InputError, Stopped
from calotype.run import RECENT, Event, Run, choose_device, fit


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    for name in ("gpu", "", "meta", "cuda:99", "CPU!"):
        with pytest.raises(InputError) as error:
            choose_device(name)
        assert "\n" not in str(error.value)
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match=r"no device 'cuda'.*cpu"):
            Run(device="cuda")


def test_events_tell_the_whole_story():
    events: list[Event] = []
    run = Run(on_event=events.append)
    picture = torch.zeros(1, 3, 4, 4)
    for i in run.steps(2, stage="a"):
        run.report({"loss": torch.tensor(0.5)}, more=i)
        if i == 1:
            run.report(preview=picture)
    assert [(e.kind, e.stage, e.step, e.steps, dict(e.values)) for e in events] == [
        ("begin", "a", 0, 2, {}),
        ("step", "a", 1, 2, {"loss": 0.5, "more": 0.0}),
        ("step", "a", 2, 2, {"loss": 0.5, "more": 1.0}),
        ("end", "a", 2, 2, {}),
    ]
    assert [e.preview is picture for e in events] == [False, False, True, False]


def test_randomness_is_a_function_of_the_place():
    def draws(seed, stage, first=0):
        return [torch.rand(()).item() for _ in Run(seed=seed).steps(5, stage=stage)][first:]

    assert draws(0, "a") == draws(0, "a")
    assert len({*draws(0, "a"), *draws(0, "b"), *draws(1, "a")}) == 15
    run = Run(seed=3)
    assert torch.rand(3, generator=run.generator("a", 1)).equal(torch.rand(3, generator=run.generator("a", 1)))
    run.reseed("a", 1)
    assert not torch.rand(3).equal(torch.rand(3, generator=run.generator("a", 1)))


def test_seeds_are_the_same_in_every_process():
    code = "import torch; from calotype.run import Run; Run(seed=3).reseed('stage', 4); print(torch.rand(()).item())"
    printed = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    Run(seed=3).reseed("stage", 4)
    assert printed == {f"{torch.rand(()).item()}\n"}


def test_stop_before_and_during():
    def step(state, batch, i):
        seen.append(i)
        if i == 1:
            run.stop()
        return {}

    run = Run()
    seen = []
    with pytest.raises(Stopped, match="step 2 of 9 of b: nothing was saved"):
        fit(step, {}, lambda i: i, run, steps=9, stage="b")
    assert seen == [0, 1]
    with pytest.raises(Stopped):
        next(run.steps(1))
    with pytest.raises(Stopped, match="step 0 of 5"):
        fit(lambda state, batch, i: {}, {}, lambda i: i, run, steps=5)


def test_nothing_is_written_where_nothing_is_learned(tmp_path):
    assert list(Run(tmp_path).steps(3)) == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_state_that_cannot_be_kept_is_a_fault_of_the_code(tmp_path):
    class Odd:
        def state_dict(self):
            return {"set": {1, 2}}

        def load_state_dict(self, state_dict):
            pass

    with pytest.raises(TypeError, match=r"odd.*set"):
        list(Run(tmp_path).steps(1, {"odd": Odd()}))
    assert list((tmp_path).rglob("*.*")) == []


def test_stages_with_any_name(tmp_path):
    tensor = torch.zeros(2)
    for stage in ("", "a/b", "..", "ä ö"):
        for i in Run(tmp_path).steps(2, {"x": tensor}, stage):
            tensor.fill_(i + 5)
        tensor.zero_()
        assert list(Run(tmp_path).steps(2, {"x": tensor}, stage)) == []
        assert tensor.tolist() == [6, 6]
    assert len(list((tmp_path / "state").iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_the_state_of_an_older_version_is_refused_with_what_to_do(tmp_path):
    list(Run(tmp_path).steps(2, {"x": torch.zeros(2)}))
    (path,) = (tmp_path / "state").iterdir()
    tensors, meta = read_tensors(path, "")
    write_tensors(path, tensors, {**meta, "format": 1})
    for again in (Run(tmp_path).restored, Run(tmp_path).finished):
        with pytest.raises(
            InputError, match=r"another version of calotype: delete it .*, or finish it with that version"
        ):
            again(2, {"x": torch.zeros(2)})


def test_a_fused_optimizer_goes_on_whatever_lies_how(tmp_path):
    def trained(folder, stop_after=None):
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last))
        adam = torch.optim.Adam([weight], lr=0.1, fused=True)
        run = Run(folder)
        for i in run.steps(4, {"weight": torch.nn.ParameterList([weight]), "adam": adam}):
            weight.grad = torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last)
            adam.step()
            if i + 1 == stop_after:
                run.stop()
        return weight.detach()

    with pytest.raises(Stopped):
        trained(tmp_path, stop_after=2)
    assert torch.equal(trained(tmp_path), trained(None))


def test_what_was_reported_is_restored_with_the_state(tmp_path):
    def trained(folder, stop_at=None):
        run = Run(folder, seed=1, on_event=lambda event: None, save_every_steps=2)
        state = {"weight": torch.zeros(1)}
        with suppress(Stopped):
            for stage, steps in (("first", 5), ("second", 6)):
                for i in run.steps(steps, state, stage):
                    run.report(loss=i / 3)
                    if (stage, i) == stop_at:
                        run.stop()
        return {stage: list(rows) for stage, rows in run.recent.items()}, run.lengths

    whole = trained(tmp_path / "whole")
    assert whole[0]["first"] == [{"loss": i / 3} for i in range(5)]
    assert whole[1] == {"first": 5, "second": 6}
    assert trained(tmp_path / "stopped", ("second", 2)) != whole
    assert trained(tmp_path / "stopped") == whole
    assert trained(tmp_path / "stopped") == whole  # nothing was left to do


def test_the_last_values_alone_are_remembered(tmp_path):
    run = Run(tmp_path, on_event=lambda event: None)
    for i in run.steps(RECENT + 7, {"weight": torch.zeros(1)}, "only"):
        run.report(loss=i)
    assert [row["loss"] for row in run.recent["only"]] == list(range(7, RECENT + 7))

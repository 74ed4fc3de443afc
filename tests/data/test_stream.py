import threading
import time

import pytest
import torch

from calotype.data.stream import Stream
from calotype.errors import InputError
from calotype.run import Run, fit


class Numbers:
    """Sample ``i`` holds the number ``i``."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        return {"image": torch.full((3, 4, 4), float(i)), "label": torch.tensor(i)}


def labels(stream, steps):
    return [stream(i)["label"].tolist() for i in range(steps)]


def test_every_epoch_has_every_sample_once_in_an_order_of_its_own():
    stream = Stream(Numbers(10), 4, seed=0)
    seen = [number for batch in labels(stream, 10) for number in batch]  # four epochs, ends of which lie within batches
    epochs = [seen[i : i + 10] for i in range(0, 40, 10)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert [stream.epoch(i) for i in (0, 2, 3, 5)] == [0, 0, 1, 2]


def test_a_batch_depends_on_seed_and_step_alone():
    one, other = Stream(Numbers(10), 4, seed=3), Stream(Numbers(10), 4, seed=3)
    torch.manual_seed(1)
    forward = labels(one, 12)
    torch.manual_seed(2)
    assert [other(i)["label"].tolist() for i in (11, 0, 7)] == [forward[i] for i in (11, 0, 7)]
    assert labels(Stream(Numbers(10), 4, seed=4), 12) != forward


def test_the_stream_leaves_torchs_own_numbers_alone():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    stream = Stream(Numbers(10), 4, seed=3, workers=2)
    stream(0)
    stream.close()
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("world", [2, 3])
def test_ranks_share_the_batch_that_one_process_would_have(world):
    whole = Stream(Numbers(11), 6, seed=1)
    parts = [Stream(Numbers(11), 6, seed=1, rank=r, world=world) for r in range(world)]
    for i in range(9):
        assert [n for part in parts for n in part(i)["label"].tolist()] == whole(i)["label"].tolist()


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(workers):
    stream = Stream(Numbers(10), 4, seed=0, workers=workers)
    plain = Stream(Numbers(10), 4, seed=0)
    for i in [0, 1, 2, 3, 20, 21, 5, 6, 6]:
        assert torch.equal(stream(i)["image"], plain(i)["image"])
    stream.close()
    assert torch.equal(stream(2)["label"], plain(2)["label"])
    stream.close()


def test_batches_are_made_ahead_by_others():
    made = []

    class Slow(Numbers):
        def __getitem__(self, i):
            made.append(threading.current_thread())
            return super().__getitem__(i)

    stream = Stream(Slow(40), 4, seed=0, workers=1)
    stream(0)
    until = time.monotonic() + 200
    while len(made) < 12 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(made) == 12  # the one asked for, and two ahead
    assert threading.current_thread() not in made
    stream.close()


def test_an_unreadable_sample_is_told_where_the_batch_is_asked_for():
    class Broken(Numbers):
        def __getitem__(self, i):
            raise InputError("number 3 is broken: get it again")

    stream = Stream(Broken(4), 2, seed=0, workers=1)
    with pytest.raises(InputError, match="number 3"):
        stream(0)
    stream.close()


def test_shorter_lists_are_filled_up():
    class Boxes(Numbers):
        def __getitem__(self, i):
            return {"boxes": torch.full((i, 4), 0.5), "classes": torch.full((i,), i)}

    stream = Stream(Boxes(4), 4, seed=0)
    batch, numbers = stream(0), stream.numbers(0)
    assert batch["boxes"].shape == (4, 3, 4)
    for row, classes, count in zip(batch["boxes"], batch["classes"], numbers):
        assert (row[:count] == 0.5).all()
        assert (row[count:] == 0).all()
        assert classes.tolist() == [count] * count + [-1] * (3 - count)


def test_an_order_that_the_set_prefers_is_taken():
    class Backwards(Numbers):
        def order(self, generator):
            return torch.arange(self.count).flip(0)

    assert labels(Stream(Backwards(6), 3, seed=0), 3) == [[5, 4, 3], [2, 1, 0], [5, 4, 3]]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"batch": 0}, "a batch of 0"),
        ({"batch": 5, "world": 2}, "multiple of 2"),
        ({"batch": 4, "world": 2, "rank": 2}, "no process 2"),
        ({"batch": 4, "workers": -1}, "-1 workers"),
    ],
)
def test_what_cannot_be(wrong, words):
    with pytest.raises(InputError, match=words):
        Stream(Numbers(8), **{"seed": 0, **wrong})


def test_an_empty_set():
    with pytest.raises(InputError, match="empty"):
        Stream(Numbers(0), 4, seed=0)


def test_training_that_was_stopped_goes_on_with_the_same_batches(tmp_path):
    def trained(run, steps=9, stop_after=None):
        weight = torch.nn.Linear(1, 1)
        torch.nn.init.ones_(weight.weight)
        torch.nn.init.zeros_(weight.bias)
        optimizer = torch.optim.SGD(weight.parameters(), 1e-2)

        def step(state, batch, i):
            optimizer.zero_grad()
            loss = (weight(batch["label"].float()[:, None]) - 1).square().mean()
            loss.backward()
            optimizer.step()
            if i == stop_after:
                run.stop()
            return {"loss": loss.detach()}

        state = {"weight": weight, "optimizer": optimizer}
        fit(step, state, Stream(Numbers(7), 3, seed=0, workers=1), run, steps=steps)
        return weight.weight.detach()

    wanted = trained(Run(seed=0))
    with pytest.raises(Exception, match="stopped"):
        trained(Run(tmp_path, seed=0), stop_after=3)
    assert torch.equal(trained(Run(tmp_path, seed=0)), wanted)
